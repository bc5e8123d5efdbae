"""The progress line by itself: what it says, what of it fits, and its place in a terminal."""

from __future__ import annotations

import logging
import os
import pty
import sys
from contextlib import suppress
from typing import Any

import pyte
import pytest
from scrapy import Request
from scrapy.settings import Settings

from herald_spider.extensions.live_line import LiveLine
from herald_spider.extensions.progress import subject_of
from herald_spider.extensions.progress_parts import LONGEST, Rate, fitting, parts, width_of
from herald_spider.sections import BY_SLUG, Section
from herald_spider.spiders import wayback
from herald_spider.spiders.captures import Trail
from herald_spider.spiders.checks import check_values
from herald_spider.spiders.feeds import FeedState
from herald_spider.spiders.listing_walk import ListingWalk
from herald_spider.warc.cdx import Capture
from tests.demo import project_settings

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
def test_a_request_says_what_the_run_is_on(found: dict[str, Any], said: str) -> None:
    assert subject_of(Request("http://127.0.0.1/sitemap/1.xml.gz?n=1", cb_kwargs=found)) == said


def test_escapes_never_reach_the_terminal() -> None:
    walk = ListingWalk(Section("harbor", ("\x1b[2J\u202eHarbor " + "r" * 200,)), "/Harbor")
    subject = subject_of(Request("http://127.0.0.1/Harbor", cb_kwargs={"walk": walk}))
    assert subject == r"\x1b[2J\u202eHarbor rrrrr…, page 1"
    path = subject_of(Request(f"http://127.0.0.1/{'p' * 200}"))
    assert parts({}, rate=None, waiting=0, seconds=None, subject=path)[-1].text == f"/{'p' * (LONGEST - 2)}…"


def test_what_matters_least_goes_first() -> None:
    counted = {"articles": 294, "revisions": 3, "failed": 2, "gone": 9}
    stats = {"response_received_count": 1234, **{f"herald/{name}": each for name, each in counted.items()}}
    whole = parts(stats, rate=0.97, waiting=0, seconds=240, subject="Politics, page 12")
    said = [" | ".join(part.text for part in fitting(whole, width)) for width in (120, 65, 36, 12, 5)]
    assert said == [
        "1,234 pages | 58/min | 291 new | 3 revised | 0 duplicates | 2 failed | 9 gone | 4 min left | Politics, page 12",
        "1,234 pages | 291 new | 2 failed | 4 min left | Politics, page 12",
        "1,234 pages | 291 new | 2 failed",
        "1,234 pages",
        "",
    ]
    assert all(width_of(fitting(whole, width)) <= width for width in range(120))


def test_a_slow_pace_is_judged_by_its_last_pages() -> None:
    rate = Rate()
    for page in range(100):
        rate.note(120.0 * page, page)
    assert rate.at(120.0 * 99) == pytest.approx(1 / 120)
    assert len(rate.marks) == 10


def test_a_fast_pace_is_judged_by_the_last_minute() -> None:
    rate = Rate()
    for moment in range(1000):
        rate.note(moment, moment if moment < 900 else 900 + 5 * (moment - 900))
    assert rate.at(999) == pytest.approx(5, abs=0.1)


def test_a_terminal_that_goes_away_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under nohup, or where a connection breaks off: the run goes on."""
    monkeypatch.setenv("TERM", "xterm")
    end, other = pty.openpty()
    with suppress(OSError), open(other, "w") as stream:  # what it could not write, it tries again when closed
        handler = logging.StreamHandler(stream)
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(logging.root, "handlers", [handler])
        line = LiveLine(stream)
        line.start()
        line.show([("1 page", "")])
        assert (handler.stream, sys.stderr) == (line.above, line.above)
        os.close(end)
        line.show([("2 pages", "")])
        logging.error("No page")
        assert (handler.stream, sys.stderr) == (stream, stream)
        line.show([("3 pages", "")])
        assert line.width == 0


def test_what_is_half_written_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    end, other = pty.openpty()
    with open(other, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        line = LiveLine(stream)
        line.start()
        line.show([("1 page", "")])
        print("Trace", "back", sep="", end="", file=sys.stderr)
        line.show([("2 pages", "")])
        print(":\n  at", end="", file=sys.stderr)
        line.stop()
    screen = pyte.Screen(40, 5)
    terminal = pyte.ByteStream(screen)
    with suppress(OSError):  # Linux, when all has come
        while part := os.read(end, 65_536):
            terminal.feed(part)
    assert [row.rstrip() for row in screen.display] == ["Traceback:", "  at", "", "", ""]
    os.close(end)


def test_another_choice_is_refused() -> None:
    wrong = check_values(Settings(project_settings(HERALD_PROGRESS="loud")))
    assert wrong == "HERALD_PROGRESS='loud': give auto or off"
