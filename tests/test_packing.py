"""Segments compressed after their run: read as before, and never lost on the way."""

from __future__ import annotations

import fcntl
import gzip
import io
import logging
import resource
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from herald_spider.archive import packing
from tests.archives import ITEMS, changed, exported, keep, overwrite, run, segments

REVISED = changed(ITEMS[3], "All is new.")
HOW = pytest.mark.parametrize("how", packing.PACKINGS)


def files(folder: Path) -> list[str]:
    return sorted(path.name.split("-", 2)[2] for path in (folder / "articles").iterdir())


def packed(folder: Path, how: str) -> Path:
    """Compress the archive through a further run; the largest file."""
    keep(folder, "c", REVISED, packing=how)
    return max(folder.glob(f"articles/*.jsonl.{how}"), key=lambda path: path.stat().st_size)


@HOW
def test_compressed_segments_are_read_like_plain_ones(
    how: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = shutil.copytree(folder, folder.parent / "plain")
    keep(plain, "c", REVISED)
    packed(folder, how)
    assert files(folder) == [f"{job}.jsonl.{how}" for job in "abc"]  # those of earlier runs, too
    assert exported(folder, capsys) == exported(plain, capsys)
    assert run(folder, "verify") == 0
    assert run(folder, "history", REVISED.id or "") == 0
    assert "2 revisions" in capsys.readouterr().out
    keep(folder, "d", *ITEMS[4:6], packing=how)  # known: nothing to write
    assert files(folder) == [f"{job}.jsonl.{how}" for job in "abc"]


@HOW
def test_other_tools_read_the_file(how: str, folder: Path) -> None:
    before = segments(folder)[0].read_bytes()
    path = packed(folder, how)
    reader = gzip.decompress if how == "gz" else packing.zstd.decompress
    assert reader(path.read_bytes()) == before
    assert path.stat().st_size < len(before) / 2


@HOW
def test_a_lost_ledger_is_made_of_compressed_segments(
    how: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed(folder, how)
    before = exported(folder, capsys)
    (folder / "ledger.sqlite").unlink()
    assert run(folder, "verify", "--repair") == 0
    assert exported(folder, capsys) == before
    assert files(folder) == [f"{job}.jsonl.{how}" for job in "abc"]


@HOW
@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
def test_damaged_compression_is_found_and_readable_lines_are_kept(
    how: str, damage: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = packed(folder, how)
    middle = path.stat().st_size // 2
    if damage == "flipped":
        overwrite(path, middle, bytes([path.read_bytes()[middle] ^ 0x5A]))
    else:
        path.write_bytes(path.read_bytes()[: middle if damage == "cut" else 1])
    capsys.readouterr()
    assert run(folder, "verify") == 1
    assert "segments whose compression is damaged" in capsys.readouterr().out
    assert run(folder, "verify", "--repair") == 0
    assert run(folder, "verify") == 0
    assert path.with_name(f"{path.name}.damaged").exists()
    keep(folder, "e", *ITEMS)  # what was lost comes back with the next crawl
    assert {each["id"] for each in exported(folder, capsys)} == {item.id for item in ITEMS}
    assert run(folder, "verify") == 0


@HOW
def test_an_interrupted_compression_is_repeated(
    how: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed while it wrote the draft, and between the new name and the end of the old."""
    before = exported(folder, capsys)
    first, second = segments(folder)
    first.with_name(f"{first.name}.{how}.tmp").write_bytes(b"half a")
    original = second.read_bytes()
    assert packing.pack(second, how, len(original))
    second.write_bytes(original)
    assert run(folder, "verify") == 0
    assert exported(folder, capsys) == before
    keep(folder, "c", packing=how)
    assert files(folder) == [f"a.jsonl.{how}", f"b.jsonl.{how}"]
    assert exported(folder, capsys) == before


def test_a_segment_being_written_or_incomplete_is_not_compressed(folder: Path) -> None:
    path, other = segments(folder)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert packing.pack(path, "zst", path.stat().st_size) is None
    assert packing.pack(other, "zst", other.stat().st_size - 1) is None
    assert files(folder) == ["a.jsonl", "b.jsonl"]


def test_a_full_disk_leaves_the_plain_segment(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = segments(folder)[0]
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limit[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            packing.pack(largest, "zst", largest.stat().st_size)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert files(folder) == ["a.jsonl", "b.jsonl"]
    largest.with_name(f"{largest.name}.zst.tmp").mkdir()  # in the way of the draft
    with caplog.at_level(logging.ERROR):
        keep(folder, "c", REVISED, packing="zst")
    assert f"{largest} stays uncompressed: Is a directory. Is the disk full?" in caplog.messages
    assert run(folder, "verify") == 0


def test_each_run_compresses_all_plain_known_segments(folder: Path) -> None:
    stranger = folder / "articles" / "0-0-stranger.jsonl"
    stranger.write_bytes(b"x\n")
    keep(folder, "c", REVISED, packing="gz")
    assert files(folder) == ["a.jsonl.gz", "b.jsonl.gz", "c.jsonl.gz", "stranger.jsonl"]
    keep(folder, "d", changed(REVISED, "And newer."), packing="gz")
    assert files(folder) == ["a.jsonl.gz", "b.jsonl.gz", "c.jsonl.gz", "d.jsonl.gz", "stranger.jsonl"]
    assert stranger.read_bytes() == b"x\n"


class Faulty(io.BytesIO):
    """What writes another text than it is given."""

    def __init__(self, path: Path, edit: Callable[[bytes], bytes]):
        super().__init__()
        self.path, self.edit = path, edit

    def close(self) -> None:
        if not self.closed:
            self.path.write_bytes(packing.zstd.compress(self.edit(self.getvalue())))
        super().close()


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: b"x" + text[1:],
        lambda text: text[:-1] + b"x",
        lambda text: text[:-1],
        lambda text: text + b"x",
        lambda text: b"",
    ],
    ids=["begin", "end", "shorter", "longer", "empty"],
)
def test_a_compressed_file_that_differs_is_not_kept(
    folder: Path, edit: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(packing._WRITE, "zst", partial(Faulty, edit=edit))
    largest = segments(folder)[0]
    with pytest.raises(OSError, match="the compressed file differs from the segment"):
        packing.pack(largest, "zst", largest.stat().st_size)
    assert files(folder) == ["a.jsonl", "b.jsonl"]
    assert run(folder, "verify") == 0


def test_a_compressed_file_that_cannot_be_read_is_not_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(packing._WRITE, "zst", lambda path: path.open("wb"))
    largest = segments(folder)[0]
    with pytest.raises(OSError, match="differs from the segment"):
        packing.pack(largest, "zst", largest.stat().st_size)
    assert files(folder) == ["a.jsonl", "b.jsonl"]
