"""Base classes of the commands: errors in one line, and exit statuses."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings, Settings

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.view import View, opened
from herald_spider.exits import FAILURES, INTERRUPTED
from herald_spider.logs import mask, without_secrets
from herald_spider.text.console import OptionError, forget_output, positionals
from herald_spider.text.suggest import suggest
from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from scrapy.commands import ScrapyCommand
    from scrapy.crawler import CrawlerProcess
else:
    # Scrapy lists every subclass of ScrapyCommand in this folder as a command. The commands
    # themselves therefore inherit from these classes and from ScrapyCommand.
    ScrapyCommand = object


class OneLineErrors(ScrapyCommand):
    """A command whose errors are one line each, without the usage that argparse prints above them."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.prog = f"scrapy {type(self).__module__.rpartition('.')[2]}"
        parser.print_usage = lambda file=None: None  # type: ignore[method-assign]


def check_spider(name: str, names: list[str]) -> None:
    """Raise `UsageError` if there is no spider `name`."""
    if name not in names:
        raise UsageError(f"no spider {name!r}{suggest(name, names)}", print_help=False)


def refusal(settings: BaseSettings, text: str) -> UsageError:
    """Return the error that ends a command with status 2 and `text`, secrets of the settings removed."""
    mask(settings)
    return UsageError(without_secrets(text), print_help=False)


def check_log(settings: BaseSettings) -> None:
    """Raise `UsageError` if Scrapy cannot write its log; Scrapy itself would print a traceback."""
    level, file = settings["LOG_LEVEL"], settings["LOG_FILE"]
    if not isinstance(level, int) and not isinstance(logging.getLevelName(level), int):
        raise refusal(settings, f"LOG_LEVEL={level!r}: give DEBUG, INFO, WARNING, ERROR or CRITICAL")
    try:
        if file and not Path(file).is_fifo():  # opening a pipe waits for its reader
            open(file, "a", encoding="utf-8").close()
    except OSError as error:
        raise refusal(settings, f"LOG_FILE={file!r} cannot be written: {error.strerror}") from None


def check_run(settings: BaseSettings) -> None:
    """Raise `UsageError` if a run cannot start: a setting of Scrapy's is wrong, or something is not installed."""
    # Imported here, so that Scrapy's other commands start without them.
    from herald_spider import cluster, scrapy_settings
    from herald_spider.middlewares import pace, rendering
    from herald_spider.monitors import notify

    for problem in scrapy_settings.problems(settings):
        raise refusal(settings, problem)
    for check in (cluster.extra_problem, rendering.extra_problem, pace.folder_problem, notify.problem):
        if missing := check(settings):
            raise refusal(settings, missing)
    check_log(settings)


@contextmanager
def interruptible(command: ScrapyCommand) -> Iterator[None]:
    """Print "interrupted" and set the exit status of `command` after Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        forget_output()
        print("interrupted", file=sys.stderr)
        command.exitcode = INTERRUPTED


class OneLineCommand(OneLineErrors):
    """A command whose `work` may fail with one line on the standard error.

    The exit status is 2 for a wrong argument or setting, 1 for an archive that cannot be used, and 130 for
    Ctrl-C.
    """

    requires_project = True
    settings: Settings
    crawler_process: CrawlerProcess
    most_arguments = 0
    arguments = ""  # as the usage shows them
    summary = ""  # of one line, for the list of commands
    description = ""

    def syntax(self) -> str:
        return f"[options] {self.arguments}".strip()

    def short_desc(self) -> str:
        return self.summary

    def long_desc(self) -> str:
        return self.description

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        self.parser = parser

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if sys.stderr is None:  # closed with 2>&-: print would use the standard output
            sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - stays open
        mask(self.settings)
        try:
            positionals(self.parser, args, self.most_arguments)
            with interruptible(self):
                self.work(args, opts)
        except OptionError as error:
            raise UsageError(self.text_of(error), print_help=False) from None
        except ArchiveError as error:
            self.fail(error)
        except BrokenPipeError:  # the reader, such as head, has closed the pipe
            forget_output()
        except OSError as error:
            if error.filename is None:
                raise
            text = f"{error.filename} cannot be used: {error.strerror}"
            self.fail(ArchiveError("archive_not_readable", text))

    def fail(self, error: ArchiveError) -> None:
        """Print why the archive cannot be used, and set the exit status."""
        status = FAILURES.get(error.reason, 1)
        if status == 2:  # a setting
            raise UsageError(self.text_of(error), print_help=False) from None
        name = type(self).__module__.rpartition(".")[2]
        print(f"scrapy {name}: error: {self.text_of(error)}", file=sys.stderr)
        self.exitcode = status

    @staticmethod
    def text_of(error: Exception) -> str:
        return printable(without_secrets(str(error)))

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the command. Raises `OptionError`, `ArchiveError` and `OSError`."""
        raise NotImplementedError


class ArchiveCommand(OneLineCommand):
    """A command that reads the archive of the project's settings."""

    requires_crawler_process = False

    def opened(self) -> AbstractContextManager[View]:
        """Return the archive, opened for reading. Raises `ArchiveError` on entry if there is none."""
        return opened(self.settings)
