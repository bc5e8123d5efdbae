"""The stats collector."""

from __future__ import annotations

from scrapy.statscollectors import MemoryStatsCollector


class PlainStats(MemoryStatsCollector):
    """Scrapy's collector with Python's own attribute access.

    Scrapy's `__getattribute__` inspects each call for the deprecated argument `spider`, which takes as long as
    counting. An article is counted in about a hundred stats.
    """

    __getattribute__ = object.__getattribute__
