"""``scrapy verify``: check the archive, and with ``--repair`` repair it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from scrapy.commands import ScrapyCommand
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from herald_spider.archive.paths import folder_of
from herald_spider.archive.repair import repair_archive
from herald_spider.archive.verify import REPAIR, Findings, verify
from herald_spider.commands.base import ArchiveCommand
from herald_spider.text.console import say
from herald_spider.text.terminal import printable


class Command(ArchiveCommand, ScrapyCommand):
    """Checks the archive; the exit status is 1 if it is damaged."""

    summary = "Check the archive, and repair it"
    description = (
        "Check every line of the archive in HERALD_ARCHIVE against the ledger, and the ledger itself. "
        "Crawls may run meanwhile, but not during a repair. A repair keeps every readable line; the next crawl "
        "fetches the other articles again."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--repair", action="store_true", help="repair the archive, then check it again")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.repair:
            for step in repair(self.settings):
                say([printable(step)])
        with self.opened() as view:
            found = verify(view)
        say(_report(found))
        self.exitcode = 1 if found.problems else 0


def repair(settings: BaseSettings) -> Iterator[str]:
    """Repair the archive of the settings; yield a line for each step. Raises `ArchiveError`."""
    # The default address is not evidence: the archive could be one of the demo.
    given = (settings.getpriority("HERALD_BASE_URL") or 0) > SETTINGS_PRIORITIES["project"]
    given = given or "HERALD_BASE_URL" in os.environ
    return repair_archive(
        folder_of(settings),
        settings["HERALD_LEDGER_URL"] or "",
        node=settings["HERALD_NODE"],
        site=settings["HERALD_BASE_URL"].rstrip("/") if given else None,
        near=settings["HERALD_NEAR_DUPLICATES"] != "off",
    )


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
        yield f"The archive is damaged. {REPAIR} keeps all readable lines; the next crawl fetches the rest again."
        return
    yield f"sound: {found.articles:,} articles, {found.lines:,} lines, {found.segments:,} segments"
