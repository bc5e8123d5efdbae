"""Reads the paper out of web archives on disk: Common Crawl, CC-NEWS, browsertrix, one's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

import brotli
from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import HtmlResponse, Response
from scrapy.responsetypes import responsetypes

from herald_spider import urls
from herald_spider.archive.ledger import COPIES, GONE
from herald_spider.archive.packing import UNREADABLE
from herald_spider.spiders.arguments import WarcArguments
from herald_spider.spiders.base import HeraldBaseSpider
from herald_spider.warc.files import find_files, sources
from herald_spider.warc.http import parse_response
from herald_spider.warc.reader import BrokenRecord, Reader, Record

BREATH = 0.05  # seconds between looks at what else there is to do, Ctrl-C above all


class WarcSpider(HeraldBaseSpider):
    """The articles in WARC, ARC and WACZ files. Asks nothing of the network.

    Arguments: ``path`` (files, folders, globs; comma-separated), ``since``, ``until``,
    ``max_articles``.
    """

    name = "warc"
    arguments = WarcArguments
    args: WarcArguments

    found = 0  # records

    def asked_addresses(self) -> list[str]:
        return []

    async def start(self) -> AsyncIterator[Any]:
        self.decoder = HttpCompressionMiddleware(crawler=self.crawler)
        self.hosts = urls.HOSTS | {urlsplit(self.base).netloc}
        looked = time.monotonic()
        for reader, record in self.records():
            if time.monotonic() - looked > BREATH:
                await asyncio.sleep(0)
                looked = time.monotonic()
            # With no requests about, the engine wants no more only where the run ends.
            if self.is_full() or self.crawler.engine.needs_backout():
                return
            for item in self.read(reader, record):
                yield item
        if not self.found:
            self.logger.error("Nothing to read: no file that was given holds a record of a web archive.")
            raise CloseSpider("nothing_given")

    def is_full(self) -> bool:
        limit = self.args.max_articles
        return bool(limit and self.archive.kept >= limit)

    # Records --------------------------------------------------------------------------

    def records(self) -> Iterator[tuple[Reader, Record]]:
        for path in find_files(self.args.path):
            for source in sources(path):
                reader, number = Reader(source), 0
                try:
                    for record in reader.records():
                        number += 1
                        yield reader, record
                finally:
                    self.found += number
                    self.report(reader, is_empty=not number)

    def report(self, reader: Reader, *, is_empty: bool) -> None:
        """One line for all that is broken in a file."""
        if reader.broken:
            self.crawler.stats.inc_value("herald/warc/broken", reader.broken)
            self.logger.warning(
                "%s: broken or cut off (%d), first at offset %d; %s. Get a whole copy "
                "of the file and read that: nothing comes twice.",
                reader.source.name, reader.broken, reader.first_broken,
                "nothing of it can be read" if is_empty else "the rest was read",
            )  # fmt: skip

    def read(self, reader: Reader, record: Record) -> Iterator[Any]:
        """The article in a record, if there is one."""
        address = self.wanted(record)
        if address is None:
            return
        if record.type == "revisit":  # the same once more: what was the same is another record
            self.count("warc/revisits")
            return
        try:
            response = self.response(record)
        except BrokenRecord:
            reader.note_broken(record.offset)
            return
        if response is None:
            self.count("warc/no_page")
            return
        self.count("warc/pages")
        via, place = f"{self.name}:{reader.source.name}", f"{reader.source.name}#{record.offset}"
        found = {"discovered_via": via, "fetched_from": place, "captured_at": record.date}
        self.archive.ledger.discover([(address.id or "", address.url, via, None)])
        yield from self.parse_article(response, listed_id=address.id or "", **found)

    def wanted(self, record: Record) -> urls.Address | None:
        """The article whose page a record holds, as far as its header tells."""
        url = record.url.lower()
        if record.type not in ("response", "revisit") or not any(host in url for host in self.hosts):
            return None
        address = urls.classify(record.url, self.base)
        if not address.id:
            return None
        if not self.args.may_cover(address.id):
            self.count("out_of_range")
            return None
        return address

    def response(self, record: Record) -> Response | None:
        """The HTML page in a record; None where it holds another answer. Raises `BrokenRecord`."""
        limit = self.settings.getint("DOWNLOAD_MAXSIZE")  # 0 is none
        if record.truncated or 0 < limit < record.length:
            return None
        if not record.date:
            raise BrokenRecord("no WARC-Date")
        try:
            status, headers, body = parse_response(record.block())
            if status != HTTPStatus.OK:
                return None
            request = Request(record.url)
            answer = self.decoded(request, Response(record.url, headers=headers, body=body, request=request))
        except (ValueError, IgnoreRequest) as error:
            raise BrokenRecord(str(error)) from None
        kind = responsetypes.from_args(headers=answer.headers, url=answer.url, body=answer.body)
        return answer.replace(cls=kind) if issubclass(kind, HtmlResponse) else None

    def decoded(self, request: Request, answer: Response) -> Response:
        """`answer` without its content coding. Raises ValueError where that is damaged."""
        try:
            return cast("Response", self.decoder.process_response(request, answer))
        except (*UNREADABLE, brotli.error) as error:
            if not answer.body.lstrip().startswith(b"<"):
                raise ValueError(str(error)) from None
            # Some crawlers keep the page decoded, with the header that it came with.
            del answer.headers["Content-Encoding"]
            return answer

    # Pages that are no article ----------------------------------------------------------

    def ended(self, article: str, state: str, reason: str) -> None:
        """A page is no article: gone, unless others than web archives know of it, or it is archived."""
        self.count("warc/no_article")
        known = self.archive.ledger.known([article]).get(article)
        if known and known.source in COPIES and not known.revision:
            super().ended(article, state, reason)

    def follow(self, url: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """A page that only names another one is followed by no request."""
        self.count("warc/moved")
        self.ended(listed_id, GONE, f"moved to {url}")
        return iter(())
