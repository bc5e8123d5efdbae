"""Text for people: on a terminal, and in reports."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def printable(text: object) -> str:
    """Return `text` on one line, with control characters escaped.

    >>> printable("\\x1b[2Jred\\u202e\\n")
    '\\\\x1b[2Jred\\\\u202e '
    """
    line = str(text).replace("\n", " ")
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else _escape(char) for char in line)


def _escape(char: str) -> str:
    if char == "\u200d" or unicodedata.category(char) == "Zs":  # emoji joiner, wide spaces
        return char
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def table(rows: Iterable[tuple[object, object]], indent: str = "  ") -> list[str]:
    """Return lines of numbers and names, the numbers aligned right."""
    entries = [(f"{number:,}" if isinstance(number, int) else str(number), name) for number, name in rows]
    width = max((len(number) for number, _ in entries), default=0)
    return [f"{indent}{number:>{width}}  {printable(name)}" for number, name in entries]


def plural(count: int, noun: str, several: str = "") -> str:
    """Return a number with its noun: ``1 article``, ``1,200 articles``."""
    return f"{count:,} {noun if count == 1 else several or f'{noun}s'}"


def size(count: int) -> str:
    """Return a number of bytes in the largest fitting unit."""
    amount = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TB"


def duration(seconds: int) -> str:
    """Return a time in its largest fitting unit: ``45 s``, ``12 min``, ``3 h``, ``2 days``.

    >>> [duration(each) for each in (59, 60, 7300, 200_000)]
    ['59 s', '1 min', '2 h', '2 days']
    """
    for unit, length, limit in (("s", 1, 60), ("min", 60, 3600), ("h", 3600, 2 * 86_400)):
        if seconds < limit:
            return f"{seconds // length} {unit}"
    return f"{seconds // 86_400} days"
