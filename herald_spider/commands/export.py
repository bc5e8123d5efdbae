"""``scrapy export``: the archive as one file, or a part of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scrapy.exceptions import UsageError

from herald_spider.archive import ArchiveError
from herald_spider.archive.command import ArchiveCommand
from herald_spider.archive.console import OptionError, forget_output, printable
from herald_spider.archive.formats import FORMATS, MissingExtra, Writer, destination
from herald_spider.archive.selection import Selection, select, selected
from herald_spider.archive.view import View, opened
from herald_spider.spiders.arguments import suggest


class Command(ArchiveCommand):
    """Streams: memory does not grow with the archive, and runs may go on meanwhile."""

    def short_desc(self) -> str:
        return "Write the archived articles as JSON Lines, CSV or Parquet"

    def long_desc(self) -> str:
        return (
            "Write the newest revision of each article of the archive in HERALD_ARCHIVE, with all listings "
            "that have shown it since and all its addresses, to a file or the standard output."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add = parser.add_argument
        add("-o", "--output", metavar="FILE", help="where to; the standard output if not given")
        add("--format", help=f"{', '.join(FORMATS)}; else as FILE ends, else jsonl")
        add("--sections", metavar="SLUGS", help="comma-separated; a parent means its children too")
        add("--since", metavar="DAY", help="first day of publication in Seoul: 2021-04-08, yesterday, 7d")
        add("--until", metavar="DAY", help="last day, included")
        add("--language", help="en, ko or mul")
        add("--revisions", action="store_true", help="earlier revisions too")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        name = _format(opts)
        selection = select(opts.sections, opts.since, opts.until, opts.language, opts.revisions)
        path = Path(opts.output) if opts.output not in (None, "-") else None
        try:
            with opened(self.settings) as view:
                count = _write(view, selection, name, path)
        except MissingExtra as error:
            raise OptionError(str(error)) from None
        except BrokenPipeError:  # the reader, head say, has enough
            # Python would try to flush what is left once more at its end.
            forget_output()
        except OSError as error:
            where = printable(error.filename or opts.output or "the output")
            raise UsageError(f"{where} cannot be used: {error.strerror}", print_help=False) from None
        else:
            print(f"{count:,} articles{f' to {printable(path)}' if path else ''}", file=sys.stderr)


def _format(opts: argparse.Namespace) -> str:
    suffix = Path(opts.output or "").suffix.lstrip(".").lower()
    name = opts.format or (suffix if suffix in FORMATS else "jsonl")
    if name not in FORMATS:
        raise OptionError(f"format: no format {name!r}{suggest(name, FORMATS)}")
    if name == "parquet" and opts.output in (None, "-"):
        raise OptionError("Parquet is binary: give it a file, as -o articles.parquet")
    return str(name)


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
    except (TypeError, ValueError) as error:  # a value that the damaged line should not have
        text = f"Article {record['id']}, or one before it, cannot be written ({error}). Run scrapy verify."
        raise ArchiveError("archive_damaged", printable(text)) from None
