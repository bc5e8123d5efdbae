"""Scrapy's meta refresh middleware, without decoding every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware as _MetaRefreshMiddleware

if TYPE_CHECKING:
    from scrapy.http import Request, Response

_SEARCHED = 4 * 4096  # bytes: Scrapy searches 4,096 characters, and a character has four bytes at most


class MetaRefreshMiddleware(_MetaRefreshMiddleware):
    """Scrapy's middleware for the pages that may hold a refresh, in whatever encoding.

    Scrapy decodes every page as a whole to search its first 4,096 characters.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        start = response.body[:_SEARCHED].replace(b"\x00", b"").lower()
        return super().process_response(request, response) if b"refresh" in start else response
