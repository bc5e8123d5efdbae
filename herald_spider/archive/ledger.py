"""The ledger: what is known of each article, listing, run and segment.

One code for SQLite (WAL) and PostgreSQL. No part of it knows of Scrapy. Every method
that writes takes part in a transaction that the caller opens with `transaction()`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError

from herald_spider.archive import schema
from herald_spider.archive.schema import aliases, articles, facts, listings, runs, segments, sightings

DISCOVERED, ARCHIVED, GONE, REJECTED, FAILED = "discovered", "archived", "gone", "rejected", "failed"
STATES = (DISCOVERED, ARCHIVED, GONE, REJECTED, FAILED)
# Spiders that read copies of the site: what they found is at their own addresses.
COPIES = ("wayback", "warc")
MAX_ATTEMPTS = 6
FIRST_PAUSE = 1800  # seconds after a first failure; doubled by each further one
BUSY_SECONDS = 60
_IN = 500  # ids in one question; SQLite's oldest limit is 999 variables


class ArchiveError(Exception):
    """An archive that cannot be used; the text says why and what to do."""

    def __init__(self, reason: str, text: str):
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True)
class Known:
    """What the ledger knows of one article."""

    id: str
    url: str
    state: str
    content_hash: str | None
    revision: int
    etag: str | None
    last_modified: str | None
    found_by: str | None
    first_seen: int
    captured: int | None

    @property
    def door(self) -> str:
        """The spider that found it."""
        return (self.found_by or "").partition(":")[0]


Validators = tuple[str | None, str | None]  # ETag, Last-Modified

_KNOWN = [articles.c[name] for name in Known.__dataclass_fields__]


def now() -> int:
    return int(time.time())


class Ledger:
    """Opens, or makes, the ledger at `url` (``sqlite:///…``, ``sqlite://``, ``postgresql://…``).

    Raises `ArchiveError` for one that is locked, damaged, of a newer schema, or of
    another site.
    """

    def __init__(self, url: str, site: str | None = None):
        self.engine = sa.create_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "connect", _configure_sqlite)
        self._connection: sa.Connection | None = None
        # Makes of an error in the middle of a run what its caller can handle.
        self.failure: Callable[[ArchiveError], Exception] = lambda error: error
        try:
            with self.transaction() as connection:
                facts.create(connection, checkfirst=True)
                self._check_version(connection)
                # After the steps, which are written for tables of their own version.
                schema.metadata.create_all(connection)
                if site:
                    self._check_site(connection, site)
        except ArchiveError:
            self.close()
            raise

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction; inside another one it is that one's part.

        Raises `ArchiveError` (or what `failure` makes of it) where the database fails.
        """
        if self._connection is not None:
            yield self._connection
            return
        try:
            with self._begin() as connection:
                yield connection
        except DatabaseError as error:
            raise self.failure(_explain(error, str(self.engine.url))) from None

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        with self.engine.connect() as connection:
            if self.is_sqlite:
                # The write lock from the start: a later upgrade could fail half way.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            self._connection = connection
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._connection = None

    def _check_version(self, connection: sa.Connection) -> None:
        known = self._fact(connection, "schema_version", str(schema.VERSION))
        version = int(known)
        if version > schema.VERSION:
            raise ArchiveError(
                "archive_newer",
                f"The archive has schema version {version}, this Herald Spider knows {schema.VERSION}: "
                "use the newer Herald Spider that wrote it.",
            )
        for step in range(version, schema.VERSION):
            for statement in schema.MIGRATIONS[step]:
                connection.execute(sa.text(statement))
        if version < schema.VERSION:
            update = facts.update().where(facts.c.name == "schema_version")
            connection.execute(update.values(value=str(schema.VERSION)))

    def _check_site(self, connection: sa.Connection, site: str) -> None:
        owner = self._fact(connection, "site", site)
        if owner != site:
            raise ArchiveError(
                "archive_of_another_site",
                f"The archive belongs to {owner}, this run asks {site}: give each site its own "
                "HERALD_ARCHIVE, so that a trial never mixes into the corpus.",
            )

    @staticmethod
    def _fact(connection: sa.Connection, name: str, default: str) -> str:
        """A fact, set to `default` where it is not there yet."""
        value = connection.scalar(sa.select(facts.c.value).where(facts.c.name == name))
        if value is None:
            connection.execute(facts.insert().values(name=name, value=default))
            return default
        return str(value)

    # What is known ---------------------------------------------------------------------

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        """What is known of each of `ids`, aliases followed; unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Known] = {}
        with self.transaction() as connection:
            for start in range(0, len(wanted), _IN):
                part = wanted[start : start + _IN]
                names = {alias: article for alias, article in connection.execute(
                    sa.select(aliases.c.alias, aliases.c.article).where(aliases.c.alias.in_(part)))}  # fmt: skip
                real = {names.get(each, each) for each in part}
                rows = connection.execute(sa.select(*_KNOWN).where(articles.c.id.in_(real)))
                by_id = {row.id: Known(*row) for row in rows}
                found |= {
                    each: by_id[names.get(each, each)] for each in part if names.get(each, each) in by_id
                }
        return found

    def pending(
        self,
        limit: int,
        since: int | None = None,
        until: int | None = None,
        sections: Iterable[str] | None = None,
        copies: str | None = None,
    ) -> list[Known]:
        """What a run takes up first: discovered, and failed whose pause is over.

        `since` and `until` bound the time of publication where it is known; `sections`
        are the listings that must have shown it, None for any. `copies` names the spider
        whose copies are meant (see `COPIES`); None means what the site itself can give.
        """
        query = (
            sa.select(*_KNOWN)
            .where(articles.c.state.in_((DISCOVERED, FAILED)))
            .where(articles.c.retry_at <= now(), articles.c.attempts < MAX_ATTEMPTS)
            .order_by(articles.c.first_seen, articles.c.id)
            .limit(limit)
        )
        query = query.where(_found_in(copies) if copies else ~sa.or_(*map(_found_in, COPIES)))
        published = articles.c.published
        if since is not None:
            query = query.where(published.is_(None) | (published >= since))
        if until is not None:
            query = query.where(published.is_(None) | (published < until))
        return self._read(_shown_in(query, sections))

    def young(self, since: int, sections: Iterable[str] | None) -> list[Known]:
        """The archived articles published after `since`, newest first."""
        query = (
            sa.select(*_KNOWN)
            .where(articles.c.published > since, articles.c.state == ARCHIVED, articles.c.reason.is_(None))
            .order_by(articles.c.published.desc(), articles.c.id)
        )
        return self._read(_shown_in(query, sections))

    def _read(self, query: sa.Select[Any]) -> list[Known]:
        with self.transaction() as connection:
            return [Known(*row) for row in connection.execute(query)]

    def states(self) -> dict[str, int]:
        """How many articles are in each state."""
        query = sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state)
        with self.transaction() as connection:
            counts = {state: count for state, count in connection.execute(query)}
        return {state: counts.get(state, 0) for state in STATES}

    def sections_of(self, article: str) -> list[str]:
        """The slugs of the listings that have shown an article, sorted."""
        query = sa.select(sightings.c.section).where(sightings.c.article == article)
        with self.transaction() as connection:
            return sorted(connection.scalars(query))

    # What happens to an article ----------------------------------------------------------

    def discover(self, found: Iterable[tuple[str, str, str, str | None]]) -> set[str]:
        """Note articles that a listing shows: (id, url, found_by, section). The new ids.

        Known ones are seen again; each sighting in a section is kept once.
        """
        entries = list(found)
        moment = now()
        with self.transaction() as connection:
            known = self.known(entry[0] for entry in entries)
            fresh = {entry[0]: entry for entry in entries if entry[0] not in known}
            if fresh:
                rows = [
                    {"id": each, "url": url, "state": DISCOVERED, "found_by": found_by, "first_seen": moment,
                     "last_seen": moment, "attempts": 0, "retry_at": 0, "revision": 0}
                    for each, url, found_by, _ in fresh.values()
                ]  # fmt: skip
                connection.execute(self._insert_ignore(articles), rows)
            if known:
                seen = articles.update().where(articles.c.id.in_([each.id for each in known.values()]))
                connection.execute(seen.values(last_seen=moment))
            shown = [
                {"article": known[each].id if each in known else each, "section": section}
                for each, _, _, section in entries
                if section
            ]
            if shown:
                connection.execute(self._insert_ignore(sightings), shown)
        return set(fresh)

    def claim(self, found: Iterable[tuple[str, str, str, str | None]], spiders: Iterable[str]) -> set[str]:
        """Take over what was found by one of `spiders` and never archived; the ids.

        What the site lists is asked from the site, though a web archive showed it first;
        and a web archive may have what the site has lost.
        """
        entries = {entry[0]: entry for entry in found}
        with self.transaction() as connection:
            known = self.known(entries)
            taken = {each for each, row in known.items() if not row.revision and row.door in set(spiders)}
            for each in taken:
                row = articles.update().where(articles.c.id == known[each].id)
                _, url, found_by, _ = entries[each]
                values = {"url": url, "found_by": found_by, "state": DISCOVERED, "reason": None}
                connection.execute(row.values(**values, attempts=0, retry_at=0))
        return taken

    def set_state(self, article: str, state: str, reason: str | None = None) -> None:
        """An article came to an end: gone, rejected or failed. Failures pause, longer each time.

        What is archived stays archived; that it has gone since is its `reason`.
        """
        with self.transaction() as connection:
            query = sa.select(articles.c.state, articles.c.attempts).where(articles.c.id == article)
            row = connection.execute(query).first()
            if row is None or (row.state == ARCHIVED and state != GONE):
                return
            values: dict[str, Any] = {"reason": reason, "fetched": now()}
            if row.state != ARCHIVED:
                values["state"] = state
            if state == FAILED:
                values |= {"attempts": row.attempts + 1, "retry_at": now() + FIRST_PAUSE * 2**row.attempts}
            connection.execute(articles.update().where(articles.c.id == article).values(values))

    def set_published(self, article: str, moment: int | None) -> None:
        """Keep what was read of an article that lies outside the range of this run."""
        with self.transaction() as connection:
            connection.execute(articles.update().where(articles.c.id == article).values(published=moment))

    def touch(self, article: str, captured: int | None = None) -> None:
        """An article has not changed: the site says so, or served the same at `captured`."""
        with self.transaction() as connection:
            row = articles.update().where(articles.c.id == article)
            connection.execute(row.values(fetched=now()))
            if captured is not None:
                later = articles.c.captured.is_(None) | (articles.c.captured < captured)
                connection.execute(row.where(later).values(captured=captured))

    def add_aliases(self, article: str, names: Iterable[str]) -> None:
        """Join other ids to `article`; what stood under them becomes its own."""
        with self.transaction() as connection:
            for alias in names:
                if alias == article:
                    continue
                connection.execute(self._insert_ignore(aliases), [{"alias": alias, "article": article}])
                moved = sa.select(sa.literal(article), sightings.c.section).where(
                    sightings.c.article == alias
                )
                slugs = [slug for _, slug in connection.execute(moved)]
                if slugs:
                    rows = [{"article": article, "section": slug} for slug in slugs]
                    connection.execute(self._insert_ignore(sightings), rows)
                connection.execute(sightings.delete().where(sightings.c.article == alias))
                unread = articles.c.state != ARCHIVED
                connection.execute(articles.delete().where(articles.c.id == alias).where(unread))

    def _insert_ignore(self, table: sa.Table) -> Any:
        """INSERT that leaves a row alone which is there already."""
        if self.is_sqlite:
            return sqlite.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()

    # Listings ----------------------------------------------------------------------------

    def listing(self, url: str) -> Any:
        """The row of a listing, or None."""
        with self.transaction() as connection:
            return connection.execute(sa.select(listings).where(listings.c.url == url)).first()

    def finish_walk(self, url: str, section: str, complete_since: int, validators: Validators) -> None:
        """A walk came to its end: all that the listing shows down to that day (0: all) is noted.

        The time is that of the end: what was first seen later belongs to a walk that has
        not ended, and no walk may stop at it.
        """
        self._finish(url, section, validators, complete_since=complete_since)

    def finish_feed(self, url: str, section: str | None, newest: int | None, validators: Validators) -> None:
        """A feed or site map was read to its end; `newest` is the time of its newest entry."""
        self._finish(url, section, validators, newest=newest)

    def place(self, url: str) -> str | None:
        """Where the unfinished walk through the index of a web archive stands, as `set_place` keeps it."""
        row = self.listing(url)
        return row.place if row else None

    def set_place(self, url: str, place: str | None) -> None:
        """Keep the place of a walk; None where it came to its end."""
        if place:
            self._update_listing(url, None, place=place)
        else:
            self._update_listing(url, None, place=None, walked=now())

    def _finish(self, url: str, section: str | None, validators: Validators, **values: Any) -> None:
        etag, modified = validators
        self._update_listing(url, section, etag=etag, last_modified=modified, walked=now(), **values)

    def _update_listing(self, url: str, section: str | None, **values: Any) -> None:
        with self.transaction() as connection:
            connection.execute(self._insert_ignore(listings), [{"url": url, "section": section}])
            connection.execute(listings.update().where(listings.c.url == url).values(values))

    # Runs and segments -------------------------------------------------------------------

    def begin_run(self, job: str, spider: str, arguments: str) -> None:
        with self.transaction() as connection:
            connection.execute(runs.delete().where(runs.c.job == job))
            connection.execute(
                runs.insert().values(job=job, spider=spider, arguments=arguments, started=now())
            )

    def end_run(self, job: str, outcome: str, stats: str) -> None:
        with self.transaction() as connection:
            end = runs.update().where(runs.c.job == job)
            connection.execute(end.values(ended=now(), outcome=outcome, stats=stats))

    def past_stats(self, spider: str, limit: int) -> list[dict[str, Any]]:
        """The stats of a spider's last runs that ended, newest first."""
        ended = (runs.c.spider == spider) & runs.c.stats.is_not(None)
        query = sa.select(runs.c.stats).where(ended).order_by(runs.c.started.desc()).limit(limit)
        with self.transaction() as connection:
            return [json.loads(stats) for stats in connection.scalars(query)]

    def segment_number(self, name: str, run: str) -> int:
        """The number of a segment, which is entered with no length where it is new."""
        with self.transaction() as connection:
            connection.execute(self._insert_ignore(segments), [{"name": name, "run": run, "length": 0}])
            number = connection.scalar(sa.select(segments.c.number).where(segments.c.name == name))
            assert number is not None
            return int(number)

    def all_segments(self) -> list[Any]:
        with self.transaction() as connection:
            return list(connection.execute(sa.select(segments).order_by(segments.c.number)))


def _found_in(spider: str) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(articles.c.found_by, "").startswith(f"{spider}:", autoescape=True)


def _shown_in(query: Any, sections: Iterable[str] | None) -> Any:
    if sections is None:
        return query
    shown = sa.select(sightings.c.article).where(sightings.c.section.in_(list(sections)))
    return query.where(articles.c.id.in_(shown))


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _explain(error: DatabaseError, url: str) -> ArchiveError:
    """What SQLite's words mean for the one who runs the crawl."""
    said = str(error.orig)
    if "locked" in said or "busy" in said:
        return ArchiveError("archive_locked", f"The ledger {url} is locked by another program: {said}.")
    if "malformed" in said or "not a database" in said:
        return ArchiveError(
            "archive_damaged",
            f"The ledger {url} is damaged ({said}). The articles are safe in their segments: "
            "scrapy verify --repair makes a new ledger from them.",
        )
    return ArchiveError(
        "archive_not_writable",
        f"The ledger {url} cannot be used: {said}. Is HERALD_ARCHIVE writable, the disk full?",
    )
