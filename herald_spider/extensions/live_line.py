"""One live line at the foot of a terminal; what else is written to standard error scrolls above it."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TextIO, cast

from rich.console import Console, ConsoleOptions
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

# The terminal itself writes ^C behind the line, twice where that is pressed twice: it must not wrap.
MARGIN = 4
SEPARATOR = (" | ", "dim")
Pieces = list[tuple[str, str]]  # each with its style


class LiveLine:
    """A line that is drawn anew in its place, for as long as it is started.

    The cursor stays visible: what ends without a word (kill -9, Ctrl-Z) leaves the terminal in order.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream
        # Not Console(stderr=True): that would follow sys.stderr, which comes back here.
        self.console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self.live = Live(
            console=self.console,
            auto_refresh=False,
            transient=True,
            # It would wrap what is written, and decode its colours. See Above.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.above = Above(self)
        self.handlers: list[logging.StreamHandler[TextIO]] = []
        self.shown: Pieces | None = None

    @property
    def is_possible(self) -> bool:
        """Whether this is a terminal that can move its cursor. TERM=dumb cannot."""
        return self.stream.isatty() and self.console.is_interactive

    @property
    def width(self) -> int:
        """How many columns a line may have; COLUMNS may be another terminal's, so the real one counts too."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns or self.console.width
        except OSError:  # the terminal has gone
            return 0
        return max(0, min(columns, self.console.width) - MARGIN)

    # From the first line to the last ----------------------------------------------------

    def start(self) -> None:
        if sys.stderr is not self.stream:  # another run of this process has its line there
            return
        self.live.start()
        self.console.show_cursor(True)
        self.handlers = [each for each in _stream_handlers() if each.stream is self.stream]
        for handler in self.handlers:
            handler.setStream(cast("TextIO", self.above))
        sys.stderr = cast("TextIO", self.above)
        atexit.register(self.stop)  # a second Ctrl-C ends a run without any signal of Scrapy's

    def stop(self) -> None:
        """Clear the line; all writes to the terminal itself again."""
        atexit.unregister(self.stop)
        for handler in self.handlers:
            handler.stream = self.stream  # setStream() would flush, and the terminal may have gone
        self.handlers = []
        if sys.stderr is self.above:
            sys.stderr = self.stream
        with suppress(OSError):
            self.live.stop()
            self.stream.write(self.above.take_rest())
            self.stream.flush()

    def show(self, pieces: Pieces) -> None:
        """Draw a line, unless it stands there already."""
        if pieces == self.shown or not self.live.is_started:
            return
        self.shown = pieces
        spaced = (piece for each in pieces for piece in (SEPARATOR, each))
        line = Text.assemble(*list(spaced)[1:], no_wrap=True, end="")
        try:
            self.live.update(line, refresh=True)
        except OSError:
            self.stop()

    def write_above(self, text: str) -> None:
        """Write whole lines above the live one, as they are."""
        try:
            self.console.print(_Raw(text), crop=False)
        except OSError:
            self.stop()


class Above:
    """The standard error while a line is live: whole lines go above that, all else to the stream itself."""

    def __init__(self, line: LiveLine):
        self._line = line
        self._begun = ""

    def write(self, text: str) -> int:
        lines, newline, self._begun = (self._begun + text).rpartition("\n")
        if newline:
            self._line.write_above(lines + newline)
        return len(text)

    def take_rest(self) -> str:
        rest, self._begun = self._begun, ""
        return rest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line.stream, name)


class _Raw:
    """Text that rich neither wraps nor styles."""

    def __init__(self, text: str):
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        yield Segment(self.text)


def _stream_handlers() -> Iterator[logging.StreamHandler[TextIO]]:
    for handler in logging.root.handlers:
        if isinstance(handler, logging.StreamHandler):
            yield handler
