"""The rows of the report's charts. The templates draw them with HTML and CSS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from herald_spider.archive.runs import Run
from herald_spider.monitors.dates import DELAY_HOURS
from herald_spider.report.runs import headline, level
from herald_spider.report.words import day_name, duration, plain, utc
from herald_spider.text.terminal import plural

SECTIONS = 14  # bars; smaller sections share one
MOST_DAYS = 62  # columns of a chart by day; a longer time is shown by month
_DELAYS = {
    0: "under 1 hour", 1: "1–2 hours", 2: "2–3 hours", 3: "3–6 hours", 6: "6–12 hours", 12: "12–24 hours",
    24: "1–2 days", 48: "2–7 days", 168: "7–30 days", 720: "over 30 days",
}  # fmt: skip


class Bar(NamedTuple):
    """A bar made of parts, each with its name and number."""

    name: str
    parts: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(number for _, number in self.parts)


class Column(NamedTuple):
    """A column of a chart along time: two numbers, one upon the other; `level` flags a run."""

    tick: str
    name: str
    text: str
    lower: int
    upper: int = 0
    level: str = ""


@dataclass(frozen=True)
class Chart:
    """Columns along time, the oldest first, and the name of the largest sum."""

    columns: list[Column]
    unit: Callable[[int], str]

    @property
    def most(self) -> int:
        return max(column.lower + column.upper for column in self.columns)

    @property
    def top(self) -> str:
        return self.unit(self.most)


def section_bars(tree: Mapping[str, Mapping[str, int]]) -> list[Bar]:
    """Return a bar for each of the largest sections, and one for the others."""
    bars = [Bar(name, list(parts.items())) for name, parts in tree.items()]
    rest = [(bar.name, bar.total) for bar in bars[SECTIONS:]]
    return [*bars[:SECTIONS], *([Bar(plural(len(rest), "other"), rest)] if rest else [])]


def delay_bars(delays: Mapping[str, int]) -> list[Bar]:
    """Return a bar for each time from publication to archive; none if no article is counted."""
    bars = [Bar(_DELAYS[hours], [(_DELAYS[hours], delays.get(str(hours), 0))]) for hours in DELAY_HOURS]
    return bars if any(bar.total for bar in bars) else []


def run_charts(known: Sequence[Run]) -> tuple[Chart, Chart] | None:
    """Return the articles and the durations of runs given newest first; None if there are fewer than two."""
    if len(known) < 2:
        return None
    short = known[0].started - known[-1].started < 5 * 86_400
    articles, times = [], []
    for run in reversed(known):
        day, _, time = utc(run.started).removesuffix(" UTC").partition(", ")
        tick = f"{day.rpartition(' ')[0]}{f' {time}' if short else ''}"
        name, flag = f"{utc(run.started)}, {plain(run.spider)}, {plain(headline(run))}", level(run)
        text = f"{run.new:,} new, {plural(run.revisions, 'revision')}"
        articles.append(Column(tick, name, text, run.new, run.revisions, flag))
        times.append(Column(tick, name, duration(run.seconds), run.seconds or 0, 0, flag))
    return Chart(articles, lambda most: plural(most, "article")), Chart(times, duration)


def revision_chart(found: Mapping[date, int]) -> Chart | None:
    """Return revisions by the day on which runs found them, or by month if the time is longer."""
    if not any(found.values()):
        return None
    first, last = min(found), max(found)
    if (last - first).days < MOST_DAYS:
        days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
        rows = [(f"{day.day} {day:%b}", day_name(day), found.get(day, 0)) for day in days]
    else:
        months = Counter[int]()
        for day, number in found.items():
            months[day.year * 12 + day.month - 1] += number
        span = range(max(min(months), max(months) - MOST_DAYS + 1), max(months) + 1)
        names = {month: f"{date(month // 12, month % 12 + 1, 1):%b %Y}" for month in span}
        rows = [(name, name, months[month]) for month, name in names.items()]
    columns = [Column(tick, name, revisions(number), 0, number) for tick, name, number in rows]
    return Chart(columns, revisions)


def revisions(number: int) -> str:
    return plural(number, "revision")
