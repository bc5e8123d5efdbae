"""What the spiders that ask the site itself share: what waits, what is taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import DontCloseSpider

from herald_spider.archive.ledger import COPIES, Known, now
from herald_spider.loaders.listing import Entry
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.spiders.rendered import RenderingSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

PENDING_FIRST = 20


class SiteSpider(RenderingSpider):
    """A spider that finds articles on the site and asks the site for them.

    Articles wait until all listings are read, so that `listed_in` is whole in one run; some in memory,
    what is beyond HERALD_WAITING_LIMIT in the ledger alone.
    """

    shared = False  # whether other processes take part in this crawl: see herald_spider.cluster

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.waiting: dict[str, Request] = {}
        self.again: set[str] = set()  # those of them that are archived, and asked whether they changed
        self.beyond = 0  # how many wait in the ledger alone
        self.last_pending: Known | None = None  # as far as the ledger has been asked for them
        self.asked: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.release_waiting, signals.spider_idle)
        return spider

    # What was found -------------------------------------------------------------------

    def note(self, entries: Iterable[Entry], slug: str | None, via: str | None = None) -> dict[str, Known]:
        """Enter articles into the ledger and put the new ones on the waiting list.

        `slug` is the section whose listing shows them, `via` what to say in its place.
        What was known of all of `entries` before.
        """
        entries = list(entries)
        via = f"{self.name}:{via or slug or 'page'}"
        within = [entry for entry in entries if self.is_wanted(entry)]
        found = [(entry.id, entry.url, via, slug) for entry in within]
        ledger = self.archive.ledger

        def enter(_: object) -> tuple[dict[str, Known], set[str]]:
            known = ledger.known([entry.id for entry in entries])
            return known, ledger.discover(found, known) | ledger.claim(found, COPIES, known)

        known, fresh = ledger.transact(enter)
        for entry in within:
            if entry.id in fresh and self.is_full:
                self.beyond += 1
            elif entry.id in fresh:
                options = {"discovered_via": via, "listed_id": entry.id}
                self.wait_for(entry.id, self.article_request(entry.url, cb_kwargs=options))
        return known

    def is_wanted(self, entry: Entry) -> bool:
        """Whether an article can lie in the range, as far as its listing tells."""
        return self.args.covers(entry.date.date()) if entry.date else self.args.may_cover(entry.id)

    # What is taken up again -----------------------------------------------------------

    def pending_requests(self) -> Iterator[Request]:
        """What earlier runs found and did not get, before all else: runs cut short must still get on."""
        self.take_up_pending()
        for request in self.take_waiting():
            yield request.replace(priority=PENDING_FIRST)

    def take_up_pending(self) -> bool:
        """Put the next of what the ledger keeps on the waiting list; False where it has no more."""
        ledger = self.archive.ledger
        found = ledger.pending(self.limit, *self.moments(), self.shown_in(), after=self.last_pending)
        self.beyond = max(0, self.beyond - len(found))
        for known in found:
            self.last_pending = known
            if not self.args.may_cover(known.id):
                continue
            via = {"discovered_via": known.found_by, "listed_id": known.id}
            self.wait_for(known.id, self.article_request(known.url, cb_kwargs=via))
        return bool(found)

    def take_up_young(self) -> None:
        """Ask again for what was published not long ago: it may have been revised."""
        hours = self.settings.getfloat("HERALD_REVISIT_HOURS")
        since, until = self.moments()
        oldest = max(int(now() - hours * 3600), since or 0)
        for known in self.archive.ledger.young(oldest, self.shown_in(), until) if hours else ():
            self.revisit(known)

    def shown_in(self) -> set[str] | None:
        """The listings that must have shown what is taken up; None for any."""
        return None

    def forget_asked(self) -> None:
        """Begin anew: what was asked for may have been lost."""
        self.asked.clear()
        self.last_pending = None

    # What waits -----------------------------------------------------------------------

    def wait_for(self, article: str, request: Request) -> None:
        if article not in self.asked:
            self.asked.add(article)
            self.waiting[article] = request

    def revisit(self, known: Known) -> None:
        """Ask once more for an archived article, when its turn comes."""
        if known.id not in self.asked:
            self.again.add(known.id)
            self.wait_for(known.id, self.revisit_request(known))

    @closes_on_archive_error
    def release_waiting(self) -> None:
        """The listings are read: ask for the articles."""
        if self.problem:
            return
        while not self.waiting and not self.shared and self.has_room():
            if not self.take_up_pending():  # else all that it took up was asked for in this run already
                break
        if requests := list(self.take_waiting()):
            for request in requests:
                self.crawler.engine.crawl(request)
            raise DontCloseSpider
        self.check_rendered()

    @property
    def limit(self) -> int:
        return self.settings.getint("HERALD_WAITING_LIMIT")

    @property
    def is_full(self) -> bool:
        """Whether as many wait as may be kept in memory; those of a shared crawl wait in Redis."""
        return not self.shared and len(self.waiting) >= self.limit

    @property
    def is_enough(self) -> bool:
        """Whether as much has been found as `max_articles` lets be asked for."""
        return len(self.waiting) - len(self.again) + self.beyond >= self.room()

    def hand_out(self) -> Iterator[Request]:
        """What has been found, where other processes take part: they need not wait for the listings."""
        if self.shared:
            yield from self.take_waiting()

    def take_waiting(self) -> Iterator[Request]:
        for article in list(self.waiting):
            is_again = article in self.again
            if article not in self.waiting or not (is_again or self.has_room()):
                continue
            request = self.waiting.pop(article)
            self.count("asked")
            if is_again:
                self.again.discard(article)
                self.count("revisited")
            yield request
