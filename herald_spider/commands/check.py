"""``scrapy check`` that fails if a spider cannot start."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, cast

from scrapy import signals
from scrapy.commands.check import Command as _CheckCommand

from herald_spider.commands.base import OneLineErrors, check_run, check_spider, interruptible, refusal

if TYPE_CHECKING:
    from herald_spider.spiders.base import HeraldBaseSpider


class Command(OneLineErrors, _CheckCommand):
    """Scrapy's command with one error line and exit status 2 for a wrong name, argument or setting."""

    interrupted = False

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        check_run(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process
        assert self.settings
        names = self.crawler_process.spider_loader.list()
        for name in args:
            check_spider(name, names)
        if opts.list:  # sends no request
            super().run(args, opts)
            return
        problems = {name: self.spider(name, opts.spargs).problem for name in args or names}
        wrong = [f"{name}: {problem[1]}" for name, problem in problems.items() if problem]
        # Some spiders need an argument, or another site: they are skipped unless they are named.
        if wrong and (args or len(wrong) == len(names)):
            raise refusal(self.settings, "\n".join(wrong))
        self.begin = self.crawler_process.start
        self.crawler_process.start = self.start  # type: ignore[method-assign]
        with interruptible(self):
            super().run(args, opts)
            if self.crawler_process.bootstrap_failed:
                print("A spider failed to start; scrapy check -L ERROR says why.", file=sys.stderr)

    def start(self, stop_after_crawl: bool = True, install_signal_handlers: bool = True) -> None:
        """Start the spiders. Raises `KeyboardInterrupt` after Ctrl-C, because contracts were left unchecked."""
        assert self.crawler_process
        for crawler in self.crawler_process.crawlers:
            crawler.signals.connect(self.note_end, signals.spider_closed)
        self.begin(stop_after_crawl, install_signal_handlers)
        if self.interrupted:
            raise KeyboardInterrupt  # the reactor caught the signal and stopped

    def note_end(self, reason: str) -> None:
        self.interrupted |= reason == "shutdown"

    def spider(self, name: str, arguments: dict[str, Any]) -> HeraldBaseSpider:
        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(name)
        return cast("HeraldBaseSpider", crawler.spidercls.from_crawler(crawler, **arguments))
