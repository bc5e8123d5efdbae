"""Segments compressed after their run: ``….jsonl`` becomes ``….jsonl.zst`` or ``….jsonl.gz``.

A segment keeps its name in the ledger, and offsets count the bytes before compression. Readers
open the file that exists.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import shutil
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.lock import flock

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OFF = "off"
PLAIN = ".jsonl"
_CHUNK = 1024 * 1024
_CHECKED = {int(zstd.CompressionParameter.checksum_flag): 1}

_READ: dict[str, Callable[[Path], io.BufferedIOBase]] = {"zst": zstd.ZstdFile, "gz": gzip.GzipFile}
_WRITE: dict[str, Callable[[Path], io.BufferedIOBase]] = {
    "zst": partial(zstd.ZstdFile, mode="wb", options=_CHECKED),
    "gz": partial(gzip.GzipFile, mode="wb"),
}
PACKINGS = tuple(_READ)
# Errors of reading a damaged file.
UNREADABLE = (EOFError, OSError, zlib.error, zstd.ZstdError)


def files(folder: Path) -> dict[str, Path]:
    """Return the file of each segment by its name."""
    names = {
        path.name.removesuffix(suffix)
        for suffix in ("", *(f".{each}" for each in PACKINGS))
        for path in folder.glob(f"*{PLAIN}{suffix}")
    }
    return {name: file_of(folder, name) for name in sorted(names)}


def file_of(folder: Path, name: str) -> Path:
    """Return the file of the segment `name`; the plain path if there is none.

    Of several, that with the most bytes: the others are copies made in the middle of a run, or
    compressing was interrupted.
    """
    plain = folder / name
    paths = [path for path in (plain, *(folder / f"{name}.{each}" for each in PACKINGS)) if path.exists()]
    return max(paths, key=lambda path: readable(path)[0]) if len(paths) > 1 else (paths or [plain])[0]


def cannot_read(path: Path, error: OSError) -> ArchiveError:
    """Return the error of a segment that the user may not read, or the disk cannot: no damage of the archive."""
    text = f"{path} cannot be read ({error.strerror}). Give this user the right to read the archive."
    return ArchiveError("archive_not_readable", text)


def is_packed(path: Path) -> bool:
    return path.suffix != PLAIN


def open_segment(path: Path) -> io.BufferedIOBase:
    """Open a segment for reading without its compression. Opening and reading raise `UNREADABLE` errors."""
    return _READ[path.suffix[1:]](path) if is_packed(path) else path.open("rb")


def readable(path: Path) -> tuple[int, bool]:
    """Return the number of bytes that can be read of a segment, and True if its compression is intact."""
    if not is_packed(path):
        return path.stat().st_size, True
    size = 0
    try:
        with open_segment(path) as file:
            while piece := file.read1(_CHUNK):
                size += len(piece)
    except UNREADABLE:
        return size, False
    return size, True


def pack(path: Path, packing: str, length: int) -> Path | None:
    """Compress a segment of `length` bytes and remove the plain file; return the new file.

    Return None if a run still writes the segment, or its length differs from `length`. The plain file is
    removed only once the other is on the disk and reads the same. Raises OSError if the
    disk is full; the plain file then stays.
    """
    target = path.with_name(f"{path.name}.{packing}")
    draft = target.with_name(f"{target.name}.tmp")
    with path.open("rb") as plain:
        if not flock(plain) or os.fstat(plain.fileno()).st_size != length:
            return None
        try:
            with _WRITE[packing](draft) as packed:
                shutil.copyfileobj(plain, packed, _CHUNK)
            to_disk(draft)
            if not _same(path, target.suffix, draft):
                raise OSError(None, "the compressed file differs from the segment")
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        draft.rename(target)
        to_disk(path.parent)
        path.unlink(missing_ok=True)
    return target


def unpack(path: Path) -> Path:
    """Write the readable part of a compressed segment as a plain file; return it.

    The compressed file is renamed and stays: another program may read more of it.
    """
    plain = path.with_name(path.name.removesuffix(path.suffix))
    draft = plain.with_name(f"{plain.name}.tmp")
    with draft.open("wb") as file, contextlib.suppress(*UNREADABLE), open_segment(path) as packed:
        while piece := packed.read1(_CHUNK):
            file.write(piece)
    to_disk(draft)
    draft.rename(plain)
    path.rename(path.with_name(f"{path.name}.damaged"))
    to_disk(path.parent)
    return plain


def _same(plain: Path, suffix: str, draft: Path) -> bool:
    try:
        with plain.open("rb") as one, _READ[suffix[1:]](draft) as other:
            while piece := one.read(_CHUNK):
                if other.read(len(piece)) != piece:
                    return False
            return not other.read(1)
    except UNREADABLE:
        return False


def to_disk(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
