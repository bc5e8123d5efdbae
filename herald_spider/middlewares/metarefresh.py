"""Scrapy's meta refresh middleware, without decoding every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware as _MetaRefreshMiddleware
from scrapy.http import Response

if TYPE_CHECKING:
    from scrapy.http import Request

_SEARCHED = 4 * 4096  # bytes: Scrapy searches 4,096 characters, and a character has four bytes at most


class MetaRefreshMiddleware(_MetaRefreshMiddleware):
    """Scrapy's middleware for the pages that may hold a refresh, in whatever encoding.

    Scrapy decodes every page as a whole to search its first 4,096 characters. Without a declared encoding it tries
    all of them, which takes minutes for a large page.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        start = response.body[:_SEARCHED]
        if b"refresh" not in start.replace(b"\x00", b"").lower():
            return response
        found = super().process_response(request, response.replace(body=start))
        return response if isinstance(found, Response) else found
