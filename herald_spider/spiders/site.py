"""The base of the spiders that crawl the site itself: the queue of articles, and rendering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.exceptions import (
    CloseSpider,
    DownloadConnectionRefusedError,
    DownloadFailedError,
)
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import urls
from herald_spider.archive.ledger import COPIES, FAILED, Known, now
from herald_spider.loaders.listing import Entry
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.middlewares.failures import failure_reason
from herald_spider.middlewares.rendering import SPLASH, renderer_of
from herald_spider.spiders.base import NEEDS_RENDERING, HeraldBaseSpider
from herald_spider.spiders.responses import conditional, expects

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

# Of requests: feeds, site maps and the first pages of listings, then new articles, then articles that earlier runs
# left or archived, then further pages of listings.
SOURCE_PRIORITY, NEW_PRIORITY, BACKLOG_PRIORITY, PAGE_PRIORITY = 30, 20, 10, 0
RENDERER_BUSY = 503


class SiteSpider(HeraldBaseSpider):
    """A spider that finds articles on the site and requests them from it.

    New articles are requested between the pages of the listings; with `max_articles` they wait until all
    listings are read. Up to `waiting_limit` of them wait in memory, the others only in the ledger.
    """

    shared = False  # True if other processes take part in this crawl: see herald_spider.cluster

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.waiting: dict[str, Request] = {}
        self.listed_on: dict[str, date] = {}  # the day that a listing gives for a new article
        self.revisits: set[str] = set()  # archived articles among those waiting
        self.waiting_in_ledger = 0
        self.last_pending: Known | None = None  # the last article that `load_pending` has read
        self.requested: set[str] = set()
        self.render_requests = 0
        self.newest_listed: date | None = None  # the day of the newest article in a listing

    @property
    def is_unlimited(self) -> bool:
        """Return True if the run notes every article in listings, feeds and site maps."""
        return not self.args.since and not self.args.until

    def source_request(
        self,
        url: str,
        callback: Any,
        errback: Any,
        *,
        row: Any = None,
        priority: int = SOURCE_PRIORITY,
        **found: Any,
    ) -> Request:
        """Return a request for a listing, feed or site map, conditional if its `row` in the ledger is given.

        `found` are the keyword arguments of `callback`.
        """
        headers = conditional(row.etag, row.last_modified) if row else {}
        return Request(
            urls.rebase(url, self.base),
            callback,
            errback=errback,
            headers=headers,
            cb_kwargs=found,
            priority=priority,
            dont_filter=True,
            meta=expects(headers),
        )

    # Articles found --------------------------------------------------------------------

    def note(self, entries: Iterable[Entry], slug: str | None, via: str | None = None) -> dict[str, Known]:
        """Enter articles into the ledger, put the new ones into the queue, and return the known ones.

        `slug` is the section whose listing shows them, `via` the listing's name if it is no section.
        """
        entries = list(entries)
        via = f"{self.name}:{via or slug or 'page'}"
        in_range = [entry for entry in entries if self.is_in_range(entry)]
        days = (entry.date.date() for entry in entries if entry.date)
        self.newest_listed = max(filter(None, [self.newest_listed, *days]), default=None)
        found = [(entry.id, entry.url, via, slug) for entry in in_range]
        ledger = self.archive.ledger

        def enter(_: object) -> tuple[dict[str, Known], list[Entry], int]:
            known = ledger.known([entry.id for entry in entries])
            ids = ledger.discover(found) | ledger.claim(found, COPIES)
            new = list({entry.id: entry for entry in in_range if entry.id in ids}.values())
            taken = new if self.shared else new[: max(0, self.waiting_limit - len(self.waiting))]
            self.archive.leases.take([entry.id for entry in taken])
            return known, taken, len(new) - len(taken)

        known, taken, left = ledger.transact(enter)
        self.waiting_in_ledger += left
        for entry in taken:
            if entry.date and self.args.max_articles:
                self.listed_on[entry.id] = entry.date.date()
            self.add_waiting(entry.id, entry.url, via)
        return known

    def is_in_range(self, entry: Entry) -> bool:
        """Return False if an article is certainly outside `since` to `until`."""
        return self.args.covers(entry.date.date()) if entry.date else self.args.may_cover(entry.id)

    # Articles of earlier runs -----------------------------------------------------------

    def pending_requests(self) -> Iterator[Request]:
        """Yield requests for articles that earlier runs found and did not get, oldest first."""
        self.load_pending()
        yield from self.new_requests()

    def load_pending(self) -> bool:
        """Put the next pending articles of the ledger into the queue; return False if there are none."""
        found = self.archive.ledger.pending(
            self.waiting_limit, *self.moments(), self.pending_sections(), after=self.last_pending
        )
        self.waiting_in_ledger = max(0, self.waiting_in_ledger - len(found))
        self.last_pending = found[-1] if found else self.last_pending
        covered = [known for known in found if self.args.may_cover(known.id)]
        for known in self.archive.leases.take_free(covered):
            self.add_waiting(known.id, known.url, known.found_by, priority=BACKLOG_PRIORITY)
        return bool(found)

    def load_revisits(self) -> None:
        """Put articles published in the last HERALD_REVISIT_HOURS into the queue: they may have changed."""
        hours = self.settings.getfloat("HERALD_REVISIT_HOURS")
        since, until = self.moments()
        oldest = max(int(now() - hours * 3600), since or 0)
        young = self.archive.ledger.young(oldest, self.pending_sections(), until) if hours else ()
        for known in self.archive.leases.take_free(young):
            self.add_revisit(known)

    def pending_sections(self) -> frozenset[str] | None:
        """Return the sections whose articles this run requests again; None for all."""
        return None

    def forget_requested(self) -> None:
        """Allow all articles to be requested again, when requests of a shared crawl may be lost."""
        self.requested.clear()
        self.last_pending = None

    # The queue -------------------------------------------------------------------------

    def add_waiting(
        self, article: str, url: str, via: str | None, priority: int = NEW_PRIORITY, **options: Any
    ) -> None:
        """Put an article into the queue if this run has not requested it; `options` are its request's."""
        if article not in self.requested:
            self.requested.add(article)
            found = {"discovered_via": via, "listed_id": article}
            self.waiting[article] = self.article_request(url, cb_kwargs=found, priority=priority, **options)

    def add_revisit(self, known: Known) -> None:
        """Put an archived article into the queue, to be requested conditionally."""
        if known.id not in self.requested:
            self.revisits.add(known.id)
            headers = conditional(known.etag, known.last_modified)
            options: dict[str, Any] = {"headers": headers, "meta": expects(headers)}
            self.add_waiting(known.id, known.url, known.found_by, BACKLOG_PRIORITY, **options)

    def more_requests(self) -> list[Request]:
        """Return requests for the waiting articles: all listings are read now."""
        while not self.waiting and not self.shared and self.articles_left > 0:
            if not self.load_pending():  # True also if this run has requested all of them
                break
        requests = list(self.next_requests())
        if not requests:
            self.check_rendered()
        return requests

    @property
    def is_full(self) -> bool:
        """Return True if the queue is full; that of a shared crawl is in Redis and has no limit."""
        return not self.shared and len(self.waiting) >= self.waiting_limit

    @property
    def is_enough(self) -> bool:
        """Return True if as many new articles wait as `max_articles` allows."""
        return len(self.waiting) - len(self.revisits) + self.waiting_in_ledger >= self.articles_left

    def shared_requests(self) -> Iterator[Request]:
        """Yield the waiting requests at once if other processes of a shared crawl can take them."""
        if self.shared:
            yield from self.next_requests()

    def new_requests(self) -> Iterator[Request]:
        """Yield the waiting requests at once, unless `max_articles` makes a choice among all articles."""
        if self.shared or not self.args.max_articles:
            yield from self.next_requests()

    def next_requests(self) -> Iterator[Request]:
        """Yield the waiting requests, new articles only as far as `max_articles` allows."""
        order = list(self.waiting)
        if self.args.max_articles:  # the newest first; those of one day as listed
            order.sort(key=lambda article: self.listed_on.get(article, date.min), reverse=True)
        for article in order:
            is_revisit = article in self.revisits
            if article not in self.waiting or not (is_revisit or self.articles_left > 0):
                continue
            request = self.waiting.pop(article)
            self.count("asked")
            if is_revisit:
                self.revisits.discard(article)
                self.count("revisited")
            else:
                self.articles_left -= 1
            yield request

    # Rendering -------------------------------------------------------------------------

    @property
    def renderer(self) -> str:
        """The name of the renderer of this run; empty if there is none."""
        return renderer_of(self.settings)

    def count_rendering(self, url: str | None = None) -> None:
        self.render_requests += 1
        self.count("render/asked", url)

    def render(self, response: Response, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """Request an article again through the renderer."""
        if "rendered" in response.meta:
            # Splash's WebKit lacks fetch, async or modules.
            hint = "; its script may be too new for it, try playwright" * (self.renderer == SPLASH)
            self.ended(
                listed_id, FAILED, f"{NEEDS_RENDERING}: no article in the page from {self.renderer}{hint}"
            )
        elif not self.renderer:
            self.ended(listed_id, FAILED, f"{NEEDS_RENDERING}: set SPLASH_URL, or HERALD_RENDERER=playwright")
        else:
            self.count_rendering(response.url)
            found = {**found, "listed_id": listed_id}
            yield self.article_request(response.url, cb_kwargs=found, meta={"render": "article"})

    @closes_on_archive_error
    def failed(self, failure: Failure) -> Iterator[Any]:
        request = failure.request  # type: ignore[attr-defined]
        if self.problem or "render" not in request.meta:
            yield from super().failed(failure)
            return
        reason = f"{NEEDS_RENDERING}: {self.renderer} failed, {failure_reason(failure)}"
        self.count("render/failed")
        self.logger.warning("No page from %s: %s", _page_address(request), reason)
        article = request.cb_kwargs.get("listed_id")
        if article and renderer_is_down(failure):  # the article stays pending
            self.count("render/left")
        elif article:
            self.ended(article, FAILED, reason)

    def check_rendered(self) -> None:
        """End the run as failed if no page could be rendered."""
        if self.render_requests and not self.pages_rendered:
            self.logger.error("%s has rendered no page. Is it running?", self.renderer)
            raise CloseSpider("rendering_failed")


def renderer_is_down(failure: Failure) -> bool:
    """Return True if the renderer is down or busy, which is no fault of the page."""
    if isinstance(failure.value, HttpError):
        return failure.value.response.status == RENDERER_BUSY
    return isinstance(failure.value, DownloadConnectionRefusedError | DownloadFailedError)


def _page_address(request: Request) -> str:
    """Return the address of the page to render; a request to Splash has Splash's own."""
    return str(request.meta.get("splash", {}).get("args", {}).get("url") or request.url)
