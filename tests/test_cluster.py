"""Processes that share one crawl, with a real Redis and PostgreSQL, on the demo newspaper."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.settings import Settings
from scrapy.utils.request import request_from_dict
from scrapy.utils.test import get_crawler

from herald_spider.archive import ArchiveError
from herald_spider.cluster.membership import Duty, Membership
from herald_spider.cluster.scheduler import Serializer
from herald_spider.cluster.server import connect
from herald_spider.spiders.herald import HeraldSpider
from tests.constants import replaced
from tests.demo import crawl, differences, fetch, kept, project_settings, truth
from tests.faulty_demo import running_demo
from tests.servers import PostgresServer, RedisServer
from tests.shared_crawl import Workers, check, torture
from tests.waiting import PATIENCE, wait_until

_numbers = itertools.count(1)
# An article may be read before all listings are, so these fields may differ.
UNCOMPARED = {"listed_in", "aliases", "duplicate_of"}


@pytest.fixture
def environment(redis: RedisServer, postgres: PostgresServer) -> dict[str, str]:
    redis.flush()
    ledger = postgres.make_database(f"shared{next(_numbers)}")
    return {"HERALD_REDIS_URL": redis.url, "HERALD_LEDGER_URL": ledger}


@pytest.fixture
def base() -> Iterator[str]:
    with running_demo(articles=60) as address:
        yield address


SHORT_HEARTBEAT = replaced({"herald_spider.cluster.membership.Membership.seconds": 4})


@pytest.mark.timeout(900)
def test_a_shared_crawl_survives_kills_joins_and_restarts(
    redis: RedisServer, postgres: PostgresServer
) -> None:
    """``python -m tests.shared_crawl`` does the same with 5,000 articles."""
    redis.flush()
    print(torture(300, redis, postgres, seed=11))


def test_one_process_archives_all_and_logs_no_secret(
    base: str, environment: dict[str, str], tmp_path: Path
) -> None:
    run = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), **environment)
    assert run.returncode == 0, run.stderr
    assert "this process leads" in run.stderr
    expected, lines = truth(base), kept(tmp_path)
    assert Counter(line["id"] for line in lines) == Counter(list(expected))
    assert differences(lines, expected, UNCOMPARED) == {}
    written = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file())
    assert "secret-of" not in run.stdout + run.stderr + written
    again = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), **environment)
    assert again.returncode == 0, again.stderr
    assert len(kept(tmp_path)) == len(lines), "the next crawl archives nothing new"


def test_several_processes_archive_articles(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    fetch(f"{base}/control/slow?ms=2000", post=True)  # until all have joined
    workers = Workers(base, tmp_path / "archive", environment)
    try:
        workers.start("a", "b", "c")
        workers.wait_for_joining("a", "b", "c")
        fetch(f"{base}/control/slow?ms=200", post=True)
        workers.wait()
    finally:
        workers.stop()
    check(workers, set(truth(base)))
    jobs = Counter(line["job"] for line in kept(workers.archive))
    assert len(jobs) >= 2, "the leader, which reads the listings, may find no article left"
    logs = [workers.log(name).read_text() for name in ("a", "b", "c")]
    assert sum("this process leads" in log for log in logs) == 1
    assert sum("this process follows" in log for log in logs) == 2


def test_another_process_leads_after_the_leader_is_killed(
    base: str, environment: dict[str, str], tmp_path: Path
) -> None:
    fetch(f"{base}/control/slow?ms=100", post=True)
    workers = Workers(
        base, tmp_path / "archive", {**environment, **SHORT_HEARTBEAT}, ["-s", "CONCURRENT_REQUESTS=2"]
    )
    try:
        workers.start("leader")
        wait_until(lambda: sum(json.loads(fetch(f"{base}/control/requests")).values()) >= 20)
        workers.start("b", "c")
        workers.wait_for_articles(1)
        workers.kill("leader")
        fetch(f"{base}/control/slow?ms=0", post=True)
        workers.wait()
    finally:
        workers.stop()
    check(workers, set(truth(base)))
    assert any("this process crawls them again" in workers.log(name).read_text() for name in ("b", "c"))


def test_processes_share_one_pace(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    delay = 0.1
    workers = Workers(
        base, tmp_path / "archive", {**environment, **SHORT_HEARTBEAT}, ["-s", f"DOWNLOAD_DELAY={delay}"]
    )
    workers.options += ["-a", "sections=national"]
    try:
        workers.start("a", "b", "c")
        workers.wait()
    finally:
        workers.stop()
    moments: list[float] = json.loads(fetch(f"{base}/control/moments"))
    assert len(moments) > 30
    windows = [sum(start <= each < start + 1 for each in moments) for start in moments]
    assert max(windows) <= 1 / delay + 2
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert sum(gaps) / len(gaps) >= 0.95 * delay


def test_feeds_are_crawled_together(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    workers = Workers(base, tmp_path / "archive", {**environment, **SHORT_HEARTBEAT})
    try:
        workers.start("a", "b", spider="rss")
        workers.wait()
    finally:
        workers.stop()
    counts = Counter(line["id"] for line in kept(workers.archive))
    assert counts
    assert set(counts.values()) == {1}


def test_other_arguments_or_another_ledger_are_refused(
    base: str, environment: dict[str, str], tmp_path: Path
) -> None:
    fetch(f"{base}/control/slow?ms=200", post=True)
    workers = Workers(base, tmp_path / "archive", {**environment, **SHORT_HEARTBEAT})
    try:
        workers.start("a")
        workers.wait_for_joining("a")
        settings = {"base": base, "HERALD_ARCHIVE": str(workers.archive), **environment}
        other = crawl("-a", "sections=national", **settings)
        elsewhere = crawl(**{**settings, "HERALD_LEDGER_URL": ""}, fast=True)
    finally:
        workers.stop()
    assert other.returncode == elsewhere.returncode == 1
    assert "share a crawl with no arguments on this Redis" in other.stderr
    assert "this process has sections=['national']" in other.stderr
    assert "use another ledger" in elsewhere.stderr
    assert "Traceback" not in other.stderr + elsewhere.stderr


@pytest.mark.parametrize(
    ("url", "status", "error"),
    [
        ("redis://:secret@127.0.0.1:1/0", 1, "Redis cannot be used: Error 111"),
        ("http://secret@127.0.0.1/", 2, "give an address as redis://"),
    ],
)
def test_an_unreachable_redis_ends_the_run(
    base: str, tmp_path: Path, url: str, status: int, error: str
) -> None:
    run = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), HERALD_REDIS_URL=url)
    assert run.returncode == status
    assert error in run.stderr
    assert "secret" not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_wrong_password_of_redis_ends_the_run(base: str, redis: RedisServer, tmp_path: Path) -> None:
    run = crawl(
        base=base, HERALD_ARCHIVE=str(tmp_path), HERALD_REDIS_URL=redis.url.replace("secret-of", "another")
    )
    assert run.returncode == 1
    assert "Redis cannot be used: invalid username-password pair" in run.stderr
    assert "another-redis" not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_redis_that_stays_away_ends_the_run_and_fails_no_article(
    base: str, redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    """The next crawl completes the archive."""
    fetch(f"{base}/control/slow?ms=100", post=True)
    short = replaced({"herald_spider.cluster.membership.Membership.seconds": 1})
    workers = Workers(base, tmp_path / "archive", {**environment, **short})
    try:
        workers.start("a")
        workers.wait_for_articles(5)
        redis.stop()
        workers.processes["a"].join(PATIENCE)
        assert workers.processes["a"].exitcode == 1
        redis.start()
        log = workers.log("a").read_text()
        assert log.count("Redis cannot be used") == 1
        assert "ended         redis_unreachable" in log
        assert "Traceback" not in log
        fetch(f"{base}/control/slow?ms=0", post=True)
        workers.start("a")
        workers.wait()
    finally:
        workers.stop()
    check(workers, set(truth(base)))


# The parts ---------------------------------------------------------------------------------


@pytest.fixture
def members(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Membership]]:
    """Return three processes that have not joined yet."""
    redis.flush()
    monkeypatch.setattr(Membership, "seconds", 1.0)
    settings = Settings({"HERALD_REDIS_URL": redis.url})
    found = [Membership(connect(settings), "site:herald", name) for name in "abc"]
    yield found
    for each in found:
        each.client.close()


def test_the_first_process_leads_and_the_last_ends_the_crawl(members: list[Membership]) -> None:
    a, b, _ = members
    assert a.join("{}", "x") is True
    assert b.join("{}", "x") is False
    assert b.duty() is Duty.WAIT, "the leader is busy"
    a.set_busy(False)
    assert b.duty() is Duty.WAIT, "the leader has not finished the listings"
    assert a.duty() is Duty.RECOVER
    a.end()
    assert b.duty() is Duty.END


def test_requests_in_the_queue_and_busy_processes_keep_the_crawl_open(members: list[Membership]) -> None:
    a, b, _ = members
    a.join("{}", "x")
    b.join("{}", "x")
    a.client.zadd(a.requests, {"request": 1})
    a.set_busy(False)
    assert a.duty() is Duty.WAIT
    b.set_busy(True)
    a.client.delete(a.requests)
    assert a.duty() is Duty.WAIT
    b.set_busy(False)
    assert a.duty() is Duty.RECOVER


def test_a_leader_without_heartbeat_is_replaced(members: list[Membership]) -> None:
    a, b, _ = members
    a.join("{}", "x")
    b.join("{}", "x")
    time.sleep(1.2)
    assert b.duty() is Duty.LEAD
    b.set_busy(False)
    assert b.duty() is Duty.RECOVER


def test_an_abandoned_crawl_is_replaced_by_a_new_one(members: list[Membership]) -> None:
    a, b, c = members
    a.join("{}", "x")
    a.client.zadd(a.requests, {"request": 1})
    a.leave()
    assert b.join('{"since": "2026-01-01"}', "y") is True
    assert not b.client.exists(a.requests)
    b.end()
    assert c.join("{}", "x") is True, "a finished crawl is not joined"


def test_the_same_pending_articles_are_queued_three_times(members: list[Membership]) -> None:
    a = members[0]
    a.join("{}", "x")
    assert [a.may_retry(["1", "2"]) for _ in range(4)] == [True, True, True, False]
    assert a.may_retry(["2"]), "the list has changed"


def test_a_process_with_another_ledger_cannot_join(members: list[Membership]) -> None:
    a, b, _ = members
    a.join("{}", "x")
    with pytest.raises(ArchiveError, match="use another ledger"):
        b.join("{}", "y")


def test_a_request_survives_serialization() -> None:
    spider = HeraldSpider.from_crawler(get_crawler(HeraldSpider, project_settings()))
    request = spider.article_request(
        "https://www.koreaherald.com/article/1",
        headers={"If-None-Match": '"é"'},
        cb_kwargs={"listed_id": "1", "discovered_via": None},
        meta={"handle_httpstatus_list": [304], "render": "article"},
        priority=20,
    )
    packed = Serializer.dumps(request.to_dict(spider=spider))
    found = request_from_dict(Serializer.loads(packed), spider=spider)
    assert found.to_dict(spider=spider) == request.to_dict(spider=spider)
    assert found.callback == spider.parse_article
    assert isinstance(found, Request)
