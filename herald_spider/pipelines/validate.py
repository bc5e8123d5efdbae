"""The first step: an article that is not one goes no further."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import fastjsonschema
from scrapy.exceptions import DropItem

from herald_spider.schema import article_schema

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from herald_spider.items import Article


class InvalidArticle(DropItem):
    """The article breaks a rule of its schema; `reason` is a short key for counting."""

    def __init__(self, item: Article, reason: str, detail: str):
        super().__init__(f"Rejected ({detail}): {item.url}", log_level="WARNING")
        self.reason = reason


class ValidatePipeline:
    """Checks each article against the item's own schema and counts what it rejects."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        # additionalProperties and defaults are the dataclass's business already.
        self.check = fastjsonschema.compile(article_schema(), use_default=False)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Article) -> Article:
        try:
            self.check(asdict(item))
            if not (item.body or item.images or item.summary):
                raise InvalidArticle(item, "empty", "no body, picture or summary")
        except fastjsonschema.JsonSchemaValueException as error:
            field = error.path[1] if len(error.path) > 1 else "article"
            self._count(field)
            raise InvalidArticle(item, field, error.message) from None
        except InvalidArticle as error:
            self._count(error.reason)
            raise
        return item

    def _count(self, reason: str) -> None:
        self.crawler.stats.inc_value("herald/rejected")
        self.crawler.stats.inc_value(f"herald/rejected/{reason}")
