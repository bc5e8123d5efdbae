"""Extension that reports a run whose monitors failed, or that did not end well, as HERALD_NOTIFY says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured

from herald_spider.exits import ends_well, outcome
from herald_spider.monitors import notify
from herald_spider.monitors.counts import group, most_common

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class NoticesExtension:
    """Sends one notice after the last commit and the monitors."""

    def __init__(self, crawler: Crawler):
        if not notify.chosen(crawler.settings) or "SCRAPY_CHECK" in os.environ:
            raise NotConfigured
        self.crawler = crawler
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def engine_stopped(self) -> None:
        spider: Any = self.crawler.spider
        stats = self.crawler.stats.get_stats()
        ended = outcome(stats)
        error = error_of(spider, ended, stats)
        if error is None and not spider.failed_monitors:
            return
        host = self.crawler.settings["HERALD_NODE"]
        notice = notify.Notice(spider.name, spider.job, host, ended, error, spider.failed_monitors)
        notify.send(self.crawler.settings, notice)


def error_of(spider: Any, ended: str, stats: Mapping[str, Any]) -> str | None:
    """Return why a run did not end well; None if it did."""
    if not ends_well(ended):
        return spider.problem[1] if spider.problem else "The last errors in the log say why."
    exceptions = group(stats, "spider_exceptions/")
    del exceptions["count"]  # the total
    if exceptions:
        return f"Exceptions in the code of the spider: {most_common(exceptions)}. The log has the tracebacks."
    return None
