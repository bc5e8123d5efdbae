"""Two ids become one article only with evidence, whatever pages and redirects say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from herald_spider.archive.evidence import Story, Verdict, judge
from tests.archives import run as run_command
from tests.demo import run
from tests.sites import FixedResponse, Site, running_site

UD = "20260914000265"
NUMBERS = [str(number) for number in range(101, 107)]
DAY = 20_710


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        running.answers["/robots.txt"] = FixedResponse(b"User-agent: *\nAllow: /\n")
        yield running


def path(article: str) -> str:
    return f"/view.php?ud={article}" if len(article) == 14 else f"/article/{article}"


def page(article: str, *, canonical: str = "", headline: str = "", link: str = "link") -> FixedResponse:
    """An article page of today's layout; `canonical` is the id that it states, in a link or in og:url."""
    stated = f"https://www.koreaherald.com{path(canonical or article)}"
    head = (
        f'<link rel="canonical" href="{stated}">'
        if link == "link"
        else f'<meta property="og:url" content="{stated}">'
    )
    text = " ".join(f"{article}-{number} ferries" for number in range(60))
    return FixedResponse(
        f'<html><head>{head}<meta property="article:published_time" content="2026-09-14T10:00:00+09:00"></head>'
        f'<body><h1>{headline or f"Ferry {article}"}</h1><article id="articleText"><p>{text}</p></article></body></html>'
        .encode()
    )  # fmt: skip


def moved(target: str, status: int = 301) -> FixedResponse:
    return FixedResponse(status=status, headers={"Location": path(target)})


def crawl(site: Site, archive: Path, articles: Iterable[str]) -> str:
    return run(site.url, archive, "-a", f"url={','.join(articles)}", spider="urls")


def revisions(archive: Path) -> list[tuple[str, int]]:
    """Return the ledger's lines as id and revision."""
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as ledger:
        return sorted(ledger.execute("SELECT article, revision FROM lines"))


def aliases(archive: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as ledger:
        return sorted(ledger.execute("SELECT article, alias FROM aliases"))


def monitors(archive: Path) -> dict[str, str]:
    """Return the problems of the last run, by monitor."""
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as ledger:
        (found,) = ledger.execute("SELECT monitors FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
    return dict(json.loads(found))


# Claims -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["link", "og:url"])
def test_articles_that_claim_the_same_ud_stay_apart(site: Site, tmp_path: Path, link: str) -> None:
    for number in NUMBERS:
        site.answers[path(number)] = page(number, canonical=UD, link=link)
    log = crawl(site, tmp_path, NUMBERS)
    assert revisions(tmp_path) == [(number, 1) for number in NUMBERS]
    assert aliases(tmp_path) == []
    assert "'herald/merges_refused': 5" in log
    assert list(monitors(tmp_path)) == ["merges"]
    assert run_command(tmp_path, "verify") == 0


def test_uds_that_claim_the_same_number_stay_apart(site: Site, tmp_path: Path) -> None:
    uds = [f"2026091400{number:04}" for number in range(6)]
    for ud in uds:
        site.answers[path(ud)] = page(ud, canonical="101")
    site.answers[path("101")] = page("101")
    log = crawl(site, tmp_path, [*uds, "101"])
    assert revisions(tmp_path) == sorted((each, 1) for each in [*uds, "101"])
    assert "'herald/merges_refused': 6" in log


def test_a_false_claim_on_a_revisit_merges_no_archived_articles(site: Site, tmp_path: Path) -> None:
    for each in (*NUMBERS, UD):
        site.answers[path(each)] = page(each)
    log = crawl(site, tmp_path, [*NUMBERS, UD])
    assert monitors(tmp_path) == {}
    healthy = revisions(tmp_path)
    for number in NUMBERS:
        site.answers[path(number)] = page(number, canonical=UD)
    log = crawl(site, tmp_path, NUMBERS)
    assert revisions(tmp_path) == healthy == sorted((each, 1) for each in (*NUMBERS, UD))
    assert aliases(tmp_path) == []
    assert "'herald/merges_refused': 6" in log
    assert log.count("is not merged with") == 6
    assert list(monitors(tmp_path)) == ["merges"]
    crawl(site, tmp_path, NUMBERS)
    assert monitors(tmp_path) == {}, "the same mistake is reported once"


def test_a_claimed_id_is_still_fetched(site: Site, tmp_path: Path) -> None:
    site.answers[path("101")] = page("101", canonical=UD)
    site.answers[path(UD)] = page(UD)
    crawl(site, tmp_path, ["101"])
    assert monitors(tmp_path) == {}, "a claim alone is noted"
    crawl(site, tmp_path, [UD])
    assert path(UD) in site.asked
    assert revisions(tmp_path) == [("101", 1), (UD, 1)]
    assert list(monitors(tmp_path)) == ["merges"]


def test_a_claim_with_the_same_headline_and_day_is_believed(site: Site, tmp_path: Path) -> None:
    site.answers[path("101")] = page("101", canonical=UD, headline="One ferry")
    site.answers[path(UD)] = page("101", canonical=UD, headline="One ferry")
    crawl(site, tmp_path, ["101"])
    crawl(site, tmp_path, [UD])
    assert revisions(tmp_path) == [("101", 1)]
    assert aliases(tmp_path) == [("101", UD)]
    assert monitors(tmp_path) == {}


def test_mutual_claims_are_believed_though_the_headline_was_edited(site: Site, tmp_path: Path) -> None:
    site.answers[path("101")] = page("101", canonical=UD, headline="One ferry")
    site.answers[path(UD)] = page("101", headline="Two ferries")  # the same text, and it states 101
    crawl(site, tmp_path, ["101", UD])
    assert aliases(tmp_path) in ([("101", UD)], [(UD, "101")])
    assert monitors(tmp_path) == {}


# Redirects --------------------------------------------------------------------------------------------------


def test_a_redirect_from_a_ud_to_its_number_is_believed(site: Site, tmp_path: Path) -> None:
    site.answers[path(UD)] = moved("101")
    site.answers[path("101")] = page("101")
    log = crawl(site, tmp_path, [UD])
    assert revisions(tmp_path) == [("101", 1)]
    assert aliases(tmp_path) == [("101", UD)]
    assert "merges_refused" not in log


def test_an_archived_ud_that_redirects_to_its_number_is_merged(site: Site, tmp_path: Path) -> None:
    site.answers[path(UD)] = page("101", canonical=UD, headline="One ferry")
    crawl(site, tmp_path, [UD])
    site.answers[path(UD)] = moved("101")
    site.answers[path("101")] = page("101", headline="Two ferries")
    crawl(site, tmp_path, [UD])
    assert revisions(tmp_path) == [(UD, 1), (UD, 2)]
    assert monitors(tmp_path) == {}


@pytest.mark.parametrize("status", [301, 302])
def test_archived_articles_redirected_to_one_page_stay_apart(site: Site, tmp_path: Path, status: int) -> None:
    for each in (*NUMBERS, "999", UD):
        site.answers[path(each)] = page(each)
    crawl(site, tmp_path, [*NUMBERS, "999", UD])
    healthy = revisions(tmp_path)
    for each in (*NUMBERS, UD):
        site.answers[path(each)] = moved("999", status)
    log = crawl(site, tmp_path, [*NUMBERS, UD])
    assert revisions(tmp_path) == healthy == sorted((each, 1) for each in (*NUMBERS, "999", UD))
    assert "'herald/merges_refused': 7" in log
    assert list(monitors(tmp_path)) == ["merges"]


def test_new_articles_redirected_to_one_page_are_fetched_again_later(site: Site, tmp_path: Path) -> None:
    uds = [f"2026091400{number:04}" for number in range(3)]
    for each in (*NUMBERS, *uds):
        site.answers[path(each)] = moved("999", 302)
    site.answers[path("999")] = page("999")
    crawl(site, tmp_path, [*NUMBERS, *uds])
    assert revisions(tmp_path) == [("999", 1)]
    assert len(aliases(tmp_path)) == 1, "an article has one number and one ud"
    assert list(monitors(tmp_path)) == ["merges"]
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
        query = "SELECT reason FROM articles WHERE state = 'failed'"
        reasons = [reason for (reason,) in ledger.execute(query)]
    assert reasons == ["its address leads to another article, 999"] * 8


def test_a_page_without_an_id_of_its_own_is_not_the_article_it_states(site: Site, tmp_path: Path) -> None:
    site.answers[path("999")] = page("999")
    crawl(site, tmp_path, ["999"])
    for number in NUMBERS:
        site.answers[path(number)] = FixedResponse(status=302, headers={"Location": "/sorry.html"})
    site.answers["/sorry.html"] = page("sorry", canonical="999")
    crawl(site, tmp_path, NUMBERS)
    assert revisions(tmp_path) == [("999", 1)]
    assert aliases(tmp_path) == []


# The rule ---------------------------------------------------------------------------------------------------

NUMBER = Story(frozenset({"101"}), "ferry", DAY, b"a" * 128)


@pytest.mark.parametrize(
    ("other", "linked", "verdict"),
    [
        (Story(frozenset({UD}), "ferry", DAY), {}, "believed"),
        (Story(frozenset({"102"}), "ferry", DAY), {}, "believed"),
        (Story(frozenset({UD}), "ferry", DAY + 3), {"redirected": True}, "refused"),
        (Story(frozenset({UD}), "other", DAY, b"b" * 128), {"mutual": True}, "refused"),
        (Story(frozenset({UD}), "other", DAY, b"a" * 128), {"mutual": True}, "believed"),
        (Story(frozenset({UD}), "other", DAY, b"a" * 128), {}, "noted"),
        (Story(frozenset({UD})), {"redirected": True}, "believed"),
        (Story(frozenset({UD}), day=DAY - 1), {"redirected": True}, "believed"),
        (Story(frozenset({"102"})), {"redirected": True}, "refused"),
        (Story(frozenset({UD})), {}, "noted"),
        (Story(frozenset({UD})), {"contested": True}, "refused"),
    ],
)
def test_the_verdict_follows_from_headline_day_and_text(
    other: Story, linked: dict[str, bool], verdict: Verdict
) -> None:
    links = {"redirected": False, "mutual": False, "contested": False, **linked}
    assert judge(NUMBER, other, **links) == verdict
