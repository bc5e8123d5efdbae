"""A downloader middleware that ends a run when the site is down."""

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
LIMIT = 10  # failed pages in a row
DOWN = (CannotResolveHostError, DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError)
_ANSWERED = (DownloadCancelledError, IgnoreRequest, ResponseDataLossError)
# The request for the front page, and rendered pages: the spider handles a renderer that fails.
_NOT_COUNTED = ("outage_check", "render", "splash")


class OutageMiddleware:
    """Requests the front page when LIMIT pages in a row have failed, and ends the run if that fails too.

    Pending articles then keep their state and are fetched by the next run. Otherwise every article would fail,
    and be given up after a few such runs. A page counts as failed after its retries; a response below 500 shows
    that the site is up.
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
            self.count_failure(request)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, DOWN):
            self.count_failure(request)

    def count_failure(self, request: Request) -> None:
        if any(name in request.meta for name in _NOT_COUNTED):
            return
        self.streak += 1
        if self.streak == LIMIT:
            # Not awaited: closing waits for the requests in flight, of which this is one.
            self.checking = asyncio.ensure_future(self.check(urljoin(request.url, "/")))

    def idle(self, spider: Any) -> None:
        """Fail a run without any answer, however few pages it requested. Raises `CloseSpider`."""
        if self.streak and not self.has_answered and not getattr(spider, "shared", False):
            logger.error("No page could be fetched: the site is down, or HERALD_BASE_URL is wrong.")
            raise CloseSpider("unreachable")

    async def check(self, url: str) -> None:
        """End the run if the front page, `url`, fails as well."""
        if not await self.is_down(url):
            self.streak = 0
            return
        logger.error(
            "%d pages in a row could not be fetched, nor %s: the site is down. The run ends here; the next run "
            "fetches the pending articles.", self.streak, url,
        )  # fmt: skip
        assert self.crawler.engine
        await self.crawler.engine.close_spider_async(reason="unreachable")

    async def is_down(self, url: str) -> bool:
        request = Request(url, callback=NO_CALLBACK, meta={"outage_check": True}, dont_filter=True)
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(request)
        except DOWN:
            return True
        except _ANSWERED:
            return False
        return response.status >= 500
