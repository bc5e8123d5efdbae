"""Lines of columns: cut or wrapped to the width of a terminal, whole where a program reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console
from rich.text import Text

from herald_spider.commands.console import say
from herald_spider.text.terminal import printable

STYLES = {
    "ok": "green", "held": "green", "warning": "yellow", "wrong": "bold red", "failed": "bold red",
    "not so": "yellow", "not seen": "dim", "title": "bold",
}  # fmt: skip
_GAP = 2
_LEAST = 20  # columns for the last cell, however narrow the terminal


@dataclass(frozen=True)
class Line:
    """Cells, the last of which takes what is left of the width.

    `widths` are those of the others. What does not fit is cut, or with `wrap` goes on below.
    """

    cells: tuple[object, ...]
    widths: tuple[int, ...] = ()
    style: str = ""
    wrap: bool = False


def title(text: object) -> Line:
    return Line((text,), style="title")


def show(lines: Iterable[Line]) -> None:
    """Print lines as they come. Raises `OptionError` where the output cannot be used."""
    console = Console(markup=False, highlight=False, emoji=False)
    width = console.width if console.is_terminal else None
    say(text for line in lines for text in _coloured(console, line, width))


def _coloured(console: Console, line: Line, width: int | None) -> Iterator[str]:
    first, *rest = lay_out(line, width)
    text = Text(first)
    if style := STYLES.get(line.style):
        text.stylize(style, 0, len(printable(line.cells[0])))
    with console.capture() as captured:
        console.print(text, soft_wrap=True, end="")
    yield captured.get()
    yield from rest


def lay_out(line: Line, width: int | None) -> list[str]:
    """The line as text; None is no width at all."""
    *heads, last = map(printable, line.cells)
    start = "".join(_padded(head, size, width) for head, size in zip(heads, line.widths, strict=True))
    if width is None:
        return [(start + last).rstrip()]
    room = max(_LEAST, width - cell_len(start))
    if not line.wrap:
        return [(start + cut(last, room)).rstrip()]
    first, *rest = wrapped(last, room) or [""]
    return [(start + first).rstrip(), *(" " * cell_len(start) + each for each in rest)]


def _padded(text: str, size: int, width: int | None) -> str:
    if width is None:
        return text + " " * max(_GAP, size - cell_len(text))
    return set_cell_size(cut(text, size - _GAP), size)


def cut(text: str, room: int) -> str:
    """`text` in so many columns, with an ellipsis for what is left out."""
    return text if cell_len(text) <= room else f"{chop_cells(text, room - 1)[0].rstrip()}…"


def wrapped(text: str, room: int) -> list[str]:
    """`text` in lines of so many columns, broken at spaces; a longer word anywhere."""
    lines = [""]
    for word in text.split():
        for piece in chop_cells(word, room):
            joined = f"{lines[-1]} {piece}".lstrip()
            if cell_len(joined) <= room:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines
