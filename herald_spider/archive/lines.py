"""A line of a segment, read back into the item that it was."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from herald_spider import urls
from herald_spider.archive.packing import UNREADABLE, cannot_read, file_of, open_segment
from herald_spider.archive.values import has_times
from herald_spider.items import Article, from_dict
from herald_spider.text.cleaning import content_hash

VOID = "void:"  # facts of this name: damaged bytes of a segment that no line claims any more
# Facts of this name: the checksum of the line that was written there, and that a repair found damaged.
WRITTEN = "written:"


class UnreadableLine(ValueError):
    """The bytes are not one line that holds one article."""


_FIELDS = {each.name for each in fields(Article)}
_EMPTY = asdict(Article())


def decode(line: bytes) -> dict[str, Any]:
    """The record of a line. Raises `UnreadableLine`."""
    if not line.endswith(b"\n") or line.count(b"\n") != 1:
        raise UnreadableLine("not one line")
    try:
        record = json.loads(line)
    except ValueError:  # UnicodeDecodeError is one
        raise UnreadableLine("not JSON") from None
    if not isinstance(record, dict):
        raise UnreadableLine("not an object")
    return record


def record_of(line: bytes) -> dict[str, Any]:
    """The record of a line, with the fields that came after it was written. Raises `UnreadableLine`."""
    return {**_EMPTY, **decode(line)}


def to_article(record: dict[str, Any]) -> Article:
    """The item of a record; fields of a later version are left out. Raises `UnreadableLine`."""
    known = {name: value for name, value in record.items() if name in _FIELDS}
    try:
        item = from_dict(known)
        whole = isinstance(item.id, str) and isinstance(item.revision, int)
        whole = whole and all(isinstance(alias, str) for alias in item.aliases)
    except TypeError:
        raise UnreadableLine("not an article") from None
    if not whole:
        raise UnreadableLine("not an article")
    return item


def read(line: bytes) -> Article:
    """The item of a line whose words are those that its hash was made of, and whose times are times.

    Raises `UnreadableLine`.
    """
    item = to_article(decode(line))
    try:
        sound = content_hash(item.headline or "", item.body or "") == item.content_hash
    except TypeError:
        sound = False
    if not sound:
        raise UnreadableLine("words do not fit content_hash")
    if not has_times(item):
        raise UnreadableLine("a time that is none")
    return item


def ids_of(item: Article) -> list[str]:
    """The id of an article, then the ids of its aliases."""
    ids = [item.id or "", *(urls.classify(alias).id or "" for alias in item.aliases)]
    return list(dict.fromkeys(filter(None, ids)))


class SegmentReader:
    """Reads pieces of the segments in a folder, one file open at a time."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._name = ""
        self._file: BufferedIOBase | None = None

    def piece(self, name: str, offset: int, length: int) -> bytes:
        """What stands there; shorter, or nothing, where the file is.

        Raises `ArchiveError` where the file cannot be opened.
        """
        if name != self._name:
            self.close()
            self._name = name
            path = file_of(self.folder, name)
            try:
                self._file = open_segment(path) if path.is_file() else None
            except OSError as error:
                raise cannot_read(path, error) from None
        if self._file is None or offset < 0 or length < 0:
            return b""
        try:
            if self._file.tell() != offset:
                self._file.seek(offset)
            return self._file.read(length)
        except UNREADABLE:  # and so is all that follows: where compression is damaged it ends
            self._file.close()
            self._file = None
            return b""

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file, self._name = None, ""
