"""Numbers, days and durations as people write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from herald_spider.report.days import Span, days_of
from herald_spider.text.dates import KST
from herald_spider.text.terminal import printable

CLIP = 300


def plain(value: object, most: int = CLIP) -> str:
    """Text on one line: control characters and marks that turn text around are shown, not obeyed."""
    text = printable(str(value)[: most + 1])
    return text if len(text) <= most else f"{text[:most]}…"


def plural(number: int, noun: str, several: str = "") -> str:
    """``1 article``, ``1,200 articles``."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def day_name(day: date) -> str:
    """``3 Sep 2026``."""
    return f"{day.day} {day:%b %Y}"


def span_name(span: Span) -> str:
    """``3-9 Sep 2026``, ``30 Sep - 2 Oct 2026``, with what days they are."""
    first, last = span
    if first == last:
        return day_name(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_name(last)}"
    start = f"{first.day} {first:%b}" if first.year == last.year else day_name(first)
    return f"{start} – {day_name(last)}"


def length_name(span: Span) -> str:
    return plural(days_of(span), "day")


def duration(seconds: int | None) -> str:
    """``5 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 days 4 h``."""
    if seconds is None:
        return "unknown"
    for unit, smaller, size, part in (
        ("days", "h", 86_400, 3600),
        ("h", "min", 3600, 60),
        ("min", "s", 60, 1),
    ):
        if seconds >= size:
            rest = seconds % size // part
            name = "day" if unit == "days" and seconds < 2 * size else unit
            return f"{seconds // size} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds} s"


def seoul(moment: int | None) -> str:
    """A time of publication as the paper prints it."""
    if moment is None:
        return "no date"
    there = datetime.fromtimestamp(moment, KST)
    return f"{day_name(there.date())}, {there:%H:%M}"


def utc(moment: int) -> str:
    """The time of a run."""
    there = datetime.fromtimestamp(moment, timezone.utc)
    return f"{day_name(there.date())}, {there:%H:%M} UTC"


def iso(moment: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=moment)).isoformat()


def percent(share: float) -> str:
    """``93%``; what is not all never rounds to all, nor what is something to nothing."""
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        return f"{int(share * 1000) / 10:.1f}%"
    return "<1%" if rounded == 0 and share > 0 else f"{rounded}%"
