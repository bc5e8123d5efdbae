"""A reader of WARC and ARC files that skips broken records."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import IO, Any, cast

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ARCIterator, WARCIterator
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
        offset, seen, is_first = start, False, start == 0
        try:
            start = _with_content(file, start) or start
            file.seek(start)
            for record in self._arc(file) if self.is_arc else self._warc(file, start):
                offset, seen = record.offset, True
                yield record
            if not seen and is_first:
                raise BrokenRecord("no record")
            return _with_content(file, offset, later=True) if seen else None
        except _DAMAGE:
            if seen or is_first:  # else the same damage as before
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
            fields = {name.lower(): value.strip() for name, value in raw.headers}
            offset = raw.stream_pos + shift
            # fastwarc accepts a header that is cut off, and knows Content-Length in this spelling only.
            if fields.get("content-length", "") != str(raw.content_length) and not shift:
                yield from self._warcio(file, offset)
                return
            record = _record(fields, offset, raw.reader)
            yield record
            record.finish(raw.consume)

    @staticmethod
    def _warcio(file: IO[bytes], start: int) -> Iterator[Record]:
        """Yield the records from `start` on, by a slower library that allows names of headers in any case."""
        file.seek(start)
        archive = WARCIterator(file, no_record_parse=True)
        for raw in archive:
            if archive.err_count:
                raise BrokenRecord("no record after the last one")
            fields = {name.lower(): value.strip() for name, value in raw.rec_headers.headers}
            record = _record(fields, archive.offset, raw.raw_stream)
            yield record
            record.finish(partial(_skip, raw.raw_stream))

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


def _record(fields: dict[str, str], offset: int, stream: Any) -> Record:
    """Return the record with these headers. Raises `BrokenRecord`."""
    length = fields.get("content-length", "")
    if not length.isdigit():
        raise BrokenRecord("no Content-Length")
    return Record(
        fields.get("warc-type", "unknown").lower(),
        fields.get("warc-target-uri", "").strip("<>"),
        _moment(fields.get("warc-date", "")),
        offset,
        int(length),
        stream,
        truncated="warc-truncated" in fields,
    )


# Of any precision, from the year on; more than microseconds are dropped.
_DATE = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,6})\d*)?)?)?)?)?"
    r"(?:Z|([+-]\d\d):?(\d\d)?)?",
    re.IGNORECASE,
)


def _moment(text: str) -> datetime | None:
    """Return the time in a WARC-Date, its start if it names a longer period; None if it is none."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (
        int(each or low) for each, low in zip(match.groups()[:6], (1, 1, 1, 0, 0, 0), strict=True)
    )
    hours, minutes = int(match[8] or 0), int(match[9] or 0)
    offset = timedelta(hours=hours, minutes=-minutes if hours < 0 else minutes)
    try:
        fraction = int((match[7] or "").ljust(6, "0"))
        return datetime(year, month, day, hour, minute, min(second, 59), fraction, UTC) - offset
    except (ValueError, OverflowError):
        return None


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


def _members(file: IO[bytes], offset: int) -> Iterator[tuple[int, bool]]:
    """Yield the offset of each gzip member from `offset` on, and whether it has content.

    Raises `BrokenRecord` if the file ends in a member, or goes on with something else.
    """
    file.seek(offset)
    piece, end = file.read(_PIECE), offset  # `end` is the offset behind the piece
    end += len(piece)
    while piece:
        begin, member, has_content = end - len(piece), zlib.decompressobj(_GZIP_MEMBER), False
        while piece and not member.eof:
            has_content = bool(member.decompress(piece)) or has_content
            piece = member.unused_data
            if not piece:
                piece = file.read(_PIECE)
                end += len(piece)
        if not member.eof:
            raise BrokenRecord("cut off")
        yield begin, has_content


def _with_content(file: IO[bytes], offset: int, *, later: bool = False) -> int | None:
    """Return the first offset from `offset` on at which a gzip member has content; None if there is none.

    With `later` the member at `offset` itself does not count. fastwarc ends at an empty member, and without
    an error at a header that is cut off. Of another file `offset` is returned, or None with `later`.
    """
    file.seek(offset)
    if file.read(len(_GZIP)) != _GZIP:
        return None if later else offset
    found = (begin for begin, has_content in _members(file, offset) if has_content)
    return next((begin for begin in found if begin > offset or not later), None)
