"""``scrapy check``, which says so where a spider cannot begin."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, cast

from scrapy.commands.check import Command as _CheckCommand
from scrapy.exceptions import UsageError

from herald_spider.archive.command import check_spider

if TYPE_CHECKING:
    from herald_spider.spiders.base import HeraldBaseSpider


class Command(_CheckCommand):
    """Scrapy's command; a name, an argument or a setting that is wrong is one line and exit status 2."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process
        names = self.crawler_process.spider_loader.list()
        for name in args:
            check_spider(name, names)
        if opts.list:  # asks nobody
            super().run(args, opts)
            return
        problems = {name: self.spider(name, opts.spargs).problem for name in args or names}
        wrong = [f"{name}: {problem[1]}" for name, problem in problems.items() if problem]
        # Of all spiders some want an argument, or another site: they are left out unless they are named.
        if wrong and (args or len(wrong) == len(names)):
            raise UsageError("\n".join(wrong), print_help=False)
        super().run(args, opts)

    def spider(self, name: str, arguments: dict[str, Any]) -> HeraldBaseSpider:
        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(name)
        return cast("HeraldBaseSpider", crawler.spidercls.from_crawler(crawler, **arguments))
