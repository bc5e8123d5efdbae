"""Lines of columns: cut or wrapped at the width of a terminal, whole in a pipe or file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from herald_spider.text.terminal import printable

_STYLES = {
    "ok": "green", "confirmed": "green", "warning": "yellow", "error": "bold red",
    "not checked": "dim", "title": "bold",
}  # fmt: skip
_GAP = 2
_LEAST = 20  # columns for the last cell, however narrow the terminal is


@dataclass(frozen=True)
class Line:
    """A row of cells: `widths` are those of all but the last, which gets the rest of the line.

    A last cell that is too long for a terminal is cut, or continued below it with `wrap`.
    """

    cells: tuple[object, ...]
    widths: tuple[int, ...] = ()
    style: str = ""
    wrap: bool = False


def title(text: object) -> Line:
    return Line((text,), style="title")


def lay_out(lines: Iterable[Line], console: Console | None = None) -> Iterator[str]:
    """Yield the lines as text for the standard output, or for `console`."""
    console = console or Console(markup=False, highlight=False, emoji=False)
    for line in lines:
        yield _fitted(line, console) if console.is_terminal else _plain(line)


def _plain(line: Line) -> str:
    *heads, last = map(printable, line.cells)
    padded = (
        head + " " * max(_GAP, width - cell_len(head)) for head, width in zip(heads, line.widths, strict=True)
    )
    return ("".join(padded) + last).rstrip()


def _fitted(line: Line, console: Console) -> str:
    grid = Table.grid(padding=(0, _GAP))
    for width in line.widths:
        grid.add_column(width=width - _GAP, no_wrap=True, overflow="ellipsis")
    room = max(_LEAST, console.width - sum(line.widths))
    grid.add_column(max_width=room, no_wrap=not line.wrap, overflow="fold" if line.wrap else "ellipsis")
    first, *rest = map(printable, line.cells)
    grid.add_row(Text(first, style=_STYLES.get(line.style, "")), *map(Text, rest))
    with console.capture() as captured:
        console.print(grid)
    return "\n".join(each.rstrip() for each in captured.get().rstrip("\n").split("\n"))
