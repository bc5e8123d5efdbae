"""One pace for the processes of a machine, or for those that share a Redis."""

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
from herald_spider.middlewares.pace import MachinePace, Pace, Paced, host_of
from herald_spider.middlewares.pace import make_pace as pace_of
from herald_spider.option_types import MAX_WAIT
from tests.demo import QUIET, ROOT, SETTINGS, crawl, project_settings, scrapy, truth
from tests.servers import RedisServer
from tests.sites import FixedResponse, running_site

GAP = 60
# Reserves turns and prints their times by the clock of the machine, without waiting for them.
TAKER = """
import sys, time
from scrapy.utils.test import get_crawler
from herald_spider.middlewares.pace import make_pace
folder, server, gap, turns = sys.argv[1:]
kind = "herald_spider.cluster.pace.ClusterPace" if server else "herald_spider.middlewares.pace.MachinePace"
settings = {"HERALD_PACE_FOLDER": folder, "HERALD_REDIS_URL": server, "PACE_CLASS": kind}
pace = make_pace(get_crawler(settings_dict=settings))
for _ in range(int(turns)):
    print(pace.reserve("a.example:80", float(gap)) + time.time())
"""


@pytest.fixture(params=["machine", "redis"])
def make_pace(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Pace]:
    if request.param == "machine":
        return lambda: MachinePace(tmp_path)
    server: RedisServer = request.getfixturevalue("redis")
    server.flush()
    settings = {"HERALD_REDIS_URL": server.url}
    return lambda: ClusterPace(get_crawler(settings_dict=settings))


def test_turns_of_two_processes_are_a_delay_apart(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    assert one.reserve("a", 10) == 0
    assert 9 < other.reserve("a", 10) <= 10
    assert other.reserve("b", 10) == 0, "each host has its own turns"
    assert other.reserve("b", 0) == 0, "a run without a delay does not wait"


def test_between_runs_of_different_delays_the_shorter_delay_counts(make_pace: Callable[[], Pace]) -> None:
    """Scrapy keeps each run's own delay."""
    slow, quick = make_pace(), make_pace()
    assert quick.reserve("a", 5) == 0
    assert 4 < slow.reserve("a", 60) <= 5
    assert 9 < quick.reserve("a", 5) <= 10
    assert 14 < slow.reserve("a", 60) <= 15
    assert 74 < slow.reserve("a", 60) <= 75


def test_a_pause_holds_for_all_processes(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    one.pause("a", 10)
    other.pause("a", 5)
    assert 9 < other.reserve("a", 0) <= 10
    assert 9 < other.pause_left("a") <= 10
    assert other.reserve("b", 0) == 0
    assert other.pause_left("b") <= 0


def test_a_run_without_a_delay_keeps_pauses(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    assert one.reserve("a", 0) == one.reserve("a", 0) == other.reserve("a", 0) == 0
    one.pause("a", 10)
    assert 9 < one.reserve("a", 0) <= 10
    assert 9 < other.reserve("a", 0) <= 10


def test_a_pause_is_a_day_at_most(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    one.pause("a", 1e300)
    one.pause("a", math.inf)
    assert MAX_WAIT - 10 < other.reserve("a", 1) <= MAX_WAIT


class Turns(Paced):
    """A download handler that only waits for its turn."""

    def __init__(self, pace: Pace):
        self.pace = pace  # type: ignore[misc]


def test_a_pause_cancels_a_reserved_turn(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    assert other.reserve("a", 0.3) == 0

    async def turns() -> float:
        began = time.monotonic()
        waiting = asyncio.create_task(Turns(one).take_turn("a", 0.3))
        await asyncio.sleep(0.1)
        other.pause("a", 0.8)
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


def test_times_are_corrected_when_the_clock_is_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delays and pauses from before the change keep their length."""
    pace, right = MachinePace(tmp_path), time.time()
    monkeypatch.setattr("herald_spider.middlewares.pace.time.time", lambda: right + 365 * 86_400)
    assert pace.reserve("a", 1) == 0
    pace.pause("b", 60)
    monkeypatch.setattr("herald_spider.middlewares.pace.time.time", lambda: right)
    assert MachinePace(tmp_path).reserve("a", 1) == pytest.approx(1)
    assert MachinePace(tmp_path).reserve("b", 1) == pytest.approx(60)


@pytest.mark.parametrize("times", [(0, math.inf, 0), (math.inf, 0, math.inf), (math.nan, math.nan, math.nan)])
def test_impossible_times_are_corrected(tmp_path: Path, times: tuple[float, float, float]) -> None:
    pace = MachinePace(tmp_path)
    pace.reserve("a", 1)
    (tmp_path / "a").write_bytes(MachinePace.FORMAT.pack(*times, 1))
    assert pace.reserve("a", 1) <= MAX_WAIT + 1
    assert pace.pause_left("a") <= MAX_WAIT


def test_a_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    pace = MachinePace(tmp_path)
    assert pace.reserve("a", 60) == 0
    (tmp_path / "a").write_bytes(b"short")
    assert pace.reserve("a", 60) == 0
    assert pace.reserve("a", 60) > 0


def test_a_page_that_splash_fetches_takes_a_turn_of_its_own_host() -> None:
    request = Request(
        "http://127.0.0.1:8050/execute", meta={"splash": {"args": {"url": "https://www.koreaherald.com/a"}}}
    )
    assert host_of(request) == "www.koreaherald.com"
    assert host_of(Request("http://127.0.0.1:81/a")) == "127.0.0.1:81"


def test_a_pace_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = crawl(base="http://127.0.0.1:1", HERALD_PACE_FOLDER=str(tmp_path / "file" / "pace"))
    assert run.returncode == 2
    assert "set HERALD_PACE_FOLDER to a writable folder" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_pace_folder_that_fails_during_a_run_is_replaced_by_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Delays and pauses of the run stay."""
    crawler = get_crawler(settings_dict=project_settings(HERALD_PACE_FOLDER=str(tmp_path / "pace")))
    pace = pace_of(crawler)
    assert pace.reserve("a", 10) == 0
    (tmp_path / "pace" / "a").unlink()
    (tmp_path / "pace" / "a").mkdir()
    assert 9 < pace.reserve("a", 10) <= 10
    pace.pause("b", 60)
    assert 59 < pace_of(crawler).reserve("b", 1) <= 60, "all parts of a run share one pace"
    (warning,) = caplog.messages
    assert "cannot be written (Is a directory): this run goes on with a pace of its own" in warning


def test_a_full_disk_for_the_pace_folder_fails_no_article(tmp_path: Path) -> None:
    """`prlimit` makes every write to a file fail."""
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


def test_a_pace_folder_can_be_shared_by_users(tmp_path: Path) -> None:
    """Users that can write the folder can write each other's files in it."""
    tmp_path.chmod(0o1777)
    before = os.umask(0o022)
    try:
        MachinePace(tmp_path).reserve("a", 1)
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666


def test_a_full_redis_ends_the_run(redis: RedisServer) -> None:
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
def test_an_extreme_retry_after_ends_the_run(seconds: str) -> None:
    with running_site() as site:
        site.answers["/"] = FixedResponse(status=429, headers={"Retry-After": seconds})
        run = crawl(base=site.url)
    assert run.returncode == 1
    assert "asks for a pause of 1000000000 seconds, more than HERALD_RETRY_AFTER_LIMIT" in run.stderr
    assert "Logging error" not in run.stderr
    assert "Traceback" not in run.stderr
