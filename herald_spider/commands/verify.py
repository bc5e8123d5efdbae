"""``scrapy verify``: whether the archive is sound."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from herald_spider.archive import LEDGER, NONE, ArchiveError
from herald_spider.archive.ledger import Ledger, sqlite_url
from herald_spider.archive.verify import Report, verify


class Command(ScrapyCommand):
    """Checks every line of every segment against the ledger; exit status 1 where it finds anything."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Check that the archive is sound"

    def long_desc(self) -> str:
        return (
            "Check every invariant of the archive in HERALD_ARCHIVE: each archived article has its line where "
            "the ledger says, the line parses to the same id, revision and content, and no byte is left over."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args:
            raise UsageError(f"verify takes no arguments, not {args[0]!r}", print_help=False)
        folder = Path(self.settings["HERALD_ARCHIVE"])
        url = self.settings["HERALD_LEDGER_URL"] or sqlite_url(folder / LEDGER)
        if str(folder) == NONE or (url.startswith("sqlite") and not (folder / LEDGER).exists()):
            raise UsageError(f"no archive in HERALD_ARCHIVE={folder}", print_help=False)
        try:
            ledger = Ledger(url)
            report = verify(folder, ledger)
            ledger.close()
        except ArchiveError as error:
            raise UsageError(str(error), print_help=False) from None
        print(told(report))
        self.exitcode = 0 if report.sound else 1


def told(report: Report) -> str:
    """The report in words."""
    seen = f"{report.articles} articles, {report.lines} lines, {report.segments} segments"
    if report.sound:
        return f"sound: {seen}"
    lines = [f"NOT SOUND: {seen}"]
    for kind, number in sorted(report.counts.items()):
        lines.append(f"{number:>7} {kind}")
        lines += [f"          {example}" for example in report.examples[kind]]
    return "\n".join(lines)
