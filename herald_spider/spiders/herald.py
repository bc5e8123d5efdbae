"""The main spider: walks the section listings and reads every article they show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import sections, urls
from herald_spider.archive.ledger import Validators, now
from herald_spider.loaders.listing import Entry, read_listing, read_menu
from herald_spider.processors import KST
from herald_spider.sections import Section
from herald_spider.spiders.arguments import ListingArguments
from herald_spider.spiders.base import NOT_MODIFIED, HeraldBaseSpider, conditional, failure_reason, validators

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self

PENDING_FIRST = 20
LISTINGS_FIRST = 10
# One page without news can be a page that shifted under the walk; two end it.
BARREN_PAGES = 2
EPOCH = date(1970, 1, 1)


@dataclass
class Walk:
    """A walk through the pages of one listing.

    `known_at` is the end of the last whole walk: a page of entries that were all known
    then ends this one; None where no earlier walk went as deep as this one must.
    """

    section: Section
    url: str
    known_at: int | None = None
    number: int = 1
    seen: set[str] = field(default_factory=set)
    previous: list[str] = field(default_factory=list)
    barren: int = 0
    shifted: bool = False
    again: int = 0
    down_to: int | None = None
    validators: Validators = (None, None)


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
        self.waiting: dict[str, Request] = {}
        self.asked: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.release_waiting, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        # Before the listings: runs that are always cut short must still get on.
        self.take_up_pending()
        for request in self.take_waiting():
            yield request.replace(priority=PENDING_FIRST)
        self.take_up_young()
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
        # A guess that the menu does not bear out is not worth a request.
        paths = (each for each in sections.SECTIONS if each.path and not (menu and each.guess))
        rest = [(each, f"{urls.SITE}{each.path}") for each in paths]
        wanted = self.wanted()
        for section, url in [*menu, *(pair for pair in rest if pair[0].slug not in listed)]:
            if section.slug in wanted or (wanted >= _ALL and section.slug not in sections.BY_SLUG):
                yield self.first_request(section, url)

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

    def first_request(self, section: Section, url: str) -> Request:
        """The first page, conditionally where an earlier walk saw as much as this one wants."""
        row = self.archive.ledger.listing(url)
        deep_enough = (
            row is not None and row.complete_since is not None and row.complete_since <= self.horizon
        )
        walk = Walk(section, url, row.walked if deep_enough else None)
        return self.listing_request(
            walk, headers=conditional(row.etag, row.last_modified) if deep_enough else {}
        )

    @property
    def horizon(self) -> int:
        """The day down to which listings are walked, since 1970; 0 is the bottom."""
        return (self.args.since - EPOCH).days if self.args.since else 0

    def listing_request(self, walk: Walk, **options: Any) -> Request:
        return self.request(
            urls.listing_page(walk.url, walk.number),
            self.parse_listing,
            cb_kwargs={"walk": walk},
            priority=LISTINGS_FIRST,
            dont_filter=True,
            meta={"handle_httpstatus_list": [NOT_MODIFIED]},
            **options,
        )

    def parse_listing(self, response: Response, walk: Walk | None = None) -> Iterator[Request]:
        """Note the entries of one page, and go on to the next until the stop rule.

        @url https://www.koreaherald.com/National
        @returns requests 1
        """
        walk = walk or Walk(sections.BY_SLUG["national"], self.page(response).address(response.url).url)
        self.count("listing/pages")
        if response.status == NOT_MODIFIED:
            self.count("listing/not_modified")
            return
        if walk.number == 1 and not walk.again:
            walk.validators = validators(response)
        listing = read_listing(self.page(response))
        if not listing.entries and walk.number == 1:
            self.count("listing/empty")
            self.logger.warning(
                "Listing %s gave no entries: an empty section, or its markup has changed.", response.url
            )
            return  # not a walk that has seen everything: the next run looks again
        all_known = self.note(listing.entries, walk, walk.section.slug if listing.credited else None)
        if self.goes_on(walk, listing.entries, all_known):
            yield self.listing_request(walk)
        if len(self.waiting) >= self.settings.getint("HERALD_WAITING_LIMIT"):
            yield from self.take_waiting()

    def note(self, entries: list[Entry], walk: Walk, slug: str | None) -> bool:
        """Enter a page's articles into the ledger and put the new ones on the waiting list.

        Whether all of them were known when the last whole walk ended.
        """
        within = [entry for entry in entries if self.args.covers(entry.date.date() if entry.date else None)]
        ledger = self.archive.ledger
        via = f"{self.name}:{slug or 'page'}"
        with ledger.transaction():
            known = ledger.known(entry.id for entry in entries)
            fresh = ledger.discover((entry.id, entry.url, via, slug) for entry in within)
        for entry in within:
            if entry.id in fresh:
                self.wait_for(entry.id, self.article_request(
                    entry.url, cb_kwargs={"discovered_via": via, "listed_id": entry.id}))  # fmt: skip
        before = [known[entry.id] for entry in entries if entry.id in known]
        return (
            walk.known_at is not None
            and len(before) == len(entries)
            and all(each.first_seen <= walk.known_at for each in before)
        )

    def goes_on(self, walk: Walk, entries: list[Entry], all_known: bool) -> bool:
        """Turn `walk` to its next page; False where the stop rule says that it ends."""
        ids = [entry.id for entry in entries]
        new = [entry for entry in entries if entry.id not in walk.seen]
        walk.shifted |= _has_shifted(walk.previous, ids)
        walk.seen.update(ids)
        walk.previous = ids
        walk.barren = 0 if new else walk.barren + 1
        if self.is_cut(walk):
            return False
        down_to = self.complete_down_to(walk, new, all_known)
        if down_to is None:
            walk.number += 1
            return True
        walk.down_to = down_to if walk.down_to is None else walk.down_to
        if self.starts_again(walk):
            return True
        if not self.args.until:  # what is newer than `until` was not noted
            self.archive.ledger.finish_walk(walk.url, walk.section.slug, walk.down_to, walk.validators)
        return False

    def is_cut(self, walk: Walk) -> bool:
        """Whether a limit ends the walk before its own end."""
        if self.args.max_pages and walk.number >= self.args.max_pages:
            return True
        if self.args.max_articles and len(self.asked) >= self.args.max_articles:
            return True
        if walk.number >= self.settings.getint("HERALD_MAX_LISTING_PAGES"):
            self.logger.error("Listing %s has no end: cut at page %d.", walk.url, walk.number)
            self.count("listing/cut")
            return True
        return False

    def complete_down_to(self, walk: Walk, new: list[Entry], all_known: bool) -> int | None:
        """The day down to which everything is noted, 0 for the bottom; None to go on."""
        if all_known:
            row = self.archive.ledger.listing(walk.url)
            return int(row.complete_since)
        if walk.barren >= BARREN_PAGES or not walk.previous or (walk.again and not new):
            return 0
        dates = [entry.date.date() for entry in new if entry.date]
        if self.args.since and dates and max(dates) < self.args.since:
            return self.horizon
        return None

    def starts_again(self, walk: Walk) -> bool:
        """New stories pushed entries down while we walked: fetch them from the first page."""
        if not walk.shifted or walk.again >= 3:
            return False
        walk.number, walk.barren, walk.shifted, walk.previous = 1, 0, False, []
        walk.again += 1
        self.count("listing/shifted")
        return True

    # Articles -------------------------------------------------------------------------

    def take_up_pending(self) -> None:
        """What earlier runs found and did not get comes first."""
        limit = self.settings.getint("HERALD_WAITING_LIMIT")
        for known in self.archive.ledger.pending(limit, *self.moments(), self.shown_in()):
            via = {"discovered_via": known.found_by, "listed_id": known.id}
            self.wait_for(known.id, self.article_request(known.url, cb_kwargs=via))

    def take_up_young(self) -> None:
        """Ask again for what was published not long ago: it may have been revised."""
        hours = self.settings.getfloat("HERALD_REVISIT_HOURS")
        since, _ = self.moments()
        oldest = max(int(now() - hours * 3600), since or 0)
        for known in self.archive.ledger.young(oldest, self.shown_in()) if hours else ():
            self.wait_for(known.id, self.revisit_request(known))

    def moments(self) -> tuple[int | None, int | None]:
        """`since` and the end of `until`, in seconds since 1970."""
        since, until = self.args.since, self.args.until
        return (_midnight(since) if since else None, _midnight(until + timedelta(1)) if until else None)

    def shown_in(self) -> set[str] | None:
        """The listings that must have shown what is taken up; None for any."""
        return None if "all" in self.args.sections else self.wanted()

    def wait_for(self, article: str, request: Request) -> None:
        if article not in self.asked:
            self.asked.add(article)
            self.waiting[article] = request

    def release_waiting(self) -> None:
        """The listings are walked: ask for the articles."""
        if self.problem:
            return
        if not self.waiting:
            self.take_up_pending()
        if requests := list(self.take_waiting()):
            for request in requests:
                self.crawler.engine.crawl(request)
            raise DontCloseSpider

    def take_waiting(self) -> Iterator[Request]:
        limit, stats = self.args.max_articles, self.crawler.stats
        while self.waiting:
            # A page that brought no article does not count against the limit.
            barren = stats.get_value("herald/gone", 0) + stats.get_value("herald/failed", 0)
            if limit and stats.get_value("herald/asked", 0) >= limit + barren:
                return
            self.count("asked")
            yield self.waiting.pop(next(iter(self.waiting)))


_ALL = frozenset(section.slug for section in sections.SECTIONS if section.language == "en")


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=KST).timestamp())


def _has_shifted(before: list[str], now: list[str]) -> bool:
    """Whether an entry moved down: it stood further up on the page before.

    A pinned entry stands at the same place on every page and tells nothing.
    """
    return any(each in before and before.index(each) > index for index, each in enumerate(now))
