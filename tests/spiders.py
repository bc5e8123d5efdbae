"""Spiders without an engine, with an archive in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from scrapy.utils.test import get_crawler

from herald_spider.spiders.base import HeraldBaseSpider
from tests.demo import project_settings

S = TypeVar("S", bound=HeraldBaseSpider)


@contextmanager
def making(kind: type[S], **settings: Any) -> Iterator[Callable[..., S]]:
    """Yield a function that makes a spider; ``memory_of`` is an earlier spider whose archive it uses."""
    made: list[S] = []

    def make(memory_of: S | None = None, **arguments: str) -> S:
        crawler = get_crawler(kind, project_settings(HERALD_NEAR_DUPLICATES="off", **settings))
        spider = kind.from_crawler(crawler, **arguments)
        crawler.spider = spider
        crawler._apply_settings()
        spider.open_archive()
        if memory_of:
            spider.archive.close()
            spider.archive = memory_of.archive
        made.append(spider)
        return spider

    yield make
    for spider in made:
        spider.archive.close()
