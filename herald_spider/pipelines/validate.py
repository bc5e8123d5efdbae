"""The first step: an invalid article is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from herald_spider.pipelines.base import ArchivePipeline
from herald_spider.schema import problem

if TYPE_CHECKING:
    from herald_spider.items import Article


class InvalidArticle(DropItem):
    """An article breaks a rule of the schema; `reason` is a short key for counting."""

    def __init__(self, item: Article, reason: str, detail: str):
        super().__init__(f"Rejected ({detail}): {item.url}", log_level="WARNING")
        self.reason = reason


class ValidatePipeline(ArchivePipeline):
    """Checks each article against the item's schema; enters and counts those it rejects."""

    def step(self, item: Article) -> Article:
        if found := problem(item):
            reason, detail = found
            self.count("rejected", item.url)
            self.count(f"rejected/{reason}", item.url)
            self.archive.reject(item, reason)
            raise InvalidArticle(item, reason, detail)
        return item
