"""Spiders `rss`, `sitemap` and `urls`: they find the same articles as the listings do."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from herald_spider import urls
from herald_spider.sections import SECTIONS
from tests.constants import replaced
from tests.demo import SETTINGS, differences, fetch, kept, replace, scrapy, truth
from tests.faulty_demo import running_demo
from tests.sites import FixedResponse, running_site

FEEDS = 1 + sum(1 for section in SECTIONS if section.feed)
# Fields that depend on the listings and articles that a run has seen.
OF_THE_SOURCE = {"listed_in", "duplicate_of", "aliases"}


@pytest.fixture
def demo() -> Iterator[str]:
    """A demo newspaper with so few articles that its feeds hold them all."""
    with running_demo(articles=45) as base:
        yield base


@pytest.fixture(scope="module")
def large() -> Iterator[str]:
    """A demo newspaper with several site maps."""
    with running_demo(articles=300) as base:
        yield base


def run_spider(
    name: str, *arguments: str, base: str, archive: Path, status: int = 0, **environment: str
) -> str:
    """Run a spider on an archive and return its log."""
    done = scrapy("crawl", name, *SETTINGS, *arguments, base=base, HERALD_ARCHIVE=str(archive), **environment)
    assert done.returncode == status, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    return done.stderr


def assert_same_set(items: list[dict[str, Any]], base: str) -> None:
    expected = truth(base)
    assert Counter(item["id"] for item in items) == Counter(list(expected))
    assert differences(items, expected, OF_THE_SOURCE) == {}


def requests(base: str) -> Counter[str]:
    """Return the requested addresses since the last call."""
    counted: Counter[str] = Counter(json.loads(fetch(f"{base}/control/requests")))
    fetch(f"{base}/control/requests/reset", post=True)
    return counted


def warnings(log: str) -> list[str]:
    return [line for line in log.splitlines() if "] WARNING: " in line or "] ERROR: " in line]


# The same articles ------------------------------------------------------------------------------


def test_feeds_give_every_article(demo: str, tmp_path: Path) -> None:
    log = run_spider("rss", base=demo, archive=tmp_path)
    items = kept(tmp_path)
    assert_same_set(items, demo)
    assert {item["discovered_via"].partition(":")[0] for item in items} == {"rss"}
    assert f"feeds         {FEEDS} (empty " in log  # not every section has a story


def test_site_maps_give_every_article_and_are_requested_conditionally(large: str, tmp_path: Path) -> None:
    whole = fetch(f"{large}/sitemap/2.xml.gz")
    replace(large, "/sitemap/2.xml.gz", whole[:50], "application/x-gzip")
    run_spider("sitemap", base=large, archive=tmp_path)
    replace(large, "/sitemap/2.xml.gz", whole, "application/x-gzip")
    log = run_spider("sitemap", base=large, archive=tmp_path)  # the index is read again because of it
    assert_same_set(kept(tmp_path), large)
    assert "sitemaps      4 (not_modified 2)" in log  # the index, two files and the news map were read
    requests(large)
    log = run_spider("sitemap", base=large, archive=tmp_path)
    asked = requests(large)
    assert set(asked) == {"/robots.txt", *(path for path in asked if path.startswith("/sitemap"))}
    assert "sitemaps      1 (not_modified 1)" in log  # an unchanged index shows that its files are unchanged
    whole = fetch(f"{large}/sitemap.xml")
    try:
        replace(large, "/sitemap.xml", re.sub(rb"<lastmod>[^<]*</lastmod>", b"", whole))
        for _ in range(2):  # now without times of change
            assert "sitemaps      4 (not_modified 3)" in run_spider("sitemap", base=large, archive=tmp_path)
    finally:
        replace(large, "/sitemap.xml", whole)
    assert len(kept(tmp_path)) == len(truth(large))


def test_given_addresses_of_every_form_are_read(demo: str, tmp_path: Path) -> None:
    items = list(truth(demo).values())
    forms = ["{id}", "{url}", "{base}{path}", "http://m.koreaherald.com{path}&utm_source=x", "{path}"]
    lines = ["# the demo's stories", ""]
    for number, item in enumerate(items):
        path = item["url"].removeprefix("https://www.koreaherald.com")
        form = forms[number % len(forms)] if "?" in path else forms[number % 3]
        lines.append(
            form.format(id=item["id"], url=item["url"], base=demo, path=path) + " # a remark" * (number % 2)
        )
    given = tmp_path / "given.txt"
    given.write_text("\n".join(lines), encoding="utf-8")
    log = run_spider("urls", "-a", f"file={given}", base=demo, archive=tmp_path)
    assert_same_set(kept(tmp_path), demo)
    assert warnings(log) == []


def test_an_article_of_several_sources_is_archived_once(demo: str, tmp_path: Path) -> None:
    run_spider("rss", base=demo, archive=tmp_path)
    run_spider("sitemap", base=demo, archive=tmp_path)
    run_spider("herald", base=demo, archive=tmp_path, HERALD_REVISIT_HOURS="0")
    first = next(iter(truth(demo)))
    run_spider("urls", "-a", f"url={first}", base=demo, archive=tmp_path)
    assert Counter(item["id"] for item in kept(tmp_path)) == Counter(list(truth(demo)))
    merged = scrapy("export", base=demo, HERALD_ARCHIVE=str(tmp_path)).stdout.splitlines()
    expected = truth(demo)
    for item in map(json.loads, merged):  # listings read later are added
        assert item["listed_in"] == expected[item["id"]]["listed_in"]


@pytest.mark.parametrize("spider", ["herald", "rss", "sitemap", "urls"])
def test_max_articles_holds_without_statistics(spider: str, demo: str, tmp_path: Path) -> None:
    given = ["-a", f"url={','.join(truth(demo))}"] if spider == "urls" else []
    stats = ["-s", "STATS_CLASS=scrapy.statscollectors.DummyStatsCollector"]
    run_spider(spider, "-a", "max_articles=5", *given, *stats, base=demo, archive=tmp_path)
    assert len(kept(tmp_path)) == 5


# Feeds -------------------------------------------------------------------------------------


def test_a_run_without_news_makes_one_conditional_request_per_feed(demo: str, tmp_path: Path) -> None:
    run_spider("rss", base=demo, archive=tmp_path)
    requests(demo)
    log = run_spider("rss", base=demo, archive=tmp_path)
    asked = requests(demo)
    assert asked.total() == FEEDS + 1  # robots.txt
    # A feed without an article has no validators.
    assert f"not_modified {FEEDS - log.count('holds no story')}" in log
    fetch(f"{demo}/control/publish?n=2", post=True)
    run_spider("rss", base=demo, archive=tmp_path)
    assert len([path for path in requests(demo) if "article" in path or "view.php" in path]) == 2


def test_a_gap_is_logged_and_closed_through_the_listings(tmp_path: Path) -> None:
    with running_demo(articles=60) as base:
        run_spider("herald", base=base, archive=tmp_path)
        log = run_spider("rss", base=base, archive=tmp_path)
        assert "has a gap" not in log
        fetch(f"{base}/control/publish?n=90", post=True)
        log = run_spider("rss", "-a", "max_pages=1", base=base, archive=tmp_path)  # cut short
        assert "/rss/newsAll has a gap: nothing between" in log
        assert "gaps 1" in log
        log = run_spider("rss", base=base, archive=tmp_path)
        assert "has a gap" not in log  # the walk of the last run goes on
        assert {item["id"] for item in kept(tmp_path)} == set(truth(base))
        fetch(f"{base}/control/publish?n=1", post=True)
        requests(base)
        log = run_spider("rss", base=base, archive=tmp_path)
        assert "has a gap" not in log
        assert not [path for path in requests(base) if "page=" in path]
        assert Counter(item["id"] for item in kept(tmp_path)) == Counter(list(truth(base)))


def test_a_section_argument_reads_the_feed_of_that_section(demo: str, tmp_path: Path) -> None:
    run_spider("rss", "-a", "sections=national", base=demo, archive=tmp_path)
    items = kept(tmp_path)
    assert items
    assert all("national" in item["listed_in"] for item in items)
    assert {item["discovered_via"] for item in items} == {"rss:national"}


def test_a_former_feed_is_requested_from_a_mirror(demo: str, tmp_path: Path) -> None:
    """The section had a feed on the former site only, with links and times of that site."""
    run_spider("rss", "-a", "sections=finance", base=demo, archive=tmp_path)
    items = kept(tmp_path)
    assert items
    assert all("finance" in item["listed_in"] for item in items)


# Broken input -----------------------------------------------------------------------------


def test_broken_feeds_are_logged_and_read_again_later(demo: str, tmp_path: Path) -> None:
    whole = fetch(f"{demo}/rss/newsAll")
    replace(demo, "/rss/newsAll", whole[: len(whole) * 2 // 3])
    replace(demo, "/rss/kh_World", b"<!doctype html><title>Sorry</title><p>Please wait", "text/html")
    replace(demo, "/rss/kh_Kpop", b"")
    replace(demo, "/rss/kh_Sports", b"\x00\xff\xfe<<<&&&")
    log = run_spider("rss", base=demo, archive=tmp_path)
    assert [line for line in warnings(log) if "newsAll is cut off after" in line]
    for problem in ("kh_World is no feed", "kh_Sports is no feed", "kh_Kpop: refused: an empty answer"):
        assert len([line for line in warnings(log) if problem in line]) == 1
    assert "broken 3" in log
    shown = whole[: len(whole) * 2 // 3].count(b"</item>")
    assert len(kept(tmp_path)) >= shown
    replace(demo, "/rss/newsAll", whole)  # a cut feed does not count as read
    run_spider("rss", base=demo, archive=tmp_path)
    assert {item["id"] for item in kept(tmp_path)} == set(truth(demo))


def test_broken_site_maps_are_logged_and_their_readable_parts_used(large: str, tmp_path: Path) -> None:
    packed = fetch(f"{large}/sitemap/1.xml.gz")
    second = fetch(f"{large}/sitemap/2.xml.gz")
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        + "".join(
            f"<sitemap><loc>{large}{path}</loc></sitemap>"
            for path in (
                "/sitemap.xml",
                "/sitemap/1.xml.gz",
                "/sitemap/2.xml.gz",
                "/sitemap/news.xml",
                "/more.xml",
            )
        )
        + "</sitemapindex>"
    )
    replace(large, "/sitemap.xml", index.encode())
    replace(large, "/sitemap/1.xml.gz", packed[: len(packed) // 2], "application/x-gzip")
    replace(large, "/sitemap/news.xml", b"<html><body>Not now</body></html>", "text/html")
    replace(large, "/more.xml", b"")
    try:
        log = run_spider("sitemap", base=large, archive=tmp_path)
    finally:
        for path, content in (("/sitemap/1.xml.gz", packed), ("/sitemap/2.xml.gz", second)):
            replace(large, path, content, "application/x-gzip")
    assert len([line for line in warnings(log) if "/sitemap.xml is named once more" in line]) == 1
    for name in ("/sitemap/1.xml.gz", "/sitemap/news.xml"):
        assert len([line for line in warnings(log) if f"{name} is no site map, or cut off" in line]) == 1
    assert len([line for line in warnings(log) if "/more.xml: refused: an empty answer" in line]) == 1
    assert "broken 3" in log
    whole = gzip.decompress(second).count(b"<loc>")
    ids = [item["id"] for item in kept(tmp_path)]
    assert whole / 2 < len(ids) < len(truth(large))
    assert len(ids) == len(set(ids))


def test_since_leaves_out_site_maps_and_articles_not_modified_since(large: str, tmp_path: Path) -> None:
    requests(large)
    log = run_spider("sitemap", "-a", "since=2026-09-14", base=large, archive=tmp_path)
    asked = requests(large)
    expected = {key for key, item in truth(large).items() if _day(item) >= "2026-09-14"}
    assert {item["id"] for item in kept(tmp_path)} == expected
    assert expected
    articles = [path for path in asked if "article/" in path or "view.php" in path]
    assert len(articles) < 100
    assert "not_modified_since" in log


def _day(item: dict[str, Any]) -> str:
    """Return the day of publication, or else of filing; "9", which sorts after all days, if both are unknown."""
    filed = urls.filed(item["id"])
    return item["published_at"] or (filed.isoformat() if filed else "9")


def test_a_given_address_of_no_article_is_logged_and_skipped(demo: str, tmp_path: Path) -> None:
    good = next(iter(truth(demo)))
    log = run_spider(
        "urls", "-a", f"url={good}, /National https://example.com/article/1", base=demo, archive=tmp_path
    )
    said = warnings(log)
    assert len(said) == 2
    assert "'/National' is no article of the paper, skipped" in said[0]
    assert "'https://example.com/article/1' is no article" in said[1]
    assert [item["id"] for item in kept(tmp_path)] == [good]


def test_a_site_map_behind_a_redirect_is_requested_conditionally(tmp_path: Path) -> None:
    entry = b"<url><loc>https://www.koreaherald.com/article/1</loc></url>"
    with running_site() as site:
        site.answers["/robots.txt"] = FixedResponse(f"Sitemap: {site.url}/sitemap.xml".encode())
        site.answers["/sitemap.xml"] = FixedResponse(status=302, headers={"Location": "/maps/1.xml"})
        site.answers["/maps/1.xml"] = FixedResponse(
            b"<urlset>" + entry + b"</urlset>", headers={"ETag": '"x"'}
        )
        run_spider("sitemap", base=site.url, archive=tmp_path)
        site.answers["/maps/1.xml"] = FixedResponse(status=304)
        log = run_spider("sitemap", base=site.url, archive=tmp_path)
    assert "sitemaps      1 (not_modified 1)" in log
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT url, etag FROM listings").fetchall() == [
            (f"{site.url}/sitemap.xml", '"x"')
        ]


def test_given_addresses_out_of_range_are_logged_and_skipped(demo: str, tmp_path: Path) -> None:
    given = "20140203000001,20240203000001,1"
    log = run_spider("urls", "-a", f"url={given}", "-a", "since=2024-01-01", base=demo, archive=tmp_path)
    (said,) = warnings(log)
    assert "url: '20140203000001' is not of the days from since to until, skipped." in said
    assert "'herald/skipped': 1" in log
    assert "'herald/gone': 2" in log


def test_given_addresses_beyond_the_waiting_limit_follow_without_a_pause(demo: str, tmp_path: Path) -> None:
    """They are requested as soon as the queue has room, and up to `max_articles` only.

    The run would hang if it needed the engine's heartbeat, which finds idle spiders.
    """
    given = ("-a", f"url={','.join(list(truth(demo))[:20])}")
    constants = replaced(
        {
            "herald_spider.spiders.base.HeraldBaseSpider.waiting_limit": 1,
            "scrapy.core.engine.ExecutionEngine._SLOT_HEARTBEAT_INTERVAL": 100_000,
        }
    )
    run_spider("urls", *given, "-a", "max_articles=5", base=demo, archive=tmp_path, **constants)
    assert len(kept(tmp_path)) == 5
    run_spider("urls", *given, base=demo, archive=tmp_path, **constants)
    assert len(kept(tmp_path)) == 20


@pytest.mark.parametrize(
    ("spider", "arguments", "said"),
    [
        ("urls", [], "give url (addresses or ids) or file"),
        ("urls", ["file=/nowhere"], "no file '/nowhere'"),
        ("urls", ["ulr=1"], "did you mean url?"),
        ("rss", ["sections=north-korea"], "section 'north-korea' has no feed"),
        ("sitemap", ["since=soon"], "'soon' is no day"),
    ],
)
def test_a_wrong_argument_ends_the_run_with_one_error_line(
    spider: str, arguments: list[str], said: str, tmp_path: Path
) -> None:
    given = [part for each in arguments for part in ("-a", each)]
    log = run_spider(spider, *given, base="http://127.0.0.1:1", archive=tmp_path, status=2)
    (line,) = log.splitlines()
    assert said in line
