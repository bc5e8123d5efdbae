"""The progress line in real crawls in a pseudo-terminal."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.demo import crawl, fetch, read_lines
from tests.faulty_demo import running_demo
from tests.terminal import Terminal, terminal

ESCAPE = b"\x1b"
LINE = re.compile(r"(\d+) pages? \| ")
# A line of the log up to the next one, without spaces: a narrow terminal breaks lines.
LOGGED = re.compile(r"INFO:Crawled\d+pages\(at\d+pages/min\),scraped\d+items\(at\d+items/min\)20\d\d-")
ONE_BY_ONE = ["-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"]
SHORT = ["crawl", "herald", *ONE_BY_ONE, "-a", "sections=national", "-a", "max_pages=1"]
TALKATIVE = ["-s", "LOGSTATS_INTERVAL=0.4"]
PACE = 40  # milliseconds before each response


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Serve a slow newspaper."""
    with running_demo(articles=40) as base:
        set_pace(base, PACE)
        yield base


def set_pace(base: str, pace: int) -> None:
    fetch(f"{base}/control/slow?ms={pace}", post=True)


@contextmanager
def slower(base: str, pace: int) -> Iterator[None]:
    set_pace(base, pace)
    try:
        yield
    finally:
        set_pace(base, PACE)


def live_rows(frame: list[str]) -> list[str]:
    return [row for row in frame if LINE.match(row)]


def lines_shown(seen: Terminal) -> list[str]:
    """Return the progress lines in all frames; each frame has at most one, not wrapped."""
    lines = [row for frame in seen.frames for row in live_rows(frame)]
    assert max(len(live_rows(frame)) for frame in seen.frames) <= 1
    return lines


def assert_log_is_whole(seen: Terminal) -> None:
    """Check that each logged line is on the screen, without remains of the progress line."""
    assert len(LOGGED.findall("".join(seen.text.split()))) == seen.raw.count(b"Crawled") > 2
    assert not any(re.search(r" \d+ new", row) for row in seen.rows)


def assert_left_in_order(seen: Terminal) -> None:
    """Check that the line is cleared, and the cursor visible at the beginning of a row."""
    assert not any(map(LINE.match, seen.rows)), seen.text
    assert (seen.cursor_row, seen.screen.cursor.x) == ("", 0)
    assert not seen.screen.cursor.hidden


# On a terminal ----------------------------------------------------------------------------


def test_the_line_is_below_the_log_and_cleared_before_the_summary(base: str) -> None:
    # Each response takes longer than the interval of the line, so that each request is shown once.
    with slower(base, 300), terminal(*SHORT, *TALKATIVE, HERALD_BASE_URL=base) as seen:
        assert seen.finish() == 0
    lines = lines_shown(seen)
    pages = [int(LINE.match(line)[1]) for line in lines]  # type: ignore[index]
    assert pages == sorted(pages)
    assert len(set(pages)) > 3
    assert any(line.endswith("| /National") for line in lines)
    assert any(
        re.search(r"/s \| \d+ new \|.* \d+ waiting \| 0:00:\d\d left \| /article/", line) for line in lines
    )
    assert_log_is_whole(seen)
    assert_left_in_order(seen)
    assert re.search(r"INFO: Summary\n  articles      \d+\n.*\n  file          none\n", seen.text, re.DOTALL)


def test_the_line_is_cut_in_a_narrow_terminal(base: str) -> None:
    with terminal(*SHORT, *TALKATIVE, columns=40, HERALD_BASE_URL=base) as seen:
        assert seen.finish() == 0
    lines = lines_shown(seen)
    assert all(re.match(r"\d+ pages? \| (\d+/\w+ \| )?\d+ new", line) for line in lines)
    assert any(line.endswith("…") for line in lines)
    assert_log_is_whole(seen)
    assert_left_in_order(seen)


def test_the_line_follows_the_width_of_the_terminal_and_is_not_in_a_log_file(
    base: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with terminal(*SHORT, "--logfile", str(log), HERALD_BASE_URL=base) as seen:
        seen.read_until(r"^\d+ pages .* new")
        seen.resize(40)
        seen.read_until("^.{35}…$")
        assert seen.finish() == 0
    assert lines_shown(seen)
    assert not any(seen.rows)
    assert_left_in_order(seen)
    assert "INFO: Summary" in log.read_text()
    assert ESCAPE not in log.read_bytes()


def test_items_on_the_standard_output_are_not_mixed_with_the_line(base: str, tmp_path: Path) -> None:
    items = tmp_path / "items"
    with (
        items.open("wb") as stdout,
        terminal(*SHORT, "-O", "-:jsonlines", stdout=stdout, HERALD_BASE_URL=base) as seen,
    ):
        assert seen.finish() == 0
    assert lines_shown(seen)
    assert all(item["id"] for item in read_lines(items))
    assert items.stat().st_size


def test_no_color_gives_a_line_without_colors(base: str) -> None:
    with terminal(*SHORT, "-a", "max_articles=2", HERALD_BASE_URL=base, NO_COLOR="1") as seen:
        assert seen.finish() == 0
    assert lines_shown(seen)
    assert {*re.findall(rb"\x1b\[([\d;]*)m", seen.raw)} <= {b"0", b"1", b"2"}


def test_ctrl_c_leaves_a_narrow_terminal_in_order(base: str) -> None:
    with terminal(*SHORT, columns=40, HERALD_BASE_URL=base) as seen:
        seen.read_until(r"^\d+ pages .* new")
        seen.press(b"\x03")
        assert seen.finish() == 0
    assert b"Spider closed (shutdown)" in seen.raw
    assert_left_in_order(seen)


def test_ctrl_c_twice_leaves_the_terminal_in_order(base: str) -> None:
    with terminal(*SHORT, HERALD_BASE_URL=base) as seen:
        seen.read_until(r"^\d+ pages .* new")
        with slower(base, 5000):
            time.sleep(10 * PACE / 1000)  # requests in flight then get late responses
            seen.press(b"\x03")
            seen.read_until("shutting down gracefully")
            seen.press(b"\x03")
            seen.finish()
    assert b"forcing unclean shutdown" in seen.raw
    assert b"Spider closed" not in seen.raw
    assert_left_in_order(seen)


def test_a_crawl_run_by_scrapy_demo_receives_ctrl_c_once() -> None:
    """The terminal sends it to both processes: scrapy demo must not pass it on."""
    demo = ["demo", "--port", "0", "--articles", "100", "--", sys.executable, "-m", "scrapy"]
    with terminal(*demo, "crawl", "herald", *ONE_BY_ONE) as seen:
        seen.read_until(r"^\d+ pages? .* new")
        seen.press(b"\x03")
        assert seen.finish() == 0
    assert b"Spider closed (shutdown)" in seen.raw
    assert_left_in_order(seen)


# No line ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environment",
    [{"HERALD_PROGRESS": "off"}, {"SCRAPY_JOB": "6487ec79947edab326d6db28a2d86511"}, {"TERM": "dumb"}],
    ids=lambda given: next(iter(given)),
)
def test_there_is_no_line_if_it_is_turned_off_or_cannot_be_drawn(
    base: str, environment: dict[str, str]
) -> None:
    with terminal(*SHORT, "-a", "max_articles=2", **{"HERALD_BASE_URL": base, **environment}) as seen:
        assert seen.finish() == 0
    assert ESCAPE not in seen.raw
    assert not live_rows(seen.rows)
    assert "INFO: Summary" in seen.text


def test_there_is_no_line_among_items_on_the_same_terminal(base: str) -> None:
    with terminal(*SHORT, "-O", "-:jsonlines", "--nolog", HERALD_BASE_URL=base) as seen:
        assert seen.finish() == 0
    assert ESCAPE not in seen.raw
    assert all(json.loads(line)["id"] for line in seen.raw.decode().splitlines())


def test_there_is_no_line_in_a_pipe(base: str) -> None:
    run = crawl(*SHORT[2:], base=base, fast=False, FORCE_COLOR="1")
    assert run.returncode == 0
    assert "INFO: Summary" in run.stderr
    assert "\x1b" not in run.stdout + run.stderr
    assert not live_rows(run.stderr.splitlines())
