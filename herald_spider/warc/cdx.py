"""The CDX server API of web archives: what is asked, and what the answers say. No I/O.

Two dialects are read: that of the Internet Archive (a JSON array of rows under a header,
resume keys) and that of pywb (a JSON object a line, no resume keys); and plain CDX text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import groupby
from typing import Any
from urllib.parse import unquote_plus

# The first web archive began in 1996.
EARLIEST = "19960101000000"
_FORM = "%Y%m%d%H%M%S"
_COLUMNS = ["urlkey", "timestamp", "url", "mime", "status", "digest"]
_OTHER_NAMES = {"original": "url", "mimetype": "mime", "statuscode": "status"}


@dataclass(frozen=True)
class Capture:
    """A page as an archive kept it at `timestamp` (14 digits, UTC)."""

    timestamp: str
    url: str
    mime: str = ""
    status: str = ""
    digest: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it has a body of its own, in HTML; a revisit has the status ``-``."""
        return self.status == "200" and "html" in self.mime

    @property
    def content(self) -> str:
        """What two captures of the same bytes have in common."""
        return self.timestamp if self.digest in ("", "-") else self.digest


def changes(captures: Iterable[Capture]) -> list[Capture]:
    """The captures in order of time, those left out that repeat the one before."""
    in_order = sorted(captures, key=lambda capture: capture.timestamp)
    return [next(same) for _, same in groupby(in_order, key=lambda capture: capture.content)]


def seconds(timestamp: str) -> int:
    """A timestamp in seconds since 1970. Raises `ValueError` for what is none."""
    if len(timestamp) != 14:
        raise ValueError(timestamp)
    return int(datetime.strptime(timestamp, _FORM).replace(tzinfo=timezone.utc).timestamp())


def timestamp(moment: float) -> str:
    """The reverse of `seconds`."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime(_FORM)


# Mementos -----------------------------------------------------------------------------


def address(memento_url: str, capture: Capture) -> str:
    """Where the archive serves the page byte for byte as it was captured."""
    return f"{memento_url}/{capture.timestamp}id_/{capture.url}"


_ADDRESS = re.compile(r"/(\d{14})(?:[a-z]{2}_)?/(https?:/.+)", re.DOTALL)


def parse_address(url: str, memento_url: str) -> Capture | None:
    """The capture that `url` stands for; None for what is none of the archive `memento_url`.

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


# Questions ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """A stretch of time to ask for, from `first` to `last`, both included; `limit` rows an answer."""

    first: str
    last: str
    limit: int
    resume_key: str | None = None

    def parameters(self, url: str, *, collapse: str = "digest") -> dict[str, str | int | list[str]]:
        """The query for `url`, which may end in ``*``. An archive ignores what it does not know."""
        asked: dict[str, str | int | list[str]] = {
            "url": url, "output": "json", "from": self.first, "to": self.last, "limit": self.limit,
            "filter": ["statuscode:200", "mimetype:text/html"], "collapse": collapse,
            "showResumeKey": "true", "allowFuzzy": "0",
        }  # fmt: skip
        return asked | ({"resumeKey": self.resume_key} if self.resume_key else {})

    def fault(self, answer: Answer) -> str | None:
        """What is wrong with an answer; to go on from it could never end."""
        if not answer.whole:
            return "it is cut in the middle, or no CDX"
        if answer.resume_key and answer.resume_key == self.resume_key:
            return "its resume key is the one that was sent"
        if any(not self.first <= capture.timestamp <= self.last for capture in answer.captures):
            return "it has captures outside the time asked for"
        return None

    def is_cut(self, answer: Answer) -> bool:
        """Whether the archive has more than it told, and no resume key for it."""
        return not (answer.resume_key or self.resume_key) and answer.rows >= self.limit

    def rest(self, answer: Answer) -> list[Window]:
        """What is left to ask after an answer without fault."""
        if self.is_cut(answer):
            return self.split(answer)
        return [replace(self, resume_key=answer.resume_key)] if answer.resume_key else []

    def split(self, answer: Answer) -> list[Window]:
        """Two windows in place of one whose answer was cut, earlier first.

        Rows come in the order of their addresses, so those of a cut answer are a sample
        of the times; their median parts the window. One second cannot be parted, but may
        have more rows.
        """
        if self.first == self.last:
            return [replace(self, limit=self.limit * 2)]
        times = sorted(capture.timestamp for capture in answer.captures)
        median = seconds(times[len(times) // 2]) if times else 0
        first, last = seconds(self.first), seconds(self.last)
        end = min(max(median, first), last - 1)
        return [replace(self, last=timestamp(end)), replace(self, first=timestamp(end + 1))]

    def smaller(self) -> Window:
        """The same with half as many rows an answer: what an archive could not give may have been too much."""
        return replace(self, limit=max(1, self.limit // 2))


# Answers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What an archive answered.

    `rows` counts all rows, also those of no use. Not `whole` is an answer with a part that
    cannot be read: cut in the middle, or an error page.
    """

    captures: list[Capture] = field(default_factory=list)
    rows: int = 0
    resume_key: str | None = None
    whole: bool = True


def read(text: str) -> Answer:
    """Read an answer in any of its forms; nothing raises, what cannot be read is not there."""
    text = text.strip()
    return _read_array(text) if text.startswith("[") else _read_lines(text)


def _read_array(text: str) -> Answer:
    try:
        rows, whole = json.loads(text), True
    except (ValueError, RecursionError):
        rows, whole = [row for line in text.split("\n") if (row := _row(line)) is not None], False
    if not rows or not all(isinstance(row, list) for row in rows):
        return Answer(whole=rows == [] and whole)
    header, *rows = rows
    header = [str(name) for name in header]
    resume_key = None
    if len(rows) > 1 and rows[-2] == [] and len(rows[-1]) == 1:
        resume_key = str(rows[-1][0])
        rows = rows[:-2]
    return _answer([dict(zip(header, row, strict=False)) for row in rows], resume_key, whole)


def _row(line: str) -> list[Any] | None:
    """A row of an array that is cut off further on."""
    line = line.strip().removesuffix(",")
    for text in (line, line.removeprefix("[")):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            continue
        return row if isinstance(row, list) else None
    return None


def _read_lines(text: str) -> Answer:
    lines = text.split("\n") if text else []
    resume_key = None
    if len(lines) > 1 and not lines[-2].strip():
        resume_key = lines[-1].strip()
        lines = lines[:-2]
    return _answer([_fields(line.strip()) for line in lines], resume_key)


def _fields(line: str) -> dict[str, Any]:
    """A line of CDX (``urlkey timestamp url mime status digest …``), CDXJ or JSON; empty for any other."""
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


def _answer(rows: Sequence[dict[str, Any]], resume_key: str | None, whole: bool = True) -> Answer:
    records = [{_OTHER_NAMES.get(name, name): value for name, value in row.items()} for row in rows]
    captures = [capture for record in records if (capture := _capture(record))]
    readable = [record for record in records if "timestamp" in record and "url" in record]
    # The Internet Archive prints its key as it stands in an address.
    key = unquote_plus(resume_key) if resume_key else None
    return Answer(captures, len(records), key, whole and len(readable) == len(records))


def _capture(record: dict[str, Any]) -> Capture | None:
    """The capture of a row; None where it has no usable time."""
    values = {name: str(record.get(name) or "") for name in _COLUMNS[1:]}
    try:
        seconds(values["timestamp"])
    except ValueError:
        return None
    return Capture(**values) if values["url"] else None
