"""Numbers, days and durations as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from herald_spider.text.dates import KST
from herald_spider.text.terminal import printable

LONGEST = 300  # characters of a text from elsewhere


def plain(value: object, longest: int = LONGEST) -> str:
    """Return text on one line, clipped, with control and direction characters escaped."""
    text = printable(str(value)[: longest + 1])
    return text if len(text) <= longest else f"{text[:longest]}…"


def number(value: int) -> str:
    return f"{value:,}"


def day_name(day: date) -> str:
    """Return a day as ``3 Sep 2026``."""
    return f"{day.day} {day:%b %Y}"


def span_name(first: date, last: date) -> str:
    """Return a span of days as ``3 Sep 2026``, ``3–9 Sep 2026`` or ``30 Sep – 2 Oct 2026``."""
    if first == last:
        return day_name(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_name(last)}"
    start = f"{first.day} {first:%b}" if first.year == last.year else day_name(first)
    return f"{start} – {day_name(last)}"


def duration(seconds: int | None) -> str:
    """Return ``5 s``, ``3 min 20 s``, ``2 h 5 min`` or ``3 days 4 h``; a dash for None."""
    if seconds is None:
        return "–"
    for unit, smaller, size, part in (
        ("day", "h", 86_400, 3600),
        ("h", "min", 3600, 60),
        ("min", "s", 60, 1),
    ):
        if seconds >= size:
            whole, rest = seconds // size, seconds % size // part
            name = "days" if unit == "day" and whole > 1 else unit
            return f"{whole} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds} s"


def seoul(moment: int) -> str:
    """Return a time of publication, in seconds since 1970, as the paper prints it."""
    time = datetime.fromtimestamp(moment, KST)
    return f"{day_name(time.date())}, {time:%H:%M}"


def utc(moment: int) -> str:
    """Return the time of a run."""
    time = datetime.fromtimestamp(moment, UTC)
    return f"{day_name(time.date())}, {time:%H:%M} UTC"


def iso(moment: int) -> str:
    """Return seconds since 1970 in ISO 8601, for any number of them."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)).isoformat()


def percent(share: float) -> str:
    """Return a share as ``93%``; 0% and 100% only where they are exact."""
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        return f"{int(share * 1000) / 10:.1f}%"
    return "<1%" if rounded == 0 and share > 0 else f"{rounded}%"
