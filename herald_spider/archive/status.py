"""The figures that `scrapy status` prints."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.counts import all_reasons, archived, by_day, by_section, count, states, totals
from herald_spider.archive.health import Health, health
from herald_spider.archive.ledger import DISCOVERED, FAILED, MAX_ATTEMPTS, now
from herald_spider.archive.runs import latest
from herald_spider.archive.schema import articles, facts, listings
from herald_spider.archive.view import View

SECTIONS = 10
DAYS = 14
RUNS = 5


def status(view: View) -> dict[str, Any]:
    """Return everything that `scrapy status` prints."""
    with view.snapshot() as connection:
        by_state, total = states(connection)
        kept = sa.select(articles).where(archived)
        sections = by_section(connection, kept, SECTIONS)
        return {
            "archive": str(view.folder),
            "site": connection.scalar(sa.select(facts.c.value).where(facts.c.name == "site")),
            "articles": total,
            "states": by_state,
            **totals(connection),
            "sections": {section or "none named": number for section, number in sections.items()},
            "days": {str(day): number for day, number in by_day(connection, limit=DAYS).items()},
            "waiting": _waiting(connection),
            "reasons": all_reasons(connection),
            "spiders": [_spider(each) for each in health(connection)],
            "runs": _runs(connection),
            "listings": count(connection, sa.select(sa.func.count()).select_from(listings)),
            "disk": _disk(view),
        }


def _waiting(connection: sa.Connection) -> dict[str, int]:
    """Return the number of articles that the next runs fetch, and of those given up."""
    number, due = sa.func.count(), articles.c.retry_at <= now()
    given_up = articles.c.attempts >= MAX_ATTEMPTS
    failed = sa.select(number).where(articles.c.state == FAILED)
    return {
        "discovered": count(connection, sa.select(number).where(articles.c.state == DISCOVERED)),
        "failed_due": count(connection, failed.where(due, ~given_up)),
        "failed_later": count(connection, failed.where(~due, ~given_up)),
        "failed_given_up": count(connection, failed.where(given_up)),
    }


def _runs(connection: sa.Connection) -> list[dict[str, Any]]:
    """Return the last runs, the newest first."""
    return [
        {
            "job": run.job,
            "spider": run.spider,
            "arguments": json.dumps(run.arguments),
            "started": moment(run.started),
            "ended": moment(run.ended),
            "outcome": run.outcome,
            "articles": run.stats.get("herald/articles", 0),
            "monitors": run.monitors or {},
            "version": run.version,
            "host": run.host,
        }
        for run in latest(connection, RUNS)
    ]


def _spider(found: Health) -> dict[str, Any]:
    """Return when a spider last ended well, and whether it is overdue."""
    return {
        "spider": found.spider,
        "last_good": moment(found.last_good),
        "last_good_time": found.last_good,
        "age": found.age,
        "seconds": found.seconds,
        "failures": found.failures,
        "last_outcome": found.last_outcome,
        "failed_monitors": found.failed_monitors,
        "overdue": found.is_overdue,
    }


def moment(seconds: int | None) -> str | None:
    """Return seconds since 1970 as the archive writes times, in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _disk(view: View) -> dict[str, int]:
    """Return the bytes on disk of the segments and of a SQLite ledger."""
    return {
        "segments": sum(each.stat().st_size for each in view.segments.glob("*") if each.is_file()),
        "ledger": sum(each.stat().st_size for each in view.folder.glob("ledger.sqlite*") if each.is_file()),
    }
