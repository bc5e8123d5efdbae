"""Copies into browse.sqlite what an archive has gained since the last update.

Runs note in the ledger when they met an article, in a listing or on its page. All lines of the articles
that were met since the last update are read again, and the rows that differ are written.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from itertools import islice
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.ledger import ARCHIVED
from herald_spider.archive.schema import aliases, articles, lines, segments, sightings
from herald_spider.archive.view import BATCH, View, read_places
from herald_spider.browse.schema import Row, article_row, columns, put, revision_row

_SLACK = 600  # seconds by which the clocks of machines that share a ledger may differ

# Statements before and after the articles of a batch are written. One statement for the whole batch,
# because the full-text index writes to disk after each.
_THESE = "FROM articles WHERE id IN (SELECT value FROM json_each(?))"
_BEFORE = f"""
    INSERT INTO articles_fts (articles_fts, rowid, headline, subheadline, body)
    SELECT 'delete', rowid, headline, subheadline, body {_THESE}
    """
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
        is_whole = self._count(lines) == taken[0] + earlier
        return is_whole and tuple(map(int, known)) == tuple(taken)

    def advance(self, begin: Begin) -> int:
        """Add what is new and return the number of new and revised articles.

        Raises `Stale`, and `ArchiveError` if a line cannot be read.
        """
        before, now = dict(self.file.execute("SELECT name, value FROM facts")), self._facts()
        if before.get("identity", now["identity"]) != now["identity"]:
            raise Stale
        query = _lines(_changed(before, now))
        begin(self.ledger.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0)
        places, written = read_places(self.view, self.ledger, query), 0
        while batch := list(islice(places, BATCH)):
            written += self._write(batch)
        self.file.executemany(put("facts", "name"), now.items())
        return written

    def _facts(self) -> dict[str, str]:
        """Return the facts by which the next update sees what has changed."""
        met = self.ledger.scalar(sa.select(sa.func.max(_when_met()))) or 0
        counts = {table.name: str(self._count(table)) for table in (lines, sightings, aliases)}
        return {"identity": self.view.ledger.identity, "met": str(met), **counts}

    def _count(self, table: sa.Table) -> int:
        return self.ledger.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    def _write(self, batch: list[tuple[Any, dict[str, Any]]]) -> int:
        """Write the rows that differ; return the number of new and revised articles among them."""
        newest: dict[str, Row] = {}
        earlier: list[Row] = []
        for line, record in batch:
            try:
                if line.is_newest:
                    newest[line.article] = article_row(line.article, line.revision, record)
                else:
                    earlier.append(revision_row(line.article, line.revision, record))
            except (AttributeError, KeyError, TypeError) as error:  # the line is damaged
                text = f"Article {line.article} cannot be read ({error!r}). Run scrapy verify."
                raise ArchiveError("archive_damaged", text) from None
        query, revision = f"SELECT * {_THESE}", columns("articles").index("revision")
        known: dict[str, Row] = {row[0]: row for row in self.file.execute(query, (_json(newest),))}
        changed = {each: row for each, row in newest.items() if known.get(each) != row}
        self.file.execute(_BEFORE, (_json(changed),))
        self.file.executemany(put("articles", "id"), changed.values())
        self.file.execute(_AFTER, (_json(changed),))
        self.file.executemany(put("revisions", "article, revision"), earlier)
        return sum(
            each not in known or known[each][revision] != row[revision] for each, row in changed.items()
        )


def _json(ids: dict[str, Any]) -> str:
    return json.dumps(list(ids))


def _changed(before: dict[str, str], now: dict[str, str]) -> sa.ColumnElement[bool]:
    """Return the condition for the articles that may have changed between two states of the facts."""
    if not before:
        return sa.true()
    if before == now:
        return sa.false()
    changed = _when_met() >= int(before["met"]) - _SLACK
    if before["aliases"] != now["aliases"]:  # some were found in copies, and no run has met the article
        changed |= articles.c.id.in_(sa.select(aliases.c.article))
    return changed


def _lines(where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the query of the lines of archived articles, in the order of the segments."""
    is_newest = (lines.c.revision == articles.c.revision).label("is_newest")
    place = segments.c.name, lines.c.offset, lines.c.length
    query = sa.select(lines.c.article, lines.c.revision, is_newest, *place)
    query = query.join(articles, articles.c.id == lines.c.article)
    query = query.join(segments, segments.c.number == lines.c.segment)
    query = query.where(articles.c.state == ARCHIVED, where)
    return query.order_by(lines.c.segment, lines.c.offset)


def _when_met() -> sa.ColumnElement[int]:
    """Return the time at which a run last met an article, in a listing or on its page."""
    fetched = sa.func.coalesce(articles.c.fetched, 0)
    return sa.case((fetched > articles.c.last_seen, fetched), else_=articles.c.last_seen)
