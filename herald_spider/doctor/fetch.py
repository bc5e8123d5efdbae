"""The doctor's spider: it fetches what a plan asks for, at the project's pace, and keeps nothing.

It is defined outside ``spiders/``, so that ``scrapy list`` does not show it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from herald_spider import urls
from herald_spider.archive import NONE
from herald_spider.doctor.machine import redis_problem
from herald_spider.loaders.page import Page
from herald_spider.middlewares.blocked import BLOCKED_STATUSES
from herald_spider.middlewares.failures import failure_reason
from herald_spider.scrapy_settings import setting_at_fault
from herald_spider.spiders.base import HeraldBaseSpider
from herald_spider.spiders.responses import GONE_STATUSES

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler, CrawlerProcessBase
    from scrapy.http import Response

Plan: TypeAlias = "Callable[[DoctorSpider], Awaitable[None]]"
# Only what makes a crawl polite stays on: nothing is kept, counted, shared or reported.
_SETTINGS = {
    "HERALD_ARCHIVE": NONE,
    "HERALD_WARC": "off",
    "ITEM_PIPELINES": {},
    "EXTENSIONS": {},
    "SPIDER_MIDDLEWARES": {"herald_spider.middlewares.overlap.OverlapMiddleware": 0},
    "ADDONS": {"herald_spider.logs.LogsAddon": 0, "herald_spider.middlewares.rendering.RenderingAddon": 500},
}


class CannotCheck(Exception):
    """The doctor cannot do its work; `reason` is one of those of `herald_spider.exits`."""

    def __init__(self, reason: str, text: str):
        super().__init__(text)
        self.reason = reason


@dataclass
class Fetch:
    """The outcome of a request: a response, or the `error` that prevented one.

    A visit adds what a loader read from the page, and what else a check needs: the section of a list, the
    first page's ids for a second page, the feeds' time of an article.
    """

    url: str
    base: str = urls.SITE
    response: Response | None = None
    error: str = ""
    forbidden: bool = False  # by robots.txt
    content: Any = None
    context: Any = None

    @property
    def status(self) -> int:
        """The HTTP status; 0 without a response."""
        return self.response.status if self.response is not None else 0

    @property
    def is_ok(self) -> bool:
        return self.status == 200

    @property
    def is_refused(self) -> bool:
        return self.status in BLOCKED_STATUSES

    @property
    def seconds(self) -> float:
        return float(self.response.meta.get("download_latency", 0)) if self.response is not None else 0.0

    @property
    def redirects(self) -> list[str]:
        """The addresses that redirected, in order; the requested one is the first."""
        return list(self.response.meta.get("redirect_urls", ())) if self.response is not None else []

    @property
    def body(self) -> bytes:
        return self.response.body if self.response is not None else b""

    @cached_property
    def page(self) -> Page:
        assert self.response is not None
        return Page.from_response(self.response, self.base)

    def header(self, name: str) -> str:
        value = self.response.headers.get(name) if self.response is not None else None
        return value.decode("latin-1") if value else ""

    @property
    def outcome(self) -> str:
        """The status or the error, in a few words."""
        if self.forbidden:
            return "forbidden by robots.txt"
        return self.error or f"HTTP {self.status}"

    @property
    def problem(self) -> str:
        """The reason for which there is no page, and its remedy, on one line."""
        if self.is_refused:
            return (
                f"{self.url} answered {self.status}: the site blocks this network or wants fewer requests. "
                "Wait some hours, raise DOWNLOAD_DELAY, or ask its operators."
            )
        if self.status in GONE_STATUSES:
            return f"{self.url} answered {self.status}: there is no such page; a crawl marks it as gone."
        if self.status or self.forbidden:
            return f"No page from {self.url}: {self.outcome}."
        error = self.error.rstrip(".")
        return f"{self.url} cannot be reached: {error}. Check HERALD_BASE_URL and the network."


class DoctorSpider(HeraldBaseSpider):
    """A spider that runs a plan, which fetches one page after the other."""

    name = "doctor"
    ends_without_robots = False
    custom_settings = {"DOWNLOAD_TIMEOUT": 20, "RETRY_TIMES": 1}

    def __init__(self, plan: Plan):
        super().__init__()
        self.plan = plan
        self.robots: Response | None = None
        self.error: BaseException | None = None

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        for name, value in _SETTINGS.items():
            settings.set(name, value, priority="cmdline")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.note_robots, signals.response_received)
        return spider

    def note_robots(self, response: Response, request: Request) -> None:
        """Keep robots.txt, which Scrapy's middleware fetches before the first page."""
        asked = request.meta.get("redirect_urls", [request.url])[0]
        if urlsplit(asked).path == "/robots.txt":
            self.robots = response

    async def start(self) -> AsyncIterator[Any]:
        try:
            await self.plan(self)
        except CloseSpider:  # logged where it was raised; the run is ending
            pass
        except asyncio.CancelledError:  # Ctrl-C
            self.error = KeyboardInterrupt()
            raise
        except Exception as error:
            self.error = error
            raise
        return
        yield

    async def fetch(self, url: str, **options: Any) -> Fetch:
        """Fetch the canonical address `url` from the host that stands for the site."""
        request = Request(urls.rebase(url, self.base), dont_filter=True, **options)
        found = Fetch(request.url, self.base)
        try:
            found.response = await self.crawler.engine.download_async(request)
        except CloseSpider:
            raise
        except IgnoreRequest as error:
            found.error, found.forbidden = str(error), str(error).startswith("Forbidden")
        except Exception as error:  # noqa: BLE001 - every error of a download is an outcome
            found.error = failure_reason(Failure(error))  # type: ignore[no-untyped-call]
        return found

    @property
    def requests(self) -> int:
        return int(self.crawler.stats.get_value("downloader/request_count", 0))


def run(process: CrawlerProcessBase, plan: Plan) -> None:
    """Run `plan`. Raises `CannotCheck`, and KeyboardInterrupt after Ctrl-C."""
    crawler = process.create_crawler(DoctorSpider)
    if problem := redis_problem(crawler.settings):  # Scrapy would wait long for the shared pace
        raise CannotCheck(
            "redis_unreachable", f"{problem}. It keeps the pace of all crawls: see HERALD_REDIS_URL."
        )
    crawling = process.crawl(crawler, plan=plan)
    process.start()
    if isinstance(crawling, asyncio.Task) and not crawling.cancelled() and (error := crawling.exception()):
        if isinstance(error, Exception) and (text := setting_at_fault(error, crawler.settings)):
            raise CannotCheck("bad_settings", text)
        raise error
    spider = crawler.spider
    if not isinstance(spider, DoctorSpider):
        text = "Scrapy cannot start with these settings; scrapy doctor -L ERROR shows why."
        raise CannotCheck("start_error", text)
    if spider.error:
        raise spider.error
    if crawler.stats.get_value("finish_reason") == "shutdown":
        raise KeyboardInterrupt  # a signal that the reactor handled
    if spider.problem:
        raise CannotCheck(*spider.problem)
