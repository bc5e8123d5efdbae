"""The earlier runs that a run is compared with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from herald_spider.archive.schema import runs
from herald_spider.monitors.counts import counts_of
from herald_spider.text.dates import KST

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

RUNS = 30
RUNS_SCANNED = 3000  # for a baseline; a monitor that failed in all of these has none


@dataclass(frozen=True)
class PastRun:
    """The stats of a run that ended, and the monitors that failed in it."""

    stats: Mapping[str, Any]
    failed: frozenset[str]


class History:
    """The last runs of the same spider and sections that read something, for each monitor.

    A run in which a monitor failed is left out of that monitor's history, so that a lasting fault does not
    become the norm. HERALD_BASELINE declares a new norm.
    """

    def __init__(self, past: Iterable[PastRun] = (), monitors: Iterable[str] = ()):
        self._runs: dict[str, list[PastRun]] = {name: [] for name in monitors}
        for run in past:
            incomplete = [name for name, known in self._runs.items() if len(known) < RUNS]
            if not incomplete:
                break
            for name in set(incomplete) - run.failed:
                self._runs[name].append(run)

    def count(self, monitor: str) -> int:
        return len(self._runs.get(monitor, ()))

    def always(self, monitor: str, stat: str, runs: int) -> bool:
        """Return True if each of the last `runs` runs counted a stat."""
        last = self._runs.get(monitor, [])[:runs]
        return len(last) == runs and all(run.stats.get(stat) for run in last)

    def sums(self, monitor: str) -> Counter[str]:
        """Return the counts of a monitor's history, added up."""
        total: Counter[str] = Counter()
        for run in self._runs.get(monitor, ()):
            total.update(counts_of(run.stats))
        return total


def past_runs(
    connection: sa.Connection, job: str, spider: str, sections: Any, since: int
) -> Iterator[PastRun]:
    """Yield the runs of `spider` other than `job` with the same `sections` that read or requested articles.

    The newest come first; none began before `since`. Rows are read as they are consumed.
    """
    query = sa.select(runs.c.arguments, runs.c.stats, runs.c.monitors)
    query = query.where(runs.c.spider == spider, runs.c.job != job, runs.c.started >= since)
    read = runs.c.stats.contains('"herald/read/') | runs.c.stats.contains('"herald/asked"')
    newest = query.where(read).order_by(runs.c.started.desc()).limit(RUNS_SCANNED)
    for row in connection.execute(newest, execution_options={"yield_per": RUNS}):
        if json.loads(row.arguments).get("sections") == sections:
            yield PastRun(json.loads(row.stats), frozenset(json.loads(row.monitors or "{}")))


def baseline(settings: BaseSettings) -> int:
    """Return HERALD_BASELINE in seconds since 1970; runs before it are not compared. Raises ValueError."""
    text = settings["HERALD_BASELINE"]
    if not text:
        return 0
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=KST)).timestamp())
