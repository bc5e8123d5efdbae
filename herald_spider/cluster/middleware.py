"""The part of one process in a shared crawl: it joins, leads or follows, and ends with the others."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any

import redis
from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider, NotConfigured

from herald_spider.archive import ArchiveError
from herald_spider.cluster.membership import Duty, Membership
from herald_spider.cluster.scheduler import SharedScheduler
from herald_spider.cluster.server import Unreachable, check, connect, give_up, unreachable
from herald_spider.middlewares.archive_errors import closes_on_archive_error, closing_on_archive_error
from herald_spider.spiders.site import SiteSpider

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

_INTERVAL = 0.5  # seconds between two checks of the queue while the process is idle
logger = logging.getLogger(__name__)


class ClusterMiddleware:
    """A spider middleware that lets one process of a shared crawl lead, and ends all of them together.

    Spiders of copies do not share a crawl: each of their processes crawls for itself.
    """

    def __init__(self, crawler: Crawler):
        if not isinstance(crawler.spider, SiteSpider):
            raise NotConfigured
        self.crawler = crawler
        self.spider = crawler.spider
        self.membership: Membership | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.leading: asyncio.Task[None] | None = None
        crawler.signals.connect(self.idle, signals.spider_idle)
        crawler.signals.connect(self.leave, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        if self.spider.problem or not self.join():
            return
        async for each in start:
            yield each

    def join(self) -> bool:
        """Join the crawl; return True if this process leads. Raises `CloseSpider` if it cannot join."""
        spider, settings = self.spider, self.crawler.settings
        worker = f"{settings['HERALD_NODE']}-{os.getpid()}-{spider.job}"
        try:
            check(settings)
            membership = Membership(connect(settings), f"{spider.base}:{spider.name}", worker)
            arguments = json.dumps(spider.args.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
            leads = membership.join(arguments, spider.archive.ledger.identity)
        except (ArchiveError, redis.RedisError) as error:
            problem = error if isinstance(error, ArchiveError) else unreachable(error)
            spider.problem = (problem.reason, str(problem))
            logger.error(str(problem))
            raise CloseSpider(problem.reason) from None
        self.membership = membership
        spider.shared = spider.archive.leases.is_shared = True
        scheduler = self.crawler.engine.scheduler
        assert isinstance(scheduler, SharedScheduler)
        scheduler.share(membership, spider)
        self.run(self.beat(membership))
        self.run(self.watch())
        logger.info("Shared crawl %d: this process %s.", membership.number, "leads" if leads else "follows")
        return leads

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` in the background until the spider is closed."""
        task = asyncio.ensure_future(work)
        task.add_done_callback(_log_error)
        self.tasks.append(task)
        return task

    async def beat(self, membership: Membership) -> None:
        while True:
            await asyncio.sleep(membership.seconds / 3)
            try:
                membership.beat()
            except Unreachable as error:
                give_up(self.crawler, error)

    async def watch(self) -> None:
        """Take requests from the queue while the process is idle: Scrapy checks only every five seconds."""
        engine = self.crawler.engine
        assert engine.scheduler is not None
        while True:
            await asyncio.sleep(_INTERVAL)
            if not engine.downloader.active and (request := engine.scheduler.next_request()):
                engine.crawl(request)

    # Idle -----------------------------------------------------------------------------

    @closes_on_archive_error
    def idle(self) -> None:
        """Take the next step of an idle process. Raises `DontCloseSpider` until the crawl is over."""
        if self.membership is None or self.spider.problem:
            return
        if self.leading and not self.leading.done():
            raise DontCloseSpider
        self.spider.archive.commit()  # the other processes would fetch uncommitted articles again
        try:
            self.take_step(self.membership)
        except redis.RedisError as error:
            give_up(self.crawler, error)

    def take_step(self, membership: Membership) -> None:
        membership.set_busy(False)
        duty = membership.duty()
        if duty is Duty.END or (duty is Duty.RECOVER and not self.recover(membership)):
            membership.end()
            return
        if duty is Duty.LEAD:
            logger.warning(
                "The leader is gone before the listings were done: this process crawls them again."
            )
            self.spider.forget_requested()
            self.leading = self.run(self.lead())
        raise DontCloseSpider

    async def lead(self) -> None:
        with closing_on_archive_error(self.crawler):
            async for request in self.spider.start():
                self.crawler.engine.crawl(request)

    def recover(self, membership: Membership) -> bool:
        """Queue the articles that are still `discovered`; return True if there are any to retry."""
        spider = self.spider
        if spider.args.max_articles:  # the rest is above the limit
            return False
        spider.forget_requested()
        spider.load_pending()
        pending = list(spider.waiting)
        if not pending:
            return False
        if not membership.may_retry(pending):
            logger.warning(
                "%d articles were queued several times without a result: they stay pending.", len(pending)
            )
            spider.waiting.clear()
            return False
        logger.info("%d articles are still pending: they are queued again.", len(pending))
        for request in spider.next_requests():
            self.crawler.engine.crawl(request)
        return True

    def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        if self.membership:
            try:
                self.membership.leave()
            except Unreachable:  # the missing heartbeat has the same effect
                logger.warning("This process could not sign off at Redis; the others go on without it soon.")
            self.membership.client.close()


def _log_error(task: asyncio.Task[None]) -> None:
    if task.cancelled() or isinstance(error := task.exception(), CloseSpider):
        return
    if error:
        logger.error("A background task of the shared crawl failed", exc_info=error)
