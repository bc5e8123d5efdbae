"""A date range of the past, from web archives: the Internet Archive, or any pywb."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider

from herald_spider import urls
from herald_spider.archive.ledger import FAILED, GONE
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.spiders.mementos import MementoSpider, Trail
from herald_spider.warc import cdx
from herald_spider.warc.cdx import Capture, Window

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self

    from herald_spider.archive import Known

# So many answers of the index in a row that are no good end its walk for this run.
MAX_BROKEN = 3
# `www.` has the same key in the index as the bare name.
PAPER = ("koreaherald.com", *sorted(urls.HOSTS - {"koreaherald.com", "www.koreaherald.com"}))


@dataclass
class Walk:
    """A walk through the index of an archive: what is left to ask of `query`.

    `key` names its place in the ledger; `broken` counts the last answers that were no good.
    """

    query: str
    key: str
    windows: list[Window]
    broken: int = 0


class WaybackSpider(MementoSpider):
    """The captures that a web archive has of the paper's articles, the first good one of each.

    Arguments: ``since``, ``until`` (days of publication), ``captured_until``,
    ``revisions`` (1: the later captures too), ``max_articles``.
    """

    name = "wayback"

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.waiting: deque[Trail] = deque()
        self.walks: deque[Walk] = deque()
        self.unfinished: list[str] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.go_on, signals.spider_idle)
        return spider

    # What is asked, and in which order ------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Nothing at once: `go_on` asks, as it does each time that all is done."""
        pending = self.archive.ledger.pending(
            self.settings.getint("HERALD_WAITING_LIMIT"), *self.moments(), copies=self.name
        )
        for known in pending:
            if not self.args.may_cover(known.id):
                continue
            if capture := cdx.parse_address(known.url, self.memento):  # else of another archive
                self.waiting.append(Trail(known.id, known.found_by or self.name, capture))
        self.walks.extend(self.start_walk(query) for query in self.queries())
        return
        yield

    @closes_on_archive_error
    def go_on(self) -> None:
        """All that was asked is done: ask for what waits, then for the next page of the index.

        The articles of a page are read before the next page comes: memory stays flat, and
        a killed run has lost no place.
        """
        if self.problem:
            return
        requests = list(self.take_waiting())
        if not requests and not self.waiting:
            requests = self.next_page()
        if requests:
            for request in requests:
                self.crawler.engine.crawl(request)
            raise DontCloseSpider

    def take_waiting(self) -> Iterator[Request]:
        while self.waiting and self.has_room():
            self.count("asked")
            yield self.capture_request(self.waiting.popleft())

    def next_page(self) -> list[Request]:
        """The next question to the index, once what the last one led to is committed."""
        self.archive.commit()
        while self.walks and self.has_room():
            walk = self.walks[0]
            self.keep_place(walk)
            if walk.windows and walk.broken < MAX_BROKEN:
                return [self.page_request(walk)]
            if walk.windows:
                self.unfinished.append(walk.query)
            self.walks.popleft()
        self.sum_up()
        return []

    def sum_up(self) -> None:
        """Say what is not as it should be with the index as a whole."""
        if self.unfinished:
            self.logger.error(
                "The index %s could not be read to the end: %s. The next run goes on there.",
                self.settings["HERALD_CDX_URL"], ", ".join(self.unfinished),
            )  # fmt: skip
            raise CloseSpider("index_unfinished")
        seen = map(self.crawler.stats.get_value, ("herald/cdx/rows", "herald/cdx/taken_up"))
        if not self.walks and not any(seen):
            self.logger.warning(
                "%s lists no capture at all: check HERALD_CDX_URL, HERALD_BASE_URL and the range.",
                self.settings["HERALD_CDX_URL"],
            )

    # The index ------------------------------------------------------------------------

    def queries(self) -> list[str]:
        """What the index is asked for: the articles of each host, by either form of address."""
        own = urlsplit(self.base)
        hosts = PAPER if own.hostname in urls.HOSTS else (own.netloc,)
        return [f"{host}/{path}*" for host in hosts for path in ("view.php", "article/")]

    def start_walk(self, query: str) -> Walk:
        """A walk from its beginning, or from where an earlier run with these arguments left it."""
        asked = self.args.model_dump(exclude_defaults=True, exclude={"max_articles"})
        key = f"{self.settings['HERALD_CDX_URL']}?{urlencode({'url': query, **asked})}"
        if place := self.archive.ledger.place(key):
            self.count("cdx/taken_up")
            return Walk(query, key, [Window(**window) for window in json.loads(place)])
        return Walk(query, key, [Window(*self.span(), self.settings.getint("HERALD_CDX_LIMIT"))])

    def keep_place(self, walk: Walk) -> None:
        left = json.dumps([asdict(window) for window in walk.windows]) if walk.windows else None
        self.archive.ledger.set_place(walk.key, left)

    def page_request(self, walk: Walk) -> Request:
        collapse = "digest" if self.args.revisions else "urlkey"
        return self.index_request(
            walk.query, walk.windows[0], self.parse_index, self.no_page, collapse=collapse, walk=walk
        )

    def parse_index(self, response: Response, window: Window, walk: Walk) -> None:
        """Note what a page of the index shows, and what of the walk is left then."""
        self.count("cdx/pages")
        answer = self.read_index(response)
        self.crawler.stats.inc_value("herald/cdx/rows", answer.rows)
        if fault := window.fault(answer):
            self.broken(walk, window, fault)
        else:
            walk.broken = 0
            walk.windows[:1] = window.rest(answer)
            if window.is_cut(answer):
                return  # all of it comes again, in smaller parts
        self.note(answer.captures, f"{self.name}:{walk.query}")

    def broken(self, walk: Walk, window: Window, fault: str) -> None:
        """An answer that is no good: the same is asked for again, in smaller parts."""
        self.count("cdx/broken")
        walk.broken += 1
        walk.windows[0] = window.smaller()
        self.logger.warning(
            "The index gave no good answer for %s, %s to %s: %s.",
            walk.query, window.first, window.last, fault,
        )  # fmt: skip

    @closes_on_archive_error
    async def no_page(self, failure: Failure) -> AsyncIterator[Any]:
        found = failure.request.cb_kwargs  # type: ignore[attr-defined]
        self.broken(found["walk"], found["window"], self.why(failure))
        return
        yield

    def note(self, captures: Iterable[Capture], via: str) -> None:
        """Enter the articles of captures into the ledger, and put on the waiting list what is to be read."""
        captured = self.pages(captures)
        ledger = self.archive.ledger

        def enter(_: object) -> tuple[dict[str, Known], set[str], dict[str, list[Capture]]]:
            known = ledger.known(captured)
            untried = {each: self.untried(known.get(each), own) for each, own in captured.items()}
            again = {each: later for each, later in untried.items() if later}
            pages = captured | again
            found = [(each, cdx.address(self.memento, own[0]), via, None) for each, own in pages.items()]
            lost = [entry for entry in found if entry[0] in again or self.is_lost(known.get(entry[0]))]
            doors = {known[entry[0]].source for entry in lost}
            return known, ledger.discover(found, known) | ledger.claim(lost, doors, known), pages

        known, fresh, pages = ledger.transact(enter)
        for each, own in pages.items():
            if each not in fresh:
                own = self.revisions_of(known[each], own)
            elif not self.args.revisions:
                own = own[:1]
            if own:
                article = known[each].id if each in known else each
                first, *later = own
                self.waiting.append(Trail(article, via, first, deque(later), has_line=each not in fresh))

    def pages(self, captures: Iterable[Capture]) -> dict[str, list[Capture]]:
        """The captures that can be read, in order of time, by the article in range that they are of."""
        found: dict[str, list[Capture]] = {}
        for capture in captures:
            article = urls.classify(capture.url, self.base).id
            if capture.is_page and article and self.args.may_cover(article):
                found.setdefault(article, []).append(capture)
        return {article: cdx.changes(own) for article, own in found.items()}

    def is_lost(self, known: Known | None) -> bool:
        """Whether the site has lost an article, or another web archive was to give it, in vain so far."""
        if known is None or known.revision:
            return False
        if known.source == self.name:
            return not known.url.startswith(f"{self.memento}/")
        return known.state in (GONE, FAILED)

    def untried(self, known: Known | None, captures: list[Capture]) -> list[Capture]:
        """What was captured later than the copy that was tried of an article, and said that it is gone."""
        if known is None or known.revision or known.state != GONE:
            return []
        tried = cdx.parse_address(known.url, self.memento)
        return [each for each in captures if tried and each.timestamp > tried.timestamp]

    def revisions_of(self, known: Known, captures: list[Capture]) -> list[Capture]:
        """What is newer than what the archive has, where revisions are wanted."""
        if not (self.args.revisions and known.revision):
            return []
        return [each for each in captures if cdx.seconds(each.timestamp) > (known.captured or 0)]
