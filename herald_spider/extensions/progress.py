"""The progress of a run, as one live line on the terminal."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from herald_spider.extensions.live_line import LiveLine
from herald_spider.extensions.progress_parts import LONGEST_NAME, Rate, clip, count, fitting, pages_in, parts
from herald_spider.spiders.base import HeraldBaseSpider
from herald_spider.spiders.captures import Trail
from herald_spider.spiders.feeds import FeedState
from herald_spider.spiders.listing_walk import ListingWalk
from herald_spider.spiders.site import SiteSpider
from herald_spider.spiders.urls import UrlsSpider
from herald_spider.spiders.wayback import IndexWalk
from herald_spider.warc.cdx import Capture

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request
    from scrapy.settings import BaseSettings
    from typing_extensions import Self

    from herald_spider.items import Article

TICK = 0.25  # seconds between two looks at the stats
# Set by scrapyd, and by scrapy check: nobody watches.
UNWATCHED = {"SCRAPY_JOB", "SCRAPY_CHECK"}


class ProgressExtension:
    """Shows how far a run is, where somebody watches it. All numbers are those of the stats."""

    def __init__(self, crawler: Crawler, line: LiveLine):
        self.crawler, self.line = crawler, line
        self.pages, self.articles = Rate(), Rate()
        self.latest: Request | None = None
        self.file = ""
        self.been_idle = False
        self.timer = create_looping_call(self.draw)
        connect = crawler.signals.connect
        connect(self.start, signals.spider_opened)
        connect(self.note_request, signals.request_reached_downloader)
        connect(self.note_idle, signals.spider_idle)
        connect(self.note_item, signals.item_scraped)
        connect(self.note_item, signals.item_dropped)
        connect(self.stop, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not is_watched(crawler) or prints_items(crawler.settings):
            raise NotConfigured
        line = LiveLine(sys.stderr)
        if not line.is_possible:
            raise NotConfigured
        return cls(crawler, line)

    def start(self, spider: HeraldBaseSpider) -> None:
        if not spider.problem:  # else the run ends here
            self.line.start()
            self.timer.start(TICK, now=False)

    def stop(self) -> None:
        if self.timer.running:
            self.timer.stop()
            self.line.stop()

    def note_request(self, request: Request) -> None:
        self.latest = request

    def note_idle(self) -> None:
        self.been_idle = True

    def note_item(self, item: Article) -> None:
        self.file = (item.fetched_from or "").partition("#")[0]

    # What the line says -----------------------------------------------------------------

    def draw(self) -> None:
        stats, now = self.crawler.stats.get_stats(), time.monotonic()
        self.pages.note(now, pages_in(stats))
        self.articles.note(now, count(stats, "articles"))
        shown = parts(
            stats,
            rate=self.pages.at(now),
            waiting=self.waiting,
            seconds=self.seconds_left(stats, now),
            subject=subject_of(self.latest) if self.latest else self.file,
        )
        self.line.show([(part.text, part.style) for part in fitting(shown, self.line.width)])

    def seconds_left(self, stats: dict[str, Any], now: float) -> float | None:
        """The time to go at the present pace; None where nobody can know."""
        left, rate = self.pages_left(stats), self.pages.at(now)
        if left is None and (limit := self.spider.args.max_articles):
            left, rate = max(0, limit - count(stats, "articles")), self.articles.at(now)
        return left / rate if left and rate else None

    def pages_left(self, stats: dict[str, Any]) -> int | None:
        """The articles that are still to come, where all listings are read; None before."""
        spider = self.spider
        if not isinstance(spider, SiteSpider) or spider.shared:
            return None
        if not self.been_idle and not isinstance(spider, UrlsSpider):  # that one reads no listings
            return None
        queued = stats.get("scheduler/enqueued", 0) - stats.get("scheduler/dequeued", 0)
        in_flight = len(self.crawler.engine.downloader.active)
        return int(queued) + in_flight + self.waiting

    @property
    def waiting(self) -> int:
        """How many articles wait that will be asked for."""
        waiting = len(getattr(self.spider, "waiting", ())) + getattr(self.spider, "waiting_in_ledger", 0)
        return int(min(waiting, self.spider.articles_left))

    @property
    def spider(self) -> HeraldBaseSpider:
        return cast("HeraldBaseSpider", self.crawler.spider)


def subject_of(request: Request) -> str:
    """What a request is for, in a few words."""
    match request.cb_kwargs:
        case {"walk": ListingWalk(section=section, number=number)}:
            return f"{clip(section.name, LONGEST_NAME)}, page {number}"
        case {"walk": IndexWalk(query=query)}:
            return f"index of {query}"
        case {"feed": FeedState(slug=slug)}:
            return f"feed {slug}"
        case {"trail": Trail(current=Capture(timestamp=moment))}:
            return f"captures, {moment[:4]}-{moment[4:6]}-{moment[6:8]}"
        case {"listed_id": _}:
            return "articles"
    return urlsplit(request.url).path


def is_watched(crawler: Crawler) -> bool:
    """Whether somebody may look on, and wants to."""
    spider = crawler.spider
    if not isinstance(spider, HeraldBaseSpider) or crawler.settings["HERALD_PROGRESS"] == "off":
        return False
    return not spider.is_scheduled and not UNWATCHED & os.environ.keys()


def prints_items(settings: BaseSettings) -> bool:
    """Whether items come out on a terminal, where they would tear the line."""
    return sys.stdout.isatty() and any(str(uri).startswith("stdout:") for uri in settings.getdict("FEEDS"))
