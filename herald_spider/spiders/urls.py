"""Spider `urls`: given articles, by addresses of any generation of the site or by ids."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Thread
from typing import IO, Any, ClassVar

from scrapy.exceptions import CloseSpider

from herald_spider import urls
from herald_spider.loaders.listing import Entry
from herald_spider.spiders.arguments import AddressArguments
from herald_spider.spiders.site import SiteSpider


class UrlsSpider(SiteSpider):
    """Reads the given articles, and no others.

    Arguments: ``url`` (addresses or ids, separated by commas or spaces), ``file`` (one on
    each line, ``#`` before a comment; ``-`` is the standard input), ``since``, ``until``,
    ``max_articles``.
    """

    name = "urls"
    arguments: ClassVar[type[AddressArguments]] = AddressArguments
    args: AddressArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.given: Iterator[tuple[str, str]] = iter(())  # addresses that are not in the queue yet

    async def start(self) -> AsyncIterator[Any]:
        self.given = self.read_given(await _opened(self.args.file) if self.args.file else None)
        while self.load_pending():
            for request in self.next_requests():
                yield request
            if not self.shared:  # `more_requests` goes on with the others
                return
        if not self.requested:
            self.logger.error("Nothing to request: none of the given addresses is of an article in range.")
            raise CloseSpider("nothing_given")

    def read_given(self, file: IO[bytes] | None) -> Iterator[tuple[str, str]]:
        """Yield where each address was given, and its text."""
        for text in self.args.url:
            yield "url", text
        if file is None:
            return
        with TextIOWrapper(file, encoding="utf-8-sig", errors="replace") as lines:  # -sig: a file of Windows
            for number, line in enumerate(lines, 1):
                if (text := line.partition(" #")[0].strip()) and not text.startswith("#"):
                    yield f"line {number}", text

    def load_pending(self) -> bool:
        """Put the next given articles into the queue, and none of earlier runs; return False at the end."""
        for where, text in self.given:
            self.read(self.add_given, where, text, url=text)
            if self.waiting and (self.shared or self.is_full):
                break
        return bool(self.waiting)

    def add_given(self, where: str, text: str) -> None:
        """Put an article into the queue; an archived one as a revisit."""
        url = urls.article_url(text) if text.isascii() and text.isdigit() else text
        address = urls.classify(url, self.base)
        if not address.id:
            self.skip(where, text, "is no article of the paper")
            return
        if not self.args.may_cover(address.id):
            self.skip(where, text, "is not of the days from since to until")
            return
        known = self.note([Entry(address.id, address.url, "")], None, via="given").get(address.id)
        if known and known.revision:
            self.add_revisit(known)
        elif known:
            self.add_waiting(known.id, known.url, known.found_by)

    def skip(self, where: str, text: str, problem: str) -> None:
        self.count("skipped")
        self.logger.warning("%s: %r %s, skipped.", where, text[:200], problem)


async def _opened(name: str) -> IO[bytes]:
    return await _standard_input() if name == "-" else Path(name).open("rb")


async def _standard_input() -> IO[bytes]:
    """Return the content of the standard input, once it has ended; Ctrl-C works in the meantime."""
    loop = asyncio.get_running_loop()
    content: asyncio.Future[bytes] = loop.create_future()

    def read() -> None:
        data = b""
        with suppress(OSError):  # a folder has no content
            # Not sys.stdin.read(): Python aborts if a thread waits in it when the process ends.
            data = b"".join(iter(lambda: os.read(sys.stdin.fileno(), 65_536), b""))
        with suppress(RuntimeError):  # the run has ended
            loop.call_soon_threadsafe(content.set_result, data)

    Thread(target=read, daemon=True).start()  # a pool's thread would keep the process from ending
    return BytesIO(await content)
