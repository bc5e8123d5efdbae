"""The progress line: its parts, its width, and its place in a terminal."""

from __future__ import annotations

import logging
import os
import pty
import sys
from contextlib import suppress
from typing import TextIO

import pyte
import pytest
from rich.text import Text

from herald_spider.extensions.progress import MARGIN, LiveLine, parts


def shown(found: list[Text], width: int) -> str:
    line = LiveLine()
    line.console.width = width + MARGIN
    line.show(found)
    return line.line.plain


def test_the_line_is_cut_at_the_width_of_the_terminal() -> None:
    counted = {"articles": 294, "revisions": 3, "failed": 2, "gone": 9}
    stats = {"response_received_count": 1234, **{f"herald/{name}": each for name, each in counted.items()}}
    whole = list(parts(stats, rate=0.97, waiting=0, seconds=240, source="/National"))
    line = "1,234 pages | 58/min | 291 new | 2 failed | 3 revised | 9 gone | 0:04:00 left | /National"
    assert shown(whole, 120) == line
    assert shown(whole, 36) == f"{line[:35]}…"
    assert shown(whole, 1) == "…"


def test_escapes_never_reach_the_terminal() -> None:
    *_, last = parts({}, rate=None, waiting=0, seconds=None, source="/\x1b[2J\u202eHarbor")
    assert last.plain == r"/\x1b[2J\u202eHarbor"


def test_fast_paces_are_given_in_seconds() -> None:
    found = parts({}, rate=12.345, waiting=0, seconds=None, source="")
    assert [part.plain for part in found][:2] == ["0 pages", "12/s"]


def make_line(stream: TextIO, monkeypatch: pytest.MonkeyPatch) -> LiveLine:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    line = LiveLine()
    line.start()
    return line


def test_a_lost_terminal_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    end, other = pty.openpty()
    with suppress(OSError), open(other, "w") as stream:  # closing it writes what is left
        handler = logging.StreamHandler(stream)
        monkeypatch.setattr(logging.root, "handlers", [handler])
        line = make_line(stream, monkeypatch)
        line.show([Text("1 page")])
        assert handler.stream is sys.stderr is not stream
        os.close(end)
        logging.error("No page")
        line.show([Text("2 pages")])
        assert handler.stream is sys.stderr is stream
        logging.error("No page")
        line.show([Text("3 pages")])
        line.stop()


def test_a_line_without_end_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    end, other = pty.openpty()
    with open(other, "w") as stream:
        line = make_line(stream, monkeypatch)
        line.show([Text("1 page")])
        print("Trace", "back", sep="", end="", file=sys.stderr)
        line.show([Text("2 pages")])
        print(":\n  at", end="", file=sys.stderr)
        line.stop()
    screen = pyte.Screen(40, 5)
    terminal = pyte.ByteStream(screen)
    with suppress(OSError):  # Linux raises it at the end
        while part := os.read(end, 65_536):
            terminal.feed(part)
    assert [row.rstrip() for row in screen.display] == ["Traceback:", "  at", "", "", ""]
    os.close(end)
