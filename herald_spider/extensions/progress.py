"""The progress of a run, as one live line below the log on a terminal."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from rich.cells import cell_len
from rich.console import Console
from rich.file_proxy import FileProxy
from rich.progress import Progress
from rich.text import Text
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from herald_spider.spiders.base import HeraldBaseSpider
from herald_spider.spiders.captures import Trail
from herald_spider.spiders.feeds import FeedState
from herald_spider.spiders.listing_walk import ListingWalk
from herald_spider.spiders.site import SiteSpider
from herald_spider.spiders.urls import UrlsSpider
from herald_spider.spiders.wayback import IndexWalk
from herald_spider.text.terminal import printable
from herald_spider.warc.cdx import Capture

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request
    from scrapy.settings import BaseSettings
    from typing_extensions import Self

    from herald_spider.items import Article

INTERVAL = 0.25  # seconds between updates
RATE_PERIOD = 120  # seconds over which the pace is measured
MARGIN = 4  # columns: the terminal writes ^C behind the line, perhaps twice, which must not wrap it
LONGEST, LONGEST_NAME = 36, 26  # columns of the subject, and of a section's name in it
SEPARATOR = " | "
# Set by scrapyd and by scrapy check, whose output is not read on a terminal.
UNATTENDED = {"SCRAPY_JOB", "SCRAPY_CHECK"}


class Part(NamedTuple):
    """A part of the line. Parts with the highest rank are left out first where the terminal is narrow."""

    text: str
    rank: int
    style: str = ""


class LiveLine(Progress):
    """One line at the bottom of the terminal. What is written to standard error scrolls above it.

    The cursor stays visible, so that a killed process leaves the terminal in order.
    """

    def __init__(self) -> None:
        self.line = Text()
        super().__init__(
            # Soft wrap: the terminal breaks long lines of the log, not rich.
            console=Console(stderr=True, soft_wrap=True, highlight=False),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            speed_estimate_period=RATE_PERIOD,
        )
        self.handlers: list[logging.StreamHandler[Any]] = []

    def get_renderable(self) -> Text:
        return self.line

    def start(self) -> None:
        if isinstance(sys.stderr, FileProxy):  # another run of this process shows its line
            return
        terminal = sys.stderr
        super().start()
        self.console.show_cursor(True)
        streams = (each for each in logging.root.handlers if isinstance(each, logging.StreamHandler))
        self.handlers = [each for each in streams if each.stream is terminal]
        for handler in self.handlers:
            handler.setStream(sys.stderr)
        atexit.register(self.stop)  # a second Ctrl-C ends the process without a signal of Scrapy's

    def stop(self) -> None:
        """Clear the line, and give the terminal back."""
        atexit.unregister(self.stop)
        if not self.live.is_started:
            return
        with suppress(OSError):  # the terminal has gone
            sys.stderr.flush()  # writes a line that has no end yet
        with suppress(OSError):
            super().stop()
        for handler in self.handlers:
            handler.stream = sys.stderr  # setStream() would flush
        self.handlers = []

    def show(self, parts: list[Part]) -> None:
        """Show the parts that fit into the terminal."""
        self.line = fitting(parts, self.console.width - MARGIN)
        try:
            if self.live.is_started:
                self.refresh()
        except OSError:  # the terminal has gone
            self.stop()


class ProgressExtension:
    """Shows how far a run has come. The numbers are those of the stats."""

    def __init__(self, crawler: Crawler, line: LiveLine):
        self.crawler, self.line = crawler, line
        self.pages, self.articles = line.add_task("pages", total=None), line.add_task("articles", total=None)
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
        if not is_attended(crawler) or prints_items(crawler.settings):
            raise NotConfigured
        line = LiveLine()
        if not (sys.stderr.isatty() and line.console.is_interactive):  # TERM=dumb is not
            raise NotConfigured
        return cls(crawler, line)

    def start(self, spider: HeraldBaseSpider) -> None:
        if not spider.problem:  # else the run ends here
            self.line.start()
            self.timer.start(INTERVAL, now=False)

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

    def draw(self) -> None:
        stats = self.crawler.stats.get_stats()
        self.line.update(self.pages, completed=pages_in(stats))
        self.line.update(self.articles, completed=count(stats, "articles"))
        pages, articles = (task.speed for task in self.line.tasks)
        left = self.pages_left(stats)
        seconds = left / pages if left and pages else None
        limit = self.spider.args.max_articles
        if left is None and limit and articles:
            seconds = max(0, limit - count(stats, "articles")) / articles
        subject = subject_of(self.latest) if self.latest else self.file
        self.line.show(list(parts(stats, pages, self.waiting, seconds, subject)))

    def pages_left(self, stats: Mapping[str, Any]) -> int | None:
        """Return the number of articles still to be fetched; None while listings are being read."""
        spider = self.spider
        if not isinstance(spider, SiteSpider) or spider.shared:
            return None
        if not self.been_idle and not isinstance(spider, UrlsSpider):  # which reads no listings
            return None
        queued = stats.get("scheduler/enqueued", 0) - stats.get("scheduler/dequeued", 0)
        in_flight = len(self.crawler.engine.downloader.active)
        return int(queued) + in_flight + self.waiting

    @property
    def waiting(self) -> int:
        """The number of articles that the run will still request."""
        waiting = len(getattr(self.spider, "waiting", ())) + getattr(self.spider, "waiting_in_ledger", 0)
        return int(min(waiting, self.spider.articles_left))

    @property
    def spider(self) -> HeraldBaseSpider:
        return cast("HeraldBaseSpider", self.crawler.spider)


def subject_of(request: Request) -> str:
    """Return in a few words what a request fetches."""
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


def is_attended(crawler: Crawler) -> bool:
    """Return True if somebody may be watching the run and has not turned the line off."""
    spider = crawler.spider
    if not isinstance(spider, HeraldBaseSpider) or crawler.settings["HERALD_PROGRESS"] == "off":
        return False
    return not spider.is_scheduled and not UNATTENDED & os.environ.keys()


def prints_items(settings: BaseSettings) -> bool:
    """Return True if items are written to a terminal, where they would break the line."""
    return sys.stdout.isatty() and any(str(uri).startswith("stdout:") for uri in settings.getdict("FEEDS"))


# The parts of the line --------------------------------------------------------------------


def parts(
    stats: Mapping[str, Any], rate: float | None, waiting: int, seconds: float | None, subject: str
) -> Iterator[Part]:
    """Yield the parts of the line; `rate` is in pages per second, `seconds` are the time left."""
    pages, revisions, duplicates = pages_in(stats), count(stats, "revisions"), count(stats, "duplicates")
    yield Part(f"{pages:,} page{'s' * (pages != 1)}", 0)
    if rate:
        yield Part(f"{rate:.0f}/s" if rate >= 2 else f"{60 * rate:.0f}/min", 5)
    yield Part(f"{max(0, count(stats, 'articles') - revisions):,} new", 1, "green")
    yield _counted(revisions, "revised", 6, "green")
    yield _counted(duplicates, f"duplicate{'s' * (duplicates != 1)}", 7)
    yield _counted(count(stats, "failed") + count(stats, "feed/failed"), "failed", 2, "red")
    for rank, name in enumerate(("rejected", "gone"), 9):
        if number := count(stats, name):
            yield Part(f"{number:,} {name}", rank, "yellow")
    if waiting:
        yield Part(f"{waiting:,} waiting", 8)
    if seconds is not None:
        yield Part(f"{timedelta(seconds=round(seconds))} left", 3)
    if subject:
        yield Part(clip(subject, LONGEST), 4, "bold")


def pages_in(stats: Mapping[str, Any]) -> int:
    """Return the number of pages fetched from the site or read from a file."""
    return int(stats.get("response_received_count", 0)) + count(stats, "warc/pages")


def count(stats: Mapping[str, Any], name: str) -> int:
    return int(stats.get(f"herald/{name}", 0))


def _counted(number: int, what: str, rank: int, style: str = "") -> Part:
    """Return a count; zero counts are left out first."""
    return Part(f"{number:,} {what}", rank, style) if number else Part(f"0 {what}", 11 + rank)


def clip(text: str, longest: int) -> str:
    r"""Return `text` in at most `longest` columns, with control characters escaped.

    >>> clip("News", 10), clip("\x1b[2JNews of the harbor", 10)
    ('News', '\\x1b[2JNe…')
    """
    clipped = Text(printable(text))
    clipped.truncate(longest, overflow="ellipsis")
    return clipped.plain


def fitting(shown: list[Part], width: int) -> Text:
    """Return a line of the parts that fit into `width` columns.

    >>> line = [Part("12 pages", 0), Part("58/min", 2), Part("4 new", 1)]
    >>> [fitting(line, width).plain for width in (25, 24, 8, 7)]
    ['12 pages | 58/min | 4 new', '12 pages | 4 new', '12 pages', '']
    """
    kept = list(shown)
    while kept and cell_len(SEPARATOR.join(part.text for part in kept)) > width:
        kept.remove(max(kept, key=lambda part: part.rank))
    pieces = [piece for part in kept for piece in ((SEPARATOR, "dim"), (part.text, part.style))]
    return Text.assemble(*pieces[1:])
