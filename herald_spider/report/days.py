"""Days of publication in Seoul: how many articles on each, and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, sqrt
from typing import NamedTuple

import sqlalchemy as sa

from herald_spider.archive.counts import by_day, period, published_between

WEEKS = 53  # of the calendar in the report of a run
SHADES = 5
_ONE = timedelta(days=1)


class Gap(NamedTuple):
    """A span of days without an article, both ends included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Days:
    """The number of articles on each day from `first` to `last`, both included; days without any are left out."""

    counts: dict[date, int]
    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=step) for step in range(self.length))

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def missing(self) -> int:
        """The number of days without an article."""
        return self.length - len(self.counts)

    @property
    def gaps(self) -> list[Gap]:
        """The spans of days without an article, in order."""
        full = [self.first - _ONE, *sorted(self.counts), self.last + _ONE]
        return [Gap(before + _ONE, after - _ONE) for before, after in pairwise(full) if after - before > _ONE]

    @property
    def most(self) -> int:
        """The number of articles on the busiest day."""
        return max(self.counts.values(), default=0)

    def years(self) -> list[Days]:
        """Return each year that has an article, the newest first."""
        return [self._year(year) for year in sorted({day.year for day in self.counts}, reverse=True)]

    def _year(self, year: int) -> Days:
        counts = {day: number for day, number in self.counts.items() if day.year == year}
        return Days(counts, max(self.first, date(year, 1, 1)), min(self.last, date(year, 12, 31)))

    def months(self) -> dict[date, tuple[int, int]]:
        """Return by the first day of each month its articles and its days without any, the newest first."""
        found: dict[date, tuple[int, int]] = {}
        for day in self:
            month, number = day.replace(day=1), self.counts.get(day, 0)
            articles, empty = found.get(month, (0, 0))
            found[month] = articles + number, empty + (number == 0)
        return dict(reversed(found.items()))

    def month_names(self) -> list[tuple[int, str]]:
        """Return the names of months for the head of a calendar, each with its week, from 0."""
        monday = self.first - timedelta(days=self.first.weekday())
        found: list[tuple[int, str]] = []
        for day in self:
            week = (day - monday).days // 7
            # A month's name stands over its first whole week, if there is room for it.
            if day == self.first or (day.day <= 7 and day.weekday() == 0 and week - found[-1][0] > 3):
                found.append((week, f"{day:%b %Y}" if day.month == 1 or day == self.first else f"{day:%b}"))
        return found


def shade(number: int, most: int) -> int:
    """Return the shade of a day or month, 1 to `SHADES`: it grows with the square root of the number.

    >>> [shade(number, 150) for number in (1, 15, 50, 80, 150)]
    [1, 2, 3, 4, 5]
    """
    return ceil(SHADES * sqrt(number / most))


def last_year(connection: sa.Connection) -> Days | None:
    """Return the 53 weeks up to the newest article; None if no article has a date."""
    span = period(connection)
    if span is None:
        return None
    first, last = span
    monday = last - timedelta(days=last.weekday())
    return _days(connection, max(monday - timedelta(weeks=WEEKS - 1), first), last)


def all_days(connection: sa.Connection) -> Days | None:
    """Return the days from the first article to the newest; None if no article has a date."""
    span = period(connection)
    return _days(connection, *span) if span else None


def _days(connection: sa.Connection, first: date, last: date) -> Days:
    return Days(by_day(connection, published_between(first, last)), first, last)
