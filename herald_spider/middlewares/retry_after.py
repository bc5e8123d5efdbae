"""A downloader middleware that honours Retry-After."""

from __future__ import annotations

import logging
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from herald_spider.middlewares.closing import end_early
from herald_spider.middlewares.pace import host_of, make_pace

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

logger = logging.getLogger(__name__)
WAITING_STATUSES = (429, 503)
_MAX_SECONDS = 10**9  # a longer Retry-After is cut to this


class RetryAfterMiddleware:
    """Pauses requests to a host as long as its Retry-After says, after 429 or 503.

    The pause holds for all requests to the host, also for those of other runs and for the retry. A Retry-After
    above HERALD_RETRY_AFTER_LIMIT seconds ends the run; the next run resumes its work.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.is_ending = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        wait = retry_after(response) if response.status in WAITING_STATUSES else 0
        host = host_of(request)
        if wait > self.crawler.settings.getfloat("HERALD_RETRY_AFTER_LIMIT"):
            self.end(host, response.status, wait)
        elif wait:
            logger.info("%s asks for a pause of %d seconds.", host, wait)
            make_pace(self.crawler).pause(host, wait)
        return response

    def end(self, host: str, status: int, wait: float) -> None:
        if self.is_ending:
            return
        self.is_ending = True
        logger.error(
            "%s answered %d and asks for a pause of %d seconds, more than HERALD_RETRY_AFTER_LIMIT. The run ends "
            "here; the next run, after that time, resumes its work.", host, status, wait,
        )  # fmt: skip
        end_early(self.crawler, "retry_after")


def retry_after(response: Response) -> float:
    """Return the seconds of a Retry-After, which may be a date; 0 if there is none that can be read."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    try:
        if text.isdigit():
            return min(float(text), _MAX_SECONDS)
        return max(0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0
