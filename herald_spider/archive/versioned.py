"""The database of a ledger with its tables, at the current version of the schema."""

from __future__ import annotations

import uuid
from contextlib import nullcontext

import sqlalchemy as sa

from herald_spider.archive import schema
from herald_spider.archive.database import ArchiveError, Database, transactional
from herald_spider.archive.lock import ArchiveLock
from herald_spider.archive.schema import aliases, articles, claims, facts, lines, listings, sightings


class VersionedDatabase(Database):
    """A database that has the ledger's tables; older ones are migrated when it is opened.

    `identity` is the same for all processes that use this ledger; `lock` is that of the archive, which a
    migration needs for itself. A run shares PostgreSQL's lock of runs while it is open. Raises `ArchiveError` for a
    database that is locked, damaged, of a newer schema, or of another site.
    """

    def __init__(
        self, url: str, site: str | None = None, *, lock: ArchiveLock | None = None, is_run: bool = False
    ):
        super().__init__(url)
        self._lock, self._is_run = lock, is_run
        try:
            if self.is_read_only:
                self._open_to_read()
            else:
                self._open(site)
        except ArchiveError:
            self.close()
            raise

    @transactional
    def _open(self, connection: sa.Connection, site: str | None) -> None:
        facts.create(connection, checkfirst=True)
        self._check_version(connection)
        # Not earlier: of two machines that start at once, one has to migrate the ledger alone.
        if self._is_run:
            self.join_runs(connection)
        # After the migrations, which expect the tables of their own version.
        schema.metadata.create_all(connection)
        self.identity = self._fact(connection, "identity", uuid.uuid4().hex)
        if site:
            self._check_site(connection, site)

    @transactional
    def _open_to_read(self, connection: sa.Connection) -> None:
        known = {name: value for name, value in connection.execute(sa.select(facts.c.name, facts.c.value))}
        self.identity = known.get("identity", "")
        if (version := int(known.get("schema_version", 0))) < schema.VERSION:
            raise ArchiveError(
                "archive_not_writable",
                f"The archive has schema version {version}, of an earlier Herald Spider. To migrate it to "
                f"{schema.VERSION}, run scrapy status as a user who may write it.",
            )
        self._check_version(connection)

    def _check_version(self, connection: sa.Connection) -> None:
        known = self._fact(connection, "schema_version", str(schema.VERSION))
        version = int(known)
        if version > schema.VERSION:
            raise ArchiveError(
                "archive_newer",
                f"The archive has schema version {version}, this Herald Spider knows {schema.VERSION}: "
                "use the newer Herald Spider that wrote it.",
            )
        if version < schema.VERSION:
            todo = f"Its ledger must be migrated from schema version {version} first: wait for the end of that run."
            with self._lock.alone(todo) if self._lock else nullcontext():
                self.refuse_other_runs(connection)
                self._migrate(connection, version)

    def _migrate(self, connection: sa.Connection, version: int) -> None:
        for step in range(version, schema.VERSION):
            own = schema.SQLITE_MIGRATIONS.get(step, ()) if self.is_sqlite else ()
            for statement in (*schema.MIGRATIONS[step], *own):
                connection.execute(sa.text(statement))
        update = facts.update().where(facts.c.name == "schema_version")
        connection.execute(update.values(value=str(schema.VERSION)))

    def _check_site(self, connection: sa.Connection, site: str) -> None:
        owner = self._fact(connection, "site", site)
        if owner != site and connection.scalar(sa.select(lines.c.article).limit(1)) is None:
            # No article is archived: the archive may go to another site.
            connection.execute(facts.update().where(facts.c.name == "site").values(value=site))
            for table in (articles, aliases, claims, sightings, listings):
                connection.execute(table.delete())
        elif owner != site:
            raise ArchiveError(
                "archive_of_another_site",
                f"The archive belongs to {owner}, this run asks {site}: give each site its own "
                "HERALD_ARCHIVE, so that a trial never mixes into the corpus.",
            )

    @transactional
    def set_default_site(self, connection: sa.Connection, site: str) -> None:
        """Make `site` the owner of the archive if it has none."""
        self._fact(connection, "site", site)

    @staticmethod
    def _fact(connection: sa.Connection, name: str, default: str) -> str:
        """Return the value of a fact, which is set to `default` if it is missing."""
        value = connection.scalar(sa.select(facts.c.value).where(facts.c.name == name))
        if value is None:
            connection.execute(facts.insert().values(name=name, value=default))
            return default
        return str(value)
