"""Kill crawls at random moments, resume them, and look for anything lost or twice.

``make torture`` kills a hundred; the test suite ten, with a recorded seed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from demo.process import running_demo
from herald_spider.archive import packing
from tests.demo import ROOT, SETTINGS, scrapy, truth

# Small batches and a slower pace: more moments at which a kill can hurt.
HURTFUL = [
    *("-s", "HERALD_COMMIT_ARTICLES=7"),
    *("-s", "DOWNLOAD_DELAY=0.01"),
    *("-s", "HERALD_REVISIT_HOURS=0"),
    *("-s", "HERALD_COMPRESS=zst"),
]


def crawl_until_killed(base: str, archive: Path, seconds: float) -> bool:
    """Whether the crawl ended by itself before it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "herald", *SETTINGS, *HURTFUL],
        cwd=ROOT,
        env={**os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": str(archive)},
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return False


def torture(kills: int, seed: int, articles: int = 300) -> str:
    """Kill `kills` crawls, over as many archives as that takes; what was seen, in one line."""
    dice = random.Random(seed)
    done, archives = 0, 0
    with running_demo(articles=articles) as base:
        expected = truth(base)
        while done < kills:
            archives += 1
            with tempfile.TemporaryDirectory() as folder:
                archive = Path(folder)
                # A whole archive has little left to lose: the next kill gets a new one.
                while done < kills and not is_whole(archive, len(expected)):
                    done += not crawl_until_killed(base, archive, dice.uniform(0.8, 5.0))
                check(base, archive, set(expected))
    return f"{done} crawls killed over {archives} archives (seed {seed}): every article once, no line broken"


def is_whole(archive: Path, articles: int) -> bool:
    return sum(1 for _ in lines(archive)) >= articles


def lines(archive: Path) -> Iterator[bytes]:
    """The lines of all segments, compressed or not; an unfinished one of a killed run is left out."""
    for path in packing.files(archive / "articles").values():
        with packing.open_segment(path) as segment:
            yield from (line for line in segment if line.endswith(b"\n"))


def check(base: str, archive: Path, expected: set[str]) -> None:
    """Finish the crawl undisturbed, then hold the archive against the truth."""
    last = scrapy(
        "crawl", "herald", *SETTINGS, base=base, HERALD_ARCHIVE=str(archive), HERALD_REVISIT_HOURS="0"
    )
    assert last.returncode == 0, last.stderr
    counts = Counter(json.loads(line)["id"] for line in lines(archive))
    assert set(counts) == expected, f"missing {expected - set(counts)}, too many {set(counts) - expected}"
    assert set(counts.values()) == {1}, f"twice: {[key for key, count in counts.items() if count > 1]}"
    verified = scrapy("verify", base=base, HERALD_ARCHIVE=str(archive))
    assert verified.returncode == 0, verified.stdout + verified.stderr


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(torture(options.kills, options.seed))
