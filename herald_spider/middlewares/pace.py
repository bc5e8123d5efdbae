"""One request rate per host for all processes of this machine, or for all that share a Redis.

Scrapy keeps DOWNLOAD_DELAY (and AutoThrottle's delay, if that is longer) within one process. Here a request
reserves the next free turn of its host just before it is sent, and waits for it, so that two runs at the same
time do not double the load on a site. A host's Retry-After holds for all processes too.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from platformdirs import user_state_path
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.utils.misc import build_from_crawler, load_object

from herald_spider.middlewares.headers import limited
from herald_spider.option_types import MAX_WAIT

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.settings import BaseSettings

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Pace(Protocol):
    """The turns and pauses of hosts, shared by processes. All numbers are seconds."""

    def reserve(self, host: str, delay: float) -> float:
        """Reserve the next turn for a run that keeps `delay` between requests; return the time until then."""

    def pause_left(self, host: str) -> float:
        """Return for how long the host gets no requests; 0 or less if it is not paused."""

    def pause(self, host: str, seconds: float) -> None:
        """Send the host no requests for so long."""


@dataclass
class Turns:
    """The state of a host. Times are seconds since 1970."""

    last: float = 0.0  # the last turn reserved
    paused_until: float = 0.0
    written: float = 0.0  # the time of this state
    delay: float = 0.0  # seconds; of the run that reserved the last turn

    def reserve(self, delay: float, now: float) -> float:
        # Between requests of two runs the shorter delay is enough: each run keeps its own delay by itself.
        self.last = max(now, self.last + min(delay, self.delay), self.paused_until)
        self.delay = delay
        return self.last - now

    def pause(self, seconds: float, now: float) -> None:
        self.paused_until = max(self.paused_until, now + min(seconds, MAX_WAIT))

    def correct(self, now: float) -> None:
        """Correct times that are impossible, after a clock was set back or the file was damaged."""
        ahead, latest = max(0.0, self.written - now), now + MAX_WAIT
        self.last = max(0.0, min(self.last - ahead, latest))
        self.paused_until = max(0.0, min(self.paused_until - ahead, latest))
        self.written = now


class MachinePace:
    """The pace of this machine's processes, in a file per host; in memory if the folder fails."""

    FORMAT = struct.Struct("<4d")

    def __init__(self, folder: Path):
        self.folder: Path | None = folder
        self.turns: dict[str, Turns] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(folder_of(crawler.settings))

    def reserve(self, host: str, delay: float) -> float:
        return self._change(host, lambda turns, now: turns.reserve(delay, now))

    def pause_left(self, host: str) -> float:
        return self._change(host, lambda turns, now: turns.paused_until - now)

    def pause(self, host: str, seconds: float) -> None:
        self._change(host, lambda turns, now: turns.pause(seconds, now))

    def _change(self, host: str, change: Callable[[Turns, float], T]) -> T:
        if self.folder:
            try:
                return self._change_file(self.folder, host, change)
            except OSError as error:
                logger.warning(
                    "%s cannot be written (%s): this run goes on with a pace of its own; other runs are not taken "
                    "into account.", self.folder, error.strerror,
                )  # fmt: skip
                self.folder = None
        turns = self.turns.setdefault(host, Turns())
        turns.correct(time.time())
        return change(turns, turns.written)

    def _change_file(self, folder: Path, host: str, change: Callable[[Turns, float], T]) -> T:
        with _locked(folder / quote(host, safe="")) as file:
            content = os.pread(file, self.FORMAT.size, 0)
            turns = Turns(*self.FORMAT.unpack(content)) if len(content) == self.FORMAT.size else Turns()
            turns.correct(time.time())
            result = change(turns, turns.written)
            os.pwrite(file, self.FORMAT.pack(*astuple(turns)), 0)
        self.turns[host] = turns
        return result


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open a file for this process alone; users that can write its folder can write the file too."""
    # In folders like /tmp, O_CREAT is refused for an existing file of another user.
    new = not path.exists()
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | (os.O_CREAT if new else 0), 0o666)
    try:
        if new:
            os.fchmod(file, path.parent.stat().st_mode & 0o666)
        fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
        yield file
    finally:
        os.close(file)


# Both download handlers and RetryAfterMiddleware share one object: it keeps the state if the folder fails.
_PACES: WeakKeyDictionary[Crawler, Pace] = WeakKeyDictionary()


def make_pace(crawler: Crawler) -> Pace:
    """Return the pace of a run, an object of the class that PACE_CLASS names."""
    if crawler not in _PACES:
        _PACES[crawler] = build_from_crawler(load_object(crawler.settings["PACE_CLASS"]), crawler)
    return _PACES[crawler]


# The seconds that the robots.txt of hosts asks for between two requests.
_CRAWL_DELAYS: WeakKeyDictionary[Crawler, dict[str, float]] = WeakKeyDictionary()


def crawl_delays(crawler: Crawler) -> dict[str, float]:
    """Return the Crawl-delay of each host of a run that has one."""
    return _CRAWL_DELAYS.setdefault(crawler, {})


def folder_of(settings: BaseSettings) -> Path:
    """Return the folder of `MachinePace`."""
    folder = settings["HERALD_PACE_FOLDER"]
    return Path(folder) if folder else user_state_path("herald-spider") / "pace"


def folder_problem(settings: BaseSettings) -> str | None:
    """Return why the folder of `MachinePace` cannot be used, and what to do; None if it can."""
    folder = folder_of(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # the only test that fails on a read-only file system
            return None
    except OSError as error:
        return f"{folder} cannot be written ({error.strerror}): set HERALD_PACE_FOLDER to a writable folder"


def host_of(request: Request) -> str:
    """Return the host of the page, also if Splash fetches it."""
    url = request.meta.get("splash", {}).get("args", {}).get("url", request.url)
    return urlsplit(str(url)).netloc


class Paced:
    """A mixin for download handlers that waits for a turn before each request."""

    crawler: Crawler

    async def download_request(self, request: Request) -> Response:
        await self.take_turn(host_of(request), self.delay(request))
        response: Response = await super().download_request(request)  # type: ignore[misc]
        return response

    async def take_turn(self, host: str, delay: float) -> None:
        while (wait := self.pace.reserve(host, delay)) > 0:
            await asyncio.sleep(wait)
            if self.pace.pause_left(host) <= 0:  # a pause that began meanwhile cancels the turn
                break

    @cached_property
    def pace(self) -> Pace:
        return make_pace(self.crawler)

    def delay(self, request: Request) -> float:
        """Return the current delay in seconds: DOWNLOAD_DELAY, AutoThrottle's or robots.txt's, the longest."""
        downloader = self.crawler.engine.downloader
        slot = downloader.slots.get(downloader.get_slot_key(request))
        own = slot.delay if slot else self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        return max(own, crawl_delays(self.crawler).get(host_of(request), 0))


class PacedDownloadHandler(Paced, HTTP11DownloadHandler):
    """Scrapy's handler with the shared pace. A middleware would wait before the request is queued, not sent."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self._pool._factory = limited(self._pool._factory)
