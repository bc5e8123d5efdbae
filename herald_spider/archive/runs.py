"""The runs of a ledger, for `scrapy status` and the report."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.schema import lines, runs, segments


@dataclass(frozen=True)
class Run:
    """One run: its row in the ledger, and the number of lines and revisions in its segments.

    `started` and `ended` are seconds since 1970. A killed run has no `ended`, `outcome` or `stats`.
    `monitors` maps each failed monitor to its message; it is None if no monitor ran.
    """

    job: str
    spider: str
    arguments: dict[str, Any]
    started: int
    ended: int | None
    outcome: str | None
    stats: dict[str, Any]
    monitors: dict[str, str] | None
    version: str | None = None
    host: str | None = None
    lines: int = 0
    revisions: int = 0

    @property
    def seconds(self) -> int | None:
        return None if self.ended is None else self.ended - self.started

    @property
    def new(self) -> int:
        """The number of articles that this run archived for the first time."""
        return self.lines - self.revisions

    def number(self, name: str) -> int:
        """Return a stat as a number; 0 where there is none."""
        value = self.stats.get(name, 0)
        return int(value) if isinstance(value, int | float) else 0


def find(connection: sa.Connection, job: str) -> Run | None:
    """Return the run with this job id, or None."""
    row = connection.execute(sa.select(runs).where(runs.c.job == job)).first()
    return _with_lines(connection, [_run(row)])[0] if row else None


def latest(connection: sa.Connection, limit: int, until: Run | None = None) -> list[Run]:
    """Return the last runs, the newest first; with `until`, that run first and those before it."""
    query = sa.select(runs).order_by(runs.c.started.desc(), runs.c.job).limit(limit)
    if until is None:
        return _with_lines(connection, [_run(row) for row in connection.execute(query)])
    query = query.where(runs.c.started <= until.started, runs.c.job != until.job).limit(limit - 1)
    return [until, *_with_lines(connection, [_run(row) for row in connection.execute(query)])]


def segments_of(connection: sa.Connection, jobs: list[str]) -> dict[int, str]:
    """Return the numbers of the segments that these jobs wrote, each with its job."""
    query = sa.select(segments.c.number, segments.c.run).where(segments.c.run.in_(jobs))
    return {number: job for number, job in connection.execute(query)}


def json_object(text: str | None) -> dict[str, Any] | None:
    """Return the JSON object of a column; None where it holds none or cannot be parsed."""
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _run(row: Any) -> Run:
    monitors = json_object(row.monitors)
    failed = {str(name): str(text) for name, text in monitors.items()} if monitors is not None else None
    return Run(
        row.job, row.spider, json_object(row.arguments) or {}, row.started, row.ended, row.outcome,
        json_object(row.stats) or {}, failed, row.version, row.host,
    )  # fmt: skip


def _with_lines(connection: sa.Connection, found: list[Run]) -> list[Run]:
    """Return runs with the lines of their segments counted: a killed run left no other count."""
    numbers = segments_of(connection, [run.job for run in found])
    revised = sa.func.sum(sa.case((lines.c.revision > 1, 1), else_=0))
    query = sa.select(lines.c.segment, sa.func.count(), revised).group_by(lines.c.segment)
    total, revisions = Counter[str](), Counter[str]()
    for number, count, changed in connection.execute(query.where(lines.c.segment.in_(list(numbers)))):
        total[numbers[number]] += count
        revisions[numbers[number]] += int(changed)
    return [replace(run, lines=total[run.job], revisions=revisions[run.job]) for run in found]
