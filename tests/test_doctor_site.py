"""``scrapy doctor --site``: a visit to the demo newspaper, which is as the site guide says, and to changed ones."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from herald_spider import sections
from herald_spider.doctor.facts import FACTS
from herald_spider.doctor.seen import CERTAIN, FALL_BACK, GUESS, share
from herald_spider.doctor.visit import MOST_REQUESTS, PER_LIST, TOP
from tests.archives import ITEMS, keep
from tests.demo import ROOT, fetch, replace, scrapy
from tests.faulty_demo import running_demo

FAST = ["-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"]
DELAY = 0.05
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=300) as base:
        yield base


@pytest.fixture(scope="module")
def healthy(demo: str) -> tuple[dict[str, Any], dict[str, int], list[float]]:
    """What a visit says, what it asked for and when."""
    fetch(f"{demo}/control/requests/reset", post=True)
    done = scrapy("doctor", "--site", "--json", "-s", f"DOWNLOAD_DELAY={DELAY}", base=demo)
    assert (done.returncode, done.stderr) == (0, "")
    asked, moments = (json.loads(fetch(f"{demo}/control/{each}")) for each in ("requests", "moments"))
    return json.loads(done.stdout), asked, moments


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """A demo whose pages are replaced, which cannot wholly be undone."""
    with running_demo(articles=300) as base:
        yield base


def visit(base: str, **environment: str) -> tuple[int, dict[str, Any]]:
    done = scrapy("doctor", "--site", "--json", *FAST, base=base, **environment)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@contextmanager
def changed(base: str, path: str, change: Callable[[str], str], kind: str = HTML) -> Iterator[None]:
    """Let the demo serve a changed page for a while."""
    before = fetch(f"{base}{path}")
    after = change(before.decode())
    assert after != before.decode()
    replace(base, path, after.encode(), kind)
    yield
    replace(base, path, before, kind)


def failed(found: dict[str, Any], certainty: str = CERTAIN) -> dict[str, str]:
    """The facts that did not hold, and what to change."""
    return {
        each["fact"]: each["file"]
        for each in found["facts"]
        if each["outcome"] == "did not hold" and each["certainty"] == certainty
    }


def outcome(found: dict[str, Any], fact: str) -> str:
    return next(each["outcome"] for each in found["facts"] if each["fact"] == fact)


# The demo as it is -----------------------------------------------------------------------


def test_all_that_is_certain_holds(healthy: tuple[dict[str, Any], dict[str, int], list[float]]) -> None:
    found, _, _ = healthy
    assert found["is_well"]
    assert failed(found) == {}
    assert [each["fact"] for each in found["facts"] if each["outcome"] == "not seen"] == [
        "view.php?ud= leads to /article/"  # no such address among the newest stories
    ]


def test_guesses_that_do_not_hold_are_told(
    healthy: tuple[dict[str, Any], dict[str, int], list[float]],
) -> None:
    """The demo's menu has other paths than three of the guesses."""
    found, _, _ = healthy
    guesses = failed(found, GUESS)
    assert guesses["North Korea at /National/NorthKorea"] == "herald_spider/sections.py"
    assert guesses["15 entries a page"] is None
    seen = {each["fact"]: each["seen"] for each in found["facts"]}
    assert seen["North Korea at /National/NorthKorea"] == "the menu has /National/NKorea"


def test_no_more_is_asked_than_a_visit_may(
    healthy: tuple[dict[str, Any], dict[str, int], list[float]],
) -> None:
    found, asked, _ = healthy
    assert sum(asked.values()) == found["requests"] <= MOST_REQUESTS
    assert asked.pop("/National") == 2  # once more, conditionally
    assert set(asked.values()) == {1}
    assert sum("/article/" in path for path in asked) <= PER_LIST * len(TOP)
    assert {"/robots.txt", "/", "/rss", "/rss/newsAll", "/National?page=2&pageTop=true"} <= set(asked)


def test_the_delay_is_kept(healthy: tuple[dict[str, Any], dict[str, int], list[float]]) -> None:
    _, _, moments = healthy
    assert moments[-1] - moments[0] >= DELAY * (len(moments) - 1)
    assert min(later - former for former, later in pairwise(moments)) >= DELAY / 2  # as they arrive


def test_it_is_read_by_people_too(demo: str) -> None:
    done = scrapy("doctor", "--site", *FAST, base=demo)
    assert done.returncode == 0
    assert re.search(r"^held +certain +National at /National: there$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^did not hold +guess +Military at /National/Defense: the menu has", done.stdout, re.MULTILINE
    )
    *_, count, cost = done.stdout.splitlines()
    assert re.fullmatch(
        r"\d+ held, \d+ did not hold \(guess \d+, fall-back \d+\), 1 could not be seen", count
    )
    assert re.fullmatch(r"\d+ requests in \d+ s", cost)
    assert "\x1b" not in done.stdout


def test_an_old_address_is_taken_from_the_archive(demo: str, tmp_path: Path) -> None:
    old = next(item for item in ITEMS if item.id and len(item.id) == 14)
    keep(tmp_path, "a", old)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    _, found = visit(demo, HERALD_ARCHIVE=str(tmp_path))
    assert outcome(found, "view.php?ud= leads to /article/") != "not seen"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


# What has changed is named, and nothing else ---------------------------------------------


def test_a_menu_without_national(other: str) -> None:
    with changed(other, "/", lambda html: html.replace("<a href='/National'>National</a>", "")):
        status, found = visit(other)
    assert status == 1
    assert failed(found) == {"National at /National": "herald_spider/sections.py"}


def test_a_menu_of_other_markup(other: str) -> None:
    with changed(other, "/", lambda html: html.replace("class='gnb'", "class='menu-2027'")):
        status, found = visit(other)
    assert status == 1
    assert failed(found) == {"in ul.gnb of the front page": "herald_spider/loaders/listing.py"}


def test_lists_of_other_markup(other: str) -> None:
    with changed(other, "/Sports", renamed), changed(other, "/World", renamed):
        status, found = visit(other)
    assert status == 1
    assert failed(found) == {"article.recent_news ul.news_list > li": "herald_spider/loaders/listing.py"}


def renamed(html: str) -> str:
    return html.replace("recent_news", "fresh").replace("section_list", "section_fresh")


CURRENT, SHELL, PAGE = (f"herald_spider/loaders/{name}.py" for name in ("current", "shell", "page"))


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ("no-json-ld", {"one JSON-LD script, one object": PAGE}),
        ("no-byline", {"JSON-LD author.name": CURRENT}),
        ("shells", {"need no JavaScript": SHELL, "are read as layout 2024": CURRENT}),
        ("redesign", {"are read as layout 2024": CURRENT, "body in article#articleText": CURRENT}),
        ("gone", {"those that are listed are there": "herald_spider/spiders/site.py"}),
        ("empty-lists", {"article.recent_news ul.news_list > li": "herald_spider/loaders/listing.py"}),
    ],
)
def test_a_breakage_is_named(demo: str, how: str, named: dict[str, str]) -> None:
    fetch(f"{demo}/control/break?how={how}", post=True)
    status, found = visit(demo)
    fetch(f"{demo}/control/break?how=", post=True)
    assert status == 1
    assert failed(found).items() >= named.items()
    if how in ("no-json-ld", "no-byline", "gone", "empty-lists"):
        assert failed(found) == named


def test_robots_txt_that_forbids(other: str) -> None:
    rules = "Disallow: /Sports\nDisallow: /rss/\nCrawl-delay: 10\n"
    with changed(other, "/robots.txt", lambda text: text.replace("Disallow: /login\n", rules), TEXT):
        status, found = visit(other)
    assert status == 1
    assert failed(found) == {"allows /, sections, articles, /rss": "herald_spider/sections.py"}
    assert failed(found, GUESS)["asks for no longer delay"] == "herald_spider/settings.py"
    assert outcome(found, "are RSS 2.0") == "not seen"


def test_a_site_that_forbids_all(other: str) -> None:
    with changed(other, "/robots.txt", lambda text: text.replace("Allow: /", "Disallow: /"), TEXT):
        fetch(f"{other}/control/requests/reset", post=True)
        status, found = visit(other)
        assert json.loads(fetch(f"{other}/control/requests")) == {"/robots.txt": 1}
    assert status == 1
    assert failed(found) == {"allows /, sections, articles, /rss": "herald_spider/sections.py"}


def test_a_feed_that_is_broken(other: str) -> None:
    with changed(
        other, "/rss/newsAll", lambda _: "<html><body>Sorry</body></html>", "text/xml; charset=utf-8"
    ):
        status, found = visit(other)
    assert status == 1
    assert failed(found) == {"are RSS 2.0": "herald_spider/loaders/feed.py"}


def test_a_feed_whose_times_are_nine_hours_off(other: str) -> None:
    with changed(
        other, "/rss/newsAll", lambda text: text.replace("+09:00", "GMT"), "text/xml; charset=utf-8"
    ):
        status, found = visit(other)
    assert status == 1
    both = {"pubDate ends in +09:00": "text/dates.py", "pubDate is the page's time": "text/dates.py"}
    assert failed(found) == {name: f"herald_spider/{file}" for name, file in both.items()}


def test_a_site_that_begins_to_refuse_us_is_left() -> None:
    with running_demo(articles=90) as base:
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "doctor", "--site", "--json", "-s", "DOWNLOAD_DELAY=0.1"],
            cwd=ROOT, env={**os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": "none"}, text=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        while len(json.loads(fetch(f"{base}/control/requests"))) < 5:
            time.sleep(0.02)
        fetch(f"{base}/control/deny?status=403", post=True)
        fetch(f"{base}/control/requests/reset", post=True)
        found = json.loads(process.communicate(timeout=60)[0])
        assert len(json.loads(fetch(f"{base}/control/requests"))) <= 3  # one may have been on its way
    assert process.returncode == 1
    assert "answered 403: the site blocks this network" in found["cut_short"]
    assert outcome(found, "National at /National") == "held"
    assert outcome(found, "are RSS 2.0") == "not seen"


# The table -------------------------------------------------------------------------------


def test_each_fact_names_a_file_that_is_there() -> None:
    for fact in FACTS:
        assert fact.certainty in (CERTAIN, GUESS, FALL_BACK)
        assert not fact.path or (ROOT / fact.path).is_file(), fact


def test_facts_are_named_apart() -> None:
    names = [(fact.subject, fact.name) for fact in FACTS]
    assert len(set(names)) == len(names)


def test_each_section_with_a_path_is_a_fact_as_sure_as_its_path() -> None:
    sure = {fact.name: fact.certainty for fact in FACTS if fact.subject == "menu"}
    for section in sections.SECTIONS:
        if section.path:
            certainty = GUESS if section.guess else CERTAIN
            assert sure[f"{section.name} at {section.path}"] == certainty


def test_most_pages_decide() -> None:
    good = [(f"/{number}", (True, "yes")) for number in range(4)]
    assert share([*good, ("/4", (False, "no")), ("/5", None)]).held
    odd = share([*good, ("/4", (False, "no")), ("/5", (False, "no"))])
    assert odd.held is False
    assert odd.text == "yes (4 of 6), no (2 of 6)"
    assert odd.examples == ("/4", "/5")
    assert share([("/1", None)]).held is None
