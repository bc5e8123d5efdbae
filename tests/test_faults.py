"""Crawls of a server that misbehaves: each run ends by itself, within bounds, and loses nothing else."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlsplit

import pytest

from herald_spider.middlewares import outage
from herald_spider.sections import BY_SLUG
from herald_spider.spiders.listing_walk import EMPTY_PAGES
from tests.constants import replaced
from tests.demo import ROOT, SETTINGS, differences, fetch, kept, truth
from tests.faulty_demo import running_demo
from tests.faulty_demo.faults import FAULTS
from tests.waiting import wait_until

SECONDS = 600  # a run that has not ended by then hangs; on idle cores none takes a minute
MEMORY_MB = 150  # more than a healthy run may use: a few copies of an answer of DOWNLOAD_MAXSIZE (16 MiB)
DISCOVERED, ARCHIVED, GONE, FAILED = "discovered", "archived", "gone", "failed"
# The state and the reason in the ledger of an article with each fault.
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
    "redirect-loop": (FAILED, "too many redirects"),
    "script-loop": (FAILED, "too many redirects"),
    "to-another-host": (FAILED, "redirect to another host: elsewhere.example"),
    "to-a-port": (FAILED, "redirect to another host: 127.0.0.1:22"),
    "to-a-file": (FAILED, "redirect to no address of the web: file:///etc/passwd"),
    "cookies": (ARCHIVED, None),
    "headers": (ARCHIVED, None),
    "endless-headers": (FAILED, "connection lost"),
    "partial": (FAILED, "partial answer"),
    "partial-203": (FAILED, "cut short"),
    "closed-early": (FAILED, "cut short"),
    "not-modified": (FAILED, "HTTP 304"),
    "charset": (ARCHIVED, None),
    "binary": (FAILED, "no page: binary data"),
    "long-line": (ARCHIVED, None),
    "nested": (FAILED, "no page: elements nested too deep"),
    "lists-itself": (ARCHIVED, None),
}
# Sections with stories in today's layout, one for each trap.
LISTINGS = {"calendar": "national", "repeating": "business", "inventing": "life-culture"}
PAGES = 6  # of a listing, at most
WHOLE_RUNS = ("refused", "busy", "storm", "no-end", "drip")


@dataclass
class Run:
    """A crawl that has ended: exit status, log, and peak memory in MB."""

    status: int
    log: str
    megabytes: float


def run(base: str, archive: Path, *arguments: str, spider: str = "herald", **variables: str) -> Run:
    """Crawl in a process of its own and measure its memory; kill it and fail if it hangs."""
    command = [sys.executable, "-m", "scrapy", "crawl", spider, *SETTINGS, *arguments]
    environment = {**os.environ, "HERALD_ARCHIVE": str(archive), "HERALD_BASE_URL": base, **variables}
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
            pytest.fail(f"The run has not ended after {SECONDS} seconds:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(process.returncode, log.read_text(), used.ru_maxrss / 1024)


def fault(base: str, of: str, kind: str) -> None:
    fetch(f"{base}/control/fault?of={quote(of)}&kind={kind}", post=True)


def is_open(base: str) -> bool:
    try:
        fetch(base)
    except URLError:
        return False
    return True


def ledger(archive: Path) -> dict[str, tuple[str, str | None]]:
    """Return state and reason by article."""
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as connection:
        return {
            row[0]: (row[1], row[2]) for row in connection.execute("SELECT id, state, reason FROM articles")
        }


def numbers(base: str) -> list[str]:
    """Return the ids of the articles with an address /article/<id>."""
    return [key for key, item in truth(base).items() if urlsplit(item["url"]).path.startswith("/article/")]


def assert_nothing_else_lost(base: str, archive: Path, faulty: set[str]) -> None:
    """Assert that every other article is archived once and true, and that gone articles are gone."""
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


def test_every_fault_has_a_test() -> None:
    assert sorted(FAULTS) == sorted((*ARTICLES, *LISTINGS, *WHOLE_RUNS))


def test_faulty_articles_end_in_one_state_each_and_harm_no_other(
    demo: str, healthy: Run, tmp_path: Path
) -> None:
    """All faults in one crawl, with DOWNLOAD_MAXSIZE and REDIRECT_MAX_TIMES at their defaults."""
    faulty = dict(zip(numbers(demo), ARTICLES, strict=False))
    assert len(faulty) == len(ARTICLES)
    for article, kind in faulty.items():
        fault(demo, f"/article/{article}", kind)
    archive = tmp_path / "archive"
    done = run(demo, archive, "-s", "RETRY_TIMES=1")
    for article in faulty:
        fault(demo, f"/article/{article}", "")
    states = ledger(archive)
    assert {kind: states[article] for article, kind in faulty.items()} == ARTICLES
    assert_nothing_else_lost(demo, archive, set(faulty))
    assert_bounded(done, healthy)
    assert done.status == 0


def test_an_article_that_arrives_a_byte_a_second_times_out(demo: str, healthy: Run, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    article = numbers(demo)[0]
    fault(demo, f"/article/{article}", "drip")
    options = ("-a", f"url={article}", "-s", "DOWNLOAD_TIMEOUT=10", "-s", "RETRY_TIMES=0")
    done = run(demo, archive, *options, spider="urls")
    fault(demo, f"/article/{article}", "")
    assert ledger(archive) == {article: (FAILED, "timeout")}
    assert_bounded(done, healthy)


def test_endless_listings_are_left(demo: str, healthy: Run, tmp_path: Path) -> None:
    """Without new articles by the stop rule, with new ones at `listings.MAX_PAGES`."""
    traps = {kind: BY_SLUG[slug].path or "" for kind, slug in LISTINGS.items()}
    for kind, path in traps.items():
        fault(demo, path, kind)
    fetch(f"{demo}/control/requests/reset", post=True)
    archive = tmp_path / "archive"
    done = run(demo, archive, **replaced({"herald_spider.spiders.listings.MAX_PAGES": PAGES}))
    for path in traps.values():
        fault(demo, path, "")
    assert_bounded(done, healthy)
    assert done.status == 0
    asked = Counter(urlsplit(each).path for each in json.loads(fetch(f"{demo}/control/requests")))
    assert asked[traps["repeating"]] <= 1 + EMPTY_PAGES
    assert f"{traps['calendar']} has no end" not in done.log
    assert asked[traps["inventing"]] == PAGES
    assert f"{traps['inventing']} has no end: cut at page {PAGES}" in done.log
    states = ledger(archive)
    invented = {key for key in states if re.fullmatch(r"9\d{7}", key)}
    assert len(invented) >= PAGES
    assert {states[key] for key in invented} == {(GONE, "HTTP 404")}
    others = {state for key, (state, _) in states.items() if key not in invented}
    assert others <= {ARCHIVED, GONE}


def test_articles_that_all_answer_503_fail_and_the_run_ends(demo: str, healthy: Run, tmp_path: Path) -> None:
    """The front page answers, so the site is not down; `OutageMiddleware` checks that."""
    fault(demo, "*", "storm")
    fetch(f"{demo}/control/requests/reset", post=True)
    archive = tmp_path / "archive"
    done = run(demo, archive, "-s", "RETRY_TIMES=1")
    fault(demo, "*", "")
    assert_bounded(done, healthy)
    assert set(ledger(archive).values()) == {(FAILED, "HTTP 503")}
    looks = json.loads(fetch(f"{demo}/control/requests"))["/"] - 1  # the first is for the menu
    assert 1 <= looks <= len(ledger(archive)) / outage.LIMIT


def test_pages_that_all_lack_their_end_tags_are_complete(demo: str, healthy: Run, tmp_path: Path) -> None:
    fault(demo, "*", "no-end")
    archive = tmp_path / "archive"
    done = run(demo, archive)
    fault(demo, "*", "")
    assert_bounded(done, healthy)
    assert_nothing_else_lost(demo, archive, set())
    assert "cut short" in done.log, "the first one was retried"


@pytest.mark.parametrize(
    ("of", "kind", "finish", "reason"),
    [("*", "busy", "blocked", "HTTP 429"), ("/view.php", "refused", "unreachable", "connection refused")],
)
def test_a_site_that_does_not_answer_ends_the_run_and_the_next_run_continues(
    healthy: Run, tmp_path: Path, of: str, kind: str, finish: str, reason: str
) -> None:
    """`BlockedMiddleware` or `OutageMiddleware` ends it; "busy" sends Retry-After: 1."""
    archive = tmp_path / "archive"
    with running_demo(articles=45) as base:
        fault(base, of, kind)
        done = run(base, archive, "-s", "RETRY_TIMES=1")
        assert_bounded(done, healthy)
        assert done.status == 1
        assert f"'finish_reason': '{finish}'" in done.log
        first = ledger(archive)
        failed = {key for key, (state, _) in first.items() if state == FAILED}
        assert {first[key] for key in failed} <= {(FAILED, reason), (FAILED, "connection lost")}
        assert {state for state, _ in first.values()} >= {FAILED, DISCOVERED}
        if kind == "refused":
            wait_until(partial(is_open, base))
        fault(base, of, "")
        assert run(base, archive).status == 0
        second = ledger(archive)
        assert {key for key, (state, _) in second.items() if state == FAILED} == failed, (
            "failed articles pause before the next try"
        )
        assert_nothing_else_lost(base, archive, failed)
