"""The first step: an article that is not one goes no further."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import fastjsonschema
from scrapy.exceptions import DropItem

from herald_spider import urls
from herald_spider.archive.ledger import REJECTED
from herald_spider.pipelines.base import ArchivePipeline
from herald_spider.schema import article_schema

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from herald_spider.items import Article


class InvalidArticle(DropItem):
    """The article breaks a rule of its schema; `reason` is a short key for counting."""

    def __init__(self, item: Article, reason: str, detail: str):
        super().__init__(f"Rejected ({detail}): {item.url}", log_level="WARNING")
        self.reason = reason


class ValidatePipeline(ArchivePipeline):
    """Checks each article against the item's own schema; notes and counts what it rejects."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        # additionalProperties and defaults are the dataclass's business already.
        self.check = fastjsonschema.compile(article_schema(), use_default=False)

    def step(self, item: Article) -> Article:
        try:
            self.check(asdict(item))
            if not (item.body or item.images or item.summary):
                raise InvalidArticle(item, "empty", "no body, picture or summary")
        except fastjsonschema.JsonSchemaValueException as error:
            field = str(error.path[1]) if len(error.path) > 1 else "article"
            self._note(item, field)
            raise InvalidArticle(item, field, error.message) from None
        except InvalidArticle as error:
            self._note(item, error.reason)
            raise
        return item

    def _note(self, item: Article, reason: str) -> None:
        self.count("rejected", item.url)
        self.count(f"rejected/{reason}", item.url)
        for alias in (item.url, *item.aliases):
            if alias and (article := urls.classify(alias).id):
                self.archive.ledger.set_state(article, REJECTED, reason)
