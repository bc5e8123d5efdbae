"""``scrapy crawl`` with exit statuses for failed runs."""

from __future__ import annotations

import argparse
import logging
import sys
from importlib.util import find_spec
from pathlib import Path

from scrapy import signals
from scrapy.commands.crawl import Command as _CrawlCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader
from scrapy.spiders import Spider
from scrapy.utils.log import configure_logging

from herald_spider.commands.base import OneLineErrors, check_log, check_run, check_spider, refusal
from herald_spider.exits import FAILURES, MONITOR_FAILED, raise_failure
from herald_spider.logs import without_secrets

logger = logging.getLogger(__name__)


class Command(OneLineErrors, _CrawlCommand):
    """Scrapy's command. The exit status is 2 for bad input, 1 for a failed run, 3 if a monitor failed under HERALD_STRICT."""

    outcome = "bad_settings"  # of a run that cannot start

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        opts.output, opts.overwrite_output = map(packed_feeds, (opts.output, opts.overwrite_output))
        super().process_options(args, opts)
        assert self.settings
        check_log(self.settings)
        try:
            self.check(args, opts.spargs)
        except UsageError as error:
            if self.settings["LOG_FILE"]:  # scrapyd keeps nothing else of a job
                configure_logging(self.settings)
                logger.error(str(error))
            self.report(args, opts.spargs, self.outcome, str(error))
            raise

    def check(self, args: list[str], arguments: dict[str, str]) -> None:
        """Raise `UsageError` for a wrong argument or setting, before the engine starts and anything is logged."""
        assert self.settings
        check_run(self.settings)
        if problem := feed_problem(self.settings):
            raise refusal(self.settings, problem)
        # Of a job of scrapyd the run itself logs the error, and reports it.
        is_job = "_job" in arguments
        if len(args) == 1 and not is_job and (found := self.problem_of_spider(args[0], arguments)):
            self.outcome, problem = found
            raise refusal(self.settings, problem)

    def problem_of_spider(self, name: str, arguments: dict[str, str]) -> tuple[str, str] | None:
        """Return the finish reason and the error for wrong arguments or settings; None if the spider can start."""
        from herald_spider.scrapy_settings import setting_at_fault

        assert self.settings
        try:
            loader = get_spider_loader(self.settings)
            check_spider(name, loader.list())
            crawler = Crawler(loader.load(name), self.settings)
            spider = crawler.spidercls.from_crawler(crawler, **arguments)
        except UsageError:
            raise
        except Exception as error:
            if text := setting_at_fault(error, self.settings):
                return "bad_settings", text
            raise
        return getattr(spider, "problem", None)

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
            self.report(args, opts.spargs, "start_error", f"{type(error).__name__}: {error}")
            self.exitcode = 1

    def report(self, args: list[str], arguments: dict[str, str], outcome: str, text: str) -> None:
        """Send a notice of a run that could not start, unless a person sees the error."""
        from herald_spider.monitors import notify

        assert self.settings
        if notify.chosen(self.settings) and not (sys.stderr and sys.stderr.isatty()):
            job, host = arguments.get("_job", "none"), self.settings["HERALD_NODE"]
            notify.send(
                self.settings, notify.Notice(" ".join(args), job, host, outcome, without_secrets(text), {})
            )

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


def packed_feeds(given: list[str] | None) -> list[str] | None:
    """Return the files of ``-o`` or ``-O`` with the format of packed ones: ``x.jsonl.gz`` is ``jsonl``."""
    return given and [f"{each}:{Path(each).suffixes[-2][1:]}" if _is_packed(each) else each for each in given]


def _is_packed(file: str) -> bool:
    return file.endswith(".gz") and len(Path(file).suffixes) > 1


def feed_problem(settings: BaseSettings) -> str | None:
    """Return why a feed in Parquet cannot be written; None if it can be."""
    for uri, feed in settings.getdict("FEEDS").items():
        if feed.get("format") != "parquet":
            continue
        if find_spec("pyarrow") is None:
            return f"{uri}: Parquet needs the extra: pip install '.[parquet]' in its checkout"
        if not feed.get("overwrite") and Path(str(uri)).exists():
            return f"{uri} exists, and nothing can be appended to Parquet: give -O to replace it, or another name"
    return None
