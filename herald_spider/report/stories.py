"""The articles that a report names, and their sections: few lines, read from the segments by place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from herald_spider import sections
from herald_spider.archive.lines import SegmentReader, UnreadableLine, record_of
from herald_spider.archive.packing import file_of, is_packed
from herald_spider.archive.schema import articles, lines, segments
from herald_spider.archive.view import View
from herald_spider.report.days import archived
from herald_spider.report.runs import segments_of

NEWEST = 30
CLUSTERS = 8
MEMBERS = 3
_FAR = 256 * 1024 * 1024  # so deep into a compressed segment nobody reads for one headline


@dataclass(frozen=True)
class Story:
    """An article as a report names it; `headline` is None where its line cannot be read."""

    id: str
    url: str
    published: int | None
    section: str | None
    revision: int
    duplicate_of: str | None
    place: tuple[int | None, int, int]
    headline: str | None = None


@dataclass(frozen=True)
class Cluster:
    """An article, those that nearly repeat it (the first few), and how many they are."""

    original: Story
    copies: list[Story]
    number: int


def base_of(connection: sa.Connection, job: str | None) -> Any:
    """What a report is about: the lines of a run, or the newest of all archived articles."""
    if job is None:
        return sa.select(*_columns(articles)).where(archived)
    query = sa.select(*_columns(lines)).join(articles, articles.c.id == lines.c.article)
    return query.where(lines.c.segment.in_(list(segments_of(connection, [job]))))


def _columns(place: Any) -> list[Any]:
    told = articles.c
    return [
        told.id, told.url, told.published, told.section, place.c.revision, told.duplicate_of,
        place.c.segment, place.c.offset, place.c.length,
    ]  # fmt: skip


def newest(view: View, connection: sa.Connection, base: Any) -> list[Story]:
    """The newest articles by their time of publication."""
    moment = sa.func.coalesce(articles.c.published, 0)
    rows = connection.execute(base.order_by(moment.desc(), articles.c.id).limit(NEWEST))
    return read_headlines(view, connection, map(_story, rows))


def _story(row: Any) -> Story:
    return Story(
        row.id, row.url, row.published, row.section, row.revision, row.duplicate_of,
        (row.segment, row.offset, row.length),
    )  # fmt: skip


def read_headlines(view: View, connection: sa.Connection, stories: Iterable[Story]) -> list[Story]:
    """`stories` with their headlines, in the same order."""
    found = list(stories)
    numbers = {story.place[0] for story in found}
    query = sa.select(segments.c.number, segments.c.name).where(segments.c.number.in_(list(numbers)))
    names = {number: name for number, name in connection.execute(query)}
    reader, headlines = SegmentReader(view.segments), dict[Any, str | None]()
    try:
        for place in sorted({story.place for story in found if story.place[0] in names}):
            headlines[place] = _headline(reader, names[place[0]], *place[1:])
    finally:
        reader.close()
    return [replace(story, headline=headlines.get(story.place)) for story in found]


def _headline(reader: SegmentReader, name: str, offset: int, length: int) -> str | None:
    if offset > _FAR and is_packed(file_of(reader.folder, name)):
        return None
    try:
        headline = record_of(reader.piece(name, offset, length))["headline"]
    except UnreadableLine:  # scrapy verify tells; or another machine has the file
        return None
    return str(headline) if headline else None


# Sections --------------------------------------------------------------------------------


def by_section(connection: sa.Connection, base: Any) -> dict[str, dict[str, int]]:
    """Articles per section and sub-section, the largest first; what no section names is "none named"."""
    part = base.with_only_columns(articles.c.section, sa.func.count()).group_by(articles.c.section)
    grouped: dict[str, dict[str, int]] = {}
    for slug, number in connection.execute(part):
        grouped.setdefault(_top(slug), {})[section_name(slug)] = number
    ranked = sorted(grouped.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
    return {name: dict(sorted(below.items(), key=lambda pair: (-pair[1], pair[0]))) for name, below in ranked}


def section_name(slug: str | None) -> str:
    """The section as the menu writes it."""
    section = sections.BY_SLUG.get(slug or "")
    return section.name if section else slug or "None named"


def _top(slug: str | None) -> str:
    section = sections.BY_SLUG.get(slug or "")
    return section_name(section.parent if section and section.parent else slug)


# Near-duplicates -------------------------------------------------------------------------


def clusters(view: View, connection: sa.Connection, base: Any) -> list[Cluster]:
    """The articles that most others nearly repeat."""
    original, count = articles.c.duplicate_of, sa.func.count()
    marked = base.where(original.is_not(None))
    ranked = marked.with_only_columns(original, count).group_by(original)
    rows = connection.execute(ranked.order_by(count.desc(), original).limit(CLUSTERS))
    sizes: dict[str, int] = {article: number for article, number in rows}
    if not sizes:
        return []
    stories = read_headlines(
        view, connection, [*_by_id(connection, sizes), *_copies(connection, marked, sizes)]
    )
    named = {story.id: story for story in stories}
    copies: dict[str, list[Story]] = {}
    for story in stories:
        copies.setdefault(story.duplicate_of or "", []).append(story)
    return [
        Cluster(named[article], copies.get(article, [])[:MEMBERS], number)
        for article, number in sizes.items()
        if article in named
    ]


def _by_id(connection: sa.Connection, ids: Collection[str]) -> list[Story]:
    query = base_of(connection, None).where(articles.c.id.in_(list(ids)))
    return [_story(row) for row in connection.execute(query)]


def _copies(connection: sa.Connection, marked: Any, originals: Collection[str]) -> list[Story]:
    """The first few copies of each."""
    found: dict[str, list[Story]] = {article: [] for article in originals}
    query = marked.where(articles.c.duplicate_of.in_(list(originals))).order_by(articles.c.id)
    for row in connection.execute(query):
        known = found[row.duplicate_of]
        if len(known) < MEMBERS:
            known.append(_story(row))
    return [story for copies in found.values() for story in copies]
