"""The runs that a run is compared with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from herald_spider.archive.schema import runs
from herald_spider.text.dates import KST

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

RUNS = 30
MOST = 3000  # rows; a monitor that has cried for longer has no past


@dataclass(frozen=True)
class PastRun:
    """A run that ended: its stats, and the monitors that spoke."""

    stats: Mapping[str, Any]
    spoke: frozenset[str]


class History:
    """The last runs of the same spider and sections that read something.

    A monitor's past leaves out the runs in which it spoke: what is wrong for long does not
    become the rule. The user says when it is (HERALD_BASELINE).
    """

    def __init__(self, past: Iterable[PastRun] = (), monitors: Iterable[str] = ()):
        self._runs: dict[str, list[PastRun]] = {name: [] for name in monitors}
        for run in past:
            open_ones = [name for name, known in self._runs.items() if len(known) < RUNS]
            if not open_ones:
                break
            for name in set(open_ones) - run.spoke:
                self._runs[name].append(run)

    def runs(self, monitor: str) -> int:
        return len(self._runs.get(monitor, ()))

    def always(self, monitor: str, stat: str, runs: int) -> bool:
        """Whether a stat was counted in each of the last `runs` of a monitor's past."""
        last = self._runs.get(monitor, [])[:runs]
        return len(last) == runs and all(run.stats.get(stat) for run in last)

    def counted(self, monitor: str) -> Counter[str]:
        """The stats of a monitor's past, added up."""
        total: Counter[str] = Counter()
        for run in self._runs.get(monitor, ()):
            total.update({name: value for name, value in run.stats.items() if isinstance(value, int)})
        return total


def past_runs(
    connection: sa.Connection, job: str, spider: str, sections: Any, since: int
) -> Iterator[PastRun]:
    """The runs of `spider` before `job` with the same `sections` that read or asked for articles.

    Newest first, none that began before `since`; read as they are asked for.
    """
    query = sa.select(runs.c.arguments, runs.c.stats, runs.c.monitors)
    query = query.where(runs.c.spider == spider, runs.c.job != job, runs.c.started >= since)
    read = runs.c.stats.contains('"herald/read/') | runs.c.stats.contains('"herald/asked"')
    newest = query.where(read).order_by(runs.c.started.desc()).limit(MOST)
    for row in connection.execute(newest, execution_options={"yield_per": RUNS}):
        if json.loads(row.arguments).get("sections") == sections:
            yield PastRun(json.loads(row.stats), frozenset(json.loads(row.monitors or "{}")))


def baseline(settings: BaseSettings) -> int:
    """The moment before which runs are not compared with, in seconds since 1970. Raises `ValueError`."""
    text = settings["HERALD_BASELINE"]
    if not text:
        return 0
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=KST)).timestamp())
