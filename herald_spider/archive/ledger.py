"""The ledger: what is known of each article, listing, run and segment.

One code for SQLite and PostgreSQL; no part of it knows of Scrapy. Every method is one
transaction, or part of the one that its caller opened.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from herald_spider.archive import schema
from herald_spider.archive.database import ArchiveError, Database, transactional
from herald_spider.archive.revisions import merge
from herald_spider.archive.schema import (
    aliases,
    articles,
    facts,
    lines,
    listings,
    runs,
    segments,
    sightings,
)

DISCOVERED, ARCHIVED, GONE, REJECTED, FAILED = "discovered", "archived", "gone", "rejected", "failed"
STATES = (DISCOVERED, ARCHIVED, GONE, REJECTED, FAILED)
# Spiders that read copies of the site: what they found is at their own addresses.
COPIES = ("wayback", "warc")
MAX_ATTEMPTS = 6
FIRST_PAUSE = 1800  # seconds after a first failure; doubled by each further one
_IN = 500  # ids in one question; SQLite's oldest limit is 999 variables


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
Finding = tuple[str, str, str, str | None]  # id, url, found_by, section of the listing

_KNOWN = [articles.c[name] for name in Known.__dataclass_fields__]
# Asked for every article: made once, and once more for a single id, as most have but one; a list is spelt
# out anew each time.
_ID: sa.BindParameter[str] = sa.bindparam("id")
_IDS: sa.BindParameter[str] = sa.bindparam("ids", expanding=True)


def _of(is_meant: Callable[[sa.Column[str]], sa.ColumnElement[bool]]) -> sa.CompoundSelect[Any]:
    return sa.union_all(
        sa.select(articles.c.id.label("asked"), *_KNOWN).where(is_meant(articles.c.id)),
        sa.select(aliases.c.alias, *_KNOWN)
        .join(articles, articles.c.id == aliases.c.article)
        .where(is_meant(aliases.c.alias)),
    )


_OF_IDS, _OF_ID = _of(lambda column: column.in_(_IDS)), _of(lambda column: column == _ID)
_SHOWN = sa.select(sightings.c.section).distinct()
_SHOWN_ANY, _SHOWN_ONE = _SHOWN.where(sightings.c.article.in_(_IDS)), _SHOWN.where(sightings.c.article == _ID)


def _ask(connection: sa.Connection, any_of: Any, one: Any, ids: list[str]) -> Any:
    """The answer to a question about `ids`, in its form for one where there is one."""
    if len(ids) == 1:
        return connection.execute(one, {"id": ids[0]})
    return connection.execute(any_of, {"ids": ids})


def now() -> int:
    return int(time.time())


class Ledger(Database):
    """Opens, or makes, the ledger at `url`.

    Raises `ArchiveError` for one that is locked, damaged, of a newer schema, or of
    another site.
    """

    def __init__(self, url: str, site: str | None = None):
        super().__init__(url)
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
        # After the steps, which are written for tables of their own version.
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
                f"The archive has schema version {version}, of an earlier Herald Spider: it is brought up to "
                f"{schema.VERSION} once one who may write it runs scrapy status.",
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
        for step in range(version, schema.VERSION):
            for statement in schema.MIGRATIONS[step]:
                connection.execute(sa.text(statement))
        if version < schema.VERSION:
            update = facts.update().where(facts.c.name == "schema_version")
            connection.execute(update.values(value=str(schema.VERSION)))

    def _check_site(self, connection: sa.Connection, site: str) -> None:
        owner = self._fact(connection, "site", site)
        if owner != site and connection.scalar(sa.select(lines.c.article).limit(1)) is None:
            # Nothing was kept: the other one was a slip, or a trial.
            connection.execute(facts.update().where(facts.c.name == "site").values(value=site))
            for table in (articles, aliases, sightings, listings):
                connection.execute(table.delete())
        elif owner != site:
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

    @transactional
    def known(self, connection: sa.Connection, ids: Collection[str]) -> dict[str, Known]:
        """What is known of each of `ids`, aliases followed; unknown ones are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Known] = {}
        for start in range(0, len(wanted), _IN):
            part = wanted[start : start + _IN]
            # The rows of aliases come last, and go before what stands under the id itself.
            rows = {asked: row for asked, *row in _ask(connection, _OF_IDS, _OF_ID, part)}
            found |= {each: Known(*rows[each]) for each in part if each in rows}
        return found

    def owner(self, ids: Collection[str]) -> str | None:
        """The id under which an article is archived: that of its first line; None where it has none."""
        return next((each.id for each in self.known(ids).values() if each.revision), None)

    def pending(
        self,
        limit: int,
        since: int | None = None,
        until: int | None = None,
        sections: Iterable[str] | None = None,
        copies: str | None = None,
        after: Known | None = None,
    ) -> list[Known]:
        """What a run takes up first: discovered, and failed whose pause is over.

        So is what was gone, and has been met again since it was asked for: in a listing above all.
        `since` and `until` bound the time of publication where it is known; `sections`
        are the listings that must have shown it, None for any. `copies` names the spider
        whose copies are meant (see `COPIES`); None means what the site itself can give.
        `after` is the last article of an earlier answer, which this one goes on from.
        """
        waits: sa.ColumnElement[bool] = articles.c.state.in_((DISCOVERED, FAILED))
        if not copies:
            waits |= (articles.c.state == GONE) & (articles.c.last_seen > articles.c.fetched)
        query = (
            sa.select(*_KNOWN)
            .where(waits, _is_due())
            .order_by(articles.c.first_seen, articles.c.id)
            .limit(limit)
        )
        query = query.where(_found_in(copies) if copies else ~sa.or_(*map(_found_in, COPIES)))
        if after is not None:
            later = articles.c.first_seen > after.first_seen
            query = query.where(
                later | ((articles.c.first_seen == after.first_seen) & (articles.c.id > after.id))
            )
        published = articles.c.published
        if since is not None:
            query = query.where(published.is_(None) | (published >= since))
        if until is not None:
            query = query.where(published.is_(None) | (published < until))
        return self._read(_shown_in(query, sections))

    def young(self, since: int, sections: Iterable[str] | None, until: int | None = None) -> list[Known]:
        """The archived articles published after `since` and before `until`, newest first.

        What has gone since is among them once its pause is over.
        """
        query = (
            sa.select(*_KNOWN)
            .where(articles.c.published > since, articles.c.state == ARCHIVED)
            .where(articles.c.reason.is_(None) | _is_due())
            .order_by(articles.c.published.desc(), articles.c.id)
        )
        if until is not None:
            query = query.where(articles.c.published < until)
        return self._read(_shown_in(query, sections))

    @transactional
    def _read(self, connection: sa.Connection, query: sa.Select[Any]) -> list[Known]:
        return [Known(*row) for row in connection.execute(query)]

    @transactional
    def states(self, connection: sa.Connection) -> dict[str, int]:
        """How many articles are in each state."""
        query = sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state)
        counts = {state: count for state, count in connection.execute(query)}
        return {state: counts.get(state, 0) for state in STATES}

    @transactional
    def sections_of(self, connection: sa.Connection, ids: Collection[str]) -> list[str]:
        """The slugs of the listings that have shown an article, by any of its `ids`, sorted."""
        return sorted(_ask(connection, _SHOWN_ANY, _SHOWN_ONE, list(ids)).scalars())

    # What happens to an article ----------------------------------------------------------

    @transactional
    def discover(
        self, connection: sa.Connection, found: Collection[Finding], known: Mapping[str, Known] | None = None
    ) -> set[str]:
        """Note articles that a listing shows; the ids of the new ones.

        Known ones are seen again; each sighting in a section is kept once. `known` is what a
        caller knows of all of them already, from the same transaction.
        """
        moment = now()
        known = self.known([entry[0] for entry in found]) if known is None else known
        fresh = {entry[0]: entry for entry in found if entry[0] not in known}
        if fresh:
            rows = [
                {"id": each, "url": url, "state": DISCOVERED, "found_by": found_by, "first_seen": moment,
                 "last_seen": moment, "attempts": 0, "retry_at": 0, "revision": 0}
                for each, url, found_by, _ in fresh.values()
            ]  # fmt: skip
            connection.execute(self._insert_ignore(articles), rows)
        if known_ids := {known[each].id for each, *_ in found if each in known}:
            seen = articles.update().where(articles.c.id.in_(known_ids))
            connection.execute(seen.values(last_seen=moment))
        shown = [
            {"article": known[each].id if each in known else each, "section": section}
            for each, _, _, section in found
            if section
        ]
        if shown:
            connection.execute(self._insert_ignore(sightings), shown)
        return set(fresh)

    @transactional
    def claim(
        self,
        connection: sa.Connection,
        found: Collection[Finding],
        spiders: Collection[str],
        known: Mapping[str, Known] | None = None,
    ) -> set[str]:
        """Take over what was found by one of `spiders` and never archived; the ids.

        What the site lists is asked from the site, though a web archive showed it first;
        and a web archive may have what the site has lost. `known` is as in `discover`.
        """
        entries = {entry[0]: entry for entry in found}
        known = self.known(entries) if known is None else known
        rows = ((each, known[each]) for each in entries if each in known)
        taken = {each for each, row in rows if not row.revision and row.door in set(spiders)}
        for each in taken:
            row = articles.update().where(articles.c.id == known[each].id)
            _, url, found_by, _ = entries[each]
            values = {"url": url, "found_by": found_by, "state": DISCOVERED, "reason": None}
            connection.execute(row.values(**values, attempts=0, retry_at=0))
        return taken

    @transactional
    def set_state(
        self, connection: sa.Connection, article: str, state: str, reason: str | None = None
    ) -> Any:
        """An article came to an end: gone, rejected or failed. What may come yet pauses, longer each time.

        What is archived stays archived; that it has gone since is its `reason`. Its row as it was: state,
        attempts and reason; None for an article that is not known.
        """
        query = sa.select(articles.c.state, articles.c.attempts, articles.c.reason)
        row = connection.execute(query.where(articles.c.id == article)).first()
        if row is None or (row.state == ARCHIVED and state != GONE):
            return row
        is_archived = row.state == ARCHIVED
        values: dict[str, Any] = {"reason": reason, "fetched": now()}
        if not is_archived:
            values["state"] = state
        if state in (FAILED, GONE):
            tried = 0 if is_archived and row.reason is None else row.attempts  # it was there in between
            pause = FIRST_PAUSE * 2 ** min(tried, MAX_ATTEMPTS)
            values |= {"attempts": tried + 1, "retry_at": now() + pause}
        connection.execute(articles.update().where(articles.c.id == article).values(values))
        return row

    @transactional
    def set_published(self, connection: sa.Connection, article: str, moment: int | None) -> None:
        """Keep what was read of an article outside the range of this run; of an archived one its line tells."""
        row = articles.update().where(articles.c.id == article, articles.c.state != ARCHIVED)
        connection.execute(row.values(published=moment))

    @transactional
    def touch(self, connection: sa.Connection, article: str, captured: int | None = None) -> None:
        """An article has not changed: the site says so, or served the same at `captured`."""
        row = articles.update().where(articles.c.id == article)
        moment = now() if captured is None else captured
        connection.execute(row.where(articles.c.fetched <= moment).values(reason=None))  # it is there again
        connection.execute(row.values(fetched=now()))
        if captured is not None:
            later = articles.c.captured.is_(None) | (articles.c.captured < captured)
            connection.execute(row.where(later).values(captured=captured))

    @transactional
    def add_aliases(self, connection: sa.Connection, article: str, names: Collection[str]) -> None:
        """Join other ids to `article`; what stood under them becomes its own."""
        for alias in names:
            if alias == article:
                continue
            connection.execute(self._insert_ignore(aliases), [{"alias": alias, "article": article}])
            moved = sa.select(sa.literal(article), sightings.c.section).where(sightings.c.article == alias)
            slugs = [slug for _, slug in connection.execute(moved)]
            if slugs:
                rows = [{"article": article, "section": slug} for slug in slugs]
                connection.execute(self._insert_ignore(sightings), rows)
            connection.execute(sightings.delete().where(sightings.c.article == alias))
            connection.execute(aliases.update().where(aliases.c.article == alias).values(article=article))
            connection.execute(aliases.delete().where(aliases.c.alias == article))
            query = sa.select(articles.c.id, articles.c.revision).where(articles.c.id.in_((article, alias)))
            known = {name: revision for name, revision in connection.execute(query)}
            if known.get(alias) and article in known:
                merge(connection, article, alias)
            elif not known.get(alias):
                connection.execute(articles.delete().where(articles.c.id == alias))

    def _insert_ignore(self, table: sa.Table) -> Any:
        """INSERT that leaves a row alone which is there already."""
        if self.is_sqlite:
            return sqlite.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()

    # Listings ----------------------------------------------------------------------------

    @transactional
    def listing(self, connection: sa.Connection, url: str) -> Any:
        """The row of a listing, or None."""
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
        """Where an unfinished walk stands, in its spider's own form, as `set_place` keeps it."""
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

    @transactional
    def _update_listing(
        self, connection: sa.Connection, /, url: str, section: str | None, **values: Any
    ) -> None:
        connection.execute(self._insert_ignore(listings), [{"url": url, "section": section}])
        connection.execute(listings.update().where(listings.c.url == url).values(values))

    # Runs and segments -------------------------------------------------------------------

    @transactional
    def begin_run(self, connection: sa.Connection, job: str, spider: str, arguments: str) -> None:
        connection.execute(runs.delete().where(runs.c.job == job))
        connection.execute(runs.insert().values(job=job, spider=spider, arguments=arguments, started=now()))

    @transactional
    def end_run(self, connection: sa.Connection, job: str, outcome: str, stats: str) -> None:
        end = runs.update().where(runs.c.job == job)
        connection.execute(end.values(ended=now(), outcome=outcome, stats=stats))

    @transactional
    def set_monitors(self, connection: sa.Connection, job: str, said: str) -> None:
        """Keep what the monitors said of a run, as JSON."""
        connection.execute(runs.update().where(runs.c.job == job).values(monitors=said))

    @transactional
    def count_articles(self, connection: sa.Connection) -> int:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(articles)) or 0)

    @transactional
    def segment_number(self, connection: sa.Connection, name: str, run: str, node: str | None) -> int:
        """The number of a segment, which is entered with no length where it is new."""
        row = {"name": name, "run": run, "node": node, "length": 0}
        connection.execute(self._insert_ignore(segments), [row])
        number = connection.scalar(sa.select(segments.c.number).where(segments.c.name == name))
        assert number is not None
        return int(number)

    @transactional
    def segment_length(self, connection: sa.Connection, number: int) -> int:
        """The committed length of a segment."""
        query = sa.select(segments.c.length).where(segments.c.number == number)
        return int(connection.scalar(query) or 0)

    @transactional
    def all_segments(self, connection: sa.Connection) -> list[Any]:
        return list(connection.execute(sa.select(segments).order_by(segments.c.number)))


def _is_due() -> sa.ColumnElement[bool]:
    """Whether the pause after the last attempt is over, and not all attempts are used up."""
    return (articles.c.retry_at <= now()) & (articles.c.attempts < MAX_ATTEMPTS)


def _found_in(spider: str) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(articles.c.found_by, "").startswith(f"{spider}:", autoescape=True)


def _shown_in(query: Any, sections: Iterable[str] | None) -> Any:
    if sections is None:
        return query
    shown = sa.select(sightings.c.article).where(sightings.c.section.in_(list(sections)))
    return query.where(articles.c.id.in_(shown))
