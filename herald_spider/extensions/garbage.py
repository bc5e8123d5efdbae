"""A garbage collector that runs less often."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from scrapy import signals

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


# New objects that start a collection. One article makes as many as Python's default, 700.
THRESHOLD = 10_000


def calm() -> None:
    """Exempt all present objects from garbage collection, and collect new ones less often."""
    gc.freeze()
    gc.set_threshold(THRESHOLD, *gc.get_threshold()[1:])


class GarbageExtension:
    """Exempts the objects that live for the whole run: modules, tables, settings.

    The collector would traverse them again and again.
    """

    def __init__(self, crawler: Crawler):
        crawler.signals.connect(calm, signals.spider_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)
