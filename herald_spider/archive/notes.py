"""Notes of a repair on places in segments, kept as facts of the ledger.

``void:<segment>:<offset>`` is the length of damaged bytes in the middle of a segment; no line
claims them, and the segment is never rewritten. ``written:<segment>:<offset>`` is the checksum of a line
that was written there and found damaged: no repair enters other bytes in its place.
"""

from __future__ import annotations

import sqlalchemy as sa

from herald_spider.archive.schema import facts

VOID, WRITTEN = "void", "written"


def notes_of(connection: sa.Connection, kind: str, segment: str) -> dict[int, int]:
    """Return the notes on a segment by offset."""
    prefix = f"{kind}:{segment}:"
    query = sa.select(facts).where(facts.c.name.startswith(prefix, autoescape=True))
    return {int(row.name.removeprefix(prefix)): int(row.value) for row in connection.execute(query)}


def set_notes(connection: sa.Connection, kind: str, segment: str, notes: dict[int, int]) -> None:
    """Replace the notes on a segment."""
    prefix = f"{kind}:{segment}:"
    connection.execute(facts.delete().where(facts.c.name.startswith(prefix, autoescape=True)))
    if notes:
        rows = [{"name": f"{prefix}{offset}", "value": str(value)} for offset, value in notes.items()]
        connection.execute(facts.insert(), rows)
