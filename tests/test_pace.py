"""One pace for all: of the processes of a machine, and of those that share a Redis."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from redis import Redis
from scrapy import Request
from scrapy.utils.test import get_crawler

from demo.process import running_demo
from herald_spider.cluster.pace import ClusterPace
from herald_spider.middlewares.pace import LOOK, MachinePace, Pace, Paced, host_of
from herald_spider.middlewares.pace import make_pace as pace_of
from herald_spider.option_types import MAX_WAIT
from tests.demo import QUIET, ROOT, SETTINGS, crawl, scrapy, truth
from tests.servers import RedisServer
from tests.sites import Answer, running_site

GAP = 60
# Takes turns and prints when they are, by the clock of the machine; it waits for none.
TAKER = """
import sys, time
from scrapy.utils.test import get_crawler
from herald_spider.middlewares.pace import make_pace
folder, server, gap, turns = sys.argv[1:]
kind = "herald_spider.cluster.pace.ClusterPace" if server else "herald_spider.middlewares.pace.MachinePace"
settings = {"HERALD_PACE_FOLDER": folder, "HERALD_REDIS_URL": server, "PACE_CLASS": kind}
pace = make_pace(get_crawler(settings_dict=settings))
for _ in range(int(turns)):
    print(pace.claim("a.example:80", float(gap)) + time.time())
"""


@pytest.fixture(params=["machine", "redis"])
def make_pace(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Pace]:
    if request.param == "machine":
        return lambda: MachinePace(tmp_path)
    server: RedisServer = request.getfixturevalue("redis")
    server.flush()
    settings = {"HERALD_REDIS_URL": server.url}
    return lambda: ClusterPace(get_crawler(settings_dict=settings))


def test_a_turn_is_one_processs(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    assert one.claim("a", 10) == 0
    assert 9 < other.claim("a", 10) <= 10
    assert other.claim("b", 10) == 0, "another host has a pace of its own"
    assert other.claim("b", 0) == 0, "who has no delay need not wait"


def test_runs_of_different_delays_do_not_hold_each_other_up(make_pace: Callable[[], Pace]) -> None:
    """Scrapy keeps each run's own delay; between two of them it is the shorter one."""
    slow, quick = make_pace(), make_pace()
    assert quick.claim("a", 5) == 0
    assert 4 < slow.claim("a", 60) <= 5
    assert 9 < quick.claim("a", 5) <= 10
    assert 14 < slow.claim("a", 60) <= 15
    assert 74 < slow.claim("a", 60) <= 75


def test_a_host_that_wants_to_be_left_alone(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    one.hold("a", 10)
    other.hold("a", 5)
    assert 9 < other.claim("a", 0) <= 10
    assert 9 < other.held("a") <= 10
    assert other.claim("b", 0) == 0
    assert other.held("b") <= 0


def test_who_keeps_no_delay_hears_soon_that_a_host_wants_to_be_left_alone(
    make_pace: Callable[[], Pace],
) -> None:
    one, other = make_pace(), make_pace()
    assert one.claim("a", 0) == one.claim("a", 0) == 0
    one.hold("a", 10)
    assert 9 < one.claim("a", 0) <= 10, "at once in the run that was told"
    assert other.claim("b", 0) == 0
    one.hold("b", 10)
    time.sleep(2 * LOOK)
    assert 9 < other.claim("b", 0) <= 10


def test_no_host_is_left_alone_for_ever(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    one.hold("a", 1e300)
    one.hold("a", math.inf)
    assert MAX_WAIT - 10 < other.claim("a", 1) <= MAX_WAIT


class Turns(Paced):
    """What a download handler does before it asks."""

    def __init__(self, pace: Pace):
        self.pace = pace  # type: ignore[misc]


def test_a_host_that_says_so_while_we_wait_for_our_turn(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    assert other.claim("a", 0.3) == 0

    async def turns() -> float:
        began = time.monotonic()
        waiting = asyncio.create_task(Turns(one).take_turn("a", 0.3))
        await asyncio.sleep(0.1)
        other.hold("a", 0.8)
        await waiting
        return time.monotonic() - began

    assert 0.85 < asyncio.run(turns()) < 2


@pytest.mark.parametrize("shared", ["machine", "redis"])
def test_processes_share_one_pace(shared: str, redis: RedisServer, tmp_path: Path) -> None:
    server = redis.url if shared == "redis" else ""
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", TAKER, str(tmp_path), server, str(GAP), "10"],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    moments = sorted(float(line) for taker in takers for line in taker.communicate()[0].splitlines())
    assert len(moments) == 40
    assert all(later - earlier > 0.5 * GAP for earlier, later in pairwise(moments))
    assert moments[-1] - moments[0] >= 38 * GAP


def test_a_clock_that_was_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was noted while it was wrong holds for as long as was meant."""
    pace, right = MachinePace(tmp_path), time.time()
    monkeypatch.setattr("herald_spider.middlewares.pace.time.time", lambda: right + 365 * 86_400)
    assert pace.claim("a", 1) == 0
    pace.hold("b", 60)
    monkeypatch.setattr("herald_spider.middlewares.pace.time.time", lambda: right)
    assert MachinePace(tmp_path).claim("a", 1) == pytest.approx(1)
    assert MachinePace(tmp_path).claim("b", 1) == pytest.approx(60)


@pytest.mark.parametrize("times", [(0, math.inf, 0), (math.inf, 0, math.inf), (math.nan, math.nan, math.nan)])
def test_times_that_cannot_be(tmp_path: Path, times: tuple[float, float, float]) -> None:
    pace = MachinePace(tmp_path)
    pace.claim("a", 1)
    (tmp_path / "a").write_bytes(MachinePace.FORM.pack(*times, 1))
    assert pace.claim("a", 1) <= MAX_WAIT + 1
    assert pace.held("a") <= MAX_WAIT


def test_damage_is_no_turn_in_the_past(tmp_path: Path) -> None:
    pace = MachinePace(tmp_path)
    assert pace.claim("a", 60) == 0
    (tmp_path / "a").write_bytes(b"short")
    assert pace.claim("a", 60) == 0
    assert pace.claim("a", 60) > 0


def test_what_splash_renders_is_asked_from_the_site() -> None:
    request = Request(
        "http://127.0.0.1:8050/execute", meta={"splash": {"args": {"url": "https://www.koreaherald.com/a"}}}
    )
    assert host_of(request) == "www.koreaherald.com"
    assert host_of(Request("http://127.0.0.1:81/a")) == "127.0.0.1:81"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = crawl(base="http://127.0.0.1:1", HERALD_PACE_FOLDER=str(tmp_path / "file" / "pace"))
    assert run.returncode == 2
    assert "set HERALD_PACE_FOLDER to a folder that can" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_folder_that_fails_meanwhile(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run goes on at its own pace, and remembers what the host has said."""
    crawler = get_crawler(settings_dict={"HERALD_PACE_FOLDER": str(tmp_path / "pace")})
    pace = pace_of(crawler)
    assert pace.claim("a", 10) == 0
    (tmp_path / "pace" / "a").unlink()
    (tmp_path / "pace" / "a").mkdir()
    assert 9 < pace.claim("a", 10) <= 10
    pace.hold("b", 60)
    assert 59 < pace_of(crawler).claim("b", 1) <= 60, "each part of a run knows of it"
    (warning,) = caplog.messages
    assert "cannot be written (Is a directory): this run goes on with a pace of its own" in warning


def test_a_full_disk_is_no_fault_of_the_articles(tmp_path: Path) -> None:
    """Its limit of the size of files lets nothing be written into the folder."""
    with running_demo(articles=20) as base:
        run = subprocess.run(
            ["prlimit", "--fsize=0", sys.executable, "-m", "scrapy", "crawl", "herald", *SETTINGS, "-o", "-:jsonl"],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, **QUIET, "HERALD_BASE_URL": base, "HERALD_PACE_FOLDER": str(tmp_path)},
        )  # fmt: skip
        assert len(run.stdout.splitlines()) == len(truth(base))
    assert run.returncode == 0
    assert run.stderr.count("this run goes on with a pace of its own") == 1
    assert "Traceback" not in run.stderr


def test_a_folder_that_users_share(tmp_path: Path) -> None:
    """Who may write the folder may write what another user made in it."""
    tmp_path.chmod(0o1777)
    before = os.umask(0o022)
    try:
        MachinePace(tmp_path).claim("a", 1)
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666


def test_a_redis_that_takes_nothing_ends_the_run(redis: RedisServer) -> None:
    redis.flush()
    nowhere = {name: "http://127.0.0.1:1/x" for name in ("HERALD_CDX_URL", "HERALD_MEMENTO_URL")}
    with Redis.from_url(redis.url) as client:
        client.config_set("maxmemory", 1)
        try:
            run = scrapy(
                "crawl",
                "wayback",
                *SETTINGS,
                base="http://127.0.0.1:1",
                HERALD_REDIS_URL=redis.url,
                **nowhere,
            )
        finally:
            client.config_set("maxmemory", 0)
    assert run.returncode == 1
    assert "ended         redis_unreachable" in run.stderr
    assert run.stderr.count("Redis cannot be used: command not allowed") == 1
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("seconds", ["9" * 400, "1" * 20])
def test_a_retry_after_that_is_no_time_ends_the_run(seconds: str) -> None:
    with running_site() as site:
        site.answers["/"] = Answer(status=429, headers={"Retry-After": seconds})
        run = crawl(base=site.url)
    assert run.returncode == 1
    assert "wants to be left alone for 1000000000 seconds, more than HERALD_RETRY_AFTER_LIMIT" in run.stderr
    assert "Logging error" not in run.stderr
    assert "Traceback" not in run.stderr
