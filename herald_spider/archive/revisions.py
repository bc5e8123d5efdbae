"""Revision numbers in the ledger, and the merge of two articles that turn out to be one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from herald_spider.archive.schema import articles, bands, lines, signatures

# Columns of an article's row that describe its newest line.
_NEWEST = (
    "state", "reason", "url", "fetched", "captured", "etag", "last_modified", "published", "section", "content_hash",
    "headline", "duplicate_of", "segment", "offset", "length",
)  # fmt: skip


def lines_of(article: str) -> sa.Select[Any]:
    """Return the query of an article's lines, the newest last."""
    return sa.select(lines).where(lines.c.article == article).order_by(lines.c.revision)


def newest_line(article: str) -> sa.Select[Any]:
    """Return the query of an article's newest line."""
    return sa.select(lines).where(lines.c.article == article).order_by(lines.c.revision.desc()).limit(1)


def number(connection: sa.Connection, article: str, rows: list[Any]) -> int:
    """Make rows of lines, in this order, the revisions of `article`; return the last number.

    A row keeps its number if that is higher than the one before it, else it gets the next.
    """
    last, numbered = 0, []
    for row in rows:
        last = max(row["revision"], last + 1)
        numbered.append({**row, "article": article, "revision": last})
    connection.execute(
        lines.delete().where(lines.c.article.in_({article, *(row["article"] for row in rows)}))
    )
    connection.execute(lines.insert(), numbered)
    return last


def merge(connection: sa.Connection, article: str, other: str) -> None:
    """Merge the archived article `other` into `article`.

    The newest revision is that of the article which the site served last; the other's revisions come first.
    """
    query = sa.select(articles).where(articles.c.id.in_((article, other)))
    former, latest = sorted(connection.execute(query).mappings(), key=_served)
    rows = [row for each in (former, latest) for row in connection.execute(lines_of(each["id"])).mappings()]
    last = number(connection, article, rows)
    connection.execute(articles.delete().where(articles.c.id == other))
    values = {**{name: latest[name] for name in _NEWEST}, "revision": last}
    connection.execute(articles.update().where(articles.c.id == article).values(values))
    # Near-duplicates of the one are near-duplicates of the other; no article is its own.
    copies = articles.update().where(articles.c.duplicate_of == other)
    connection.execute(copies.values(duplicate_of=article))
    own = articles.update().where(articles.c.id == article, articles.c.duplicate_of == article)
    connection.execute(own.values(duplicate_of=None))
    for table in (signatures, bands):
        connection.execute(table.delete().where(table.c.article == former["id"]))
        connection.execute(table.update().where(table.c.article == latest["id"]).values(article=article))


def _served(row: Any) -> tuple[int, int]:
    return row["captured"] or 0, row["fetched"] or 0
