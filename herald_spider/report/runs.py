"""The runs of a ledger as reports see them, and whether they were good."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.schema import lines, runs, segments

SUMMED = 5_000  # the newest runs, of which the numbers of a whole archive are made
# What ended a run, where its reason alone says too little.
OUTCOMES = {
    "shutdown": "it was told to stop",
    "already_running": "another run of its spider was at work",
    "blocked": "the site refused to answer",
    "told_to_wait": "the site asked to be left alone",
    "unreachable": "the site could not be reached",
    "index_unfinished": "the web archive's index was not read to its end",
    "closespider_timeout": "its time was over",
    "closespider_itemcount": "it had as many articles as it was to have",
    "closespider_pagecount": "it had as many pages as it was to have",
    "closespider_errorcount": "there were too many errors",
    "memusage_exceeded": "it needed too much memory",
    "archive_not_writable": "the archive took no more: is the disk full?",
    "ledger_unreachable": "the ledger could not be reached",
    "rendering_failed": "pages could not be rendered",
}
# Ends that somebody wanted.
WANTED = {
    "shutdown",
    "already_running",
    "closespider_itemcount",
    "closespider_pagecount",
    "closespider_timeout",
}
GOOD, LOOK, BAD = "good", "look", "bad"


@dataclass(frozen=True)
class Run:
    """One run: its row, and what stands in its segments."""

    job: str
    spider: str
    arguments: dict[str, Any]
    started: int
    ended: int | None
    outcome: str | None
    stats: dict[str, Any]
    monitors: dict[str, str] | None
    lines: int = 0
    revisions: int = 0

    @property
    def seconds(self) -> int | None:
        return None if self.ended is None else self.ended - self.started

    @property
    def new(self) -> int:
        return self.lines - self.revisions

    def number(self, name: str) -> int:
        value = self.stats.get(name, 0)
        return int(value) if isinstance(value, int | float) else 0

    def group(self, prefix: str) -> dict[str, int]:
        return group(self.stats, prefix)

    @property
    def level(self) -> str:
        """Whether there is something to look at."""
        if self.ended is None or self.outcome != "finished":
            return LOOK if self.outcome in WANTED else BAD
        return LOOK if self.monitors else GOOD

    @property
    def headline(self) -> str:
        """The run in a few words."""
        if self.ended is None:
            return "Killed, or still running"
        if self.outcome != "finished":
            reason = self.outcome or "no reason noted"
            return f"Ended early: {OUTCOMES.get(reason, reason.replace('_', ' '))}"
        if self.monitors:
            number = len(self.monitors)
            return "One thing to look at" if number == 1 else f"{number} things to look at"
        return "Ran to its end" if self.monitors is None else "All is well"


def group(stats: Mapping[str, Any], prefix: str) -> dict[str, int]:
    """The counts below `prefix`, largest first."""
    found = {
        name.removeprefix(prefix): value
        for name, value in stats.items()
        if name.startswith(prefix) and _is_count(value)
    }
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def find(connection: sa.Connection, job: str) -> Run | None:
    row = connection.execute(sa.select(runs).where(runs.c.job == job)).first()
    return _counted(connection, [_run(row)])[0] if row else None


def latest(connection: sa.Connection, limit: int, until: Run | None = None) -> list[Run]:
    """The last runs, newest first; those up to `until`, which comes first."""
    query = sa.select(runs).order_by(runs.c.started.desc(), runs.c.job).limit(limit)
    if until is None:
        return _counted(connection, [_run(row) for row in connection.execute(query)])
    query = query.where(runs.c.started <= until.started, runs.c.job != until.job).limit(limit - 1)
    return [until, *_counted(connection, [_run(row) for row in connection.execute(query)])]


def _run(row: Any) -> Run:
    monitors = _mapping(row.monitors)
    said = {str(name): str(text) for name, text in monitors.items()} if monitors is not None else None
    return Run(
        row.job, row.spider, _mapping(row.arguments) or {}, row.started, row.ended, row.outcome,
        _mapping(row.stats) or {}, said,
    )  # fmt: skip


def _mapping(text: str | None) -> dict[str, Any] | None:
    """The JSON object of a column; None where there is none, or none that can be read."""
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _counted(connection: sa.Connection, found: list[Run]) -> list[Run]:
    """Runs with what stands in their segments: also that of killed ones, which left no stats."""
    numbers = segments_of(connection, [run.job for run in found])
    revised = sa.func.sum(sa.case((lines.c.revision > 1, 1), else_=0))
    query = sa.select(lines.c.segment, sa.func.count(), revised).group_by(lines.c.segment)
    kept, changed = Counter[str](), Counter[str]()
    for number, count, revisions in connection.execute(query.where(lines.c.segment.in_(list(numbers)))):
        kept[numbers[number]] += count
        changed[numbers[number]] += int(revisions)
    return [replace(run, lines=kept[run.job], revisions=changed[run.job]) for run in found]


def segments_of(connection: sa.Connection, jobs: list[str]) -> dict[int, str]:
    """The segments that runs wrote, and the run of each; a job that began anew has several."""
    query = sa.select(segments.c.number, segments.c.run).where(segments.c.run.in_(jobs))
    return {number: job for number, job in connection.execute(query)}


@dataclass
class Sums:
    """What the stats of many runs come to."""

    runs: int = 0
    stats: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def add(self, stats: Mapping[str, Any], most: int = 10) -> None:
        self.runs += 1
        self.stats.update({name: value for name, value in stats.items() if _is_count(value)})
        self.slowest = heapq.nlargest(most, [*self.slowest, *slowest(stats)])


def sums(connection: sa.Connection) -> Sums:
    """The stats of the newest runs of an archive together."""
    ended = sa.select(runs.c.stats).where(runs.c.stats.is_not(None))
    found = Sums()
    for text in connection.scalars(ended.order_by(runs.c.started.desc()).limit(SUMMED)):
        found.add(_mapping(text) or {})
    return found


def slowest(stats: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """The slowest answers of a run: seconds and address."""
    named = stats.get("herald/slowest")
    for entry in named if isinstance(named, list) else ():
        seconds, url = entry
        yield float(seconds), str(url)


def known_jobs(connection: sa.Connection, limit: int) -> list[str]:
    """The jobs of the last runs, newest first."""
    return list(
        connection.scalars(sa.select(runs.c.job).order_by(runs.c.started.desc(), runs.c.job).limit(limit))
    )
