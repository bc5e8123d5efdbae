"""Random schedules of crawls, kills, repairs, backups and restores, and what the independent check of them finds."""

from __future__ import annotations

import json
from pathlib import Path

from tests.archives import ITEMS, keep
from tests.independent import Ledger, problems
from tests.torture import play

EXPECTED = [item.id or "" for item in ITEMS]


def test_random_schedules_lose_and_repeat_nothing() -> None:
    assert "3 last crawl" in play(range(3), seed=20261201)


def test_the_independent_check_finds_nothing_in_a_sound_archive(tmp_path: Path) -> None:
    keep(tmp_path, "first", *ITEMS[:9], packing="gz")
    keep(tmp_path, "second", *ITEMS[9:], packing="zst")
    assert list(problems(Ledger(tmp_path), EXPECTED)) == []


def test_the_independent_check_finds_lines_that_are_missing_repeated_or_cut(tmp_path: Path) -> None:
    keep(tmp_path, "first", *ITEMS)
    [path] = tmp_path.glob("articles/*.jsonl")
    whole = path.read_bytes()
    first, *_ = whole.splitlines(keepends=True)
    for content in (
        whole[:-1],
        whole + first,
        whole.replace(first, first[:-2] + b" \n"),
        whole.replace(first, first[1:] + b"\n"),
    ):
        path.write_bytes(content)
        assert list(problems(Ledger(tmp_path), EXPECTED))
    path.write_bytes(whole)
    assert list(problems(Ledger(tmp_path), EXPECTED[1:])) == [
        f"missing: [], superfluous: {[json.loads(first)['id']]}"
    ]
