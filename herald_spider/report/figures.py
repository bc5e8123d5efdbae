"""All that a report says, as numbers: of one run, or of a whole archive. No row by row here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.counts import reasons
from herald_spider.archive.ledger import FAILED, GONE, REJECTED, STATES, now
from herald_spider.archive.schema import articles, facts, lines, runs, segments
from herald_spider.archive.view import View
from herald_spider.report import stories
from herald_spider.report.days import Days, all_days, archived, day_of, last_year, undated, within
from herald_spider.report.fields import Coverage, FallBack, coverage, fall_backs
from herald_spider.report.runs import Run, latest, slowest, sums

RUNS = 50  # that plots go back
POOLED = 20  # runs whose fields an archive's report takes together
USUAL = 20  # runs that say what is usual


@dataclass(frozen=True)
class Figures:
    """What a report is made of. `run` is None in that of an archive."""

    site: str | None
    written: int
    run: Run | None
    runs: list[Run]  # newest first
    summed: int  # runs whose stats `stats` is the sum of
    stats: Mapping[str, Any]
    slowest: list[tuple[float, str]]
    newest: list[stories.Story]
    days: Days | None
    undated: tuple[int, int]
    sections: dict[str, dict[str, int]]
    recent_sections: bool  # those of the last year: the run has brought none
    coverage: Coverage
    fall_backs: list[FallBack]
    revisions: dict[date, int]
    clusters: list[stories.Cluster]
    reasons: list[dict[str, Any]]
    own_reasons: list[dict[str, Any]]
    states: dict[str, int]
    total: int
    counts: dict[str, int]  # of an archive; no run pays for them

    @property
    def holds(self) -> bool:
        """Whether each article is in exactly one state."""
        return sum(self.states.values()) == self.total

    @property
    def usual(self) -> dict[str, int]:
        """What the last whole runs of the same spider brought, the middle one of each number."""
        if self.run is None:
            return {}
        same = [each for each in self.runs[1:] if each.spider == self.run.spider and each.stats][:USUAL]
        if len(same) < 3:
            return {}
        numbers = {
            "new": [each.new for each in same],
            "revisions": [each.revisions for each in same],
            "requests": [each.number("downloader/request_count") for each in same],
            "seconds": [each.seconds or 0 for each in same],
            **{
                name: [each.number(f"herald/{name}") for each in same]
                for name in (FAILED, GONE, REJECTED, "near_duplicates")
            },
        }
        return {name: round(median(values)) for name, values in numbers.items()}


def of_run(view: View, connection: sa.Connection, run: Run) -> Figures:
    """The figures of one run. What they cost grows with what it brought, not with the archive."""
    known = latest(connection, RUNS, until=run)
    base = stories.base_of(connection, run.job)
    days, parts = last_year(connection), stories.by_section(connection, base)
    recent = not parts and days is not None
    if recent and days:
        window = stories.base_of(connection, None).where(within(days.first, days.last))
        parts = stories.by_section(connection, window)
    ended = now() if run.ended is None else run.ended
    return Figures(
        run=run, runs=known, summed=1, stats=run.stats, slowest=sorted(slowest(run.stats), reverse=True),
        newest=stories.newest(view, connection, base), days=days, sections=parts, recent_sections=recent,
        coverage=coverage([run], known[1:]), fall_backs=fall_backs(run.stats),
        revisions=_revisions_of(known), clusters=stories.clusters(view, connection, base),
        own_reasons=_reasons(connection, articles.c.fetched.between(run.started, ended)),
        counts={}, **_archive(connection),
    )  # fmt: skip


def of_archive(view: View, connection: sa.Connection) -> Figures:
    """The figures of an archive, all of it."""
    known, together = latest(connection, RUNS), sums(connection)
    base = stories.base_of(connection, None)
    pooled = [run for run in known if run.group("herald/read/")][:POOLED]
    return Figures(
        run=None, runs=known, summed=together.runs, stats=together.stats, slowest=together.slowest,
        newest=[], days=all_days(connection), sections=stories.by_section(connection, base),
        recent_sections=False, coverage=coverage(pooled, []), fall_backs=fall_backs(together.stats),
        revisions=_all_revisions(connection), clusters=stories.clusters(view, connection, base),
        own_reasons=[], counts=_counts(connection), **_archive(connection),
    )  # fmt: skip


def _counts(connection: sa.Connection) -> dict[str, int]:
    count = sa.func.count()
    near = archived & articles.c.duplicate_of.is_not(None)
    queries = {
        "revisions": sa.select(count).where(lines.c.revision > 1),
        "near_duplicates": sa.select(count).where(near),
        "runs": sa.select(count).select_from(runs),
        "segments": sa.select(count).where(segments.c.length > 0),
    }
    return {name: connection.scalar(query) or 0 for name, query in queries.items()}


def _archive(connection: sa.Connection) -> dict[str, Any]:
    """What both kinds say of the archive as it stands."""
    query = sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state)
    states = {state: number for state, number in connection.execute(query)}
    return {
        "site": connection.scalar(sa.select(facts.c.value).where(facts.c.name == "site")),
        "written": now(),
        "undated": undated(connection),
        "reasons": _reasons(connection),
        "states": {state: states.get(state, 0) for state in STATES},
        "total": sum(states.values()),
    }


def _reasons(connection: sa.Connection, where: Any = None) -> list[dict[str, Any]]:
    return [entry for state in (FAILED, REJECTED, GONE) for entry in reasons(connection, state, where)]


def _revisions_of(known: Sequence[Run]) -> dict[date, int]:
    """Revisions by the day on which a run of `known` began."""
    found = Counter[date]()
    for run in known:
        found[day_of(run.started)] += run.revisions
    return dict(found)


def _all_revisions(connection: sa.Connection) -> dict[date, int]:
    query = sa.select(runs.c.started, sa.func.count()).select_from(lines)
    query = query.join(segments, segments.c.number == lines.c.segment).join(
        runs, runs.c.job == segments.c.run
    )
    found = Counter[date]()
    for started, number in connection.execute(query.where(lines.c.revision > 1).group_by(runs.c.started)):
        found[day_of(started)] += number
    return dict(found)
