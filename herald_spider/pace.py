"""One pace for all processes that ask a host: those of this machine, or those that share a Redis.

Scrapy keeps DOWNLOAD_DELAY (and AutoThrottle's, where that is more) within one process.
Here each request asks for its turn just before it is sent, so that two runs at once do not
ask a site twice as often. A host's Retry-After holds for all of them too.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlsplit

from platformdirs import user_state_path
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.settings import BaseSettings

_TIMES = struct.Struct("<dd")  # the last turn, and until when the host is left alone; since 1970
_LONGEST = 60.0  # seconds between two looks: a clock may be set meanwhile


class Pace(Protocol):
    """What the processes that ask a host know of one another."""

    def claim(self, host: str, gap: float) -> float:
        """0 where it is our turn, which is taken then; else the seconds after which to ask again.

        `gap` is the least time since the turn before.
        """

    def hold(self, host: str, seconds: float) -> None:
        """Give no turn for so long."""


class MachinePace:
    """Kept in a file per host, for the processes of this machine."""

    def __init__(self, folder: Path):
        """Raises OSError where `folder` cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        self.folder = folder

    def claim(self, host: str, gap: float) -> float:
        with self._opened(host) as file:
            last, held = _read(file)
            now = time.time()
            wait = max(last + gap, held) - now
            if wait <= 0 or last > now:  # a turn in the future is of a clock that was set back
                os.pwrite(file, _TIMES.pack(now, held), 0)
                return 0
            return wait

    def hold(self, host: str, seconds: float) -> None:
        with self._opened(host) as file:
            last, held = _read(file)
            os.pwrite(file, _TIMES.pack(last, max(held, time.time() + seconds)), 0)

    @contextmanager
    def _opened(self, host: str) -> Iterator[int]:
        file = os.open(self.folder / quote(host, safe=""), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
            yield file
        finally:
            os.close(file)


def _read(file: int) -> tuple[float, float]:
    """The last turn, and until when none is given."""
    times = os.pread(file, _TIMES.size, 0)
    return _TIMES.unpack(times) if len(times) == _TIMES.size else (0.0, 0.0)


def make_pace(crawler: Crawler) -> Pace:
    """The pace that the settings choose. Raises OSError where its folder cannot be written."""
    if crawler.settings["HERALD_REDIS_URL"]:
        from herald_spider.cluster.pace import ClusterPace

        return ClusterPace(crawler)
    return MachinePace(folder_of(crawler.settings))


def folder_of(settings: BaseSettings) -> Path:
    """Where `MachinePace` keeps its files."""
    folder = settings["HERALD_PACE_FOLDER"]
    return Path(folder) if folder else user_state_path("herald-spider") / "pace"


def host_of(request: Request) -> str:
    """The host that a request is meant for, also where Splash asks it."""
    url = request.meta.get("splash", {}).get("args", {}).get("url", request.url)
    return urlsplit(str(url)).netloc


class Paced:
    """A download handler that waits for its turn."""

    crawler: Crawler

    async def download_request(self, request: Request) -> Response:
        host = host_of(request)
        while (wait := self.pace.claim(host, self.gap(request))) > 0:
            await asyncio.sleep(min(wait, _LONGEST))
        response: Response = await super().download_request(request)  # type: ignore[misc]
        return response

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
