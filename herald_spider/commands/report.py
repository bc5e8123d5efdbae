"""``scrapy report``: a page on a run, or on the whole archive."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from herald_spider.archive.command import ArchiveCommand
from herald_spider.archive.console import OptionError, printable, say
from herald_spider.archive.view import View, opened

if TYPE_CHECKING:
    from herald_spider.report.runs import Run

LAST = "last"
_NAMED = 5


class Command(ArchiveCommand):
    """Writes a report and prints where it is; runs may go on meanwhile."""

    most_arguments = 1

    def syntax(self) -> str:
        return "[options] [job | last]"

    def short_desc(self) -> str:
        return "Write a page of HTML on a run, or on the whole archive"

    def long_desc(self) -> str:
        return (
            "Write a report on a run of the archive in HERALD_ARCHIVE, by its job or the word last, or on "
            "the whole archive: one file of HTML that needs nothing beside it."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-o", "--output", metavar="FILE", help="where to; reports/<job>.html in the archive if not given"
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        from herald_spider.report import write_archive, write_run  # jinja2, which no other command waits for

        try:
            job = args[0] if args else None
            path = _target(opts.output)
            with opened(self.settings) as view:
                written = write_run(view, _run(view, job), path) if job else write_archive(view, path)
            say([printable(written)])
        except OSError as error:
            where = printable(opts.output or error.filename or "the report")
            raise UsageError(f"{where} cannot be written: {error.strerror}", print_help=False) from None


def _target(output: str | None) -> Path | None:
    if output is None:
        return None
    path = Path(output)
    if not output or path.is_dir():
        raise OptionError(f"-o {printable(output)!r}: give a file, as report.html")
    return path


def _run(view: View, job: str) -> Run:
    """The run that is meant. Raises `OptionError` for one that is not known."""
    from herald_spider.report.runs import find, known_jobs, latest

    with view.snapshot() as connection:
        found = next(iter(latest(connection, 1)), None) if job == LAST else find(connection, job)
        known = known_jobs(connection, _NAMED)
    if found:
        return found
    if not known:
        raise OptionError(f"no run {printable(job)}: the archive knows none")
    raise OptionError(f"no run {printable(job)}; the last are {', '.join(map(printable, known))}")
