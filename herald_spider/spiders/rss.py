"""The site's feeds: what is new, for one conditional request each."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import sections, urls
from herald_spider.archive.ledger import Validators
from herald_spider.loaders.feed import Feed, NotAFeed, read_feed
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.sections import Section
from herald_spider.spiders.arguments import FeedArguments
from herald_spider.spiders.base import GONE_STATUSES, NOT_MODIFIED, conditional, validators
from herald_spider.spiders.walks import LISTINGS_FIRST, WalkingSpider, with_children
from herald_spider.text.dates import KST

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

ALL = "all"


@dataclass
class Source:
    """A feed, and where a mirror of the former site has it; `slug` is its section, or ``all``.

    `left` are the listings that an earlier run has not walked down to the day `since`, for what
    the feed had missed: by their address, the section and the page where to go on.
    """

    slug: str
    url: str
    former: str | None = None
    newest: int | None = field(default=None, kw_only=True)
    validators: Validators = field(default=(None, None), kw_only=True)
    since: date | None = field(default=None, kw_only=True)
    left: dict[str, tuple[str, int]] = field(default_factory=dict, kw_only=True)

    @property
    def section(self) -> str | None:
        return None if self.slug == ALL else self.slug

    def shows(self, slug: str) -> bool:
        return self.slug == ALL or slug in with_children([self.slug])


class RssSpider(WalkingSpider):
    """The feeds of the sections, then the articles that they show.

    A feed holds its newest 50 stories only. Where its oldest is newer than the newest of
    the last run, stories were missed: that is said, and the listings are walked for them.
    Listings that could not be walked to their end are gone on with by the next run.
    Arguments: ``sections`` (those with a feed), ``since``, ``until``, ``max_articles``,
    ``max_pages`` (of each listing that is walked for a gap).
    """

    name = "rss"
    arguments: ClassVar[type[FeedArguments]] = FeedArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.unread = 0
        self.gaps: dict[str, date] = {}
        self.behind: list[Source] = []  # those whose gap, or an earlier one, is to be caught up

    async def start(self) -> AsyncIterator[Any]:
        for request in self.pending_requests():
            yield request
        sources = list(self.sources())
        self.unread = len(sources)
        for source in sources:
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
        if row and row.place and self.is_whole:
            place = json.loads(row.place)
            source.since, source.left = date.fromisoformat(place["since"]), place["left"]
            self.behind.append(source)
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

    @closes_on_archive_error
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
        for request in self.catch_up():
            yield request

    def parse_feed(self, response: Response, source: Source) -> Iterator[Request]:
        """Note what a feed shows, and look for a gap since the last run."""
        self.count("feed/read")
        if response.status == NOT_MODIFIED:
            self.count("feed/not_modified")
        elif feed := self.read(response):
            source.validators = validators(response)
            self.take(feed, source)
        yield from self.catch_up()

    def take(self, feed: Feed, source: Source) -> None:
        self.note(feed.entries, source.section, via=source.slug)
        if not feed.whole:  # how far it reaches back stands in what is missing
            return
        moments = [int(entry.date.timestamp()) for entry in feed.entries if entry.date]
        if gap := _begin_after(source.newest, moments):
            self.note_gap(source, gap)
        source.newest = max(moments, default=source.newest)
        if source.slug not in self.gaps:
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

    @property
    def is_whole(self) -> bool:
        """Whether all is noted that feeds and listings show."""
        return not self.args.since and not self.args.until

    def finish(self, source: Source) -> None:
        if self.is_whole:
            self.archive.ledger.finish_feed(source.url, source.section, source.newest, source.validators)

    # Gaps -----------------------------------------------------------------------------

    def note_gap(self, source: Source, oldest: int) -> None:
        """Stories were missed between two runs: say so."""
        assert source.newest is not None
        last, first = (datetime.fromtimestamp(each, KST) for each in (source.newest, oldest))
        self.count("feed/gaps", source.url)
        self.logger.error(
            "Feed %s has a gap: nothing between %s, the newest story of the last run, and %s, the oldest now. "
            "Run it more often. Walking the listings for what was missed.",
            source.url, f"{last:%Y-%m-%d %H:%M}", f"{first:%Y-%m-%d %H:%M}",
        )  # fmt: skip
        self.gaps[source.slug] = last.date()
        if source not in self.behind:
            self.behind.append(source)
        source.since = min(source.since or last.date(), last.date())

    def catch_up(self) -> Iterator[Request]:
        """Once all feeds are read: walk the listings down to the last known day."""
        self.unread -= 1
        if self.unread:
            return
        if self.gaps:
            yield self.menu_request()
        else:
            yield from self.left_requests()

    def walk_listings(self, menu: list[tuple[Section, str]]) -> Iterator[Request]:
        requests = list(super().walk_listings(menu))
        yield from (*requests, *self.left_requests())

    def left_requests(self) -> list[Request]:
        """Requests for what an earlier run has left, where it is not walked already."""
        requests = []
        for source in self.behind:
            for url, (slug, number) in source.left.items():
                if url not in self.walking:
                    section = sections.BY_SLUG.get(slug) or Section(slug, (slug,), path=url)
                    requests.append(self.first_request(section, url, number))
        return requests

    def wanted(self) -> set[str]:
        return with_children(self.gaps or self.args.sections)

    def walk_since(self, url: str) -> date | None:
        left = (source.since for source in self.behind if source.since and url in source.left)
        return min((*self.gaps.values(), *left), default=self.args.since)

    def finish_run(self, reason: str) -> None:
        count = self.crawler.stats.get_value
        # Were all listings empty, nothing would have been caught up.
        walked = count("herald/listing/read", 0) > count("herald/listing/empty", 0)
        if reason == "finished" and self.is_whole and not self.unread and (walked or not self.gaps):
            for source in self.behind:
                self.keep_left(source)
        super().finish_run(reason)

    def keep_left(self, source: Source) -> None:
        """What is left of a gap are the listings whose walk has not come to its end."""
        walks = {url: walk for url, walk in self.walking.items() if source.shows(walk.section.slug)}
        left = {url: (walk.section.slug, walk.number) for url, walk in walks.items()}
        place = json.dumps({"since": f"{source.since}", "left": left}) if left else None
        self.archive.ledger.set_place(source.url, place)
        if source.slug in self.gaps:
            self.finish(source)


def _begin_after(newest: int | None, moments: list[int]) -> int | None:
    """The oldest of a feed's `moments`, where they do not reach back to `newest`; else None.

    One that is older all alone is pinned, and tells nothing.
    """
    if newest is None or newest in moments:
        return None
    later = [moment for moment in moments if moment > newest]
    return min(later, default=None) if len(moments) - len(later) <= 1 else None
