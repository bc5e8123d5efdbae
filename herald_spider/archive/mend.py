"""The repair of one segment and of its lines in the ledger.

Lines that differ from their row leave the ledger. Bytes that no line claims are read again: a
valid article is entered, unless a checksum shows that other bytes were written there. The rest is
moved to a file beside the segment if it stands at the end, and becomes a void in the middle.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from herald_spider.archive.adopt import Place, adopt
from herald_spider.archive.ledger import Ledger
from herald_spider.archive.lines import SegmentReader, UnreadableLine, read
from herald_spider.archive.notes import Span, add_written, set_voids, written_of
from herald_spider.archive.packing import file_of, is_packed, open_segment, readable, unpack
from herald_spider.archive.schema import lines, segments
from herald_spider.archive.verify import Segment, line_problem, rows_of
from herald_spider.items import Article
from herald_spider.schema import problem

_LONGEST = 64 * 1024 * 1024  # bytes of a line; damaged bytes may hold no line break


def drop_unreadable(ledger: Ledger, folder: Path, segment: Segment) -> list[str]:
    """Delete the rows of lines that differ from the segment; return their articles."""
    reader, position, dropped = SegmentReader(folder), 0, []
    with ledger.transaction() as connection:
        for row in list(rows_of(connection, segment.number)):
            line = reader.piece(segment.name, row.offset, row.length)
            if row.offset >= position and not line_problem(connection, row, line):
                position = row.offset + row.length
                continue
            dropped.append(row.article)
            same = (lines.c.article == row.article) & (lines.c.revision == row.revision)
            connection.execute(lines.delete().where(same))
            if line and row.checksum not in (None, zlib.crc32(line)):
                add_written(connection, segment.name, row.offset, row.checksum)
    reader.close()
    return dropped


def fill_gaps(ledger: Ledger, folder: Path, segment: Segment, *, near: bool) -> tuple[int, int, int]:
    """Make each byte of a segment part of a line or a void.

    Return the number of lines entered, of bytes that became void, and of bytes cut off.
    """
    path = file_of(folder, segment.name)
    if not path.is_file():
        if segment.length:  # else its run was killed before its first line
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
        set_voids(connection, segment.name, voids)
        where = segments.c.number == segment.number
        connection.execute(segments.update().where(where).values(length=end))
    if size > end:
        os.truncate(unpack(path) if is_packed(path) else path, end)
    return adopted, max(voided, 0), size - end


def forget(ledger: Ledger, segment: Segment) -> None:
    """Delete a segment without a file: if it is put back, it is new, and recovery does not cut it."""
    with ledger.transaction() as connection:
        set_voids(connection, segment.name, [])
        connection.execute(segments.delete().where(segments.c.number == segment.number))


def _gaps(connection: sa.Connection, segment: Segment, size: int) -> Iterator[Span]:
    """Yield the bytes that no line claims."""
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
    """Enter the lines in `gaps`; return their number, and the rest of the gaps."""
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
    """Return the valid article of a line that has the checksum `written`, if that is known.

    Raises `UnreadableLine`.
    """
    if written not in (None, zlib.crc32(line)):
        raise UnreadableLine("other bytes than were written")
    item = read(line)
    if found := problem(item):
        raise UnreadableLine(found[1])
    return item


def _pieces(path: Path, gaps: list[Span]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines in `gaps`, each with its offset."""
    if not gaps:
        return
    with open_segment(path) as file:
        for offset, length in gaps:
            file.seek(offset)
            while length and (line := file.readline(min(length, _LONGEST))):
                yield offset, line
                offset, length = offset + len(line), length - len(line)


def _keep(path: Path, offset: int, length: int) -> None:
    """Append bytes that will be cut off to a file beside the segment, named after the plain segment."""
    plain = path.with_suffix("") if is_packed(path) else path
    with open_segment(path) as file, plain.with_name(f"{plain.name}.cut").open("ab") as cut:
        file.seek(offset)
        while length and (piece := file.read(min(length, 1024 * 1024))):
            cut.write(piece)
            length -= len(piece)
        cut.flush()
        os.fsync(cut.fileno())
