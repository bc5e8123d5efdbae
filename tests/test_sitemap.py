"""Site maps, whole, packed and damaged, read without a crawl."""

from __future__ import annotations

import gzip
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from herald_spider.loaders.sitemap import MAX_SIZE, Place, SiteMap, named_in_robots, read_map, unpacked
from tests.demo import SETTINGS, kept, scrapy
from tests.sites import FixedResponse, running_site

SEOUL = timezone(timedelta(hours=9))
ONE, TWO = "https://www.koreaherald.com/article/1", "https://www.koreaherald.com/article/2"
NEWS = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<!-- of today -->
<url><loc> {ONE} </loc><lastmod>2026-09-14</lastmod>
<news:news><news:publication_date>2026-09-14T12:00:00+09:00</news:publication_date></news:news></url>
<url><loc>{TWO}</loc><news:news><news:publication_date>soon</news:publication_date></news:news></url>
</urlset>
""".encode()
INDEX = b"<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>"
NOON = datetime(2026, 9, 14, 12, 0, tzinfo=SEOUL)


URL = "https://www.koreaherald.com/maps/1.xml"
NAMESPACE = 'xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"'


def test_news_site_map_is_read() -> None:
    expected = SiteMap("urlset", [Place(ONE, "2026-09-14", NOON), Place(TWO)])
    assert read_map(NEWS, URL) == expected
    assert read_map(b"\n" + NEWS + b"<!-- end -->", URL) == expected
    cut = NEWS[: NEWS.index(b"<url><loc>https://www.koreaherald.com/article/2")]
    assert read_map(cut, URL) == SiteMap("urlset", expected.places[:1], whole=False)


def test_site_map_cannot_include_local_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("2026-09-13", encoding="utf-8")
    doctype = f'<!DOCTYPE urlset [<!ENTITY e SYSTEM "{tmp_path / "file"}">]><urlset'.encode()
    body = NEWS.replace(b"<urlset", doctype).replace(b"soon", b"&e;").replace(b"article/2", b"&e;")
    assert "2026-09-13" not in str(read_map(body, URL))


@pytest.mark.parametrize(
    ("body", "kind", "addresses"),
    [
        (f"<s:urlset {NAMESPACE}><s:url><s:loc>{ONE}</s:loc></s:url></s:urlset>", "urlset", [ONE]),
        (f"<s:urlset><s:url><s:loc>{ONE}</s:loc></s:url></s:urlset>", "urlset", [ONE]),
        (f"\ufeff<urlset><url><loc><![CDATA[{ONE}]]></loc></url></urlset>", "urlset", [ONE]),
        (f"<urlset><url><i:image xmlns:i='urn:i'><i:loc>{TWO}</i:loc></i:image><loc>{ONE}</loc></url></urlset>", "urlset", [ONE]),
        ("<urlset/>", "urlset", []),
        ("<urlset></urlset>", "urlset", []),
        (f"<s:sitemapindex {NAMESPACE} />", "sitemapindex", []),
        ("<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>", "sitemapindex",
         ["https://www.koreaherald.com/a.xml"]),
        ("<sitemapindex><sitemap><loc>news.xml</loc></sitemap></sitemapindex>", "sitemapindex",
         ["https://www.koreaherald.com/maps/news.xml"]),
        ("<urlset><url><loc>//www.koreaherald.com/article/1</loc></url></urlset>", "urlset",
         ["//www.koreaherald.com/article/1"]),
        ("<urlset><url><loc>www.koreaherald.com/article/1</loc></url></urlset>", "urlset",
         ["www.koreaherald.com/article/1"]),
        ("<urlset><url><lastmod>2026-01-01</lastmod></url></urlset>", "urlset", []),
        (f"{ONE}\n\n{TWO}\n", "text", [ONE, TWO]),
        (f"\ufeff{ONE}\r\n {TWO} ", "text", [ONE, TWO]),
        (f"<rss><channel><item><link>{ONE}</link></item></channel></rss>", "feed", [ONE]),
        (f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="{TWO}"/></entry></feed>', "feed", [TWO]),
    ],
)  # fmt: skip
def test_every_kind_of_site_map_is_read(body: str, kind: str, addresses: list[str]) -> None:
    for content in (body.encode(), unpacked(gzip.compress(body.encode()), MAX_SIZE)):
        found = read_map(content, URL)
        assert found
        assert (found.kind, found.addresses, found.whole) == (kind, addresses, True)


@pytest.mark.parametrize(
    "body", [b"", b"<html/>", b"Not now", b"\x1f\x8b", b"<!-- x -->", b"<", b"\xef\xbb\xbf"]
)
def test_other_documents_are_no_site_maps(body: bytes) -> None:
    assert read_map(body, URL) is None


def test_site_map_is_unpacked_as_far_as_possible() -> None:
    packed = gzip.compress(NEWS * 50)
    assert unpacked(packed, 10) == b""
    assert unpacked(packed[:-9], MAX_SIZE).startswith(NEWS)
    assert unpacked(b"\x1f\x8b\x08\x00" + b"\xff" * 30, MAX_SIZE) == b""
    assert unpacked(NEWS, MAX_SIZE) == NEWS


def test_site_maps_in_robots_txt_are_found() -> None:
    lines = [
        b"User-agent: *",
        b"Disallow: /search",
        b"sitemap:/map.xml",
        b" SITEMAP : https://example.com/a:b.xml ",
        b"Sitemap: http://[",
        b"Sitemap: /\xff",
        b"Sitemap: last.xml # made each hour",
        b"# Sitemap: not.xml",
        b"Sitemap: # none",
    ]
    assert named_in_robots(b"\r\n".join(lines), "https://www.koreaherald.com/robots.txt") == [
        "https://www.koreaherald.com/map.xml",
        "https://example.com/a:b.xml",
        "https://www.koreaherald.com/last.xml",
    ]


@pytest.mark.parametrize("head", ["", "# a remark\n\n", "User-agent: *\nAllow: /\n"])
@pytest.mark.parametrize(
    "line", ["Sitemap: {}", "sitemap:{}   # made each hour", "SITEMAP : {}#x", "Sitemap:\t{}\r"]
)
def test_site_maps_behind_a_byte_order_mark_and_before_remarks_are_found(head: str, line: str) -> None:
    text = f"\ufeff{head}{line.format(URL)}\n"
    assert named_in_robots(text.encode(), "https://www.koreaherald.com/robots.txt") == [URL]


# Crawls: site maps and robots.txt ---------------------------------------------------------------------

PAGE = '<h1>Ferry</h1><article id="articleText"><p>The ferry stopped on Monday.</p></article>'


def crawl(base: str, archive: Path, *arguments: str, status: int = 0, spider: str = "sitemap") -> str:
    settings = [*SETTINGS, "-s", "RETRY_TIMES=1"]
    done = scrapy("crawl", spider, *settings, *arguments, base=base, HERALD_ARCHIVE=str(archive))
    assert done.returncode == status, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    return done.stderr


def test_maps_of_all_kinds_in_one_crawl(tmp_path: Path) -> None:
    with running_site() as site:
        xml = {"Content-Type": "application/xml"}
        large = (
            b"<urlset>"
            + b"<!-- filler -->" * 1_200_000
            + f"<url><loc>{site.url}/article/5</loc></url></urlset>".encode()
        )
        maps = {
            "/index.xml": "<sitemapindex><sitemap><loc>news.xml</loc></sitemap></sitemapindex>",
            "/news.xml": f"<urlset><url><loc>{site.url}/article/1</loc></url></urlset>",
            "/map.txt": f"\ufeff{site.url}/article/2\n{site.url}/National\n",
            "/map.rss": f"<rss><channel><item><link>{site.url}/article/3</link></item></channel></rss>",
            "/map.xml": "<s:urlset><s:url><s:loc>/article/4</s:loc></s:url></s:urlset>",
            "/none.xml": "<urlset/>",
        }
        site.answers = {path: FixedResponse(text.encode(), headers=xml) for path, text in maps.items()}
        site.answers |= {f"/article/{number}": FixedResponse(PAGE.encode()) for number in range(1, 6)}
        site.answers["/large.xml.gz"] = FixedResponse(
            gzip.compress(large), headers={"Content-Type": "application/x-gzip"}
        )
        names = ["index.xml", "map.txt", "map.rss", "map.xml", "none.xml", "large.xml.gz"]
        robots = "".join(f"Sitemap: {site.url}/{name} # a remark\n" for name in names)
        site.answers["/robots.txt"] = FixedResponse(f"\ufeff{robots}".encode())
        log = crawl(site.url, tmp_path)
    assert {item["id"] for item in kept(tmp_path)} == set("12345")
    assert "/index.xml has addresses without a host (1), read as http://" in log
    assert "cut off" not in log


@pytest.mark.parametrize("spider", ["sitemap", "urls", "herald", "rss"])
def test_nothing_is_fetched_without_robots_txt(spider: str, tmp_path: Path) -> None:
    with running_site() as site:
        site.answers["/robots.txt"] = FixedResponse(b"<html>Service Unavailable", 503)
        site.answers["/article/1"] = FixedResponse(PAGE.encode())
        given = ["-a", "url=1"] if spider == "urls" else []
        log = crawl(site.url, tmp_path, *given, status=1, spider=spider)
        assert set(site.asked) == {"/robots.txt"}
        assert "answers 503: nothing may be fetched from there (RFC 9309)" in log
        assert "'finish_reason': 'no_robots'" in log
        assert "'herald/failed'" not in log
        del site.answers["/robots.txt"]  # 404: everything is allowed
        if spider == "urls":
            crawl(site.url, tmp_path, *given, spider=spider)
            assert [item["id"] for item in kept(tmp_path)] == ["1"]


def test_rules_behind_a_byte_order_mark_hold(tmp_path: Path) -> None:
    with running_site() as site:
        site.answers["/robots.txt"] = FixedResponse(
            "\ufeffUser-agent: * # all\nDisallow: /article/1\n".encode()
        )
        for number in (1, 2):
            site.answers[f"/article/{number}"] = FixedResponse(PAGE.encode())
        crawl(site.url, tmp_path, "-a", "url=1,2", spider="urls")
        assert "/article/1" not in site.asked
        assert [item["id"] for item in kept(tmp_path)] == ["2"]


def test_crawl_delay_is_kept(tmp_path: Path) -> None:
    with running_site() as site:
        site.answers["/robots.txt"] = FixedResponse(b"User-agent: *\nCrawl-delay: 1.5\n")
        for number in (1, 2, 3):
            site.answers[f"/article/{number}"] = FixedResponse(PAGE.encode())
        began = time.monotonic()
        log = crawl(site.url, tmp_path, "-a", "url=1,2,3", spider="urls")
        assert time.monotonic() - began > 3  # two pauses at least
        assert "asks for 1.5 seconds between requests" in log
        assert len(kept(tmp_path)) == 3
