"""The readers under test as functions of bytes, which catch only documented exceptions."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import cache
from typing import Any

from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from herald_spider import urls
from herald_spider.items import Article
from herald_spider.loaders import Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.feed import NotAFeed, read_feed
from herald_spider.loaders.layouts import ALL
from herald_spider.loaders.listing import read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.page import Page
from herald_spider.loaders.shell import is_bare, is_shell
from herald_spider.middlewares.retry_after import retry_after
from herald_spider.spiders.captures import _captured_at
from herald_spider.spiders.sitemap import SitemapSpider
from herald_spider.text import bylines, captions, cleaning, datelines, dates, endings, labels
from herald_spider.warc import cdx
from herald_spider.warc.files import Source
from herald_spider.warc.http import parse_response
from herald_spider.warc.reader import BrokenRecord, Reader
from tests.demo import project_settings

URL = "https://www.koreaherald.com/article/10618541"


def article(data: bytes) -> None:
    with contextlib.suppress(NoArticle, Moved, NeedsRendering):
        assert isinstance(read_article(Page(URL, data)), Article)


def layouts(data: bytes) -> None:
    """Read a page by the rules of every layout."""
    page = Page(URL, data)
    for layout in ALL:
        assert ArticleLoader(page, layout).load().layout == layout.name


def listing(data: bytes) -> None:
    page = Page("https://www.koreaherald.com/National", data)
    read_listing(page)
    assert is_shell(page) >= is_bare(page)


def menu(data: bytes) -> None:
    for section, _ in read_menu(Page("https://www.koreaherald.com/", data)):
        assert section.slug


def feed(data: bytes) -> None:
    with contextlib.suppress(NotAFeed):
        read_feed(data, "text/xml; charset=utf-8")


@cache
def _sitemap_spider() -> Any:
    crawler = get_crawler(SitemapSpider, project_settings(LOG_ENABLED=False))
    crawler.spider = spider = crawler._create_spider()
    crawler.stats = type("NoStats", (), {"inc_value": lambda *_: None})()  # type: ignore[assignment]
    spider.open_archive()
    spider.read = lambda reader, *values, url: reader(*values)  # errors must reach the fuzzer
    return spider


def sitemap(data: bytes) -> None:
    """Run the spider's own callbacks, with a ledger in memory."""
    spider = _sitemap_spider()
    list(spider.parse_robots(Response("https://www.koreaherald.com/robots.txt", body=data)))
    request = Request("https://www.koreaherald.com/sitemap.xml")
    list(spider.parse_map(Response(request.url, body=data, request=request)))
    spider.maps.clear()
    spider.waiting.clear()


def index(data: bytes) -> None:
    """Read an answer of a CDX server, and make the next request."""
    answer = cdx.read(data.decode("utf-8", "replace"))
    window = cdx.Window(cdx.EARLIEST, "20261231235959", 3)
    if not window.fault(answer):
        window.rest(answer)
    for capture in cdx.changes(answer.captures):
        cdx.parse_address(cdx.address("http://a.org/web", capture), "http://a.org/web")
        urls.classify(capture.url)


def _records(name: str, data: bytes) -> None:
    for record in Reader(Source(name, lambda: io.BytesIO(data))).records():
        urls.classify(record.url)
        with contextlib.suppress(BrokenRecord, ValueError):
            parse_response(record.block())
        assert isinstance(record.date, str)


def warc(data: bytes) -> None:
    _records("x.warc.gz", data)


def arc(data: bytes) -> None:
    _records("x.arc.gz", data)


def answer(data: bytes) -> None:
    """Read an HTTP response from a web archive."""
    with contextlib.suppress(ValueError):
        parse_response(data)


def header(data: bytes) -> None:
    """Read the times in a server's headers."""
    response = Response(URL, headers={"Retry-After": data, "Memento-Datetime": data})
    assert retry_after(response) >= 0
    _captured_at(response, cdx.Capture("20260914010000", URL))


def address(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    found = urls.classify(text)
    urls.classify(text, "http://127.0.0.1:8000")
    urls.listing_page(found.url, 2)
    urls.rebase(found.url, "http://127.0.0.1:8000")
    urls.filed(found.id or "0")
    captions.picture_url(text, URL)
    assert found.id is None or found.id.isdigit()


def words(data: bytes) -> None:
    """Run the functions of text/ that read single fields."""
    text = data.decode("utf-8", "replace")
    dates.date_in(text)
    for read in _WORDS:
        read(text)
    clean = cleaning.clean_text(text)
    assert "\n" not in clean
    endings.split_endings([*map(cleaning.clean_text, text.split("\n")), clean])
    cleaning.own_summary(clean, clean)


_WORDS: tuple[Callable[[str], Any], ...] = (
    cleaning.clean_headline,
    cleaning.language_of,
    bylines.parse_agency,
    bylines.parse_byline,
    bylines.without_addresses,
    bylines.is_name,
    labels.parse_label,
    datelines.parse_dateline,
    endings.is_furniture,
    captions.split_credit,
    cleaning.split_tags,
)
# Inputs of each reader, of a hundred: slow readers get fewer.
SHARES: dict[Callable[[bytes], None], int] = {
    article: 18, layouts: 2, listing: 10, menu: 4, feed: 8, sitemap: 6, index: 12, warc: 8, arc: 3,
    answer: 5, header: 4, address: 12, words: 8,
}  # fmt: skip
READERS = {reader.__name__: reader for reader in SHARES}
