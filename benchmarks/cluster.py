"""Speed of several processes that share a crawl through Redis and PostgreSQL: python -m benchmarks.cluster

The demo newspaper answers after 200 ms. The crawl keeps no delay between requests: a delay would be one for all
processes, and their number would make no difference.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.demo import fetch, truth
from tests.faulty_demo import running_demo
from tests.servers import PostgresServer, RedisServer, postgres_server, redis_server
from tests.shared_crawl import Workers, check

ANSWER_MS = 200
CONCURRENT = 4
NAMES = "abcdefgh"


def seconds(articles: int, processes: int, redis: RedisServer, postgres: PostgresServer) -> float:
    """Return the seconds of a shared crawl, from the start of its processes to the end of the last."""
    redis.flush()
    options = [
        "-s",
        f"CONCURRENT_REQUESTS={CONCURRENT}",
        "-s",
        f"CONCURRENT_REQUESTS_PER_DOMAIN={CONCURRENT}",
    ]
    environment = {
        "HERALD_REDIS_URL": redis.url,
        "HERALD_LEDGER_URL": postgres.make_database(f"bench{processes}x{time.monotonic_ns()}"),
    }
    with running_demo(articles=articles) as base, tempfile.TemporaryDirectory() as folder:
        expected = set(truth(base))
        fetch(f"{base}/control/slow?ms={ANSWER_MS}", post=True)
        workers = Workers(base, Path(folder) / "archive", environment, options)
        began = time.monotonic()
        try:
            workers.start(*NAMES[:processes])
            workers.wait()
        finally:
            workers.stop()
        took = time.monotonic() - began
        check(workers, expected)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args()
    with redis_server() as redis, postgres_server() as postgres:
        alone = 0.0
        for processes in options.processes:
            took = seconds(options.articles, processes, redis, postgres)
            alone = alone or took
            print(
                f"{processes} processes: {options.articles:,} articles in {took:.0f} s, {alone / took:.2f} times as fast",
                flush=True,
            )


if __name__ == "__main__":
    main()
