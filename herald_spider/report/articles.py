"""The articles that a report lists, with headlines read from the segments, and their sections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from herald_spider import sections
from herald_spider.archive.counts import archived, by_section
from herald_spider.archive.lines import SegmentReader, UnreadableLine, record_of
from herald_spider.archive.packing import file_of, is_packed
from herald_spider.archive.runs import segments_of
from herald_spider.archive.schema import articles, lines, segments
from herald_spider.archive.view import View

NEWEST = 30
CLUSTERS = 8
COPIES = 3
_FAR = 256 * 1024 * 1024  # bytes: unpacking so much of a compressed segment for a headline takes too long


@dataclass(frozen=True)
class ListedArticle:
    """An article as a report lists it; `headline` is None if its line cannot be read."""

    id: str
    url: str
    published: int | None
    section: str | None
    duplicate_of: str | None
    revision: int
    place: tuple[int | None, int, int]  # segment, offset, length
    headline: str | None = None


@dataclass(frozen=True)
class Cluster:
    """An article, the first few of its near-duplicates, and their number."""

    original: ListedArticle
    copies: list[ListedArticle]
    number: int


def articles_of(connection: sa.Connection, job: str | None) -> sa.Select[Any]:
    """Return the query of the articles of a report: the lines of a run, or all archived articles."""
    if job is None:
        return sa.select(*_columns(articles)).where(archived)
    query = sa.select(*_columns(lines)).join(articles, articles.c.id == lines.c.article)
    return query.where(lines.c.segment.in_(list(segments_of(connection, [job]))))


def _columns(source: sa.Table) -> list[Any]:
    of = articles.c
    place = source.c.revision, source.c.segment, source.c.offset, source.c.length
    return [of.id, of.url, of.published, of.section, of.duplicate_of, *place]


def _listed(connection: sa.Connection, query: sa.Select[Any]) -> list[ListedArticle]:
    return [
        ListedArticle(id, url, published, section, duplicate_of, revision, tuple(place))
        for id, url, published, section, duplicate_of, revision, *place in connection.execute(query)
    ]


def newest(view: View, connection: sa.Connection, base: sa.Select[Any]) -> list[ListedArticle]:
    """Return the articles published last."""
    moment = sa.func.coalesce(articles.c.published, 0)
    query = base.order_by(moment.desc(), articles.c.id).limit(NEWEST)
    return _with_headlines(view, connection, _listed(connection, query))


def _with_headlines(view: View, connection: sa.Connection, found: list[ListedArticle]) -> list[ListedArticle]:
    numbers = {each.place[0] for each in found}
    query = sa.select(segments.c.number, segments.c.name).where(segments.c.number.in_(list(numbers)))
    names = {number: name for number, name in connection.execute(query)}
    reader, headlines = SegmentReader(view.segments), dict[Any, str | None]()
    try:
        for place in sorted({each.place for each in found if each.place[0] in names}):
            headlines[place] = _headline(reader, names[place[0]], *place[1:])
    finally:
        reader.close()
    return [replace(each, headline=headlines.get(each.place)) for each in found]


def _headline(reader: SegmentReader, name: str, offset: int, length: int) -> str | None:
    if offset > _FAR and is_packed(file_of(reader.folder, name)):
        return None
    try:
        headline = record_of(reader.piece(name, offset, length))["headline"]
    except UnreadableLine:  # damaged, which scrapy verify reports; or the file is on another machine
        return None
    return str(headline) if headline else None


def clusters(view: View, connection: sa.Connection, base: sa.Select[Any]) -> list[Cluster]:
    """Return the articles with the most near-duplicates."""
    original, count = articles.c.duplicate_of, sa.func.count()
    marked = base.where(original.is_not(None))
    ranked = marked.with_only_columns(original, count).group_by(original)
    rows = connection.execute(ranked.order_by(count.desc(), original).limit(CLUSTERS))
    numbers: dict[str, int] = {article: number for article, number in rows}
    ids = list(numbers)
    originals = _listed(connection, articles_of(connection, None).where(articles.c.id.in_(ids)))
    copies: dict[str, list[ListedArticle]] = {article: [] for article in ids}
    for each in _listed(connection, marked.where(original.in_(ids)).order_by(articles.c.id)):
        copies[each.duplicate_of or ""].append(each)
    listed = originals + [each for known in copies.values() for each in known[:COPIES]]
    named = dict(zip(listed, _with_headlines(view, connection, listed), strict=True))
    by_id = {each.id: named[each] for each in originals}
    return [
        Cluster(by_id[article], [named[each] for each in copies[article][:COPIES]], number)
        for article, number in numbers.items()
        if article in by_id
    ]


def section_tree(connection: sa.Connection, base: sa.Select[Any]) -> dict[str, dict[str, int]]:
    """Return the number of articles by section and sub-section, the largest section first."""
    tree: dict[str, dict[str, int]] = {}
    for slug, number in by_section(connection, base).items():
        known = sections.BY_SLUG.get(slug or "")
        top = known.parent if known and known.parent else slug
        tree.setdefault(sections.name_of(top) or "None named", {})[sections.name_of(slug) or "None named"] = (
            number
        )
    return dict(sorted(tree.items(), key=lambda entry: (-sum(entry[1].values()), entry[0])))
