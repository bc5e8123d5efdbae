"""Copies into browse.sqlite what an archive has gained since the last update.

For each segment the catalogue stores the length that was read. Listings and aliases that the ledger
learned without a new line are found by the time at which a run last met the article.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.ledger import ARCHIVED
from herald_spider.archive.schema import aliases, articles, lines, segments
from herald_spider.archive.view import BATCH, Learnt, View, learnt, read_places
from herald_spider.browse.rows import Value, article_row, revision_row, stored
from herald_spider.browse.schema import columns, put

_SLACK = 600  # seconds by which the clocks of machines that share a ledger may differ
_TOGETHER = 200  # segments in one query

# Statements before and after the articles of a batch are written. One statement for the whole batch,
# because the full-text index writes to disk after each.
_THESE = "FROM articles WHERE id IN (SELECT value FROM json_each(?))"
_BEFORE = (
    f"""
    INSERT INTO articles_fts (articles_fts, rowid, headline, subheadline, body)
    SELECT 'delete', rowid, headline, subheadline, body {_THESE}
    """,
    f"""
    INSERT OR REPLACE INTO revisions
    SELECT id, {", ".join(columns("revisions")[1:])} {_THESE}
    """,
)
_AFTER = f"""
    INSERT INTO articles_fts (rowid, headline, subheadline, body)
    SELECT rowid, headline, subheadline, body {_THESE}
    """

Begin = Callable[[int], None]  # called with the number of lines to read


class Stale(Exception):
    """The file no longer agrees with the archive and must be rebuilt."""


class Intake:
    """Reads from a snapshot of the ledger, and writes to `file` in a transaction of the caller."""

    def __init__(self, view: View, ledger: sa.Connection, file: sqlite3.Connection):
        self.view, self.ledger, self.file = view, ledger, file

    def articles(self) -> int:
        count: int = self.file.execute("SELECT count(*) FROM articles").fetchone()[0]
        return count

    def agrees(self) -> bool:
        """Return True if the file has all articles of the ledger with all their revisions."""
        count, total = sa.func.count(), sa.func.coalesce(sa.func.sum(articles.c.revision), 0)
        known = self.ledger.execute(sa.select(count, total).where(articles.c.state == ARCHIVED)).one()
        taken = self.file.execute("SELECT count(*), coalesce(sum(revision), 0) FROM articles").fetchone()
        earlier = self.file.execute("SELECT count(*) FROM revisions").fetchone()[0]
        is_whole = self.ledger.scalar(_count(sa.true())) == taken[0] + earlier
        return is_whole and tuple(map(int, known)) == tuple(taken)

    def advance(self, begin: Begin) -> int:
        """Add what is new and return the number of articles written.

        Raises `Stale`, and `ArchiveError` if a line cannot be read.
        """
        if self._fact("identity") not in ("", self.view.ledger.identity):
            raise Stale
        is_first = not self.articles()
        conditions = self._new_lines()
        begin(sum(self.ledger.scalar(_count(where)) or 0 for where in conditions))
        written = sum(self._copy(_lines(where)) for where in conditions)
        if not is_first:
            self._refresh()
        self._note()
        return written

    # Lines -----------------------------------------------------------------------------

    def _new_lines(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions for the lines that are not in the file. Raises `Stale`."""
        known = self.ledger.execute(sa.select(segments)).all()
        taken: dict[str, int] = dict(self.file.execute("SELECT name, taken FROM segments"))
        lengths = {row.name: row.length for row in known}
        if any(lengths.get(name, -1) < length for name, length in taken.items()):
            raise Stale
        if not taken:
            return [sa.true()]
        parts = [
            (lines.c.segment == row.number) & (lines.c.offset >= taken.get(row.name, 0))
            for row in known
            if row.length > taken.get(row.name, 0)
        ]
        return [sa.or_(*parts[start : start + _TOGETHER]) for start in range(0, len(parts), _TOGETHER)]

    def _copy(self, query: sa.Select[Any]) -> int:
        """Write the lines of `query` and return the number of newest revisions."""
        newest: list[tuple[Value, ...]] = []
        earlier: list[tuple[Value, ...]] = []
        written = 0
        for row, record in read_places(self.view, self.ledger, query):
            if row.is_newest:
                newest.append(_row(article_row, row, record))
            else:
                earlier.append(_row(revision_row, row, record))
            if len(newest) + len(earlier) == BATCH:
                written += self._write(newest, earlier)
        return written + self._write(newest, earlier)

    def _write(self, newest: list[tuple[Value, ...]], earlier: list[tuple[Value, ...]]) -> int:
        count, ids = len(newest), json.dumps([row[0] for row in newest])
        for statement in _BEFORE:
            self.file.execute(statement, (ids,))
        self.file.executemany(put("articles", "id"), newest)
        self.file.execute(_AFTER, (ids,))
        self.file.executemany(put("revisions", "article, revision"), earlier)
        newest.clear()
        earlier.clear()
        return count

    # Listings and aliases ----------------------------------------------------------------

    def _refresh(self) -> None:
        """Merge the listings and aliases of the articles that runs have met since."""
        met = _when_met() >= int(self._fact("met") or 0)
        self._merge_into(sa.select(articles.c.id).where(articles.c.state == ARCHIVED, met))
        if self._fact("aliases") != str(self._count_aliases()):  # some came without a new visit
            self._merge_into(sa.select(aliases.c.article).distinct())

    def _merge_into(self, query: sa.Select[Any]) -> None:
        rows = self.ledger.execute(query, execution_options={"yield_per": BATCH})
        for part in rows.partitions(BATCH):
            ids = [row[0] for row in part]
            since = learnt(self.ledger, ids)
            for article in ids:
                self._merge(article, since)

    def _merge(self, article: str, since: Learnt) -> None:
        query = "SELECT listed_in, aliases, url FROM articles WHERE id = ?"
        row = self.file.execute(query, (article,)).fetchone()
        if row is None:  # the article is not archived
            return
        record = {"listed_in": json.loads(row[0]), "aliases": json.loads(row[1]), "url": row[2]}
        since.merge(article, record)
        merged = stored(record["listed_in"]), stored(record["aliases"])
        if merged != row[:2]:
            change = "UPDATE articles SET listed_in = ?, aliases = ? WHERE id = ?"
            self.file.execute(change, (*merged, article))

    def _count_aliases(self) -> int:
        return self.ledger.scalar(sa.select(sa.func.count()).select_from(aliases)) or 0

    # Facts -------------------------------------------------------------------------------

    def _fact(self, name: str) -> str:
        row = self.file.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def _note(self) -> None:
        met = (self.ledger.scalar(sa.select(sa.func.max(_when_met()))) or 0) - _SLACK
        facts = [
            ("identity", self.view.ledger.identity),
            ("met", str(met)),
            ("aliases", str(self._count_aliases())),
        ]
        self.file.executemany(put("facts", "name"), facts)
        lengths = self.ledger.execute(sa.select(segments.c.name, segments.c.length))
        self.file.executemany(put("segments", "name"), map(tuple, lengths))


def _row(
    make: Callable[[str, int, dict[str, Any]], tuple[Value, ...]], line: Any, record: dict[str, Any]
) -> tuple[Value, ...]:
    try:
        return make(line.article, line.revision, record)
    except (AttributeError, KeyError, TypeError) as error:  # the line is damaged
        text = f"Article {line.article} cannot be read ({error!r}). Run scrapy verify."
        raise ArchiveError("archive_damaged", text) from None


def _lines(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the query of the lines of archived articles, in the order of the segments."""
    is_newest = (lines.c.revision == articles.c.revision).label("is_newest")
    place = segments.c.name, lines.c.offset, lines.c.length
    query = sa.select(lines.c.article, lines.c.revision, is_newest, *place)
    query = query.join(articles, articles.c.id == lines.c.article)
    query = query.join(segments, segments.c.number == lines.c.segment)
    query = query.where(articles.c.state == ARCHIVED, where)
    return query.order_by(lines.c.segment, lines.c.offset)


def _count(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(lines).where(where)


def _when_met() -> sa.ColumnElement[int]:
    """Return the time at which a run last met an article, in a listing or on its page."""
    fetched = sa.func.coalesce(articles.c.fetched, 0)
    return sa.case((fetched > articles.c.last_seen, fetched), else_=articles.c.last_seen)
