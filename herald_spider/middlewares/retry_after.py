"""A downloader middleware that honours Retry-After."""

from __future__ import annotations

import logging
import time
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from herald_spider.middlewares.closing import end_early
from herald_spider.middlewares.pace import Pace, host_of, make_pace

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

logger = logging.getLogger(__name__)
WAITING_STATUSES = (429, 503)
_MAX_SECONDS = 10**9  # a longer Retry-After is cut to this


class RetryAfterMiddleware:
    """Leaves a host alone for as long as its Retry-After says, with 429 or 503.

    All requests to it wait, those of other runs too, and the retry of the one that was
    answered so. Where it wants more than HERALD_RETRY_AFTER_LIMIT seconds the run ends; the
    next one goes on.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.ending = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        wait = retry_after(response) if response.status in WAITING_STATUSES else 0
        if wait > self.crawler.settings.getfloat("HERALD_RETRY_AFTER_LIMIT"):
            self.end(response, wait)
        elif wait:
            host = host_of(request)
            logger.info("%s wants to be left alone for %d seconds.", host, wait)
            self.pace.hold(host, wait)
        return response

    @cached_property
    def pace(self) -> Pace:
        return make_pace(self.crawler)

    def end(self, response: Response, wait: float) -> None:
        if not self.ending:
            self.ending = True
            logger.error(
                "%s answered %d and wants to be left alone for %d seconds, more than HERALD_RETRY_AFTER_LIMIT. "
                "The run ends here; start the next after that time, it goes on.",
                urlsplit(response.url).netloc, response.status, wait,
            )  # fmt: skip
            end_early(self.crawler, "retry_after")


def retry_after(response: Response) -> float:
    """The seconds of a Retry-After, which may be a date; 0 where there is none that can be read."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    try:
        if text.isdigit():
            return min(float(text), _MAX_SECONDS)
        return max(0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0
