"""The repair of one segment and of its lines in the ledger.

Lines that differ from their row leave the ledger. Bytes that no line claims are read again: a
valid article is entered, unless a checksum shows that other bytes were written there. The rest is
moved to a file beside the segment if it stands at the end, and becomes a void in the middle.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.adopt import Place, adopt
from herald_spider.archive.database import transactional
from herald_spider.archive.ledger import Ledger
from herald_spider.archive.lines import SegmentReader, UnreadableLine, read
from herald_spider.archive.notes import VOID, WRITTEN, notes_of, set_notes
from herald_spider.archive.packing import file_of, is_packed, open_segment, readable, unpack
from herald_spider.archive.schema import lines, segments
from herald_spider.archive.verify import gaps_of, line_problem, rows_of
from herald_spider.items import Article
from herald_spider.schema import problem

_LONGEST = 64 * 1024 * 1024  # bytes of a line; damaged bytes may hold no line break


@transactional
def drop_unreadable(_: Ledger, connection: sa.Connection, /, folder: Path, segment: Any) -> int:
    """Delete the rows of lines that differ from the segment; return their number."""
    reader, position, dropped = SegmentReader(folder), 0, 0
    written = notes_of(connection, WRITTEN, segment.name)
    for row in list(rows_of(connection, segment.number)):
        line = reader.piece(segment.name, row.offset, row.length)
        if row.offset >= position and not line_problem(connection, row, line):
            position = row.offset + row.length
            continue
        dropped += 1
        same = (lines.c.article == row.article) & (lines.c.revision == row.revision)
        connection.execute(lines.delete().where(same))
        if line and row.checksum not in (None, zlib.crc32(line)):
            written[row.offset] = row.checksum
    if dropped:
        set_notes(connection, WRITTEN, segment.name, written)
    reader.close()
    return dropped


def fill_gaps(ledger: Ledger, folder: Path, segment: Any, *, near: bool) -> tuple[int, int, int]:
    """Make each byte of a segment part of a line or a void.

    Return the number of lines entered, of bytes that became void, and of bytes cut off.
    """
    path = file_of(folder, segment.name)
    if not path.is_file():
        if segment.length:  # else its run was killed before its first line
            _forget(ledger, segment)
        return 0, 0, 0
    size = readable(path)[0]
    adopted, voided, end = _fill(ledger, path, segment, size, near=near)
    if size > end:
        os.truncate(unpack(path) if is_packed(path) else path, end)
    return adopted, voided, size - end


@transactional
def _fill(
    ledger: Ledger, connection: sa.Connection, /, path: Path, segment: Any, size: int, *, near: bool
) -> tuple[int, int, int]:
    """Enter lines and voids; return the number of lines, of bytes that became void, and the segment's new length."""
    former, end = notes_of(connection, VOID, segment.name), size
    gaps = gaps_of(connection, segment.number, size)
    adopted = _adopt(ledger, connection, path, segment, gaps, near=near)
    voids = gaps_of(connection, segment.number, size)
    if voids and sum(last := max(voids.items())) == size:
        end = last[0]
        _keep(path, end, voids.pop(end))
    set_notes(connection, VOID, segment.name, voids)
    where = segments.c.number == segment.number
    connection.execute(segments.update().where(where).values(length=end))
    return adopted, max(sum(voids.values()) - sum(former.values()), 0), end


@transactional
def _forget(_: Ledger, connection: sa.Connection, /, segment: Any) -> None:
    """Delete a segment without a file: if it is put back, it is new, and recovery does not cut it."""
    set_notes(connection, VOID, segment.name, {})
    connection.execute(segments.delete().where(segments.c.number == segment.number))


def _adopt(
    ledger: Ledger, connection: sa.Connection, path: Path, segment: Any, gaps: dict[int, int], *, near: bool
) -> int:
    """Enter the valid lines in `gaps`; return the number of those that the ledger did not have."""
    adopted, written = 0, notes_of(connection, WRITTEN, segment.name)
    with closing(SegmentReader(path.parent)) as reader:
        for offset, line in _pieces(path, gaps):
            place = Place(segment.number, offset, len(line), zlib.crc32(line))
            item = _article(line) if written.get(offset) in (None, place.checksum) else None
            if item and adopt(ledger, reader, item, place, near=near):
                adopted += 1
    return adopted


def _article(line: bytes) -> Article | None:
    """Return the valid article of a line, or None."""
    try:
        item = read(line)
    except UnreadableLine:
        return None
    return None if problem(item) else item


def _pieces(path: Path, gaps: dict[int, int]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines in `gaps`, each with its offset."""
    if not gaps:
        return
    with open_segment(path) as file:
        for offset, length in gaps.items():
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
