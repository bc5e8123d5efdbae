"""``scrapy doctor --site``: visits to the demo newspaper, as the site guide describes it and with changes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from herald_spider import sections
from herald_spider.doctor.facts import CERTAIN, FACTS, GUESS
from herald_spider.doctor.site import CONFIRMED, NOT_CHECKED, NOT_CONFIRMED, Result, check, is_ok, result
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


@dataclass
class Printed:
    """The output of a visit by the command, how often it requested each path, and when."""

    text: str
    requests: dict[str, int]
    moments: list[float]


@pytest.fixture(scope="module")
def healthy(demo: str) -> Printed:
    """Return the output about the demo as it is."""
    fetch(f"{demo}/control/requests/reset", post=True)
    done = scrapy("doctor", "--site", "-s", f"DOWNLOAD_DELAY={DELAY}", base=demo)
    assert (done.returncode, done.stderr) == (0, "")
    requests, moments = (json.loads(fetch(f"{demo}/control/{each}")) for each in ("requests", "moments"))
    return Printed(done.stdout, requests, moments)


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """A demo whose pages are replaced, which cannot be undone completely."""
    with running_demo(articles=300) as base:
        yield base


def visited(base: str) -> list[Result]:
    """Return the results of a visit in this process, which does not obey robots.txt."""
    visit = Visit(base)
    carry_out(visit, base)
    results = check(visit)
    assert is_ok(results, visit) is not any(each.is_error for each in results)
    return results


def commanded(base: str) -> tuple[int, str]:
    """Return the exit status and the output of the command."""
    done = scrapy("doctor", "--site", *FAST, base=base)
    assert done.stderr == ""
    return done.returncode, done.stdout


@contextmanager
def changed(base: str, path: str, change: Callable[[str], str], kind: str = HTML) -> Iterator[None]:
    """Let the demo serve a changed page for a while."""
    before = fetch(f"{base}{path}")
    after = change(before.decode())
    assert after != before.decode()
    replace(base, path, after.encode(), kind)
    yield
    replace(base, path, before, kind)


def failed(results: list[Result], certainty: str = CERTAIN) -> dict[str, str]:
    """Return the facts that are not confirmed, each with the file to change."""
    return {
        f"{each.fact.subject}: {each.fact.name}": each.fact.path
        for each in results
        if each.status == NOT_CONFIRMED and each.fact.certainty == certainty
    }


def line(text: str, fact: str) -> str:
    """Return the line of the output about a fact, single-spaced."""
    return next(line for each in text.splitlines() if f" {fact}: " in (line := " ".join(each.split())))


# The demo as it is -----------------------------------------------------------------------


def test_all_certain_facts_are_confirmed(healthy: Printed) -> None:
    assert not re.search(r"^not confirmed +certain", healthy.text, re.MULTILINE)
    assert not re.search(r"^not checked", healthy.text, re.MULTILINE)
    assert line(healthy.text, "National at /National") == "confirmed certain National at /National: there"
    assert "\x1b" not in healthy.text


def test_guesses_that_are_wrong_are_reported(healthy: Printed) -> None:
    """The demo's menu has other paths than three of the guesses."""
    found = line(healthy.text, "North Korea at /National/NorthKorea")
    assert found == "not confirmed guess North Korea at /National/NorthKorea: the menu has /National/NKorea"
    assert "look at herald_spider/sections.py" in healthy.text
    assert line(healthy.text, "have 50 items").startswith("not confirmed guess")
    assert "look at docs/operating.md" in healthy.text


def test_a_visit_makes_few_requests_at_the_delay_of_the_settings(healthy: Printed) -> None:
    requests, moments = healthy.requests, healthy.moments
    *_, count, cost = healthy.text.splitlines()
    summary = r"\d+ confirmed, \d+ not confirmed \(guess \d+\), 0 not checked"
    assert re.fullmatch(summary, count)
    assert re.fullmatch(rf"{sum(requests.values())} requests in \d+ s", cost)
    assert sum(requests.values()) <= MAX_REQUESTS
    # A list is fetched once more conditionally, and the old address redirects to the front page.
    assert {path: count for path, count in requests.items() if count != 1} == {"/National": 2, "/": 2}
    assert sum("/article/" in path for path in requests) <= PER_LIST * len(TOP)
    assert {"/robots.txt", "/", "/rss", "/rss/newsAll", "/National?page=2&pageTop=true"} <= set(requests)
    assert moments[-1] - moments[0] >= DELAY * (len(moments) - 1)
    assert min(later - former for former, later in pairwise(moments)) >= DELAY / 2  # as they arrive


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
    assert failed(found).items() >= expected.items()
    if how != "redesign":  # which breaks more
        assert failed(found) == expected


ROBOTS = "allows the front page, sections, articles and feeds"


def test_robots_txt_that_forbids_some_paths(other: str) -> None:
    rules = "Disallow: /Sports\nDisallow: /rss/\nCrawl-delay: 0.1\n"
    with changed(other, "/robots.txt", lambda text: text.replace("Disallow: /login\n", rules), TEXT):
        code, text = commanded(other)
    assert code == 1
    assert re.findall(r"^not confirmed +certain +(.*):", text, re.MULTILINE) == [ROBOTS]
    assert line(text, "asks for no delay").startswith("not confirmed guess")
    assert line(text, "are RSS 2.0").startswith("not checked")


def test_a_site_that_forbids_everything_gets_no_other_request(other: str) -> None:
    with changed(other, "/robots.txt", lambda text: text.replace("Allow: /", "Disallow: /"), TEXT):
        fetch(f"{other}/control/requests/reset", post=True)
        code, text = commanded(other)
        assert json.loads(fetch(f"{other}/control/requests")) == {"/robots.txt": 1}
    assert code == 1
    assert re.findall(r"^not confirmed +certain +(.*):", text, re.MULTILINE) == [ROBOTS]


def test_the_visit_ends_when_the_site_begins_to_refuse() -> None:
    with running_demo(articles=90) as base:
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "doctor", "--site", "-s", "DOWNLOAD_DELAY=0.5"],
            cwd=ROOT, env={**os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": "none"}, text=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        while len(json.loads(fetch(f"{base}/control/requests"))) < 8:  # it has fetched a list
            time.sleep(0.02)
        fetch(f"{base}/control/deny?status=403", post=True)
        fetch(f"{base}/control/requests/reset", post=True)
        text, _ = process.communicate(timeout=300)
        assert len(json.loads(fetch(f"{base}/control/requests"))) <= 3  # one may have been on its way
    assert process.returncode == 1
    assert re.search("^cut short .* answered 403: the site blocks this network", text, re.MULTILINE)
    assert line(text, "National at /National").startswith("confirmed")
    assert line(text, "are valid").startswith("not checked")


# The table -------------------------------------------------------------------------------


def test_each_fact_names_an_existing_file() -> None:
    for fact in FACTS:
        assert fact.certainty in (CERTAIN, GUESS)
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
