"""The base of the spiders that read section listings: the menu and the walks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import sections, urls
from herald_spider.loaders.listing import Listing, read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.middlewares.failures import failure_reason
from herald_spider.sections import Section
from herald_spider.spiders.arguments import ListingArguments
from herald_spider.spiders.listing_walk import ListingWalk, day_number
from herald_spider.spiders.responses import NOT_MODIFIED, is_gone, validators
from herald_spider.spiders.site import PAGE_PRIORITY, SOURCE_PRIORITY, SiteSpider

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

MAX_PAGES = 5000  # of a listing that never ends


class ListingSpider(SiteSpider):
    """A spider that reads section listings, page after page."""

    arguments: ClassVar[type[ListingArguments]] = ListingArguments
    args: ListingArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.unfinished_walks: dict[str, ListingWalk] = {}  # by the address of the listing
        self.any_listing_read = False

    def parse(self, response: Response) -> Iterator[Any]:
        """Read an article, a listing or the front page: the callback of ``scrapy parse``."""
        kind = self.page(response).address(response.url).kind
        if kind == "article":
            yield from self.parse_article(response)
        else:
            yield from self.parse_listing(response) if kind == "listing" else self.parse_menu(response)
        yield from self.next_requests()

    # The menu -------------------------------------------------------------------------

    def menu_request(self) -> Request:
        return self.source_request(f"{urls.SITE}/", self.parse_menu, self.menu_failed)

    def parse_menu(self, response: Response) -> Iterator[Request]:
        """Read the listings in the site's menu; `sections.py` adds what it lacks.

        @url https://www.koreaherald.com/
        @returns requests 1
        """
        menu = read_menu(self.page(response))
        if not menu:
            self.count("menu/empty")
            self.logger.warning(
                "No menu at %s: has its markup changed? Using the table of sections.", response.url
            )
        for section, _ in menu:
            if section.slug not in sections.BY_SLUG:
                self.logger.warning("The menu has a section that sections.py lacks: %s", section.name)
        yield from self.listing_requests(menu)

    @closes_on_archive_error
    def menu_failed(self, failure: Failure) -> Iterator[Request]:
        """Use the table of sections; without any answer from the site end the run."""
        if self.problem:
            return
        reason = failure_reason(failure)
        if not isinstance(failure.value, HttpError):
            self.logger.error(
                "%s cannot be reached: %s. Check HERALD_BASE_URL and the network.", self.base, reason
            )
            raise CloseSpider("unreachable")
        self.logger.warning("No front page: %s. Using the table of sections.", reason)
        yield from self.listing_requests([])

    def listing_requests(self, menu: list[tuple[Section, str]]) -> Iterator[Request]:
        """Yield a request for each wanted listing of `menu` and of the table of sections."""
        in_menu = {section.slug for section, _ in menu}
        # A path that is a guess is used only if the site has no menu.
        paths = [each for each in sections.SECTIONS if each.path and not (menu and each.guess)]
        table = [(each, f"{urls.SITE}{each.path}") for each in paths if each.slug not in in_menu]
        wanted = self.wanted_sections()
        for section, url in [*menu, *table]:
            if section.language == "en" if wanted is None else section.slug in wanted:
                yield self.first_request(section, url)

    def wanted_sections(self) -> frozenset[str] | None:
        """Return the slugs of the listings to read; None for all English ones."""
        return sections.expand(self.args.sections)

    def pending_sections(self) -> frozenset[str] | None:
        return sections.expand(self.args.sections)

    def walk_since(self, url: str) -> date | None:
        """Return the day down to which the listing `url` is read; None for all of it."""
        return self.args.since

    # Listings -------------------------------------------------------------------------

    def first_request(self, section: Section, url: str, number: int = 1) -> Request:
        """Return the first request of a walk, from page `number` on.

        It is conditional if an earlier walk has been as deep as this one has to go.
        """
        since = self.walk_since(url)
        walk = ListingWalk(section, url, since, first=number)
        row = self.archive.ledger.listing(url)
        is_deep_enough = row and row.complete_since is not None and row.complete_since <= day_number(since)
        if is_deep_enough:
            walk.known_at, walk.known_down_to = row.sequence, row.complete_since
        self.unfinished_walks[url] = walk
        return self.listing_request(walk, row=row if is_deep_enough and number == 1 else None)

    def listing_request(self, walk: ListingWalk, *, render: bool | None = None, row: Any = None) -> Request:
        """Return a request for the current page of `walk`; `render` None leaves the renderer to the section."""
        url = urls.listing_page(walk.url, walk.number)
        priority = SOURCE_PRIORITY if walk.number == walk.first else PAGE_PRIORITY
        request = self.source_request(
            url, self.parse_listing, self.listing_failed, row=row, priority=priority, walk=walk
        )
        if not (self.is_always_rendered(walk.section) if render is None else render):
            return request
        self.count_rendering()
        return request.replace(meta={"render": "listing"}, headers={}, errback=self.listing_render_failed)

    def parse_listing(self, response: Response, walk: ListingWalk | None = None) -> Iterator[Request]:
        """Note the articles of a page, and request the next page unless the walk ends.

        @url https://www.koreaherald.com/National
        @returns requests 1
        """
        walk = walk or ListingWalk(
            sections.BY_SLUG["national"], self.page(response).address(response.url).url
        )
        self.count("listing/read")
        if response.status == NOT_MODIFIED:
            self.count("listing/not_modified")
            self.any_listing_read = True
            self.unfinished_walks.pop(walk.url, None)
            return
        if walk.number == 1 and not walk.restarts:
            walk.validators = validators(response)
        listing = self.read(read_listing, self.page(response), url=response.url)
        if listing is None:
            return
        if listing.is_bare and "rendered" not in response.meta:
            yield from self.render_listing(walk)
        elif walk.number == 1 and not listing.entries:
            self.listing_empty(response, walk)
        else:
            yield from self.note_page(response, listing, walk)

    def note_page(self, response: Response, listing: Listing, walk: ListingWalk) -> Iterator[Request]:
        """Enter the articles of a page into the ledger, and go on with the walk."""
        self.any_listing_read = True
        if listing.entries:
            walk.render_failed = False
            self.count(f"list_layout/{listing.layout}", response.url)
            self.note_rendered(response)
        known = self.note(listing.entries, walk.section.slug if listing.credited else None)
        all_known = (
            walk.known_at is not None
            and len(known) == len({entry.id for entry in listing.entries})
            and all(each.sequence <= walk.known_at for each in known.values())
        )
        if not self.is_limited(walk):
            if walk.advance(listing.entries, all_known=all_known):
                yield self.next_page(walk)
            else:
                self.finish_walk(walk)
        yield from self.new_requests()

    def listing_empty(self, response: Response, walk: ListingWalk) -> None:
        """Count a listing without any entry; the next run reads it again."""
        self.count("listing/empty", response.url)
        row = self.archive.ledger.listing(walk.url)
        had_entries = row is not None and row.walked
        if had_entries:
            self.count("listing/emptied", response.url)
        # Sections that never had an article are many, and usual.
        level = logging.WARNING if had_entries else logging.DEBUG
        self.logger.log(
            level, "Listing %s gave no entries: an empty section, or its markup has changed.", response.url
        )
        self.unfinished_walks.pop(walk.url, None)

    def next_page(self, walk: ListingWalk) -> Request:
        if walk.restarts and walk.number == walk.first:
            self.count("listing/shifted")
        return self.listing_request(walk)

    def is_limited(self, walk: ListingWalk) -> bool:
        """Return True if a limit cuts the walk at its current page."""
        if (self.args.max_pages and walk.pages >= self.args.max_pages) or self.is_enough:
            return True
        if walk.number >= MAX_PAGES:
            self.logger.error("Listing %s has no end: cut at page %d.", walk.url, walk.number)
            self.count("listing/cut")
            self.unfinished_walks.pop(walk.url, None)
            return True
        return False

    def finish_walk(self, walk: ListingWalk) -> None:
        """Store that the listing is read, unless `until` left out its newest articles."""
        if self.args.until:
            return
        if walk.first == 1:
            self.archive.ledger.finish_walk(walk.url, walk.section.slug, walk.down_to or 0, walk.validators)
        self.unfinished_walks.pop(walk.url, None)

    @closes_on_archive_error
    def listing_failed(self, failure: Failure) -> Iterator[Any]:
        """Skip a page that does not exist; a listing whose first page is missing is left out."""
        request = failure.request  # type: ignore[attr-defined]
        walk: ListingWalk = request.cb_kwargs["walk"]
        if is_gone(failure) and walk.number > 1 and not self.problem:
            self.count("listing/missing", request.url)
            if self.is_limited(walk):
                return
            if walk.skip_missing():
                yield self.next_page(walk)
            else:
                self.finish_walk(walk)
            return
        if is_gone(failure):
            self.unfinished_walks.pop(walk.url, None)
        yield from self.failed(failure)

    # Rendering ------------------------------------------------------------------------

    def is_always_rendered(self, section: Section) -> bool:
        """Return True if the listing of `section` is requested through the browser at once."""
        if not self.renderer:
            return False
        return section.render or section.slug in self.settings.getlist("HERALD_RENDER_SECTIONS")

    def render_listing(self, walk: ListingWalk) -> Iterator[Request]:
        """Request a page that a script must fill through the browser."""
        if self.renderer and not walk.render_failed:
            yield self.listing_request(walk, render=True)
            return
        self.count("listing/needs_rendering")
        hint = "the browser has failed" if self.renderer else "set SPLASH_URL, or HERALD_RENDERER=playwright"
        self.logger.warning(
            "Listing %s needs rendering: %s. Its articles may be found in other listings.", walk.url, hint
        )

    @closes_on_archive_error
    def listing_render_failed(self, failure: Failure) -> Iterator[Any]:
        """Request the page without the browser if it has not been tried so."""
        yield from self.failed(failure)
        walk: ListingWalk = failure.request.cb_kwargs["walk"]  # type: ignore[attr-defined]
        walk.render_failed = True
        if self.is_always_rendered(walk.section):
            yield self.listing_request(walk, render=False)
