"""Keeps a run from overlapping with another run of its spider on the same archive."""

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
_INTERVAL = 1.0  # seconds between two attempts to take a lock
logger = logging.getLogger(__name__)


class OverlapMiddleware:
    """A spider middleware that delays a run's first request, as HERALD_OVERLAP says.

    ``exit`` ends the run. ``wait`` makes one run wait and ends further ones, which would pile up if runs are
    scheduled faster than they end. The locks are file locks of the system, which end with a killed run.
    """

    def __init__(self, crawler: Crawler):
        settings = crawler.settings
        # Runs that share a crawl through Redis run at the same time on purpose.
        if settings["HERALD_OVERLAP"] == "allow" or settings["HERALD_REDIS_URL"]:
            raise NotConfigured
        if settings["HERALD_ARCHIVE"] == NONE or "SCRAPY_CHECK" in os.environ:
            raise NotConfigured
        self.crawler = crawler
        self.waits = settings["HERALD_OVERLAP"] == "wait"
        self.folder = Path(settings["HERALD_ARCHIVE"]) / LOCKS
        self.locks: list[IO[bytes]] = []
        crawler.signals.connect(self.release, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        spider: Any = self.crawler.spider
        if not getattr(spider, "problem", True):  # only spiders of this project have one
            try:
                await self.take_turn(spider.name, spider.job)
            except OSError as error:
                logger.error(
                    "%s cannot be used (%s), and runs that overlap need it: repair it, or set HERALD_OVERLAP=allow.",
                    error.filename or self.folder, error.strerror,
                )  # fmt: skip
                raise CloseSpider("archive_not_writable") from None
        async for each in start:
            yield each

    async def take_turn(self, name: str, job: str) -> None:
        """Wait until no other run of the spider works. Raises `CloseSpider` if this run must not wait, `OSError`."""
        if self.lock(name, job):
            return
        other = f"Spider {name} still works on {self.folder.parent} ({self.holder(name)})"
        if not self.waits:
            logger.warning("%s: this run ends here; see HERALD_OVERLAP.", other)
            raise CloseSpider("already_running")
        if not self.lock(f"{name}.next", job):
            logger.warning("%s, and another run waits for it already: this run ends here.", other)
            raise CloseSpider("already_running")
        logger.info("%s: this run waits for its end.", other)
        while not self.lock(name, job):
            await asyncio.sleep(_INTERVAL)
        self.locks.pop(0).close()  # another run may wait now

    def lock(self, name: str, job: str) -> bool:
        """Take a lock and write this run into its file; return False if another run has it. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / name).open("a+b", buffering=0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self.locks.append(file)
        file.truncate(0)
        began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        file.write(json.dumps({"job": job, "process": os.getpid(), "began": began}).encode())
        return True

    def holder(self, name: str) -> str:
        """Return a description of the run that has a lock."""
        try:
            found = json.loads((self.folder / name).read_bytes())
            return f"job {found['job']}, process {found['process']}, since {found['began']}"
        except (OSError, ValueError, KeyError, TypeError):  # the other run is about to write it
            return "just begun"

    def release(self) -> None:
        for file in self.locks:
            file.close()
