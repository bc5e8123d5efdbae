"""Reads the responses of a WARC or ARC file as a stream, around what is broken in it."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timezone
from functools import partial
from typing import IO, Any, cast

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ARCIterator
from warcio.exceptions import ArchiveLoadFailed

from herald_spider.archive.packing import UNREADABLE
from herald_spider.warc.files import Source

_GZIP, _ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # begins a .warc.zst whose frames share a dictionary; its length follows
_CHUNK, _OVERLAP, _PIECE = 1024 * 1024, 4096, 65_536
_GZIP_MEMBER = zlib.MAX_WBITS + 16
# How a record begins; ARC: address, IP, time, type, length.
_WARC_START = re.compile(rb"WARC/\d\.\d\r?\n")
_ARC_START = re.compile(rb"(?:https?|filedesc):\S{1,4000} \S{1,50} \d{14} [^\r\n]{0,200}\d\r?\n")


class BrokenRecord(Exception):
    """A record that cannot be read, or not to its end."""


# What the libraries raise on damaged bytes.
_DAMAGE = (
    BrokenRecord,
    ArchiveLoadFailed,
    zipfile.BadZipFile,
    *UNREADABLE,
    ValueError,
    LookupError,
    TypeError,
    RuntimeError,  # zipfile's, of a member with a password
)


class Record:
    """A record: its WARC type, target address, time, and offset in the file.

    `date` is in UTC, as ``2026-09-14T01:00:00Z``, "" where the record names none. `block`
    can be read once, before the next record is asked for.
    """

    def __init__(
        self, type: str, url: str, moment: datetime | None, offset: int, length: int, stream: Any,
        *, truncated: bool = False,
    ):  # fmt: skip
        self.type, self.url, self._moment, self.offset = type, url.strip("<>"), moment, offset
        self.length = length
        self.truncated = truncated  # by the crawler, which says so
        self._stream = stream
        self._taken = 0

    @property
    def date(self) -> str:
        return self._moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if self._moment else ""

    def block(self) -> bytes:
        """The content. Raises `BrokenRecord`."""
        try:
            # Not all at once: the length is the file's word, and memory would be taken for it.
            content = b"".join(_pieces(self._stream, self.length))
        except _DAMAGE as error:
            raise BrokenRecord(str(error)) from None
        self._taken = len(content)
        if len(content) < self.length:
            raise BrokenRecord("cut off")
        return content

    def finish(self, skip: Callable[[], int]) -> None:
        """Go to the end, whether the block was read or not. Raises one of what damage raises."""
        if self._taken < self.length and self._taken + skip() < self.length:
            raise BrokenRecord("cut off")


class _ArcIterator(ARCIterator):  # type: ignore[misc]
    INC_RECORD = ""  # what it would print


class Reader:
    """The records of one file. What cannot be read is passed over and counted in `broken`."""

    def __init__(self, source: Source):
        self.source = source
        self.is_arc = re.search(r"\.arc(\.gz)?$", source.name, re.IGNORECASE) is not None
        self._dictionary = 0  # where that of a .warc.zst ends
        self.broken = 0
        self.first_broken = 0
        self._last_broken = -1

    def records(self) -> Iterator[Record]:
        try:
            with self.source.open() as packed:
                file = _unpacked(packed) if self.is_arc else packed
                self._dictionary = 0 if self.is_arc else _dictionary_end(file)
                start: int | None = 0
                while start is not None:
                    start = yield from self._records_from(file, start)
        except _DAMAGE:
            if not self.broken:  # else it was met already, and nothing can be found behind it
                self.note_broken(0)

    def _records_from(self, file: IO[bytes], start: int) -> Generator[Record, None, int | None]:
        """The records from `start` to the first damage; returns where to go on behind that."""
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
            if seen or start == 0:  # else it is still the same damage
                self.note_broken(offset)
        return self._next(file, max(offset, start) + 1)

    def note_broken(self, offset: int) -> None:
        """Count what is broken at `offset`, once."""
        if offset != self._last_broken:
            self.first_broken = self.first_broken if self.broken else offset
            self.broken += 1
            self._last_broken = offset

    def _warc(self, file: IO[bytes], start: int) -> Iterator[Record]:
        stream, shift = file, 0
        if 0 < self._dictionary <= start:  # without it no frame can be read
            stream = cast("IO[bytes]", _Spliced(file, self._dictionary, start))
            shift = start - self._dictionary
        for raw in ArchiveIterator(stream, parse_http=False):
            fields = raw.headers
            # fastwarc takes a head that is cut off for a whole one.
            if not (fields.get("Content-Length") or "").isdigit():
                raise BrokenRecord("no Content-Length")
            record = Record(
                str(raw.record_type),
                fields.get("WARC-Target-URI") or "",
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
                raise BrokenRecord("what follows a record is none")
            fields = raw.rec_headers
            moment = datetime.strptime(fields.get_header("archive-date"), "%Y%m%d%H%M%S")
            record = Record(
                raw.rec_type,
                fields.get_header("uri"),
                moment.replace(tzinfo=timezone.utc),
                archive.offset,
                raw.length,
                raw.raw_stream,
            )
            yield record
            record.finish(partial(_skip, raw.raw_stream))

    def _next(self, file: IO[bytes], start: int) -> int | None:
        """Where the first record at or behind `start` begins; None where none can be found."""
        begins = _ARC_START if self.is_arc else _WARC_START
        file.seek(0)
        head = file.read(4)
        if head == _ZSTD or self._dictionary:
            start = max(start, self._dictionary)
            return next(_places(file, start, re.compile(re.escape(_ZSTD))), None)
        if not head.startswith(_GZIP):
            return next(_places(file, start, begins), None)
        for place in _places(file, start, re.compile(re.escape(_GZIP))):
            if begins.match(_member_head(file, place)):
                return place
        return None


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    """An ARC file that was gzipped as a whole as if it were not; others as they are.

    To warcio records that are packed, but not one by one, are damage. Offsets are then those of the records
    as they are unpacked.
    """
    member = zlib.decompressobj(_GZIP_MEMBER)
    data = file.read(_PIECE)
    file.seek(0)
    try:
        head = member.decompress(data, _PIECE) if data.startswith(_GZIP) else b""
    except zlib.error:  # damage, which the records behind it can do without
        return file
    if not _ARC_START.match(head):
        return file
    line, _, rest = head.partition(b"\n")
    length = int(line.split()[-1])
    is_whole = bool(rest[length:].strip())  # more than the head of the file is in its first member
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if is_whole else file


def _dictionary_end(file: IO[bytes]) -> int:
    """Where the dictionary at the head of a .warc.zst ends; 0 where it has none. Moves `file`."""
    file.seek(0)
    head = file.read(8)
    return 8 + int.from_bytes(head[4:], "little") if head.startswith(_DICTIONARY) and len(head) == 8 else 0


class _Spliced:
    """The first `head` bytes of `file`, then what is at and behind `start`, as one stream."""

    def __init__(self, file: IO[bytes], head: int, start: int):
        self._file, self._left, self._start, self._taken = file, head, start, 0
        file.seek(0)

    def tell(self) -> int:
        return self._taken  # at 0 alone fastwarc looks for a dictionary

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left) if self._left else size)
        self._taken += len(piece)
        if self._left:
            self._left -= len(piece)
            if not self._left:
                self._file.seek(self._start)
        return piece


def _pieces(stream: Any, length: int) -> Iterator[bytes]:
    """What `stream` has, up to `length`."""
    while length > 0 and (piece := stream.read(min(length, _PIECE))):
        yield piece
        length -= len(piece)


def _skip(stream: Any) -> int:
    return sum(map(len, iter(partial(stream.read, _PIECE), b"")))


def _places(file: IO[bytes], start: int, pattern: re.Pattern[bytes]) -> Iterator[int]:
    """Where `pattern` is found at or behind `start`."""
    while True:
        file.seek(start)
        piece = file.read(_CHUNK)
        is_last = len(piece) < _CHUNK
        for match in pattern.finditer(piece):
            if is_last or match.start() < _CHUNK - _OVERLAP:
                yield start + match.start()
        if is_last:
            return
        start += _CHUNK - _OVERLAP


def _member_head(file: IO[bytes], offset: int) -> bytes:
    """The first bytes in the gzip member at `offset`; none where there is no such member."""
    file.seek(offset)
    try:
        return zlib.decompressobj(_GZIP_MEMBER).decompress(file.read(_OVERLAP), _OVERLAP)
    except zlib.error:
        return b""


def _check_end(file: IO[bytes], offset: int) -> None:
    """Raise `BrokenRecord` where a gzip file ends in the middle of a member behind `offset`.

    A head that is cut off is no error to fastwarc: it ends there.
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
