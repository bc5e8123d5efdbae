"""Spider `wayback`: articles from a web archive, the Internet Archive or any pywb."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from scrapy import Request
from scrapy.exceptions import CloseSpider

from herald_spider import urls
from herald_spider.archive.ledger import FAILED, GONE
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.spiders.captures import CaptureSpider, Trail
from herald_spider.warc import cdx
from herald_spider.warc.cdx import Capture, Window

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from herald_spider.archive import Known

MAX_BROKEN = 3  # bad answers of the index in a row, after which its walk ends for this run
# The index treats `www.` and the bare name as one.
PAPER = ("koreaherald.com", *sorted(urls.HOSTS - {"koreaherald.com", "www.koreaherald.com"}))


@dataclass
class IndexWalk:
    """A walk through the index of a web archive: the `windows` of `query` that are still to be read.

    `key` is the name of its place in the ledger; `broken` counts bad answers in a row.
    """

    query: str
    key: str
    windows: list[Window]
    broken: int = 0


class WaybackSpider(CaptureSpider):
    """Reads the first good capture of each article that a web archive has.

    Arguments: ``since``, ``until`` (days of publication), ``captured_until``,
    ``revisions`` (1: the later captures too), ``max_articles``.
    """

    name = "wayback"

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.waiting: deque[Trail] = deque()
        self.walks: deque[IndexWalk] = deque()
        self.unfinished: list[str] = []  # queries
        self.is_index_empty = True

    # Order of requests ----------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Prepare the walks; `more_requests` makes the requests."""
        pending = self.archive.ledger.pending(self.waiting_limit, *self.moments(), copies=self.name)
        for known in self.archive.leases.take_free(pending):
            capture = cdx.parse_address(known.url, self.memento)  # None for another archive's
            if capture and self.args.may_cover(known.id):
                self.waiting.append(Trail(known.id, known.found_by or self.name, capture))
        self.walks.extend(self.start_walk(query) for query in self.queries())
        return
        yield

    def more_requests(self) -> list[Request]:
        """Return requests for the waiting captures, or else for the next page of the index.

        The articles of a page are read before the next page: memory stays flat, and a killed
        run goes on at the same page.
        """
        requests = list(self.waiting_requests())
        return requests if requests or self.waiting else self.next_page()

    def waiting_requests(self) -> Iterator[Request]:
        while self.waiting and self.articles_left > 0:
            self.articles_left -= 1
            self.count("asked")
            yield self.capture_request(self.waiting.popleft())

    def next_page(self) -> list[Request]:
        """Return a request for the next page of the index, once the articles of the last are committed."""
        self.archive.commit()
        while self.walks and self.articles_left > 0:
            walk = self.walks[0]
            self.store_place(walk)
            if walk.windows and walk.broken < MAX_BROKEN:
                return [self.page_request(walk)]
            if walk.windows:
                self.unfinished.append(walk.query)
            self.walks.popleft()
        self.check_index()
        return []

    def check_index(self) -> None:
        """Raise `CloseSpider` if a walk was not finished; warn if the index has no capture at all."""
        index = self.settings["HERALD_CDX_URL"]
        if self.unfinished:
            self.logger.error(
                "The index %s could not be read to the end: %s. The next run goes on there.",
                index, ", ".join(self.unfinished),
            )  # fmt: skip
            raise CloseSpider("index_unfinished")
        if not self.walks and self.is_index_empty:
            self.logger.warning(
                "%s lists no capture at all: check HERALD_CDX_URL, HERALD_BASE_URL and the range.", index
            )

    # The index ------------------------------------------------------------------------

    def queries(self) -> list[str]:
        """Return the patterns of article addresses, for each host and either form of address."""
        own = urlsplit(self.base)
        hosts = PAPER if own.hostname in urls.HOSTS else (own.netloc,)
        return [f"{host}/{path}*" for host in hosts for path in ("view.php", "article/")]

    def start_walk(self, query: str) -> IndexWalk:
        """Return a walk from the beginning, or from where an earlier run with these arguments ended."""
        arguments = self.args.model_dump(exclude_defaults=True, exclude={"max_articles"})
        key = f"{self.settings['HERALD_CDX_URL']}?{urlencode({'url': query, **arguments})}"
        row = self.archive.ledger.listing(key)
        if row and row.place:
            self.count("cdx/taken_up")
            self.is_index_empty = False
            return IndexWalk(query, key, [Window(**window) for window in json.loads(row.place)])
        return IndexWalk(query, key, [self.first_window()])

    def store_place(self, walk: IndexWalk) -> None:
        left = json.dumps([asdict(window) for window in walk.windows]) if walk.windows else None
        self.archive.ledger.set_place(walk.key, left)

    def page_request(self, walk: IndexWalk) -> Request:
        collapse = "digest" if self.args.revisions else "urlkey"
        return self.index_request(
            walk.query, walk.windows[0], self.parse_index, self.index_failed, collapse=collapse, walk=walk
        )

    def parse_index(self, response: Response, window: Window, walk: IndexWalk) -> None:
        """Note the captures of a page of the index, and update the walk."""
        self.count("cdx/pages")
        answer = self.read_index(response)
        self.crawler.stats.inc_value("herald/cdx/rows", answer.rows)
        self.is_index_empty &= not answer.rows
        if fault := window.fault(answer):
            self.note_broken(walk, window, fault)
        else:
            walk.broken = 0
            walk.windows[:1] = window.rest(answer)
            if window.is_cut(answer):
                return  # all of its rows come again, in smaller parts
        self.note(answer.captures, f"{self.name}:{walk.query}")

    def note_broken(self, walk: IndexWalk, window: Window, fault: str) -> None:
        """Log a bad answer, and request the same rows in smaller parts."""
        self.count("cdx/broken")
        walk.broken += 1
        walk.windows[0] = window.smaller()
        self.logger.warning(
            "Unusable response of the index for %s, %s to %s: %s.",
            walk.query, window.first, window.last, fault,
        )  # fmt: skip

    @closes_on_archive_error
    def index_failed(self, failure: Failure) -> Iterator[Any]:
        found = failure.request.cb_kwargs  # type: ignore[attr-defined]
        self.note_broken(found["walk"], found["window"], self.failure_text(failure))
        yield from ()

    # Articles -------------------------------------------------------------------------

    def note(self, captures: Iterable[Capture], via: str) -> None:
        """Enter the articles of captures into the ledger, and queue the captures to read."""
        by_article = self.pages(captures)
        ledger = self.archive.ledger

        def enter(_: object) -> tuple[dict[str, Known], set[str], dict[str, list[Capture]]]:
            known = ledger.known(by_article)
            untried = {each: self.untried(known.get(each), own) for each, own in by_article.items()}
            again = {each: later for each, later in untried.items() if later}
            pages = by_article | again
            found = [(each, cdx.address(self.memento, own[0]), via, None) for each, own in pages.items()]
            lost = [entry for entry in found if entry[0] in again or self.is_lost(known.get(entry[0]))]
            finders = {known[entry[0]].source for entry in lost}
            new = ledger.discover(found) | ledger.claim(lost, finders)
            self.archive.leases.take(new)
            return known, new, pages

        known, new, pages = ledger.transact(enter)
        for each, own in pages.items():
            if each not in new:
                own = self.later_revisions(known[each], own)
            elif not self.args.revisions:
                own = own[:1]
            if own:
                article = known[each].id if each in known else each
                first, *later = own
                self.waiting.append(Trail(article, via, first, deque(later), has_article=each not in new))

    def pages(self, captures: Iterable[Capture]) -> dict[str, list[Capture]]:
        """Return the readable captures by article in range, in order of time."""
        found: dict[str, list[Capture]] = {}
        for capture in captures:
            article = urls.classify(capture.url, self.base).id
            if capture.is_page and article and self.args.may_cover(article):
                found.setdefault(article, []).append(capture)
        return {article: cdx.changes(own) for article, own in found.items()}

    def is_lost(self, known: Known | None) -> bool:
        """Return True if an article was never archived, and neither the site nor another archive has it."""
        if known is None or known.revision:
            return False
        if known.source == self.name:
            return not known.url.startswith(f"{self.memento}/")
        return known.state in (GONE, FAILED)

    def untried(self, known: Known | None, captures: list[Capture]) -> list[Capture]:
        """Return the captures later than the one that was tried, for an article that this showed as gone."""
        if known is None or known.revision or known.state != GONE:
            return []
        tried = cdx.parse_address(known.url, self.memento)
        return [each for each in captures if tried and each.timestamp > tried.timestamp]

    def later_revisions(self, known: Known, captures: list[Capture]) -> list[Capture]:
        """Return the captures newer than the archived revision, if revisions are wanted."""
        if not (self.args.revisions and known.revision):
            return []
        return [each for each in captures if cdx.seconds(each.timestamp) > (known.captured or 0)]
