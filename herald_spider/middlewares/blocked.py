"""A downloader middleware that ends a run when the site blocks it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

from herald_spider import urls
from herald_spider.loaders.layouts import GENERIC, layout_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.refusals import refusal
from herald_spider.middlewares.closing import end_early

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

logger = logging.getLogger(__name__)
BLOCKED_STATUSES = (403, 429)
LIMIT = 5  # responses in a row
_MAX_SIZE = 500_000  # bytes; larger pages are no refusals


class BlockedMiddleware:
    """Ends the run after LIMIT refusals in a row: status 403 or 429, or a challenge in place of a page.

    The site blocks some networks. Further requests would prolong the block, and nothing here tries to get
    around one. A request that was answered by a challenge, a login page or nothing fails.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.base = str(crawler.settings["HERALD_BASE_URL"]).rstrip("/")
        self.streak = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        if request.url.endswith("/robots.txt"):
            return response
        refused = self.refusal(request, response)
        is_blocked = refused or response.status in BLOCKED_STATUSES
        self.streak = self.streak + 1 if is_blocked else 0
        if self.streak == LIMIT:
            logger.error(
                "The site answered %s to %d requests in a row, the last for %s: it blocks this network, or the "
                "crawl is too fast. The run ends here; wait some hours, raise DOWNLOAD_DELAY, or ask the site's "
                "operators.", refused or response.status, self.streak, response.url,
            )  # fmt: skip
            end_early(self.crawler, "blocked")
        if refused:
            raise IgnoreRequest(f"refused: {refused}")
        return response

    def refusal(self, request: Request, response: Response) -> str | None:
        """Return what stands in place of a page of the paper, such as "a challenge"; None if it is the page."""
        asked = request.meta.get("redirect_urls", [request.url])[0]
        kind = urls.classify(asked, self.base).kind
        if not 200 <= response.status < 300 or kind == "other" or "render" in request.meta:
            return None
        if not response.body.strip():
            return "an empty answer"
        if kind == "feed" or len(response.body) > _MAX_SIZE:
            return None
        response.request = request  # as Scrapy sets it later: the spider gets the same page
        page = Page.from_response(response, self.base)
        return refusal(page) if layout_of(page) is GENERIC else None
