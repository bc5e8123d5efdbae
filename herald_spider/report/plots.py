"""The plots of a report: each in two widths, with a name, and with its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from herald_spider.extensions.observe import DELAY_HOURS
from herald_spider.report import charts
from herald_spider.report.charts import NARROW, WIDE, Bar, Column
from herald_spider.report.days import Days
from herald_spider.report.runs import BAD, GOOD, Run
from herald_spider.report.svg import svg
from herald_spider.report.words import day_name, duration, plain, plural, utc

SECTIONS = 14
MOST_DAYS = 62  # columns of a plot by day; beyond, months
_COLORS = ("var(--accent)", "var(--second)")
_FLAGS = {"look": "var(--look)", "bad": "var(--bad)"}
_UNITS = ((86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))
_DELAYS = {
    0: "under 1 hour", 1: "1–2 hours", 2: "2–3 hours", 3: "3–6 hours", 6: "6–12 hours", 12: "12–24 hours",
    24: "1–2 days", 48: "2–7 days", 168: "7–30 days", 720: "over 30 days",
}  # fmt: skip


@dataclass(frozen=True)
class Plot:
    """A figure of the page. `wide` alone is a picture that scrolls in its box."""

    id: str
    caption: str
    wide: str
    narrow: str | None
    heads: list[str]
    rows: list[list[Any]]


def _plot(id: str, caption: str, spec: Any, heads: list[str], rows: list[list[Any]]) -> Plot:
    wide, narrow = (svg(spec(width), caption) for width in (WIDE, NARROW))
    return Plot(id, caption, wide, narrow, heads, rows)


def sections(found: dict[str, dict[str, int]], what: str) -> Plot | None:
    """Articles by section, the sub-sections as parts of a bar."""
    if not found:
        return None
    rows = [
        Bar(plain(name), [(plain(part), number) for part, number in parts.items()])
        for name, parts in found.items()
    ]
    shown, rest = rows[:SECTIONS], rows[SECTIONS:]
    if rest:
        shown.append(Bar(plural(len(rest), "other"), [(row.name, row.total) for row in rest]))
    table = [[name, part, number] for name, parts in found.items() for part, number in parts.items()]
    return _plot(
        "sections", f"Articles by section, {what}; the parts of a bar are its sub-sections",
        lambda width: charts.bars(shown, width), ["Section", "Sub-section", "Articles"], table,
    )  # fmt: skip


def delays(stats: dict[str, int], what: str) -> Plot | None:
    """How long after its publication an article came into the archive."""
    found = {hours: stats.get(str(hours), 0) for hours in DELAY_HOURS}
    if not any(found.values()):
        return None
    rows = [Bar(_DELAYS[hours], [(_DELAYS[hours], number)]) for hours, number in found.items()]
    return _plot(
        "delays", f"New articles by the time from publication to archive, {what}",
        lambda width: charts.bars(rows, width), ["Time", "Articles"], [[row.name, row.total] for row in rows],
    )  # fmt: skip


def runs(known: Sequence[Run]) -> tuple[Plot, Plot] | None:
    """What the last runs brought, and how long they took."""
    if len(known) < 2:
        return None
    ordered = list(reversed(known))
    short = known[0].started - known[-1].started < 5 * 86_400
    brought = [
        Column(_when(run, short), (run.new, run.revisions), f"{_told(run)}: {run.new:,} new, {plural(run.revisions, 'revision')}", _flag(run))
        for run in ordered
    ]  # fmt: skip
    most = max((run.seconds or 0 for run in known), default=0)
    size, unit = next(((size, unit) for size, unit in _UNITS if most >= 2 * size), _UNITS[-1])
    took = [
        Column(
            _when(run, short),
            ((run.seconds or 0) / size,),
            f"{_told(run)}: {duration(run.seconds)}",
            _flag(run),
        )
        for run in ordered
    ]
    articles = [[utc(run.started), plain(run.spider), run.new, run.revisions] for run in known]
    times = [[utc(run.started), plain(run.spider), duration(run.seconds)] for run in known]
    last = f"the last {len(known)} runs"
    return (
        _plot("run-articles", f"Articles of {last}: new ones, and revisions on top",
              lambda width: charts.columns(brought, "articles", _COLORS, width),
              ["Run", "Spider", "New", "Revisions"], articles),
        _plot("run-times", f"How long {last} took",
              lambda width: charts.columns(took, unit, _COLORS[:1], width), ["Run", "Spider", "Time"], times),
    )  # fmt: skip


def _when(run: Run, short: bool) -> str:
    """The day of a run, with its time where a few days are shown."""
    day, _, time = utc(run.started).removesuffix(" UTC").partition(", ")
    return f"{day.rpartition(' ')[0]}{f', {time}' if short else ''}"


def _told(run: Run) -> str:
    end = "" if run.level == GOOD else f" ({plain(run.headline)})"
    return f"{utc(run.started)}, {plain(run.spider)}{end}"


def _flag(run: Run) -> str:
    return _FLAGS[BAD] if run.level == BAD else _FLAGS["look"] if run.level != GOOD else ""


def revisions(found: dict[date, int]) -> Plot | None:
    """Revisions by the day, or month, on which a run found them."""
    if not any(found.values()):
        return None
    rows = _by_day(found) if (max(found) - min(found)).days < MOST_DAYS else _by_month(found)
    table = [
        [column.label.rpartition(":")[0], int(column.numbers[0])] for column in rows if column.numbers[0]
    ]
    return _plot(
        "revisions", "Revisions, by when a run found them",
        lambda width: charts.columns(rows, "revisions", _COLORS[1:], width), ["When", "Revisions"], table,
    )  # fmt: skip


def _by_day(found: dict[date, int]) -> list[Column]:
    first = min(found)
    days = [first + timedelta(days=step) for step in range((max(found) - first).days + 1)]
    return [_column(day_name(day).rpartition(" ")[0], day_name(day), found.get(day, 0)) for day in days]


def _by_month(found: dict[date, int]) -> list[Column]:
    """The last months, `MOST_DAYS` at most."""
    months: dict[int, int] = {}
    for day, number in found.items():
        month = day.year * 12 + day.month - 1
        months[month] = months.get(month, 0) + number
    last = max(months)
    names = (
        (month, date(month // 12, month % 12 + 1, 1))
        for month in range(max(min(months), last - MOST_DAYS + 1), last + 1)
    )
    return [_column(f"{day:%b %Y}", f"{day:%b %Y}", months.get(month, 0)) for month, day in names]


def _column(name: str, long: str, number: int) -> Column:
    return Column(name, (number,), f"{long}: {plural(number, 'revision')}")


def calendar(days: Days, cuts: Sequence[int], name: str) -> Plot:
    """A year of days, a square each; its numbers are told by month."""
    caption = f"Articles of each day of publication in Seoul, {name}"
    months = [
        [f"{date(year, number, 1):%B %Y}", count, _empty(days, year, number)]
        for year, counts in days.months().items()
        for number, count in reversed(list(enumerate(counts, 1)))
        if date(year, number, 1) <= days.last and (year, number) >= (days.first.year, days.first.month)
    ]
    picture = svg(charts.calendar(days, cuts), caption)
    return Plot(
        f"days-{days.first.year}-{days.last.year}",
        caption,
        picture,
        None,
        ["Month", "Articles", "Days without any"],
        months,
    )


def _empty(days: Days, year: int, month: int) -> int:
    """The days of a month, inside the span, that have no article."""
    first = max(days.first, date(year, month, 1))
    next_month = date(year + month // 12, month % 12 + 1, 1)
    end = min(days.last + timedelta(days=1), next_month)
    return sum(first + timedelta(days=step) not in days.counts for step in range((end - first).days))
