"""One pace for all processes that ask a host: those of this machine, or those that share a Redis.

Scrapy keeps DOWNLOAD_DELAY (and AutoThrottle's, where that is more) within one process.
Here each request takes the next turn that is free just before it is sent, and waits for it, so that
two runs at once do not ask a site twice as often, and none waits for ever. A host's Retry-After holds
for all of them too.
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

from herald_spider.option_types import MAX_WAIT

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.settings import BaseSettings

T = TypeVar("T")
logger = logging.getLogger(__name__)
LOOK = 0.1  # seconds after which a run without a delay looks again whether a host wants to be left alone


class Pace(Protocol):
    """What the processes that ask a host know of one another."""

    def claim(self, host: str, gap: float) -> float:
        """Take the next free turn, for a run whose requests are `gap` seconds apart; how long it is until then."""

    def held(self, host: str) -> float:
        """For how many seconds no turn is given, because the host wants it so."""

    def hold(self, host: str, seconds: float) -> None:
        """Give no turn for so long."""


@dataclass
class Times:
    """What is known of a host, in seconds since 1970: its last turn, until when it is left alone, and
    when that was written; and the delay, in seconds, of the run that has the last turn."""

    last: float = 0.0
    held: float = 0.0
    noted: float = 0.0
    gap: float = 0.0

    def claim(self, gap: float, now: float) -> float:
        # Of two runs' requests the shorter delay is kept: each run's own are as far apart as it wants by itself.
        self.last = max(now, self.last + min(gap, self.gap), self.held)
        self.gap = gap
        return self.last - now

    def hold(self, seconds: float, now: float) -> None:
        self.held = max(self.held, now + min(seconds, MAX_WAIT))

    def settle(self, now: float) -> None:
        """Leave out what cannot be: a clock that was set back since, or damage."""
        ahead, latest = max(0.0, self.noted - now), now + MAX_WAIT
        self.last = max(0.0, min(self.last - ahead, latest))
        self.held = max(0.0, min(self.held - ahead, latest))
        self.noted = now


class MachinePace:
    """Kept in a file per host, for the processes of this machine; where that fails, in memory for this one."""

    FORM = struct.Struct("<4d")

    def __init__(self, folder: Path):
        self.folder: Path | None = folder
        self.own: dict[str, Times] = {}
        self.free: dict[str, float] = {}  # when a host was last seen to want no rest

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(folder_of(crawler.settings))

    def claim(self, host: str, gap: float) -> float:
        # Who keeps no delay need not take turns; only whether the host wants to be left alone is looked up.
        if not gap and time.monotonic() - self.free.get(host, -LOOK) < LOOK:
            return 0.0
        wait = self._change(host, lambda times, now: times.claim(gap, now))
        if wait <= 0:
            self.free[host] = time.monotonic()
        return wait

    def held(self, host: str) -> float:
        return self._change(host, lambda times, now: times.held - now)

    def hold(self, host: str, seconds: float) -> None:
        self.free.pop(host, None)
        self._change(host, lambda times, now: times.hold(seconds, now))

    def _change(self, host: str, change: Callable[[Times, float], T]) -> T:
        if self.folder:
            try:
                return self._change_file(self.folder, host, change)
            except OSError as error:
                logger.warning(
                    "%s cannot be written (%s): this run goes on with a pace of its own, beside that of others.",
                    self.folder, error.strerror,
                )  # fmt: skip
                self.folder = None
        own = self.own.setdefault(host, Times())
        own.settle(time.time())
        return change(own, own.noted)

    def _change_file(self, folder: Path, host: str, change: Callable[[Times, float], T]) -> T:
        with _opened(folder / quote(host, safe="")) as file:
            content = os.pread(file, self.FORM.size, 0)
            times = Times(*self.FORM.unpack(content)) if len(content) == self.FORM.size else Times()
            times.settle(time.time())
            result = change(times, times.noted)
            os.pwrite(file, self.FORM.pack(*astuple(times)), 0)
        self.own[host] = times
        return result


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A file for this process alone; who may write its folder may write it too."""
    # To open what another user made as if it were new is refused in folders like /tmp.
    new = not path.exists()
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | (os.O_CREAT if new else 0), 0o666)
    try:
        if new:
            os.fchmod(file, path.parent.stat().st_mode & 0o666)
        fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
        yield file
    finally:
        os.close(file)


# One for all that ask for it: what it remembers where its folder fails is the whole run's.
_PACES: WeakKeyDictionary[Crawler, Pace] = WeakKeyDictionary()


def make_pace(crawler: Crawler) -> Pace:
    """Return the pace of a run, an object of the class that PACE_CLASS names."""
    if crawler not in _PACES:
        _PACES[crawler] = build_from_crawler(load_object(crawler.settings["PACE_CLASS"]), crawler)
    return _PACES[crawler]


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
        return f"{folder} cannot be written ({error.strerror}): set HERALD_PACE_FOLDER to a folder that can"


def host_of(request: Request) -> str:
    """The host that a request is meant for, also where Splash asks it."""
    url = request.meta.get("splash", {}).get("args", {}).get("url", request.url)
    return urlsplit(str(url)).netloc


class Paced:
    """A download handler that waits for its turn."""

    crawler: Crawler

    async def download_request(self, request: Request) -> Response:
        await self.take_turn(host_of(request), self.gap(request))
        response: Response = await super().download_request(request)  # type: ignore[misc]
        return response

    async def take_turn(self, host: str, gap: float) -> None:
        while (wait := self.pace.claim(host, gap)) > 0:
            await asyncio.sleep(wait)
            if self.pace.held(host) <= 0:  # else it has said so meanwhile, and the turn is void
                break

    @cached_property
    def pace(self) -> Pace:
        return make_pace(self.crawler)

    def gap(self, request: Request) -> float:
        """The delay of the moment: DOWNLOAD_DELAY, or AutoThrottle's."""
        downloader = self.crawler.engine.downloader
        slot = downloader.slots.get(downloader.get_slot_key(request))
        return slot.delay if slot else self.crawler.settings.getfloat("DOWNLOAD_DELAY")


class PacedDownloadHandler(Paced, HTTP11DownloadHandler):
    """Scrapy's own, with the pace."""
