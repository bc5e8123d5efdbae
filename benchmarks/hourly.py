"""Benchmark of an hourly run as the archive grows: ``python -m benchmarks.hourly``.

Fills ledgers with 1,000, 100,000 and 1,000,000 known articles, and crawls a demo newspaper into each
once. Then prints the cost of a run without news, and of one with 10 new articles, by section pages
(``herald``) and by feeds (``rss``), with monitors, near-duplicates and report, without a delay.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.crawling import Cost, measured
from benchmarks.ledger import fill
from demo import running_demo
from tests.demo import fetch

SPIDERS = ("herald", "rss")
NEW = 10


def run(base: str, folder: Path, spider: str) -> tuple[int, Cost]:
    """Return the number of requests and the cost of a run."""
    fetch(f"{base}/control/requests/reset", post=True)
    cost = measured("crawl", spider, HERALD_BASE_URL=base, HERALD_ARCHIVE=str(folder))
    return sum(json.loads(fetch(f"{base}/control/requests")).values()), cost


def costs(folder: Path, known: int, stories: int) -> dict[tuple[str, int], tuple[int, Cost]]:
    """Return requests and cost by spider and number of new articles."""
    found = {}
    with running_demo(articles=stories) as base:
        fill(folder, known, base)
        for spider in SPIDERS:
            run(base, folder, spider)
        for spider in SPIDERS:
            found[spider, 0] = run(base, folder, spider)
            fetch(f"{base}/control/publish?n={NEW}", post=True)
            found[spider, NEW] = run(base, folder, spider)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--known", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--stories", type=int, default=300, help="of the demo newspaper (default 300)")
    options = parser.parse_args()
    first: dict[tuple[str, int], tuple[int, Cost]] = {}
    print("  known  spider  new  requests   CPU s    time s   CPU as a ratio")
    for known in options.known:
        with tempfile.TemporaryDirectory() as folder:
            found = costs(Path(folder, "archive"), known, options.stories)
        first = first or found
        for (spider, new), (requests, cost) in found.items():
            ratio = cost.cpu / first[spider, new][1].cpu
            print(
                f"{known:7}  {spider:6} {new:4} {requests:9} {cost.cpu:7.1f} {cost.seconds:9.1f} {ratio:16.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
