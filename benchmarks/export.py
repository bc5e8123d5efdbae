"""What an export costs: ``python -m benchmarks.export --articles 200000``.

Writes one segment and the ledger's rows in bulk, then runs `scrapy export` in each
format (and `scrapy verify` with `--verify`) in a process of its own, and prints its
time and the most memory it held.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.ledger import SITE, TEXTS, article
from herald_spider.archive import Archive
from herald_spider.archive.ledger import ARCHIVED
from herald_spider.archive.paths import SEGMENTS
from herald_spider.archive.schema import articles, lines, segments, sightings
from herald_spider.archive.values import published, revision_hash
from herald_spider.items import Author, Image
from herald_spider.sections import SECTIONS
from herald_spider.text.cleaning import content_hash

FIRST_DAY = 17_000  # 2016-07-18
PER_DAY = 150
SLUGS = [section.slug for section in SECTIONS if not section.parent]


def fill(folder: Path, count: int) -> None:
    """An archive of `count` articles of some 3 KB each."""
    archive = Archive(str(folder), SITE)
    dice = random.Random(1)
    offset = 0
    with (folder / SEGMENTS / "bulk.jsonl").open("wb") as file, archive.ledger.transaction() as connection:
        for start in range(0, count, 10_000):
            entries, kept = [], []
            for number in range(start, min(start + 10_000, count)):
                body = "\n\n".join(dice.choices(TEXTS, k=3))
                item = article(number, body, FIRST_DAY + number // PER_DAY)
                item.headline = f"{body[:60]} {number}"
                item.content_hash = content_hash(item.headline, body)
                item.section, item.language, item.fetched_at = (
                    dice.choice(SLUGS),
                    "en",
                    "2026-09-14T01:02:03Z",
                )
                item.authors = [Author(f"Kim {dice.randrange(400)}")]
                item.agency = dice.choice([None, None, "Yonhap", "AP"])
                item.images = [Image(f"https://img.example/{number}.jpg", "A ship.", "Yonhap")]
                line = (json.dumps(asdict(item)) + "\n").encode()
                file.write(line)
                where = {"segment": 1, "offset": offset, "length": len(line), "revision": 1,
                         "content_hash": revision_hash(item)}  # fmt: skip
                entries.append({"id": item.id, "url": item.url, "state": ARCHIVED, "attempts": 0, "retry_at": 0,
                                "first_seen": 1, "last_seen": published(item), "published": published(item), **where})  # fmt: skip
                kept.append({"article": item.id, **where})
                offset += len(line)
            connection.execute(articles.insert(), entries)
            connection.execute(lines.insert(), kept)
            shown = [{"article": each["article"], "section": "politics"} for each in kept]
            connection.execute(sightings.insert(), shown)
        connection.execute(segments.insert().values(number=1, name="bulk.jsonl", length=offset, run="bulk"))
    archive.close()


def measure(folder: Path, *command: str) -> None:
    """Run a command of Scrapy and print what it took."""
    environment = {**os.environ, "HERALD_ARCHIVE": str(folder)}
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "scrapy", *command], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    name = " ".join(Path(part).name for part in command)
    print(f"{name:<32}{seconds:8.1f} s{usage.ru_maxrss / 1024:8.0f} MB at most, status {status >> 8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--verify", action="store_true", help="measure scrapy verify and its --repair too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, options.articles)
        for ending in ("jsonl", "csv", "parquet"):
            measure(folder, "export", "-o", str(folder / f"all.{ending}"))
        if options.verify:
            measure(folder, "verify")
            (folder / "ledger.sqlite").unlink()
            measure(folder, "verify", "--repair")


if __name__ == "__main__":
    main()
