"""The revisions of articles in the ledger: their numbers, and two articles that turn out to be one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from herald_spider.archive.schema import articles, bands, lines, segments, signatures

# What an article's row says of its newest line.
_NEWEST = (
    "url", "fetched", "captured", "etag", "last_modified", "published", "section", "content_hash", "revision",
    "duplicate_of", "segment", "offset", "length",
)  # fmt: skip


def newest_line(article: str) -> sa.Select[Any]:
    """The row of an article's newest line."""
    return sa.select(lines).where(lines.c.article == article).order_by(lines.c.revision.desc()).limit(1)


def renumber(connection: sa.Connection, article: str, names: list[str]) -> None:
    """Number the lines under `names` as revisions of `article`, in the order in which they were written.

    A line keeps its number, or gets the next one that is free behind the line before it.
    """
    query = sa.select(lines).join(segments, segments.c.number == lines.c.segment, isouter=True)
    query = query.where(lines.c.article.in_(names)).order_by(segments.c.name, lines.c.offset)
    rows: list[dict[str, Any]] = []
    for row in connection.execute(query).mappings():
        after = rows[-1]["revision"] + 1 if rows else 1
        rows.append({**row, "article": article, "revision": max(row["revision"], after)})
    connection.execute(lines.delete().where(lines.c.article.in_(names)))
    connection.execute(lines.insert(), rows)


def merge(connection: sa.Connection, article: str, other: str) -> None:
    """Make the archived article `other` a part of `article`; both have lines."""
    renumber(connection, article, [article, other])
    line = connection.execute(newest_line(article)).one()
    place = [articles.c[name] == getattr(line, name) for name in ("segment", "offset")]
    described = sa.select(articles).where(articles.c.id.in_((article, other)), *place)
    row = connection.execute(described).mappings().one()
    values = {**{name: row[name] for name in _NEWEST}, "revision": line.revision}
    connection.execute(articles.delete().where(articles.c.id == other))
    connection.execute(articles.update().where(articles.c.id == article).values(values))
    # What nearly repeated the one repeats the other; nothing repeats itself.
    copies = articles.update().where(articles.c.duplicate_of == other)
    connection.execute(copies.values(duplicate_of=article))
    own = articles.update().where(articles.c.id == article, articles.c.duplicate_of == article)
    connection.execute(own.values(duplicate_of=None))
    for table in (signatures, bands):
        connection.execute(table.delete().where(table.c.article == other))
