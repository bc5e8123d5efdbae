"""Given articles: addresses of any generation of the site, or ids."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, Any, ClassVar

from scrapy.exceptions import CloseSpider

from herald_spider import urls
from herald_spider.loaders.listing import Entry
from herald_spider.spiders.arguments import AddressArguments
from herald_spider.spiders.site import SiteSpider


class UrlsSpider(SiteSpider):
    """The articles that are named, and no others.

    Arguments: ``url`` (addresses or ids, separated by commas or spaces), ``file`` (one on
    each line, ``#`` before a remark; ``-`` is the standard input), ``since``, ``until``,
    ``max_articles``.
    """

    name = "urls"
    arguments: ClassVar[type[AddressArguments]] = AddressArguments
    args: AddressArguments

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.left: Iterator[tuple[str, str]] = iter(())  # what was given and not taken up yet

    async def start(self) -> AsyncIterator[Any]:
        self.left = self.given(await _opened(self.args.file) if self.args.file else None)
        while self.take_up_pending():
            for request in self.take_waiting():
                yield request
            if not self.shared:  # the rest when these are done: see `release_waiting`
                return
        if not self.asked:
            self.logger.error("Nothing to ask for: no address that was given is an article that is wanted.")
            raise CloseSpider("nothing_given")

    def given(self, file: IO[bytes] | None) -> Iterator[tuple[str, str]]:
        """Each address as it was given, and where."""
        for text in self.args.url:
            yield "url", text
        if file is None:
            return
        with TextIOWrapper(file, encoding="utf-8-sig", errors="replace") as lines:  # -sig: Windows begins so
            for number, line in enumerate(lines, 1):
                if (text := line.partition(" #")[0].strip()) and not text.startswith("#"):
                    yield f"line {number}", text

    def take_up_pending(self) -> bool:
        """The next of what was given, and nothing that other runs left; False where there is no more."""
        for where, text in self.left:
            self.take(where, text)
            if self.waiting and (self.shared or self.is_full):
                break
        return bool(self.waiting)

    def take(self, where: str, text: str) -> None:
        """Put an article on the waiting list; one that is kept already is asked whether it changed."""
        known_form = urls.article_url(text) if text.isascii() and text.isdigit() else text
        address = urls.classify(known_form, self.base)
        if not address.id:
            self.count("skipped")
            self.logger.warning("%s: %r is no article of the paper, skipped.", where, text[:200])
            return
        if not self.args.may_cover(address.id):
            self.count("skipped")
            self.logger.warning("%s: %r is not of the days from since to until, skipped.", where, text[:200])
            return
        known = self.note([Entry(address.id, address.url, "")], None, via="given").get(address.id)
        if known and known.revision:
            self.revisit(known)
        elif known:
            options = {"discovered_via": known.found_by, "listed_id": known.id}
            self.wait_for(known.id, self.article_request(known.url, cb_kwargs=options))


async def _opened(name: str) -> IO[bytes]:
    return await _standard_input() if name == "-" else Path(name).open("rb")


async def _standard_input() -> IO[bytes]:
    """All of it, once it has ended; meanwhile the run can be told to end."""
    spool, loop = TemporaryFile(), asyncio.get_running_loop()  # noqa: SIM115
    done: asyncio.Future[None] = loop.create_future()

    def read() -> None:
        with suppress(OSError):  # a folder, which has no content
            while piece := os.read(sys.stdin.fileno(), 65_536):
                spool.write(piece)
        with suppress(RuntimeError):  # the run has ended before
            loop.call_soon_threadsafe(done.set_result, None)

    Thread(target=read, daemon=True).start()
    await done
    spool.seek(0)
    return spool
