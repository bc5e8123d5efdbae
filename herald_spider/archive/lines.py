"""Lines of segments: read back into items."""

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


class UnreadableLine(ValueError):
    """Bytes are not one line that holds one article."""


_FIELDS = {each.name for each in fields(Article)}
_EMPTY = asdict(Article())


def decode(line: bytes) -> dict[str, Any]:
    """Return the record of a line. Raises `UnreadableLine`."""
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
    """Return the record of a line, with empty values for newer fields. Raises `UnreadableLine`."""
    return {**_EMPTY, **decode(line)}


def to_article(record: dict[str, Any]) -> Article:
    """Return the item of a record without the fields of a later version. Raises `UnreadableLine`."""
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
    """Return the item of a line. Raises `UnreadableLine` if its text differs from its hash, or a time is invalid."""
    item = to_article(decode(line))
    try:
        sound = content_hash(item.headline or "", item.body or "") == item.content_hash
    except TypeError:
        sound = False
    if not sound:
        raise UnreadableLine("the text differs from content_hash")
    if not has_times(item):
        raise UnreadableLine("an invalid time")
    return item


def ids_of(item: Article) -> list[str]:
    """Return the id of an article, then the ids of its aliases."""
    ids = [item.id or "", *(urls.classify(alias).id or "" for alias in item.aliases)]
    return list(dict.fromkeys(filter(None, ids)))


class SegmentReader:
    """Reads pieces of the segments in a folder, one file open at a time."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._name = ""
        self._file: BufferedIOBase | None = None

    def piece(self, name: str, offset: int, length: int) -> bytes:
        """Return the bytes at a place, fewer if the segment is shorter or damaged.

        Raises `ArchiveError` if the file cannot be opened.
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
        except UNREADABLE:  # nothing can be read behind damaged compression
            self._file.close()
            self._file = None
            return b""

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file, self._name = None, ""
