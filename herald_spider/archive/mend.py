"""Mends one segment and what the ledger says of it.

Lines that are not what the ledger says leave it. Bytes that no line claims are read again:
what is a valid article, and what was written there as far as the ledger knew, is entered;
what is not is cut off at the end of the file, and kept beside it, or is noted as void in
the middle, where the file stays as it is.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from herald_spider.archive.adopt import Place, adopt
from herald_spider.archive.ledger import Ledger
from herald_spider.archive.lines import VOID, WRITTEN, SegmentReader, UnreadableLine, read
from herald_spider.archive.packing import file_of, is_packed, open_segment, readable, unpack
from herald_spider.archive.schema import facts, lines, segments
from herald_spider.archive.verify import Segment, line_problem, rows_of, voids_of, written_of
from herald_spider.items import Article
from herald_spider.schema import problem

Span = tuple[int, int]  # offset and length
_LONGEST = 64 * 1024 * 1024  # garbage may hold no line break


def drop_unreadable(ledger: Ledger, folder: Path, segment: Segment) -> list[str]:
    """Take lines that are not what the ledger says out of it; their articles.

    The checksums of those whose bytes have changed are kept, so that no repair enters them as they are now.
    """
    reader, position, broken = SegmentReader(folder), 0, []
    written: dict[int, int] = {}
    with ledger.transaction() as connection:
        for row in rows_of(connection, segment.number):
            line = reader.piece(segment.name, row.offset, row.length)
            if row.offset < position or line_problem(connection, row, line):
                broken.append((row.article, row.revision))
                if line and row.checksum not in (None, zlib.crc32(line)):
                    written[row.offset] = row.checksum
            else:
                position = row.offset + row.length
        for article, revision in broken:
            same = (lines.c.article == article) & (lines.c.revision == revision)
            connection.execute(lines.delete().where(same))
        for offset, checksum in written.items():
            _put(connection, f"{WRITTEN}{segment.name}:{offset}", checksum)
    reader.close()
    return [article for article, _ in broken]


def fill_gaps(ledger: Ledger, folder: Path, segment: Segment, *, near: bool) -> tuple[int, int, int]:
    """Make each byte of a segment a line's or a void's; lines entered, bytes voided, bytes cut."""
    path = file_of(folder, segment.name)
    if not path.is_file():
        forget(ledger, segment)
        return 0, 0, 0
    size = readable(path)[0]
    with ledger.transaction() as connection:
        gaps = list(_gaps(connection, segment, size))
        written = written_of(connection, segment.name)
        adopted, voids = _adopt(ledger, path, segment.number, gaps, written, near)
        end = size
        if voids and sum(voids[-1]) == size:
            end, cut = voids.pop()
            _keep(path, end, cut)
        voided = sum(length for _, length in voids) - sum(length for _, length in segment.voids)
        _note(connection, segment, voids)
        where = segments.c.number == segment.number
        connection.execute(segments.update().where(where).values(length=end))
    if size > end:
        os.truncate(unpack(path) if is_packed(path) else path, end)
    return adopted, max(voided, 0), size - end


def forget(ledger: Ledger, segment: Segment) -> None:
    """Take a segment without a file out of the ledger: one that is put back is then new, and none's to cut."""
    with ledger.transaction() as connection:
        _note(connection, segment, [])
        connection.execute(segments.delete().where(segments.c.number == segment.number))


def _gaps(connection: sa.Connection, segment: Segment, size: int) -> Iterator[Span]:
    position = 0
    for row in rows_of(connection, segment.number):
        if row.offset > position:
            yield position, row.offset - position
        position = row.offset + row.length
    if size > position:
        yield position, size - position


def _adopt(
    ledger: Ledger, path: Path, number: int, gaps: list[Span], written: dict[int, int], near: bool
) -> tuple[int, list[Span]]:
    """Enter the lines that stand in `gaps`; how many, and what is left of the gaps."""
    adopted, reader = 0, SegmentReader(path.parent)
    voids: list[Span] = []
    for offset, line in _pieces(path, gaps):
        try:
            item, place = _article(line, written.get(offset)), Place(number, offset, len(line))
            if adopt(ledger, reader, item, place, near=near, checksum=zlib.crc32(line)):
                adopted += 1
                continue
        except UnreadableLine:
            pass
        if voids and sum(voids[-1]) == offset:
            start, length = voids.pop()
            voids.append((start, length + len(line)))
        else:
            voids.append((offset, len(line)))
    reader.close()
    return adopted, voids


def _article(line: bytes, written: int | None) -> Article:
    """The article of a line, which is valid and, where its checksum is known, what was written.

    Raises `UnreadableLine`.
    """
    if written not in (None, zlib.crc32(line)):
        raise UnreadableLine("other bytes than were written")
    item = read(line)
    if found := problem(item):
        raise UnreadableLine(found[1])
    return item


def _pieces(path: Path, gaps: list[Span]) -> Iterator[tuple[int, bytes]]:
    if not gaps:
        return
    with open_segment(path) as file:
        for offset, length in gaps:
            file.seek(offset)
            while length and (line := file.readline(min(length, _LONGEST))):
                yield offset, line
                offset, length = offset + len(line), length - len(line)


def _keep(path: Path, offset: int, length: int) -> None:
    """Keep what will be cut off in a file beside the segment, of its name whatever its compression."""
    plain = path.with_suffix("") if is_packed(path) else path
    with open_segment(path) as file, plain.with_name(f"{plain.name}.cut").open("ab") as cut:
        file.seek(offset)
        while length and (piece := file.read(min(length, 1024 * 1024))):
            cut.write(piece)
            length -= len(piece)
        cut.flush()
        os.fsync(cut.fileno())


def _note(connection: sa.Connection, segment: Segment, voids: list[Span]) -> None:
    if voids == voids_of(connection, segment.name):
        return
    prefix = f"{VOID}{segment.name}:"
    connection.execute(facts.delete().where(facts.c.name.startswith(prefix, autoescape=True)))
    for offset, length in voids:
        _put(connection, f"{prefix}{offset}", length)


def _put(connection: sa.Connection, name: str, value: int) -> None:
    connection.execute(facts.delete().where(facts.c.name == name))
    connection.execute(facts.insert().values(name=name, value=str(value)))
