"""The spider of the doctor: it asks what a plan wants to see, politely, and keeps nothing.

It stands apart from the other spiders, so that ``scrapy list`` does not show it.
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
from herald_spider.loaders.page import Page
from herald_spider.middlewares.blocked import BLOCKED_STATUSES
from herald_spider.middlewares.failures import failure_reason
from herald_spider.spiders.base import HeraldBaseSpider
from herald_spider.spiders.responses import GONE_STATUSES

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from typing_extensions import Self

Plan: TypeAlias = "Callable[[DoctorSpider], Awaitable[None]]"
_OK = 200
# Of the project only what makes it polite: nothing is kept, counted, shared or reported.
_OWN = {
    "HERALD_ARCHIVE": NONE,
    "HERALD_WARC": "off",
    "ITEM_PIPELINES": {},
    "EXTENSIONS": {},
    "SPIDER_MIDDLEWARES": {},
    "ADDONS": {"herald_spider.logs.LogsAddon": 0, "herald_spider.middlewares.rendering.RenderingAddon": 500},
}


@dataclass
class Answer:
    """What came of a request: a response, or what kept it from us."""

    url: str
    base: str = urls.SITE
    response: Response | None = None
    error: str = ""
    forbidden: bool = False  # by robots.txt: not asked at all

    @property
    def status(self) -> int:
        return self.response.status if self.response is not None else 0

    @property
    def is_ok(self) -> bool:
        return self.status == _OK

    @property
    def is_refused(self) -> bool:
        return self.status in BLOCKED_STATUSES

    @property
    def seconds(self) -> float:
        return float(self.response.meta.get("download_latency", 0)) if self.response is not None else 0.0

    @property
    def redirects(self) -> list[str]:
        """The addresses that led to the page, the first of them that which was asked."""
        return list(self.response.meta.get("redirect_urls", ())) if self.response is not None else []

    @cached_property
    def page(self) -> Page:
        assert self.response is not None
        return Page.from_response(self.response, self.base)

    def header(self, name: str) -> str:
        value = self.response.headers.get(name) if self.response is not None else None
        return value.decode("latin-1") if value else ""

    @property
    def trouble(self) -> str:
        """Why there is no page, and what to do, in one line."""
        if self.is_refused:
            return (
                f"{self.url} answered {self.status}: the site blocks this network or wants us slower. "
                "Wait some hours, raise DOWNLOAD_DELAY, or ask its operators."
            )
        if self.status in GONE_STATUSES:
            return f"{self.url} answered {self.status}: there is no such page; a crawl notes it as gone."
        if self.status or self.forbidden:
            return f"No page from {self.url}: {self.said}."
        return (
            f"{self.url} cannot be reached: {self.said.rstrip('.')}. Check HERALD_BASE_URL and the network."
        )

    @property
    def said(self) -> str:
        """The outcome in a few words."""
        if self.forbidden:
            return "forbidden by robots.txt"
        return self.error or f"HTTP {self.status}"


class DoctorSpider(HeraldBaseSpider):
    """Runs a plan, which asks one page after the other."""

    name = "doctor"
    custom_settings = {"DOWNLOAD_TIMEOUT": 20, "RETRY_TIMES": 1}

    def __init__(self, plan: Plan):
        super().__init__()
        self.plan = plan
        self.robots: Response | None = None
        self.crash: Exception | None = None
        self.interrupted = False

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        for name, value in _OWN.items():
            settings.set(name, value, priority="cmdline")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.note_robots, signals.response_received)
        return spider

    def note_robots(self, response: Response, request: Request) -> None:
        """robots.txt has been asked for by Scrapy itself, before anything else."""
        asked = request.meta.get("redirect_urls", [request.url])[0]
        if urlsplit(asked).path == "/robots.txt":
            self.robots = response

    async def start(self) -> AsyncIterator[Any]:
        try:
            await self.plan(self)
        except CloseSpider:  # said already, and under way
            pass
        except asyncio.CancelledError:  # Ctrl-C
            self.interrupted = True
            raise
        except Exception as error:
            self.crash = error
            raise
        return
        yield

    async def ask(self, url: str, **options: Any) -> Answer:
        """The answer of the host that stands for the site to a canonical address."""
        request = Request(urls.rebase(url, self.base), dont_filter=True, **options)
        answer = Answer(request.url, self.base)
        try:
            answer.response = await self.crawler.engine.download_async(request)
        except CloseSpider:
            raise
        except IgnoreRequest as error:
            answer.forbidden = "robots" in str(error)
            answer.error = str(error)
        except Exception as error:  # noqa: BLE001 - whatever kept the page from us is the answer
            answer.error = failure_reason(Failure(error))  # type: ignore[no-untyped-call]
        return answer

    @property
    def requests(self) -> int:
        return int(self.crawler.stats.get_value("downloader/request_count", 0))


class BriefDoctorSpider(DoctorSpider):
    """For a look at whether the site is there at all."""

    custom_settings = {"DOWNLOAD_TIMEOUT": 8, "RETRY_TIMES": 0}

    def check_values(self) -> None:
        """What is wrong with a setting is told by a check; the site can be looked at all the same."""
