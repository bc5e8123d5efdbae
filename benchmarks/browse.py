"""Time and memory of `scrapy browse`: ``python -m benchmarks.browse --articles 100000``.

Writes an archive in bulk and one of a tenth of the articles. For each it prints the time of `scrapy export`, and the
time until `scrapy browse` answers: at first, again, and after a run of a hundred articles; then the time of its pages.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.export import fill
from tests.archives import ITEMS, keep

PAGES = {
    "newest": "",
    "one section": "?section=national",
    "one author": "?authors__arraycontains=Kim+7",
    "a word in all": "?_search=the",
    "a rare word": "?_search=99999",
    "a phrase": "?_search=%22of+the+harbor%22",
}


def export(folder: Path) -> tuple[float, int]:
    """Return the seconds and the MB of memory of an export."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "scrapy", "export", "-o", os.devnull]
    process = subprocess.Popen(command, env={**os.environ, "HERALD_ARCHIVE": str(folder)})
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss // 1024


def browse(folder: Path, ask: Callable[[str], None] = lambda address: None) -> tuple[float, int]:
    """Return the seconds until the server answers, and its MB of memory; `ask` gets the address."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "scrapy", "browse", "--port", "0"]
    environment = {**os.environ, "HERALD_ARCHIVE": str(folder)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    address = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
    seconds = time.perf_counter() - start
    ask(address)
    process.send_signal(signal.SIGINT)
    _, _, usage = os.wait4(process.pid, 0)
    return seconds, usage.ru_maxrss // 1024


def pages(address: str) -> None:
    for name, query in PAGES.items():
        start = time.perf_counter()
        with urllib.request.urlopen(f"{address}browse/articles{query}", timeout=60) as answer:  # noqa: S310
            found = re.search(r"<h1>(.+?)</h1>", answer.read().decode())
        print(f"  {name:<20}{time.perf_counter() - start:8.2f} s   {found[1] if found else '?'}")


def measure(folder: Path, count: int, ask: Callable[[str], None] = lambda address: None) -> None:
    fill(folder, count)
    results, base = {"scrapy export": export(folder)}, 0.0
    results["browse, first"] = browse(folder)
    results["browse, nothing new"] = browse(folder)
    keep(folder, "later", *[replace(item, id=str(10**9 + n), url=f"{item.url}{n}", aliases=[])
                            for n, item in enumerate(ITEMS * 5)][:100])  # fmt: skip
    results["browse, 100 new"] = browse(folder, ask)
    base = results["scrapy export"][0]
    size = (folder / "browse.sqlite").stat().st_size // 1024**2
    print(f"{count} articles, segments of {_megabytes(folder / 'articles')} MB, browse.sqlite of {size} MB")
    for name, (seconds, megabytes) in results.items():
        print(f"  {name:<20}{seconds:8.1f} s {seconds / base:6.2f} {megabytes:6} MB at most")


def _megabytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir()) // 1024**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    count = parser.parse_args().articles
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), count // 10)
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), count, pages)


if __name__ == "__main__":
    main()
