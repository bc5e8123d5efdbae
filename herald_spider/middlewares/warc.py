"""A downloader middleware that also writes responses to WARC files, with HERALD_WARC=on."""

from __future__ import annotations

import os
from http.client import responses as REASONS
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.exceptions import IgnoreRequest, NotConfigured

from herald_spider import __version__
from herald_spider.archive import ArchiveError
from herald_spider.middlewares.archive_errors import archive_failed
from herald_spider.text.dates import utc_now
from herald_spider.warc.writer import Exchange, Headers, WarcFiles

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.http.headers import Headers as ScrapyHeaders

    from herald_spider.spiders.base import HeraldBaseSpider

FOLDER = "warc"
FILE_SIZE = 1024**3  # bytes, after which a new file begins
PROTOCOL = "HTTP/1.1"  # also for HTTP/2, which has no textual form
# Twisted has joined the chunks, and passwords must not get into a corpus.
OMITTED = frozenset({"transfer-encoding", "content-length", "proxy-authorization", "authorization"})


class WarcMiddleware:
    """Writes each response, as the server sent it, and its request to HERALD_ARCHIVE/warc.

    ``request.meta["fetched_at"]`` is the time in WARC-Date, which the article gets too. If the disk is full, the
    run ends, and the response is dropped: the next run fetches the page again.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.files: WarcFiles | None = None
        crawler.signals.connect(self.close, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["HERALD_WARC"] != "on" or "SCRAPY_CHECK" in os.environ:
            raise NotConfigured
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        # A rendered page is not the response of the server.
        if "cached" in response.flags or "render" in request.meta:
            return response
        request.meta["fetched_at"] = date = utc_now()
        self.files = self.files or self._files()
        try:
            self.files.write(_exchange(request, response, date))
        except OSError as error:
            text = (
                f"{self.files.folder} cannot be written ({error.strerror}): is the disk full? Nothing is lost: the "
                "next run fetches the page again."
            )
            archive_failed(self.crawler, ArchiveError("archive_not_writable", text))
            raise IgnoreRequest from None
        self.spider.count("warc/written")
        return response

    @property
    def spider(self) -> HeraldBaseSpider:
        return cast("HeraldBaseSpider", self.crawler.spider)

    def _files(self) -> WarcFiles:
        settings = self.crawler.settings
        info = {
            "software": f"Herald Spider/{__version__}",
            "format": "WARC File Format 1.1",
            "http-header-user-agent": settings["USER_AGENT"],
            "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        }
        folder = Path(settings["HERALD_ARCHIVE"]) / FOLDER
        name = f"{self.spider.name}-{self.spider.job}"
        return WarcFiles(folder, name, info, FILE_SIZE)

    def close(self) -> None:
        if self.files:
            self.files.close()


def _exchange(request: Request, response: Response, date: str) -> Exchange:
    parts = urlsplit(request.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    length = [("Content-Length", str(len(response.body)))]
    host = [] if "Host" in request.headers else [("Host", parts.netloc)]
    return Exchange(
        url=response.url,
        date=date,
        request_line=f"{request.method} {path} {PROTOCOL}",
        request_headers=[*host, *_kept(request.headers)],
        status_line=f"{PROTOCOL} {response.status} {REASONS.get(response.status, '')}",
        headers=[*_kept(response.headers), *length],
        body=response.body,
        ip_address=str(response.ip_address) if response.ip_address else None,
    )


def _kept(headers: ScrapyHeaders) -> Headers:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        if name.decode("latin-1").lower() not in OMITTED
        for value in values
    ]
