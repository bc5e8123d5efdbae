"""Closes the spider, with one error line in the log, when the archive fails.

The archive raises `ArchiveError` and knows no spider. `ArchiveErrorMiddleware` catches it in start() and
in callbacks; the decorator `closes_on_archive_error` in errbacks and signal handlers, which spider
middlewares do not cover; `ArchivePipeline` in item pipelines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import isgeneratorfunction
from typing import TYPE_CHECKING, Any, TypeVar, cast

from scrapy.exceptions import CloseSpider

from herald_spider.archive import ArchiveError
from herald_spider.middlewares.closing import end_early

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

F = TypeVar("F", bound=Callable[..., Any])


def archive_failed(crawler: Crawler, error: ArchiveError) -> CloseSpider:
    """Log `error` and start to close the spider, once in a run; return the exception to raise."""
    spider: Any = crawler.spider
    if not spider.problem:
        spider.problem = (error.reason, str(error))
        spider.logger.error(str(error))
        crawler.stats.set_value("herald/ended_by", error.reason)
        end_early(crawler, error.reason)
    return CloseSpider(error.reason)


@contextmanager
def closing_on_archive_error(crawler: Crawler) -> Iterator[None]:
    """Close the spider on an `ArchiveError`. Raises `CloseSpider` instead."""
    try:
        yield
    except ArchiveError as error:
        raise archive_failed(crawler, error) from None


def closes_on_archive_error(method: F) -> F:
    """Decorate an errback that is a generator, or a signal handler without arguments.

    The object to which the method belongs has a `crawler`.
    """
    if isgeneratorfunction(method):

        @wraps(method)
        def errback(self: Any, failure: Failure) -> Iterator[Any]:
            with closing_on_archive_error(self.crawler):
                yield from method(self, failure)

        return cast("F", errback)

    @wraps(method)
    def handler(self: Any) -> Any:
        with closing_on_archive_error(self.crawler):
            return method(self)

    return cast("F", handler)


class ArchiveErrorMiddleware:
    """A spider middleware that closes the spider when the archive fails in start() or a callback."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        with closing_on_archive_error(self.crawler):
            async for each in start:
                yield each

    def process_spider_exception(self, response: Response, exception: Exception) -> None:
        if isinstance(exception, ArchiveError):
            raise archive_failed(self.crawler, exception)
