"""What the progress line says, in words, and what of it fits into a terminal."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rich.cells import cell_len, set_cell_size

from herald_spider.extensions.live_line import SEPARATOR
from herald_spider.text.terminal import printable

# Of what a run is on, and of a section's name in it, which is the site's.
LONGEST, LONGEST_NAME = 36, 26
# A rate is that of the last minute, or of the last ten steps where a minute brings fewer.
WINDOW, STEPS = 60.0, 10
LEAST_STEPS = 3


class Part(NamedTuple):
    """A part of the line; of the parts that do not fit, those with the highest `rank` go first."""

    text: str
    rank: int
    style: str = ""


class Rate:
    """How fast a count grows, a second.

    >>> rate = Rate()
    >>> for second in range(8):
    ...     rate.note(second, 5 + 2 * second)
    >>> rate.at(7), rate.at(8), rate.at(15)
    (2.0, 2.0, 1.0)
    """

    def __init__(self) -> None:
        self.marks: deque[tuple[float, int]] = deque()

    def note(self, moment: float, count: int) -> None:
        # What stood there at first took its time before.
        if count > (self.marks[-1][1] if self.marks else 0):
            self.marks.append((moment, count))
        while len(self.marks) > STEPS and moment - self.marks[1][0] >= WINDOW:
            self.marks.popleft()

    def at(self, moment: float) -> float | None:
        """The rate; None as long as nothing can be said."""
        if len(self.marks) < LEAST_STEPS:
            return None
        (began, first), (ended, last) = self.marks[0], self.marks[-1]
        usual = (ended - began) / (len(self.marks) - 1)
        overdue = max(0, moment - ended - usual)
        return (last - first) / (ended - began + overdue)


def parts(
    stats: Mapping[str, Any], *, rate: float | None, waiting: int, seconds: float | None, subject: str
) -> list[Part]:
    """The whole line: what was counted, what waits, `seconds` to go, and what the run is on."""
    pages, revisions, duplicates = pages_in(stats), count(stats, "revisions"), count(stats, "duplicates")
    shown = [
        Part(f"{pages:,} page{'s' * (pages != 1)}", 0),
        Part(rate_of(rate), 5),
        Part(f"{max(0, count(stats, 'articles') - revisions):,} new", 1, "green"),
        _counted(revisions, "revised", 6, "green"),
        _counted(duplicates, f"duplicate{'s' * (duplicates != 1)}", 7),
        _counted(count(stats, "failed") + count(stats, "feed/failed"), "failed", 2, "red"),
        *_unless_zero(stats, "rejected", "gone"),
        Part(f"{waiting:,} waiting" if waiting else "", 8),
        Part(to_go(seconds), 3),
        Part(clip(subject), 4, "bold"),
    ]
    return [part for part in shown if part.text]


def pages_in(stats: Mapping[str, Any]) -> int:
    """Pages that came from the site, or out of a file."""
    return int(stats.get("response_received_count", 0)) + count(stats, "warc/pages")


def count(stats: Mapping[str, Any], name: str) -> int:
    return int(stats.get(f"herald/{name}", 0))


def _counted(number: int, what: str, rank: int, style: str = "") -> Part:
    """That there was none is the first to go."""
    return Part(f"{number:,} {what}", rank, style) if number else Part(f"0 {what}", 11 + rank)


def _unless_zero(stats: Mapping[str, Any], *names: str) -> Iterator[Part]:
    for rank, name in enumerate(names, 9):
        if number := count(stats, name):
            yield Part(f"{number:,} {name}", rank, "yellow")


def rate_of(rate: float | None) -> str:
    """Pages a minute at the pace that is polite; a second where it is no matter of politeness.

    >>> [rate_of(each) for each in (None, 0.02, 0.95, 12.345)]
    ['', '1.2/min', '57/min', '12/s']
    """
    if rate is None:
        return ""
    number, unit = (rate, "s") if rate >= 2 else (rate * 60, "min")
    return f"{number:.{0 if number >= 9.95 else 1}f}/{unit}"


def to_go(seconds: float | None) -> str:
    """
    >>> [to_go(each) for each in (None, 8, 100, 7_500, 190_000)]
    ['', '8 s left', '2 min left', '2 h 5 min left', '2 d 5 h left']
    """
    if seconds is None:
        return ""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 90:
        return f"{max(1, seconds):.0f} s left"
    if minutes < 60:
        return f"{minutes} min left"
    if hours < 48:
        return f"{minutes // 60} h {minutes % 60} min left"
    return f"{hours // 24} d {hours % 24} h left"


def clip(text: str, most: int = LONGEST) -> str:
    r"""`text`, safe for a terminal, in no more columns.

    >>> clip("News", 10), clip("\x1b[2JNews of the harbor", 10)
    ('News', '\\x1b[2JNe…')
    """
    text = printable(text)
    return text if cell_len(text) <= most else f"{set_cell_size(text, most - 1)}…"


def fitting(shown: list[Part], width: int) -> list[Part]:
    """The parts that fit into so many columns.

    >>> line = [Part("12 pages", 0), Part("58/min", 2), Part("4 new", 1)]
    >>> [[part.text for part in fitting(line, width)] for width in (25, 24, 8, 7)]
    [['12 pages', '58/min', '4 new'], ['12 pages', '4 new'], ['12 pages'], []]
    """
    kept = list(shown)
    while kept and width_of(kept) > width:
        kept.remove(max(kept, key=lambda part: part.rank))
    return kept


def width_of(shown: list[Part]) -> int:
    return cell_len(SEPARATOR[0].join(part.text for part in shown))
