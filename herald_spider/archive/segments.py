"""Segments: the JSON Lines files of an archive, one per run, never changed after it.

Bytes beyond the committed length were being written when a run was killed; they are cut
off when the archive is opened again.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.lock import flock
from herald_spider.archive.packing import cannot_read, file_of, files, is_packed, readable, to_disk
from herald_spider.archive.schema import segments

logger = logging.getLogger(__name__)


class SegmentWriter:
    """Appends lines to one segment. The file is made with the first line, and locked.

    The lock keeps other runs from cutting off bytes that are not committed yet.
    """

    def __init__(self, path: Path):
        self.path = path
        self.length = 0
        self.file: IO[bytes] | None = None

    def append(self, lines: list[bytes]) -> int:
        """Write whole lines to the disk; return the offset of the first.

        Raises OSError if the disk is full or gone. The bytes of that attempt are cut off here, or when
        the archive is next opened.
        """
        start, content = self.length, b"".join(lines)
        file = self.file or self._open()
        try:
            rest = memoryview(content)
            while rest:  # a disk that fills up takes a part, and fails on the next write
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            self.cut_back()
            raise
        self.length += len(content)
        return start

    def _open(self) -> IO[bytes]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("xb", buffering=0)
        fcntl.flock(self.file, fcntl.LOCK_EX)
        to_disk(self.path.parent)  # the name must survive a power cut as the content does
        return self.file

    def cut_back(self, length: int | None = None) -> None:
        """Cut the segment to `length`, by default to the end of the last whole batch."""
        same = length is None or length == self.length
        self.length = self.length if length is None else length
        if self.file and not (same and self.file.tell() == self.length):
            os.ftruncate(self.file.fileno(), self.length)
            self.file.seek(self.length)

    def check(self) -> None:
        """Raise `ArchiveError` if the file was removed or replaced during the run."""
        if self.file and not self.file.closed:
            try:
                if os.path.samestat(os.stat(self.path), os.fstat(self.file.fileno())):
                    return
            except FileNotFoundError:
                pass
            raise ArchiveError(
                "archive_damaged",
                f"{self.path} was removed while the run wrote it: {self.length} bytes of articles are lost. "
                "Run scrapy verify --repair; the next run requests them again.",
            )

    def close(self) -> None:
        if self.file:
            self.file.close()


def committed_length(connection: sa.Connection, number: int) -> int:
    """Return the committed length of a run's segment. Raises `ArchiveError` if the ledger has lost it."""
    length = connection.scalar(sa.select(segments.c.length).where(segments.c.number == number))
    if length is None:
        text = "The run cannot go on: its segment is no longer in the ledger."
        raise ArchiveError("archive_damaged", f"{text} scrapy verify --repair enters what it wrote.")
    return int(length)


def set_committed_length(connection: sa.Connection, number: int, length: int) -> None:
    connection.execute(segments.update().where(segments.c.number == number).values(length=length))


def recover(folder: Path, name: str, committed: int) -> str | None:
    """Cut a segment back to its committed length; return what is wrong with it, or None.

    A segment that a running crawl has locked stays as it is, and so does a compressed one, which
    was whole when it was made; a shorter plain copy beside it is removed. Raises `ArchiveError` if it cannot be cut.
    """
    path = file_of(folder, name)
    if is_packed(path):
        if (folder / name).exists() and readable(path)[0] >= committed:
            (folder / name).unlink(missing_ok=True)  # an earlier, shorter copy
        return None
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return f"{path} is missing; the ledger counts {committed} bytes in it" if committed else None
    if size < committed:
        return f"{path} has {size} bytes of the {committed} that the ledger counts: its tail is lost"
    if size == committed:
        return None
    try:
        with path.open("r+b") as file:
            if not flock(file):
                return None
            os.ftruncate(file.fileno(), committed)
    except OSError as error:
        raise ArchiveError(
            "archive_not_writable",
            f"{path} cannot be written ({error.strerror}), and it holds bytes that a run left uncommitted. "
            "Give this user the right to write the archive.",
        ) from None
    logger.warning("%s: cut %d bytes that a run left uncommitted", path, size - committed)
    return None


def strangers(ledger: str, folder: Path, known: Iterable[Any]) -> list[str]:
    """Return the names of segments in `folder` that are not empty and not among the rows `known`.

    Raises `ArchiveError` if the ledger knows no segment at all: a crawl would archive all articles
    again, and a reader would find none.
    """
    rows = {each.name: each.length for each in known}
    found = [name for name, path in files(folder).items() if name not in rows and path.stat().st_size]
    if found and not any(rows.values()):
        raise _lost(ledger, len(found), folder)
    return found


def refuse_lost(ledger: Path, folder: Path) -> None:
    """Raise `ArchiveError` if the ledger is missing or empty while segments exist."""
    if ledger.is_file() and ledger.stat().st_size:
        return
    if found := [path for path in files(folder).values() if path.stat().st_size]:
        raise _lost(str(ledger), len(found), folder)


def _lost(ledger: str, number: int, folder: Path) -> ArchiveError:
    return ArchiveError(
        "archive_damaged",
        f"The ledger {ledger} knows none of the {number} segments in {folder}: it was lost, or is another "
        "archive's. scrapy verify --repair enters what they hold.",
    )


def is_held(path: Path) -> bool:
    """Return True if a running crawl writes this segment. Raises `ArchiveError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return not flock(file)
    except OSError as error:
        raise cannot_read(path, error) from None
