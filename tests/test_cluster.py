"""Several processes that share one crawl: a real Redis, a real PostgreSQL, the demo newspaper."""

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
from herald_spider.cluster.crew import Crew as Watch
from herald_spider.cluster.crew import Duty
from herald_spider.cluster.scheduler import Serializer
from herald_spider.cluster.server import connect
from herald_spider.spiders.herald import HeraldSpider
from tests.constants import replaced
from tests.demo import crawl, differences, fetch, kept, project_settings, truth
from tests.faulty_demo import running_demo
from tests.servers import PostgresServer, RedisServer
from tests.shared_crawl import Crew, check, torture

_numbers = itertools.count(1)
# What a shared crawl tells of an article otherwise: it may be read before all listings are.
APART = {"listed_in", "aliases", "duplicate_of"}


@pytest.fixture
def environment(redis: RedisServer, postgres: PostgresServer) -> dict[str, str]:
    redis.flush()
    ledger = postgres.make_database(f"shared{next(_numbers)}")
    return {"HERALD_REDIS_URL": redis.url, "HERALD_LEDGER_URL": ledger}


@pytest.fixture
def base() -> Iterator[str]:
    with running_demo(articles=150) as address:
        yield address


SOON = replaced({"herald_spider.cluster.crew.Crew.seconds": 4})


@pytest.mark.timeout(900)
def test_killed_joined_restarted(redis: RedisServer, postgres: PostgresServer) -> None:
    """The whole of it; ``python -m tests.shared_crawl`` does the same with 5,000 articles."""
    redis.flush()
    print(torture(800, redis, postgres, seed=11))


def test_one_alone_reads_all(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    """Through Redis and PostgreSQL an article is what it is without; no secret is told on the way."""
    run = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), **environment)
    assert run.returncode == 0, run.stderr
    assert "this process leads" in run.stderr
    expected, lines = truth(base), kept(tmp_path)
    assert Counter(line["id"] for line in lines) == Counter(list(expected))
    assert differences(lines, expected, APART) == {}
    written = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file())
    assert "secret-of" not in run.stdout + run.stderr + written
    again = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), **environment)
    assert again.returncode == 0, again.stderr
    assert len(kept(tmp_path)) == len(lines), "the next crawl finds nothing new"


def test_all_take_part(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    fetch(f"{base}/control/slow?ms=2000", post=True)  # until all are there
    crew = Crew(base, tmp_path / "archive", {**environment, **SOON})
    try:
        crew.start("a", "b", "c")
        deadline = time.monotonic() + 300
        while not all("this process" in crew.log(name).read_text() for name in ("a", "b", "c")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        fetch(f"{base}/control/slow?ms=200", post=True)
        crew.wait()
    finally:
        crew.stop()
    check(crew, set(truth(base)))
    jobs = Counter(line["job"] for line in kept(crew.archive))
    assert len(jobs) == 3, "each has its own segments"
    logs = [crew.log(name).read_text() for name in ("a", "b", "c")]
    assert sum("this process leads" in log for log in logs) == 1
    assert sum("this process follows" in log for log in logs) == 2


def test_the_leader_is_killed_while_it_walks(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    """Another walks the listings again: the articles of the rest of them are found."""
    fetch(f"{base}/control/slow?ms=100", post=True)
    crew = Crew(base, tmp_path / "archive", {**environment, **SOON}, ["-s", "CONCURRENT_REQUESTS=2"])
    try:
        crew.start("leader")
        deadline = time.monotonic() + 300
        while sum(json.loads(fetch(f"{base}/control/requests")).values()) < 20:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        crew.start("b", "c")
        crew.wait_for_articles(1)
        crew.kill("leader")
        fetch(f"{base}/control/slow?ms=0", post=True)
        crew.wait()
    finally:
        crew.stop()
    check(crew, set(truth(base)))
    assert any("this one walks them again" in crew.log(name).read_text() for name in ("b", "c"))


def test_the_site_is_asked_at_one_pace(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    delay = 0.1
    crew = Crew(base, tmp_path / "archive", {**environment, **SOON}, ["-s", f"DOWNLOAD_DELAY={delay}"])
    crew.options += ["-a", "sections=national"]
    try:
        crew.start("a", "b", "c")
        crew.wait()
    finally:
        crew.stop()
    moments: list[float] = json.loads(fetch(f"{base}/control/moments"))
    assert len(moments) > 50
    windows = [sum(start <= each < start + 1 for each in moments) for start in moments]
    assert max(windows) <= 1 / delay + 2
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert sum(gaps) / len(gaps) >= 0.95 * delay


def test_feeds_are_shared_too(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    crew = Crew(base, tmp_path / "archive", {**environment, **SOON})
    try:
        crew.start("a", "b", spider="rss")
        crew.wait()
    finally:
        crew.stop()
    counts = Counter(line["id"] for line in kept(crew.archive))
    assert counts
    assert set(counts.values()) == {1}


def test_another_crawl_is_refused(base: str, environment: dict[str, str], tmp_path: Path) -> None:
    fetch(f"{base}/control/slow?ms=200", post=True)
    crew = Crew(base, tmp_path / "archive", {**environment, **SOON})
    try:
        crew.start("a")
        deadline = time.monotonic() + 300
        while "this process leads" not in crew.log("a").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        settings = {"base": base, "HERALD_ARCHIVE": str(crew.archive), **environment}
        other = crawl("-a", "sections=national", **settings)
        elsewhere = crawl(**{**settings, "HERALD_LEDGER_URL": ""}, fast=True)
    finally:
        crew.stop()
    assert other.returncode == elsewhere.returncode == 1
    assert "share a crawl with no arguments on this Redis" in other.stderr
    assert "this one was to have sections=['national']" in other.stderr
    assert "need one ledger" in elsewhere.stderr
    assert "Traceback" not in other.stderr + elsewhere.stderr


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("redis://:secret@127.0.0.1:1/0", 1, "Redis cannot be used: Error 111"),
        ("http://secret@127.0.0.1/", 2, "give one as redis://"),
    ],
)
def test_a_server_that_is_not_there(base: str, tmp_path: Path, url: str, status: int, said: str) -> None:
    run = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), HERALD_REDIS_URL=url)
    assert run.returncode == status
    assert said in run.stderr
    assert "secret" not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_wrong_password(base: str, redis: RedisServer, tmp_path: Path) -> None:
    run = crawl(
        base=base, HERALD_ARCHIVE=str(tmp_path), HERALD_REDIS_URL=redis.url.replace("secret-of", "another")
    )
    assert run.returncode == 1
    assert "Redis cannot be used: invalid username-password pair" in run.stderr
    assert "another-redis" not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_server_that_stays_away(
    base: str, redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    """The run ends and says so; no article is called failed for it, and the next crawl completes the set."""
    fetch(f"{base}/control/slow?ms=100", post=True)
    impatient = replaced({"herald_spider.cluster.crew.Crew.seconds": 1})
    crew = Crew(base, tmp_path / "archive", {**environment, **impatient})
    try:
        crew.start("a")
        crew.wait_for_articles(5)
        redis.stop()
        assert crew.workers["a"].wait(300) == 1
        redis.start()
        log = crew.log("a").read_text()
        assert log.count("Redis cannot be used") == 1
        assert "ended         redis_unreachable" in log
        assert "Traceback" not in log
        fetch(f"{base}/control/slow?ms=0", post=True)
        crew.start("a")
        crew.wait()
    finally:
        crew.stop()
    check(crew, set(truth(base)))


# The parts ---------------------------------------------------------------------------------


@pytest.fixture
def watch(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Watch]]:
    """Three processes of one crawl that have not come yet."""
    redis.flush()
    monkeypatch.setattr(Watch, "seconds", 1.0)
    settings = Settings({"HERALD_REDIS_URL": redis.url})
    found = [Watch(connect(settings), "site:herald", name) for name in "abc"]
    yield found
    for each in found:
        each.client.close()


def test_the_first_leads_and_the_last_ends(watch: list[Watch]) -> None:
    a, b, _ = watch
    assert a.join("{}", "x") is True
    assert b.join("{}", "x") is False
    assert b.duty() is Duty.WAIT, "the leader is at work"
    a.set_busy(False)
    assert b.duty() is Duty.WAIT, "the leader has not said that its walks are done"
    assert a.duty() is Duty.TAKE_UP
    a.end()
    assert b.duty() is Duty.END


def test_a_request_in_the_queue_or_in_hand_is_work(watch: list[Watch]) -> None:
    a, b, _ = watch
    a.join("{}", "x")
    b.join("{}", "x")
    a.client.zadd(a.requests, {"request": 1})
    a.set_busy(False)
    assert a.duty() is Duty.WAIT
    b.set_busy(True)
    a.client.delete(a.requests)
    assert a.duty() is Duty.WAIT
    b.set_busy(False)
    assert a.duty() is Duty.TAKE_UP


def test_who_is_silent_is_gone(watch: list[Watch]) -> None:
    a, b, _ = watch
    a.join("{}", "x")
    b.join("{}", "x")
    time.sleep(1.2)
    assert b.duty() is Duty.LEAD
    b.set_busy(False)
    assert b.duty() is Duty.TAKE_UP


def test_a_crawl_that_all_left_is_begun_anew(watch: list[Watch]) -> None:
    a, b, c = watch
    a.join("{}", "x")
    a.client.zadd(a.requests, {"request": 1})
    a.leave()
    assert b.join('{"since": "2026-01-01"}', "y") is True
    assert not b.client.exists(a.requests)
    b.end()
    assert c.join("{}", "x") is True, "one that is over is not joined"


def test_what_is_asked_for_in_vain_is_left(watch: list[Watch]) -> None:
    a = watch[0]
    a.join("{}", "x")
    assert [a.is_worth_it(["1", "2"]) for _ in range(4)] == [True, True, True, False]
    assert a.is_worth_it(["2"]), "one of them came"


def test_another_ledger_is_no_part_of_it(watch: list[Watch]) -> None:
    a, b, _ = watch
    a.join("{}", "x")
    with pytest.raises(ArchiveError, match="need one ledger"):
        b.join("{}", "y")


def test_a_request_comes_back_as_it_was() -> None:
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
