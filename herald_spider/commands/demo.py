"""``scrapy demo``: the demo newspaper, for browsing or for one command."""

from __future__ import annotations

import argparse
import os
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from herald_spider.demo.process import (
    PORT,
    CommandError,
    DemoError,
    add_options,
    run,
    run_beside,
    running_demo,
)
from herald_spider.exits import INTERRUPTED


class Command(ScrapyCommand):
    """Serves in the foreground; or, given a command after ``--``, for as long as that runs."""

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
            f"HERALD_ARCHIVE=archive-{PORT} scrapy demo -- scrapy crawl herald. Each port is a site of its own, "
            "and an archive is of one site."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
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
        except KeyboardInterrupt:  # the newspaper was starting still
            print("interrupted", file=sys.stderr)
            self.exitcode = INTERRUPTED

    def serve(self, command: list[str], opts: argparse.Namespace) -> int:
        """The exit status: that of `command`, where there is one."""
        if not command:
            return run(opts.port, opts.articles, opts.seed)
        with running_demo(articles=opts.articles, seed=opts.seed, port=opts.port) as base:
            return run_beside(command, {**os.environ, "HERALD_BASE_URL": base})
