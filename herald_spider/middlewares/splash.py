"""Adaptations of scrapy-splash 0.11.1, its last release, to Scrapy 2.16 and newer.

`tests/test_rendering.py` fails when a newer scrapy-splash makes one of them unnecessary. Imported only if
SPLASH_URL is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import scrapy.utils.url
import w3lib.url

# scrapy-splash imports this function from a module where Scrapy 2.16 no longer has it:
# https://github.com/scrapy-plugins/scrapy-splash/issues/332
if not hasattr(scrapy.utils.url, "canonicalize_url"):
    scrapy.utils.url.canonicalize_url = w3lib.url.canonicalize_url  # type: ignore[attr-defined]

from scrapy_splash import SplashMiddleware as _SplashMiddleware

if TYPE_CHECKING:
    from scrapy.http import Request, Response


class SplashMiddleware(_SplashMiddleware):  # type: ignore[misc]
    """Sends a request that has ``meta["splash"]`` through Splash."""

    # Scrapy 2.14 deprecates the `spider` argument of middleware methods.
    def process_request(self, request: Request) -> Request | None:
        sent: Request | None = super().process_request(request, self.crawler.spider)
        return sent

    def process_response(self, request: Request, response: Response) -> Request | Response:
        answer: Request | Response = super().process_response(request, response, self.crawler.spider)
        return answer

    def _get_slot_key(self, request: Request) -> Any:
        # Downloader._get_slot_key() is gone since Scrapy 2.14:
        # https://github.com/scrapy-plugins/scrapy-splash/issues/330
        return self.crawler.engine.downloader.get_slot_key(request)
