"""``scrapy history``: how one article changed."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from herald_spider.archive import ArchiveError
from herald_spider.archive.console import OptionError, positionals, printable, say
from herald_spider.archive.history import FORMS, article_id, revisions, tell
from herald_spider.archive.view import opened


class Command(ScrapyCommand):
    """Prints the revisions of an article and what changed between them."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] <id or address>"

    def short_desc(self) -> str:
        return "Show the revisions of an article and what changed"

    def long_desc(self) -> str:
        return (
            "Show the revisions of an article of the archive in HERALD_ARCHIVE. [-words-] went, {+words+} "
            "came, ~ - + mark paragraphs that were changed, removed and added."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        self.parser = parser

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            if not positionals(self.parser, args, 1):
                raise OptionError(f"which article? Give {FORMS}")
            with opened(self.settings) as view:
                found = revisions(view, article_id(args[0]))
            say(tell(found))
        except (ArchiveError, OptionError) as error:
            raise UsageError(printable(error), print_help=False) from None
