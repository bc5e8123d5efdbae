"""``scrapy crawl``, with an exit status that says whether the run went well."""

from __future__ import annotations

import argparse
import logging

from scrapy import signals
from scrapy.commands.crawl import Command as _CrawlCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.spiders import Spider

from herald_spider.archive.command import check_spider
from herald_spider.exits import FAILURES, SPOKE


class Command(_CrawlCommand):
    """Scrapy's command; the exit status is 2 for bad input, 1 for a run that failed, 3 for one
    that HERALD_STRICT does not let pass."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        # For these others of Scrapy's commands should not wait.
        from herald_spider.spiders.checks import SCRAPYS_NUMBERS, wrong_numbers

        super().process_options(args, opts)
        assert self.settings
        # Scrapy reads these before a spider can look at them.
        for problem in wrong_numbers(self.settings, SCRAPYS_NUMBERS):
            raise UsageError(problem, print_help=False)
        level = self.settings["LOG_LEVEL"]
        if not isinstance(level, int) and not isinstance(logging.getLevelName(level), int):
            names = "DEBUG, INFO, WARNING, ERROR or CRITICAL"
            raise UsageError(f"LOG_LEVEL={level!r}: give {names}", print_help=False)

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        assert self.crawler_process
        if isinstance(spidercls, str):
            check_spider(spidercls, self.crawler_process.spider_loader.list())
        crawler = super()._create_crawler(spidercls)
        crawler.signals.connect(self._spider_closed, signals.spider_closed)
        crawler.signals.connect(self._engine_stopped, signals.engine_stopped)
        self.crawler = crawler
        return crawler

    def _spider_closed(self, reason: str) -> None:
        self.exitcode = FAILURES.get(reason, 0)

    def _engine_stopped(self) -> None:
        """After the last commit and the monitors, which come when the spider closes."""
        crawler, count = self.crawler, self.crawler.stats.get_value
        if failed := count("herald/ended_by"):
            self.exitcode = FAILURES.get(failed, 1)
        if any(name.startswith("feedexport/failed_count") for name in crawler.stats.get_stats()):
            self.exitcode = self.exitcode or 1
        if not self.exitcode and crawler.settings.getbool("HERALD_STRICT") and count("herald/monitors/spoke"):
            self.exitcode = SPOKE
