"""Counts of the ledger's articles: the figures that `scrapy status` and the report share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.ledger import ARCHIVED, FAILED, GONE, REJECTED, STATES, now
from herald_spider.archive.schema import articles, lines, segments
from herald_spider.archive.values import DAY, SEOUL, day

REASONS = 10
EXAMPLES = 3
_IDS = re.compile(r"\d{5,}")  # "nearly repeats 10618541" and "nearly repeats 10618542" are one reason
_EPOCH = date(1970, 1, 1)
_published = articles.c.published
# Nearly all articles are archived, so the index on the state only slows these queries down. SQLite does
# not use it behind a function.
archived = sa.func.coalesce(articles.c.state, "") == ARCHIVED


def count(connection: sa.Connection, query: Any) -> int:
    """Return the number that `query` counts."""
    return int(connection.scalar(query) or 0)


def states(connection: sa.Connection) -> tuple[dict[str, int], int]:
    """Return the number of articles in each known state, and the number of all articles."""
    query = sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state)
    found = {state: number for state, number in connection.execute(query)}
    return {state: found.get(state, 0) for state in STATES}, sum(found.values())


def totals(connection: sa.Connection) -> dict[str, int]:
    """Return the number of lines, revisions, near-duplicates and segments."""
    kept = sa.select(sa.func.count()).select_from(lines)
    near = sa.select(sa.func.count()).where(archived, articles.c.duplicate_of.is_not(None))
    written = sa.select(sa.func.count()).where(segments.c.length > 0)
    return {
        "lines": count(connection, kept),
        "revisions": count(connection, kept.where(lines.c.revision > 1)),
        "near_duplicates": count(connection, near),
        "segments": count(connection, written),
    }


def by_section(connection: sa.Connection, base: Any, limit: int | None = None) -> dict[str | None, int]:
    """Return the number of articles in each section, the largest first.

    `base` is a query of the articles to count.
    """
    number = sa.func.count()
    query = base.with_only_columns(articles.c.section, number).group_by(articles.c.section)
    rows = connection.execute(query.order_by(number.desc(), articles.c.section).limit(limit))
    return {section: found for section, found in rows}


# Days of publication in Seoul ------------------------------------------------------------


def by_day(connection: sa.Connection, where: Any = archived, limit: int | None = None) -> dict[date, int]:
    """Return the number of articles published on each day that has any, the newest day first."""
    number = ((_published + SEOUL) // DAY).label("day")
    query = sa.select(number, sa.func.count()).where(where, _published.is_not(None))
    rows = connection.execute(query.group_by(number).order_by(number.desc()).limit(limit))
    return {_EPOCH + timedelta(days=int(each)): found for each, found in rows}


def period(connection: sa.Connection) -> tuple[date, date] | None:
    """Return the first and the last day on which an archived article was published.

    Days after today are errors of a page and do not count. Both ends come from the index of the
    times of publication, whatever the size of the archive.
    """
    query = sa.select(_published).where(archived, _published.is_not(None), _published < _tomorrow())
    oldest, newest = (
        connection.scalar(query.order_by(order).limit(1)) for order in (_published, _published.desc())
    )
    return None if oldest is None or newest is None else (day_of(oldest), day_of(newest))


def published_between(first: date, last: date) -> sa.ColumnElement[bool]:
    """Return the condition for archived articles published from `first` to `last`, both included."""
    end = midnight(last + timedelta(days=1))
    return sa.and_(archived, _published >= midnight(first), _published < end)


def undated(connection: sa.Connection) -> tuple[int, int]:
    """Return the number of archived articles without a date, and of those dated after today."""
    query = sa.select(sa.func.count()).select_from(articles).where(archived)
    return (
        count(connection, query.where(_published.is_(None))),
        count(connection, query.where(_published >= _tomorrow())),
    )


def day_of(moment: int) -> date:
    """Return the day in Seoul of `moment`, in seconds since 1970."""
    return _EPOCH + timedelta(days=day(moment))


def midnight(of: date) -> int:
    """Return the start of a day in Seoul, in seconds since 1970."""
    return (of - _EPOCH).days * DAY - SEOUL


def _tomorrow() -> int:
    return midnight(day_of(now()) + timedelta(days=1))


# Reasons ---------------------------------------------------------------------------------


def all_reasons(connection: sa.Connection, where: Any = None) -> list[dict[str, Any]]:
    """Return the reasons for which articles are not archived, by state; see `reasons`."""
    return [entry for state in (FAILED, REJECTED, GONE) for entry in reasons(connection, state, where)]


def reasons(connection: sa.Connection, state: str, where: Any = None) -> Iterator[dict[str, Any]]:
    """Yield the reasons for which articles are in `state`, the most frequent first, with example URLs.

    Only articles that match `where` count. Reasons beyond the first `REASONS` are added up in one entry.
    """
    number, selected = sa.func.count(), articles.c.state == state
    if where is not None:
        selected &= where
    query = sa.select(articles.c.reason, number).where(selected).group_by(articles.c.reason)
    found: dict[str, tuple[int, list[str | None]]] = {}
    for reason, each in connection.execute(query.order_by(number.desc(), articles.c.reason)):
        key = _IDS.sub("…", reason or "no reason noted")
        total, same = found.get(key, (0, []))
        found[key] = (total + each, [*same, reason][:EXAMPLES])
    ranked = sorted(found.items(), key=lambda entry: -entry[1][0])
    for reason, (total, same) in ranked[:REASONS]:
        examples = _examples(connection, selected, same)
        yield {"state": state, "reason": reason, "articles": total, "examples": examples}
    if rest := ranked[REASONS:]:
        total = sum(each for _, (each, _) in rest)
        yield {"state": state, "reason": f"{len(rest)} other reasons", "articles": total, "examples": []}


def _examples(connection: sa.Connection, selected: Any, same: list[str | None]) -> list[str]:
    named = [reason for reason in same if reason is not None]
    condition = articles.c.reason.in_(named) if named else articles.c.reason.is_(None)
    query = sa.select(articles.c.url).where(selected, condition)
    return list(
        connection.scalars(query.order_by(articles.c.last_seen.desc(), articles.c.id).limit(EXAMPLES))
    )
