"""The forms of an export, value by value."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from herald_spider.archive.formats import COLUMNS, Csv, JsonLines, Parquet

RECORD: dict[str, Any] = {
    "id": "1",
    "headline": "A\x9b “b”",
    "body": "One.\n\n\tTwo\x1b.\ud800",
    "authors": [
        {"name": "Kim", "email": None, "role": None},
        {"name": "Lee", "email": "b@c", "role": "Staff"},
    ],
    "images": [{"url": "x", "caption": None, "credit": None}, {"url": "y", "caption": "Y", "credit": "Z"}],
    "tags": ["a", "b"],
    "extraction": {"id": "url", "body": "css"},
    "revision": 2,
    "fetched_at": "2026-09-14T10:00:00Z",
    "captured_at": "2026-09-13T10:00:00Z",
    "published_at": "2026-09-14T10:00:00+09:00",
}
EMPTY: dict[str, Any] = {"id": "2", "images": None, "authors": None, "extraction": None}


def test_csv_joins_what_is_a_list() -> None:
    file = io.BytesIO()
    writer = Csv(file)
    for record in (RECORD, EMPTY):
        writer.write(record)
    writer.close()
    header, row, empty = csv.reader(io.StringIO(file.getvalue().decode(), newline=""))
    assert header == COLUMNS
    assert {name: value for name, value in zip(header, row, strict=True) if value} == {
        "id": "1",
        "headline": "A  “b”",
        "body": "One.\n\n\tTwo .?",
        "authors": "Kim; Lee",
        "images": "x\ny",
        "tags": "a; b",
        "extraction": "id=url; body=css",
        "revision": "2",
        "fetched_at": "2026-09-14T10:00:00Z",
        "captured_at": "2026-09-13T10:00:00Z",
        "published_at": "2026-09-14T10:00:00+09:00",
    }
    assert [value for value in empty if value] == ["2"]


def test_json_lines_are_utf_8_whatever_the_text() -> None:
    file = io.BytesIO()
    JsonLines(file).write(RECORD)
    (line,) = file.getvalue().splitlines()
    assert "“b”".encode() in line
    assert b"\\u009b" in line
    assert json.loads(line)["body"] == "One.\n\n\tTwo\x1b.?"


def test_parquet_has_groups_of_so_many_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(Parquet, "BATCH", 2)
    monkeypatch.setattr(Parquet, "GROUP", 4)
    file = io.BytesIO()
    writer = Parquet(file)
    held = []
    for number in range(9):
        writer.write({**RECORD, "id": str(number), "body": "x"})
        held.append((len(writer.rows), len(writer.batches)))
    writer.close()
    assert held[:5] == [(1, 0), (0, 1), (1, 1), (0, 0), (1, 0)]
    found = parquet.ParquetFile(file)
    assert [found.metadata.row_group(each).num_rows for each in range(found.num_row_groups)] == [4, 4, 1]
    assert found.metadata.row_group(0).column(0).compression == "ZSTD"
    rows = found.read().to_pylist()
    assert [row["id"] for row in rows] == list("012345678")
    assert rows[0]["authors"] == RECORD["authors"]
    assert rows[0]["images"] == RECORD["images"]
    assert rows[0]["extraction"] == [("id", "url"), ("body", "css")]
    assert rows[0]["captured_at"].isoformat() == "2026-09-13T10:00:00+00:00"


def test_parquet_of_an_empty_record() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    writer = Parquet(file)
    writer.write(EMPTY)
    writer.close()
    (row,) = parquet.read_table(file).to_pylist()
    assert {name for name, value in row.items() if value} == {"id"}


def test_an_abandoned_file_is_not_written_to_again() -> None:
    pytest.importorskip("pyarrow.parquet")
    for broken in (OSError("full"), ValueError("closed")):
        writer = Parquet(io.BytesIO())
        real = writer.out

        class Out:
            is_open = True

            def close(self, error: Exception = broken) -> None:
                raise error

        writer.out = Out()
        writer.abandon()
        assert writer.out.is_open is False
        real.close()
