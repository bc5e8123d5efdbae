"""What a server can do to a crawl: each run ends by itself, within bounds, and loses nothing else."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from herald_spider.demo import running_demo
from herald_spider.demo.faults import FAULTS
from tests.demo import ROOT, SETTINGS, differences, fetch, kept, truth

# A run that has not ended by then hangs; none takes a third of it on two idle cores.
SECONDS = 60
# The most that a run may have over a healthy one: an answer of DOWNLOAD_MAXSIZE (16 MiB) in a few copies.
MEMORY_MB = 150
ARCHIVED, GONE, FAILED = "archived", "gone", "failed"
# What a fault of an article's leaves in the ledger: the state, and the reason in whole.
ARTICLES = {
    "reset-in-headers": (FAILED, "connection lost"),
    "reset-in-body": (FAILED, "cut short"),
    "length-too-long": (FAILED, "cut short"),
    "length-too-short": (FAILED, "cut short"),
    "length-too-short-plain": (FAILED, "cut short"),
    "half-gzip": (FAILED, "cut short"),
    "gzip-bomb": (FAILED, "larger than DOWNLOAD_MAXSIZE"),
    "huge": (FAILED, "larger than DOWNLOAD_MAXSIZE"),
    "endless": (FAILED, "larger than DOWNLOAD_MAXSIZE"),
    "drip": (FAILED, "timeout"),
    "redirect-loop": (FAILED, "too many redirects"),
    "script-loop": (FAILED, "too many redirects"),
    "to-another-host": (FAILED, "redirect to another host: elsewhere.example"),
    "to-a-port": (FAILED, "redirect to another host: 127.0.0.1:22"),
    "to-a-file": (FAILED, "redirect to no web page: file:"),
    "cookies": (ARCHIVED, None),
    "headers": (ARCHIVED, None),
    "charset": (ARCHIVED, None),
    "binary": (FAILED, "no page: binary data"),
    "long-line": (ARCHIVED, None),
    "nested": (FAILED, "no page: elements nested too deep"),
    "lists-itself": (ARCHIVED, None),
}
LISTINGS = ("calendar", "repeating", "inventing")
WHOLE_RUNS = ("refused", "busy", "storm")


@dataclass
class Run:
    """A crawl that has ended: its exit status, log, seconds and peak memory."""

    status: int
    log: str
    seconds: float
    megabytes: float


def run(base: str, archive: Path, *arguments: str) -> Run:
    """Crawl in a process of its own, whose memory is measured; one that hangs is killed, and fails."""
    command = [sys.executable, "-m", "scrapy", "crawl", "herald", *SETTINGS, *arguments]
    environment = {**os.environ, "HERALD_ARCHIVE": str(archive), "HERALD_BASE_URL": base}
    log = archive.with_suffix(".log")
    begun = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - begun > SECONDS:
            process.kill()
            process.wait()
            pytest.fail(f"The run does not end:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(process.returncode, log.read_text(), time.monotonic() - begun, used.ru_maxrss / 1024)


def fault(base: str, of: str, kind: str) -> None:
    fetch(f"{base}/control/fault?of={quote(of)}&kind={kind}", post=True)


def ledger(archive: Path) -> dict[str, tuple[str, str | None]]:
    """State and reason of each article that is known."""
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as connection:
        return {
            row[0]: (row[1], row[2]) for row in connection.execute("SELECT id, state, reason FROM articles")
        }


def numbers(base: str) -> list[str]:
    """The ids of the articles that stand at /article/<id>."""
    return [key for key, item in truth(base).items() if urlsplit(item["url"]).path.startswith("/article/")]


def assert_nothing_else_lost(base: str, archive: Path, faulty: set[str]) -> None:
    """Every other article is archived once and is the truth; the gone ones are gone."""
    states, expected = ledger(archive), truth(base)
    gone = set(json.loads(fetch(f"{base}/truth/gone.json")))
    assert set(states) == set(expected) | gone
    assert {key for key, (state, _) in states.items() if state == ARCHIVED} >= set(expected) - faulty
    lines = [item for item in kept(archive) if item["id"] not in faulty]
    assert Counter(item["id"] for item in lines) == Counter(set(expected) - faulty)
    assert differences(lines, expected, {"duplicate_of", "listed_in"}) == {}


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=90) as base:
        yield base


@pytest.fixture(scope="module")
def healthy(demo: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    archive = tmp_path_factory.mktemp("healthy") / "archive"
    done = run(demo, archive)
    assert_nothing_else_lost(demo, archive, set())
    return done


def assert_bounded(done: Run, healthy: Run) -> None:
    assert "Traceback" not in done.log, done.log[-4000:]
    assert done.megabytes < healthy.megabytes + MEMORY_MB


def test_every_fault_is_crossed() -> None:
    assert sorted(FAULTS) == sorted((*ARTICLES, *LISTINGS, *WHOLE_RUNS))


def test_faulty_articles_end_in_one_state_each_and_harm_no_other(
    demo: str, healthy: Run, tmp_path: Path
) -> None:
    """All in one crawl. DOWNLOAD_MAXSIZE and REDIRECT_MAX_TIMES, which protect here, are the defaults."""
    faulty = dict(zip(numbers(demo), ARTICLES, strict=False))
    assert len(faulty) == len(ARTICLES)
    for article, kind in faulty.items():
        fault(demo, f"/article/{article}", kind)
    archive = tmp_path / "archive"
    done = run(demo, archive, "-s", "DOWNLOAD_TIMEOUT=4", "-s", "RETRY_TIMES=1")
    print(done.seconds, done.megabytes, healthy.seconds, healthy.megabytes)
    for article in faulty:
        fault(demo, f"/article/{article}", "")
    states = ledger(archive)
    assert {kind: states[article] for article, kind in faulty.items()} == ARTICLES
    assert_nothing_else_lost(demo, archive, set(faulty))
    assert_bounded(done, healthy)
    assert done.status == 0
