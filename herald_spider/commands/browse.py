"""``scrapy browse``: search and read the archive in a browser."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from importlib.util import find_spec

from scrapy.commands import ScrapyCommand

from herald_spider.browse.catalogue import NAME, Update, update
from herald_spider.commands.base import ArchiveCommand
from herald_spider.text.console import OptionError, file_named, say
from herald_spider.text.terminal import printable

PORT = 8643
_SLOW = 2_000  # lines, from which on reading them is announced


class Command(ArchiveCommand, ScrapyCommand):
    """Serves the archive in the foreground; crawls may run meanwhile."""

    summary = "Search and read the archive in a browser"
    description = (
        f"Bring {NAME} in HERALD_ARCHIVE up to date with the archive, and serve it with Datasette on 127.0.0.1, "
        "read-only, until Ctrl-C. If that folder cannot be written, -o FILE puts the database elsewhere."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--port", type=_port, default=PORT, help=f"0 for a free one (default {PORT})")
        parser.add_argument("--open", action="store_true", help="open the page in the browser")
        text = f"put {NAME} here, for this archive alone (default: in the archive)"
        parser.add_argument("-o", "--output", metavar="FILE", help=text)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if find_spec("datasette") is None:
            raise OptionError("scrapy browse needs the extra: pip install '.[browse]' in its checkout")
        elsewhere = None if opts.output is None else file_named(opts.output)
        with self.opened() as view:
            from herald_spider.browse import server  # needs the extra

            try:
                found = server.listener(opts.port)
            except server.PortInUse as error:
                print(f"scrapy browse: {error}", file=sys.stderr)
                self.exitcode = 1
                return
            done = update(view, _begin, elsewhere)
            folder = view.folder
        say([f"Archive {printable(folder)}: {_result(done)}"])

        def ready(address: str) -> None:
            say([f"Browse {address} (stop with Ctrl-C)"])
            if opts.open:
                webbrowser.open(address)

        server.serve(elsewhere or folder / NAME, "Herald archive", found, ready)


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return number


def _begin(count: int) -> None:
    if count >= _SLOW:
        print(f"Reading {count:,} lines into {NAME}", file=sys.stderr)


def _result(done: Update) -> str:
    if done.rebuilt:
        return f"{done.articles:,} articles, {NAME} rebuilt"
    return f"{done.articles:,} articles, {done.new:,} new and {done.revised:,} revised since the last time"
