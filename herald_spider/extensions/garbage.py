"""What Python's garbage collector need not look at."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self


# New objects before they are looked at; Python's 700 are those of one article, and make 2 % of a crawl.
_NEW = 10_000


def calm() -> None:
    """Leave what there is alone, and look at what comes more rarely."""
    gc.freeze()
    gc.set_threshold(_NEW, *gc.get_threshold()[1:])


class GarbageExtension:
    """Leaves what a run starts with to its end: modules, tables, settings.

    The collector would go through all of it again and again, a tenth of a crawl.
    """

    def __init__(self, crawler: Crawler):
        crawler.signals.connect(calm, signals.spider_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)
