"""Benchmark of reading web archives: ``python -m benchmarks.warc``.

Writes a file in the form of CC-NEWS (gzip, one member per record) with `--records` responses: 5 %
are pages of the demo newspaper, the rest are of other hosts. Prints the records per second of
fastwarc alone, of the reader on top of it, and of the whole spider; then the peak memory of the
spider for a tenth of the records and for all.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from fastwarc.warc import ArchiveIterator

from demo import Newspaper
from demo.render import Pages
from herald_spider.urls import SITE
from herald_spider.warc.files import sources
from herald_spider.warc.reader import Reader
from tests.warcs import record

SHARE = 20  # one record in so many is of the demo newspaper
BODIES = 300


def ours(count: int) -> list[bytes]:
    """Return gzip members with the articles of the demo newspaper."""
    newspaper = Newspaper(count)
    pages = Pages(newspaper)
    return [gzip.compress(record(story.url, pages.article(story).encode())) for story in newspaper.readable()]


def others(dice: random.Random) -> list[bytes]:
    """Return gzip members with pages of 20 to 60 KB of other hosts."""
    words = [
        "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 11))) for _ in range(20_000)
    ]
    found = []
    for number in range(BODIES):
        paragraphs = (" ".join(dice.choices(words, k=80)) for _ in range(dice.randint(36, 108)))
        body = "".join(f"<p class='text'>{each}</p>\n" for each in paragraphs)
        page = f"<!doctype html><html><head><title>{number}</title></head><body>{body}</body></html>"
        found.append(gzip.compress(record(f"https://news{number}.example/story/{number}", page.encode())))
    return found


def make(path: Path, count: int, own: list[bytes], foreign: list[bytes], dice: random.Random) -> None:
    with path.open("wb") as file:
        for number in range(count):
            file.write(own[number // SHARE % len(own)] if number % SHARE == 0 else dice.choice(foreign))


def rate(records: Iterable[object]) -> float:
    """Return records per second."""
    start = time.perf_counter()
    count = sum(1 for _ in records)
    return count / (time.perf_counter() - start)


def crawl(path: Path, archive: Path) -> tuple[float, int, float]:
    """Run the spider; return its seconds, number of article pages, and peak memory in MB."""
    command = [sys.executable, "-m", "scrapy", "crawl", "warc", "-a", f"path={path}"]
    environment = {**os.environ, "HERALD_ARCHIVE": str(archive), "HERALD_BASE_URL": SITE}
    log = archive.with_suffix(".log")
    with log.open("wb") as errors:
        process = subprocess.Popen(command, env=environment, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
    said = log.read_text()
    if status:
        raise RuntimeError(said)
    seconds = re.search(r"'elapsed_time_seconds': ([\d.]+)", said)
    pages = re.search(r"'herald/warc/pages': (\d+)", said)
    assert seconds
    assert pages
    return float(seconds[1]), int(pages[1]), usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    options = parser.parse_args()
    dice = random.Random(1)
    own, foreign = ours(options.records // SHARE), others(dice)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = []
        for count in (options.records // 10, options.records):
            path = folder / f"{count}.warc.gz"
            make(path, count, own, foreign, dice)
            runs.append((count, path, *crawl(path, folder / str(count))))
        count, path, seconds, pages, _ = runs[-1]
        print(f"{count} records, {pages} of them article pages, {path.stat().st_size / 1e6:.0f} MB")
        turns = [
            (rate(ArchiveIterator(str(path), parse_http=False)), rate(Reader(next(sources(path))).records()))
            for _ in range(3)
        ]
        bare, reader = (statistics.median(each) for each in zip(*turns, strict=True))
        ratio = statistics.median(each[1] / each[0] for each in turns)
        print("                          records/s   ratio")
        print(f"fastwarc alone          {bare:11.0f} {1:7.2f}")
        print(f"reader                  {reader:11.0f} {ratio:7.2f}")
        print(f"spider, articles kept   {count / seconds:11.0f} {count / seconds / bare:7.2f}")
        each = (seconds - count / reader) / pages * 1000
        print(f"beyond the reader, an article's page costs the spider {each:.1f} ms")
        for count, _, _, _, memory in runs:
            print(f"at most {memory:4.0f} MB for {count} records")


if __name__ == "__main__":
    main()
