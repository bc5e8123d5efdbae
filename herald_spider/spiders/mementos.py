"""What asks a web archive: its index, and one capture after the other of an article."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit

from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, CloseSpider, DownloadConnectionRefusedError
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import urls
from herald_spider.archive.ledger import FAILED, GONE, now
from herald_spider.items import Article
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.middlewares.failures import failure_reason
from herald_spider.middlewares.offsite import is_near
from herald_spider.spiders.arguments import WaybackArguments
from herald_spider.spiders.base import GONE_STATUSES, HeraldBaseSpider, midnight
from herald_spider.warc import cdx
from herald_spider.warc.cdx import Capture, Window

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

MAX_REDIRECTS = 5
INDEX_TIMEOUT = 180  # seconds: thousands of rows take their time
REDIRECTS = [301, 302, 303, 307, 308]


@dataclass
class Trail:
    """The captures of one article, one of which is read after the other.

    `article` is its id in the ledger, `current` the capture that is asked for, `later`
    those that come next. `has_line`: it was read once, so that nothing is said of a later
    capture that cannot be. `tried` are contents, `looked_up` the addresses whose captures
    the index was asked for.
    """

    article: str
    via: str
    current: Capture
    later: deque[Capture] = field(default_factory=deque)
    has_line: bool = False
    tried: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)


class MementoSpider(HeraldBaseSpider):
    """A spider that reads articles as a web archive captured them."""

    arguments: ClassVar[type[WaybackArguments]] = WaybackArguments
    args: WaybackArguments

    # Settings -------------------------------------------------------------------------

    @property
    def memento(self) -> str:
        return str(self.settings["HERALD_MEMENTO_URL"]).rstrip("/")

    def asked_addresses(self) -> list[str]:
        return [str(self.settings[name]) for name in ("HERALD_CDX_URL", "HERALD_MEMENTO_URL")]

    def check_settings(self) -> tuple[str, str] | None:
        for name in ("HERALD_CDX_URL", "HERALD_MEMENTO_URL"):
            host = _host(self.settings[name])
            if not host:
                return "bad_settings", (
                    f"{name}={self.settings[name]!r} is no address of a web archive; "
                    "give one like http://localhost:8080/collection/cdx"
                )
            if not is_near(host) and not self.settings["HERALD_CONTACT"]:
                return "no_contact", (
                    f"{host} is asked only by a crawler that says who runs it: set HERALD_CONTACT "
                    "to a mail address or page where its operators can reach you."
                )
        return super().check_settings()

    # The index ------------------------------------------------------------------------

    def span(self) -> tuple[str, str]:
        """The first and the last second of the captures; none is older than its story."""
        since, until = self.args.since, self.args.captured_until
        end = midnight(until + timedelta(1)) - 1 if until else now()
        return cdx.timestamp(midnight(since)) if since else cdx.EARLIEST, cdx.timestamp(end)

    def index_request(
        self, url: str, window: Window, callback: Any, errback: Any, *, collapse: str = "digest", **found: Any
    ) -> Request:
        """A question to the index: the captures of `url`, those left out that repeat the one before."""
        asked = urlencode(window.parameters(url, collapse=collapse), doseq=True)
        return Request(
            f"{self.settings['HERALD_CDX_URL']}?{asked}", callback, errback=errback, dont_filter=True,
            cb_kwargs={"window": window, **found},
            # What came of a cut answer can be read.
            meta={"download_fail_on_dataloss": False, "download_timeout": INDEX_TIMEOUT},
        )  # fmt: skip

    def read_index(self, response: Response) -> cdx.Answer:
        answer = cdx.read(response.body.decode("utf-8", "replace"))
        return replace(answer, whole=False) if "dataloss" in response.flags else answer

    # Captures -------------------------------------------------------------------------

    def capture_request(self, trail: Trail, url: str | None = None, redirects: int = 0) -> Request:
        """The next capture of a trail; `url` where the archive has sent us on."""
        trail.tried.add(trail.current.content)
        return Request(
            url or cdx.address(self.memento, trail.current), self.parse_capture, errback=self.no_capture,
            cb_kwargs={"trail": trail, "redirects": redirects}, dont_filter=True,
            # A redirect that was captured leads out of the archive.
            meta={"dont_redirect": True, "handle_httpstatus_list": REDIRECTS},
        )  # fmt: skip

    def parse_capture(self, response: Response, trail: Trail, redirects: int = 0) -> Iterator[Any]:
        """Read a capture as the page that it was; go on along the trail where that is wanted."""
        self.count("captures")
        if response.status in REDIRECTS:
            yield from self.redirected(response, trail, redirects)
            return
        capture = cdx.parse_address(response.url, self.memento) or trail.current
        # The validators in the answer, if any, are the archive's own.
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
                trail.has_line = True
                yield from self.next_capture(trail)

    def redirected(self, response: Response, trail: Trail, redirects: int) -> Iterator[Any]:
        """The archive may send us to another capture; nothing may send us out of the archive."""
        location = (response.headers.get("Location") or b"").decode("latin-1")
        try:
            target = response.urljoin(location)
        except ValueError:  # "http://["
            target = location
        if cdx.parse_address(target, self.memento) and redirects < MAX_REDIRECTS:
            yield self.capture_request(trail, target, redirects + 1)
        else:
            yield from self.no_article(f"a redirect to {target}", trail.article, {"trail": trail})

    def no_article(self, reason: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """The capture is of a page without the article: try the next, of the index where none is left."""
        trail: Trail = found["trail"]
        if trail.later or trail.has_line:
            yield from self.next_capture(trail)
        elif trail.current.url not in trail.looked_up:
            yield self.lookup_request(trail, trail.current.url, reason)
        else:
            self.ended(trail.article, GONE, f"no capture holds the article: {reason}")

    def follow(self, url: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """The capture only says where the article has moved: try the captures of that address."""
        trail: Trail = found["trail"]
        address = urls.rebase(url, self.base)
        if trail.later or trail.has_line or address in trail.looked_up:
            yield from self.no_article(f"moved to {url}", listed_id, found)
        else:
            yield self.lookup_request(trail, address, f"moved to {url}")

    def next_capture(self, trail: Trail) -> Iterator[Request]:
        if trail.later:
            trail.current = trail.later.popleft()
            yield self.capture_request(trail)

    def lookup_request(self, trail: Trail, url: str, reason: str) -> Request:
        """Ask the index for all captures of exactly `url`."""
        trail.looked_up.add(url)
        window = Window(*self.span(), self.settings.getint("HERALD_CDX_LIMIT"))
        return self.index_request(url, window, self.parse_lookup, self.no_lookup, trail=trail, reason=reason)

    def parse_lookup(self, response: Response, window: Window, trail: Trail, reason: str) -> Iterator[Any]:
        """Go on with the captures of other content than those that were tried."""
        answer = self.read_index(response)
        if not answer.whole:
            self.failed_trail(trail, "the index gave no good answer")
            return
        first, pages = trail.current, [each for each in answer.captures if each.is_page]
        # What an earlier run had found was asked for without its digest.
        same = {each.content for each in pages if (each.timestamp, each.url) == (first.timestamp, first.url)}
        wanted = {urls.classify(url, self.base).id for url in (first.url, *trail.looked_up)}
        trail.later.extend(
            each
            for each in cdx.changes(pages)
            if each.content not in trail.tried | same and urls.classify(each.url, self.base).id in wanted
        )
        yield from self.no_article(reason, trail.article, {"trail": trail})

    @closes_on_archive_error
    async def no_lookup(self, failure: Failure) -> AsyncIterator[Any]:
        trail: Trail = failure.request.cb_kwargs["trail"]  # type: ignore[attr-defined]
        self.failed_trail(trail, f"the index gave no answer: {self.why(failure)}")
        return
        yield

    @closes_on_archive_error
    async def no_capture(self, failure: Failure) -> AsyncIterator[Any]:
        """A capture that the archive lists and does not give; another one may do."""
        trail: Trail = failure.request.cb_kwargs["trail"]  # type: ignore[attr-defined]
        reason = self.why(failure)
        if isinstance(failure.value, HttpError) and failure.value.response.status in GONE_STATUSES:
            for request in self.no_article(reason, trail.article, {"trail": trail}):
                yield request
        else:
            self.failed_trail(trail, reason)

    def failed_trail(self, trail: Trail, reason: str) -> None:
        self.logger.warning("No page from %s: %s", cdx.address(self.memento, trail.current), reason)
        if not trail.has_line:
            self.ended(trail.article, FAILED, reason)

    def why(self, failure: Failure) -> str:
        """Why a request failed. An archive that does not answer at all ends the run: the next goes on."""
        reason = failure_reason(failure)
        if isinstance(failure.value, DownloadConnectionRefusedError | CannotResolveHostError):
            if not self.problem:
                url = failure.request.url  # type: ignore[attr-defined]
                self.problem = ("unreachable", f"{url} cannot be reached")
                self.logger.error(
                    "%s cannot be reached: %s. Check HERALD_CDX_URL, HERALD_MEMENTO_URL and the network.",
                    urlsplit(url).netloc, reason,
                )  # fmt: skip
            raise CloseSpider("unreachable")
        return reason


def _captured_at(response: Response, capture: Capture) -> str:
    """When the site served the page, as the item has it: ``2026-09-14T01:00:00Z``."""
    stated = (response.headers.get("Memento-Datetime") or b"").decode("latin-1")
    try:
        moment = int(parsedate_to_datetime(stated).timestamp())
        told = datetime.fromtimestamp(moment, timezone.utc)
    except (ValueError, OverflowError, OSError):
        told = datetime.fromtimestamp(cdx.seconds(capture.timestamp), timezone.utc)
    return told.isoformat().replace("+00:00", "Z")


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and not parts.query and "@" not in parts.netloc
        return parts.hostname if known else None
    except ValueError:
        return None
