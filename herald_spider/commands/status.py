"""``scrapy status``: what the archive holds and what is pending."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from scrapy.commands import ScrapyCommand

from herald_spider.archive.status import status
from herald_spider.commands.base import ArchiveCommand
from herald_spider.text.console import say
from herald_spider.text.terminal import printable, size, table


class Command(ArchiveCommand, ScrapyCommand):
    """Reads the ledger; runs may go on meanwhile."""

    def short_desc(self) -> str:
        return "Show what the archive holds and what waits"

    def long_desc(self) -> str:
        return (
            "Show what the archive in HERALD_ARCHIVE holds, what waits for the next run, and the last runs."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print the same as JSON")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        with self.opened() as view:
            found = status(view)
        # JSON in ASCII: text of a page cannot steer the terminal.
        say([json.dumps(found, indent=2)] if opts.json else _report(found))


def _report(found: dict[str, Any]) -> Iterator[str]:
    yield f"Archive {printable(found['archive'])} of {printable(found['site'] or 'a site not known yet')}"
    states, total = found["states"], found["articles"]
    yield f"\n{total:,} articles discovered"
    yield from table((number, state) for state, number in states.items())
    summed = sum(states.values())
    holds = "the sum holds" if summed == total else "THE SUM DOES NOT HOLD: run scrapy verify"
    yield f"  {summed:,} in all: {holds}"
    yield (
        f"\n{found['lines']:,} lines in {found['segments']:,} segments; {found['revisions']:,} are revisions; "
        f"{found['near_duplicates']:,} articles nearly repeat another"
    )
    yield from _tally("By section, the largest", found["sections"])
    yield from _tally("By day of publication, the last", found["days"])
    yield from _tally("What waits", {name.replace("_", " "): n for name, n in found["waiting"].items()})
    yield from _reasons(found["reasons"])
    yield from _runs(found["runs"])
    disk = found["disk"]
    yield f"\n{found['listings']:,} listings walked"
    yield f"{size(disk['segments'])} of segments, {size(disk['ledger'])} of ledger"


def _tally(title: str, counts: dict[str, int]) -> Iterator[str]:
    if counts:
        yield f"\n{title}"
        yield from table((number, name) for name, number in counts.items())


def _reasons(reasons: list[dict[str, Any]]) -> Iterator[str]:
    if reasons:
        yield "\nNot archived, and why"
    for each in reasons:
        yield from table([(each["articles"], f"{each['state']}: {each['reason']}")])
        for url in each["examples"]:
            yield f"        {printable(url)}"


def _runs(runs: list[dict[str, Any]]) -> Iterator[str]:
    if runs:
        yield "\nThe last runs"
    for each in runs:
        outcome = each["outcome"] or "still running or killed"
        arguments = "" if each["arguments"] == "{}" else f" {each['arguments']}"
        what = f"{each['spider']}{arguments} ({each['job']}): {outcome}, {each['articles']:,} articles"
        yield f"  {each['started']}  {printable(what)}"
        for monitor, said in each["monitors"].items():
            yield f"    {printable(monitor)}: {printable(said)}"
