"""Runs that overlap, of one spider or of several: the load on the site stays that of one run."""

from __future__ import annotations

import fcntl
import json
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from tests.demo import fetch, kept, scrapy, started, truth
from tests.faulty_demo import running_demo
from tests.waiting import wait_until

DELAY = 0.2
SLOW = ["-s", f"DOWNLOAD_DELAY={DELAY}", "-s", "AUTOTHROTTLE_ENABLED=0", "-a", "sections=national"]
# Above Scrapy's own limits, so that only the delay limits the requests.
CONCURRENT = ["-s", "CONCURRENT_REQUESTS=8", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=8"]


@pytest.fixture
def base() -> Iterator[str]:
    with running_demo(articles=40) as address:
        yield address


def wait_for_requests(base: str, number: int) -> None:
    wait_until(lambda: len(moments(base)) >= number)


def delay_answers(base: str, seconds: int) -> None:
    """Delay each answer of the site, so that a run lasts until others have started on a busy machine."""
    fetch(f"{base}/control/slow?ms={1000 * seconds}", post=True)


def moments(base: str) -> list[float]:
    found: list[float] = json.loads(fetch(f"{base}/control/moments"))
    return found


def check_pace(base: str) -> None:
    """Assert that the site received no more requests in any second than one run may send, with a margin for late ones."""
    found = moments(base)
    assert len(found) > 20
    windows = Counter({start: sum(start <= each < start + 1 for each in found) for start in found})
    assert max(windows.values()) < 2 / DELAY, windows.most_common(3)
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert sum(gaps) / len(gaps) >= 0.98 * DELAY


def test_a_run_ends_at_once_if_another_run_works(base: str, tmp_path: Path) -> None:
    with started(base, tmp_path, "herald", *SLOW):
        wait_for_requests(base, 3)
        delay_answers(base, 20)
        second = scrapy("crawl", "herald", *SLOW, base=base, HERALD_ARCHIVE=str(tmp_path))
        delay_answers(base, 0)
        few = [*SLOW, "-s", "DOWNLOAD_DELAY=0", "-a", "max_articles=1"]
        other = scrapy("crawl", "herald", *few, base=base, HERALD_ARCHIVE=str(tmp_path / "other"))
    assert second.returncode == 0, "ending for another run is no failure"
    assert "Spider herald still works on" in second.stderr
    assert "ended         already_running" in second.stderr
    assert "downloader/request_count" not in second.stderr
    assert "Traceback" not in second.stderr
    assert "ended         finished" in other.stderr
    assert "still works on" not in other.stderr, "runs on another archive do not count"


def test_a_run_that_ends_at_once_changes_nothing(base: str, tmp_path: Path) -> None:
    """Not even for another site, while the first run has archived nothing yet."""
    found, state = "SELECT id FROM articles", "SELECT value, job FROM facts, runs WHERE name = 'site'"
    with started(base, tmp_path, "herald", *SLOW, "-s", "DOWNLOAD_DELAY=1"):
        wait_until(lambda: (tmp_path / "ledger.sqlite").exists() and bool(ledger_rows(tmp_path, found)))
        delay_answers(base, 20)
        before = ledger_rows(tmp_path, state)
        second = scrapy("crawl", "herald", *SLOW, base="http://127.0.0.1:9", HERALD_ARCHIVE=str(tmp_path))
        assert ledger_rows(tmp_path, found), "the articles that the first run has found are still known"
        assert ledger_rows(tmp_path, state) == before
    assert "ended         already_running" in second.stderr
    assert [site for site, _ in before] == [base]


def ledger_rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "ledger.sqlite", timeout=60)) as ledger:
        if not ledger.execute("SELECT name FROM sqlite_master WHERE name = 'runs'").fetchone():
            return []  # the run is just making it
        return ledger.execute(query).fetchall()


def test_a_killed_run_releases_its_lock(base: str, tmp_path: Path) -> None:
    with started(base, tmp_path, "herald", *SLOW) as first:
        wait_for_requests(base, 3)
        first.kill()
        first.wait()
        second = scrapy(
            "crawl", "herald", *SLOW, "-s", "DOWNLOAD_DELAY=0", base=base, HERALD_ARCHIVE=str(tmp_path)
        )
    assert "ended         finished" in second.stderr


def test_with_wait_one_run_waits_for_the_other(base: str, tmp_path: Path) -> None:
    waiting = {"HERALD_OVERLAP": "wait"}
    quick = [*SLOW, "-s", "DOWNLOAD_DELAY=0.1"]
    with started(base, tmp_path, "herald", *quick) as first:
        wait_for_requests(base, 3)
        delay_answers(base, 20)
        with started(base, tmp_path, "herald", *quick, **waiting) as second:
            wait_until((tmp_path / "locks" / "herald.next").exists)
            third = scrapy("crawl", "herald", *quick, base=base, HERALD_ARCHIVE=str(tmp_path), **waiting)
            assert first.poll() is None
            assert second.poll() is None
            delay_answers(base, 0)
            logs = [each.communicate(timeout=300)[1] for each in (first, second)]
    assert "this run waits for its end" in logs[1]
    assert all("ended         finished" in log for log in logs)
    assert "another run waits for it already" in third.stderr
    assert third.returncode == 0
    assert len({line["job"] for line in kept(tmp_path)}) == 1, "the first run has archived all"


def test_a_waiting_run_can_be_stopped(base: str, tmp_path: Path) -> None:
    with started(base, tmp_path, "herald", *SLOW) as first:
        wait_for_requests(base, 3)
        delay_answers(base, 20)
        with started(base, tmp_path, "herald", *SLOW, HERALD_OVERLAP="wait") as second:
            wait_until((tmp_path / "locks" / "herald.next").exists)
            second.send_signal(signal.SIGINT)
            log = second.communicate(timeout=300)[1]
        assert first.poll() is None
    assert "ended         shutdown" in log
    assert "Traceback" not in log


def test_runs_at_the_same_time_share_one_pace(base: str, tmp_path: Path) -> None:
    """Two runs of one spider, allowed by the setting, and one of another spider."""
    allowed = {"HERALD_OVERLAP": "allow"}
    with (
        started(base, tmp_path, "herald", *SLOW, *CONCURRENT, **allowed) as first,
        started(base, tmp_path, "herald", *SLOW, *CONCURRENT, **allowed) as second,
        started(base, tmp_path, "rss", *SLOW[:4], *CONCURRENT, "-a", "sections=national") as third,
    ):
        for each in (first, second, third):
            each.communicate(timeout=300)
            assert each.returncode == 0
    ids = Counter(line["id"] for line in kept(tmp_path))
    assert set(ids.values()) == {1}
    assert set(ids) <= set(truth(base))
    check_pace(base)
    assert scrapy("verify", base=base, HERALD_ARCHIVE=str(tmp_path)).returncode == 0


def test_a_wrong_overlap_setting_is_refused(tmp_path: Path) -> None:
    run = scrapy("crawl", "herald", base="http://127.0.0.1:1", HERALD_OVERLAP="queue")
    assert run.returncode == 2
    assert "HERALD_OVERLAP='queue': give exit, wait or allow" in run.stderr


@pytest.mark.parametrize("overlap", ["exit", "wait"])
@pytest.mark.parametrize("place", ["locks", "locks/herald"])
def test_locks_that_cannot_be_used_end_the_run(base: str, tmp_path: Path, place: str, overlap: str) -> None:
    """A file where the folder should be; a folder where the file should be."""
    if place == "locks":
        (tmp_path / place).touch()
    else:
        (tmp_path / place).mkdir(parents=True)
    run = scrapy("crawl", "herald", *SLOW, base=base, HERALD_ARCHIVE=str(tmp_path), HERALD_OVERLAP=overlap)
    assert run.returncode == 1
    assert f"{tmp_path / place} cannot be used (" in run.stderr
    assert "ended         archive_not_writable" in run.stderr
    assert "Traceback" not in run.stderr
    assert not moments(base), "no request is sent"


def test_a_lock_file_with_unknown_content_still_holds(base: str, tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    with (tmp_path / "locks" / "herald").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("[]")
        file.flush()
        run = scrapy("crawl", "herald", *SLOW, base=base, HERALD_ARCHIVE=str(tmp_path))
    assert "Spider herald still works on" in run.stderr
    assert "Traceback" not in run.stderr
