"""The CDX server API of web archives: parameters of a query, and its responses. No I/O.

Three forms of response are read: that of the Internet Archive (a JSON array of rows under a
header, with resume keys), that of pywb (one JSON object a line, without resume keys), and plain
CDX text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import unquote_plus

# The year of the first web archive.
EARLIEST = "19960101000000"
_FORM = "%Y%m%d%H%M%S"
_COLUMNS = ["urlkey", "timestamp", "url", "mime", "status", "digest"]
_OTHER_NAMES = {"original": "url", "mimetype": "mime", "statuscode": "status"}


@dataclass(frozen=True)
class Capture:
    """A page as a web archive has stored it at `timestamp` (14 digits, UTC)."""

    timestamp: str
    url: str
    mime: str = ""
    status: str = ""
    digest: str = ""

    @property
    def is_page(self) -> bool:
        """Return True for a capture with an HTML body; a revisit has none, and the status ``-``."""
        return self.status == "200" and "html" in self.mime

    @property
    def content(self) -> str:
        """A key of the content: the digest, or the time if there is none."""
        return self.timestamp if self.digest in ("", "-") else self.digest


def changes(captures: Iterable[Capture]) -> list[Capture]:
    """Return the captures in order of time, without those that repeat the one before."""
    in_order = sorted(captures, key=lambda capture: capture.timestamp)
    return [next(same) for _, same in groupby(in_order, key=lambda capture: capture.content)]


def seconds(timestamp: str) -> int:
    """Return a timestamp as seconds since 1970. Raises `ValueError`."""
    if len(timestamp) != 14:
        raise ValueError(timestamp)
    return int(datetime.strptime(timestamp, _FORM).replace(tzinfo=UTC).timestamp())


def timestamp(moment: float) -> str:
    """Return seconds since 1970 as a timestamp."""
    return datetime.fromtimestamp(moment, UTC).strftime(_FORM)


# Mementos -----------------------------------------------------------------------------


def address(memento_url: str, capture: Capture) -> str:
    """Return the address at which the archive serves the captured bytes, unchanged."""
    return f"{memento_url}/{capture.timestamp}id_/{capture.url}"


_ADDRESS = re.compile(r"/(\d{14})(?:[a-z]{2}_)?/(https?:/.+)", re.DOTALL)


def parse_address(url: str, memento_url: str) -> Capture | None:
    """Return the capture that the archive at `memento_url` serves at `url`; None for other addresses.

    >>> parse_address("http://a.org/web/20210409000000id_/http://b.com/1", "http://a.org/web")
    Capture(timestamp='20210409000000', url='http://b.com/1', mime='', status='', digest='')
    """
    match = _ADDRESS.fullmatch(url.removeprefix(memento_url)) if url.startswith(memento_url) else None
    return Capture(match[1], match[2]) if match and _is_time(match[1]) else None


def _is_time(text: str) -> bool:
    try:
        seconds(text)
    except ValueError:
        return False
    return True


# Queries ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """A period of captures to query, from `first` to `last`, both included, with `limit` rows a response."""

    first: str
    last: str
    limit: int
    resume_key: str | None = None

    def parameters(self, url: str, *, collapse: str = "digest") -> dict[str, str | int | list[str]]:
        """Return the query for `url`, which may end in ``*``. Archives ignore parameters that they lack."""
        asked: dict[str, str | int | list[str]] = {
            "url": url, "output": "json", "from": self.first, "to": self.last, "limit": self.limit,
            "filter": ["statuscode:200", "mimetype:text/html"], "collapse": collapse,
            "showResumeKey": "true", "allowFuzzy": "0",
        }  # fmt: skip
        return asked | ({"resumeKey": self.resume_key} if self.resume_key else {})

    def fault(self, answer: IndexPage) -> str | None:
        """Return what is wrong with a response, if the walk could go on without end after it; else None."""
        if not answer.whole:
            return "it is cut in the middle, or no CDX"
        if answer.resume_key and answer.resume_key == self.resume_key:
            return "its resume key is the one that was sent"
        if any(not self.first <= capture.timestamp <= self.last for capture in answer.captures):
            return "it has captures outside the time asked for"
        return None

    def is_cut(self, answer: IndexPage) -> bool:
        """Return True if the response was cut off at the limit, without a resume key."""
        return not (answer.resume_key or self.resume_key) and answer.rows >= self.limit

    def rest(self, answer: IndexPage) -> list[Window]:
        """Return the windows that are left to query after a response without fault."""
        if self.is_cut(answer):
            return self.split(answer)
        return [replace(self, resume_key=answer.resume_key)] if answer.resume_key else []

    def split(self, answer: IndexPage) -> list[Window]:
        """Return two windows for one whose response was cut off, the earlier first.

        Rows are in the order of addresses, so the rows of a cut response are a sample of the
        times: the window is divided at their median. A window of one second gets a larger limit.
        """
        if self.first == self.last:
            return [replace(self, limit=self.limit * 2)]
        times = sorted(capture.timestamp for capture in answer.captures)
        median = seconds(times[len(times) // 2]) if times else 0
        first, last = seconds(self.first), seconds(self.last)
        end = min(max(median, first), last - 1)
        return [replace(self, last=timestamp(end)), replace(self, first=timestamp(end + 1))]

    def smaller(self) -> Window:
        """Return the window with half the limit, for an archive that could not give so many rows."""
        return replace(self, limit=max(1, self.limit // 2))


# Responses ----------------------------------------------------------------------------


@dataclass(frozen=True)
class IndexPage:
    """The captures in one response of the index.

    `rows` counts all rows, also unusable ones. `whole` is False if a part could not be read:
    the response was cut off, or is an error page.
    """

    captures: list[Capture] = field(default_factory=list)
    rows: int = 0
    resume_key: str | None = None
    whole: bool = True


def read(text: str) -> IndexPage:
    """Return the captures in a response of any form; unreadable parts are left out. Never raises."""
    text = text.strip()
    return _read_array(text) if text.startswith("[") else _read_lines(text)


def _read_array(text: str) -> IndexPage:
    try:
        rows, whole = json.loads(text), True
    except (ValueError, RecursionError):
        rows, whole = [row for line in text.split("\n") if (row := _row(line)) is not None], False
    if not rows or not all(isinstance(row, list) for row in rows):
        return IndexPage(whole=rows == [] and whole)
    header, *rows = rows
    header = [str(name) for name in header]
    resume_key = None
    if len(rows) > 1 and rows[-2] == [] and len(rows[-1]) == 1:
        resume_key = str(rows[-1][0])
        rows = rows[:-2]
    return _answer([dict(zip(header, row, strict=False)) for row in rows], resume_key, whole)


def _row(line: str) -> list[Any] | None:
    """Return a row of an array that is cut off; None if the line is no row."""
    line = line.strip().removesuffix(",")
    for text in (line, line.removeprefix("[")):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            continue
        return row if isinstance(row, list) else None
    return None


def _read_lines(text: str) -> IndexPage:
    lines = text.split("\n") if text else []
    resume_key = None
    if len(lines) > 1 and not lines[-2].strip():
        resume_key = lines[-1].strip()
        lines = lines[:-2]
    return _answer([_fields(line.strip()) for line in lines], resume_key)


def _fields(line: str) -> dict[str, Any]:
    """Return the fields of a line of CDX (``urlkey timestamp url mime status digest …``), CDXJ or JSON."""
    words = line.split(" ")
    start = line.find("{")
    if start >= 0 and (start == 0 or (len(words) > 2 and words[2].startswith("{"))):
        try:
            record = json.loads(line[start:])
        except (ValueError, RecursionError):
            return {}
        return {**dict(zip(_COLUMNS, line[:start].split(), strict=False)), **record}
    is_row = len(words) >= len(_COLUMNS) and words[1].isdigit()
    return dict(zip(_COLUMNS, words, strict=False)) if is_row else {}


def _answer(rows: Sequence[dict[str, Any]], resume_key: str | None, whole: bool = True) -> IndexPage:
    records = [{_OTHER_NAMES.get(name, name): value for name, value in row.items()} for row in rows]
    captures = [capture for record in records if (capture := _capture(record))]
    readable = [record for record in records if "timestamp" in record and "url" in record]
    # The Internet Archive returns its key percent-encoded.
    key = unquote_plus(resume_key) if resume_key else None
    return IndexPage(captures, len(records), key, whole and len(readable) == len(records))


def _capture(record: dict[str, Any]) -> Capture | None:
    """Return the capture of a row; None without a valid time or an address."""
    capture = Capture(**{name: str(record.get(name) or "") for name in _COLUMNS[1:]})
    return capture if capture.url and _is_time(capture.timestamp) else None
