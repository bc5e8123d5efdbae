"""A downloader middleware for robots.txt as RFC 9309 has it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest

from herald_spider.middlewares.closing import end_early
from herald_spider.middlewares.pace import crawl_delays, host_of

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware; it also forbids a host whose robots.txt cannot be fetched, and honours its Crawl-delay.

    Scrapy allows everything on such a host, and ignores the delay. Requests fail as robots.txt did.
    """

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self.errors: dict[str, Exception] = {}  # by host

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        if error := self.errors.get(urlsplit(request.url).netloc):
            raise error
        super().process_request_2(rp, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500:
            self.errors[netloc] = IgnoreRequest(f"no robots.txt: HTTP {response.status}")
            self.end_run(netloc, response.status)
        await super()._parse_robots(response, netloc, request)
        rules = getattr(self._parsers[netloc], "rp", None)  # of Protego
        agent = self._robotstxt_useragent or self._default_useragent
        if delay := rules and rules.crawl_delay(agent):
            logger.info("robots.txt of %s asks for %g seconds between requests.", netloc, delay)
            crawl_delays(self.crawler)[host_of(request)] = float(delay)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self.errors[netloc] = exc
        super()._robots_error(exc, netloc)

    def end_run(self, netloc: str, status: int) -> None:
        """End the run if the pages of the spider are on that host."""
        spider: Any = self.crawler.spider
        text = f"robots.txt of {netloc} answers {status}: nothing may be fetched from there (RFC 9309)."
        own = {urlsplit(url).netloc for url in getattr(spider, "allowed_addresses", list)()}
        if netloc not in own or not getattr(spider, "ends_without_robots", False):
            logger.warning(text)
            return
        logger.error("%s The run ends here; the next run fetches what is pending.", text)
        spider.problem = ("no_robots", text)
        end_early(self.crawler, "no_robots")
