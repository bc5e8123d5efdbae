"""browse.sqlite: its contents, incremental updates, and when it is rebuilt."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.export import fill
from herald_spider.archive import Archive, ArchiveError
from herald_spider.archive.packing import files, pack
from herald_spider.archive.view import View
from herald_spider.browse.catalogue import NAME, Update, update
from herald_spider.text.console import OptionError
from herald_spider.urls import article_url
from tests.archives import ITEMS, SITE, changed, exported, keep, overwrite, run, segments
from tests.browsing import Browsing
from tests.servers import postgres_server


@pytest.fixture
def view(folder: Path) -> Iterator[View]:
    opened = View(folder)
    yield opened
    opened.close()


def rows(folder: Path, query: str = "SELECT * FROM articles ORDER BY id") -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / NAME)) as file:
        file.row_factory = sqlite3.Row
        return [dict(row) for row in file.execute(query)]


def found(folder: Path, words: str) -> set[str]:
    query = f"SELECT id FROM articles WHERE rowid IN (SELECT rowid FROM articles_fts('{words}'))"
    return {row["id"] for row in rows(folder, query)}


def updated(view: View) -> tuple[Update, int]:
    """Return the result of an update, and how many lines it read."""
    counts: list[int] = []
    done = update(view, counts.append)
    return done, counts[-1]


def everything(folder: Path) -> list[Any]:
    tables = {"articles": "id", "revisions": "article, revision", "facts": "name"}
    return [rows(folder, f"SELECT * FROM {table} ORDER BY {key}") for table, key in tables.items()]


def check(view: View) -> None:
    """Check that the updated file equals a rebuilt one, and that its full-text index is sound."""
    with closing(sqlite3.connect(view.folder / NAME)) as file:
        file.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES ('integrity-check', 1)")
        assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    grown = everything(view.folder)
    (view.folder / NAME).unlink()
    assert update(view).rebuilt
    assert everything(view.folder) == grown


# Contents ----------------------------------------------------------------------------------


def test_articles_have_the_values_of_an_export(
    folder: Path, view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update(view) == Update(len(ITEMS), len(ITEMS), 0, rebuilt=True)
    records = {record["id"]: record for record in exported(folder, capsys)}
    held = {row["id"]: row for row in rows(folder)}
    assert held.keys() == records.keys()
    for article, row in held.items():
        record = records[article]
        for name in ("tags", "listed_in", "images", "aliases"):
            assert json.loads(row[name]) == record[name]
        assert json.loads(row["authors"]) == [author["name"] for author in record["authors"]]
        same = row.keys() & record.keys() - {"tags", "listed_in", "images", "aliases", "authors"}
        assert {name: row[name] for name in same} == {name: record[name] for name in same}
        assert len(same) > 15
        assert row["day"] == (record["published_at"] or "")[:10]


def test_earlier_revisions_are_in_a_table_of_their_own(folder: Path, view: View) -> None:
    update(view)
    earlier = rows(folder, "SELECT article, revision, body FROM revisions ORDER BY article")
    assert earlier == sorted(
        ({"article": item.id, "revision": 1, "body": item.body} for item in ITEMS[:2]), key=str
    )
    newest = {row["id"]: (row["revision"], row["body"]) for row in rows(folder)}
    assert newest[ITEMS[0].id or ""] == (2, "All is new.")


def test_words_are_found_in_headline_and_body(folder: Path, view: View) -> None:
    update(view)
    assert ITEMS[0].id in found(folder, "new")
    for item in ITEMS[2:5]:
        for text in (item.headline, item.body):
            words = [word for word in (text or "").split() if word.isascii() and word.isalpha()]
            assert item.id in found(folder, f'"{max(words, key=len)}"')


def test_compressed_segments_are_read(tmp_path: Path) -> None:
    keep(tmp_path, "a", *ITEMS[:12], packing="zst")
    keep(tmp_path, "b", *ITEMS[12:], packing="gz")
    view = View(tmp_path)
    assert update(view).articles == len(ITEMS)
    view.close()


def test_unusual_values_are_stored(tmp_path: Path) -> None:
    """SQLite has no form for lone surrogates and very large numbers."""
    keep(tmp_path, "a", replace(ITEMS[0], headline="A \ud800 B", word_count=10**30))
    view = View(tmp_path)
    update(view)
    assert rows(tmp_path)[0]["headline"] == "A ? B"
    assert rows(tmp_path)[0]["word_count"] == 1e30
    view.close()


# Updates -----------------------------------------------------------------------------------


def test_an_update_adds_new_and_revised_articles(folder: Path, view: View) -> None:
    update(view)
    assert updated(view) == (Update(len(ITEMS), 0, 0, rebuilt=False), 0)
    new = replace(ITEMS[5], id="77", url=article_url("77"), aliases=[], headline="Zebras cross")
    keep(folder, "c", new, changed(ITEMS[6], "Entirely otherwise."), changed(ITEMS[0], "Newer still."))
    former = found(folder, "entirely")
    assert update(view) == Update(len(ITEMS) + 1, 1, 2, rebuilt=False)
    assert found(folder, "zebra") == {"77"}
    assert found(folder, "entirely") == former | {ITEMS[6].id}
    assert "All is new." not in {row["body"] for row in rows(folder)}
    kept = rows(folder, f"SELECT revision FROM revisions WHERE article = '{ITEMS[0].id}' ORDER BY 1")
    assert [row["revision"] for row in kept] == [1, 2]
    check(view)


def test_several_revisions_between_two_updates(folder: Path, view: View) -> None:
    update(view)
    for number in range(3):
        keep(folder, f"run{number}", changed(ITEMS[3], f"Version {number} of it."))
    assert update(view) == Update(len(ITEMS), 0, 1, rebuilt=False)
    check(view)


def test_the_segment_of_a_running_crawl_is_read_in_parts(tmp_path: Path) -> None:
    """The segment grows, and is compressed at the end of the run."""
    archive = Archive(str(tmp_path), SITE, batch=1)
    archive.begin_run("herald", "a", {})
    view = View(tmp_path)
    for count, item in enumerate(ITEMS[:4], 1):
        assert archive.compare(replace(item)) == "new"
        archive.add(replace(item))
        assert update(view) == Update(count, 1, 0, rebuilt=count == 1)
    archive.end_run("finished", {})
    archive.close()
    for name, path in files(tmp_path / "articles").items():
        assert pack(path, "zst", path.stat().st_size), name
    assert updated(view)[1] == 0
    check(view)
    view.close()


def test_later_listings_and_aliases_are_merged(folder: Path, view: View) -> None:
    update(view)
    article = ITEMS[4].id or ""
    archive = Archive(str(folder), SITE)
    archive.ledger.discover([(article, ITEMS[4].url or "", "herald", "weekender")])
    archive.ledger.add_aliases(ITEMS[5].id or "", ["99887766"])  # from a copy; no run has met the article
    archive.close()
    assert update(view) == Update(len(ITEMS), 0, 0, rebuilt=False)
    held = {row["id"]: row for row in rows(folder)}
    assert "weekender" in json.loads(held[article]["listed_in"])
    assert article_url("99887766") in json.loads(held[ITEMS[5].id or ""]["aliases"])
    check(view)


def test_an_article_with_a_new_number_stays_one_row(folder: Path, view: View) -> None:
    update(view)
    old = ITEMS[7]
    moved = changed(old, "Moved.", id="88", url=article_url("88"), aliases=[old.url or ""])
    keep(folder, "c", moved)
    assert update(view) == Update(len(ITEMS), 0, 1, rebuilt=False)
    (row,) = [row for row in rows(folder) if row["body"] == "Moved."]
    assert (row["id"], row["url"]) == (old.id, article_url("88"))
    check(view)


def test_a_ledger_on_postgresql(tmp_path: Path) -> None:
    with postgres_server() as server:
        database = server.make_database("browse")
        archive = Archive(str(tmp_path), SITE, ledger_url=database)
        archive.begin_run("herald", "a", {})
        view = View(tmp_path, database)
        for part in (ITEMS[:10], ITEMS[10:]):
            for item in map(replace, part):
                archive.compare(item)
                archive.add(item)
            archive.commit()
            assert update(view).new == len(part)
        archive.ledger.discover([(ITEMS[0].id or "", ITEMS[0].url or "", "herald", "weekender")])
        update(view)
        assert sum("weekender" in row["listed_in"] for row in rows(tmp_path)) == 1
        check(view)
        view.close()
        archive.end_run("finished", {})
        archive.close()


# Rebuilding --------------------------------------------------------------------------------


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 99")


def _other_archive(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE facts SET value = 'another' WHERE name = 'identity'")


def _without_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("DROP TABLE facts")


def _one_article_short(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("DELETE FROM articles WHERE rowid = 3")


@pytest.mark.parametrize(
    "spoil",
    [_garbage, _cut, _empty, _other_version, _other_archive, _without_a_table, _one_article_short],
    ids=lambda spoil: spoil.__name__.strip("_"),
)
def test_a_damaged_or_foreign_file_is_rebuilt(folder: Path, view: View, spoil: Any) -> None:
    update(view)
    sound = everything(folder)
    spoil(folder / NAME)
    assert update(view) == Update(len(ITEMS), len(ITEMS), 0, rebuilt=True)
    assert everything(folder) == sound
    assert {path.name for path in folder.glob(f"{NAME}*")} <= {
        NAME, f"{NAME}.lock", f"{NAME}-wal", f"{NAME}-shm"
    }  # fmt: skip


def test_the_log_of_a_deleted_file_is_not_applied_to_the_new_one(folder: Path, view: View) -> None:
    update(view)
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as file:
        file.execute("PRAGMA wal_autocheckpoint = 0")
        file.execute("UPDATE articles SET headline = 'From the log'")
        log = (folder / f"{NAME}-wal").read_bytes()
    (folder / NAME).unlink()
    (folder / f"{NAME}-wal").write_bytes(log)
    assert update(view).rebuilt
    assert "From the log" not in {row["headline"] for row in rows(folder)}
    check(view)


def test_a_repaired_archive_causes_a_rebuild(folder: Path, view: View) -> None:
    update(view)
    overwrite(segments(folder)[0], 50, b"\0")
    view.close()
    assert run(folder, "verify", "--repair") == 0
    again = View(folder)
    assert update(again) == Update(len(ITEMS), len(ITEMS), 0, rebuilt=True)
    assert len(rows(folder, "SELECT * FROM revisions")) == 1, "an earlier revision is lost"
    check(again)
    again.close()


def test_a_damaged_line_is_an_error_and_changes_nothing(folder: Path, view: View) -> None:
    update(view)
    before = everything(folder)
    keep(folder, "c", *[changed(item, f"Changed {item.id}.") for item in ITEMS[:3]])
    path = max(files(folder / "articles").values(), key=lambda path: path.stat().st_mtime_ns)
    overwrite(path, path.stat().st_size - 30, b"\0")
    with pytest.raises(ArchiveError, match=r"cannot be read .* Run scrapy verify --repair\.") as error:
        update(view)
    assert "\n" not in str(error.value)
    assert everything(folder) == before


def test_an_unwritable_file_is_an_error(folder: Path, view: View) -> None:
    (folder / NAME).mkdir()
    (folder / NAME / "x").touch()
    with pytest.raises(ArchiveError, match=r"browse\.sqlite cannot be written"):
        update(view)


def test_the_file_of_a_read_only_archive_can_be_elsewhere(folder: Path, view: View, tmp_path: Path) -> None:
    (folder / NAME).mkdir()
    (folder / NAME / "x").touch()
    with pytest.raises(ArchiveError, match="-o FILE puts it elsewhere"):
        update(view)
    place = tmp_path / "my.db"
    for rebuilt in (True, False):
        assert update(view, elsewhere=place).rebuilt is rebuilt
    with closing(sqlite3.connect(place)) as file:
        assert file.execute("SELECT count(*) FROM articles").fetchone() == (len(ITEMS),)
    with pytest.raises(OptionError, match=r"/nowhere/my\.db cannot be written"):
        update(view, elsewhere=Path("/nowhere/my.db"))


def test_a_file_that_is_not_from_this_archive_is_never_replaced(view: View, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("My notes. " * 99)
    with closing(sqlite3.connect(tmp_path / "mine.sqlite")) as file:
        file.execute("CREATE TABLE facts (name, value)")
    keep(tmp_path / "other", "a", *ITEMS[:2])
    other = View(tmp_path / "other")
    update(other, elsewhere=tmp_path / "other.sqlite")
    other.close()
    for name in ("notes.txt", "mine.sqlite", "other.sqlite"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(OptionError, match="was not made from this archive"):
            update(view, elsewhere=tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


# Crashes and concurrent use ----------------------------------------------------------------


def test_a_killed_update_leaves_the_former_file(tmp_path: Path) -> None:
    fill(tmp_path, 3000)
    killed = Browsing(tmp_path)
    assert killed.process.stderr
    assert killed.process.stderr.readline() == "Reading 3,000 lines into browse.sqlite\n"
    assert killed.end(signal.SIGKILL)[0] == -signal.SIGKILL
    assert not (tmp_path / NAME).exists()
    view = View(tmp_path)
    assert update(view).articles == 3000
    assert not (tmp_path / f"{NAME}.new").exists()

    keep(tmp_path, "c", *ITEMS)
    code = f"""
import os, signal, sqlite3
from pathlib import Path
from herald_spider.archive.view import View
from herald_spider.browse import catalogue
catalogue.Intake.agrees = lambda self: os.kill(os.getpid(), signal.SIGKILL)
catalogue.update(View(Path({str(tmp_path)!r})))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert len(rows(tmp_path)) == 3000, "nothing of the killed update is in the file"
    assert update(view) == Update(3000 + len(ITEMS), len(ITEMS), 0, rebuilt=False)
    check(view)
    view.close()


def test_concurrent_updates_take_turns(folder: Path, view: View) -> None:
    done: list[Update] = []

    def update_in_thread() -> None:
        own = View(folder)
        done.append(update(own))
        own.close()

    threads = [threading.Thread(target=update_in_thread) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.rebuilt for each in done].count(True) == 1
    assert {each.articles for each in done} == {len(ITEMS)}
    check(view)


def test_a_reader_sees_the_state_before_or_after_an_update(folder: Path, view: View) -> None:
    update(view)
    address = f"file:{folder / NAME}?mode=ro"
    count = "SELECT count(*) FROM articles WHERE body = 'One for all.'"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute(count).fetchone() == (0,)
        keep(folder, "c", *[changed(item, "One for all.") for item in ITEMS])
        assert update(view).revised == len(ITEMS)
        assert reader.execute(count).fetchone() == (0,)
        reader.execute("COMMIT")
        assert reader.execute(count).fetchone() == (len(ITEMS),)
