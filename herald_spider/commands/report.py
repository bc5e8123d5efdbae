"""``scrapy report``: write an HTML page about a run or the whole archive."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.runs import Run, find, latest
from herald_spider.archive.view import View
from herald_spider.commands.base import ArchiveCommand
from herald_spider.text.console import OptionError, file_named, say
from herald_spider.text.terminal import printable

LAST = "last"
_LISTED = 5  # jobs in an error


class Command(ArchiveCommand, ScrapyCommand):
    """Writes a report and prints its path; crawls may run meanwhile."""

    most_arguments = 1
    arguments = "[job | last]"
    summary = "Write an HTML page about a run or the whole archive"
    description = (
        "Write a report about a run (give its job, or last) or about the whole archive in HERALD_ARCHIVE: one "
        "self-contained HTML file."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        text = "file to write, - for standard output (default: reports/<job>.html in the archive)"
        parser.add_argument("-o", "--output", metavar="FILE", help=text)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        from herald_spider.report import path_of, write  # loads Jinja2, which no other command needs

        path = file_named(opts.output) if opts.output not in (None, "-") else None
        try:
            with self.opened() as view:
                run = _run(view, args[0]) if args else None
                if opts.output is None:
                    path = path_of(view, run)
                write(view, run, path)
        except OSError as error:
            text = f"{path or error.filename or 'the output'} cannot be written: {error.strerror}"
            if opts.output is None:
                raise ArchiveError("archive_not_writable", f"{text}; -o FILE puts it elsewhere") from None
            if isinstance(error, BrokenPipeError) or error.filename not in (None, str(path)):
                raise
            raise OptionError(text) from None
        if path:
            say([printable(path)])


def _run(view: View, job: str) -> Run:
    """Return the run with this job, or the last one. Raises `OptionError` for an unknown job."""
    with view.snapshot() as connection:
        known = latest(connection, _LISTED)
        found = next(iter(known), None) if job == LAST else find(connection, job)
    if found:
        return found
    if not known:
        raise OptionError(f"no run {printable(job)}: no run is on record")
    raise OptionError(
        f"no run {printable(job)}; the last are {', '.join(printable(run.job) for run in known)}"
    )
