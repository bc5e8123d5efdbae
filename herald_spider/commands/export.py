"""``scrapy export``: write the archive, or a part of it, to one file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand

from herald_spider.archive import ArchiveError
from herald_spider.archive.formats import FORMATS, MissingExtra, Writer
from herald_spider.archive.view import View
from herald_spider.commands.base import ArchiveCommand
from herald_spider.commands.selection import Selection, select, selected
from herald_spider.text.console import OptionError, destination, file_named
from herald_spider.text.suggest import suggest
from herald_spider.text.terminal import printable


class Command(ArchiveCommand, ScrapyCommand):
    """Streams the articles in constant memory; crawls may run meanwhile."""

    summary = "Write the archived articles as JSON Lines, CSV or Parquet"
    description = (
        "Write the newest revision of each article of the archive in HERALD_ARCHIVE, with all its listings and "
        "addresses up to now, to a file or the standard output."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("-o", "--output", metavar="FILE", help="file to write (default: the standard output)")
        add("--format", help=f"{', '.join(FORMATS)} (default: by the ending of FILE, else jsonl)")
        add("--sections", metavar="SLUGS", help="comma-separated; a parent section includes its children")
        days = "2021-04-08, yesterday, 7d; articles without a date are always written"
        add("--since", metavar="DAY", help=f"first day of publication in Seoul: {days}")
        add("--until", metavar="DAY", help="last day, included")
        add("--language", help="en, ko or mul")
        add("--revisions", action="store_true", help="also write earlier revisions")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        path = file_named(opts.output) if opts.output not in (None, "-") else None
        name = _format(opts.format, path)
        selection = select(opts.sections, opts.since, opts.until, opts.language, opts.revisions)
        try:
            with self.opened() as view:
                count = _write(view, selection, name, path)
        except MissingExtra as error:
            raise OptionError(str(error)) from None
        except OSError as error:
            if isinstance(error, BrokenPipeError) or error.filename not in (None, str(path)):
                raise
            where = printable(error.filename or path or "the output")
            raise OptionError(f"{where} cannot be used: {error.strerror}") from None
        print(f"{count:,} articles{f' to {printable(path)}' if path else ''}", file=sys.stderr)


def _format(given: str | None, path: Path | None) -> str:
    """Return the given format, or that of the file's ending. Raises `OptionError`."""
    ending = path.suffix.lstrip(".").lower() if path else ""
    if not given and ending and ending not in FORMATS:
        endings = ", ".join(f".{each}" for each in FORMATS)
        raise OptionError(
            f"-o {printable(path)}: no format ends in .{printable(ending)}; "
            f"give {endings}, no ending (jsonl), or --format"
        )
    name = given or ending or "jsonl"
    if name not in FORMATS:
        raise OptionError(f"format: no format {name!r}{suggest(name, FORMATS)}")
    if name == "parquet" and path is None:
        raise OptionError("Parquet is binary: give a file, as -o articles.parquet")
    return name


def _write(view: View, selection: Selection, name: str, path: Path | None) -> int:
    count = 0
    with destination(path) as file:
        writer = FORMATS[name](file)
        try:
            for record in selected(view, selection):
                _add(writer, record)
                count += 1
            writer.close()
        except BaseException:
            writer.abandon()
            raise
    return count


def _add(writer: Writer, record: dict[str, Any]) -> None:
    try:
        writer.write(record)
    except (TypeError, ValueError) as error:  # an invalid value of a damaged line
        text = f"Article {record['id']}, or one before it, cannot be written ({error}). Run scrapy verify."
        raise ArchiveError("archive_damaged", printable(text)) from None
