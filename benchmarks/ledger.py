"""What a ledger costs as it grows: ``python -m benchmarks.ledger``.

Builds one ledger of `--small` and one of `--large` articles, and prints side by side
what opening costs, what deciding on one article costs (known or new, near-duplicate
lookup included), and the disk per article.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from demo import Newspaper
from herald_spider.archive import Archive, near_duplicates
from herald_spider.archive.ledger import ARCHIVED
from herald_spider.archive.schema import articles, lines, segments, sightings, signatures
from herald_spider.items import Article
from herald_spider.text.cleaning import content_hash

SITE = "https://www.koreaherald.com"
FIRST_DAY = 14_000  # 2008-05-01: a million end before today
PER_DAY = 150
TEXTS = [story.body or "" for story in Newspaper(1_000, 99).readable()]


def article(number: int, body: str, day: int) -> Article:
    moment = time.strftime("%Y-%m-%dT12:00:00+09:00", time.gmtime(day * 86_400))
    return Article(
        id=str(number), url=f"{SITE}/article/{number}", headline=f"Headline {number}", body=body,
        published_at=moment, content_hash=content_hash(f"Headline {number}", body),
    )  # fmt: skip


def fill(folder: Path, count: int, site: str = SITE) -> None:
    """A ledger of `count` archived articles with their lines, sightings and signatures."""
    archive = Archive(str(folder), site)
    # Of the demo newspaper, so that a lookup meets what it meets in life.
    texts = (story.body or "" for story in Newspaper(3_000, 1).readable())
    prints = [each for each in (near_duplicates.fingerprint(text) for text in texts) if each]
    with archive.ledger.transaction() as connection:
        connection.execute(segments.insert().values(number=1, name="bulk.jsonl", length=0, run="bulk"))
    for start in range(0, count, 10_000):
        numbers = range(start, min(start + 10_000, count))
        with archive.ledger.transaction() as connection:
            connection.execute(articles.insert(), [
                {"id": str(n), "url": f"{SITE}/article/{n}", "state": ARCHIVED, "attempts": 0, "retry_at": 0,
                 "first_seen": 1, "last_seen": 1, "fetched": 1, "etag": f'"{n:032x}"', "section": "politics",
                 "published": (FIRST_DAY + n // PER_DAY) * 86_400, "content_hash": f"{n:064x}", "revision": 1,
                 "segment": 1, "offset": n * 3000, "length": 3000} for n in numbers])  # fmt: skip
            connection.execute(lines.insert(), [
                {"article": str(n), "revision": 1, "segment": 1, "offset": n * 3000, "length": 3000,
                 "content_hash": f"{n:064x}"} for n in numbers])  # fmt: skip
            connection.execute(
                sightings.insert(), [{"article": str(n), "section": "politics"} for n in numbers]
            )
            connection.execute(signatures.insert(), [
                {"article": str(n), "day": FIRST_DAY + n // PER_DAY, "signature": prints[n % len(prints)]}
                for n in numbers])  # fmt: skip
            connection.exec_driver_sql(
                "INSERT INTO bands (key, day, article) VALUES (?, ?, ?)",
                [(key, FIRST_DAY + n // PER_DAY, str(n))
                 for n in numbers for key in near_duplicates.band_keys(prints[n % len(prints)])],
            )  # fmt: skip
    archive.close()


def decide(folder: Path, count: int, rounds: int) -> float:
    """Microseconds to decide on one article: half of them known, half new."""
    archive = Archive(str(folder), SITE)
    archive.begin_run("benchmark", "benchmark", {})
    dice = random.Random(7)
    day = FIRST_DAY + count // PER_DAY
    new = [article(10**9 + n, dice.choice(TEXTS), day) for n in range(rounds)]
    known = [article(dice.randrange(count), dice.choice(TEXTS), day) for _ in range(rounds)]
    costs = []
    for pair in zip(new, known, strict=True):
        start = time.perf_counter()
        for item in pair:
            archive.compare(item)
        costs.append((time.perf_counter() - start) / 2 * 1e6)
    archive.close()
    return statistics.median(costs)


def opening(folder: Path) -> float:
    """Seconds to open an archive."""
    start = time.perf_counter()
    Archive(str(folder), SITE).close()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for count in (options.small, options.large):
            place = Path(folder, str(count))
            fill(place, count)
            size = sum(path.stat().st_size for path in place.glob("ledger.sqlite*"))
            rows.append((count, opening(place), 0.0, size / count))
        # In turns, so that the machine's moods fall on both.
        turns = [
            [decide(Path(folder, str(row[0])), row[0], options.rounds // 5) for row in rows] for _ in range(5)
        ]
        print("articles   open s   decide us   ledger bytes/article")
        for index, (count, opened, _, size) in enumerate(rows):
            decided = statistics.median(turn[index] for turn in turns)
            print(f"{count:>8} {opened:8.3f} {decided:11.0f} {size:22.0f}")
        ratio = statistics.median(turn[1] / turn[0] for turn in turns)
        print(f"deciding at {rows[1][0]} articles costs {ratio:.2f} times what it costs at {rows[0][0]}")


if __name__ == "__main__":
    main()
