"""Gaps of feeds: when one is logged, and when it counts as closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta

import pytest
from scrapy.http import HtmlResponse, Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from herald_spider.spiders.rss import RssSpider
from herald_spider.text.dates import KST
from tests.spiders import making

BASE = "http://127.0.0.1:1"  # that of project_settings()
NOON = datetime(2026, 9, 14, 12, 0, tzinfo=KST)
MENU = '<nav><a href="/National/Politics">Politics</a><a href="/Business/Market">Market</a></nav>'
POLITICS, MARKET = "/National/Politics", "/Business/Market"
Make = Callable[..., RssSpider]


@pytest.fixture
def make_spider() -> Iterator[Make]:
    with making(RssSpider) as make:
        yield make


def feed(*hours: int, end: str = "</channel></rss>") -> str:
    """Return a feed with articles of so many hours after noon, in that order."""
    items = "".join(
        f"<item><link>/article/{hour + 1000}</link>"
        f"<pubDate>{NOON + timedelta(hours=hour):%a, %d %b %Y %H:%M:%S %z}</pubDate></item>"
        for hour in hours
    )
    return f"<rss><channel>{items}{end}"


def listing(*hours: int) -> str:
    entries = "".join(
        f'<li><a href="/article/{hour + 1000}"><p class="news_title">x</p></a>'
        f'<span class="date">{NOON + timedelta(hours=hour):%b. %d, %Y}</span></li>'
        for hour in hours
    )
    return f'<article class="recent_news"><ul class="news_list">{entries}</ul></article>'


def drain(requests: AsyncIterator[Request]) -> list[Request]:
    async def collect() -> list[Request]:
        return [each async for each in requests if not is_of_article(each)]

    return asyncio.run(collect())


def answer(spider: RssSpider, request: Request, text: str | int) -> list[Request]:
    """Return the requests for feeds and listings that follow a response: a page, or an error status."""
    if isinstance(text, int):
        failure = Failure(HttpError(Response(request.url, status=text)))
        failure.request = request  # type: ignore[attr-defined]
        assert request.errback
        return list(request.errback(failure))
    response = HtmlResponse(request.url, body=text.encode(), request=request)
    assert request.callback
    following = request.callback(response, **request.cb_kwargs)
    return [each for each in following if not is_of_article(each)]


def is_of_article(request: Request) -> bool:
    return "listed_id" in request.cb_kwargs


def run(spider: RssSpider, feeds: dict[str, str | int], pages: dict[str, str | int]) -> list[str]:
    """Answer the requests of a run, those for other feeds with an empty one; return the other addresses it requests."""
    asked = []
    for each in drain(spider.start()):
        following = answer(spider, each, feeds.get(each.url.removeprefix(BASE), feed()))
        while following:  # before the next feed is answered
            request = following.pop(0)
            asked.append(path := request.url.removeprefix(BASE))
            following += answer(spider, request, MENU if path == "/" else pages.get(path, 404))
    spider.finish_run("finished")
    with spider.archive.ledger.transaction() as connection:  # as if an hour had passed
        connection.exec_driver_sql("UPDATE listings SET walked = walked - 10")
        connection.exec_driver_sql("UPDATE articles SET first_seen = first_seen - 20")
    return asked


def gaps(spider: RssSpider) -> int:
    return int(spider.crawler.stats.get_value("herald/feed/gaps", 0))


ALL, NATIONAL, BUSINESS = "/rss/newsAll", "/rss/kh_National", "/rss/kh_Business"


def after_a_first_run(make: Make, **arguments: str) -> RssSpider:
    """Return a spider after a run in which three feeds had a newest article of noon."""
    first = make()
    assert run(first, dict.fromkeys((ALL, NATIONAL, BUSINESS), feed(0, -1)), {}) == []
    return make(first, **arguments)


@pytest.mark.parametrize(
    ("hours", "missed"),
    [
        ((3, 2, 1, 0), 0),
        ((3, 2, 1), 1),
        ((3, 2, 1, -900), 1),  # one pinned article
        ((-900, 3, 2, 1), 1),
        ((3, 2, 1, -1, -2), 0),  # the newest article was removed
        ((-900,), 0),
        ((0,), 0),
        ((), 0),
    ],
)
def test_a_feed_that_does_not_reach_back_to_the_last_run_has_a_gap(
    make_spider: Make, hours: tuple[int, ...], missed: int
) -> None:
    spider = after_a_first_run(make_spider)
    asked = run(spider, {NATIONAL: feed(*hours)}, {})
    assert (gaps(spider), "/" in asked) == (missed, bool(missed))


def test_a_feed_that_was_cut_off_has_no_gap(make_spider: Make) -> None:
    spider = after_a_first_run(make_spider)
    assert run(spider, {NATIONAL: feed(3, 2, end="<item>")}, {}) == []
    assert gaps(spider) == 0


def test_listings_are_read_for_the_gaps_of_all_feeds(make_spider: Make) -> None:
    spider = after_a_first_run(make_spider)
    sections = {NATIONAL: feed(3, 2), BUSINESS: feed(3, 2)}
    asked = run(spider, sections, {POLITICS: listing(3, 2), MARKET: listing(3, 2)})
    assert gaps(spider) == 2
    assert asked[0] == "/"
    assert {POLITICS, MARKET} <= set(asked)


def test_only_unfinished_listings_are_read_again(make_spider: Make) -> None:
    pages: dict[str, str | int] = {POLITICS: 503, MARKET: listing(1, 0, -99), "/National": listing(1, -99)}
    spider = after_a_first_run(make_spider)
    run(spider, {ALL: feed(3, 2), NATIONAL: feed(3, 2)}, pages)
    assert gaps(spider) == 2
    for text, asked in ((503, [POLITICS]), (listing(1, -99), [POLITICS]), (503, [])):
        spider = make_spider(spider)
        pages[POLITICS] = text
        found = run(spider, {ALL: feed(4, 3, 2), NATIONAL: feed(4, 3, 2)}, pages)
        assert [path for path in found if "page=" not in path] == asked
        assert gaps(spider) == 0


def test_a_walk_cut_by_max_pages_is_continued_by_the_next_run(make_spider: Make) -> None:
    pages: dict[str, str | int] = {
        POLITICS: listing(2, 1),
        f"{POLITICS}?page=2&pageTop=true": listing(1, 0),
        f"{POLITICS}?page=3&pageTop=true": listing(-90, -99),
    }
    spider = after_a_first_run(make_spider, max_pages="2")
    first, *others = pages
    assert first in run(spider, {NATIONAL: feed(4, 3)}, pages)
    for asked in (others, others[-1:], []):
        spider = make_spider(spider, max_pages="2")
        assert run(spider, {NATIONAL: feed(4, 3)}, pages) == asked


def test_a_missing_listing_does_not_keep_a_gap_open(make_spider: Make) -> None:
    spider = after_a_first_run(make_spider)
    run(spider, {NATIONAL: feed(3, 2)}, {POLITICS: listing(1, -99)})  # all others: 404
    assert run(make_spider(spider), {NATIONAL: feed(3, 2)}, {}) == []


def test_a_gap_stays_open_if_no_listing_could_be_read(make_spider: Make) -> None:
    spider = after_a_first_run(make_spider)
    run(spider, {NATIONAL: feed(3, 2)}, {POLITICS: ""})
    spider = make_spider(spider)
    assert "/" in run(spider, {NATIONAL: feed(3, 2)}, {POLITICS: ""})
    assert gaps(spider) == 1


def test_a_gap_stays_open_if_the_listings_need_a_browser(make_spider: Make) -> None:
    spider = after_a_first_run(make_spider)
    shell = '<html><head><script src="/a.js"></script></head><body><main id="app"></main></body></html>'
    pages: dict[str, str | int] = dict.fromkeys(("/National", POLITICS, MARKET, "/Business"), shell)
    run(spider, {NATIONAL: feed(3, 2)}, pages)
    assert gaps(spider) == 1
    again = make_spider(spider)
    asked = run(again, {NATIONAL: feed(3, 2)}, {})
    assert {"/National", POLITICS} <= set(asked)
