"""``scrapy doctor --site``: a visit to the demo newspaper, which is as the site guide says, and to changed ones."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any

import pytest

from herald_spider import sections
from herald_spider.doctor.facts import CERTAIN, FACTS, FALLBACK, GUESS
from herald_spider.doctor.site import CONFIRMED, NOT_CHECKED, NOT_CONFIRMED, as_json, check, result
from herald_spider.doctor.visit import MAX_REQUESTS, PER_LIST, TOP, Visit
from tests.demo import ROOT, fetch, replace, scrapy
from tests.direct import carry_out
from tests.faulty_demo import running_demo

FAST = ["-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"]
DELAY = 0.05
TEXT, HTML, XML = (f"text/{kind}; charset=utf-8" for kind in ("plain", "html", "xml"))
CURRENT, SHELL, PAGE, FEED, DATES = (
    f"herald_spider/{name}.py"
    for name in (
        "loaders/layouts/site_2024",
        "loaders/shell",
        "loaders/page",
        "loaders/feed",
        "text/dates",
    )
)


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=300) as base:
        yield base


@pytest.fixture(scope="module")
def healthy(demo: str) -> tuple[dict[str, Any], dict[str, int], list[float]]:
    """The result of a visit by the command, how often it requested each path, and when."""
    fetch(f"{demo}/control/requests/reset", post=True)
    done = scrapy("doctor", "--site", "--json", "-s", f"DOWNLOAD_DELAY={DELAY}", base=demo)
    assert (done.returncode, done.stderr) == (0, "")
    asked, moments = (json.loads(fetch(f"{demo}/control/{each}")) for each in ("requests", "moments"))
    return json.loads(done.stdout), asked, moments


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """A demo whose pages are replaced, which cannot be undone completely."""
    with running_demo(articles=300) as base:
        yield base


def visited(base: str) -> dict[str, Any]:
    """The result of a visit in this process, which does not obey robots.txt."""
    visit = Visit(base)
    carry_out(visit, base)
    return as_json(check(visit), visit)


def commanded(base: str) -> tuple[int, dict[str, Any]]:
    done = scrapy("doctor", "--site", "--json", *FAST, base=base)
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
    """The facts that are not confirmed, and where to look."""
    return {
        f"{each['subject']}: {each['fact']}": each["file"]
        for each in found["facts"]
        if each["status"] == NOT_CONFIRMED and each["certainty"] == certainty
    }


def status(found: dict[str, Any], fact: str) -> str:
    return next(each["status"] for each in found["facts"] if f"{each['subject']}: {each['fact']}" == fact)


# The demo as it is -----------------------------------------------------------------------


def test_all_certain_facts_are_confirmed(healthy: tuple[dict[str, Any], dict[str, int], list[float]]) -> None:
    found, _, _ = healthy
    assert found["is_ok"]
    assert failed(found) == {}
    assert not [each["fact"] for each in found["facts"] if each["status"] == NOT_CHECKED]


def test_guesses_that_are_wrong_are_reported(
    healthy: tuple[dict[str, Any], dict[str, int], list[float]],
) -> None:
    """The demo's menu has other paths than three of the guesses."""
    found, _, _ = healthy
    guesses = failed(found, GUESS)
    assert guesses["menu: North Korea at /National/NorthKorea"] == "herald_spider/sections.py"
    assert guesses["feeds: have 50 items"] == "docs/operating.md"
    seen = {each["fact"]: each["seen"] for each in found["facts"]}
    assert seen["North Korea at /National/NorthKorea"] == "the menu has /National/NKorea"


def test_a_visit_makes_few_requests_at_the_delay_of_the_settings(
    healthy: tuple[dict[str, Any], dict[str, int], list[float]],
) -> None:
    found, asked, moments = healthy
    assert sum(asked.values()) == found["requests"] <= MAX_REQUESTS
    # A list is fetched once more conditionally, and the old address redirects to the front page.
    assert {path: count for path, count in asked.items() if count != 1} == {"/National": 2, "/": 2}
    assert sum("/article/" in path for path in asked) <= PER_LIST * len(TOP)
    assert {"/robots.txt", "/", "/rss", "/rss/newsAll", "/National?page=2&pageTop=true"} <= set(asked)
    assert moments[-1] - moments[0] >= DELAY * (len(moments) - 1)
    assert min(later - former for former, later in pairwise(moments)) >= DELAY / 2  # as they arrive


def test_the_output_is_readable(demo: str) -> None:
    done = scrapy("doctor", "--site", *FAST, base=demo)
    assert done.returncode == 0
    assert re.search(r"^confirmed +certain +National at /National: there$", done.stdout, re.MULTILINE)
    wrong = r"^not confirmed +guess +Military at /National/Defense: the menu has"
    assert re.search(wrong, done.stdout, re.MULTILINE)
    *_, count, cost = done.stdout.splitlines()
    summary = r"\d+ confirmed, \d+ not confirmed \(guess \d+, fallback \d+\), 0 not checked"
    assert re.fullmatch(summary, count)
    assert re.fullmatch(r"\d+ requests in \d+ s", cost)
    assert "\x1b" not in done.stdout


# A change is reported, and nothing else ----------------------------------------------------


def renamed(html: str) -> str:
    return html.replace("recent_news", "fresh").replace("section_list", "section_fresh")


@pytest.mark.parametrize(
    ("paths", "change", "kind", "expected"),
    [
        (["/"], lambda html: html.replace("<a href='/National'>National</a>", ""), HTML,
         {"menu: National at /National": "herald_spider/sections.py"}),
        (["/"], lambda html: html.replace("class='gnb'", "class='menu-2027'"), HTML,
         {"menu: has the markup of the current layout": CURRENT}),
        (["/Sports", "/World"], renamed, HTML, {"lists: have the markup of the current layout": CURRENT}),
        (["/rss/newsAll"], lambda _: "<html><body>Sorry</body></html>", XML, {"feeds: are RSS 2.0": FEED}),
        (["/rss/newsAll"], lambda text: text.replace("+09:00", "GMT"), XML,
         {"feeds: have the time of the page as pubDate": DATES}),
    ],
    ids=["section missing", "menu markup", "list markup", "no feed", "times nine hours off"],
)  # fmt: skip
def test_a_changed_page_is_reported(
    other: str, paths: list[str], change: Callable[[str], str], kind: str, expected: dict[str, str]
) -> None:
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(changed(other, path, change, kind))
        found = visited(other)
    assert not found["is_ok"]
    assert failed(found) == expected


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("no-json-ld", {"articles: have one JSON-LD script with one object": PAGE}),
        ("no-byline", {"articles: have author.name in JSON-LD": CURRENT}),
        ("gone", {"articles: exist if a list shows them": "herald_spider/spiders/site.py"}),
        ("empty-lists", {"lists: have the markup of the current layout": CURRENT}),
        ("shells", {"articles: need no JavaScript": SHELL, "articles: have the current layout": CURRENT}),
        ("redesign", {"articles: have the current layout": CURRENT,
                      "articles: have the body in the layout's first selector": CURRENT}),
    ],
)  # fmt: skip
def test_a_breakage_is_reported(demo: str, how: str, expected: dict[str, str]) -> None:
    fetch(f"{demo}/control/break?how={how}", post=True)
    found = visited(demo)
    fetch(f"{demo}/control/break?how=", post=True)
    assert not found["is_ok"]
    assert failed(found).items() >= expected.items()
    if how != "redesign":  # which breaks more
        assert failed(found) == expected


ROBOTS = "robots.txt: allows the front page, sections, articles and feeds"


def test_robots_txt_that_forbids_some_paths(other: str) -> None:
    rules = "Disallow: /Sports\nDisallow: /rss/\nCrawl-delay: 10\n"
    with changed(other, "/robots.txt", lambda text: text.replace("Disallow: /login\n", rules), TEXT):
        code, found = commanded(other)
    assert code == 1
    assert failed(found) == {ROBOTS: "herald_spider/sections.py"}
    assert failed(found, GUESS)["robots.txt: asks for no delay"] == "herald_spider/settings.py"
    assert status(found, "feeds: are RSS 2.0") == NOT_CHECKED


def test_a_site_that_forbids_everything_is_asked_for_robots_txt_only(other: str) -> None:
    with changed(other, "/robots.txt", lambda text: text.replace("Allow: /", "Disallow: /"), TEXT):
        fetch(f"{other}/control/requests/reset", post=True)
        code, found = commanded(other)
        assert json.loads(fetch(f"{other}/control/requests")) == {"/robots.txt": 1}
    assert code == 1
    assert failed(found) == {ROBOTS: "herald_spider/sections.py"}


def test_the_visit_ends_when_the_site_begins_to_refuse() -> None:
    with running_demo(articles=90) as base:
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "doctor", "--site", "--json", "-s", "DOWNLOAD_DELAY=0.5"],
            cwd=ROOT, env={**os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": "none"}, text=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        while len(json.loads(fetch(f"{base}/control/requests"))) < 3:
            time.sleep(0.02)
        fetch(f"{base}/control/deny?status=403", post=True)
        fetch(f"{base}/control/requests/reset", post=True)
        found = json.loads(process.communicate(timeout=300)[0])
        assert len(json.loads(fetch(f"{base}/control/requests"))) <= 3  # one may have been on its way
    assert process.returncode == 1
    assert "answered 403: the site blocks this network" in found["cut_short"]
    assert status(found, "menu: National at /National") == CONFIRMED
    assert status(found, "articles: are valid") == NOT_CHECKED


# The table -------------------------------------------------------------------------------


def test_each_fact_names_an_existing_file() -> None:
    for fact in FACTS:
        assert fact.certainty in (CERTAIN, GUESS, FALLBACK)
        assert (ROOT / fact.path).is_file(), fact


def test_names_of_facts_are_unique() -> None:
    names = [(fact.subject, fact.name) for fact in FACTS]
    assert len(set(names)) == len(names)


def test_each_section_with_a_path_is_a_fact() -> None:
    """It is as certain as the path."""
    certainty = {fact.name: fact.certainty for fact in FACTS if fact.subject == "menu"}
    for section in sections.SECTIONS:
        if section.path:
            expected = GUESS if section.guess else CERTAIN
            assert certainty[f"{section.name} at {section.path}"] == expected


def test_a_fact_is_confirmed_by_most_pages() -> None:
    good = [(f"/{number}", (True, "yes")) for number in range(4)]
    assert result(FACTS[0], [*good, ("/4", (False, "no")), ("/5", None)]).status == CONFIRMED
    odd = result(FACTS[0], [*good, ("/4", (False, "no")), ("/5", (False, "no"))])
    assert odd.status == NOT_CONFIRMED
    assert odd.seen == "yes (4 of 6), no (2 of 6)"
    assert odd.examples == ("/4", "/5")
    assert result(FACTS[0], [("/1", None)]).status == NOT_CHECKED
