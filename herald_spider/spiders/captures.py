"""The base of spider `wayback`: requests to a web archive, and the captures of one article."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit

from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, CloseSpider, DownloadConnectionRefusedError

from herald_spider import urls
from herald_spider.archive.ledger import FAILED, GONE, now
from herald_spider.items import Article
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.middlewares.failures import failure_reason
from herald_spider.spiders.arguments import WaybackArguments
from herald_spider.spiders.base import HeraldBaseSpider, midnight
from herald_spider.spiders.responses import is_gone
from herald_spider.warc import cdx
from herald_spider.warc.cdx import Capture, Window

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

MAX_REDIRECTS = 5
INDEX_ROWS = 5000  # of one answer
INDEX_TIMEOUT = 180  # seconds; an index may need long for thousands of rows
_NO_CAPTURES = re.compile(r"no captures", re.IGNORECASE)
REDIRECTS = [301, 302, 303, 307, 308]


@dataclass
class Trail:
    """The captures of one article, which are read one after the other until one is good.

    `article` is its id in the ledger, `via` its `discovered_via`, `current` the requested
    capture, `later` the captures to try next. With `has_article`, one capture was read, so
    that a bad later one does not fail the article. `tried` holds the contents of the tried
    captures, `looked_up` the addresses whose captures were requested from the index.
    """

    article: str
    via: str
    current: Capture
    later: deque[Capture] = field(default_factory=deque)
    has_article: bool = False
    tried: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)


class CaptureSpider(HeraldBaseSpider):
    """A spider that reads articles as a web archive has captured them."""

    arguments: ClassVar[type[WaybackArguments]] = WaybackArguments
    args: WaybackArguments

    # Settings -------------------------------------------------------------------------

    @property
    def memento(self) -> str:
        return str(self.settings["HERALD_MEMENTO_URL"]).rstrip("/")

    def allowed_addresses(self) -> list[str]:
        return [str(self.settings[name]) for name in ("HERALD_CDX_URL", "HERALD_MEMENTO_URL")]

    # The index ------------------------------------------------------------------------

    def first_window(self) -> Window:
        """Return the window of all captures in range; no capture is older than its article."""
        since, until = self.args.since, self.args.captured_until
        first = cdx.timestamp(midnight(since)) if since else cdx.EARLIEST
        last = cdx.timestamp(midnight(until + timedelta(1)) - 1 if until else now())
        return Window(first, last, INDEX_ROWS)

    def index_request(
        self, url: str, window: Window, callback: Any, errback: Any, *, collapse: str = "digest", **found: Any
    ) -> Request:
        """Return a request to the index for the captures of `url` in `window`.

        Of successive rows with the same value in the column `collapse` it gives the first only.
        """
        query = urlencode(window.parameters(url, collapse=collapse), doseq=True)
        return Request(
            f"{self.settings['HERALD_CDX_URL']}?{query}", callback, errback=errback, dont_filter=True,
            cb_kwargs={"window": window, **found},
            # The rows of a cut response are used; 404 may mean that there are none.
            meta={
                "download_fail_on_dataloss": False,
                "download_timeout": INDEX_TIMEOUT,
                "handle_httpstatus_list": [404],
            },
        )  # fmt: skip

    def read_index(self, response: Response) -> cdx.IndexPage:
        text = response.body.decode("utf-8", "replace")
        if response.status == 404:  # of pywb and Common Crawl
            return cdx.IndexPage(whole=_NO_CAPTURES.search(text) is not None)
        answer = cdx.read(text)
        return replace(answer, whole=False) if "dataloss" in response.flags else answer

    # Captures -------------------------------------------------------------------------

    def capture_request(self, trail: Trail, url: str | None = None, redirects: int = 0) -> Request:
        """Return a request for the current capture; `url` is where the archive redirects to."""
        trail.tried.add(trail.current.content)
        return Request(
            url or cdx.address(self.memento, trail.current), self.parse_capture, errback=self.capture_failed,
            cb_kwargs={"trail": trail, "redirects": redirects}, dont_filter=True,
            # A captured redirect may lead out of the archive.
            meta={"dont_redirect": True, "handle_httpstatus_list": REDIRECTS},
        )  # fmt: skip

    def parse_capture(self, response: Response, trail: Trail, redirects: int = 0) -> Iterator[Any]:
        """Read a capture as the page that it was, and request the next one if revisions are wanted."""
        self.count("captures")
        if response.status in REDIRECTS:
            yield from self.redirected(response, trail, redirects)
            return
        capture = cdx.parse_address(response.url, self.memento) or trail.current
        # Without the archive's own headers, validators above all.
        headers = {"Content-Type": response.headers.get("Content-Type") or b"text/html"}
        found = {
            "discovered_via": trail.via,
            "fetched_from": response.url,
            "captured_at": _captured_at(response, capture),
            "trail": trail,
        }
        page = response.replace(url=capture.url, headers=headers)
        for each in self.parse_article(page, trail.article, **found):
            yield each
            if isinstance(each, Article) and self.args.revisions:
                trail.has_article = True
                yield from self.next_capture(trail)

    def redirected(self, response: Response, trail: Trail, redirects: int) -> Iterator[Any]:
        """Follow a redirect to another capture; one out of the archive is no article."""
        location = (response.headers.get("Location") or b"").decode("latin-1")
        try:
            target = urljoin(response.url, location)
        except ValueError:  # "http://["
            target = location
        if cdx.parse_address(target, self.memento) and redirects < MAX_REDIRECTS:
            yield self.capture_request(trail, target, redirects + 1)
        else:
            yield from self.try_next(trail, f"a redirect to {target}")

    def no_article(self, reason: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        yield from self.try_next(found["trail"], reason)

    def try_next(self, trail: Trail, reason: str) -> Iterator[Request]:
        """Try the next capture; after the last one, look up others in the index."""
        if trail.later or trail.has_article:
            yield from self.next_capture(trail)
        elif trail.current.url not in trail.looked_up:
            yield self.lookup_request(trail, trail.current.url, reason)
        else:
            self.ended(trail.article, GONE, f"no capture holds the article: {reason}")

    def follow(self, url: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """Look up the captures of the address that the article has moved to."""
        trail: Trail = found["trail"]
        address = urls.rebase(url, self.base)
        if trail.later or trail.has_article or address in trail.looked_up:
            yield from self.try_next(trail, f"moved to {url}")
        else:
            yield self.lookup_request(trail, address, f"moved to {url}")

    def next_capture(self, trail: Trail) -> Iterator[Request]:
        if trail.later:
            trail.current = trail.later.popleft()
            yield self.capture_request(trail)

    def lookup_request(self, trail: Trail, url: str, reason: str) -> Request:
        """Return a request for all captures of exactly `url`; `reason` is why the last one was no article."""
        trail.looked_up.add(url)
        return self.index_request(
            url, self.first_window(), self.parse_lookup, self.lookup_failed, trail=trail, reason=reason
        )

    def parse_lookup(self, response: Response, window: Window, trail: Trail, reason: str) -> Iterator[Any]:
        """Try the captures whose content has not been tried."""
        answer = self.read_index(response)
        if not answer.whole:
            self.trail_failed(trail, "unusable response of the index")
            return
        first, pages = trail.current, [each for each in answer.captures if each.is_page]
        # A capture from the ledger has no digest: find its content.
        same = {each.content for each in pages if (each.timestamp, each.url) == (first.timestamp, first.url)}
        wanted = {urls.classify(url, self.base).id for url in (first.url, *trail.looked_up)}
        trail.later.extend(
            each
            for each in cdx.changes(pages)
            if each.content not in trail.tried | same and urls.classify(each.url, self.base).id in wanted
        )
        yield from self.try_next(trail, reason)

    # Failures -------------------------------------------------------------------------

    @closes_on_archive_error
    def lookup_failed(self, failure: Failure) -> Iterator[Any]:
        trail: Trail = failure.request.cb_kwargs["trail"]  # type: ignore[attr-defined]
        self.trail_failed(trail, f"no response of the index: {self.failure_text(failure)}")
        yield from ()

    @closes_on_archive_error
    def capture_failed(self, failure: Failure) -> Iterator[Any]:
        """Try another capture if the archive has lost this one; other failures fail the article."""
        trail: Trail = failure.request.cb_kwargs["trail"]  # type: ignore[attr-defined]
        reason = self.failure_text(failure)
        if is_gone(failure):
            yield from self.try_next(trail, reason)
        else:
            self.trail_failed(trail, reason)

    def trail_failed(self, trail: Trail, reason: str) -> None:
        self.logger.warning("No page from %s: %s", cdx.address(self.memento, trail.current), reason)
        if not trail.has_article:
            self.ended(trail.article, FAILED, reason)

    def failure_text(self, failure: Failure) -> str:
        """Return why a request failed; if the archive cannot be reached, raise `CloseSpider`."""
        reason = failure_reason(failure)
        if not isinstance(failure.value, DownloadConnectionRefusedError | CannotResolveHostError):
            return reason
        if not self.problem:
            url = failure.request.url  # type: ignore[attr-defined]
            self.problem = ("unreachable", f"{url} cannot be reached")
            self.logger.error(
                "%s cannot be reached: %s. Check HERALD_CDX_URL, HERALD_MEMENTO_URL and the network.",
                urlsplit(url).netloc, reason,
            )  # fmt: skip
        raise CloseSpider("unreachable")


def _captured_at(response: Response, capture: Capture) -> str:
    """Return when the site served a page, as ``2026-09-14T01:00:00Z``."""
    header = (response.headers.get("Memento-Datetime") or b"").decode("latin-1")
    try:
        seconds = int(parsedate_to_datetime(header).timestamp())
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        moment = datetime.fromtimestamp(cdx.seconds(capture.timestamp), UTC)
    return moment.isoformat().replace("+00:00", "Z")
