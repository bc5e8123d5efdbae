"""Closing a spider early, from a middleware, an extension or a spider."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_tasks: set[asyncio.Future[None]] = set()  # an event loop keeps only weak references to its tasks


def end_early(crawler: Crawler, reason: str) -> None:
    """Start to close the spider, without waiting: closing waits for all requests, also the caller's own."""
    assert crawler.engine
    closing = asyncio.ensure_future(crawler.engine.close_spider_async(reason=reason))
    _tasks.add(closing)
    closing.add_done_callback(_tasks.discard)
