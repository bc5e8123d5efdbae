"""What a run does while another run of its spider works on the same archive."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import CloseSpider, NotConfigured

from herald_spider.archive import NONE

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

LOCKS = "locks"
_STEP = 1.0  # seconds between two looks
logger = logging.getLogger(__name__)


class OverlapMiddleware:
    """A spider middleware that holds back a run's first request, as HERALD_OVERLAP says.

    ``exit`` ends the run; ``wait`` lets it wait, one at most, or runs would pile up where
    they are scheduled faster than they end. The locks are those of the system, which a
    killed run does not keep.
    """

    def __init__(self, crawler: Crawler):
        settings = crawler.settings
        # Those that share a crawl by Redis are meant to run at once.
        if settings["HERALD_OVERLAP"] == "allow" or settings["HERALD_REDIS_URL"]:
            raise NotConfigured
        if settings["HERALD_ARCHIVE"] == NONE or "SCRAPY_CHECK" in os.environ:
            raise NotConfigured
        self.crawler = crawler
        self.waits = settings["HERALD_OVERLAP"] == "wait"
        self.folder = Path(settings["HERALD_ARCHIVE"]) / LOCKS
        self.held: list[IO[bytes]] = []
        crawler.signals.connect(self.release, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        spider: Any = self.crawler.spider
        if not getattr(spider, "problem", True):  # Scrapy's own spiders keep nothing
            await self.take_turn(spider.name, spider.job)
        async for each in start:
            yield each

    async def take_turn(self, name: str, job: str) -> None:
        """Come back when it is our turn. Raises `CloseSpider` where there is none to wait for."""
        if self.lock(name, job):
            return
        working = f"Spider {name} still works on {self.folder.parent} ({self.holder(name)})"
        if not self.waits:
            logger.warning("%s: this run ends here; the next one catches up. See HERALD_OVERLAP.", working)
            raise CloseSpider("already_running")
        if not self.lock(f"{name}.next", job):
            logger.warning("%s, and another run waits for it already: this run ends here.", working)
            raise CloseSpider("already_running")
        logger.info("%s: this run waits for its end.", working)
        while not self.lock(name, job):
            await asyncio.sleep(_STEP)
        self.held.pop(0).close()  # the place of the next one is free

    def lock(self, name: str, job: str) -> bool:
        """Take a lock; False where another run has it. Raises `CloseSpider` where it cannot be had at all."""
        try:
            return self._lock(name, job)
        except OSError as error:
            logger.error(
                "%s cannot be used (%s), and runs that overlap need it: mend that, or set HERALD_OVERLAP=allow.",
                error.filename or self.folder, error.strerror,
            )  # fmt: skip
            raise CloseSpider("archive_not_writable") from None

    def _lock(self, name: str, job: str) -> bool:
        """Take a lock and write our name into it. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / name).open("a+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self.held.append(file)
        file.truncate(0)
        began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        file.write(json.dumps({"job": job, "process": os.getpid(), "began": began}).encode())
        return True

    def holder(self, name: str) -> str:
        """Who has a lock, in a few words."""
        try:
            found = json.loads((self.folder / name).read_bytes())
            return f"job {found['job']}, process {found['process']}, since {found['began']}"
        except (OSError, ValueError, KeyError, TypeError):  # it is just being written
            return "just begun"

    def release(self) -> None:
        for file in self.held:
            file.close()
