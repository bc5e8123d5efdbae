"""What Scrapy's commands on an archive share; in commands/ Scrapy would take it for one of them."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from herald_spider.archive.console import OptionError, positionals, printable
from herald_spider.archive.database import ArchiveError


class ArchiveCommand(ScrapyCommand):
    """A command that reads the archive of the project's settings: `work` does what it is for.

    A wrong argument, or an archive that cannot be used, is one line on the standard error.
    """

    requires_project = True
    requires_crawler_process = False
    most_arguments = 0

    def syntax(self) -> str:
        return "[options]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        self.parser = parser

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            positionals(self.parser, args, self.most_arguments)
            self.work(args, opts)
        except (ArchiveError, OptionError) as error:
            raise UsageError(printable(error), print_help=False) from None

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        raise NotImplementedError
