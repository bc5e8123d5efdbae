"""Walks through listings by a spider: where they end, and what the ledger keeps for the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from scrapy.http import HtmlResponse, Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from herald_spider import sections
from herald_spider.archive.ledger import FAILED
from herald_spider.loaders.listing import Entry
from herald_spider.spiders import listings
from herald_spider.spiders.herald import HeraldSpider
from herald_spider.spiders.listing_walk import EPOCH, ListingWalk
from tests.spiders import making

BASE = "http://127.0.0.1:1"  # that of project_settings()
LISTING = "https://www.koreaherald.com/National"


@pytest.fixture
def make_spider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., HeraldSpider]]:
    monkeypatch.setattr(listings, "MAX_PAGES", 50)
    with making(HeraldSpider) as make:
        yield make


def page(ids: list[Any], number: int = 1, day: str = "Sept. 14, 2026", **options: Any) -> HtmlResponse:
    entries = "".join(
        f'<li><a href="/article/{each}"><p class="news_title">{each}</p></a><span class="date">{day}</span></li>'
        for each in ids
    )
    body = f'<article class="recent_news"><ul class="news_list">{entries}</ul></article>'
    suffix = f"?page={number}&pageTop=true" if number > 1 else ""
    url = f"{BASE}/National{suffix}"
    return HtmlResponse(url, body=body.encode(), request=Request(url), **options)


def walk(spider: HeraldSpider, *pages: list[Any], day: str = "Sept. 14, 2026") -> int:
    """Answer the requests of a walk with `pages` until it ends; return how many it took."""
    request = spider.first_request(sections.BY_SLUG["national"], LISTING)
    for count, ids in enumerate(pages, 1):
        walk = request.cb_kwargs["walk"]
        following = spider.parse_listing(page(ids, walk.number, day), walk)
        pages_left = [each for each in following if "walk" in each.cb_kwargs]
        if not pages_left:
            return count
        (request,) = pages_left
    return len(pages) + 1


def later(spider: HeraldSpider) -> None:
    """Move the last walk into the past."""
    with spider.archive.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE listings SET walked = walked - 10")
        connection.exec_driver_sql("UPDATE articles SET first_seen = first_seen - 20")


def test_a_first_walk_reads_everything_and_a_second_only_new_pages(
    make_spider: Callable[..., HeraldSpider],
) -> None:
    first = make_spider()
    assert walk(first, [6, 5], [4, 3], [2, 1], []) == 4
    later(first)
    again = make_spider(first)
    assert walk(again, [6, 5]) == 1
    assert walk(again, [7, 6], [5, 4], [3, 2]) == 2
    assert again.requested == {"7"}


def test_a_pinned_entry_does_not_end_a_walk_early(make_spider: Callable[..., HeraldSpider]) -> None:
    first = make_spider()
    assert walk(first, [9, 6, 5], [9, 4, 3], [9]) == 4, "one page without news is not yet the end"
    first = make_spider()
    assert walk(first, [9, 6, 5], [9, 4, 3], [9], [9]) == 4
    assert first.requested == {"9", "6", "5", "4", "3"}


def test_an_unfinished_walk_does_not_end_the_next_one(make_spider: Callable[..., HeraldSpider]) -> None:
    first = make_spider()
    walk(first, [6, 5], [4, 3])  # killed here: pages 3 and on were never seen
    later(first)
    again = make_spider(first)
    assert walk(again, [6, 5], [4, 3], [2, 1], []) == 4
    assert {"1", "2"} <= again.requested


def test_articles_below_an_unfinished_walk_are_found_by_the_next(
    make_spider: Callable[..., HeraldSpider],
) -> None:
    """Entries that only the unfinished walk has seen do not end the next one."""
    first = make_spider()
    walk(first, [4, 3], [2, 1], [])
    later(first)
    broken = make_spider(first)
    assert walk(broken, [8, 7]) == 2
    again = make_spider(first)
    assert walk(again, [8, 7], [6, 5], [4, 3]) == 3
    assert again.requested == {"6", "5"}


@pytest.mark.parametrize("limits", [{"max_pages": "1"}, {"max_articles": "1"}, {"until": "2026-09-14"}])
def test_a_limited_walk_does_not_end_the_next_one(
    make_spider: Callable[..., HeraldSpider], limits: dict[str, str]
) -> None:
    first = make_spider(**limits)
    walk(first, [6, 5], [4, 3], [])
    later(first)
    assert walk(make_spider(first), [6, 5], [4, 3], [2, 1], []) == 4


def test_a_shallow_walk_does_not_stop_a_deeper_one(make_spider: Callable[..., HeraldSpider]) -> None:
    first = make_spider(since="2026-09-15")
    assert walk(first, [6, 5], [4, 3]) == 1
    later(first)
    assert walk(make_spider(first), [6, 5], [4, 3], []) == 3


def test_a_list_without_dates_ends_by_the_days_in_its_addresses(
    make_spider: Callable[..., HeraldSpider],
) -> None:
    spider = make_spider(since="2021-04-15")
    pages = [[f"202104{day:02}000001", f"202104{day:02}000002"] for day in (20, 9, 8, 7, 6)]
    assert walk(spider, *pages, day="") == 4, "what is filed on the 8th may be printed on the 15th"
    assert spider.archive.ledger.listing(LISTING).complete_since == (date(2021, 4, 15) - EPOCH).days
    assert walk(make_spider(since="2021-04-15"), [6, 5], [4, 3], [2, 1], [], day="") == 4


def test_an_empty_first_page_is_read_again_by_the_next_run(make_spider: Callable[..., HeraldSpider]) -> None:
    """An empty page may mean that the markup has changed."""
    spider = make_spider()
    assert walk(spider, []) == 1
    assert spider.archive.ledger.listing(LISTING) is None
    assert spider.crawler.stats.get_value("herald/listing/empty") == 1


def test_a_listing_is_requested_conditionally_after_a_walk_as_deep(
    make_spider: Callable[..., HeraldSpider],
) -> None:
    spider = make_spider()
    national = sections.BY_SLUG["national"]
    assert "If-None-Match" not in spider.first_request(national, LISTING).headers
    one = ListingWalk(national, LISTING)
    list(spider.parse_listing(page([1], headers={"ETag": '"x"'}), one))
    list(spider.parse_listing(page([], 2, headers={"ETag": '"y"'}), one))
    assert spider.first_request(national, LISTING).headers["If-None-Match"] == b'"x"'
    assert list(spider.parse_listing(page([], status=304), ListingWalk(national, LISTING))) == []
    deeper = make_spider(spider, since="2020-01-01")
    assert "If-None-Match" in deeper.first_request(national, LISTING).headers


def test_a_listing_without_end_is_cut_at_the_page_limit(make_spider: Callable[..., HeraldSpider]) -> None:
    pages = [[number] for number in range(1, 100)]
    assert walk(make_spider(), *pages) == 50


def test_an_entry_inserted_in_the_middle_is_found(make_spider: Callable[..., HeraldSpider]) -> None:
    """77 is published between 7 and 6 after page 2 was read."""
    spider = make_spider()
    first = [[9, 8], [7, 6], [6, 5], [4, 3], [2], []]
    assert walk(spider, *first, [9, 8], [7, 77], [6, 5]) == 9
    assert "77" in spider.requested


def test_an_entry_inserted_at_the_top_is_found(make_spider: Callable[..., HeraldSpider]) -> None:
    spider = make_spider()
    assert walk(spider, [9, 8], [7, 6], [6, 5], [4], [], [10, 9], [8, 7]) == 7
    assert "10" in spider.requested


def test_a_listing_that_rotates_is_walked_twice(make_spider: Callable[..., HeraldSpider]) -> None:
    turning = [[1, 2, 3], [2, 3, 1], [3, 1, 2]]
    assert walk(make_spider(), *turning, *turning, *turning) == 6


def answer_missing(spider: HeraldSpider, walk: ListingWalk) -> list[Any]:
    """Return the requests that follow a response 404 to the current page of `walk`."""
    failure = Failure(HttpError(Response(f"{BASE}/National", status=404)))
    failure.request = spider.listing_request(walk)  # type: ignore[attr-defined]

    return list(failure.request.errback(failure))  # type: ignore[attr-defined]


def test_two_missing_pages_end_a_walk(make_spider: Callable[..., HeraldSpider]) -> None:
    spider = make_spider()
    one = ListingWalk(sections.BY_SLUG["national"], LISTING)
    list(spider.parse_listing(page([1]), one))
    (request,) = answer_missing(spider, one)
    assert request.url.endswith("?page=3&pageTop=true")  # a single page may be missing for a moment
    assert answer_missing(spider, one) == []
    assert spider.archive.ledger.listing(LISTING).complete_since == 0


def test_a_missing_listing_does_not_count_as_read(make_spider: Callable[..., HeraldSpider]) -> None:
    spider = make_spider()
    assert answer_missing(spider, ListingWalk(sections.BY_SLUG["national"], LISTING)) == []
    assert spider.archive.ledger.listing(LISTING) is None


def test_a_failed_article_does_not_count_for_max_articles(
    make_spider: Callable[..., HeraldSpider],
) -> None:
    spider = make_spider(max_articles="1")
    spider.note([Entry("9", "https://www.koreaherald.com/article/9", "")], None)
    assert [request.cb_kwargs["listed_id"] for request in spider.next_requests()] == ["9"]
    spider.ended("9", FAILED, "HTTP 500")
    assert walk(spider, [9], [6, 5], [4, 3]) == 2
    assert len(list(spider.next_requests())) == 1


def test_guessed_paths_are_used_only_without_a_menu(make_spider: Callable[..., HeraldSpider]) -> None:
    menu = [(sections.BY_SLUG["north-korea"], "https://www.koreaherald.com/National/NKorea")]
    asked = {request.url.removeprefix(BASE) for request in make_spider().listing_requests(menu)}
    assert "/National/NKorea" in asked
    assert "/National/Politics" in asked, "proved paths are asked though this menu lacks them"
    assert not asked & {"/National/NorthKorea", "/National/Seoul"}
    assert "/National/Seoul" in {
        request.url.removeprefix(BASE) for request in make_spider().listing_requests([])
    }


def asked(
    spider: HeraldSpider, walk: ListingWalk, content: Callable[[int], tuple[list[int], str]]
) -> list[int]:
    """Return the numbers of the pages that a walk requests."""
    numbers: list[int] = []
    while len(numbers) < 200:
        numbers.append(walk.number)
        ids, day = content(walk.number)
        if not list(spider.parse_listing(page(ids, walk.number, day), walk)):
            break
    return numbers


def test_pages_with_a_constant_overlap_are_walked_once(make_spider: Callable[..., HeraldSpider]) -> None:
    """Each page begins with the last entry of the page before."""
    spider = make_spider()
    walk = spider.first_request(sections.BY_SLUG["national"], LISTING).cb_kwargs["walk"]

    def content(number: int) -> tuple[list[int], str]:
        return ([1000 - 2 * number - each for each in range(3)] if number <= 20 else []), "Sept. 14, 2026"

    assert asked(spider, walk, content) == list(range(1, 22))


def test_a_continued_walk_restarts_at_the_page_where_it_began(
    make_spider: Callable[..., HeraldSpider],
) -> None:
    spider = make_spider(since="2026-09-01", max_pages="5")
    walk = spider.first_request(sections.BY_SLUG["national"], LISTING, 30).cb_kwargs["walk"]

    def content(number: int) -> tuple[list[int], str]:
        pages = {30: [100, 99, 98], 31: [98, 97, 96]}
        ids = pages.get(number, [1000 - 3 * number - each for each in range(3)])
        return ids, "Sept. 14, 2026" if number < 32 else "Aug. 14, 2026"

    assert asked(spider, walk, content) == [30, 31, 32, 30, 31, 32]


def test_a_listing_without_content_from_server_and_browser_is_skipped() -> None:
    settings = {"HERALD_RENDER_SECTIONS": "national", "SPLASH_URL": "http://127.0.0.1:2"}
    shell = b'<html><body><div id="root"></div><script src="/app.js"></script></body></html>'

    def failing(request: Request) -> list[Any]:
        failure = Failure(HttpError(HtmlResponse(request.url, status=504, request=request)))  # type: ignore[no-untyped-call]
        failure.request = request  # type: ignore[attr-defined]
        return list(request.errback(failure))  # type: ignore[misc]

    with making(HeraldSpider, **settings) as make:
        spider = make()
        following = [spider.first_request(sections.BY_SLUG["national"], LISTING)]
        kinds = []
        while following and len(kinds) < 9:
            (request,) = following
            kinds.append("browser" if "render" in request.meta else "server")
            if "render" in request.meta:
                following = failing(request)
            else:
                response = HtmlResponse(request.url, body=shell, request=request)
                following = list(spider.parse_listing(response, request.cb_kwargs["walk"]))
    assert kinds == ["browser", "server"]
    assert spider.crawler.stats.get_value("herald/listing/needs_rendering") == 1
