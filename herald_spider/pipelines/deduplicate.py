"""The second step: no article is kept twice, whatever addresses it came by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from herald_spider.pipelines.base import ArchivePipeline

if TYPE_CHECKING:
    from herald_spider.items import Article

MAX_LOGGED = 10  # refused merges


class DeduplicatePipeline(ArchivePipeline):
    """Compares each article with the archive, under all of its ids.

    The same content, or an older copy, is dropped and counted; changed content is a revision. A
    near-duplicate of another article is marked, or dropped (HERALD_NEAR_DUPLICATES).
    """

    refused = 0  # merges of this run

    def step(self, item: Article) -> Article:
        found = self.archive.compare(item)
        for each in item.companions.refused:
            self.count_refused(item, each)
        if found != "new":
            self.count("duplicates" if found == "same" else found)
            raise DropItem(f"Article {item.id} is {found}: {item.url}", log_level="DEBUG")
        if item.duplicate_of:
            self.count("near_duplicates")
            if self.archive.near == "drop":
                self.archive.reject(item, f"nearly repeats {item.duplicate_of}")
                raise DropItem(f"Near-duplicate of {item.duplicate_of}: {item.url}", log_level="DEBUG")
        return item

    def count_refused(self, item: Article, other: str) -> None:
        """Count an id that is linked with an article but is of another; log the first ones of a run."""
        self.count("merges_refused", item.url)
        self.refused += 1
        if self.refused <= MAX_LOGGED:
            self.spider.logger.warning(
                "Article %s is not merged with %s, though a page or a redirect says that they are one: they have "
                "different texts, or other articles claim the same id.",
                item.id, other,
            )  # fmt: skip
