"""The leases of a run: the articles that it is going to fetch, and no other run meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.ledger import Known, Ledger, now, parts
from herald_spider.archive.lock import ArchiveLock
from herald_spider.archive.schema import articles, leases, runs

REMOTE_SECONDS = 6 * 3600  # after which the lease of a run on another machine ends


class Leases:
    """The leases of the run `job` on the machine `node`.

    A lease ends when its article is fetched, or with its run. A killed run does not end its leases: of runs on this
    machine the lock on the archive knows which ones work; other machines are trusted for `REMOTE_SECONDS`.
    """

    def __init__(self, ledger: Ledger, lock: ArchiveLock | None, job: str, node: str):
        self.ledger, self.lock, self.job, self.node = ledger, lock, job, node
        self.is_shared = False  # True if the processes of the spider share one crawl, and so its leases

    def take(self, ids: Collection[str]) -> None:
        """Lease articles to this run."""
        self.ledger.transact(lambda connection: self._take(connection, list(ids)))

    def take_free(self, found: Iterable[Known]) -> list[Known]:
        """Lease those of the articles `found` that no other working run has leased, and return them."""
        return self.ledger.transact(lambda connection: self._take_free(connection, list(found)))

    def _take_free(self, connection: sa.Connection, found: list[Known]) -> list[Known]:
        working = self._working_runs(connection)
        held: set[str] = set()
        for part in parts([known.id for known in found]):
            held.update(connection.scalars(_held(working).where(leases.c.article.in_(part))))
        free = [known for known in found if known.id not in held]
        self._take(connection, [known.id for known in free])
        return free

    def _take(self, connection: sa.Connection, ids: list[str]) -> None:
        moment = now()
        for part in parts(ids):
            connection.execute(leases.delete().where(leases.c.article.in_(part)))
            rows = [{"article": each, "job": self.job, "taken": moment} for each in part]
            connection.execute(leases.insert(), rows)

    def _working_runs(self, connection: sa.Connection) -> dict[str, int]:
        """Return the other runs whose leases count, each with the time from which on they do."""
        query = sa.select(runs.c.job, runs.c.spider, runs.c.host).where(runs.c.ended.is_(None))
        rows = connection.execute(query).all()
        own = next((row.spider for row in rows if row.job == self.job), None)
        here = self.lock.jobs() if self.lock else set()
        found = {}
        for job, spider, host in rows:
            if job == self.job or (self.is_shared and spider == own):
                continue
            if job in here:
                found[job] = 0
            elif not self.ledger.is_sqlite and host not in (None, self.node):
                found[job] = now() - REMOTE_SECONDS
        return found

    def end(self) -> None:
        """End the leases of this run and of the runs that have ended or were killed."""
        self.ledger.transact(self._end)

    def _end(self, connection: sa.Connection) -> None:
        working = list(self._working_runs(connection))
        connection.execute(leases.delete().where(leases.c.job.not_in(working)))


def _held(working: dict[str, int]) -> sa.Select[Any]:
    """Return the query for the articles that `working` runs have leased and not fetched since."""
    counts = [(leases.c.job == job) & (leases.c.taken > since) for job, since in working.items()]
    fetched = sa.func.coalesce(articles.c.fetched, 0)
    return (
        sa.select(leases.c.article)
        .outerjoin(articles, articles.c.id == leases.c.article)
        .where(sa.or_(sa.false(), *counts), leases.c.taken > fetched)
    )
