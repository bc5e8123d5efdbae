"""Walks through section listings: where each stands, and the rule by which it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import sections, urls
from herald_spider.archive.ledger import Validators
from herald_spider.loaders.listing import Entry, Listing, read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.middlewares.failures import failure_reason
from herald_spider.sections import Section
from herald_spider.spiders.arguments import UD_MARGIN, ListingArguments
from herald_spider.spiders.base import GONE_STATUSES, NOT_MODIFIED, conditional, validators
from herald_spider.spiders.site import SiteSpider

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

LISTINGS_FIRST = 10
# One page without news can be a page that shifted under the walk; two end it.
BARREN_PAGES = 2
SEVERAL = 3  # pages that overlap: no chance any more
EPOCH = date(1970, 1, 1)


@dataclass
class Walk:
    """A walk through the pages of one listing.

    It goes down to the day `since`, or to the bottom. `known_at` is the end of the last
    whole walk: a page of entries that were all known then ends this one; None where no
    earlier walk went as deep as this one must.

    Entries that `moved` down while it walked were pushed there by others, which may stand on
    pages that it had read: it walks `again` from its first page, until it has found as many
    that are new (`owed`), or has come as deep as before (`deepest`).
    """

    section: Section
    url: str
    since: date | None = None
    known_at: int | None = None
    number: int = 1
    first: int = 1  # the page where it begins
    seen: set[str] = field(default_factory=set)
    previous: list[str] = field(default_factory=list)
    barren: int = 0
    shifts: list[int] = field(default_factory=list)  # how many moved from each page to the next
    owed: int = 0
    deepest: int = 0
    again: int = 0
    unrendered: bool = False  # the browser has failed: what is static is all there is
    down_to: int | None = None
    validators: Validators = (None, None)

    @property
    def moved(self) -> int:
        """How many entries moved down; pages that overlap, all of them alike, are the site's manner."""
        usual = min(self.shifts) if len(self.shifts) >= SEVERAL else 0
        return sum(self.shifts) - usual * len(self.shifts)


class WalkingSpider(SiteSpider):
    """A spider that walks the listings of sections."""

    arguments: ClassVar[type[ListingArguments]] = ListingArguments
    args: ListingArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.walking: dict[str, Walk] = {}  # those that have not come to their end, by listing

    # The menu -------------------------------------------------------------------------

    def menu_request(self) -> Request:
        return Request(f"{self.base}/", self.parse_menu, errback=self.no_menu, dont_filter=True)

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

    @closes_on_archive_error
    async def no_menu(self, failure: Failure) -> AsyncIterator[Request]:
        """Without its front page the site may still answer; without any answer it is down."""
        if self.problem:  # the run ends: see failed()
            return
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

    def walk_since(self, url: str) -> date | None:
        """The day down to which a listing is walked; None for the bottom."""
        return self.args.since

    def shown_in(self) -> set[str] | None:
        return None if "all" in self.args.sections else with_children(self.args.sections)

    def wanted(self) -> set[str]:
        """The slugs of the sections to walk."""
        return with_children(self.args.sections)

    # Listings -------------------------------------------------------------------------

    def first_request(self, section: Section, url: str, number: int = 1) -> Request:
        """The first page, conditionally where an earlier walk saw as much as this one wants.

        `number` is another than 1 where an earlier walk is gone on with.
        """
        since = self.walk_since(url)
        row = self.archive.ledger.listing(url)
        deep_enough = (
            row is not None and row.complete_since is not None and row.complete_since <= _horizon(since)
        )
        walk = Walk(section, url, since, row.walked if deep_enough else None, number, number)
        self.walking[url] = walk
        is_whole = deep_enough and number == 1
        return self.listing_request(
            walk, headers=conditional(row.etag, row.last_modified) if is_whole else {}
        )

    def listing_request(self, walk: Walk, *, render: bool | None = None, **options: Any) -> Request:
        """The page where `walk` stands; `render` None leaves it to the section."""
        request = self.request(
            urls.listing_page(walk.url, walk.number),
            self.parse_listing,
            self.no_listing,
            cb_kwargs={"walk": walk},
            priority=LISTINGS_FIRST,
            dont_filter=True,
            meta={"handle_httpstatus_list": [NOT_MODIFIED]},
            **options,
        )
        if render is None:
            render = bool(self.renderer) and self.always_rendered(walk.section)
        if not render:
            return request
        self.count("render/asked")
        return request.replace(meta={"render": "listing"}, headers={}, errback=self.not_rendered)

    def parse_listing(self, response: Response, walk: Walk | None = None) -> Iterator[Request]:
        """Note the entries of one page, and go on to the next until the stop rule.

        @url https://www.koreaherald.com/National
        @returns requests 1
        """
        walk = walk or Walk(sections.BY_SLUG["national"], self.page(response).address(response.url).url)
        self.count("listing/read")
        if response.status == NOT_MODIFIED:
            self.count("listing/not_modified")
            self.walking.pop(walk.url, None)
            return
        if walk.number == 1 and not walk.again:
            walk.validators = validators(response)
        listing = read_listing(self.page(response))
        if listing.is_bare and "rendered" not in response.meta:
            yield from self.render_listing(walk)
            return
        if listing.entries and "rendered" in response.meta:
            self.count("render/brought")
        if listing.entries:
            walk.unrendered = False
            self.count(f"list_layout/{listing.layout}", response.url)
        elif walk.number == 1:
            self.count("listing/empty", response.url)
            row = self.archive.ledger.listing(walk.url)
            if row is not None and row.walked:
                self.count("listing/emptied", response.url)
            self.logger.warning(
                "Listing %s gave no entries: an empty section, or its markup has changed.", response.url
            )
            self.walking.pop(walk.url, None)
            return  # not a walk that has seen everything: the next run looks again
        all_known = self.note_page(listing, walk)
        if self.goes_on(walk, listing.entries, all_known):
            yield self.listing_request(walk)
        yield from self.hand_out()

    @closes_on_archive_error
    async def no_listing(self, failure: Failure) -> AsyncIterator[Any]:
        """Pages beyond the last may be missing; a listing whose first page is has nothing to walk."""
        walk: Walk = failure.request.cb_kwargs["walk"]  # type: ignore[attr-defined]
        is_missing = isinstance(failure.value, HttpError) and failure.value.response.status in GONE_STATUSES
        if is_missing and walk.number > 1 and not self.problem:
            self.count("listing/missing", failure.request.url)  # type: ignore[attr-defined]
            walk.barren += 1
            if walk.barren < BARREN_PAGES and not self.is_cut(walk):
                walk.number += 1
                yield self.listing_request(walk)
            elif walk.barren >= BARREN_PAGES and self.goes_on(walk, [], all_known=False):
                yield self.listing_request(walk)
            return
        if is_missing:
            self.walking.pop(walk.url, None)
        async for each in self.failed(failure):
            yield each

    def render_listing(self, walk: Walk) -> Iterator[Request]:
        """Ask once more for a listing that its scripts must fill, this time through a browser."""
        if self.renderer and not walk.unrendered:
            yield self.listing_request(walk, render=True)
            return
        self.count("listing/needs_rendering")
        hint = (
            "and the browser has failed" if self.renderer else "set SPLASH_URL, or HERALD_RENDERER=playwright"
        )
        self.logger.warning(
            "Listing %s needs rendering: %s. Its stories are left to the other listings.", walk.url, hint
        )

    @closes_on_archive_error
    async def not_rendered(self, failure: Failure) -> AsyncIterator[Any]:
        """The static form may hold something still, where the renderer was asked first."""
        async for each in self.failed(failure):
            yield each
        walk: Walk = failure.request.cb_kwargs["walk"]  # type: ignore[attr-defined]
        walk.unrendered = True
        if self.always_rendered(walk.section):
            yield self.listing_request(walk, render=False)

    def always_rendered(self, section: Section) -> bool:
        return section.render or section.slug in self.settings.getlist("HERALD_RENDER_SECTIONS")

    def note_page(self, listing: Listing, walk: Walk) -> bool:
        """Enter a page's articles; whether all of them were known when the last whole walk ended."""
        known = self.note(listing.entries, walk.section.slug if listing.credited else None)
        return (
            walk.known_at is not None
            and len(known) == len({entry.id for entry in listing.entries})
            and all(each.first_seen <= walk.known_at for each in known.values())
        )

    def goes_on(self, walk: Walk, entries: list[Entry], all_known: bool) -> bool:
        """Turn `walk` to its next page; False where the stop rule says that it ends."""
        ids = [entry.id for entry in entries]
        new = [entry for entry in entries if entry.id not in walk.seen]
        if walk.previous and ids:
            walk.shifts.append(_moved(walk.previous, ids))
        walk.owed -= len(new)
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
            if walk.first == 1:
                self.archive.ledger.finish_walk(walk.url, walk.section.slug, walk.down_to, walk.validators)
            self.walking.pop(walk.url, None)
        return False

    def is_cut(self, walk: Walk) -> bool:
        """Whether a limit ends the walk before its own end."""
        if self.args.max_pages and walk.number - walk.first + 1 >= self.args.max_pages:
            return True
        if self.is_enough:
            return True
        if walk.number >= self.settings.getint("HERALD_MAX_LISTING_PAGES"):
            self.logger.error("Listing %s has no end: cut at page %d.", walk.url, walk.number)
            self.count("listing/cut")
            self.walking.pop(walk.url, None)
            return True
        return False

    def complete_down_to(self, walk: Walk, new: list[Entry], all_known: bool) -> int | None:
        """The day down to which everything is noted, 0 for the bottom; None to go on."""
        if all_known:
            row = self.archive.ledger.listing(walk.url)
            return int(row.complete_since)
        if not walk.previous or self.is_barren(walk, new):
            return 0
        days = [entry.date.date() for entry in new if entry.date]
        if not days:  # a list that prints none
            days = [day + UD_MARGIN for entry in new if (day := urls.filed(entry.id))]
        if walk.since and days and max(days) < walk.since:
            return _horizon(walk.since)
        return None

    def is_barren(self, walk: Walk, new: list[Entry]) -> bool:
        """Whether further pages will hold nothing that was not seen."""
        if not walk.again:
            return walk.barren >= BARREN_PAGES
        return not new and (walk.owed <= 0 or walk.number >= walk.deepest)

    def starts_again(self, walk: Walk) -> bool:
        """Stories pushed entries down while we walked: fetch them, wherever they stand."""
        if not walk.moved or walk.again >= 3 or walk.owed > 0:  # where the last time was in vain
            return False
        walk.deepest = max(walk.deepest, walk.number)
        walk.owed, walk.shifts = walk.moved, []
        walk.number, walk.barren, walk.previous = walk.first, 0, []
        walk.again += 1
        self.count("listing/shifted")
        return True


_ALL = frozenset(section.slug for section in sections.SECTIONS if section.language == "en")


def with_children(slugs: Iterable[str]) -> set[str]:
    """The slugs that are meant: a parent brings its children, ``all`` the English paper."""
    if "all" in slugs:
        return set(_ALL)
    return {each.slug for slug in slugs for each in (sections.BY_SLUG[slug], *sections.children(slug))}


def _horizon(since: date | None) -> int:
    """The day down to which a listing is walked, since 1970; 0 is the bottom."""
    return (since - EPOCH).days if since else 0


def _moved(before: list[str], now: list[str]) -> int:
    """How many entries moved down: they stood on the page before.

    A pinned entry stands at the same place on every page and tells nothing.
    """
    return sum(each in before and before.index(each) > index for index, each in enumerate(now))
