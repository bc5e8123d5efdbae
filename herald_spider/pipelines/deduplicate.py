"""The second step: no article twice, whatever addresses it came by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from herald_spider import urls

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from herald_spider.items import Article


class DeduplicatePipeline:
    """Knows each article of this run by its id and the ids of its aliases.

    A second sight of the same content is dropped; changed content is a revision.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.seen: dict[str, tuple[str | None, int]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Article) -> Article:
        ids = [item.id, *(urls.classify(alias).id for alias in item.aliases)]
        known = next((self.seen[each] for each in ids if each in self.seen), None)
        if known and known[0] == item.content_hash:
            self.crawler.stats.inc_value("herald/duplicates")
            raise DropItem(f"Duplicate article {item.id}: {item.url}", log_level="DEBUG")
        if known:
            item.revision = known[1] + 1
            self.crawler.stats.inc_value("herald/revisions")
        self.seen.update({each: (item.content_hash, item.revision) for each in ids if each})
        return item
