"""Peak memory of a short and a long crawl: ``python -m benchmarks.memory``.

Crawls 5,000 and 100,000 articles with everything on, from a local server in another process.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.crawling import crawl, serving


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=5_000)
    parser.add_argument("--large", type=int, default=100_000)
    options = parser.parse_args()
    print("articles  seconds  peak MB")
    peaks = []
    for articles in (options.small, options.large):
        with tempfile.TemporaryDirectory() as folder, serving(articles, as_printed=True) as base:
            cost = crawl(base, Path(folder, "archive"))
        peaks.append(cost.peak or 0.0)
        print(f"{articles:8} {cost.seconds:8.0f} {peaks[-1]:8.0f}", flush=True)
    print(f"{peaks[1] / peaks[0]:.2f} times the memory")


if __name__ == "__main__":
    main()
