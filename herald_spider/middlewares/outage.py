"""A downloader middleware that ends a run where the site is down."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from scrapy import Request, signals
from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http.request import NO_CALLBACK

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)
LIMIT = 10  # pages in a row
DOWN = (CannotResolveHostError, DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError)
_OTHERWISE = (DownloadCancelledError, IgnoreRequest, ResponseDataLossError)
# Our own look at the front page; and what a browser renders, whose failures are told apart elsewhere.
_NOT_COUNTED = ("outage_look", "render", "splash")


class OutageMiddleware:
    """Looks at the front page when LIMIT pages in a row could not be had.

    Where that fails too the run ends: what waits stays as it is, and the next run asks for it.
    Else every article would fail, and after some such runs be given up. Each page has had its
    retries before it counts; an answer below 500 shows that the site is there.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.streak = 0
        self.has_answered = False
        crawler.signals.connect(self.idle, signals.spider_idle)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        if response.status < 500:
            self.streak = 0
            self.has_answered = True
        else:
            self.failed(request)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, DOWN):
            self.failed(request)

    def failed(self, request: Request) -> None:
        if any(name in request.meta for name in _NOT_COUNTED):
            return
        self.streak += 1
        if self.streak == LIMIT:
            # Not awaited: closing waits for the requests in flight, of which this is one.
            self.looking = asyncio.ensure_future(self.look(urljoin(request.url, "/")))

    def idle(self, spider: Any) -> None:
        """A run that is done, and was answered by nobody, has failed, however few pages it asked for."""
        if self.streak and not self.has_answered and not getattr(spider, "shared", False):
            logger.error("No page could be had: the site is down, or its address in the settings is wrong.")
            raise CloseSpider("unreachable")

    async def look(self, url: str) -> None:
        if not await self.is_down(url):
            self.streak = 0
            return
        logger.error(
            "%d pages in a row could not be had, nor %s: the site is down. The run ends here; "
            "what waits is asked for by the next.", self.streak, url,
        )  # fmt: skip
        assert self.crawler.engine
        await self.crawler.engine.close_spider_async(reason="unreachable")

    async def is_down(self, url: str) -> bool:
        request = Request(url, callback=NO_CALLBACK, meta={"outage_look": True}, dont_filter=True)
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(request)
        except DOWN:
            return True
        except _OTHERWISE:  # it answers
            return False
        return response.status >= 500
