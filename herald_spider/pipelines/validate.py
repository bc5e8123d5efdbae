"""The first step: an article that is not one goes no further."""

from __future__ import annotations

from functools import cache
from typing import Any

import fastjsonschema
from scrapy.exceptions import DropItem

from herald_spider.items import Article, as_dict
from herald_spider.pipelines.base import ArchivePipeline
from herald_spider.schema import article_schema


class InvalidArticle(DropItem):
    """The article breaks a rule of its schema; `reason` is a short key for counting."""

    def __init__(self, item: Article, reason: str, detail: str):
        super().__init__(f"Rejected ({detail}): {item.url}", log_level="WARNING")
        self.reason = reason
        self.detail = detail


@cache
def _schema_check() -> Any:
    # additionalProperties and defaults are the dataclass's business already.
    return fastjsonschema.compile(article_schema(), use_default=False)


def check(item: Article) -> None:
    """Raises `InvalidArticle` where an article breaks a rule of its schema, or is empty."""
    try:
        _schema_check()(as_dict(item))
    except fastjsonschema.JsonSchemaValueException as error:
        field = str(error.path[1]) if len(error.path) > 1 else "article"
        raise InvalidArticle(item, field, error.message) from None
    if not (item.body or item.images or item.summary):
        raise InvalidArticle(item, "empty", "no body, picture or summary")


class ValidatePipeline(ArchivePipeline):
    """Checks each article against the item's own schema; notes and counts what it rejects."""

    def step(self, item: Article) -> Article:
        try:
            check(item)
        except InvalidArticle as error:
            self._note(item, error.reason)
            raise
        return item

    def _note(self, item: Article, reason: str) -> None:
        self.count("rejected", item.url)
        self.count(f"rejected/{reason}", item.url)
        self.archive.reject(item, reason)
