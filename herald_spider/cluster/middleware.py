"""One process's part in a shared crawl: it joins, leads or follows, and ends with the others."""

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
from herald_spider.cluster.crew import Crew, Duty
from herald_spider.cluster.scheduler import SharedScheduler
from herald_spider.cluster.server import Unreachable, check, connect, give_up, unreachable
from herald_spider.middlewares.archive_errors import closes_on_archive_error, closing_on_archive_error
from herald_spider.spiders.site import SiteSpider

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

_STEP = 0.5  # seconds between two looks into the queue, at rest
logger = logging.getLogger(__name__)


class ClusterMiddleware:
    """A spider middleware that lets one process of a shared crawl start, and all of them end together.

    Spiders of copies do not share: each process of theirs crawls for itself.
    """

    def __init__(self, crawler: Crawler):
        if not isinstance(crawler.spider, SiteSpider):
            raise NotConfigured
        self.crawler = crawler
        self.spider = crawler.spider
        self.crew: Crew | None = None
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
        """Whether this process leads. Raises `CloseSpider` where it cannot take part."""
        spider, settings = self.spider, self.crawler.settings
        worker = f"{settings['HERALD_NODE']}-{os.getpid()}-{spider.job}"
        try:
            check(settings)
            crew = Crew(connect(settings), f"{spider.base}:{spider.name}", worker)
            arguments = json.dumps(spider.args.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
            leads = crew.join(arguments, spider.archive.ledger.identity)
        except (ArchiveError, redis.RedisError) as error:
            problem = error if isinstance(error, ArchiveError) else unreachable(error)
            spider.problem = (problem.reason, str(problem))
            logger.error(str(problem))
            raise CloseSpider(problem.reason) from None
        self.crew = crew
        spider.shared = True
        scheduler = self.crawler.engine.scheduler
        assert isinstance(scheduler, SharedScheduler)
        scheduler.share(crew, spider)
        self.run(self.beat(crew))
        self.run(self.watch())
        logger.info("Shared crawl %d: this process %s.", crew.number, "leads" if leads else "follows")
        return leads

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do `work` beside all else, until the spider is closed."""
        task = asyncio.ensure_future(work)
        task.add_done_callback(_tell)
        self.tasks.append(task)
        return task

    async def beat(self, crew: Crew) -> None:
        while True:
            await asyncio.sleep(crew.seconds / 3)
            try:
                crew.beat()
            except Unreachable as error:
                give_up(self.crawler, error)

    async def watch(self) -> None:
        """Go to work as soon as there is some: by itself Scrapy looks every five seconds only."""
        engine = self.crawler.engine
        assert engine.scheduler is not None
        while True:
            await asyncio.sleep(_STEP)
            if not engine.downloader.active and (request := engine.scheduler.next_request()):
                engine.crawl(request)

    # At rest --------------------------------------------------------------------------

    @closes_on_archive_error
    def idle(self) -> None:
        """Nothing is in hand here: rest, or do what is left. Raises `DontCloseSpider` until all is done."""
        if self.crew is None or self.spider.problem:
            return
        if self.leading and not self.leading.done():
            raise DontCloseSpider
        self.spider.archive.commit()  # what is not committed looks lost to the others
        try:
            self.do(self.crew, self.next_duty(self.crew))
        except redis.RedisError as error:
            give_up(self.crawler, error)

    def next_duty(self, crew: Crew) -> Duty:
        crew.set_busy(False)
        duty = crew.duty()
        return Duty.END if duty is Duty.TAKE_UP and not self.take_up(crew) else duty

    def do(self, crew: Crew, duty: Duty) -> None:
        if duty is Duty.END:
            crew.end()
            return
        if duty is Duty.LEAD:
            logger.warning("The process that walked the listings is gone: this one walks them again.")
            self.spider.forget_requested()
            self.leading = self.run(self.lead())
        raise DontCloseSpider

    async def lead(self) -> None:
        with closing_on_archive_error(self.crawler):
            async for request in self.spider.start():
                self.crawler.engine.crawl(request)

    def take_up(self, crew: Crew) -> bool:
        """Put into the queue what was found and never came to an end; whether there is such."""
        spider = self.spider
        if spider.args.max_articles:  # what is left is beyond the limit, as far as one process knows
            return False
        spider.forget_requested()
        spider.load_pending()
        lost = list(spider.waiting)
        if not lost:
            return False
        if not crew.is_worth_it(lost):
            logger.warning("%d articles stay as they are: asked for several times, in vain.", len(lost))
            spider.waiting.clear()
            return False
        logger.info("%d articles were lost on their way, or found meanwhile: asking for them.", len(lost))
        for request in spider.next_requests():
            self.crawler.engine.crawl(request)
        return True

    def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        if self.crew:
            try:
                self.crew.leave()
            except Unreachable:  # it is forgotten there soon
                logger.warning("Redis did not hear that this process goes.")
            self.crew.client.close()


def _tell(task: asyncio.Task[None]) -> None:
    if task.cancelled() or isinstance(error := task.exception(), CloseSpider):
        return
    if error:
        logger.error("A part of the shared crawl has stopped", exc_info=error)
