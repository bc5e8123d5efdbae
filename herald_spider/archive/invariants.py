"""The invariants between the tables of a ledger, as queries that find breaches."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from herald_spider.archive.ledger import ARCHIVED, STATES
from herald_spider.archive.schema import aliases, articles, lines, segments, sightings

_has_line = sa.exists().where(lines.c.article == articles.c.id)
_is_known = sa.select(articles.c.id)


def misplaced() -> sa.Select[Any]:
    """Return the query of articles that do not point to their newest line."""
    newest = sa.select(lines.c.article, sa.func.max(lines.c.revision).label("revision"))
    last = newest.group_by(lines.c.article).subquery()
    line = lines.alias()
    differs = [
        articles.c[name].is_distinct_from(line.c[name])
        for name in ("revision", "segment", "offset", "length", "content_hash")
    ]
    return (
        sa.select(articles.c.id)
        .join(last, last.c.article == articles.c.id)
        .join(line, (line.c.article == last.c.article) & (line.c.revision == last.c.revision))
        .where(sa.or_(*differs))
    )


def archived_twice() -> sa.Select[Any]:
    """Return the query of articles with an alias that is an article of its own."""
    query = sa.select(aliases.c.article, aliases.c.alias)
    query = query.join(articles, articles.c.id == aliases.c.alias)
    return query.where(aliases.c.article.in_(_is_known), aliases.c.article != aliases.c.alias)


_without_line = sa.select(articles.c.id).where(articles.c.state == ARCHIVED, ~_has_line)
_with_line = sa.select(articles.c.id).where(articles.c.state != ARCHIVED, _has_line)
ABOUT_ARTICLES = (_without_line, _with_line, misplaced())

QUESTIONS: dict[str, sa.Select[Any]] = {
    "articles in no known state": sa.select(articles.c.id).where(articles.c.state.not_in(STATES)),
    "archived articles without a line": _without_line,
    "articles with a line that are not archived": _with_line,
    "articles that do not point to their newest line": ABOUT_ARTICLES[2],
    "articles under two ids, each with lines of its own": archived_twice().with_only_columns(aliases.c.alias),
    "lines in a segment that the ledger does not know": sa.select(lines.c.article).where(
        lines.c.segment.not_in(sa.select(segments.c.number))
    ),
    "other ids of an article that the ledger does not know": sa.select(aliases.c.alias).where(
        aliases.c.article.not_in(_is_known)
    ),
    "sightings of an article that the ledger does not know": sa.select(sightings.c.article).where(
        sightings.c.article.not_in(_is_known)
    ),
}
