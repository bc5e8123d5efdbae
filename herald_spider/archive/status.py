"""What an archive holds, in numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.ledger import (
    ARCHIVED,
    DISCOVERED,
    FAILED,
    GONE,
    MAX_ATTEMPTS,
    REJECTED,
    STATES,
    now,
)
from herald_spider.archive.schema import articles, facts, lines, listings, runs, segments
from herald_spider.archive.view import View

SECTIONS = 10
DAYS = 14
REASONS = 10
EXAMPLES = 3
RUNS = 5
_IDS = re.compile(r"\d{5,}")  # "nearly repeats 10618541" is one reason, whatever it repeats
_archived = articles.c.state == ARCHIVED


def status(view: View) -> dict[str, Any]:
    """All that `scrapy status` says."""
    with view.snapshot() as connection:
        site = connection.scalar(sa.select(facts.c.value).where(facts.c.name == "site"))
        return {
            "archive": str(view.folder),
            "site": site,
            **_counts(connection),
            "sections": _sections(connection),
            "days": _days(connection),
            "waiting": _waiting(connection),
            "reasons": [entry for state in (FAILED, REJECTED, GONE) for entry in reasons(connection, state)],
            "runs": _runs(connection),
            "listings": _count(connection, sa.select(sa.func.count()).select_from(listings)),
            "disk": _disk(view),
        }


def _count(connection: sa.Connection, query: Any) -> int:
    return int(connection.scalar(query) or 0)


def _counts(connection: sa.Connection) -> dict[str, Any]:
    query = sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state)
    found = {state: count for state, count in connection.execute(query)}
    kept = sa.select(sa.func.count()).select_from(lines)
    near = sa.select(sa.func.count()).where(_archived, articles.c.duplicate_of.is_not(None))
    return {
        "articles": _count(connection, sa.select(sa.func.count()).select_from(articles)),
        "states": {state: found.get(state, 0) for state in STATES},
        "lines": _count(connection, kept),
        "revisions": _count(connection, kept.where(lines.c.revision > 1)),
        "near_duplicates": _count(connection, near),
        "segments": _count(connection, sa.select(sa.func.count()).where(segments.c.length > 0)),
    }


def _sections(connection: sa.Connection) -> dict[str, int]:
    count = sa.func.count()
    query = sa.select(articles.c.section, count).where(_archived).group_by(articles.c.section)
    rows = connection.execute(query.order_by(count.desc(), articles.c.section).limit(SECTIONS))
    return {section or "none named": number for section, number in rows}


def _days(connection: sa.Connection) -> dict[str, int]:
    """The last days of publication in Seoul, newest first."""
    day = ((articles.c.published + 9 * 3600) // 86_400).label("day")
    query = sa.select(day, sa.func.count()).where(_archived, articles.c.published.is_not(None))
    rows = connection.execute(query.group_by(day).order_by(day.desc()).limit(DAYS))
    return {str(date(1970, 1, 1) + timedelta(days=number)): count for number, count in rows}


def _waiting(connection: sa.Connection) -> dict[str, int]:
    """What the next runs take up, and what they do not any more."""
    count, due = sa.func.count(), articles.c.retry_at <= now()
    given_up = articles.c.attempts >= MAX_ATTEMPTS
    failed = sa.select(count).where(articles.c.state == FAILED)
    return {
        "discovered": _count(connection, sa.select(count).where(articles.c.state == DISCOVERED)),
        "failed_due": _count(connection, failed.where(due, ~given_up)),
        "failed_later": _count(connection, failed.where(~due, ~given_up)),
        "failed_given_up": _count(connection, failed.where(given_up)),
    }


def reasons(connection: sa.Connection, state: str, where: Any = None) -> Iterator[dict[str, Any]]:
    """Why articles are in `state`, the most frequent reasons first, with examples; those that `where` means."""
    count, those = sa.func.count(), articles.c.state == state
    if where is not None:
        those &= where
    query = sa.select(articles.c.reason, count).where(those).group_by(articles.c.reason)
    found: dict[str, tuple[int, list[str | None]]] = {}
    for reason, number in connection.execute(query.order_by(count.desc(), articles.c.reason)):
        key = _IDS.sub("…", reason or "no reason noted")
        total, same = found.get(key, (0, []))
        found[key] = (total + number, [*same, reason][:EXAMPLES])
    ranked = sorted(found.items(), key=lambda entry: -entry[1][0])
    for reason, (number, same) in ranked[:REASONS]:
        examples = _examples(connection, those, same)
        yield {"state": state, "reason": reason, "articles": number, "examples": examples}
    if rest := ranked[REASONS:]:
        number = sum(total for _, (total, _) in rest)
        yield {"state": state, "reason": f"{len(rest)} other reasons", "articles": number, "examples": []}


def _examples(connection: sa.Connection, those: Any, why: list[str | None]) -> list[str]:
    named = [reason for reason in why if reason is not None]
    same = articles.c.reason.in_(named) if named else articles.c.reason.is_(None)
    query = sa.select(articles.c.url).where(those, same)
    return list(
        connection.scalars(query.order_by(articles.c.last_seen.desc(), articles.c.id).limit(EXAMPLES))
    )


def _runs(connection: sa.Connection) -> list[dict[str, Any]]:
    """The last runs, newest first."""
    rows = connection.execute(sa.select(runs).order_by(runs.c.started.desc(), runs.c.job).limit(RUNS))
    return [
        {
            "job": row.job,
            "spider": row.spider,
            "arguments": row.arguments,
            "started": moment(row.started),
            "ended": moment(row.ended),
            "outcome": row.outcome,
            "articles": _stats(row.stats).get("herald/articles", 0),
            "monitors": _stats(row.monitors),
        }
        for row in rows
    ]


def _stats(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def moment(seconds: int | None) -> str | None:
    """Seconds since 1970 as the archive writes times, UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _disk(view: View) -> dict[str, int]:
    """Bytes on disk; a ledger on a server is not counted."""
    return {
        "segments": sum(each.stat().st_size for each in view.segments.glob("*") if each.is_file()),
        "ledger": sum(each.stat().st_size for each in view.folder.glob("ledger.sqlite*") if each.is_file()),
    }
