"""Articles found through feeds, site maps and given addresses: the same as through the listings."""

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
from tests.demo import SETTINGS, differences, fetch, kept, replace, scrapy, truth
from tests.faulty_demo import running_demo
from tests.sites import Answer, running_site

FEEDS = 1 + sum(1 for section in SECTIONS if section.feed)
# Which listings, addresses and other articles had been seen is a matter of the door.
BY_THE_WAY = {"listed_in", "duplicate_of", "aliases"}


@pytest.fixture
def demo() -> Iterator[str]:
    """A newspaper that fits into its feeds."""
    with running_demo(articles=45) as base:
        yield base


@pytest.fixture(scope="module")
def large() -> Iterator[str]:
    """One that needs several site maps."""
    with running_demo(articles=300) as base:
        yield base


def door(name: str, *arguments: str, base: str, archive: Path, status: int = 0, **environment: str) -> str:
    """Run a spider on an archive; its log."""
    done = scrapy("crawl", name, *SETTINGS, *arguments, base=base, HERALD_ARCHIVE=str(archive), **environment)
    assert done.returncode == status, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    return done.stderr


def assert_same_set(items: list[dict[str, Any]], base: str) -> None:
    expected = truth(base)
    assert Counter(item["id"] for item in items) == Counter(list(expected))
    assert differences(items, expected, BY_THE_WAY) == {}


def requests(base: str) -> Counter[str]:
    """The addresses that were asked for since the last call."""
    counted: Counter[str] = Counter(json.loads(fetch(f"{base}/control/requests")))
    fetch(f"{base}/control/requests/reset", post=True)
    return counted


def warnings(log: str) -> list[str]:
    return [line for line in log.splitlines() if "] WARNING: " in line or "] ERROR: " in line]


# The same set ------------------------------------------------------------------------------


def test_feeds(demo: str, tmp_path: Path) -> None:
    log = door("rss", base=demo, archive=tmp_path)
    items = kept(tmp_path)
    assert_same_set(items, demo)
    assert {item["discovered_via"].partition(":")[0] for item in items} == {"rss"}
    assert f"feeds         {FEEDS} (empty " in log  # not every section has a story


def test_site_maps(large: str, tmp_path: Path) -> None:
    whole = fetch(f"{large}/sitemap/2.xml.gz")
    replace(large, "/sitemap/2.xml.gz", whole[:50], "application/x-gzip")
    door("sitemap", base=large, archive=tmp_path)
    replace(large, "/sitemap/2.xml.gz", whole, "application/x-gzip")
    log = door("sitemap", base=large, archive=tmp_path)  # the index is asked again for it
    assert_same_set(kept(tmp_path), large)
    assert "sitemaps      4 (not_modified 2)" in log  # the index, two files, the news
    requests(large)
    log = door("sitemap", base=large, archive=tmp_path)
    asked = requests(large)
    assert set(asked) == {"/robots.txt", *(path for path in asked if path.startswith("/sitemap"))}
    assert "sitemaps      1 (not_modified 1)" in log  # the index says when each file changed
    whole = fetch(f"{large}/sitemap.xml")
    try:
        replace(large, "/sitemap.xml", re.sub(rb"<lastmod>[^<]*</lastmod>", b"", whole))
        for _ in range(2):  # now it does not say
            assert "sitemaps      4 (not_modified 3)" in door("sitemap", base=large, archive=tmp_path)
    finally:
        replace(large, "/sitemap.xml", whole)
    assert len(kept(tmp_path)) == len(truth(large))


def test_given_addresses(demo: str, tmp_path: Path) -> None:
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
    log = door("urls", "-a", f"file={given}", base=demo, archive=tmp_path)
    assert_same_set(kept(tmp_path), demo)
    assert warnings(log) == []


def test_one_article_through_several_doors(demo: str, tmp_path: Path) -> None:
    door("rss", base=demo, archive=tmp_path)
    door("sitemap", base=demo, archive=tmp_path)
    door("herald", base=demo, archive=tmp_path, HERALD_REVISIT_HOURS="0")
    first = next(iter(truth(demo)))
    door("urls", "-a", f"url={first}", base=demo, archive=tmp_path)
    assert Counter(item["id"] for item in kept(tmp_path)) == Counter(list(truth(demo)))
    merged = scrapy("export", base=demo, HERALD_ARCHIVE=str(tmp_path)).stdout.splitlines()
    expected = truth(demo)
    for item in map(json.loads, merged):  # what the listings showed later is not lost
        assert item["listed_in"] == expected[item["id"]]["listed_in"]


# Feeds -------------------------------------------------------------------------------------


def test_nothing_new_costs_one_conditional_request_a_feed(demo: str, tmp_path: Path) -> None:
    door("rss", base=demo, archive=tmp_path)
    requests(demo)
    log = door("rss", base=demo, archive=tmp_path)
    asked = requests(demo)
    assert asked.total() == FEEDS + 1  # robots.txt
    # A feed without a story has nothing that could be the same.
    assert f"not_modified {FEEDS - log.count('holds no story')}" in log
    fetch(f"{demo}/control/publish?n=2", post=True)
    door("rss", base=demo, archive=tmp_path)
    assert len([path for path in requests(demo) if "article" in path or "view.php" in path]) == 2


def test_a_gap_is_noticed_and_caught_up(tmp_path: Path) -> None:
    with running_demo(articles=60) as base:
        door("herald", base=base, archive=tmp_path)
        log = door("rss", base=base, archive=tmp_path)
        assert "has a gap" not in log
        fetch(f"{base}/control/publish?n=90", post=True)
        log = door("rss", "-a", "max_pages=1", base=base, archive=tmp_path)  # cut short
        assert "/rss/newsAll has a gap: nothing between" in log
        assert "gaps 1" in log
        log = door("rss", base=base, archive=tmp_path)
        assert "has a gap" not in log  # it is known, and gone on with
        assert {item["id"] for item in kept(tmp_path)} == set(truth(base))
        fetch(f"{base}/control/publish?n=1", post=True)
        requests(base)
        log = door("rss", base=base, archive=tmp_path)
        assert "has a gap" not in log
        assert not [path for path in requests(base) if "page=" in path]
        assert Counter(item["id"] for item in kept(tmp_path)) == Counter(list(truth(base)))


def test_sections_have_feeds_of_their_own(demo: str, tmp_path: Path) -> None:
    door("rss", "-a", "sections=national", base=demo, archive=tmp_path)
    items = kept(tmp_path)
    assert items
    assert all("national" in item["listed_in"] for item in items)
    assert {item["discovered_via"] for item in items} == {"rss:national"}


def test_former_feeds_are_asked_on_a_mirror(demo: str, tmp_path: Path) -> None:
    """Of a section that had a feed on the former site only; links and offsets are of then."""
    door("rss", "-a", "sections=finance", base=demo, archive=tmp_path)
    items = kept(tmp_path)
    assert items
    assert all("finance" in item["listed_in"] for item in items)


# What is wrong -----------------------------------------------------------------------------


def test_a_feed_that_is_none_and_one_that_is_cut(demo: str, tmp_path: Path) -> None:
    whole = fetch(f"{demo}/rss/newsAll")
    replace(demo, "/rss/newsAll", whole[: len(whole) * 2 // 3])
    replace(demo, "/rss/kh_World", b"<!doctype html><title>Sorry</title><p>Please wait", "text/html")
    replace(demo, "/rss/kh_Kpop", b"")
    replace(demo, "/rss/kh_Sports", b"\x00\xff\xfe<<<&&&")
    log = door("rss", base=demo, archive=tmp_path)
    assert [line for line in warnings(log) if "newsAll is cut off after" in line]
    for name in ("kh_World", "kh_Kpop", "kh_Sports"):
        assert len([line for line in warnings(log) if f"{name} is no feed" in line]) == 1
    assert "broken 4" in log
    shown = whole[: len(whole) * 2 // 3].count(b"</item>")
    assert len(kept(tmp_path)) >= shown
    replace(demo, "/rss/newsAll", whole)  # a cut feed is not taken for read
    door("rss", base=demo, archive=tmp_path)
    assert {item["id"] for item in kept(tmp_path)} == set(truth(demo))


def test_site_maps_that_are_broken(large: str, tmp_path: Path) -> None:
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
        log = door("sitemap", base=large, archive=tmp_path)
    finally:
        for path, content in (("/sitemap/1.xml.gz", packed), ("/sitemap/2.xml.gz", second)):
            replace(large, path, content, "application/x-gzip")
    assert len([line for line in warnings(log) if "/sitemap.xml is named once more" in line]) == 1
    for name in ("/sitemap/1.xml.gz", "/sitemap/news.xml", "/more.xml"):
        assert len([line for line in warnings(log) if f"{name} is no site map, or cut off" in line]) == 1
    assert "broken 4" in log
    whole = gzip.decompress(second).count(b"<loc>")
    ids = [item["id"] for item in kept(tmp_path)]
    assert whole / 2 < len(ids) < len(truth(large))
    assert len(ids) == len(set(ids))


def test_old_files_are_left_out(large: str, tmp_path: Path) -> None:
    requests(large)
    log = door("sitemap", "-a", "since=2026-09-14", base=large, archive=tmp_path)
    asked = requests(large)
    expected = {key for key, item in truth(large).items() if _day(item) >= "2026-09-14"}
    assert {item["id"] for item in kept(tmp_path)} == expected
    assert expected
    articles = [path for path in asked if "article/" in path or "view.php" in path]
    assert len(articles) < 100
    assert "not_modified_since" in log


def _day(item: dict[str, Any]) -> str:
    """Of publication, else of first filing; a number without a date may be of any day."""
    filed = urls.filed(item["id"])
    return item["published_at"] or (filed.isoformat() if filed else "9")


def test_what_is_no_article_is_named_and_skipped(demo: str, tmp_path: Path) -> None:
    good = next(iter(truth(demo)))
    log = door(
        "urls", "-a", f"url={good}, /National https://example.com/article/1", base=demo, archive=tmp_path
    )
    said = warnings(log)
    assert len(said) == 2
    assert "'/National' is no article of the paper, skipped" in said[0]
    assert "'https://example.com/article/1' is no article" in said[1]
    assert [item["id"] for item in kept(tmp_path)] == [good]


def test_a_site_map_behind_a_redirect_is_asked_for_conditionally(tmp_path: Path) -> None:
    entry = b"<url><loc>https://www.koreaherald.com/article/1</loc></url>"
    with running_site() as site:
        site.answers["/robots.txt"] = Answer(f"Sitemap: {site.url}/sitemap.xml".encode())
        site.answers["/sitemap.xml"] = Answer(status=302, headers={"Location": "/maps/1.xml"})
        site.answers["/maps/1.xml"] = Answer(b"<urlset>" + entry + b"</urlset>", headers={"ETag": '"x"'})
        door("sitemap", base=site.url, archive=tmp_path)
        site.answers["/maps/1.xml"] = Answer(status=304)
        log = door("sitemap", base=site.url, archive=tmp_path)
    assert "sitemaps      1 (not_modified 1)" in log
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT url, etag FROM listings").fetchall() == [
            (f"{site.url}/sitemap.xml", '"x"')
        ]


def test_given_addresses_out_of_range_are_named_and_skipped(demo: str, tmp_path: Path) -> None:
    given = "20140203000001,20240203000001,1"
    log = door("urls", "-a", f"url={given}", "-a", "since=2024-01-01", base=demo, archive=tmp_path)
    (said,) = warnings(log)
    assert "url: '20140203000001' is not of the days from since to until, skipped." in said
    assert "'herald/skipped': 1" in log
    assert "'herald/gone': 2" in log


def test_many_given_addresses_go_on_without_a_pause(demo: str, tmp_path: Path) -> None:
    """Those beyond HERALD_WAITING_LIMIT as soon as there is room; none once `max_articles` is used up."""
    given = ",".join(list(truth(demo))[:20])
    few = ("-a", f"url={given}", "-s", "HERALD_WAITING_LIMIT=1")
    door("urls", *few, "-a", "max_articles=5", base=demo, archive=tmp_path)
    assert len(kept(tmp_path)) == 5
    log = door("urls", *few, base=demo, archive=tmp_path)
    assert len(kept(tmp_path)) == 20
    seconds = re.search(r"'elapsed_time_seconds': ([\d.]+)", log)
    assert seconds
    assert float(seconds[1]) < 14 * 5, "an idle engine looks for requests every 5 seconds only"


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
def test_wrong_arguments(spider: str, arguments: list[str], said: str, tmp_path: Path) -> None:
    given = [part for each in arguments for part in ("-a", each)]
    log = door(spider, *given, base="http://127.0.0.1:1", archive=tmp_path, status=2)
    assert said in log
    assert len(warnings(log)) == 1
