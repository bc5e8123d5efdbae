"""Spider `rss`: new articles from the site's feeds, with one conditional request for each feed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request

from herald_spider import sections
from herald_spider.loaders.feed import Feed, NotAFeed, read_feed
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.sections import Section
from herald_spider.spiders.arguments import FeedArguments
from herald_spider.spiders.feeds import ALL, FeedState, feeds_of, gap_end
from herald_spider.spiders.listings import ListingSpider
from herald_spider.spiders.responses import NOT_MODIFIED, is_gone, validators
from herald_spider.text.dates import KST

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure


class RssSpider(ListingSpider):
    """Reads the feeds of the sections, then the articles in them.

    A feed holds its newest 50 articles only. If its oldest one is newer than the newest of
    the last run, articles were missed: the spider logs this gap and reads the listings down
    to the time of the last run. The next run goes on with listings that were not finished.

    Arguments: ``sections`` (those with a feed), ``since``, ``until``, ``max_articles``,
    ``max_pages`` (of each listing that is read for a gap).
    """

    name = "rss"
    arguments: ClassVar[type[FeedArguments]] = FeedArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.feeds: list[FeedState] = []
        self.feeds_left = 0  # feeds without a response yet

    async def start(self) -> AsyncIterator[Any]:
        self.feeds = list(feeds_of(self.args.sections))
        self.feeds_left = len(self.feeds)
        for feed in self.feeds:
            yield self.feed_request(feed)
        for request in self.pending_requests():
            yield request

    def parse(self, response: Response) -> Iterator[Any]:
        """Read a feed: the callback of ``scrapy parse``."""
        yield from self.parse_feed(response, FeedState(ALL, response.url))
        yield from self.next_requests()

    @property
    def gaps(self) -> list[FeedState]:
        return [feed for feed in self.feeds if feed.has_gap]

    # Feeds ----------------------------------------------------------------------------

    def feed_request(self, feed: FeedState) -> Request:
        row = self.archive.ledger.listing(feed.url)
        feed.newest = row.newest if row else None
        if row and row.place and self.is_unlimited:
            feed.load_walks(row.place)
        return self.source_request(feed.url, self.parse_feed, self.feed_failed, row=row, feed=feed)

    @closes_on_archive_error
    def feed_failed(self, failure: Failure) -> Iterator[Any]:
        """Try the feed's former address if it has one; else count the failure."""
        feed: FeedState = failure.request.cb_kwargs["feed"]  # type: ignore[attr-defined]
        if is_gone(failure) and feed.former_url:
            feed.url, feed.former_url = feed.former_url, None
            yield self.feed_request(feed)
            return
        self.count("feed/failed")
        yield from self.failed(failure)
        yield from self.feed_done()

    def parse_feed(self, response: Response, feed: FeedState) -> Iterator[Request]:
        """Note the articles of a feed, and check it for a gap since the last run."""
        self.count("feed/read")
        if response.status == NOT_MODIFIED:
            self.count("feed/not_modified")
        elif content := self.read(self.read_feed, response, url=response.url):
            feed.validators = validators(response)
            self.note_feed(content, feed)
        yield from self.feed_done()
        yield from self.new_requests()

    def read_feed(self, response: Response) -> Feed | None:
        """Return the content of a feed; None, after a warning, for anything else."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            content = read_feed(response.body, content_type, self.base)
        except NotAFeed as error:
            self.count("feed/broken")
            self.logger.warning(
                "%s is no feed: %s. Its articles may be found in other feeds.", response.url, error
            )
            return None
        if not content.whole:
            self.count("feed/broken")
            self.logger.warning("Feed %s is cut off after %d articles.", response.url, len(content.entries))
        elif not content.entries:
            self.count("feed/empty")
            self.logger.warning(
                "Feed %s has no articles: it has moved, or its format has changed.", response.url
            )
        return content

    def note_feed(self, content: Feed, feed: FeedState) -> None:
        self.note(content.entries, feed.section, via=feed.slug)
        if not content.whole:  # its oldest article is in the part that is missing
            return
        times = [int(entry.date.timestamp()) for entry in content.entries if entry.date]
        if end := gap_end(feed.newest, times):
            self.note_gap(feed, end)
        feed.newest = max(times, default=feed.newest)
        if not feed.has_gap:
            self.finish_feed(feed)

    def finish_feed(self, feed: FeedState) -> None:
        """Store the state of a feed that was read to its end, unless the arguments leave out some articles."""
        if self.is_unlimited:
            self.archive.ledger.finish_feed(feed.url, feed.section, feed.newest, feed.validators)

    # Gaps -----------------------------------------------------------------------------

    def note_gap(self, feed: FeedState, end: int) -> None:
        """Log a gap from the newest article of the last run to the time `end`, and plan to close it."""
        assert feed.newest is not None
        last, first = (datetime.fromtimestamp(each, KST) for each in (feed.newest, end))
        self.count("feed/gaps", feed.url)
        self.logger.error(
            "Feed %s has a gap: nothing between %s, the newest article of the last run, and %s, the oldest now. "
            "Run it more often. Reading the listings for the missing articles.",
            feed.url, f"{last:%Y-%m-%d %H:%M}", f"{first:%Y-%m-%d %H:%M}",
        )  # fmt: skip
        feed.has_gap = True
        feed.since = min(feed.since or last.date(), last.date())

    def feed_done(self) -> Iterator[Request]:
        """Start to read listings for the gaps once all feeds are read."""
        self.feeds_left -= 1
        if self.feeds_left:
            return
        if self.gaps:
            yield self.menu_request()
        else:
            yield from self.open_walk_requests()

    def listing_requests(self, menu: list[tuple[Section, str]]) -> Iterator[Request]:
        # All of these come first: a walk of this run replaces one that an earlier run left open.
        requests = list(super().listing_requests(menu))
        yield from (*requests, *self.open_walk_requests())

    def open_walk_requests(self) -> list[Request]:
        """Return requests for the listings that an earlier run has not finished."""
        requests = []
        for feed in self.feeds:
            for url, (slug, number) in feed.open_walks.items():
                if url not in self.unfinished_walks:
                    section = sections.BY_SLUG.get(slug) or Section(slug, (slug,), path=url)
                    requests.append(self.first_request(section, url, number))
        return requests

    def wanted_sections(self) -> frozenset[str] | None:
        return sections.expand([feed.slug for feed in self.gaps] or self.args.sections)

    def walk_since(self, url: str) -> date | None:
        days = (feed.since for feed in self.feeds if feed.has_gap or url in feed.open_walks)
        return min(filter(None, days), default=self.args.since)

    def finish_run(self, reason: str) -> None:
        # If all listings were empty, no gap is closed.
        is_done = not self.feeds_left and (self.any_listing_read or not self.gaps)
        if reason == "finished" and self.is_unlimited and is_done:
            for feed in self.feeds:
                if feed.since:  # the next run finishes the listings that are left
                    self.archive.ledger.set_place(feed.url, feed.store_walks(self.unfinished_walks))
                if feed.has_gap:
                    self.finish_feed(feed)
        super().finish_run(reason)
