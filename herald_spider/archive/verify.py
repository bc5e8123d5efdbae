"""Every invariant of an archive, checked: each line is where the ledger says it is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from herald_spider import urls
from herald_spider.archive import SEGMENTS, revision_hash
from herald_spider.archive.ledger import ARCHIVED, STATES, Ledger
from herald_spider.archive.schema import aliases, articles, lines, segments, sightings
from herald_spider.items import Article, Author, Image
from herald_spider.processors import content_hash

_EXAMPLES = 5


@dataclass
class Report:
    """What a check found: per kind of problem its number and the first examples."""

    articles: int = 0
    lines: int = 0
    segments: int = 0
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, example: str) -> None:
        self.counts[kind] += 1
        if len(self.examples[kind]) < _EXAMPLES:
            self.examples[kind].append(example)

    @property
    def sound(self) -> bool:
        return not self.counts


def verify(folder: Path, ledger: Ledger) -> Report:
    """Check the archive in `folder`; memory does not grow with it."""
    report = Report()
    with ledger.transaction() as connection:
        for segment in connection.execute(sa.select(segments).order_by(segments.c.number)).all():
            report.segments += 1
            _check_segment(report, connection, folder / SEGMENTS, segment)
        _check_files(report, connection, folder / SEGMENTS)
        _check_articles(report, connection)
    return report


def _check_segment(report: Report, connection: sa.Connection, folder: Path, segment: Any) -> None:
    path = folder / segment.name
    size = path.stat().st_size if path.exists() else None
    if size is None:
        if segment.length:
            report.add("segment missing", segment.name)
        return
    if size < segment.length:
        report.add(
            "segment shorter than the ledger says", f"{segment.name}: {size} of {segment.length} bytes"
        )
    query = sa.select(lines).where(lines.c.segment == segment.number).order_by(lines.c.offset)
    end = 0
    with path.open("rb") as file:
        for row in connection.execute(query):
            report.lines += 1
            if row.offset != end:
                report.add(
                    "bytes that belong to no line, or to two", f"{segment.name} at {min(end, row.offset)}"
                )
            end = row.offset + row.length
            file.seek(row.offset)
            for kind in _check_line(file.read(row.length), row, connection):
                report.add(
                    kind, f"article {row.article} revision {row.revision}, {segment.name} at {row.offset}"
                )
    if end != segment.length:
        report.add(
            "committed bytes that belong to no line", f"{segment.name}: {segment.length - end} from {end}"
        )


def _check_line(line: bytes, row: Any, connection: sa.Connection) -> Iterator[str]:
    if not line.endswith(b"\n") or line.count(b"\n") != 1 or len(line) != row.length:
        yield "broken line"
        return
    try:
        item = article_of(json.loads(line))
    except (ValueError, TypeError, AttributeError):
        yield "unreadable line"
        return
    ids = {item.id, *(urls.classify(alias).id for alias in item.aliases)}
    if row.article not in ids:
        known = sa.select(aliases.c.article).where(aliases.c.alias == item.id)
        if connection.scalar(known) != row.article:
            yield "line of another article"
    if item.revision != row.revision:
        yield "line of another revision"
    words = content_hash(item.headline or "", item.body or "")
    if item.content_hash != words or revision_hash(item) != row.content_hash:
        yield "content differs from its hash"


def article_of(values: dict[str, Any]) -> Article:
    """The item that an exported line holds."""
    authors = [Author(**author) for author in values["authors"]]
    images = [Image(**image) for image in values["images"]]
    return Article(**{**values, "authors": authors, "images": images})


def _check_files(report: Report, connection: sa.Connection, folder: Path) -> None:
    known = set(connection.scalars(sa.select(segments.c.name)))
    for path in sorted(folder.glob("*.jsonl")):
        # A run's file comes a moment before its row: an empty ledger entry is no loss.
        if path.name not in known and path.stat().st_size:
            report.add("segment that the ledger does not know", path.name)


def _check_articles(report: Report, connection: sa.Connection) -> None:
    report.articles = connection.scalar(sa.select(sa.func.count()).select_from(articles)) or 0
    newest = sa.select(lines.c.article, sa.func.max(lines.c.revision).label("revision")).group_by(
        lines.c.article
    )
    last = newest.subquery()
    checks: dict[str, Any] = {
        "archived article without its line": sa.select(articles.c.id)
        .outerjoin(last, last.c.article == articles.c.id)
        .where(articles.c.state == ARCHIVED)
        .where(last.c.revision.is_(None) | (last.c.revision != articles.c.revision)),
        "line of an article that is not archived": sa.select(last.c.article)
        .outerjoin(articles, articles.c.id == last.c.article)
        .where(articles.c.state.is_(None) | (articles.c.state != ARCHIVED)),
        "article that points to another line": sa.select(articles.c.id)
        .join(lines, (lines.c.article == articles.c.id) & (lines.c.revision == articles.c.revision))
        .where(
            (lines.c.segment != articles.c.segment)
            | (lines.c.offset != articles.c.offset)
            | (lines.c.length != articles.c.length)
        ),
        "article in no known state": sa.select(articles.c.id).where(articles.c.state.not_in(STATES)),
        "sighting of no article": sa.select(sightings.c.article)
        .outerjoin(articles, articles.c.id == sightings.c.article)
        .where(articles.c.id.is_(None)),
        "alias of no article": sa.select(aliases.c.alias)
        .outerjoin(articles, articles.c.id == aliases.c.article)
        .where(articles.c.id.is_(None)),
    }
    for kind, query in checks.items():
        for found in connection.scalars(query):
            report.add(kind, str(found))
