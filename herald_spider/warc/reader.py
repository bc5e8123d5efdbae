"""A reader of WARC and ARC files that skips broken records."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any, cast

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ARCIterator
from warcio.exceptions import ArchiveLoadFailed

from herald_spider.warc.files import Source

_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"  # the first bytes of a member or frame
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # begins a .warc.zst whose frames share a dictionary; its length follows
_CHUNK, _OVERLAP, _PIECE = 1024 * 1024, 4096, 65_536
_GZIP_MEMBER = zlib.MAX_WBITS + 16
# The first line of a record; in ARC: address, IP, time, type, length.
_WARC_START = re.compile(rb"WARC/\d\.\d\r?\n")
_ARC_START = re.compile(rb"(?:https?|filedesc):\S{1,4000} \S{1,50} \d{14} [^\r\n]{0,200}\d\r?\n")


class BrokenRecord(Exception):
    """A record cannot be read, or is cut off."""


# Exceptions of the libraries on damaged bytes.
_DAMAGE = (
    BrokenRecord,
    ArchiveLoadFailed,
    zipfile.BadZipFile,
    EOFError,
    OSError,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    RuntimeError,  # of zipfile, for a member with a password
)


@dataclass
class Record:
    """A record: its WARC type, target address, time, offset in the file, and length.

    `block` can be read once, before the next record. `truncated` means that the crawler cut the
    record, `taken` is the number of bytes that were read.
    """

    type: str
    url: str
    moment: datetime | None
    offset: int
    length: int
    stream: Any
    truncated: bool = False
    taken: int = 0

    @property
    def date(self) -> str:
        """The time in UTC, as ``2026-09-14T01:00:00Z``; empty if the record has none."""
        return self.moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.moment else ""

    def block(self) -> bytes:
        """Return the content. Raises `BrokenRecord`."""
        try:
            # In pieces: a wrong length in the file must not allocate so much memory.
            content = b"".join(_pieces(self.stream, self.length))
        except _DAMAGE as error:
            raise BrokenRecord(str(error)) from None
        self.taken = len(content)
        if len(content) < self.length:
            raise BrokenRecord("cut off")
        return content

    def finish(self, skip: Callable[[], int]) -> None:
        """Go to the end of the record. Raises one of `_DAMAGE`."""
        if self.taken < self.length and self.taken + skip() < self.length:
            raise BrokenRecord("cut off")


class _ArcIterator(ARCIterator):  # type: ignore[misc]
    INC_RECORD = ""  # a warning that it would print


class Reader:
    """Reads the records of one file. Broken ones are skipped, and their offsets noted in `broken`."""

    def __init__(self, source: Source):
        self.source = source
        self.is_arc = re.search(r"\.arc(\.gz)?$", source.name, re.IGNORECASE) is not None
        self._dictionary = 0  # the offset at which the dictionary of a .warc.zst ends
        self.broken: list[int] = []

    def records(self) -> Iterator[Record]:
        try:
            with self.source.open() as packed:
                file = _unpacked(packed) if self.is_arc else packed
                self._dictionary = 0 if self.is_arc else _dictionary_end(file)
                start: int | None = 0
                while start is not None:
                    start = yield from self._records_from(file, start)
        except _DAMAGE:
            if not self.broken:  # else it is the damage noted last, with no record after it
                self.note_broken(0)

    def _records_from(self, file: IO[bytes], start: int) -> Generator[Record, None, int | None]:
        """Yield the records from `start` to the first damage; return the offset of the next record."""
        offset, seen = start, False
        file.seek(start)
        try:
            for record in self._arc(file) if self.is_arc else self._warc(file, start):
                offset, seen = record.offset, True
                yield record
            if not seen and start == 0:
                raise BrokenRecord("no record")
            _check_end(file, offset)
            return None
        except _DAMAGE:
            if seen or start == 0:  # else the same damage as before
                self.note_broken(offset)
        return self._next(file, max(offset, start) + 1)

    def note_broken(self, offset: int) -> None:
        """Note the broken record at `offset`, once."""
        if offset not in self.broken[-1:]:
            self.broken.append(offset)

    def _warc(self, file: IO[bytes], start: int) -> Iterator[Record]:
        stream, shift = file, 0
        if 0 < self._dictionary <= start:  # frames cannot be read without it
            stream = cast("IO[bytes]", _Spliced(file, self._dictionary, start))
            shift = start - self._dictionary
        for raw in ArchiveIterator(stream, parse_http=False):
            fields = raw.headers
            # fastwarc accepts a header that is cut off.
            if not (fields.get("Content-Length") or "").isdigit():
                raise BrokenRecord("no Content-Length")
            record = Record(
                str(raw.record_type),
                (fields.get("WARC-Target-URI") or "").strip("<>"),
                raw.record_date,
                raw.stream_pos + shift,
                raw.content_length,
                raw.reader,
                truncated="WARC-Truncated" in fields,
            )
            yield record
            record.finish(raw.consume)

    @staticmethod
    def _arc(file: IO[bytes]) -> Iterator[Record]:
        archive = _ArcIterator(file, no_record_parse=True)
        for raw in archive:
            if archive.err_count:
                raise BrokenRecord("no record after the last one")
            fields = raw.rec_headers
            moment = datetime.strptime(fields.get_header("archive-date"), "%Y%m%d%H%M%S")
            record = Record(
                raw.rec_type,
                fields.get_header("uri").strip("<>"),
                moment.replace(tzinfo=UTC),
                archive.offset,
                raw.length,
                raw.raw_stream,
            )
            yield record
            record.finish(partial(_skip, raw.raw_stream))

    def _next(self, file: IO[bytes], start: int) -> int | None:
        """Return the first offset from `start` on at which a record may begin; None if there is none."""
        file.seek(0)
        head = file.read(4)
        if head == _ZSTD or self._dictionary:
            return _find(file, max(start, self._dictionary), _ZSTD)
        if head.startswith(_GZIP):
            return _find(file, start, _GZIP)
        return _find(file, start, _ARC_START if self.is_arc else _WARC_START)


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    """Return an ARC file that was gzipped as a whole as an unpacked stream; other files unchanged.

    warcio reads gzipped records only if each is a member of its own. Offsets are then those in
    the unpacked stream.
    """
    member = zlib.decompressobj(_GZIP_MEMBER)
    data = file.read(_PIECE)
    file.seek(0)
    try:
        head = member.decompress(data, _PIECE) if data.startswith(_GZIP) else b""
    except zlib.error:  # damage; the reader skips it
        return file
    if not _ARC_START.match(head):
        return file
    line, _, rest = head.partition(b"\n")
    length = int(line.split()[-1])
    is_whole = bool(rest[length:].strip())  # the first member holds records too
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if is_whole else file


def _dictionary_end(file: IO[bytes]) -> int:
    """Return the end of the dictionary of a .warc.zst, 0 if it has none. Moves the position of `file`."""
    file.seek(0)
    head = file.read(8)
    return 8 + int.from_bytes(head[4:], "little") if head.startswith(_DICTIONARY) and len(head) == 8 else 0


class _Spliced:
    """A stream of the first `head` bytes of `file`, then of those from `start` on."""

    def __init__(self, file: IO[bytes], head: int, start: int):
        self._file, self._left, self._start, self._taken = file, head, start, 0
        file.seek(0)

    def tell(self) -> int:
        return self._taken  # fastwarc reads a dictionary at 0 only

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left) if self._left else size)
        self._taken += len(piece)
        if self._left:
            self._left -= len(piece)
            if not self._left:
                self._file.seek(self._start)
        return piece


def _pieces(stream: Any, length: int) -> Iterator[bytes]:
    """Yield the bytes of `stream`, up to `length`."""
    while length > 0 and (piece := stream.read(min(length, _PIECE))):
        yield piece
        length -= len(piece)


def _skip(stream: Any) -> int:
    return sum(map(len, iter(partial(stream.read, _PIECE), b"")))


def _find(file: IO[bytes], start: int, first: bytes | re.Pattern[bytes]) -> int | None:
    """Return the first offset from `start` on where the bytes or the pattern `first` stand; None if nowhere."""
    pattern = re.compile(re.escape(first)) if isinstance(first, bytes) else first
    while True:
        file.seek(start)
        piece = file.read(_CHUNK)
        if match := pattern.search(piece):
            return start + match.start()
        if len(piece) < _CHUNK:
            return None
        start += _CHUNK - _OVERLAP


def _check_end(file: IO[bytes], offset: int) -> None:
    """Raise `BrokenRecord` if a gzip file ends in the middle of a member after `offset`.

    fastwarc ends without an error at a header that is cut off.
    """
    file.seek(offset)
    piece = file.read(_PIECE)
    if not piece.startswith(_GZIP):
        return
    member = zlib.decompressobj(_GZIP_MEMBER)
    while piece:
        member.decompress(piece)
        piece = member.unused_data or file.read(_PIECE)
        if member.eof and piece:
            member = zlib.decompressobj(_GZIP_MEMBER)
    if not member.eof:
        raise BrokenRecord("cut off")
