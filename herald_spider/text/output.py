"""The file, or the standard output, that a command writes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

CLOSED = "it is closed"  # the standard output after >&-, for which Python has None


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
