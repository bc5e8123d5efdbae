"""Processes that share one crawl while some are killed, others join, and the servers are restarted.

``python -m tests.shared_crawl`` crawls 5,000 articles; the test suite fewer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from demo.process import running_demo
from tests.constants import replaced
from tests.demo import QUIET, ROOT, SETTINGS, fetch, scrapy, truth
from tests.launcher import start
from tests.servers import PostgresServer, RedisServer, postgres_server, redis_server
from tests.waiting import wait_until

PATIENCE = 900


@dataclass
class Workers:
    """Spider processes that share a crawl of `base` into one archive."""

    base: str
    archive: Path
    environment: dict[str, str]
    options: list[str] = field(default_factory=list)
    processes: dict[str, ForkServerProcess] = field(default_factory=dict)

    def start(self, *names: str, spider: str = "herald") -> None:
        for name in names:
            site = {"HERALD_BASE_URL": self.base, "HERALD_ARCHIVE": str(self.archive)}
            self.processes[name] = start(
                ["crawl", spider, *SETTINGS, *self.options],
                ROOT,
                {**os.environ, **QUIET, **self.environment, **site},
                Path(os.devnull),
                self.log(name),
            )

    def log(self, name: str) -> Path:
        return self.archive.with_name(f"{self.archive.name}-{name}.log")

    def kill(self, *names: str) -> None:
        for name in names:
            process = self.processes.pop(name)
            process.kill()
            process.join()
            assert process.exitcode == -9, f"{name} ended before it was killed: make the crawl longer"

    def wait(self) -> None:
        """Wait until all processes have ended."""
        for name, process in self.processes.items():
            process.join(PATIENCE)
            assert process.exitcode == 0, f"{name}: {self.log(name).read_text()[-3000:]}"

    def wait_for_articles(self, number: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.count() < number:
            assert time.monotonic() < deadline
            assert all(process.exitcode is None for process in self.processes.values()), (
                "a worker ended early"
            )
            time.sleep(0.2)

    def wait_for_joining(self, *names: str) -> None:
        logs = [self.log(name) for name in names]
        wait_until(lambda: all(log.exists() and b": this process " in log.read_bytes() for log in logs))

    def count(self) -> int:
        """Return the number of lines, including uncommitted ones."""
        return sum(path.read_bytes().count(b"\n") for path in self.archive.glob("articles/*.jsonl"))

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.join()


def check(workers: Workers, expected: set[str]) -> None:
    """Assert that every article is archived once, the archive is sound, and nothing is pending."""
    settings = {"base": workers.base, "HERALD_ARCHIVE": str(workers.archive), **workers.environment}
    exported = scrapy("export", **settings)
    assert exported.returncode == 0, exported.stderr
    counts = Counter(json.loads(line)["id"] for line in exported.stdout.splitlines())
    assert set(counts) == expected, (
        f"{len(expected - set(counts))} missing, {len(set(counts) - expected)} more"
    )
    assert set(counts.values()) == {1}, (
        f"more than once: {[each for each, count in counts.items() if count > 1]}"
    )
    verified = scrapy("verify", **settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    states = json.loads(scrapy("status", "--json", **settings).stdout)["states"]
    assert states["discovered"] == states["failed"] == 0, states


def torture(articles: int, redis: RedisServer, postgres: PostgresServer, seed: int) -> str:
    """Crawl with four processes; kill two, start two more, restart Redis and PostgreSQL; return a summary."""
    dice = random.Random(seed)
    with running_demo(articles=articles) as base, tempfile.TemporaryDirectory() as folder:
        expected = set(truth(base))
        environment = {
            "HERALD_REDIS_URL": redis.url,
            "HERALD_LEDGER_URL": postgres.make_database(f"herald{seed}"),
            **replaced({"herald_spider.cluster.membership.Membership.seconds": 6}),
        }
        workers = Workers(base, Path(folder) / "archive", environment)
        began = time.monotonic()
        try:
            workers.start("a", "b", "c", "d")
            workers.wait_for_articles(int(articles * dice.uniform(0.15, 0.3)))
            workers.kill(*dice.sample(["a", "b", "c", "d"], 2))
            workers.start("e", "f")
            workers.wait_for_joining("e", "f")  # a process that starts while a server is down ends at once
            workers.wait_for_articles(int(articles * dice.uniform(0.4, 0.5)))
            redis.restart()
            workers.wait_for_articles(int(articles * dice.uniform(0.6, 0.7)))
            postgres.restart()
            workers.wait()
        finally:
            workers.stop()
        seconds = time.monotonic() - began
        check(workers, expected)
        asked = sum(json.loads(fetch(f"{base}/control/requests")).values())
    return (
        f"{articles:,} articles, 4 processes, 2 killed and 2 joined, Redis and PostgreSQL restarted (seed {seed}): "
        f"every article once, in {seconds:.0f} s and {asked:,} requests"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    with redis_server() as one, postgres_server() as other:
        print(torture(options.articles, one, other, options.seed))
