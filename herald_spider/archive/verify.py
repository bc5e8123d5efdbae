"""The check of all invariants of an archive, in constant memory.

Each byte of a segment's committed length belongs to one line of the ledger, or to a void.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.invariants import QUESTIONS
from herald_spider.archive.lines import SegmentReader, UnreadableLine, ids_of, read
from herald_spider.archive.notes import VOID, notes_of
from herald_spider.archive.packing import file_of, files, readable
from herald_spider.archive.schema import aliases, articles, lines, segments
from herald_spider.archive.segments import is_held
from herald_spider.archive.values import revision_hash
from herald_spider.archive.view import BATCH, View

EXAMPLES = 5
REPAIR = "scrapy verify --repair"


@dataclass
class Findings:
    """The problems by kind, with a few examples each, and what was checked."""

    problems: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    articles: int = 0
    lines: int = 0
    segments: int = 0

    def add(self, kind: str, example: str) -> None:
        count, examples = self.problems.get(kind, (0, []))
        self.problems[kind] = (count + 1, [*examples, example][:EXAMPLES])


def verify(view: View) -> Findings:
    """Check everything against one snapshot of the ledger."""
    found = Findings()
    with view.snapshot() as connection:
        check_database(view, connection, found)
        if found.problems:
            return found  # a damaged ledger is no measure for the rest
        count = sa.select(sa.func.count()).select_from(articles)
        found.articles = int(connection.scalar(count) or 0)
        for kind, question in QUESTIONS.items():
            for article in connection.scalars(question):
                found.add(kind, f"article {article}")
        names = set()
        reader = SegmentReader(view.segments)
        for segment in connection.execute(sa.select(segments).order_by(segments.c.number)).all():
            names.add(segment.name)
            found.segments += segment.length > 0  # a run that kept nothing has no file
            _check_size(file_of(view.segments, segment.name), segment, found)
            _check_lines(connection, reader, segment, found)
        reader.close()
    _check_strangers(view, names, found)
    return found


def check_database(view: View, connection: sa.Connection, found: Findings) -> None:
    """Add the damage that SQLite finds in the ledger's file."""
    if view.ledger.is_sqlite:
        for (text,) in connection.exec_driver_sql(f"PRAGMA integrity_check({EXAMPLES})"):
            if text != "ok":
                found.add("faults in the ledger's file", str(text))


def gaps_of(connection: sa.Connection, segment: int, length: int) -> dict[int, int]:
    """Return the bytes that no line claims in the first `length` of a segment: lengths by offset."""
    query = sa.select(lines.c.offset, lines.c.length).where(lines.c.segment == segment)
    gaps, position = {}, 0
    for offset, size in connection.execute(query.order_by(lines.c.offset, lines.c.length)):
        if offset > position:
            gaps[position] = offset - position
        position = max(position, offset + size)
    if length > position:
        gaps[position] = length - position
    return gaps


def rows_of(connection: sa.Connection, segment: int) -> Iterator[Any]:
    """Yield the lines of a segment in order; `known` is None if the article is missing."""
    query = sa.select(lines, articles.c.id.label("known"))
    query = query.join(articles, articles.c.id == lines.c.article, isouter=True)
    query = query.where(lines.c.segment == segment).order_by(lines.c.offset, lines.c.length)
    yield from connection.execute(query, execution_options={"yield_per": BATCH})


def line_problem(connection: sa.Connection, row: Any, line: bytes) -> str | None:
    """Return how the bytes of a line differ from its row, or None."""
    try:
        if len(line) != row.length:
            return "lines that their segment is too short for"
        item = read(line)
    except UnreadableLine:
        return "lines that cannot be read"
    if row.known is None:
        return "lines of articles that the ledger does not know"
    ids = ids_of(item)
    if row.article not in ids and not _joined(connection, row.article, ids):
        return "lines of another article than the ledger says"
    if item.revision > row.revision:  # the ledger's may be higher: the article was joined with another
        return "lines of another revision than the ledger says"
    if revision_hash(item) != row.content_hash:
        return "lines of other content than the ledger says"
    if row.checksum not in (None, zlib.crc32(line)):
        return "lines of other bytes than were written"
    return None


def _joined(connection: sa.Connection, article: str, ids: list[str]) -> bool:
    query = sa.select(sa.literal(1)).where(aliases.c.article == article, aliases.c.alias.in_(ids))
    return connection.scalar(query.limit(1)) is not None


def _check_lines(connection: sa.Connection, reader: SegmentReader, segment: Any, found: Findings) -> None:
    places, position = set(), 0
    for row in rows_of(connection, segment.number):
        found.lines += 1
        line = reader.piece(segment.name, row.offset, row.length)
        if problem := line_problem(connection, row, line):
            where = f"article {row.article} revision {row.revision}: {segment.name} at byte {row.offset}"
            found.add(problem, where)
        if not position <= row.offset <= segment.length - row.length:
            places.add(row.offset)
        position = max(position, row.offset + row.length)
    gaps, voids = (
        gaps_of(connection, segment.number, segment.length),
        notes_of(connection, VOID, segment.name),
    )
    places.update(offset for offset, _ in gaps.items() ^ voids.items())
    for place in sorted(places):
        found.add("bytes that belong to no line, or to two", f"{segment.name} at byte {place}")


def _check_size(path: Path, segment: Any, found: Findings) -> None:
    if not path.is_file():
        if segment.length:
            found.add(
                "segments that are missing",
                segment.name + f", written by {segment.node}" * bool(segment.node),
            )
        return
    size, sound = readable(path)
    if not sound:
        found.add("segments whose compression is damaged", f"{path.name}: {size} bytes can be read")
    if size < segment.length:
        found.add("segments shorter than committed", f"{segment.name}: {size} of {segment.length} bytes")
    elif size > segment.length and not is_held(path):
        found.notes.append(
            f"{segment.name}: {size - segment.length} bytes behind the committed length, left by a run that "
            f"died; the next crawl cuts them off ({REPAIR} keeps what can be read)"
        )


def _check_strangers(view: View, names: set[str], found: Findings) -> None:
    for name, path in files(view.segments).items():
        if name not in names and path.stat().st_size and not is_held(path):
            found.add("segments that the ledger does not know", path.name)
