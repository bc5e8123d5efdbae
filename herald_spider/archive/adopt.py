"""Lines of segments entered into the ledger again, by a repair."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

import herald_spider.archive.near_duplicates as near_duplicates
from herald_spider.archive.database import transactional
from herald_spider.archive.ledger import ARCHIVED, DISCOVERED, Ledger
from herald_spider.archive.lines import SegmentReader, UnreadableLine, ids_of, read
from herald_spider.archive.revisions import lines_of, number
from herald_spider.archive.schema import articles, lines, segments
from herald_spider.archive.values import captured, columns, day_of, fetched, revision_hash
from herald_spider.items import Article

_PLACE = ("revision", "segment", "offset", "length", "content_hash")
# Without validators the site cannot answer "not modified" for a lost revision.
_ARCHIVED: dict[str, Any] = {
    "state": ARCHIVED,
    "etag": None,
    "last_modified": None,
    # The reason of an archived article says that it has gone since; any other is obsolete.
    "reason": sa.case((articles.c.state == ARCHIVED, articles.c.reason), else_=None),
}
_PENDING: dict[str, Any] = {
    **dict.fromkeys((*_PLACE, "etag", "last_modified", "captured", "reason", "duplicate_of")),
    **dict.fromkeys(("revision", "attempts", "retry_at"), 0),
    "state": DISCOVERED,
}


@dataclass(frozen=True)
class Place:
    """The place of a line, and the CRC-32 of its bytes."""

    segment: int
    offset: int
    length: int
    checksum: int


@transactional
def adopt(
    ledger: Ledger,
    connection: sa.Connection,
    /,
    reader: SegmentReader,
    item: Article,
    place: Place,
    *,
    near: bool = True,
) -> bool:
    """Enter the line at `place`. Return False if the ledger has that revision of the article.

    If its revision number belongs to other content, or an earlier revision was served later, the line is from
    another ledger that was lost or restored: all revisions are then numbered in the order in which the site
    served them.
    """
    ids, digest = ids_of(item), revision_hash(item)
    article = ledger.owner(ids) or ids[0]
    shown: list[str | None] = [*item.listed_in] or [None]
    ledger.discover([(article, item.url or "", item.discovered_via or "", section) for section in shown])
    ledger.add_aliases(article, ids)
    rows = connection.execute(lines_of(article)).all()
    kept = {row.revision: row.content_hash for row in rows}
    if kept.get(item.revision) == digest:
        return False
    former = ledger.known([article])[article]
    is_late = 0 < former.revision < item.revision and captured(item) < (former.captured or 0)
    revision = 0 if item.revision in kept else item.revision
    line = {"article": article, "revision": revision, "content_hash": digest, **asdict(place)}
    connection.execute(lines.insert().values(line))
    if not revision or is_late:
        number(connection, article, _in_order(connection, reader, article))
    describe(connection, reader, article, near=near)
    return True


def _in_order(connection: sa.Connection, reader: SegmentReader, article: str) -> list[Any]:
    """Return the rows of an article's lines in the order in which the site served them."""
    rows: list[tuple[int, int, Any]] = []
    for row in connection.execute(lines_of(article)).mappings():
        item = _item(connection, reader, row)
        if item is None:
            rows.append((0, row["revision"], row))
        else:
            rows.append((captured(item), item.revision, {**row, "revision": item.revision}))
    return [row for *_, row in sorted(rows, key=lambda each: each[:2])]


def describe(connection: sa.Connection, reader: SegmentReader, article: str, *, near: bool) -> bool:
    """Make an article's row agree with its newest line; return False if it has none, and is to be fetched again."""
    rows = connection.execute(lines_of(article)).mappings().all()
    values = {**_ARCHIVED, **{name: rows[-1][name] for name in _PLACE}} if rows else dict(_PENDING)
    if rows and (item := _item(connection, reader, rows[-1])):
        moment, first_seen = fetched(item), articles.c.first_seen
        values |= {**columns(item), "fetched": moment}
        values["first_seen"] = sa.case((first_seen > moment, moment), else_=first_seen)
        signature = near_duplicates.fingerprint(item.body) if near and item.body else None
        if signature:
            near_duplicates.remember(connection, [(article, day_of(item), signature)])
    connection.execute(articles.update().where(articles.c.id == article).values(values))
    return bool(rows)


def _item(connection: sa.Connection, reader: SegmentReader, row: Any) -> Article | None:
    """Return the article of a line; None if it cannot be read."""
    name = connection.scalar(sa.select(segments.c.name).where(segments.c.number == row["segment"]))
    try:
        return read(reader.piece(name or "", row["offset"], row["length"]))
    except UnreadableLine:
        return None
