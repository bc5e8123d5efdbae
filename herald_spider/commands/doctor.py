"""``scrapy doctor``: what is wrong with the installation, a page, or what we believe of the site."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.settings import SETTINGS_PRIORITIES

from herald_spider.commands.base import OneLineCommand, check_log
from herald_spider.commands.console import OptionError


class Command(OneLineCommand, ScrapyCommand):
    """Exit status 1 where something is wrong, 2 for bad input."""

    most_arguments = 1

    def syntax(self) -> str:
        return "[options] [address or id]"

    def short_desc(self) -> str:
        return "Say what is wrong: with the installation, a page, the site"

    def long_desc(self) -> str:
        return (
            "Without an address: check this installation and say what to mend. With an address (article, listing "
            "or feed) or an id: show how that page is read, and which rule won for each field. With --site: visit "
            "the site and say which of our beliefs about it hold. Nothing is kept, nothing in an archive changed."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--site", action="store_true", help="check what we believe of the site")
        parser.add_argument("--file", metavar="FILE", help="read the page from this file, not from the site")
        parser.add_argument("--json", action="store_true", help="print the same as JSON")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        if (self.settings.getpriority("LOG_LEVEL") or 0) < SETTINGS_PRIORITIES["cmdline"]:
            # The doctor says itself what it has seen.
            self.settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")
        check_log(self.settings)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        # Half a second, for which Scrapy's other commands should not wait.
        from herald_spider.doctor.rounds import Failure, make_round

        check_options(args, opts)
        assert self.settings
        assert self.crawler_process
        address = args[0] if args else None
        try:
            well = make_round(self.settings, self.crawler_process, address, opts)
            self.exitcode = 0 if well else 1
        except Failure as error:
            print(self.text_of(error), file=sys.stderr)
            self.exitcode = 1


def check_options(args: list[str], opts: argparse.Namespace) -> None:
    """Raises `OptionError` for options that do not go together."""
    if opts.file is not None and not args:
        raise OptionError("--file needs the address that the page was saved from as well")
    if opts.site and args:
        raise OptionError("--site visits the whole site; leave out the address, or --site")
