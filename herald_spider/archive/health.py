"""When each spider last ended well, and whether the plan of the schedule is kept."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from herald_spider.archive.ledger import now
from herald_spider.archive.runs import json_object
from herald_spider.archive.schema import runs
from herald_spider.exits import ends_well

# Seconds between two runs of the plan in deploy/: a run that a timer missed twice is overdue.
PLAN = {"rss": 30 * 60, "herald": 3600, "sitemap": 7 * 86_400}
LATE = 3  # intervals after which a spider is overdue
_SCHEDULED = 32  # characters of the ids that scrapyd gives its jobs
_RECENT = 500  # runs of a spider that are searched for failures


@dataclass(frozen=True)
class Health:
    """The last good run of a spider, which ended as ``finished``: its end and length, both null if there was none.

    `failures` are the runs since then that did not end well. `age` and `seconds` are in seconds.
    """

    spider: str
    last_good: int | None
    age: int | None
    seconds: int | None
    failures: int
    last_outcome: str | None
    is_planned: bool
    failed_monitors: int | None  # in the last run with monitors

    @property
    def is_overdue(self) -> bool:
        """True if scrapyd runs the spider, and its last good run is older than the plan allows."""
        interval = PLAN.get(self.spider)
        return bool(self.is_planned and interval and (self.age is None or self.age > LATE * interval))


def health(connection: sa.Connection) -> list[Health]:
    """Return the health of each spider that has run, by name."""
    names = connection.scalars(sa.select(runs.c.spider).distinct().order_by(runs.c.spider))
    return [_of(connection, name) for name in list(names)]


def _of(connection: sa.Connection, spider: str) -> Health:
    own = sa.select(runs.c.started, runs.c.ended, runs.c.outcome).where(runs.c.spider == spider)
    good = connection.execute(
        own.where(runs.c.outcome == "finished").order_by(runs.c.ended.desc()).limit(1)
    ).first()
    later = own if good is None else own.where(runs.c.started >= good.started)
    since = connection.execute(later.order_by(runs.c.started.desc()).limit(_RECENT)).all()
    monitors = sa.select(runs.c.monitors).where(runs.c.spider == spider, runs.c.monitors.is_not(None))
    last = connection.scalar(monitors.order_by(runs.c.started.desc()).limit(1))
    planned = sa.select(sa.func.count()).where(
        runs.c.spider == spider, sa.func.length(runs.c.job) == _SCHEDULED
    )
    return Health(
        spider,
        last_good=good.ended if good else None,
        age=now() - good.ended if good else None,
        seconds=good.ended - good.started if good else None,
        failures=sum(each.ended is not None and not ends_well(each.outcome) for each in since),
        last_outcome=next((each.outcome for each in since if each.outcome), None),
        is_planned=bool(connection.scalar(planned)),
        failed_monitors=None if last is None else len(json_object(last) or {}),
    )
