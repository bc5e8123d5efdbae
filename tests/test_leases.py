"""Leases: of runs at the same time, no two fetch the same article."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from herald_spider import urls
from herald_spider.archive import Archive, leases, ledger
from tests.archives import ITEMS, SITE
from tests.demo import fetch, kept, scrapy, started, truth
from tests.faulty_demo import running_demo
from tests.servers import PostgresServer

Open = Callable[..., Archive]
IDS = [item.id or "" for item in ITEMS[:4]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Open]:
    """Return a function that begins a run on one archive."""
    with ExitStack() as stack:

        def begin(job: str, spider: str = "herald", folder: str = "archive", **options: str) -> Archive:
            archive = Archive(str(tmp_path / folder), SITE, **options)  # type: ignore[arg-type]
            stack.callback(archive.close)
            archive.begin_run(spider, job, {})
            return archive

        yield begin


def discover(archive: Archive) -> None:
    archive.ledger.discover([(each, urls.article_url(each), "herald:page", None) for each in IDS])


def free(archive: Archive) -> list[str]:
    return sorted(each.id for each in archive.leases.take_free(archive.ledger.pending(100)))


def test_a_run_leaves_out_what_another_run_has_leased(begin: Open) -> None:
    first, second = begin("a"), begin("b", "rss")
    discover(first)
    first.leases.take(IDS[:2])
    assert free(second) == sorted(IDS[2:])
    assert free(first) == sorted(IDS[:2])


def test_leases_end_with_their_run(begin: Open) -> None:
    first, second = begin("a"), begin("b", "rss")
    discover(first)
    assert free(first) == sorted(IDS)
    first.end_run("finished", {})
    assert free(second) == sorted(IDS)


def test_the_leases_of_a_killed_run_end(begin: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    monkeypatch.setattr(os, "getpid", lambda: child)
    killed = begin("a")
    monkeypatch.undo()
    discover(killed)
    assert free(killed) == sorted(IDS)
    assert free(begin("b")) == sorted(IDS)


def test_a_lease_ends_once_its_article_is_fetched(begin: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = begin("a"), begin("b", "rss")
    discover(first)
    first.leases.take(IDS)
    monkeypatch.setattr(ledger, "now", lambda: leases.now() + 1)
    first.ledger.set_state(IDS[0], ledger.FAILED, "timeout")
    monkeypatch.setattr(ledger, "now", lambda: leases.now() + 10 * ledger.FIRST_PAUSE)
    assert free(second) == [IDS[0]]


def test_the_processes_of_a_shared_crawl_share_their_leases(begin: Open) -> None:
    leader, follower, other = begin("a"), begin("b"), begin("c", "rss")
    discover(leader)
    leader.leases.take(IDS)
    follower.leases.is_shared = True
    assert free(other) == []
    assert free(follower) == sorted(IDS)


def test_a_run_on_another_machine_keeps_its_leases_for_some_hours(
    begin: Open, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.make_database("leases")
    first = begin("a", folder="one", node="one", ledger_url=url)
    second = begin("b", folder="two", node="two", ledger_url=url)
    discover(first)
    first.leases.take(IDS)
    assert free(second) == []
    moment = leases.now()
    monkeypatch.setattr(leases, "now", lambda: moment + leases.REMOTE_SECONDS + 1)
    assert free(second) == sorted(IDS)


def test_runs_of_all_spiders_at_once_fetch_each_article_once(tmp_path: Path) -> None:
    """A backfill, the feeds and the site maps, after a run that has left half of the articles to them."""
    archive = tmp_path / "archive"
    pace = ["-s", "DOWNLOAD_DELAY=0.02", "-s", "AUTOTHROTTLE_ENABLED=0", "-s", "HERALD_REVISIT_HOURS=0"]
    with running_demo(articles=80) as base, ExitStack() as stack:
        scrapy("crawl", "sitemap", *pace, "-a", "max_articles=20", base=base, HERALD_ARCHIVE=str(archive))
        runs = [
            stack.enter_context(started(base, archive, spider, *pace, HERALD_OVERLAP="allow"))
            for spider in ("herald", "herald", "rss", "sitemap")
        ]
        logs = [each.communicate(timeout=600)[1] for each in runs]
        assert [each.returncode for each in runs] == [0] * 4, logs
        asked: dict[str, int] = json.loads(fetch(f"{base}/control/requests"))
        expected = truth(base)
    articles = Counter[str]()
    for path, number in asked.items():
        if article := urls.classify(SITE + path).id:
            articles[article] += number
    assert {article: number for article, number in articles.items() if number > 1} == {}
    assert set(expected) == {line["id"] for line in kept(archive)}
