"""Downloader middlewares that tell a whole answer from one that was cut short or damaged.

An article cut in its middle would be kept as if it were whole. Such an answer is asked for
again, then it has failed; unless a request takes what there is (``download_fail_on_dataloss``).
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import brotli
from scrapy.downloadermiddlewares.httpcompression import (
    HttpCompressionMiddleware as _HttpCompressionMiddleware,
)
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest, ResponseDataLossError
from scrapy.http import HtmlResponse

from herald_spider import urls
from herald_spider.archive.packing import UNREADABLE
from herald_spider.loaders.decoding import has_end, is_binary
from herald_spider.middlewares.failures import CUT_SHORT, TooLarge

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

# What Scrapy's decoders raise for a damaged body.
DAMAGED = (*UNREADABLE, struct.error, brotli.error)
_PIECE = 64 * 1024
_RARELY = 10  # so many pages without an end to one with it


class HttpCompressionMiddleware(_HttpCompressionMiddleware):
    """Scrapy's own, which gives of a damaged body what can be read; this one asks again."""

    def __init__(self, *, crawler: Crawler):
        super().__init__(crawler=crawler)
        self.crawler = crawler

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        coding = (response.headers.get("Content-Encoding") or b"").strip().lower()
        try:
            answer = super().process_response(request, response)
        except IgnoreRequest:
            raise TooLarge from None
        except DAMAGED:
            return again(request, self.crawler)
        if coding and is_strict(request) and not is_whole(response.body, coding, len(answer.body)):
            return again(request, self.crawler)
        return answer


class WholePageMiddleware:
    """Asks again for a page of the site without its end: a Content-Length may have been too short.

    Where hardly a page of its kind has an end, that is the site's way of writing them.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.base = str(crawler.settings["HERALD_BASE_URL"])
        self.whole: Counter[str] = Counter()  # by kind of address
        self.endless: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        is_page = (
            isinstance(response, HtmlResponse) and response.status == 200 and not is_binary(response.body)
        )
        if not is_page or not is_strict(request):
            return response
        kind = urls.classify(response.url, self.base).kind
        if kind not in ("article", "listing"):  # a copy may be all that there is
            return response
        if has_end(response.body):
            self.whole[kind] += 1
            return response
        self.endless[kind] += 1
        if self.endless[kind] > 1 + _RARELY * self.whole[kind]:
            return response
        return again(request, self.crawler)


def is_strict(request: Request) -> bool:
    """Whether a request wants a whole answer or none, as Scrapy has it."""
    return request.meta.get("download_fail_on_dataloss", True) is not False


def again(request: Request, crawler: Crawler) -> Request:
    """The request for another try. Raises `ResponseDataLossError` where there were enough."""
    assert crawler.spider
    retry = get_retry_request(request, spider=crawler.spider, reason=CUT_SHORT)
    if retry is None:
        raise ResponseDataLossError(CUT_SHORT)
    return retry


def is_whole(body: bytes, coding: bytes, size: int) -> bool:
    """Whether `body`, of which `size` bytes could be decoded, has its end; unknown codings are believed."""
    if coding in (b"gzip", b"x-gzip"):
        # The size stands in the last four bytes, unless there are several parts or something follows.
        return int.from_bytes(body[-4:], "little") == size % 2**32 or _gzip_ends(body)
    if coding == b"deflate":
        return _ends(zlib.decompressobj(), body) or _ends(zlib.decompressobj(-15), body)
    if coding == b"zstd":
        return _ends(zstd.ZstdDecompressor(), body)
    return coding != b"br" or _brotli_ends(body)


def _gzip_ends(body: bytes) -> bool:
    while body.startswith(b"\x1f\x8b"):
        decoder = zlib.decompressobj(31)
        if not _ends(decoder, body):
            return False
        body = decoder.unused_data
    return True


def _ends(decoder: Any, body: bytes) -> bool:
    """Whether a decoder comes to its end in `body`; with little memory, whatever is in it."""
    try:
        piece = decoder.decompress(body, _PIECE)
        while piece and not decoder.eof:
            piece = decoder.decompress(getattr(decoder, "unconsumed_tail", b""), _PIECE)
    except DAMAGED:
        return False
    return bool(decoder.eof)


def _brotli_ends(body: bytes) -> bool:
    decoder = brotli.Decompressor()
    try:
        piece = decoder.process(body, output_buffer_limit=_PIECE)
        while piece and not decoder.is_finished():
            piece = decoder.process(b"", output_buffer_limit=_PIECE)
    except brotli.error:
        return False
    return bool(decoder.is_finished())
