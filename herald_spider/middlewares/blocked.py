"""A downloader middleware that ends a run when the site blocks it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from herald_spider.middlewares.closing import end_early

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

logger = logging.getLogger(__name__)
BLOCKED_STATUSES = (403, 429)
LIMIT = 5  # responses in a row


class BlockedMiddleware:
    """Ends the run after LIMIT responses of status 403 or 429 in a row.

    The site blocks some networks. Further requests would prolong the block, and nothing here tries to get
    around one.
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
        if self.streak == LIMIT:
            logger.error(
                "The site answered %d to %d requests in a row, the last for %s: it blocks this network, or the "
                "crawl is too fast. The run ends here; wait some hours, raise DOWNLOAD_DELAY, or ask the site's "
                "operators.", response.status, self.streak, response.url,
            )  # fmt: skip
            end_early(self.crawler, "blocked")
        return response
