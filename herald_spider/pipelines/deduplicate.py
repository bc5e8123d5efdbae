"""The second step: no article twice, whatever addresses it came by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from herald_spider.pipelines.base import ArchivePipeline

if TYPE_CHECKING:
    from herald_spider.items import Article


class DeduplicatePipeline(ArchivePipeline):
    """Asks the archive what it knows of an article, under any of its ids.

    The same content, or an older copy, is dropped and counted; changed content is a revision. What nearly
    repeats another article is marked, or dropped (HERALD_NEAR_DUPLICATES).
    """

    def step(self, item: Article) -> Article:
        verdict = self.archive.judge(item)
        if verdict != "new":
            self.count("duplicates" if verdict == "same" else verdict)
            raise DropItem(f"Article {item.id} is {verdict}: {item.url}", log_level="DEBUG")
        if item.duplicate_of:
            self.count("near_duplicates")
            if self.archive.near == "drop":
                self.archive.reject(item, f"nearly repeats {item.duplicate_of}")
                raise DropItem(f"Near-duplicate of {item.duplicate_of}: {item.url}", log_level="DEBUG")
        return item
