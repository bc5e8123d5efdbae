"""The progress line: its parts, which of them fit, and its place in a terminal."""

from __future__ import annotations

import logging
import os
import pty
import sys
from contextlib import suppress
from typing import Any, TextIO

import pyte
import pytest
from scrapy import Request

from herald_spider.extensions.progress import LONGEST, LiveLine, Part, fitting, parts, subject_of
from herald_spider.sections import BY_SLUG, Section
from herald_spider.spiders import wayback
from herald_spider.spiders.captures import Trail
from herald_spider.spiders.feeds import FeedState
from herald_spider.spiders.listing_walk import ListingWalk
from herald_spider.warc.cdx import Capture

CAPTURE = Capture("20140301083000", "http://www.koreaherald.com/view.php?ud=20140301000001")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"walk": ListingWalk(BY_SLUG["north-korea"], "/list", first=3)}, "North Korea, page 3"),
        ({"walk": wayback.IndexWalk("koreaherald.com/view.php*", "key", []), "window": None}, "index of koreaherald.com/view.php*"),
        ({"feed": FeedState("business", "/rss/kh_Business")}, "feed business"),
        ({"trail": Trail("20140301000001", "wayback", CAPTURE), "redirects": 0}, "captures, 2014-03-01"),
        ({"listed_id": "10871756", "discovered_via": "rss:all"}, "articles"),
        ({}, "/sitemap/1.xml.gz"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_the_subject_names_what_is_fetched(found: dict[str, Any], said: str) -> None:
    assert subject_of(Request("http://127.0.0.1/sitemap/1.xml.gz?n=1", cb_kwargs=found)) == said


def test_escapes_never_reach_the_terminal() -> None:
    walk = ListingWalk(Section("harbor", ("\x1b[2J\u202eHarbor " + "r" * 200,)), "/Harbor")
    subject = subject_of(Request("http://127.0.0.1/Harbor", cb_kwargs={"walk": walk}))
    assert subject == r"\x1b[2J\u202eHarbor rrrrr…, page 1"
    path = subject_of(Request(f"http://127.0.0.1/{'p' * 200}"))
    *_, last = parts({}, rate=None, waiting=0, seconds=None, subject=path)
    assert last.text == f"/{'p' * (LONGEST - 2)}…"


def test_the_least_important_parts_are_left_out_first() -> None:
    counted = {"articles": 294, "revisions": 3, "failed": 2, "gone": 9}
    stats = {"response_received_count": 1234, **{f"herald/{name}": each for name, each in counted.items()}}
    whole = list(parts(stats, rate=0.97, waiting=0, seconds=240, subject="Politics, page 12"))
    assert [fitting(whole, width).plain for width in (120, 68, 36, 12, 5)] == [
        "1,234 pages | 58/min | 291 new | 3 revised | 0 duplicates | 2 failed | 9 gone | 0:04:00 left | Politics, page 12",
        "1,234 pages | 291 new | 2 failed | 0:04:00 left | Politics, page 12",
        "1,234 pages | 291 new | 2 failed",
        "1,234 pages",
        "",
    ]
    assert all(fitting(whole, width).cell_len <= width for width in range(120))


def test_fast_paces_are_given_in_seconds() -> None:
    shown = parts({}, rate=12.345, waiting=0, seconds=None, subject="")
    assert [part.text for part in shown][:2] == ["0 pages", "12/s"]


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
        line.show([Part("1 page", 0)])
        assert handler.stream is sys.stderr is not stream
        os.close(end)
        logging.error("No page")
        line.show([Part("2 pages", 0)])
        assert handler.stream is sys.stderr is stream
        logging.error("No page")
        line.show([Part("3 pages", 0)])
        line.stop()


def test_a_line_without_end_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    end, other = pty.openpty()
    with open(other, "w") as stream:
        line = make_line(stream, monkeypatch)
        line.show([Part("1 page", 0)])
        print("Trace", "back", sep="", end="", file=sys.stderr)
        line.show([Part("2 pages", 0)])
        print(":\n  at", end="", file=sys.stderr)
        line.stop()
    screen = pyte.Screen(40, 5)
    terminal = pyte.ByteStream(screen)
    with suppress(OSError):  # Linux raises it at the end
        while part := os.read(end, 65_536):
            terminal.feed(part)
    assert [row.rstrip() for row in screen.display] == ["Traceback:", "  at", "", "", ""]
    os.close(end)
