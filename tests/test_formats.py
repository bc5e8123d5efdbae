"""The forms of an export, value by value."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from lxml import etree
from scrapy.exporters import BaseItemExporter

from herald_spider.archive.formats import COLUMNS, Csv, JsonLines, Parquet
from herald_spider.extensions.exporters import CsvItemExporter, XmlItemExporter
from herald_spider.items import as_dict, from_dict

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


def test_csv_joins_lists() -> None:
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


def fed(exporter: type[BaseItemExporter]) -> io.BytesIO:
    """What a feed writes of RECORD."""
    file = io.BytesIO()
    feed = exporter(file)  # type: ignore[call-arg]
    feed.start_exporting()
    feed.export_item(from_dict(RECORD))
    feed.finish_exporting()
    file.seek(0)
    return file


def test_a_csv_feed_has_the_cells_of_an_export() -> None:
    exported = io.BytesIO()
    Csv(exported).write(as_dict(from_dict(RECORD)))
    assert fed(CsvItemExporter).getvalue() == exported.getvalue()


def test_an_xml_feed_has_an_element_for_each_part() -> None:
    [item] = etree.parse(fed(XmlItemExporter)).getroot()
    assert {field.tag: field.text for field in item if len(field) == 0 and field.text} == {
        "id": "1", "headline": "A  “b”", "body": "One.\n\n\tTwo .?", "revision": "2", "word_count": "0",
        "fetched_at": "2026-09-14T10:00:00Z", "captured_at": "2026-09-13T10:00:00Z",
        "published_at": "2026-09-14T10:00:00+09:00",
    }  # fmt: skip
    assert [[part.text for part in author] for author in item.find("authors")] == [
        ["Kim", None, None],
        ["Lee", "b@c", "Staff"],
    ]
    assert [[(part.tag, part.text) for part in image] for image in item.find("images")][1] == [
        ("url", "y"), ("caption", "Y"), ("credit", "Z"),
    ]  # fmt: skip
    assert [tag.text for tag in item.find("tags")] == ["a", "b"]
    assert [(each.tag, each.text) for each in item.find("extraction")] == [("id", "url"), ("body", "css")]


def test_json_lines_are_utf_8_for_any_text() -> None:
    file = io.BytesIO()
    JsonLines(file).write(RECORD)
    (line,) = file.getvalue().splitlines()
    assert "“b”".encode() in line
    assert b"\\u009b" in line
    assert json.loads(line)["body"] == "One.\n\n\tTwo\x1b.?"


def test_parquet_has_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_an_abandoned_file_is_not_written_to() -> None:
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
