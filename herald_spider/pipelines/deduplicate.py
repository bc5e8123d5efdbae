"""The second step: no article is kept twice, whatever addresses it came by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from herald_spider.pipelines.base import ArchivePipeline

if TYPE_CHECKING:
    from herald_spider.items import Article


class DeduplicatePipeline(ArchivePipeline):
    """Compares each article with the archive, under all of its ids.

    The same content, or an older copy, is dropped and counted; changed content is a revision. A
    near-duplicate of another article is marked, or dropped (HERALD_NEAR_DUPLICATES).
    """

    def step(self, item: Article) -> Article:
        found = self.archive.compare(item)
        self.count_refused(item)
        if found != "new":
            self.count("duplicates" if found == "same" else found)
            raise DropItem(f"Article {item.id} is {found}: {item.url}", log_level="DEBUG")
        if item.duplicate_of:
            self.count("near_duplicates")
            if self.archive.near == "drop":
                self.archive.reject(item, f"nearly repeats {item.duplicate_of}")
                raise DropItem(f"Near-duplicate of {item.duplicate_of}: {item.url}", log_level="DEBUG")
        return item
