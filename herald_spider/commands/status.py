"""``scrapy status``: show the content of the archive and the pending articles."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from scrapy.commands import ScrapyCommand

from herald_spider.archive.prometheus import metrics
from herald_spider.archive.status import status
from herald_spider.commands.base import ArchiveCommand
from herald_spider.text.console import OptionError, say
from herald_spider.text.terminal import duration, plural, printable, size, table


class Command(ArchiveCommand, ScrapyCommand):
    """Reads the ledger; crawls may run meanwhile."""

    summary = "Show the content of the archive and the pending articles"
    description = "Show the content of the archive in HERALD_ARCHIVE, the articles pending for the next run, and the last runs."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--prometheus",
            action="store_true",
            help="print Prometheus' text format, for its textfile collector",
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.json and opts.prometheus:
            raise OptionError("give --json or --prometheus, not both")
        with self.opened() as view:
            found = status(view)
        if opts.prometheus:
            say(metrics(found))
        else:
            # JSON in ASCII: text of a page cannot control the terminal.
            say([json.dumps(found, indent=2)] if opts.json else _report(found))


def _report(found: dict[str, Any]) -> Iterator[str]:
    yield f"Archive {printable(found['archive'])} of {printable(found['site'] or 'an unknown site')}"
    states, total = found["states"], found["articles"]
    yield f"\n{total:,} articles discovered"
    yield from table((number, state) for state, number in states.items())
    summed = sum(states.values())
    check = "all states add up" if summed == total else "THE STATES DO NOT ADD UP: run scrapy verify"
    yield f"  {summed:,} in all: {check}"
    yield (
        f"\n{found['lines']:,} lines in {found['segments']:,} segments; {found['revisions']:,} are revisions; "
        f"{found['near_duplicates']:,} articles nearly repeat another"
    )
    yield from _tally("Largest sections", found["sections"])
    yield from _tally("Last days of publication", found["days"])
    yield from _tally("Pending", {name.replace("_", " "): n for name, n in found["waiting"].items()})
    yield from _reasons(found["reasons"])
    yield from _spiders(found["spiders"])
    yield from _runs(found["runs"])
    disk = found["disk"]
    yield f"\n{found['listings']:,} listings read"
    yield f"{size(disk['segments'])} of segments, {size(disk['ledger'])} of ledger"


def _tally(title: str, counts: dict[str, int]) -> Iterator[str]:
    if counts:
        yield f"\n{title}"
        yield from table((number, name) for name, number in counts.items())


def _reasons(reasons: list[dict[str, Any]]) -> Iterator[str]:
    if reasons:
        yield "\nNot archived, by reason"
    for each in reasons:
        yield from table([(each["articles"], f"{each['state']}: {each['reason']}")])
        for url in each["examples"]:
            yield f"        {printable(url)}"


def _spiders(spiders: list[dict[str, Any]]) -> Iterator[str]:
    if spiders:
        yield "\nLast good run of each spider"
    for each in spiders:
        ago = (
            "never"
            if each["age"] is None
            else f"{duration(each['age'])} ago, took {duration(each['seconds'])}"
        )
        failed = (
            f"; {plural(each['failures'], 'run')} failed since ({each['last_outcome']})"
            if each["failures"]
            else ""
        )
        late = "; OVERDUE: see the timers and scrapyd's log" if each["overdue"] else ""
        yield f"  {printable(each['spider'])}: {ago}{printable(failed)}{late}"


def _runs(runs: list[dict[str, Any]]) -> Iterator[str]:
    if runs:
        yield "\nLast runs"
    for each in runs:
        outcome = each["outcome"] or "still running or killed"
        arguments = "" if each["arguments"] == "{}" else f" {each['arguments']}"
        what = f"{each['spider']}{arguments} ({each['job']}): {outcome}, {each['articles']:,} articles"
        yield f"  {each['started']}  {printable(what)}"
        for monitor, problem in each["monitors"].items():
            yield f"    {printable(monitor)}: {printable(problem)}"
