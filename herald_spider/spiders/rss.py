"""The site's feeds: what is new, for one conditional request each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import sections, urls
from herald_spider.archive.ledger import Validators
from herald_spider.loaders.feed import Feed, NotAFeed, read_feed
from herald_spider.processors import KST
from herald_spider.spiders.arguments import FeedArguments
from herald_spider.spiders.base import GONE_STATUSES, NOT_MODIFIED, conditional, validators
from herald_spider.spiders.walks import LISTINGS_FIRST, WalkingSpider, with_children

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

ALL = "all"


@dataclass
class Source:
    """A feed, and where a mirror of the former site has it; `slug` is its section, or ``all``."""

    slug: str
    url: str
    former: str | None = None
    newest: int | None = field(default=None, kw_only=True)
    validators: Validators = field(default=(None, None), kw_only=True)

    @property
    def section(self) -> str | None:
        return None if self.slug == ALL else self.slug


class RssSpider(WalkingSpider):
    """The feeds of the sections, then the articles that they show.

    A feed holds its newest 50 stories only. Where its oldest is newer than the newest of
    the last run, stories were missed: that is said, and the listings are walked for them.
    Arguments: ``sections`` (those with a feed), ``since``, ``until``, ``max_articles``,
    ``max_pages`` (of each listing that is walked for a gap).
    """

    name = "rss"
    arguments: ClassVar[type[FeedArguments]] = FeedArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.gaps: dict[str, date] = {}
        self.gapped: list[Source] = []

    async def start(self) -> AsyncIterator[Any]:
        for request in self.pending_requests():
            yield request
        for source in self.sources():
            yield self.feed_request(source)

    def sources(self) -> Iterator[Source]:
        if ALL in self.args.sections:
            yield Source(ALL, f"{urls.SITE}{sections.ALL_STORIES_FEED}")
        for section in sections.SECTIONS:
            # What had a feed on the former site only is a question for its mirrors.
            wanted = section.slug in self.args.sections or (ALL in self.args.sections and section.feed)
            addresses = [f"{urls.SITE}{path}" for path in (section.feed, section.legacy_feed) if path]
            if wanted and addresses:
                yield Source(section.slug, addresses[0], *addresses[1:])

    def feed_request(self, source: Source) -> Request:
        row = self.archive.ledger.listing(source.url)
        source.newest = row.newest if row else None
        return Request(
            urls.rebase(source.url, self.base),
            self.parse_feed,
            errback=self.no_feed,
            headers=conditional(row.etag, row.last_modified) if row else {},
            cb_kwargs={"source": source},
            priority=LISTINGS_FIRST,
            dont_filter=True,
            meta={"handle_httpstatus_list": [NOT_MODIFIED]},
        )

    async def no_feed(self, failure: Failure) -> AsyncIterator[Any]:
        """A mirror of the former site has its feeds elsewhere."""
        source: Source = failure.request.cb_kwargs["source"]  # type: ignore[attr-defined]
        missing = isinstance(failure.value, HttpError) and failure.value.response.status in GONE_STATUSES
        if missing and source.former:
            yield self.feed_request(Source(source.slug, source.former))
            return
        self.count("feed/failed")
        async for each in self.failed(failure):
            yield each

    def parse_feed(self, response: Response, source: Source) -> Iterator[Request]:
        """Note what a feed shows, and look for a gap since the last run."""
        self.count("feed/read")
        if response.status == NOT_MODIFIED:
            self.count("feed/not_modified")
            return
        feed = self.read(response)
        if feed is None:
            return
        source.validators = validators(response)
        moments = [int(entry.date.timestamp()) for entry in feed.entries if entry.date]
        self.note(feed.entries, source.section, via=source.slug)
        if source.newest is not None and moments and min(moments) > source.newest:
            yield from self.catch_up(source, min(moments))
            source.newest = max(moments)
            return
        source.newest = max(moments, default=source.newest)
        if feed.whole:
            self.finish(source)

    def read(self, response: Response) -> Feed | None:
        """The feed, with a word of what is wrong with it; None where there is nothing to read."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            feed = read_feed(response.body, content_type, self.base)
        except NotAFeed as error:
            self.count("feed/broken")
            self.logger.warning(
                "%s is no feed: %s. Its stories are left to the other feeds.", response.url, error
            )
            return None
        if not feed.whole:
            self.count("feed/broken")
            self.logger.warning("Feed %s is cut off after %d stories.", response.url, len(feed.entries))
        elif not feed.entries:
            self.count("feed/empty")
            self.logger.warning("Feed %s holds no story: moved, or its form has changed.", response.url)
        return feed

    def finish(self, source: Source) -> None:
        if not self.args.since and not self.args.until:  # else not all was noted
            self.archive.ledger.finish_feed(source.url, source.section, source.newest, source.validators)

    # Gaps -----------------------------------------------------------------------------

    def catch_up(self, source: Source, oldest: int) -> Iterator[Request]:
        """Stories were missed between two runs: walk the listings down to the last known day."""
        assert source.newest is not None
        last, first = (datetime.fromtimestamp(each, KST) for each in (source.newest, oldest))
        self.count("feed/gaps", source.url)
        self.logger.error(
            "Feed %s has a gap: nothing between %s, the newest story of the last run, and %s, the oldest now. "
            "Run it more often. Walking the listings for what was missed.",
            source.url, f"{last:%Y-%m-%d %H:%M}", f"{first:%Y-%m-%d %H:%M}",
        )  # fmt: skip
        if not self.gaps:
            yield self.menu_request()
        self.gaps[source.slug] = last.date()
        self.gapped.append(source)

    def wanted(self) -> set[str]:
        return with_children(self.gaps or self.args.sections)

    def walk_since(self) -> date | None:
        return min(self.gaps.values(), default=self.args.since)

    def finish_run(self, reason: str) -> None:
        count = self.crawler.stats.get_value
        # Were all listings empty, nothing would have been caught up.
        walked = count("herald/listing/read", 0) > count("herald/listing/empty", 0)
        if reason == "finished" and walked and not self.walking:
            for source in self.gapped:
                self.finish(source)
        super().finish_run(reason)
