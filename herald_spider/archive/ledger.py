"""The ledger: what is known of each article, listing, run and segment.

One code for SQLite and PostgreSQL.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from herald_spider import __version__
from herald_spider.archive.database import transactional
from herald_spider.archive.revisions import merge
from herald_spider.archive.schema import aliases, articles, claims, listings, runs, segments, sightings
from herald_spider.archive.versioned import VersionedDatabase

DISCOVERED, ARCHIVED, GONE, REJECTED, FAILED = "discovered", "archived", "gone", "rejected", "failed"
STATES = (DISCOVERED, ARCHIVED, GONE, REJECTED, FAILED)
# Spiders that read copies of the site: the articles they discover have the addresses of the copies.
COPIES = ("wayback", "warc")
MAX_ATTEMPTS = 6
FIRST_PAUSE = 1800  # seconds after a first failure; doubled by each further one
_IN = 500  # ids in one query; SQLite's oldest limit is 999 variables


@dataclass(frozen=True)
class Known:
    """An article's row in the ledger. Times are seconds since 1970."""

    id: str
    url: str
    state: str
    content_hash: str | None
    revision: int  # 0 if the article is not archived
    etag: str | None
    last_modified: str | None
    found_by: str | None  # spider and listing that discovered it
    first_seen: int
    captured: int | None
    published: int | None
    headline: str | None  # hash of it, see `values.headline_hash`
    sequence: int  # compared with the `sequence` of a listing: see `finish_walk`

    @property
    def source(self) -> str:
        """The spider that discovered it."""
        return (self.found_by or "").partition(":")[0]


Validators = tuple[str | None, str | None]  # ETag, Last-Modified
Finding = tuple[str, str, str, str | None]  # id, url, found_by, section of the listing

_KNOWN = [articles.c[name] for name in Known.__dataclass_fields__]
# Built once: these two are run for every article.
_IDS: sa.BindParameter[str] = sa.bindparam("ids", expanding=True)
_BY_ID = sa.union_all(
    sa.select(articles.c.id.label("asked"), *_KNOWN).where(articles.c.id.in_(_IDS)),
    sa.select(aliases.c.alias, *_KNOWN)
    .join(articles, articles.c.id == aliases.c.article)
    .where(aliases.c.alias.in_(_IDS)),
)
_SHOWN = sa.select(sightings.c.section).distinct().where(sightings.c.article.in_(_IDS))


def now() -> int:
    return int(time.time())


def parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield the different `ids` in parts of the size that one query takes."""
    different = list(dict.fromkeys(ids))
    return (different[start : start + _IN] for start in range(0, len(different), _IN))


class Ledger(VersionedDatabase):
    """The ledger at a URL; it is made if it does not exist.

    Every method is one transaction, or part of the one that its caller opened. All raise
    `ArchiveError` if the database fails.
    """

    # Articles that are known -------------------------------------------------------------

    @transactional
    def known(self, connection: sa.Connection, ids: Collection[str]) -> dict[str, Known]:
        """Return the articles that have one of `ids`, also as an alias, by the given id."""
        found: dict[str, Known] = {}
        for part in parts(ids):
            # Rows found by an alias come last and replace rows found by the id itself.
            rows = {asked: row for asked, *row in connection.execute(_BY_ID, {"ids": part})}
            found |= {each: Known(*rows[each]) for each in part if each in rows}
        return found

    def owner(self, ids: Collection[str]) -> str | None:
        """Return the id under which an article with one of `ids` is archived, or None."""
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
        """Return up to `limit` articles that a run has to fetch, the oldest discovery first.

        These are discovered articles, failed ones whose pause is over, and gone ones that a
        listing has shown since. `since` and `until` bound the time of publication if it is known;
        `sections` are slugs of listings of which one must have shown the article, None for any. `copies`
        names the spider (of `COPIES`) that must have discovered them; None excludes both.
        `after` is the last article of the previous call.
        """
        pending: sa.ColumnElement[bool] = articles.c.state.in_((DISCOVERED, FAILED))
        if not copies:
            pending |= (articles.c.state == GONE) & (articles.c.last_seen > articles.c.fetched)
        order = articles.c.first_seen, articles.c.id
        query = sa.select(*_KNOWN).where(pending, _is_due()).order_by(*order).limit(limit)
        query = query.where(_found_in(copies) if copies else ~sa.or_(*map(_found_in, COPIES)))
        if after is not None:
            query = query.where(sa.tuple_(*order) > sa.tuple_(after.first_seen, after.id))
        published = articles.c.published
        if since is not None:
            query = query.where(published.is_(None) | (published >= since))
        if until is not None:
            query = query.where(published.is_(None) | (published < until))
        return self._read(_shown_in(query, sections))

    def young(self, since: int, sections: Iterable[str] | None, until: int | None = None) -> list[Known]:
        """Return the archived articles published after `since` and before `until`, the newest first.

        An article that has gone since is among them once its pause is over.
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
        """Return the number of articles in each state."""
        query = sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state)
        counts = {state: count for state, count in connection.execute(query)}
        return {state: counts.get(state, 0) for state in STATES}

    def sections_of(self, ids: Collection[str]) -> list[str]:
        """Return the slugs of the listings that have shown an article under one of `ids`, sorted."""
        return sorted(self.column(_SHOWN, {"ids": list(ids)}))

    # Changes of articles -------------------------------------------------------------------

    @transactional
    def discover(self, connection: sa.Connection, found: Collection[Finding]) -> set[str]:
        """Enter articles that a listing shows; return the ids of the new ones."""
        moment, known = now(), self.known([entry[0] for entry in found])
        fresh = {entry[0]: entry for entry in found if entry[0] not in known}
        if fresh:
            sequence = self._next_sequence(connection)
            rows = [
                {"id": each, "url": url, "state": DISCOVERED, "found_by": found_by, "first_seen": moment,
                 "last_seen": moment, "attempts": 0, "retry_at": 0, "revision": 0, "sequence": sequence}
                for each, url, found_by, _ in fresh.values()
            ]  # fmt: skip
            connection.execute(self._insert_ignore(articles), rows)
        for part in parts(known[each].id for each, *_ in found if each in known):
            seen = articles.update().where(articles.c.id.in_(part))
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
        self, connection: sa.Connection, found: Collection[Finding], spiders: Collection[str]
    ) -> set[str]:
        """Reassign articles that one of `spiders` discovered and none archived; return their ids.

        An article that a web archive showed first is fetched from the site once the site lists it, and
        the other way round for articles that the site has lost.
        """
        entries, taken = {entry[0]: entry for entry in found}, set()
        for each, known in self.known(entries).items():
            if known.revision or known.source not in spiders:
                continue
            taken.add(each)
            _, url, found_by, _ = entries[each]
            values = {"url": url, "found_by": found_by, "state": DISCOVERED, "reason": None}
            row = articles.update().where(articles.c.id == known.id)
            connection.execute(row.values(**values, attempts=0, retry_at=0))
        return taken

    @transactional
    def set_state(
        self, connection: sa.Connection, article: str, state: str, reason: str | None = None
    ) -> Any:
        """Mark an article as gone, rejected or failed; return its former state, attempts and reason, or None.

        Failed and gone articles pause before the next attempt, longer each time. An archived
        article stays archived; if it has gone since, its `reason` says so.
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
            # An archived article without a reason has been there since the last attempt.
            tried = 0 if is_archived and row.reason is None else row.attempts
            pause = FIRST_PAUSE * 2 ** min(tried, MAX_ATTEMPTS)
            values |= {"attempts": tried + 1, "retry_at": now() + pause}
        connection.execute(articles.update().where(articles.c.id == article).values(values))
        return row

    @transactional
    def set_published(self, connection: sa.Connection, article: str, moment: int | None) -> None:
        """Set the time of publication of an article that is not archived."""
        row = articles.update().where(articles.c.id == article, articles.c.state != ARCHIVED)
        connection.execute(row.values(published=moment))

    @transactional
    def touch(self, connection: sa.Connection, article: str, captured: int | None = None) -> None:
        """Note that an article has not changed: the site answered so, or served the same at `captured`."""
        row = articles.update().where(articles.c.id == article)
        moment = now() if captured is None else captured
        connection.execute(row.where(articles.c.fetched <= moment).values(reason=None))  # no longer gone
        connection.execute(row.values(fetched=now()))
        if captured is not None:
            later = articles.c.captured.is_(None) | (articles.c.captured < captured)
            connection.execute(row.where(later).values(captured=captured))

    @transactional
    def add_aliases(self, connection: sa.Connection, article: str, names: Collection[str]) -> None:
        """Make `names` aliases of `article`; rows under these ids become part of it."""
        for alias in names:
            if alias == article:
                continue
            connection.execute(self._insert_ignore(aliases), [{"alias": alias, "article": article}])
            moved = sa.select(sa.literal(article).label("article"), sightings.c.section).where(
                sightings.c.article == alias
            )
            rows = [dict(row) for row in connection.execute(moved).mappings()]
            if rows:
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

    @transactional
    def add_claim(self, connection: sa.Connection, article: str, claimed: str, *, is_refused: bool) -> bool:
        """Note that `article` claims the id `claimed`; return True if that is refused for the first time."""
        row = {"article": article, "claimed": claimed, "is_refused": False}
        connection.execute(self._insert_ignore(claims), [row])
        mine = (claims.c.article == article) & (claims.c.claimed == claimed) & ~claims.c.is_refused
        return (
            is_refused
            and connection.execute(claims.update().where(mine).values(is_refused=True)).rowcount > 0
        )

    def _insert_ignore(self, table: sa.Table) -> Any:
        """Return an INSERT that skips rows which exist."""
        if self.is_sqlite:
            return sqlite.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()

    # Listings ----------------------------------------------------------------------------

    @transactional
    def listing(self, connection: sa.Connection, url: str) -> Any:
        """Return the row of a listing, or None."""
        return connection.execute(sa.select(listings).where(listings.c.url == url)).first()

    @transactional
    def finish_walk(
        self, connection: sa.Connection, /, url: str, section: str, complete_since: int, validators: Validators,
    ) -> None:  # fmt: skip
        """Note that a walk has entered everything that a listing shows down to a day (0: everything).

        Articles with a higher `sequence` than the listing were discovered after the end of the walk:
        they may belong to a walk that has not ended, and no walk may stop at them. It is no time,
        because the clock of a machine may go back.
        """
        sequence = self._next_sequence(connection)
        self._finish(url, section, validators, complete_since=complete_since, sequence=sequence)

    @staticmethod
    def _next_sequence(connection: sa.Connection) -> int:
        """Return the number of the next walk to end."""
        return int(connection.scalar(sa.select(sa.func.max(listings.c.sequence))) or 0) + 1

    def finish_feed(self, url: str, section: str | None, newest: int | None, validators: Validators) -> None:
        """Note that a feed or site map was read to its end; `newest` is the time of its newest entry."""
        self._finish(url, section, validators, newest=newest)

    def set_place(self, url: str, place: str | None) -> None:
        """Keep the place of an unfinished walk; None if the walk has ended."""
        self._update_listing(url, None, place=place, **({} if place else {"walked": now()}))

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
    def begin_run(
        self, connection: sa.Connection, job: str, spider: str, arguments: str, host: str | None = None
    ) -> None:
        connection.execute(runs.delete().where(runs.c.job == job))
        row = {"job": job, "spider": spider, "arguments": arguments, "version": __version__, "host": host}
        connection.execute(runs.insert().values(**row, started=now()))

    @transactional
    def end_run(self, connection: sa.Connection, job: str, outcome: str, stats: str) -> None:
        end = runs.update().where(runs.c.job == job)
        connection.execute(end.values(ended=now(), outcome=outcome, stats=stats))

    @transactional
    def set_monitors(self, connection: sa.Connection, job: str, messages: str) -> None:
        """Keep the messages of the failed monitors of a run, as JSON."""
        connection.execute(runs.update().where(runs.c.job == job).values(monitors=messages))

    @transactional
    def count_articles(self, connection: sa.Connection) -> int:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(articles)) or 0)

    @transactional
    def segment_number(self, connection: sa.Connection, name: str, run: str, node: str | None) -> int:
        """Return the number of a segment; a new one is entered with length 0."""
        row = {"name": name, "run": run, "node": node, "length": 0}
        connection.execute(self._insert_ignore(segments), [row])
        number = connection.scalar(sa.select(segments.c.number).where(segments.c.name == name))
        assert number is not None
        return int(number)

    @transactional
    def all_segments(self, connection: sa.Connection) -> list[Any]:
        return list(connection.execute(sa.select(segments).order_by(segments.c.number)))


def _is_due() -> sa.ColumnElement[bool]:
    """Return the condition that the pause after the last attempt is over and an attempt is left."""
    return (articles.c.retry_at <= now()) & (articles.c.attempts < MAX_ATTEMPTS)


def _found_in(spider: str) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(articles.c.found_by, "").startswith(f"{spider}:", autoescape=True)


def _shown_in(query: Any, sections: Iterable[str] | None) -> Any:
    if sections is None:
        return query
    shown = sa.select(sightings.c.article).where(sightings.c.section.in_(list(sections)))
    return query.where(articles.c.id.in_(shown))
