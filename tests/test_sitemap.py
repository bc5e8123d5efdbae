"""Site maps, whole, packed and damaged, read without a crawl."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from herald_spider.loaders.sitemap import (
    SiteMap,
    is_whole,
    named_in_robots,
    publication_dates,
    read_map,
)

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


def test_publication_dates_of_a_news_site_map_are_read() -> None:
    assert publication_dates(NEWS) == {ONE: NOON}


def test_dates_of_a_truncated_news_site_map_are_read() -> None:
    assert publication_dates(NEWS[: NEWS.index(b"<url><loc>https://www.koreaherald.com/article/2")]) == {
        ONE: NOON
    }


@pytest.mark.parametrize("body", [b"", INDEX, b"publication_date", b"<a>publication_date</a>"])
def test_other_site_maps_have_no_publication_dates(body: bytes) -> None:
    assert publication_dates(body) == {}


def test_site_map_cannot_include_local_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("2026-09-13", encoding="utf-8")
    doctype = f'<!DOCTYPE urlset [<!ENTITY e SYSTEM "{tmp_path / "file"}">]><urlset'.encode()
    body = NEWS.replace(b"<urlset", doctype).replace(b"soon", b"&e;").replace(b"article/2", b"&e;")
    assert "2026-09-13" not in str(publication_dates(body))
    assert "2026-09-13" not in str(read_map(body))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_site_map_is_summarised(packed: bool) -> None:
    body = gzip.compress(NEWS) if packed else b"\n" + NEWS
    assert read_map(body) == SiteMap("urlset", [ONE, TWO], dated=1, is_news=True)


def test_site_map_index_lists_its_maps() -> None:
    assert read_map(INDEX) == SiteMap("sitemapindex", ["/a.xml"], dated=0, is_news=False)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html/>", b"<urlset><url>", b"\x1f\x8b", gzip.compress(INDEX)[:-9], b"\x1f\x8b\x08\x00" + b"\xff" * 30],
    ids=["empty", "a page", "cut", "no gzip", "cut gzip", "garbled gzip"],
)  # fmt: skip
def test_other_documents_are_not_site_maps(body: bytes) -> None:
    assert read_map(body) is None


def test_complete_site_maps_are_recognised() -> None:
    assert is_whole(NEWS)
    assert is_whole(INDEX)
    assert not is_whole(NEWS.rstrip()[:-1])
    assert not is_whole(b"")


def test_site_maps_in_robots_txt_are_found() -> None:
    lines = [
        b"User-agent: *",
        b"Disallow: /search",
        b"sitemap:/map.xml",
        b" SITEMAP : https://example.com/a:b.xml ",
        b"Sitemap: http://[",
        b"Sitemap: /\xff",
        b"Sitemap: last.xml",
    ]
    assert named_in_robots(b"\r\n".join(lines), "https://www.koreaherald.com/robots.txt") == [
        "https://www.koreaherald.com/map.xml",
        "https://example.com/a:b.xml",
        "https://www.koreaherald.com/last.xml",
    ]
