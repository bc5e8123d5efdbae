"""Lines of a segment, whole and damaged, and the pieces that are read of one."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from herald_spider.archive import packing
from herald_spider.archive.lines import (
    SegmentReader,
    UnreadableLine,
    decode,
    ids_of,
    read,
    record_of,
    to_article,
)
from herald_spider.archive.values import revision_hash
from herald_spider.items import Article, Author, Image
from herald_spider.text.cleaning import content_hash
from herald_spider.urls import article_url

ITEM = Article(
    id="7", url=article_url("7"), headline="Ferry", body="One.", content_hash=content_hash("Ferry", "One."),
    authors=[Author("Kim")], images=[Image("x")], aliases=[article_url("20230813000001"), "x", article_url("7")],
)  # fmt: skip


def line(**values: Any) -> bytes:
    return json.dumps({**asdict(ITEM), **values}).encode() + b"\n"


def test_a_line_is_the_item_that_it_was() -> None:
    assert read(line()) == ITEM
    assert read(line(of_a_later_version=1)) == ITEM


def test_fields_of_later_versions_are_empty() -> None:
    assert record_of(b'{"id": "7"}\n') == {**asdict(Article()), "id": "7"}
    old = {
        name: value for name, value in asdict(ITEM).items() if name not in ("authors", "images", "aliases")
    }
    assert to_article(old) == replace(ITEM, authors=[], images=[], aliases=[])


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (b"", "not one line"),
        (b"{}", "not one line"),
        (b"{}\n{}\n", "not one line"),
        (b"\n", "not JSON"),
        (b"\xff\n", "not JSON"),
        (b"[]\n", "not an object"),
        (b"{}\n", "not an article"),
        (line(id=7), "not an article"),
        (line(revision="1"), "not an article"),
        (line(aliases=[7]), "not an article"),
        (line(aliases=None), "not an article"),
        (line(authors=[{"nom": "Kim"}]), "not an article"),
        (line(images=7), "not an article"),
        (line(body="Two."), "the text differs from content_hash"),
        (line(headline="Ship"), "the text differs from content_hash"),
        (line(body=7), "the text differs from content_hash"),
    ],
)
def test_a_damaged_line_is_an_error(damaged: bytes, said: str) -> None:
    with pytest.raises(UnreadableLine) as error:
        read(damaged)
    assert str(error.value) == said


def test_an_item_without_text_is_valid() -> None:
    assert read(line(headline=None, body=None, content_hash=content_hash("", ""))).body is None


def test_lines_are_decoded_to_records() -> None:
    assert decode(b'{"a": 1}\n') == {"a": 1}


def test_ids_are_those_of_the_aliases_too_each_once() -> None:
    assert ids_of(ITEM) == ["7", "20230813000001"]
    assert ids_of(replace(ITEM, id=None)) == ["20230813000001", "7"]


@pytest.mark.parametrize(
    "change",
    [
        {"content_hash": "x"},
        {"published_at": "2026-09-14T10:00:00+09:00"},
        {"updated_at": "2026-09-14T10:00:00+09:00"},
        {"byline": "By Kim"},
        {"authors": [Author("Lee")]},
        {"images": [Image("y")]},
        {"images": [Image("x", "A ship.")]},
        {"images": [Image("x", None, "AP")]},
    ],
)
def test_changes_that_make_a_revision(change: dict[str, Any]) -> None:
    assert revision_hash(replace(ITEM, **change)) != revision_hash(ITEM)


def test_changes_that_make_no_revision() -> None:
    same = replace(ITEM, layout="2021", job="b", authors=[Author("Kim", "a@b", "Staff")], tags=["x"])
    assert revision_hash(same) == revision_hash(ITEM)
    assert len(revision_hash(ITEM)) == 64


# Pieces ------------------------------------------------------------------------------------


@pytest.fixture
def reader(tmp_path: Path) -> SegmentReader:
    (tmp_path / "a.jsonl").write_bytes(b"0123456789")
    (tmp_path / "b.jsonl").write_bytes(b"abc")
    return SegmentReader(tmp_path)


def test_pieces_are_read_in_any_order_and_of_any_file(reader: SegmentReader) -> None:
    assert reader.piece("a.jsonl", 2, 3) == b"234"
    assert reader.piece("a.jsonl", 5, 2) == b"56"
    assert reader.piece("a.jsonl", 0, 1) == b"0"
    assert reader.piece("b.jsonl", 1, 9) == b"bc"
    assert reader.piece("a.jsonl", 9, 9) == b"9"
    assert reader.piece("a.jsonl", 99, 9) == b""
    reader.close()
    assert reader.piece("a.jsonl", 0, 2) == b"01"
    reader.close()


def test_missing_pieces_are_empty(reader: SegmentReader) -> None:
    assert reader.piece("none.jsonl", 0, 5) == b""
    assert reader.piece("a.jsonl", -1, 5) == b""
    assert reader.piece("a.jsonl", 0, -5) == b""
    assert reader.piece("a.jsonl", 0, 0) == b""
    assert reader.piece("b.jsonl", 0, 3) == b"abc"
    reader.close()


def test_nothing_is_read_after_damaged_compression(reader: SegmentReader) -> None:
    path = reader.folder / "a.jsonl"
    packed = packing.pack(path, "gz", 10)
    assert packed
    assert reader.piece("a.jsonl", 2, 3) == b"234"
    reader.close()
    packed.write_bytes(packed.read_bytes()[:12] + b"\xff" * 20)
    assert reader.piece("a.jsonl", 0, 3) == b""
    assert reader.piece("a.jsonl", 0, 3) == b""
    assert reader.piece("b.jsonl", 0, 3) == b"abc"
    reader.close()
