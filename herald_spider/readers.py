"""Reading in other processes: for a crawl that no delay slows down, as of a mirror or of a copy at hand.

With HERALD_READERS processes beside it, a crawl only fetches and keeps; ``auto`` is one for a crawl without
a delay, once it has shown to be a long one. A reader gets pages on its standard input and tells what it has
read on its standard output, in the same order; it ends where its input does, however the crawl may have
ended. What goes between them is JSON, and a page's own bytes: a reader handles what others wrote, and
nothing that it says can run in the crawl.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured

from herald_spider.extensions.garbage import calm
from herald_spider.items import Article, as_dict, from_dict
from herald_spider.loaders import Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.listing import Entry, Listing, read_listing
from herald_spider.loaders.page import Page, arguments_of

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.settings import BaseSettings
    from typing_extensions import Self

logger = logging.getLogger(__name__)

AUTO = "auto"
WORTH_IT = 200  # pages; a reader takes as much of a processor's time to begin
READING = "reading"  # what a reader made of a page, in its request's meta
_COMMAND = f"from {__name__} import serve; serve()"
_SIZES = struct.Struct("!II")  # before each message: those of its JSON and of the bytes that follow
_LIMIT = 1024 * 1024
_REASONS: dict[str, type[Exception]] = {each.__name__: each for each in (Moved, NeedsRendering, NoArticle)}


@dataclass
class Reading:
    """What came of a page: a listing; or an article, or why it holds none, and what its loader has counted."""

    listing: dict[str, Any] | None = None
    article: dict[str, Any] | None = None
    reason: tuple[str, list[str]] | None = None  # the exception's name and arguments
    counted: list[tuple[str, int]] = field(default_factory=list)

    def inc_value(self, key: str, count: int = 1) -> None:
        """To a loader these are its stats."""
        self.counted.append((key, count))

    def result(self, stats: Any) -> Article:
        """What `read_article` would have given, or raised, here."""
        for key, count in self.counted:
            stats.inc_value(key, count)
        if self.reason:
            name, arguments = self.reason
            raise _REASONS[name](*arguments)
        assert self.article
        return from_dict(self.article)

    def listed(self) -> Listing:
        """What `read_listing` would have given here."""
        assert self.listing
        entries = [_entry(**each) for each in self.listing["entries"]]
        return Listing(**{**self.listing, "entries": entries})


def _entry(date: str | None, **values: Any) -> Entry:
    return Entry(date=datetime.fromisoformat(date) if date else None, **values)


def message(content: dict[str, Any] | None, body: bytes = b"") -> bytes:
    data = json.dumps(content, default=datetime.isoformat).encode()
    return _SIZES.pack(len(data), len(body)) + data + body


# In the crawl ---------------------------------------------------------------------------------


class ReadersMiddleware:
    """Has pages read by HERALD_READERS processes; what they do not, the crawl reads itself."""

    def __init__(self, crawler: Crawler):
        if is_alone(crawler.settings):
            raise NotConfigured
        self.crawler = crawler
        self.is_auto = crawler.settings["HERALD_READERS"] == AUTO
        self.pages = 0
        self.base = crawler.settings["HERALD_BASE_URL"].rstrip("/")
        self.readers: list[Reader] = []
        self.kinds: dict[Any, str] = {}  # of page, by what it is asked for with
        crawler.signals.connect(self.start, signals.spider_opened)
        crawler.signals.connect(self.stop, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def start(self, spider: Spider) -> None:
        callbacks = {kind: getattr(spider, f"parse_{kind}", None) for kind in _READ}
        self.kinds = {callback: kind for kind, callback in callbacks.items() if callback}
        if not self.kinds or spider.problem:  # type: ignore[attr-defined]  # a run that ends at once
            return
        if not self.is_auto:
            await self.start_readers(self.crawler.settings.getint("HERALD_READERS"))

    async def start_readers(self, number: int) -> None:
        for _ in range(number):
            try:
                self.readers.append(await Reader.start())
            except OSError as error:
                logger.warning("No process for a reader (%s): the crawl reads itself.", error.strerror)

    async def stop(self) -> None:
        for reader in self.readers:
            await reader.stop()

    async def process_response(self, request: Request, response: Response) -> Response:
        kind = self.kinds.get(request.callback)
        if kind and response.status == HTTPStatus.OK:
            self.pages += 1
            if self.is_auto and self.pages == WORTH_IT:
                await self.start_readers(1)
            alive = [reader for reader in self.readers if reader.is_alive]
            if len(alive) < len(self.readers):
                logger.warning("A reader has ended: the crawl reads what it had not read yet.")
                self.readers = alive
            able = (each for each in alive if each.has_begun)
            if reader := min(able, key=lambda each: len(each.asked), default=None):
                page = arguments_of(response, self.base, request.meta)
                request.meta[READING] = await reader.read(kind, **page)
        return response


def is_alone(settings: BaseSettings) -> bool:
    """Whether a crawl reads all pages itself."""
    if settings["HERALD_READERS"] != AUTO:
        return str(settings["HERALD_READERS"]) == "0"
    waits = settings.getfloat("DOWNLOAD_DELAY") > 0 or settings.getbool("AUTOTHROTTLE_ENABLED")
    return waits or (os.cpu_count() or 1) < 2


class Reader:
    """A process that reads pages, one after the other."""

    has_begun = False  # it says so: until then a page would wait longer for it than for the crawl

    def __init__(self, process: Process):
        assert process.stdin
        assert process.stdout
        self.process, self.pages, self.readings = process, process.stdin, process.stdout
        self.asked: deque[asyncio.Future[Reading | None]] = deque()
        self.listening = asyncio.ensure_future(self._listen())

    @classmethod
    async def start(cls) -> Self:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _COMMAND, stdin=PIPE, stdout=PIPE, limit=_LIMIT,
            start_new_session=True,  # Ctrl-C is the crawl's to handle
            # The crawl may come from an egg of scrapyd's.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        return cls(process)

    @property
    def is_alive(self) -> bool:
        return not self.listening.done()

    async def read(self, kind: str, body: bytes, **arguments: Any) -> Reading | None:
        """What it makes of a page (see `arguments_of`) of a kind; None where it has ended, or failed."""
        if not self.is_alive:
            return None
        answer: asyncio.Future[Reading | None] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        self.pages.write(message({"kind": kind, **arguments}, body))
        return await answer

    async def _listen(self) -> None:
        try:
            await self._message()
            self.has_begun = True
            while True:
                found = await self._message()
                self._give(Reading(**found) if found else None)
        except (asyncio.IncompleteReadError, ValueError, TypeError):
            pass  # it has ended, or its output is not its own any more
        finally:
            with suppress(ProcessLookupError):
                self.process.kill()
            while self.asked:
                self._give(None)

    async def _message(self) -> Any:
        size, _ = _SIZES.unpack(await self.readings.readexactly(_SIZES.size))
        return json.loads(await self.readings.readexactly(size))

    def _give(self, reading: Reading | None) -> None:
        answer = self.asked.popleft()
        if not answer.done():  # a request that was given up
            answer.set_result(reading)

    async def stop(self) -> None:
        self.pages.close()
        await self.process.wait()


# In a reader ----------------------------------------------------------------------------------


def serve() -> None:
    """Read the pages that come on standard input, until it ends."""
    pages, readings = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no reading
    calm()
    try:
        readings.write(message(None))  # it has begun
        readings.flush()
        while len(head := pages.read(_SIZES.size)) == _SIZES.size:
            size, length = _SIZES.unpack(head)
            data, body = pages.read(size), pages.read(length)
            if len(data) + len(body) < size + length:
                break
            reading = read(body=body, **json.loads(data))
            readings.write(message(vars(reading) if reading else None))
            readings.flush()
    except BrokenPipeError:  # the crawl has gone
        os._exit(1)


def read(kind: str, **page: Any) -> Reading | None:
    """What a page holds; None where reading fails, which the crawl must meet itself to say it."""
    try:
        return _READ[kind](Page(**page))
    except Exception:  # noqa: BLE001
        return None


def _article(page: Page) -> Reading:
    reading = Reading()
    try:
        reading.article = as_dict(read_article(page, stats=reading))
    except (Moved, NeedsRendering, NoArticle) as reason:
        reading.reason = (type(reason).__name__, list(reason.args))
    return reading


def _listing(page: Page) -> Reading:
    return Reading(listing=asdict(read_listing(page)))


_READ = {"article": _article, "listing": _listing}  # by kind of page
