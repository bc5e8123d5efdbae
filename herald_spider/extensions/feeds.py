"""Scrapy's feed exports (``-o``, ``-O``, FEEDS), ending the run with one error line if a feed cannot be written."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy.extensions import feedexport

from herald_spider.middlewares.closing import end_early
from herald_spider.option_types import NONE
from herald_spider.text.terminal import plural

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler

REASON = "feed_not_writable"
logger = logging.getLogger(__name__)


class FeedExporter(feedexport.FeedExporter):
    """Ends the run at the first error; Scrapy logs a traceback for each item and goes on."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        for uri, feed in self.feeds.items():
            if uri.endswith(".gz"):
                feed.setdefault("postprocessing", ["scrapy.extensions.postprocessing.GzipPlugin"])
        self.failed: list[feedexport.FeedSlot] = []

    def item_scraped(self, item: Any, spider: Spider) -> None:
        slots, done = self.slots, []
        for slot in slots:
            self.slots = [slot]  # an error of one feed must not keep the item from the others
            try:
                if slot not in self.failed:
                    super().item_scraped(item, spider)
            except OSError as error:
                self.give_up(slot, error)
            done += self.slots
        self.slots = done

    async def _close_slot(self, slot: feedexport.FeedSlot, spider: Spider) -> None:
        try:
            if slot not in self.failed:
                await super()._close_slot(slot, spider)
                if not slot.itemcount and slot.batch_id == 1 and not slot.store_empty:
                    self.note_empty(slot)
            elif slot.file:
                slot.file.close()
        except OSError as error:
            self.give_up(slot, error)

    def note_empty(self, slot: feedexport.FeedSlot) -> None:
        """Log that a feed was left as it is, and where the articles are."""
        archived = self.crawler.stats.get_value("herald/state/archived")
        has_archive = self.crawler.settings["HERALD_ARCHIVE"] != NONE and archived
        logger.warning(
            "%s was not written: this run has no new article.%s", slot.uri,
            f" {plural(archived, 'article is', 'articles are')} archived already: scrapy export -o FILE writes them."
            if has_archive else "",
        )  # fmt: skip

    def give_up(self, slot: feedexport.FeedSlot, error: OSError) -> None:
        """Log the error of a feed once, and end the run."""
        if slot in self.failed:
            return
        self.failed.append(slot)
        logger.error(
            "%s cannot be written (%s): the run ends here. scrapy export writes what is in the archive.",
            slot.uri, error.strerror,
        )  # fmt: skip
        self.crawler.stats.set_value("herald/ended_by", REASON)
        end_early(self.crawler, REASON)
