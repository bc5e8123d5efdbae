"""``scrapy verify``: whether the archive is sound; with ``--repair`` it is made so."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from scrapy.commands import ScrapyCommand

from herald_spider.archive.repair import repair
from herald_spider.archive.verify import REPAIR, Findings, verify
from herald_spider.commands.base import ArchiveCommand
from herald_spider.commands.console import say
from herald_spider.text.terminal import printable


class Command(ArchiveCommand, ScrapyCommand):
    """Exit status 1 where something is wrong."""

    def short_desc(self) -> str:
        return "Check the archive, and repair it"

    def long_desc(self) -> str:
        return (
            "Check every line of the archive in HERALD_ARCHIVE against the ledger, and the ledger itself. "
            "Runs may go on meanwhile, but not during a repair. A repair keeps every line that can be read; "
            "what cannot is fetched again by the next crawl."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--repair", action="store_true", help="mend what is wrong, then check again")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings
        if opts.repair:
            for step in repair(self.settings):
                say([printable(step)])
        with self.opened() as view:
            found = verify(view)
        say(_report(found))
        self.exitcode = 1 if found.problems else 0


def _report(found: Findings) -> Iterator[str]:
    for note in found.notes:
        yield f"note: {printable(note)}"
    for kind, (count, examples) in found.problems.items():
        yield f"{count:,} {kind}:"
        yield from (f"  {printable(example)}" for example in examples)
        if count > len(examples):
            yield f"  and {count - len(examples):,} more"
    if any("missing" in kind or "short" in kind for kind in found.problems):
        yield "If you have a copy of these segments, put them back first."
    if found.problems:
        yield f"Not sound. {REPAIR} keeps all that can be read; the next crawl fetches the rest again."
        return
    yield f"sound: {found.articles:,} articles, {found.lines:,} lines, {found.segments:,} segments"
