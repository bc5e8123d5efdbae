"""``scrapy history``: how one article changed."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand

from herald_spider import urls
from herald_spider.archive.history import FORMS, article_id, revisions, tell
from herald_spider.commands.base import ArchiveCommand
from herald_spider.commands.console import OptionError, say


class Command(ArchiveCommand, ScrapyCommand):
    """Prints the revisions of an article and what changed between them."""

    most_arguments = 1

    def syntax(self) -> str:
        return "[options] <id or address>"

    def short_desc(self) -> str:
        return "Show the revisions of an article and what changed"

    def long_desc(self) -> str:
        return (
            "Show the revisions of an article of the archive in HERALD_ARCHIVE. [-words-] went, {+words+} "
            "came, ~ - + mark paragraphs that were changed, removed and added."
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args:
            raise OptionError(f"which article? Give {FORMS}")
        assert self.settings
        # The host that stands for the site counts as its own.
        address = urls.classify(args[0], self.settings["HERALD_BASE_URL"])
        with self.opened() as view:
            found = revisions(view, article_id(address.url))
        say(tell(found))
