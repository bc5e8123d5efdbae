"""The main spider: walks the section listings and reads every article they show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import sections, urls
from herald_spider.loaders.listing import Entry, read_listing, read_menu
from herald_spider.sections import Section
from herald_spider.spiders.arguments import ListingArguments
from herald_spider.spiders.base import HeraldBaseSpider, failure_reason

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self

LISTINGS_FIRST = 10
# One page without news can be a page that shifted under the walk; two end it.
BARREN_PAGES = 2


@dataclass
class Walk:
    """A walk through the pages of one listing."""

    section: Section
    url: str
    number: int = 1
    seen: set[str] = field(default_factory=set)
    previous: list[str] = field(default_factory=list)
    barren: int = 0
    shifted: bool = False
    again: int = 0


class HeraldSpider(HeraldBaseSpider):
    """Section listings of all generations, then the articles that they show.

    Arguments: ``sections`` (slugs, a parent means its children too), ``since``,
    ``until``, ``max_pages`` (per listing), ``max_articles``.
    """

    name = "herald"
    arguments: ClassVar[type[ListingArguments]] = ListingArguments
    args: ListingArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.listed_in: dict[str, set[str]] = {}
        self.waiting: dict[str, dict[str, Any]] = {}
        self.asked: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.release_waiting, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        yield Request(f"{self.base}/", self.parse_menu, errback=self.no_menu, dont_filter=True)

    # The menu -------------------------------------------------------------------------

    def parse_menu(self, response: Response) -> Iterator[Request]:
        """Take the listings that the site's own menu shows; the table fills the gaps.

        @url https://www.koreaherald.com/
        @returns requests 1
        """
        menu = read_menu(self.page(response))
        if not menu:
            self.count("menu/empty")
            self.logger.warning("No menu at %s: its markup has changed? Going by the table.", response.url)
        for section, _ in menu:
            if section.slug not in sections.BY_SLUG:
                self.logger.warning("The menu has a section that sections.py lacks: %s", section.name)
        yield from self.walk_listings(menu)

    async def no_menu(self, failure: Failure) -> AsyncIterator[Request]:
        """Without its front page the site may still answer; without any answer it is down."""
        if not isinstance(failure.value, HttpError):
            self.logger.error(
                "%s cannot be reached: %s. Check HERALD_BASE_URL and the network.",
                self.base,
                failure_reason(failure),
            )
            raise CloseSpider("unreachable")
        self.logger.warning("No front page: %s. Going by the table of sections.", failure_reason(failure))
        for request in self.walk_listings([]):
            yield request

    def walk_listings(self, menu: list[tuple[Section, str]]) -> Iterator[Request]:
        listed = {section.slug for section, _ in menu}
        rest = [(each, urls.SITE + each.path) for each in sections.SECTIONS if each.path]
        wanted = self.wanted()
        for section, url in [*menu, *(pair for pair in rest if pair[0].slug not in listed)]:
            if section.slug in wanted or (wanted >= _ALL and section.slug not in sections.BY_SLUG):
                yield self.listing_request(Walk(section, url))

    def wanted(self) -> set[str]:
        """The slugs to walk: a parent brings its children, ``all`` the English paper."""
        if "all" in self.args.sections:
            return set(_ALL)
        return {
            each.slug
            for slug in self.args.sections
            for each in (sections.BY_SLUG[slug], *sections.children(slug))
        }

    # Listings -------------------------------------------------------------------------

    def listing_request(self, walk: Walk) -> Request:
        return self.request(
            urls.listing_page(walk.url, walk.number),
            self.parse_listing,
            cb_kwargs={"walk": walk},
            priority=LISTINGS_FIRST,
            dont_filter=True,
        )

    def parse_listing(self, response: Response, walk: Walk | None = None) -> Iterator[Request]:
        """Note the entries of one page, and go on to the next until the stop rule.

        @url https://www.koreaherald.com/National
        @returns requests 1
        """
        walk = walk or Walk(sections.BY_SLUG["national"], self.page(response).address(response.url).url)
        listing = read_listing(self.page(response))
        self.count("listing/pages")
        if not listing.entries and walk.number == 1:
            self.count("listing/empty")
            self.logger.warning(
                "Listing %s gave no entries: an empty section, or its markup has changed.", response.url
            )
        for entry in listing.entries:
            self.note(entry, walk.section.slug if listing.credited else None)
        if self.goes_on(walk, listing.entries):
            yield self.listing_request(walk)
        if len(self.waiting) >= self.settings.getint("HERALD_WAITING_LIMIT"):
            yield from self.take_waiting()

    def note(self, entry: Entry, slug: str | None) -> None:
        """Remember where an article was listed, and put it on the waiting list once."""
        if not self.args.covers(entry.date.date() if entry.date else None):
            return
        if slug:
            self.listed_in.setdefault(entry.id, set()).add(slug)
        if entry.id not in self.asked:
            self.asked.add(entry.id)
            self.waiting[entry.id] = {"url": entry.url, "via": slug or "page"}

    def goes_on(self, walk: Walk, entries: list[Entry]) -> bool:
        """Turn `walk` to its next page; False where the stop rule says that it ends."""
        ids = [entry.id for entry in entries]
        new = [entry for entry in entries if entry.id not in walk.seen]
        walk.shifted |= _has_shifted(walk.previous, ids)
        walk.seen.update(ids)
        walk.previous = ids
        walk.barren = 0 if new else walk.barren + 1
        if self.is_over(walk, ids, new):
            return self.starts_again(walk)
        walk.number += 1
        return True

    def is_over(self, walk: Walk, ids: list[str], new: list[Entry]) -> bool:
        if not ids or walk.barren >= BARREN_PAGES or (walk.again and not new):
            return True
        if self.args.max_pages and walk.number >= self.args.max_pages:
            return True
        if self.args.max_articles and len(self.asked) >= self.args.max_articles:
            return True
        if walk.number >= self.settings.getint("HERALD_MAX_LISTING_PAGES"):
            self.logger.error("Listing %s has no end: cut at page %d.", walk.url, walk.number)
            self.count("listing/cut")
            return True
        dates = [entry.date.date() for entry in new if entry.date]
        return bool(self.args.since and dates and max(dates) < self.args.since)

    def starts_again(self, walk: Walk) -> bool:
        """New stories pushed entries down while we walked: fetch them from the first page."""
        if not walk.shifted or walk.again >= 3:
            return False
        walk.number, walk.barren, walk.shifted, walk.previous = 1, 0, False, []
        walk.again += 1
        self.count("listing/shifted")
        return True

    # Articles -------------------------------------------------------------------------

    def release_waiting(self) -> None:
        """The listings are walked: ask for the articles."""
        if requests := list(self.take_waiting()):
            for request in requests:
                self.crawler.engine.crawl(request)
            raise DontCloseSpider

    def take_waiting(self) -> Iterator[Request]:
        limit = self.args.max_articles
        stats = self.crawler.stats
        while self.waiting:
            if limit and stats.get_value("herald/asked", 0) >= limit + stats.get_value("herald/gone", 0):
                return
            article_id = next(iter(self.waiting))
            found = self.waiting.pop(article_id)
            self.count("asked")
            yield self.article_request(
                found["url"],
                cb_kwargs={"discovered_via": f"{self.name}:{found['via']}", "listed_id": article_id},
            )

    def parse_article(self, response: Response, **found: Any) -> Iterator[Any]:
        for item in super().parse_article(response, **found):
            if not isinstance(item, Request):
                ids = {item.id, found.get("listed_id")}
                slugs = (self.listed_in.get(each, set()) for each in ids)
                item.listed_in = sorted(set().union(*slugs))
            yield item

    parse_article.__doc__ = HeraldBaseSpider.parse_article.__doc__


_ALL = frozenset(section.slug for section in sections.SECTIONS if section.language == "en")


def _has_shifted(before: list[str], now: list[str]) -> bool:
    """Whether an entry moved down: it stood further up on the page before.

    A pinned entry stands at the same place on every page and tells nothing.
    """
    return any(each in before and before.index(each) > index for index, each in enumerate(now))
