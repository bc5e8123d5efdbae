"""Spider `warc`: articles from web archives on disk: Common Crawl, browsertrix, or files of HERALD_WARC=on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from math import inf
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

_TYPES = ("warcinfo", "request", "metadata", "resource", "conversion", "continuation", "filedesc")
PAUSE_SECONDS = 0.05  # of reading, after which the event loop runs once, for Ctrl-C above all


class WarcSpider(HeraldBaseSpider):
    """Reads the articles in WARC, ARC and WACZ files, without any request.

    Arguments: ``path`` (files, folders, globs; comma-separated), ``since``, ``until``,
    ``max_articles``.
    """

    name = "warc"
    arguments = WarcArguments
    args: WarcArguments

    records_found = 0

    def allowed_addresses(self) -> list[str]:
        return []

    async def start(self) -> AsyncIterator[Any]:
        self.decoder = HttpCompressionMiddleware(crawler=self.crawler)
        self.hosts = urls.HOSTS | {urlsplit(self.base).netloc}
        paused, most = time.monotonic(), self.args.max_articles or inf
        for reader, record in self.records():
            if time.monotonic() - paused > PAUSE_SECONDS:
                await asyncio.sleep(0)
                paused = time.monotonic()
            # Without requests the engine backs out only when the run ends.
            if self.archive.kept >= most or self.crawler.engine.needs_backout():
                return
            for item in self.read_record(reader, record):
                yield item
        if not self.records_found:
            self.logger.error("Nothing to read: the given files hold no record of a web archive.")
            raise CloseSpider("nothing_given")

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
                    self.records_found += number
                    self.report_broken(reader, is_empty=not number)

    def report_broken(self, reader: Reader, *, is_empty: bool) -> None:
        """Log the broken records of a file in one line."""
        if reader.broken:
            self.crawler.stats.inc_value("herald/warc/broken", len(reader.broken))
            self.logger.warning(
                "%s: broken or cut off (%d), first at offset %d; %s. Get a whole copy of the file "
                "and read it again: articles that are archived already are not added twice.",
                reader.source.name, len(reader.broken), reader.broken[0],
                "nothing of it can be read" if is_empty else "the rest was read",
            )  # fmt: skip

    def read_record(self, reader: Reader, record: Record) -> Iterator[Any]:
        """Yield the article in a record, if there is one."""
        address = self.wanted(record)
        if address is None:
            return
        if record.type == "revisit":  # it repeats an earlier record, and has no page
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
        """Return the address of the article whose page a record holds; None, counted, if it holds none in range."""
        if record.type not in ("response", "revisit"):
            self.count(f"warc/left_out/{record.type if record.type in _TYPES else 'unknown'}")
            return None
        url = record.url.lower()
        address = urls.classify(record.url, self.base) if any(host in url for host in self.hosts) else None
        if address is None or not address.id:
            self.count("warc/other_pages")
            return None
        if not self.args.may_cover(address.id):
            self.count("out_of_range")
            return None
        return address

    def response(self, record: Record) -> Response | None:
        """Return the HTML page in a record; None for any other response. Raises `BrokenRecord`."""
        limit = self.settings.getint("DOWNLOAD_MAXSIZE")  # 0 means no limit
        if record.truncated or 0 < limit < record.length:
            return None
        if not record.date:
            raise BrokenRecord("no WARC-Date")
        try:
            status, headers, body = parse_response(record.block())
            if status != HTTPStatus.OK:
                return None
            request = Request(record.url)
            packed = Response(record.url, headers=headers, body=body, request=request)
            response = self.decoded(request, packed)
        except (ValueError, IgnoreRequest) as error:
            raise BrokenRecord(str(error)) from None
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=response.body)
        return response.replace(cls=kind) if issubclass(kind, HtmlResponse) else None

    def decoded(self, request: Request, response: Response) -> Response:
        """Return `response` without its content coding. Raises ValueError if that is damaged."""
        try:
            return cast("Response", self.decoder.process_response(request, response))
        except (*UNREADABLE, brotli.error) as error:
            if not response.body.lstrip().startswith(b"<"):
                raise ValueError(str(error)) from None
            # Some crawlers store the page decoded, and leave the header.
            del response.headers["Content-Encoding"]
            return response

    # Pages without an article ------------------------------------------------------------

    def ended(self, article: str, state: str, reason: str) -> None:
        """Count a page without an article; an article that only web archives have listed is gone."""
        self.count("warc/no_article")
        known = self.archive.ledger.known([article]).get(article)
        if known and known.source in COPIES and not known.revision:
            super().ended(article, state, reason)

    def follow(self, url: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        self.count("warc/moved")
        self.ended(listed_id, GONE, f"moved to {url}")
        yield from ()
