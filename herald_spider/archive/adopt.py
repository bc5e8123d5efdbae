"""Lines of segments entered into the ledger again, by a repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

import herald_spider.archive.near_duplicates as near_duplicates
from herald_spider.archive.ledger import ARCHIVED, DISCOVERED, Ledger
from herald_spider.archive.lines import SegmentReader, UnreadableLine, ids_of, read
from herald_spider.archive.revisions import lines_of, newest_line, number
from herald_spider.archive.schema import articles, lines, segments
from herald_spider.archive.values import captured, day_of, fetched, headline_hash, published, revision_hash
from herald_spider.items import Article

_PLACE = ("revision", "segment", "offset", "length", "content_hash")
# Without validators the site cannot answer "not modified" for a lost revision.
_UNCONDITIONAL = {"etag": None, "last_modified": None, "captured": None}
_ARCHIVED: dict[str, Any] = {
    **_UNCONDITIONAL,
    "state": ARCHIVED,
    # The reason of an archived article says that it has gone since; any other is obsolete.
    "reason": sa.case((articles.c.state == ARCHIVED, articles.c.reason), else_=None),
}
_PENDING: dict[str, Any] = {
    **_UNCONDITIONAL,
    "state": DISCOVERED,
    "reason": None,
    "revision": 0,
    "attempts": 0,
    "retry_at": 0,
    "duplicate_of": None,
}


@dataclass(frozen=True)
class Place:
    """The place of a line: number of the segment, offset and length in bytes."""

    segment: int
    offset: int
    length: int


def adopt(
    ledger: Ledger, reader: SegmentReader, item: Article, place: Place, *,
    near: bool = True, checksum: int | None = None,
) -> bool:  # fmt: skip
    """Enter a line. Return False if the ledger has that revision of the article.

    If its revision number belongs to other content, the line is from another ledger that was lost
    or restored: all revisions are then numbered in the order in which the site served them.
    """
    ids, digest = ids_of(item), revision_hash(item)
    with ledger.transaction() as connection:
        article = ledger.owner(ids) or ids[0]
        is_new = _discover(ledger, article, item)
        ledger.add_aliases(article, ids)
        query = sa.select(lines.c.revision, lines.c.content_hash).where(lines.c.article == article)
        kept = {revision: content for revision, content in connection.execute(query)}
        if kept.get(item.revision) == digest:
            return False
        is_free = item.revision not in kept
        where = {**asdict(place), "revision": item.revision if is_free else 0, "content_hash": digest}
        connection.execute(lines.insert().values(article=article, checksum=checksum, **where))
        if not is_free or _is_late(ledger, article, item):
            number(connection, article, _in_order(connection, reader, article))
        newest = connection.execute(newest_line(article)).one()
        row = articles.update().where(articles.c.id == article)
        if (newest.segment, newest.offset) != (place.segment, place.offset):
            connection.execute(row.values(revision=newest.revision))
            return True
        where["revision"] = newest.revision
        connection.execute(row.values({**_ARCHIVED, **_description(item, is_new), **where}))
        if near:
            _remember(connection, article, item)
    return True


def _is_late(ledger: Ledger, article: str, item: Article) -> bool:
    """Return True if a revision with a higher number than the newest was served before it."""
    row = ledger.known([article])[article]
    return 0 < row.revision < item.revision and captured(item) < (row.captured or 0)


def _in_order(connection: sa.Connection, reader: SegmentReader, article: str) -> list[Any]:
    """Return the rows of an article's lines in the order in which the site served them."""
    query = lines_of(article).join(segments, segments.c.number == lines.c.segment, isouter=True)
    rows = []
    for row in connection.execute(query.add_columns(segments.c.name)).mappings():
        line = {column.name: row[column.name] for column in lines.c}
        try:
            item = read(reader.piece(row["name"] or "", row["offset"], row["length"]))
        except UnreadableLine:
            rows.append((0, row["revision"], line))
        else:
            rows.append((captured(item), item.revision, {**line, "revision": item.revision}))
    return [line for *_, line in sorted(rows, key=lambda each: each[:2])]


def _discover(ledger: Ledger, article: str, item: Article) -> bool:
    """Enter an article and the listings that showed it; return True if it is new."""
    shown: list[str | None] = [*item.listed_in] or [None]
    entries = [(article, item.url or "", item.discovered_via or "", section) for section in shown]
    return bool(ledger.discover(entries))


def _description(item: Article, is_new: bool) -> dict[str, Any]:
    """Return the columns of an article's row that come from its newest line."""
    moment = fetched(item)
    seen = {"first_seen": moment, "last_seen": moment} if is_new else {}
    return {
        "url": item.url,
        "fetched": moment,
        "captured": captured(item),
        "published": published(item),
        "section": item.subsection or item.section,
        "headline": headline_hash(item),
        "duplicate_of": item.duplicate_of,
        **seen,
    }


def _remember(connection: sa.Connection, article: str, item: Article) -> None:
    signature = near_duplicates.fingerprint(item.body) if item.body else None
    if signature:
        near_duplicates.remember(connection, [(article, day_of(item), signature)])


def repoint(connection: sa.Connection, reader: SegmentReader, ids: Iterable[str]) -> int:
    """Point articles to their newest lines; return the number of those without one, which are fetched again."""
    waiting = 0
    for article in ids:
        line = connection.execute(newest_line(article)).first()
        row = articles.update().where(articles.c.id == article)
        values = {name: getattr(line, name) for name in _PLACE} if line else dict.fromkeys(_PLACE)
        if line:
            values |= {**_described(connection, reader, line), **_ARCHIVED}
        else:
            values |= _PENDING
        changed = connection.execute(row.values(values)).rowcount
        waiting += 0 if line else changed
    return waiting


def _described(connection: sa.Connection, reader: SegmentReader, line: Any) -> dict[str, Any]:
    """Return the columns that come from a line; none if it cannot be read."""
    name = connection.scalar(sa.select(segments.c.name).where(segments.c.number == line.segment))
    try:
        return _description(read(reader.piece(name or "", line.offset, line.length)), is_new=False)
    except UnreadableLine:
        return {}
