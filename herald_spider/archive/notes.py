"""Notes of a repair on places in segments, kept as facts of the ledger.

``void:<segment>:<offset>`` is the length of damaged bytes in the middle of a segment; no line
claims them, and the segment is never rewritten. ``written:<segment>:<offset>`` is the checksum of a line
that was written there and found damaged: no repair enters other bytes in its place.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from herald_spider.archive.schema import facts

Span = tuple[int, int]  # offset and length
VOID, WRITTEN = "void:", "written:"


def voids_of(connection: sa.Connection, name: str) -> list[Span]:
    """Return the voids of a segment in order."""
    return sorted(_notes(connection, f"{VOID}{name}:"))


def written_of(connection: sa.Connection, name: str) -> dict[int, int]:
    """Return the checksums of a segment's damaged lines by offset."""
    return dict(_notes(connection, f"{WRITTEN}{name}:"))


def _notes(connection: sa.Connection, prefix: str) -> Iterator[tuple[int, int]]:
    query = sa.select(facts).where(facts.c.name.startswith(prefix, autoescape=True))
    for row in connection.execute(query):
        yield int(row.name.removeprefix(prefix)), int(row.value)


def set_voids(connection: sa.Connection, name: str, voids: list[Span]) -> None:
    """Replace the voids of a segment."""
    if voids == voids_of(connection, name):
        return
    prefix = f"{VOID}{name}:"
    connection.execute(facts.delete().where(facts.c.name.startswith(prefix, autoescape=True)))
    for offset, length in voids:
        _put(connection, f"{prefix}{offset}", length)


def add_written(connection: sa.Connection, name: str, offset: int, checksum: int) -> None:
    """Keep the checksum of a damaged line."""
    _put(connection, f"{WRITTEN}{name}:{offset}", checksum)


def _put(connection: sa.Connection, name: str, value: int) -> None:
    connection.execute(facts.delete().where(facts.c.name == name))
    connection.execute(facts.insert().values(name=name, value=str(value)))
