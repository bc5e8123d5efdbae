"""An error in the code costs the article, entry or page that it happens at, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scrapy.http import HtmlResponse, Request, XmlResponse

from herald_spider import urls
from herald_spider.archive import ArchiveError
from herald_spider.loaders.listing import Entry
from herald_spider.spiders.sitemap import SitemapSpider
from herald_spider.spiders.urls import UrlsSpider
from tests.spiders import making

BASE = "http://127.0.0.1:1"  # that of project_settings()
SITE = "https://www.koreaherald.com"


@pytest.fixture
def make_sitemap_spider() -> Iterator[Callable[..., SitemapSpider]]:
    with making(SitemapSpider) as make:
        yield make


@pytest.fixture
def broken_for_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the code, which raises an exception for one address."""
    classify = urls.classify

    def broken(url: str, base: str = urls.SITE) -> urls.Address:
        if url.endswith("/article/2"):
            raise ValueError("a fault\nin two lines")
        return classify(url, base)

    monkeypatch.setattr(urls, "classify", broken)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.usefixtures("broken_for_2")
def test_an_error_at_one_entry_of_a_site_map_costs_that_entry(
    make_sitemap_spider: Callable[..., SitemapSpider], caplog: pytest.LogCaptureFixture
) -> None:
    spider = make_sitemap_spider()
    locations = "".join(f"<url><loc>{SITE}/article/{number}</loc></url>" for number in (1, 2, 3))
    url = f"{BASE}/sitemap.xml"
    body = f"<urlset>{locations}</urlset>".encode()
    list(spider.parse_map(XmlResponse(url, body=body, request=Request(url)), url))
    assert list(spider.waiting) == ["1", "3"]
    (line,) = errors(caplog)
    assert line.startswith(f"Cannot read {SITE}/article/2: ValueError: a fault in two lines (")
    assert "\n" not in line
    assert "test_spider_errors.py:" in line
    assert spider.crawler.stats.get_value("herald/reader_errors") == 1


@pytest.mark.usefixtures("broken_for_2")
def test_an_error_at_one_given_address_costs_that_address(caplog: pytest.LogCaptureFixture) -> None:
    given = ",".join(f"{SITE}/article/{number}" for number in (1, 2, 3))
    with making(UrlsSpider) as make:
        spider = make(url=given)
        spider.given = spider.read_given(None)
        assert spider.load_pending()
        assert list(spider.waiting) == ["1", "3"]
    assert len(errors(caplog)) == 1


def test_an_error_in_reading_an_article_fails_that_article(
    make_sitemap_spider: Callable[..., SitemapSpider],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("byline")

    monkeypatch.setattr("herald_spider.spiders.base.read_article", broken)
    spider = make_sitemap_spider()
    spider.note([Entry("1", f"{SITE}/article/1", "")], None)
    url = f"{BASE}/article/1"
    response = HtmlResponse(url, body=b"<html></html>", request=Request(url))
    assert list(spider.parse_article(response, "1")) == []
    (line,) = errors(caplog)
    assert line.startswith(f"Cannot read {url}: KeyError: 'byline' (")
    assert spider.crawler.stats.get_value("herald/failed/reader failed") == 1
    assert spider.archive.ledger.states()["failed"] == 1


def test_an_error_of_the_archive_is_not_taken_for_one_of_the_code(
    make_sitemap_spider: Callable[..., SitemapSpider],
) -> None:
    spider = make_sitemap_spider()

    def full() -> None:
        raise ArchiveError("archive_not_writable", "The disk is full.")

    with pytest.raises(ArchiveError):
        spider.read(full, url=BASE)
