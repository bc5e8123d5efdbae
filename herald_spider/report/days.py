"""Days of publication in Seoul: how many articles on each, and which days of the span have none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.ledger import ARCHIVED, now
from herald_spider.archive.schema import articles

WEEKS = 53
EPOCH = date(1970, 1, 1)
_DAY, _SEOUL = 86_400, 9 * 3600
# Nearly all articles are: an index on the state finds nothing, so this is said in a way that uses none.
archived = sa.func.coalesce(articles.c.state, "") == ARCHIVED
_published = articles.c.published
Span = tuple[date, date]


@dataclass(frozen=True)
class Days:
    """The articles of each day from `first` to `last`, both included."""

    counts: dict[date, int]
    first: date
    last: date

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def holes(self) -> list[Span]:
        """The days without an article, joined to runs, in order."""
        one = timedelta(days=1)
        full = [self.first - one, *sorted(self.counts), self.last + one]
        pairs = pairwise(full)
        return [(before + one, after - one) for before, after in pairs if after - before > one]

    @property
    def missing(self) -> int:
        return sum(days_of(hole) for hole in self.holes)

    def years(self) -> list[Days]:
        """Each year that has an article, newest first."""
        return [self._year(year) for year in sorted({day.year for day in self.counts}, reverse=True)]

    def _year(self, year: int) -> Days:
        counts = {day: number for day, number in self.counts.items() if day.year == year}
        return Days(counts, max(self.first, date(year, 1, 1)), min(self.last, date(year, 12, 31)))

    def months(self) -> dict[int, list[int]]:
        """Per year, newest first, the articles of each month."""
        table: dict[int, list[int]] = {}
        for day, number in sorted(self.counts.items(), reverse=True):
            table.setdefault(day.year, [0] * 12)[day.month - 1] += number
        return table


def days_of(span: Span) -> int:
    return (span[1] - span[0]).days + 1


def day_of(moment: int) -> date:
    """The day in Seoul of a time."""
    return EPOCH + timedelta(days=(moment + _SEOUL) // _DAY)


def midnight(day: date) -> int:
    """The start of a day in Seoul."""
    return (day - EPOCH).days * _DAY - _SEOUL


def last_year(connection: sa.Connection) -> Days | None:
    """The days of the last 53 weeks up to the newest article; None where nothing has a date.

    By the index of the times of publication, so that an archive may be as large as it likes.
    """
    newest, oldest = _end(connection, _published.desc()), _end(connection, _published)
    if newest is None or oldest is None:
        return None
    last = day_of(newest)
    monday = last - timedelta(days=last.weekday())
    first = max(monday - timedelta(weeks=WEEKS - 1), day_of(oldest))
    return Days(_count(connection, first, last), first, last)


def all_days(connection: sa.Connection) -> Days | None:
    """The days of an archive from its first article to its newest."""
    newest, oldest = _end(connection, _published.desc()), _end(connection, _published)
    if newest is None or oldest is None:
        return None
    return Days(_count(connection, day_of(oldest), day_of(newest)), day_of(oldest), day_of(newest))


def _end(connection: sa.Connection, order: Any) -> int | None:
    """The first time of publication in an order; a date to come is a mistake of a page."""
    query = sa.select(_published).where(archived, _published.is_not(None), _published < _tomorrow())
    return connection.scalar(query.order_by(order).limit(1))


def _tomorrow() -> int:
    return midnight(day_of(now()) + timedelta(days=1))


def within(first: date, last: date) -> Any:
    """The archived articles of some days, both included."""
    end = midnight(last + timedelta(days=1))
    return sa.and_(archived, _published >= midnight(first), _published < end)


def _count(connection: sa.Connection, first: date, last: date) -> dict[date, int]:
    day = ((_published + _SEOUL) // _DAY).label("day")
    query = sa.select(day, sa.func.count()).where(within(first, last)).group_by(day)
    return {EPOCH + timedelta(days=int(number)): count for number, count in connection.execute(query)}


def undated(connection: sa.Connection) -> tuple[int, int]:
    """How many articles have no date, and how many one to come."""
    count = sa.select(sa.func.count()).select_from(articles).where(archived)
    return (
        connection.scalar(count.where(_published.is_(None))) or 0,
        connection.scalar(count.where(_published >= _tomorrow())) or 0,
    )
