"""Kill crawls at random moments, resume them, and look for articles that are lost or archived twice.

``make torture`` kills a hundred; the test suite ten, with a recorded seed. ``--rounds`` plays random schedules
instead, in which crawls are also repaired, exported, backed up and restored: see `tests.schedules`. ``--postgres``
puts the ledgers into a PostgreSQL server of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

from demo.process import running_demo
from herald_spider.archive import packing
from tests.demo import ROOT, SETTINGS, scrapy, truth
from tests.schedules import Round
from tests.servers import PostgresServer, postgres_server

# Small batches and a slower pace: more moments at which a kill can hurt.
HURTFUL = [
    *("-s", "HERALD_COMMIT_ARTICLES=7"),
    *("-s", "DOWNLOAD_DELAY=0.01"),
    *("-s", "HERALD_REVISIT_HOURS=0"),
    *("-s", "HERALD_COMPRESS=zst"),
]


def crawl_until_killed(base: str, archive: Path, ledger: str, seconds: float) -> bool:
    """Return True if the crawl ended by itself before it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "herald", *SETTINGS, *HURTFUL],
        cwd=ROOT,
        env={
            **os.environ,
            "HERALD_BASE_URL": base,
            "HERALD_ARCHIVE": str(archive),
            "HERALD_LEDGER_URL": ledger,
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return False


def torture(kills: int, seed: int, articles: int = 300, server: PostgresServer | None = None) -> str:
    """Kill `kills` crawls, over as many archives as that takes; return the result in one line."""
    dice = random.Random(seed)
    done, archives = 0, 0
    with running_demo(articles=articles) as base:
        expected = truth(base)
        while done < kills:
            archives += 1
            with tempfile.TemporaryDirectory() as folder:
                archive = Path(folder)
                ledger = server.make_database(f"torture{archives}") if server else ""
                # A complete archive has little left to lose: the next kill gets a new one.
                while done < kills and not is_whole(archive, len(expected)):
                    done += not crawl_until_killed(base, archive, ledger, dice.uniform(0.8, 5.0))
                check(base, archive, ledger, set(expected))
    return f"{done} crawls killed over {archives} archives (seed {seed}): every article once, no line broken"


def is_whole(archive: Path, articles: int) -> bool:
    return sum(1 for _ in lines(archive)) >= articles


def lines(archive: Path) -> Iterator[bytes]:
    """Yield the complete lines of all segments, compressed or not."""
    for path in packing.files(archive / "articles").values():
        with packing.open_segment(path) as segment:
            yield from (line for line in segment if line.endswith(b"\n"))


def check(base: str, archive: Path, ledger: str, expected: set[str]) -> None:
    """Finish the crawl, then compare the archive with the truth."""
    environment = {"HERALD_ARCHIVE": str(archive), "HERALD_LEDGER_URL": ledger}
    last = scrapy("crawl", "herald", *SETTINGS, base=base, HERALD_REVISIT_HOURS="0", **environment)
    assert last.returncode == 0, last.stderr
    counts = Counter(json.loads(line)["id"] for line in lines(archive))
    assert set(counts) == expected, f"missing {expected - set(counts)}, too many {set(counts) - expected}"
    assert set(counts.values()) == {1}, f"twice: {[key for key, count in counts.items() if count > 1]}"
    verified = scrapy("verify", base=base, **environment)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def play(rounds: Iterable[int], seed: int, articles: int = 90, server: PostgresServer | None = None) -> str:
    """Play the random schedules of some rounds; return the result in one line."""
    actions: Counter[str] = Counter()
    failed: list[int] = []
    with running_demo(articles=articles) as base:
        for number in rounds:
            home = Path(tempfile.mkdtemp(prefix=f"round{number}-"))
            played = Round(base, home, random.Random(f"{seed}/{number}"), server)
            try:
                played.play()
            except AssertionError as error:
                failed.append(number)
                print(
                    f"seed {seed}, round {number} ({', '.join(played.done)}), in {home}:\n{error}", flush=True
                )
            else:
                shutil.rmtree(home)
            actions.update(each.partition(" (")[0] for each in played.done)
    assert not failed, f"seed {seed}: rounds {failed} failed"
    total = ", ".join(f"{number} {name}" for name, number in sorted(actions.items()))
    return f"seed {seed}: each article and revision once, every line whole, after {total}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rounds", type=int, help="play as many random schedules instead")
    parser.add_argument("--round", type=int, help="play the schedule of this round only")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with postgres_server() if options.postgres else nullcontext() as server:
        if options.rounds or options.round is not None:
            numbers = range(options.rounds) if options.rounds else [options.round]
            print(play(numbers, options.seed, server=server))
        else:
            print(torture(options.kills, options.seed, server=server))
