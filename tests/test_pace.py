"""One pace for all: of the processes of a machine, and of those that share a Redis."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from herald_spider.cluster.pace import ClusterPace
from herald_spider.pace import MachinePace, Pace, host_of
from tests.demo import ROOT, crawl
from tests.servers import RedisServer

GAP = 0.05
# Takes turns, and says when it had them by the clock of the machine.
TAKER = """
import sys, time
from scrapy.utils.test import get_crawler
from herald_spider.pace import make_pace
folder, server, gap, turns = sys.argv[1:]
settings = {"HERALD_PACE_FOLDER": folder, "HERALD_REDIS_URL": server, "HERALD_WORKER_SECONDS": 30}
pace = make_pace(get_crawler(settings_dict=settings))
for _ in range(int(turns)):
    while (wait := pace.claim("a.example:80", float(gap))) > 0:
        time.sleep(wait)
    print(time.time(), flush=True)
"""


@pytest.fixture(params=["machine", "redis"])
def make_pace(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Pace]:
    if request.param == "machine":
        return lambda: MachinePace(tmp_path)
    server: RedisServer = request.getfixturevalue("redis")
    server.flush()
    settings = {"HERALD_REDIS_URL": server.url, "HERALD_WORKER_SECONDS": 30}
    return lambda: ClusterPace(get_crawler(settings_dict=settings))


def test_a_turn_is_one_processs(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    assert one.claim("a", 10) == 0
    assert 9 < other.claim("a", 10) <= 10
    assert other.claim("b", 10) == 0, "another host has a pace of its own"
    assert other.claim("a", 0) == 0, "who has no delay need not wait"


def test_a_host_that_wants_to_be_left_alone(make_pace: Callable[[], Pace]) -> None:
    one, other = make_pace(), make_pace()
    one.hold("a", 10)
    other.hold("a", 5)
    assert 9 < other.claim("a", 0) <= 10
    assert other.claim("b", 0) == 0


@pytest.mark.parametrize("shared", ["machine", "redis"])
def test_processes_keep_it_together(shared: str, redis: RedisServer, tmp_path: Path) -> None:
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
    # A process may be held up between its turn and its word.
    assert sum(later - earlier < 0.8 * GAP for earlier, later in pairwise(moments)) <= 2
    assert moments[-1] - moments[0] >= 38 * GAP


def test_a_clock_that_was_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pace = MachinePace(tmp_path)
    assert pace.claim("a", 1) == 0
    now = time.time()
    monkeypatch.setattr("herald_spider.pace.time.time", lambda: now - 3600)
    assert pace.claim("a", 1) == 0
    assert pace.claim("a", 1) == 1


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
