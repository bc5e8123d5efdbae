"""Closing a spider early, from a middleware, an extension or a spider."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_ending: set[asyncio.Future[None]] = set()  # an event loop does not keep its tasks


def end_early(crawler: Crawler, reason: str) -> None:
    """Begin to close the spider. That waits for the requests in flight: one of them may be the caller's."""
    assert crawler.engine
    closing = asyncio.ensure_future(crawler.engine.close_spider_async(reason=reason))
    _ending.add(closing)
    closing.add_done_callback(_ending.discard)
