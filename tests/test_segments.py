"""Segments as they are written, cut back and recovered."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from herald_spider.archive.packing import pack
from herald_spider.archive.segments import SegmentWriter, is_held, recover


def test_a_segment_is_made_with_its_first_line_and_locked_until_closed(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "of" / "a-run" / "a.jsonl")
    assert not writer.path.parent.exists()
    assert writer.append([b"one\n", b"three\n"]) == 0
    assert writer.append([b"two\n"]) == 10
    assert writer.path.read_bytes() == b"one\nthree\ntwo\n"
    assert is_held(writer.path)
    writer.close()
    assert not is_held(writer.path)


def test_an_existing_segment_is_never_written_to(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"another's\n")
    with pytest.raises(FileExistsError):
        SegmentWriter(tmp_path / "a.jsonl").append([b"x\n"])
    assert (tmp_path / "a.jsonl").read_bytes() == b"another's\n"


def test_uncommitted_bytes_are_cut_off(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "a.jsonl")
    writer.cut_back(0)  # before there is a file
    writer.append([b"one\n", b"two\n"])
    writer.cut_back()
    assert (writer.path.read_bytes(), writer.length) == (b"one\ntwo\n", 8)
    writer.cut_back(4)
    assert (writer.path.read_bytes(), writer.length) == (b"one\n", 4)
    assert writer.append([b"three\n"]) == 4
    assert writer.file
    writer.file.write(b"half")
    writer.cut_back(10)
    assert writer.path.read_bytes() == b"one\nthree\n"
    writer.close()


def test_uncommitted_bytes_are_cut_off_when_the_archive_is_opened(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\nhalf")
    assert recover(tmp_path, "a.jsonl", 4) is None
    assert path.read_bytes() == b"one\n"
    assert caplog.messages == [f"{path}: cut 4 bytes that a run left uncommitted"]
    assert recover(tmp_path, "a.jsonl", 4) is None
    assert len(caplog.messages) == 1
    assert (
        recover(tmp_path, "a.jsonl", 5)
        == f"{path} has 4 bytes of the 5 that the ledger counts: its tail is lost"
    )
    assert path.read_bytes() == b"one\n"


def test_a_segment_being_written_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\nhalf")
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert recover(tmp_path, "a.jsonl", 4) is None
        assert is_held(path)
    assert path.read_bytes() == b"one\nhalf"


def test_a_segment_that_is_missing_or_compressed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert recover(tmp_path, "a.jsonl", 0) is None
    assert recover(tmp_path, "a.jsonl", 4) == f"{path} is missing; the ledger counts 4 bytes in it"
    path.write_bytes(b"one\n")
    packed = pack(path, "gz", 4)
    assert packed
    before = packed.read_bytes()
    assert recover(tmp_path, "a.jsonl", 3) is None
    assert packed.read_bytes() == before


def test_a_disk_that_fails_leaves_no_part_of_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = SegmentWriter(tmp_path / "a.jsonl")
    writer.append([b"one\n"])

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(OSError, match="Input/output"):
            writer.append([b"two\n", b"three\n"])
    assert (writer.path.read_bytes(), writer.length) == (b"one\n", 4)
    assert writer.append([b"four\n"]) == 4
    assert writer.path.read_bytes() == b"one\nfour\n"
    writer.close()
