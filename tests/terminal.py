"""A program in a pseudo-terminal, and the screen that it shows."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyte

from tests.demo import ROOT

PATIENCE = 300
# Variables of the environment that change the output.
NEUTRAL = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "SCRAPY_JOB", "HERALD_PROGRESS")

# The first terminal that a session opens becomes its controlling terminal, which sends it Ctrl-C.
TAKE_TERMINAL = (
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """A screen of 24 rows that shows the output of the pseudo-terminal `end`."""

    def __init__(self, end: int, process: subprocess.Popen[bytes], columns: int):
        self.end, self.process = end, process
        self.screen = pyte.HistoryScreen(columns, 24, history=10_000)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.frames: list[list[str]] = []

    def read(self) -> bool:
        """Read output and record the screen as a frame. Return False at the end."""
        try:
            data = os.read(self.end, 65_536)
        except OSError:  # the other end is closed
            return False
        self.raw += data
        self.stream.feed(data)
        self.frames.append([row.rstrip() for row in self.screen.display])
        return bool(data)

    def read_until(self, pattern: str) -> None:
        """Read until a row of the screen matches `pattern`."""
        deadline = time.monotonic() + PATIENCE
        while not any(re.search(pattern, row.rstrip()) for row in self.screen.display):
            assert time.monotonic() < deadline, self.text
            assert self.read(), self.text

    def finish(self) -> int:
        """Read to the end, and return the exit status."""
        while self.read():
            pass
        return self.process.wait(PATIENCE)

    def press(self, keys: bytes) -> None:
        os.write(self.end, keys)

    def resize(self, columns: int) -> None:
        _set_size(self.end, columns)
        self.screen.resize(24, columns)

    @property
    def rows(self) -> list[str]:
        """All rows, including those that have scrolled away."""
        gone = ("".join(row[x].data for x in range(self.screen.columns)) for row in self.screen.history.top)
        return [row.rstrip() for row in (*gone, *self.screen.display)]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def cursor_row(self) -> str:
        return self.screen.display[self.screen.cursor.y].rstrip()


@contextmanager
def terminal(
    *arguments: str, columns: int = 120, stdout: Any = None, **environment: str
) -> Iterator[Terminal]:
    """Run ``python -m scrapy`` in a terminal; `stdout` redirects its standard output."""
    end, other = pty.openpty()
    _set_size(other, columns)
    own = {name: value for name, value in os.environ.items() if name not in NEUTRAL}
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT,
        env={**own, "TERM": "xterm-256color", "HERALD_ARCHIVE": "none", **environment},
        stdin=other,
        stdout=stdout or other,
        stderr=other,
        start_new_session=True,
    )
    os.close(other)
    try:
        yield Terminal(end, process, columns)
    finally:
        process.kill()
        process.wait()
        os.close(end)


def _set_size(end: int, columns: int) -> None:
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
