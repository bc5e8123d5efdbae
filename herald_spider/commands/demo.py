"""``scrapy demo``: serve the demo newspaper, until Ctrl-C or while one command runs."""

from __future__ import annotations

import argparse
import os
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from herald_spider.commands.base import interruptible

NOT_INSTALLED = "scrapy demo needs a checkout of the repository: the demo newspaper is not part of the installed package\n"


class Command(ScrapyCommand):
    """Serve the folder ``demo/`` of the repository, which is not part of the installed package."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [-- command ...]"

    def short_desc(self) -> str:
        return "Serve the demo newspaper, alone or for one command"

    def long_desc(self) -> str:
        return (
            "Serve a small newspaper that looks like The Korea Herald on 127.0.0.1 until Ctrl-C. With a command "
            "after --, run the command with HERALD_BASE_URL set to the demo, then stop: "
            "HERALD_ARCHIVE=demo-archive scrapy demo -- scrapy crawl herald. An archive belongs to one site, and "
            "each port is a site of its own: keep the port, or use another archive."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        try:
            from demo.process import add_options
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "demo":
                raise
            parser.exit(2, NOT_INSTALLED)
        add_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from demo.process import CommandError, DemoError

        command = args[1:] if args[:1] == ["--"] else args
        if command and (args[0] != "--" and command[0].startswith("-")):
            raise UsageError(f"unrecognized option: {command[0]}")
        try:
            with interruptible(self):
                self.exitcode = self.serve(command, opts)
        except DemoError as error:
            print(error, file=sys.stderr)
            self.exitcode = 1
        except CommandError as error:
            raise UsageError(str(error), print_help=False) from error

    def serve(self, command: list[str], opts: argparse.Namespace) -> int:
        """Serve the demo, and run `command` beside it if there is one; return the exit status."""
        from demo.process import run_beside, running_demo, serve_until_stopped

        if not command:
            return serve_until_stopped(opts.port, opts.articles, opts.seed)
        with running_demo(articles=opts.articles, seed=opts.seed, port=opts.port) as base:
            return run_beside(command, {**os.environ, "HERALD_BASE_URL": base})
