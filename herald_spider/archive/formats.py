"""The export formats: JSON Lines, CSV, Parquet."""

from __future__ import annotations

import csv
import json
import re
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from typing import IO, Any, get_args, get_origin

from herald_spider.items import FIELDS, Field, fields_of

COLUMNS = list(FIELDS)
_C1 = re.compile("[\x7f-\x9f]")  # JSON leaves these as they are, terminals do not
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class MissingExtra(Exception):
    """A format needs a package that is not installed; the text names it."""


class Writer(ABC):
    """Writes records to a binary file; `close` ends the format, not the file."""

    def __init__(self, file: IO[bytes]):
        self.file = file

    @abstractmethod
    def write(self, record: dict[str, Any]) -> None: ...

    def close(self) -> None:
        return

    def abandon(self) -> None:
        """Stop writing: the file will not be kept."""
        return


class JsonLines(Writer):
    """One JSON object a line, as in the segments."""

    def write(self, record: dict[str, Any]) -> None:
        text = json.dumps(record, ensure_ascii=False)
        text = _C1.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
        self.file.write(text.encode("utf-8", "replace") + b"\n")


class Csv(Writer):
    """One row an article; lists are joined."""

    def __init__(self, file: IO[bytes]):
        super().__init__(file)
        self.rows = csv.writer(_Encoded(file))
        self.rows.writerow(COLUMNS)

    def write(self, record: dict[str, Any]) -> None:
        self.rows.writerow([cell(name, record.get(name)) for name in COLUMNS])


class _Encoded:
    """A text file over a binary one. A TextIOWrapper would close the standard output with itself."""

    def __init__(self, file: IO[bytes]):
        self.file = file

    def write(self, text: str) -> None:
        self.file.write(text.encode("utf-8", "replace"))


def cell(name: str, value: Any) -> Any:
    """Return a field of a record that `as_dict` made as the cell of a table: text, number or None."""
    if isinstance(value, list):
        part, separator = FIELDS[name].printed or (None, "; ")
        value = separator.join(each[part] if part else each for each in value)
    elif isinstance(value, dict):
        value = "; ".join(f"{key}={each}" for key, each in value.items())
    return plain_text(value) if isinstance(value, str) else value


def plain_text(text: str) -> str:
    """Return `text` without characters that UTF-8, XML or a terminal does not take."""
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode()


class Parquet(Writer):
    """Typed columns, compressed, in row groups of `GROUP` articles."""

    GROUP = 10_000
    BATCH = 1_000

    def __init__(self, file: IO[bytes]):
        super().__init__(file)
        try:
            pyarrow: Any = import_module("pyarrow")
            parquet: Any = import_module("pyarrow.parquet")
        except ImportError:
            raise MissingExtra("Parquet needs pyarrow: pip install '.[parquet]' in its checkout") from None
        self.arrow = pyarrow
        self.schema = _schema(pyarrow)
        self.out = parquet.ParquetWriter(file, self.schema, compression="zstd")
        self.rows: list[dict[str, Any]] = []
        self.batches: list[Any] = []

    def write(self, record: dict[str, Any]) -> None:
        self.rows.append(_typed(record))
        if len(self.rows) >= self.BATCH:
            self._batch()
        if len(self.batches) * self.BATCH >= self.GROUP:
            self._group()

    def _batch(self) -> None:
        self.batches.append(self.arrow.RecordBatch.from_pylist(self.rows, schema=self.schema))
        self.rows = []

    def _group(self) -> None:
        table = self.arrow.Table.from_batches(self.batches, schema=self.schema)
        self.out.write_table(table, row_group_size=self.GROUP)
        self.batches = []

    def close(self) -> None:
        if self.rows:
            self._batch()
        if self.batches:
            self._group()
        self.out.close()

    def abandon(self) -> None:
        # Otherwise its finaliser would write to the closed file.
        with suppress(OSError, ValueError):
            self.out.close()
        self.out.is_open = False


_TIMES = [name for name, each in FIELDS.items() if each.zone]
_MAPS = [name for name, each in FIELDS.items() if get_origin(each.type) is dict]


def _schema(pa: Any) -> Any:
    return pa.schema([(name, _arrow_type(pa, each)) for name, each in FIELDS.items()])


def _arrow_type(pa: Any, of: Field) -> Any:
    """Return the Arrow type of a field."""
    simple = {str: pa.string(), int: pa.int32()}
    if of.zone:
        return pa.timestamp("s", of.zone)
    if of.parts:
        return pa.list_(
            pa.struct([(part.name, _arrow_type(pa, part)) for part in fields_of(of.parts).values()])
        )
    arguments = [simple[each] for each in get_args(of.type)]
    if get_origin(of.type) is list:
        return pa.list_(*arguments)
    if get_origin(of.type) is dict:
        return pa.map_(*arguments)
    return simple[of.type]


def _typed(record: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a record as Arrow takes them: times as datetimes, maps as pairs."""
    row = {name: record.get(name) for name in COLUMNS}
    for name in _TIMES:
        value = row[name]
        row[name] = datetime.fromisoformat(value.replace("Z", "+00:00")) if value else None
    for name in _MAPS:
        row[name] = list((row[name] or {}).items())
    return row


FORMATS: dict[str, type[Writer]] = {"jsonl": JsonLines, "csv": Csv, "parquet": Parquet}
