"""Scrapy's feed exports (``-o``, ``-O``, FEEDS), with a word where a feed cannot be written."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from scrapy.extensions import feedexport

if TYPE_CHECKING:
    from scrapy import Spider

REASON = "feed_not_writable"
logger = logging.getLogger(__name__)


class FeedExporter(feedexport.FeedExporter):
    """Ends the run in one line, in place of a traceback for each item that the feed does not take."""

    has_failed = False

    def item_scraped(self, item: Any, spider: Spider) -> None:
        if self.has_failed:
            return
        try:
            super().item_scraped(item, spider)
        except OSError as error:
            self.give_up(error)

    async def _close_slot(self, slot: feedexport.FeedSlot, spider: Spider) -> None:
        try:
            if self.has_failed and slot.file:
                slot.file.close()
            elif not self.has_failed:
                await super()._close_slot(slot, spider)
        except OSError as error:
            self.give_up(error)

    def give_up(self, error: OSError) -> None:
        if self.has_failed:
            return
        self.has_failed = True
        feeds = error.filename or ", ".join(slot.uri for slot in self.slots)
        logger.error(
            "%s cannot be written (%s): the run ends here. What the archive has taken, scrapy export gives.",
            feeds, error.strerror,
        )  # fmt: skip
        self.crawler.stats.set_value("herald/ended_by", REASON)
        assert self.crawler.engine
        self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=REASON))
