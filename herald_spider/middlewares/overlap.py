"""The start of a run: it waits for its turn, then opens the archive."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import CloseSpider

from herald_spider.archive import NONE
from herald_spider.archive.lock import LOCKS, Lock

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

_STEP = 1.0  # seconds between two attempts to take a lock
logger = logging.getLogger(__name__)


class OverlapMiddleware:
    """A spider middleware that opens the archive once no other run of the spider works on it.

    If one does, HERALD_OVERLAP says what this run does: ``exit`` ends it; ``wait`` lets it wait, one
    run at most, or runs would pile up where they are scheduled faster than they end. Nothing in the
    archive is read or changed before.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.overlap = crawler.settings["HERALD_OVERLAP"]
        self.folder = Path(crawler.settings["HERALD_ARCHIVE"])
        self.held: list[Lock] = []
        crawler.signals.connect(self.release, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        spider: Any = self.crawler.spider
        if hasattr(spider, "open_archive"):  # Scrapy's own spiders have no archive
            if not spider.problem and self.is_exclusive():
                await self.take_turn(spider.name, spider.job)
            spider.open_archive()
        async for each in start:
            yield each

    def is_exclusive(self) -> bool:
        """Return True if a run has to be the only one of its spider."""
        settings = self.crawler.settings
        # Processes that share a crawl by Redis are meant to run at once.
        is_shared = self.overlap == "allow" or settings["HERALD_REDIS_URL"]
        return not (is_shared or settings["HERALD_ARCHIVE"] == NONE or "SCRAPY_CHECK" in os.environ)

    async def take_turn(self, name: str, job: str) -> None:
        """Wait until no other run of the spider works. Raises `CloseSpider` if the run has to end instead."""
        own = Lock(self.folder / LOCKS / name)
        if self.take(own, job):
            return
        working = f"Spider {name} still works on {self.folder} ({own.holders()})"
        if self.overlap != "wait":
            logger.warning("%s: this run ends here; the next one catches up. See HERALD_OVERLAP.", working)
            raise CloseSpider("already_running")
        place = Lock(self.folder / LOCKS / f"{name}.next")
        if not self.take(place, job):
            logger.warning("%s, and another run waits for it already: this run ends here.", working)
            raise CloseSpider("already_running")
        logger.info("%s: this run waits for its end.", working)
        while not self.take(own, job):
            await asyncio.sleep(_STEP)
        place.close()

    def take(self, lock: Lock, job: str) -> bool:
        if not lock.acquire():
            return False
        lock.sign(job)
        self.held.append(lock)
        return True

    def release(self) -> None:
        for lock in self.held:
            lock.close()
