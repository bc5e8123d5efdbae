"""The progress of a run, as one live line below the log on a terminal."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from rich.console import Console
from rich.file_proxy import FileProxy
from rich.progress import Progress
from rich.text import Text
from scrapy import signals
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from herald_spider.spiders.base import HeraldBaseSpider
from herald_spider.spiders.site import SiteSpider
from herald_spider.text.terminal import plural, printable

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request
    from scrapy.settings import BaseSettings

    from herald_spider.items import Article

INTERVAL = 0.25  # seconds between updates
RATE_PERIOD = 120  # seconds over which the pace is measured
MARGIN = 4  # columns: the terminal writes ^C behind the line, perhaps twice, which must not wrap it
SEPARATOR = " | "
# Set by scrapyd and by scrapy check, whose output is not read on a terminal.
UNATTENDED = {"SCRAPY_JOB", "SCRAPY_CHECK"}


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

    def show(self, parts: list[Text]) -> None:
        """Show the parts in one line, which is cut at the width of the terminal."""
        line = Text(SEPARATOR).join(parts)
        line.truncate(max(1, self.console.width - MARGIN), overflow="ellipsis")
        self.line = line
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
        self.timer = create_looping_call(self.draw)
        connect = crawler.signals.connect
        connect(self.start, signals.spider_opened)
        connect(self.note_request, signals.request_reached_downloader)
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

    def note_item(self, item: Article) -> None:
        self.file = (item.fetched_from or "").partition("#")[0]

    def draw(self) -> None:
        stats = self.crawler.stats.get_stats()
        self.line.update(self.pages, completed=pages_in(stats))
        self.line.update(self.articles, completed=count(stats, "articles"))
        pages, articles = (task.speed for task in self.line.tasks)
        queued = self.queued(stats)
        left = None if queued is None else queued + len(self.crawler.engine.downloader.active)
        seconds = left / pages if left and pages else None
        limit = self.spider.args.max_articles
        if left is None and limit and articles:
            seconds = max(0, limit - count(stats, "articles")) / articles
        source = urlsplit(self.latest.url).path if self.latest else self.file
        self.line.show(list(parts(stats, pages, self.waiting if queued is None else queued, seconds, source)))

    def queued(self, stats: Mapping[str, Any]) -> int | None:
        """Return the number of pages known so far that the run will still request; None if it is not known."""
        if not isinstance(self.spider, SiteSpider) or self.spider.shared:
            return None
        queued = stats.get("scheduler/enqueued", 0) - stats.get("scheduler/dequeued", 0)
        return int(queued) + self.waiting

    @property
    def waiting(self) -> int:
        """The number of articles that the run will still request."""
        waiting = len(getattr(self.spider, "waiting", ())) + getattr(self.spider, "waiting_in_ledger", 0)
        return int(min(waiting, self.spider.articles_left))

    @property
    def spider(self) -> HeraldBaseSpider:
        return cast("HeraldBaseSpider", self.crawler.spider)


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
    stats: Mapping[str, Any], rate: float | None, waiting: int, seconds: float | None, source: str
) -> Iterator[Text]:
    """Yield the parts of the line, the least important last, without counts that are zero.

    `rate` is in pages per second, `seconds` are the time left, `source` is the path or file of the last page.
    """
    pages, revisions, duplicates = pages_in(stats), count(stats, "revisions"), count(stats, "duplicates")
    yield Text(plural(pages, "page"))
    if rate:
        yield Text(f"{rate:.0f}/s" if rate >= 2 else f"{60 * rate:.0f}/min")
    yield Text(f"{max(0, count(stats, 'articles') - revisions):,} new", "green")
    counted = [
        (count(stats, "failed") + count(stats, "feed/failed"), "failed", "red"),
        (revisions, "revised", "green"),
        (duplicates, f"duplicate{'s' * (duplicates != 1)}", ""),
        (count(stats, "rejected"), "rejected", "yellow"),
        (count(stats, "gone"), "gone", "yellow"),
        (waiting, "waiting", ""),
    ]
    yield from (Text(f"{number:,} {name}", style) for number, name, style in counted if number)
    if seconds is not None:
        yield Text(f"{timedelta(seconds=round(seconds))} left")
    if source:
        yield Text(printable(source), "bold")


def pages_in(stats: Mapping[str, Any]) -> int:
    """Return the number of pages fetched from the site or read from a file."""
    return int(stats.get("response_received_count", 0)) + count(stats, "warc/pages")


def count(stats: Mapping[str, Any], name: str) -> int:
    return int(stats.get(f"herald/{name}", 0))
