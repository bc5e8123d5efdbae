"""What the archive's commands share: their options, and text that is safe for a terminal."""

from __future__ import annotations

import argparse
import difflib
import io
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from herald_spider.text.output import CLOSED
from herald_spider.text.terminal import printable


class OptionError(ValueError):
    """A wrong option or argument, told in one line."""


def positionals(parser: argparse.ArgumentParser, args: list[str], most: int = 0) -> list[str]:
    """The positional arguments, `most` at most.

    Scrapy hands over options that it does not know as if they were arguments.
    """
    known = [name for action in parser._actions for name in action.option_strings]
    for each in args:
        if each.startswith("-") and len(each) > 1:
            near = difflib.get_close_matches(each.split("=")[0], known, n=1)
            raise OptionError(f"no option {printable(each)}{f'; did you mean {near[0]}?' if near else ''}")
    if len(args) > most:
        raise OptionError(f"unexpected argument {printable(args[most])}")
    return args


def file_named(given: str) -> Path:
    """The file that -o names. Raises `OptionError` for a folder, and the standard output."""
    if given == "-" or os.path.basename(given) in ("", ".", "..") or os.path.isdir(given):
        raise OptionError(f"-o {printable(given)!r}: give a file")
    return Path(given)


def say(lines: Iterable[str]) -> None:
    """Print lines; a reader that has enough (head) ends that quietly. Raises `OptionError`.

    What the output's encoding does not have is a question mark.
    """
    if sys.stdout is None:
        raise OptionError(f"the output cannot be used: {CLOSED}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()
    except OSError as error:
        forget_output()
        raise OptionError(f"the output cannot be used: {error.strerror}") from None


def forget_output() -> None:
    """Lead the standard output to nowhere: Python would flush what is left once more at its end."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
