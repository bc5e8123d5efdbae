"""The command line: wrong options, and output to the terminal or a file."""

from __future__ import annotations

import argparse
import difflib
import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from herald_spider.text.terminal import printable

CLOSED = "it is closed"  # the standard output after >&-, for which Python has None


class OptionError(ValueError):
    """A wrong option or argument, reported in one line."""


def positionals(parser: argparse.ArgumentParser, args: list[str], most: int = 0) -> list[str]:
    """Return the positional arguments, `most` at most. Raises `OptionError`.

    Scrapy passes unknown options as if they were arguments.
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
    """Return the file that -o names. Raises `OptionError` for a folder and the standard output."""
    if given == "-" or os.path.basename(given) in ("", ".", "..") or os.path.isdir(given):
        raise OptionError(f"-o {printable(given)!r}: give a file")
    return Path(given)


def say(lines: Iterable[str]) -> None:
    """Print lines until the reader, such as head, closes the pipe. Raises `OptionError` on other errors.

    Characters that the output's encoding lacks become question marks.
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
    """Redirect the standard output to nowhere: Python would flush the rest again when it ends."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def destination(path: Path | None) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name once it is whole; None is the standard output.

    The filename of an `OSError` is `path`.
    """
    if path is None:
        if sys.stdout is None:
            raise OSError(errno.EBADF, CLOSED)
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():  # /dev/null and pipes must not be replaced by a file
        with path.open("wb") as file:
            yield file
        return
    target = path.resolve()
    # In the same folder, so that the rename is one step; with the process id, so that two never mix.
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        if error.filename == str(part):
            error.filename = str(path)  # the name that the user gave
        raise
    finally:
        with suppress(OSError):
            part.unlink()
