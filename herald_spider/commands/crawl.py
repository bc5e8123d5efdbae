"""``scrapy crawl`` with exit statuses for failed runs."""

from __future__ import annotations

import argparse
import logging

from scrapy import signals
from scrapy.commands.crawl import Command as _CrawlCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.spiders import Spider

from herald_spider.commands.base import check_run, check_spider, refusal
from herald_spider.exits import FAILURES, MONITOR_FAILED, raise_failure

logger = logging.getLogger(__name__)


class Command(_CrawlCommand):
    """Scrapy's command. The exit status is 2 for bad input, 1 for a failed run, 3 if a monitor failed under HERALD_STRICT."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        check_run(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl. A wrong setting is one error line, instead of Scrapy's traceback."""
        from herald_spider.scrapy_settings import setting_at_fault, unknown_names

        assert self.settings
        if len(args) != 1:
            super().run(args, opts)  # raises UsageError
        for text in unknown_names(self.settings):
            logger.warning(text)
        try:
            self.crawl(args[0], opts.spargs)
        except UsageError:
            raise
        except Exception as error:
            if problem := setting_at_fault(error, self.settings):
                raise refusal(self.settings, problem) from None
            logger.error("The crawl ended with an error", exc_info=error)
            self.exitcode = 1

    def crawl(self, name: str, arguments: dict[str, str]) -> None:
        assert self.crawler_process
        crawling = self.crawler_process.crawl(self._create_crawler(name), **arguments)
        self.crawler_process.start()
        if self.crawler_process.bootstrap_failed:
            self.exitcode = 1
        raise_failure(crawling)

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
        """Set the exit status after the last commit and the monitors, which run when the spider closes."""
        crawler, count = self.crawler, self.crawler.stats.get_value
        if failed := count("herald/ended_by"):
            self.exitcode = FAILURES.get(failed, 1)
        if any(name.startswith("feedexport/failed_count") for name in crawler.stats.get_stats()):
            self.exitcode = self.exitcode or 1
        if (
            not self.exitcode
            and crawler.settings.getbool("HERALD_STRICT")
            and count("herald/monitors/failed")
        ):
            self.exitcode = MONITOR_FAILED
