"""Scrapy's meta refresh middleware, without decoding every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware as _MetaRefreshMiddleware

if TYPE_CHECKING:
    from scrapy.http import Request, Response

_REFRESH_WITHIN = 4 * 4096  # bytes: a character has four at most


class MetaRefreshMiddleware(_MetaRefreshMiddleware):
    """Scrapy's own, which decodes each page as a whole to look into its first 4,096 characters.

    This one decodes those alone that may say ``refresh`` there, in whatever encoding.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        start = response.body[:_REFRESH_WITHIN].replace(b"\x00", b"").lower()
        return super().process_response(request, response) if b"refresh" in start else response
