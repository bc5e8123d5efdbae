"""``scrapy demo``: the demo newspaper, for browsing or for one command."""

from __future__ import annotations

import argparse
import os
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from herald_spider.commands.exits import INTERRUPTED


class Command(ScrapyCommand):
    """Serve the demo newspaper in the foreground or, given a command after ``--``, while that runs.

    The demo newspaper is the folder ``demo/`` of the repository; it is not part of the installed package.
    """

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [-- command ...]"

    def short_desc(self) -> str:
        return "Run the demo newspaper, alone or for one command"

    def long_desc(self) -> str:
        return (
            "Serve a small newspaper like The Korea Herald on 127.0.0.1 until Ctrl-C. With a command "
            "after --, run that with HERALD_BASE_URL set to the demo, then stop: "
            "HERALD_ARCHIVE=demo-archive scrapy demo -- scrapy crawl herald. Each port is a site of its own, "
            "and an archive is of one site."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        try:
            from demo.process import add_options
        except ModuleNotFoundError:
            parser.error(
                "the demo newspaper is not installed: run scrapy demo in a checkout of the repository"
            )
        add_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from demo.process import CommandError, DemoError

        command = args[1:] if args[:1] == ["--"] else args
        if command and (args[0] != "--" and command[0].startswith("-")):
            raise UsageError(f"unrecognized option: {command[0]}")
        try:
            self.exitcode = self.serve(command, opts)
        except DemoError as error:
            print(error, file=sys.stderr)
            self.exitcode = 1
        except CommandError as error:
            raise UsageError(str(error), print_help=False) from error
        except KeyboardInterrupt:  # while the demo is still starting
            print("interrupted", file=sys.stderr)
            self.exitcode = INTERRUPTED

    def serve(self, command: list[str], opts: argparse.Namespace) -> int:
        """Return the exit status: that of `command`, if one is given."""
        from demo.process import run, run_beside, running_demo

        if not command:
            return run(opts.port, opts.articles, opts.seed)
        with running_demo(articles=opts.articles, seed=opts.seed, port=opts.port) as base:
            return run_beside(command, {**os.environ, "HERALD_BASE_URL": base})
