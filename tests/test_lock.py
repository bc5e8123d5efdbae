"""The lock on an archive: shared by runs, exclusive for a repair and for a migration of the ledger."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from herald_spider.archive import Archive, ArchiveError, lock
from herald_spider.archive.lock import ArchiveLock
from herald_spider.archive.schema import VERSION
from tests.archives import ITEMS, SITE, exported, keep, refused, run


def execute(folder: Path, *statements: str) -> list[Any]:
    """Run SQL on the ledger; return the rows of the last statement."""
    rows: list[Any] = []
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger, ledger:
        for statement in statements:
            rows = ledger.execute(statement).fetchall()
    return rows


def add(archive: Archive, *items: Any) -> None:
    for item in items:
        if archive.compare(item) == "new":
            archive.add(item)
    archive.commit()


def started(folder: Path, job: str) -> Archive:
    archive = Archive(str(folder), SITE)
    archive.begin_run("herald", job, {})
    return archive


def test_a_repair_is_refused_while_a_run_has_written_nothing_yet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = started(tmp_path, "first")
    message = refused(tmp_path, capsys, "verify", "--repair")
    assert f"(job first, process {os.getpid()}, since " in message
    assert message.endswith("Repair the archive once it has ended, or stop it first.\n")
    add(archive, *ITEMS[:8])
    add(archive, *ITEMS[8:])
    archive.end_run("finished", {})
    archive.close()
    assert len(exported(tmp_path, capsys)) == len(ITEMS)
    assert run(tmp_path, "verify", "--repair") == 0, "the lock ends with the run"


def test_a_repair_is_refused_beside_a_run_that_waits_after_others_have_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = started(tmp_path, "first")
    second = started(tmp_path, "second")
    first.end_run("finished", {})
    first.close()
    assert "job second" in refused(tmp_path, capsys, "verify", "--repair")
    second.close()
    assert run(tmp_path, "verify", "--repair") == 0


def test_no_run_starts_beside_a_repair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    keep(tmp_path, "first", *ITEMS[:2])
    repair = ArchiveLock(tmp_path)
    assert repair.acquire()
    repair.sign("repair")
    with pytest.raises(ArchiveError) as error:
        Archive(str(tmp_path), "https://example.com")
    assert error.value.reason == "archive_locked"
    assert "(job repair, " in str(error.value)
    repair.close()
    Archive(str(tmp_path), SITE).close()


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        f"import os, herald_spider.archive as a; b = a.Archive({str(tmp_path)!r}, {SITE!r});"
        "b.begin_run('herald', 'killed', {}); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert run(tmp_path, "verify", "--repair") == 0
    assert len(execute(tmp_path, "SELECT * FROM segments")) == 1, "its segment is still known"


def test_the_number_of_a_forgotten_segment_is_never_used_again(tmp_path: Path) -> None:
    keep(tmp_path, "first", *ITEMS[:2])
    keep(tmp_path, "second", *ITEMS[2:4])
    [path] = tmp_path.glob("articles/*-second.jsonl")
    path.unlink()
    assert run(tmp_path, "verify", "--repair") == 0
    keep(tmp_path, "third", *ITEMS[4:6])
    [(first, _), (third, run_of_third)] = execute(tmp_path, "SELECT number, run FROM segments")
    assert (first, run_of_third) == (1, "third")
    assert third > 2, "2 was the number of the segment that is lost"


def test_a_run_ends_with_an_error_if_its_segment_leaves_the_ledger(tmp_path: Path) -> None:
    archive = started(tmp_path, "first")
    add(archive, *ITEMS[:2])
    execute(tmp_path, "DELETE FROM segments")
    with pytest.raises(ArchiveError, match="its segment is no longer in the ledger") as error:
        add(archive, *ITEMS[2:4])
    assert error.value.reason == "archive_damaged"
    archive.close()
    [path] = tmp_path.glob("articles/*.jsonl")
    assert path.read_bytes().count(b"\n") == 2, "what was committed is not cut off"


def test_a_run_ends_with_an_error_if_its_file_is_deleted(tmp_path: Path) -> None:
    archive = started(tmp_path, "first")
    add(archive, *ITEMS[:2])
    [path] = tmp_path.glob("articles/*.jsonl")
    path.unlink()
    with pytest.raises(ArchiveError, match="was removed"):
        add(archive, *ITEMS[2:4])
    archive.close()


def test_a_ledger_is_not_migrated_beside_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = started(tmp_path, "first")
    execute(tmp_path, "UPDATE facts SET value = '7' WHERE name = 'schema_version'")
    assert "job first" in refused(tmp_path, capsys, "status")
    archive.close()
    version = execute(tmp_path, "SELECT value FROM facts WHERE name = 'schema_version'")
    assert version == [("7",)]


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fails)
    with pytest.raises(ArchiveError) as error:
        Archive(str(tmp_path), SITE)
    assert error.value.reason == "archive_not_writable"
    assert "No locks available" in str(error.value)
    assert "file system with locks" in str(error.value)
    assert not (tmp_path / "ledger.sqlite").exists()


# A backup of a crawl and of its compressed segment ------------------------------------------


def copy(folder: Path, backup: Path) -> None:
    """Copy the ledger, then the segments, as docs/operating.md says."""
    backup.mkdir(exist_ok=True)
    (backup / "ledger.sqlite").unlink(missing_ok=True)
    execute(folder, f"VACUUM INTO '{backup}/ledger.sqlite'")
    shutil.copytree(folder / "articles", backup / "articles", dirs_exist_ok=True)


@pytest.mark.parametrize("packing", ["zst", "gz"])
def test_a_short_copy_of_a_segment_does_not_hide_the_compressed_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packing: str
) -> None:
    folder, backup = tmp_path / "archive", tmp_path / "backup"
    archive = Archive(str(folder), SITE, packing=packing)
    archive.begin_run("herald", "first", {})
    add(archive, *ITEMS[:5])
    copy(folder, backup)
    add(archive, *ITEMS[5:])
    archive.end_run("finished", {})
    archive.close()
    copy(folder, backup)
    assert len(list((backup / "articles").iterdir())) == 2, "the copy has both files"
    assert len(exported(backup, capsys)) == len(ITEMS)
    assert run(backup, "verify") == 0
    capsys.readouterr()
    assert run(backup, "verify", "--repair") == 0
    keep(backup, "second", packing=packing)
    assert len(exported(backup, capsys)) == len(ITEMS)
    assert [path.suffix for path in (backup / "articles").iterdir()] == [f".{packing}"]


@pytest.mark.parametrize("packing", ["zst", "gz"])
def test_a_lost_ledger_is_made_from_the_longer_of_two_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packing: str
) -> None:
    keep(tmp_path, "first", *ITEMS, packing=packing)
    [packed] = tmp_path.glob("articles/*")
    packed.with_suffix("").write_bytes(b'{"half a line')
    (tmp_path / "ledger.sqlite").unlink()
    assert run(tmp_path, "verify", "--repair") == 0
    capsys.readouterr()
    assert len(exported(tmp_path, capsys)) == len(ITEMS)


# A power cut -----------------------------------------------------------------------------


def test_a_commit_of_the_ledger_is_on_the_disk_before_it_returns(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), SITE)
    with archive.ledger.transaction() as connection:
        assert connection.scalar(sa.text("PRAGMA synchronous")) == 2, "FULL: the log is flushed at a commit"
    archive.close()


# A clock that was ahead -------------------------------------------------------------------


def test_an_article_found_after_a_walk_is_later_for_any_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(archive: Archive, article: str) -> int:
        archive.ledger.discover([(article, f"{SITE}/article/{article}", "herald", "national")])
        return archive.ledger.known([article])[article].sequence

    listing = f"{SITE}/National"
    with closing(Archive(str(tmp_path), SITE)) as archive:
        monkeypatch.setattr("herald_spider.archive.ledger.now", lambda: 2_000_000_000)
        before = found(archive, "10000001")
        archive.ledger.finish_walk(listing, "national", 0, (None, None))
    with closing(Archive(str(tmp_path), SITE)) as archive:
        monkeypatch.setattr("herald_spider.archive.ledger.now", lambda: 1_900_000_000)
        walked = archive.ledger.listing(listing).sequence
        after = found(archive, "10000002")
        assert before <= walked < after
        archive.ledger.finish_walk(listing, "national", 0, (None, None))
        assert archive.ledger.listing(listing).sequence >= after


def test_the_order_of_an_older_ledger_is_kept(tmp_path: Path) -> None:
    keep(tmp_path, "first", *ITEMS[:3])
    ids = sorted(item.id or "" for item in ITEMS[:3])
    execute(
        tmp_path,
        "ALTER TABLE articles DROP COLUMN sequence",
        "ALTER TABLE listings DROP COLUMN sequence",
        "ALTER TABLE runs DROP COLUMN version",
        "ALTER TABLE runs DROP COLUMN host",
        "UPDATE facts SET value = '7' WHERE name = 'schema_version'",
        "INSERT INTO listings (url, walked) VALUES ('early', 100), ('late', 200), ('never', NULL)",
        f"UPDATE articles SET first_seen = 100 WHERE id = '{ids[0]}'",
        f"UPDATE articles SET first_seen = 150 WHERE id = '{ids[1]}'",
        f"UPDATE articles SET first_seen = 900 WHERE id = '{ids[2]}'",
    )
    with closing(Archive(str(tmp_path), SITE)) as archive:
        early, late = (archive.ledger.listing(url).sequence for url in ("early", "late"))
        assert archive.ledger.listing("never").sequence is None
        first, second, third = (archive.ledger.known([each])[each].sequence for each in ids)
        assert first <= early < second <= late < third
        archive.ledger.finish_walk("early", "national", 0, (None, None))
        assert archive.ledger.listing("early").sequence >= third, "an unfinished walk of then is finished"
    assert execute(tmp_path, "SELECT value FROM facts WHERE name = 'schema_version'") == [(str(VERSION),)]
    assert execute(tmp_path, "SELECT number, run FROM segments") == [(1, "first")]
