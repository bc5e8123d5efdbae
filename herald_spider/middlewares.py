"""Downloader middlewares: what the site's answers mean for the whole run."""

from __future__ import annotations

import logging
import time
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware as _MetaRefreshMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware as _RobotsTxtMiddleware

from herald_spider.exits import end_early
from herald_spider.pace import Pace, host_of, make_pace

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from typing_extensions import Self

logger = logging.getLogger(__name__)
BLOCKED_STATUSES = (403, 429)
WAITING_STATUSES = (429, 503)
_MOST_SECONDS = 10**9  # of a Retry-After; more is no number that can be told
_REFRESH_WITHIN = 4 * 4096  # bytes, of which a character has four at most


class RobotsTxtMiddleware(_RobotsTxtMiddleware):
    """Scrapy's own, with one line for a robots.txt that cannot be had."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        logging.getLogger(_RobotsTxtMiddleware.__module__).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    """A filter for loggers of others, whose message says it all."""
    record.exc_info = None
    return True


class MetaRefreshMiddleware(_MetaRefreshMiddleware):
    """Scrapy's own, which decodes each page as a whole to look into its first 4,096 characters.

    This one decodes those alone that may say ``refresh`` there, in whatever encoding.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        start = response.body[:_REFRESH_WITHIN].replace(b"\x00", b"").lower()
        return super().process_response(request, response) if b"refresh" in start else response


class BlockedMiddleware:
    """Ends the run after HERALD_BLOCKED_LIMIT answers of 403 or 429 in a row.

    The site blocks some networks. Going on would only make it worse, so we stop and
    say so; nothing here tries to get around a block.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.streak = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        if request.url.endswith("/robots.txt"):
            return response
        self.streak = self.streak + 1 if response.status in BLOCKED_STATUSES else 0
        if self.streak and self.streak == self.crawler.settings.getint("HERALD_BLOCKED_LIMIT"):
            logger.error(
                "The site answered %d to %d requests in a row, last for %s: it blocks this "
                "network or wants us slower. The run ends here; wait some hours, raise "
                "DOWNLOAD_DELAY, or ask the site's operators.",
                response.status, self.streak, response.url,
            )  # fmt: skip
            end_early(self.crawler, "blocked")
        return response


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
            end_early(self.crawler, "told_to_wait")


def retry_after(response: Response) -> float:
    """The seconds of a Retry-After, which may be a date; 0 where there is none that can be read."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    try:
        if text.isdigit():
            return min(float(text), _MOST_SECONDS)
        return max(0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0
