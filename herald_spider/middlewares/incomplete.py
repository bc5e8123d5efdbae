"""A downloader middleware that retries pages of the site that arrived without their end."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import ResponseDataLossError
from scrapy.http import HtmlResponse

from herald_spider import urls
from herald_spider.loaders.decoding import has_end, is_binary
from herald_spider.middlewares.failures import CUT_SHORT, PARTIAL_ANSWER

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

PARTIAL = 206
_WHOLE = (200, 203)  # 203: the page of a proxy in between
_NORMAL_RATIO = 10  # pages without an end tag for each page with it, from which a missing end tag is normal


class IncompletePageMiddleware:
    """Retries articles and listings without an end tag, and fails them when the retries are used up.

    Half an article would otherwise be archived as a whole one: Scrapy keeps what it could unpack of a damaged
    body, and cannot notice a Content-Length that is too short. Copies in web archives are kept as they are.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.base = str(crawler.settings["HERALD_BASE_URL"])
        self.complete: Counter[str] = Counter()  # by kind of address
        self.incomplete: defaultdict[str, set[str]] = defaultdict(
            set
        )  # their addresses: a retry is no second page

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        if response.status == PARTIAL and "Range" not in request.headers:
            return self.again(request, PARTIAL_ANSWER)
        if (
            not isinstance(response, HtmlResponse)
            or response.status not in _WHOLE
            or is_binary(response.body)
        ):
            return response
        kind = urls.classify(response.url, self.base).kind
        if kind not in ("article", "listing"):
            return response
        if has_end(response.body):
            self.complete[kind] += 1
            return response
        self.incomplete[kind].add(response.url)
        is_normal = len(self.incomplete[kind]) >= _NORMAL_RATIO * (1 + self.complete[kind])
        # Without a length nothing but the end tag shows that a page is whole.
        return response if is_normal and "partial" not in response.flags else self.again(request, CUT_SHORT)

    def again(self, request: Request, reason: str) -> Request:
        """Return the request once more; raise `ResponseDataLossError` if its retries are used up."""
        assert self.crawler.spider
        retry = get_retry_request(request, spider=self.crawler.spider, reason=reason)
        if retry is None:
            raise ResponseDataLossError(reason)
        return retry
