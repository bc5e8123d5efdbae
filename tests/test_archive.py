"""The archive: what is committed stays, what is not is asked for again."""

from __future__ import annotations

import fcntl
import json
import random
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from herald_spider.archive import Archive, ArchiveError, schema
from herald_spider.archive.database import sqlite_url
from herald_spider.archive.ledger import (
    ARCHIVED,
    DISCOVERED,
    FAILED,
    GONE,
    MAX_ATTEMPTS,
    REJECTED,
    Ledger,
    now,
)
from herald_spider.archive.packing import readable
from herald_spider.archive.schema import MIGRATIONS, VERSION
from herald_spider.archive.segments import SegmentWriter
from herald_spider.archive.values import revision_hash
from herald_spider.items import Article, Image
from herald_spider.text.cleaning import content_hash
from herald_spider.urls import article_url

SITE = "https://www.koreaherald.com"
UD = "20260914000002"
LONG = " ".join(f"word{number}" for number in range(60))


def article(number: int | str = 1, body: str = "The ferry stopped.", **values: object) -> Article:
    item = Article(
        id=str(number),
        url=article_url(str(number)),
        headline="The ferry",
        body=body,
        published_at="2026-09-14T10:00:00+09:00",
        discovered_via="herald:national",
        content_hash=content_hash("The ferry", body),
    )
    return replace(item, **values)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every archive and ledger that a test opened."""
    made: list[Archive | Ledger] = []
    for kind in (Archive, Ledger):

        def init(self: Archive | Ledger, *args: Any, _real: Any = kind.__init__, **kwargs: Any) -> None:
            _real(self, *args, **kwargs)
            made.append(self)

        monkeypatch.setattr(kind, "__init__", init)
    yield
    for each in made:
        each.close()


def opened(folder: Path, job: str = "a", **options: object) -> Archive:
    archive = Archive(str(folder), SITE, **options)  # type: ignore[arg-type]
    archive.begin_run("herald", job, {})
    return archive


def keep(archive: Archive, *items: Article) -> list[bool]:
    """What the pipelines do: judge, add. Whether each was new."""
    kept = []
    for item in items:
        kept.append(archive.compare(item) == "new")
        if kept[-1]:
            archive.add(item)
    return kept


def ids_taken(archive: Archive) -> tuple[list[str | None], list[str | None]]:
    """The ids of the articles that were committed, and of those that another run archived first."""
    committed, repeated = archive.take_committed()
    return [item.id for item in committed], [item.id for item in repeated]


def lines(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("articles/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_an_article_is_kept_once(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    assert keep(archive, article(), article(), article(2)) == [True, False, True]
    archive.end_run("finished", {})
    archive.close()
    again = opened(tmp_path, "b")
    assert keep(again, article(), article(3)) == [False, True]
    again.end_run("finished", {})
    assert [line["id"] for line in lines(tmp_path)] == ["1", "2", "3"]
    assert again.ledger.states() == {DISCOVERED: 0, ARCHIVED: 3, GONE: 0, REJECTED: 0, FAILED: 0}


@pytest.mark.parametrize(
    "change",
    [
        {"body": "The ferry sank.", "content_hash": "f" * 64},
        {"published_at": "2026-09-14T11:00:00+09:00"},
        {"updated_at": "2026-09-14T11:00:00+09:00"},
        {"byline": "By Kim Da-sol"},
        {"images": [Image("https://a.example/1.jpg", "A ship.", "AP")]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_is_a_revision(tmp_path: Path, change: dict[str, object]) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    first = archive.segment.read_bytes() if archive.segment else b""
    assert keep(archive, article(**change)) == [True]
    archive.commit()
    assert [line["revision"] for line in lines(tmp_path)] == [1, 2]
    assert archive.segment
    assert archive.segment.read_bytes().startswith(first)


def test_a_change_of_markup_alone_is_no_revision(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    assert keep(archive, article(layout="2024", extraction={"body": "generic"}, summary="x")) == [False]


def test_known_articles_stay_out_of_the_batch(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    older = article(body="As it was before.", captured_at="2020-01-01T00:00:00Z")
    for item, novelty in ((article(), "same"), (older, "outdated")):
        assert archive.compare(item) == novelty
    assert [item.body for item in archive.pending.values()] == [article().body]


def test_validators_are_kept_with_the_article(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    item = article()
    item.companions.validators = ('"1"', "Mon, 14 Sep 2026 01:00:00 GMT")
    keep(archive, item)
    archive.commit()
    known = archive.ledger.known(["1"])["1"]
    assert (known.etag, known.last_modified) == item.companions.validators


def test_the_companions_of_an_article_are_not_exported(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    item = article(body=LONG)
    keep(archive, item)
    archive.commit()
    assert item.companions.signature
    assert list(lines(tmp_path)[0]) == [each.name for each in fields(Article)]


def test_a_number_joins_its_ud(tmp_path: Path) -> None:
    """Archived by its old address first: the new number is one more name of it."""
    ud = f"{SITE}/view.php?ud=20210408000265"
    archive = opened(tmp_path)
    old = article(url=ud, id="20210408000265")
    keep(archive, old)
    archive.commit()
    assert keep(archive, replace(old, id="7", url=f"{SITE}/article/7", aliases=[ud])) == [False]
    assert archive.ledger.known(["7"])["7"].id == "20210408000265"
    assert archive.ledger.states()[ARCHIVED] == 1


def test_a_discovered_ud_becomes_its_number(tmp_path: Path) -> None:
    ud = "20260914000265"
    archive = opened(tmp_path)
    archive.ledger.discover([(ud, f"{SITE}/view.php?ud={ud}", "herald:world", "world")])
    item = article(7, aliases=[f"{SITE}/view.php?ud={ud}"])
    keep(archive, item)
    archive.commit()
    assert item.listed_in == ["world"]
    assert archive.ledger.states() == {DISCOVERED: 0, ARCHIVED: 1, GONE: 0, REJECTED: 0, FAILED: 0}
    assert archive.ledger.sections_of(["7"]) == ["world"]


def test_an_older_copy_under_another_id_is_merged(tmp_path: Path) -> None:
    """Else it would wait for ever: found, and never kept."""
    archive = opened(tmp_path)
    keep(archive, article(7, captured_at="2026-09-20T00:00:00Z"))
    archive.commit()
    ud = "20260914000265"
    archive.ledger.discover([(ud, article_url(ud), "wayback:x", None)])
    old = article(7, "Before the change.", aliases=[article_url(ud)], captured_at="2026-09-15T00:00:00Z")
    assert archive.compare(old) == "outdated"
    assert archive.ledger.known([ud])[ud].id == "7"
    assert archive.ledger.pending(9, copies="wayback") == []


def test_listings_of_all_runs_are_kept(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    url = f"{SITE}/article/1"
    assert archive.ledger.discover([("1", url, "herald:world", "world")]) == {"1"}
    assert archive.ledger.discover([("1", url, "herald:national", "national")]) == set()
    item = article()
    keep(archive, item)
    assert item.listed_in == ["national", "world"]


def test_an_uncommitted_tail_is_cut(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    segment = archive.segment
    assert segment
    archive.close()
    committed = segment.read_bytes()
    with segment.open("ab") as file:
        file.write(b'{"id": "2", "half a li')
    reopened = Archive(str(tmp_path), SITE)
    assert segment.read_bytes() == committed
    assert "cut 22 bytes" in caplog.text
    assert reopened.problems == []


def test_the_uncommitted_tail_of_a_running_crawl_is_not_cut(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    assert archive.writer
    assert archive.writer.file
    archive.writer.file.write(b"being written")
    Archive(str(tmp_path), SITE)
    assert archive.segment
    assert archive.segment.read_bytes().endswith(b"being written")


def test_a_segment_shorter_than_committed_is_reported(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    segment = archive.segment
    assert segment
    archive.close()
    segment.write_bytes(b"")
    assert "its tail is lost" in Archive(str(tmp_path), SITE).problems[0]
    segment.unlink()
    assert "is missing" in Archive(str(tmp_path), SITE).problems[0]


def test_two_runs_at_once_archive_each_article_once(tmp_path: Path) -> None:
    """Both read the same articles; each is written by the one that commits first."""
    one, two = opened(tmp_path, "one"), opened(tmp_path, "two")
    assert keep(one, article(1), article(2)) == [True, True]
    assert keep(two, article(2), article(3)) == [True, True]
    one.commit()
    two.commit()
    assert sorted(str(line["id"]) for line in lines(tmp_path)) == ["1", "2", "3"]
    assert two.ledger.states()[ARCHIVED] == 3
    assert [ids_taken(each) for each in (one, two)] == [(["1", "2"], []), (["3"], ["2"])]
    assert ids_taken(two) == ([], []), "they are taken once"


def test_another_text_archived_by_another_run_meanwhile_becomes_a_revision(tmp_path: Path) -> None:
    one, two = opened(tmp_path, "one"), opened(tmp_path, "two")
    keep(one, article(1))
    keep(two, article(1, byline="By Kim Da-sol"))
    one.commit()
    two.commit()
    assert sorted((line["id"], line["revision"]) for line in lines(tmp_path)) == [("1", 1), ("1", 2)]


def test_failures_pause_longer_and_end(tmp_path: Path) -> None:
    ledger = opened(tmp_path).ledger
    ledger.discover([("1", f"{SITE}/article/1", "herald:national", None)])
    assert [known.id for known in ledger.pending(10)] == ["1"]
    pauses = []
    for _ in range(MAX_ATTEMPTS):
        ledger.set_state("1", FAILED, "HTTP 500")
        assert ledger.pending(10) == []
        with ledger.transaction() as connection:
            due = connection.exec_driver_sql("SELECT retry_at FROM articles").scalar_one()
            connection.exec_driver_sql("UPDATE articles SET retry_at = 0")
        pauses.append(due - now())
    assert pauses == sorted(pauses)
    assert pauses[-1] > 10 * pauses[0]
    assert ledger.pending(10) == []
    assert ledger.states()[FAILED] == 1


def test_an_archived_article_stays_archived_after_failures(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    for state in (FAILED, REJECTED, GONE):
        archive.ledger.set_state("1", state, "x")
        assert archive.ledger.states()[ARCHIVED] == 1
    assert archive.ledger.young(0, None) == [], "gone from the site: not asked again so soon"


def test_pending_is_bounded_by_day_and_section(tmp_path: Path) -> None:
    ledger = opened(tmp_path).ledger
    ledger.discover(
        [(str(n), f"{SITE}/article/{n}", "x", "world" if n < 3 else "national") for n in range(1, 5)]
    )
    ledger.set_published("1", 1000)
    assert [known.id for known in ledger.pending(10, since=2000)] == ["2", "3", "4"]
    assert [known.id for known in ledger.pending(10, until=1000, sections=["world"])] == ["2"]
    assert [known.id for known in ledger.pending(2)] == ["1", "2"]


def test_another_site_is_refused(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    with pytest.raises(ArchiveError, match=f"belongs to {SITE}, this run asks http://127.0.0.1:1") as error:
        Archive(str(tmp_path), "http://127.0.0.1:1")
    assert error.value.reason == "archive_of_another_site"


def test_an_archive_without_articles_may_go_to_another_site(tmp_path: Path) -> None:
    """A trial, or a slip: what was found there is forgotten, and the archive has a new owner."""
    trial = Archive(str(tmp_path), "http://127.0.0.1:1")
    trial.ledger.discover([("1", f"{SITE}/article/1", "x", "world")])
    trial.close()
    archive = opened(tmp_path)
    assert archive.ledger.pending(10) == []
    keep(archive, article())
    archive.commit()
    archive.close()
    with pytest.raises(ArchiveError, match=f"belongs to {SITE}"):
        Archive(str(tmp_path), "http://127.0.0.1:1")


def test_a_run_is_recorded_with_its_arguments(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.begin_run("herald", "j2", {"since": date(2026, 9, 1), "sections": ["world"]})
    with archive.ledger.transaction() as connection:
        found = dict(connection.exec_driver_sql("SELECT job, arguments FROM runs").all())
    assert json.loads(found["j2"]) == {"since": "2026-09-01", "sections": ["world"]}


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    Archive(str(tmp_path), SITE).close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("UPDATE facts SET value = ? WHERE name = 'schema_version'", [str(VERSION + 1)])
    connection.close()
    with pytest.raises(ArchiveError, match="use the newer Herald Spider"):
        Archive(str(tmp_path), SITE)


def make_version_3(ledger: sqlite3.Connection) -> None:
    """Take back what later versions added."""
    for index in ("runs_by_spider", "runs_by_started", "lines_by_segment"):
        ledger.execute(f"DROP INDEX IF EXISTS {index}")
    ledger.execute("ALTER TABLE runs DROP COLUMN monitors")
    for name in ("version", "host"):
        ledger.execute(f"ALTER TABLE runs DROP COLUMN {name}")
    ledger.execute("ALTER TABLE segments DROP COLUMN node")
    ledger.execute("ALTER TABLE lines DROP COLUMN checksum")
    ledger.execute("ALTER TABLE articles DROP COLUMN headline")
    ledger.execute("DROP TABLE claims")
    ledger.execute("ALTER TABLE articles DROP COLUMN sequence")
    ledger.execute("ALTER TABLE listings DROP COLUMN sequence")


@pytest.fixture
def version_2(tmp_path: Path) -> Path:
    """An archive as version 2 left it: one article, and a signature of the form of that time."""
    archive = opened(tmp_path)
    keep(archive, article(body=LONG))
    archive.end_run("finished", {})
    archive.close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("UPDATE facts SET value = '2' WHERE name = 'schema_version'")
        make_version_3(connection)
        connection.execute("UPDATE signatures SET signature = ?", [b"\1" * 256])
        connection.execute("DELETE FROM bands")
        connection.executemany(
            "INSERT INTO bands VALUES (?, 20710, '1')", [(-(2**63) + n,) for n in range(16)]
        )
    connection.close()
    return tmp_path


def rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the ledger's file holds, by table."""
    with sqlite3.connect(folder / "ledger.sqlite") as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found = {name: list(connection.execute(f"SELECT * FROM {name}")) for name in names}
    connection.close()
    return found


def test_an_archive_of_version_2_is_migrated(version_2: Path) -> None:
    before = rows(version_2)
    assert len(before["signatures"]) == 1
    assert len(before["bands"]) == 16
    Archive(str(version_2), SITE).close()
    after = rows(version_2)
    assert ("schema_version", str(VERSION)) in after["facts"]
    wider = {name: [(*row, None) for row in before[name]] for name in ("segments", "runs", "lines")}
    wider["runs"] = [(*row, None, None) for row in wider["runs"]]
    wider["articles"] = [(*row, None, 1) for row in before["articles"]]
    assert after == {**before, **wider, "claims": [], "facts": after["facts"], "signatures": [], "bands": []}

    archive = opened(version_2, "b")
    twins = [article(number, body=LONG) for number in (2, 3)]
    assert keep(archive, article(body=LONG), *twins, article(body=LONG + " More.", content_hash="f" * 64)) == [
        False, True, True, True,
    ]  # fmt: skip
    archive.end_run("finished", {})
    archive.close()
    assert [twin.duplicate_of for twin in twins] == [None, "2"]
    assert {row[0] for row in rows(version_2)["signatures"]} == {"1", "2", "3"}


@pytest.mark.parametrize("fails", ["CREATE INDEX again ON runs (nothing", "DELETE FROM nowhere"])
def test_a_migration_is_done_whole_or_not_at_all(
    version_2: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    before = rows(version_2)
    steps = (*MIGRATIONS[2], "CREATE TABLE extra (name TEXT)", fails)
    monkeypatch.setitem(MIGRATIONS, 2, steps)
    with pytest.raises(ArchiveError, match=r"cannot be used|is damaged"):
        Archive(str(version_2), SITE)
    assert rows(version_2) == before


def test_a_migration_finds_the_tables_of_its_own_version(
    version_2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(version_2 / "ledger.sqlite") as connection:
        connection.execute("DROP TABLE sightings")
    connection.close()
    made = "CREATE TABLE sightings (article VARCHAR, section VARCHAR, PRIMARY KEY (article, section))"
    monkeypatch.setitem(MIGRATIONS, 2, (made, "INSERT INTO sightings SELECT id, 'world' FROM articles"))
    Archive(str(version_2), SITE).close()
    assert rows(version_2)["sightings"] == [("1", "world")]


def test_there_is_a_migration_from_every_version() -> None:
    assert set(MIGRATIONS) == set(range(1, VERSION))


def test_a_damaged_ledger_is_a_clear_error(tmp_path: Path) -> None:
    Archive(str(tmp_path), SITE).close()
    ledger = tmp_path / "ledger.sqlite"
    ledger.write_bytes(b"no database at all, this" * 400)
    with pytest.raises(ArchiveError, match="scrapy verify --repair") as error:
        Archive(str(tmp_path), SITE)
    assert error.value.reason == "archive_damaged"


def test_a_locked_ledger_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Archive(str(tmp_path), SITE).close()
    monkeypatch.setattr("herald_spider.archive.database.BUSY_SECONDS", 0.1)
    holder = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(ArchiveError, match="locked by another program"):
        Archive(str(tmp_path), SITE)
    holder.close()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArchiveError, match="cannot be written"):
        Archive(str(tmp_path / "file" / "archive"), SITE)


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch that the disk refuses is in neither file, and can be committed later."""
    archive = opened(tmp_path)
    keep(archive, article(1))
    archive.commit()
    before = archive.segment.read_bytes() if archive.segment else b""
    keep(archive, article(2))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(ArchiveError, match="is the disk full") as error:
            archive.commit()
    assert error.value.reason == "archive_not_writable"
    assert archive.segment
    assert archive.segment.read_bytes() == before
    assert archive.ledger.states()[ARCHIVED] == 1
    archive.commit()
    assert [line["id"] for line in lines(tmp_path)] == ["1", "2"]
    assert archive.ledger.states()[ARCHIVED] == 2


def test_a_batch_that_the_ledger_refuses_leaves_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines are in the segment already: the next attempt begins where the last commit ended."""
    archive = opened(tmp_path)
    keep(archive, article(1))
    archive.commit()
    keep(archive, article(2))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("herald_spider.archive.near_duplicates.remember", refuse)
        with pytest.raises(ArchiveError, match="is the disk full"):
            archive.commit()
    archive.commit()
    assert [line["id"] for line in lines(tmp_path)] == ["1", "2"]
    with archive.ledger.transaction() as connection:
        ((offset, length),) = connection.exec_driver_sql(
            "SELECT \"offset\", length FROM lines WHERE article = '2'"
        )
        (committed,) = connection.exec_driver_sql("SELECT length FROM segments").scalars()
    assert archive.segment
    assert offset + length == committed == archive.segment.stat().st_size


def test_an_unchanged_copy_updates_the_time_of_capture(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article(1, fetched_at="2026-09-14T10:00:00Z"))
    archive.commit()
    assert keep(archive, article(1, fetched_at="2026-09-15T10:00:00Z")) == [False]
    known = archive.ledger.known(["1"])["1"]
    assert known.captured == datetime(2026, 9, 15, 10, tzinfo=UTC).timestamp()


def test_a_batch_written_in_part_is_cut_off(tmp_path: Path) -> None:
    """Seen of a disk that fills up: the write that no longer fits whole is cut short without an error."""
    writer = SegmentWriter(tmp_path / "a.jsonl")
    first, second = b"x" * 999 + b"\n", b"y" * 999 + b"\n"
    assert writer.append([first]) == 0
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500, limit[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            writer.append([second])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert (writer.path.read_bytes(), writer.length) == (first, 1000)
    assert writer.append([second, first]) == 1000
    assert writer.path.read_bytes() == first + second + first
    writer.close()


def test_the_archive_none_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = Archive("none", SITE)
    archive.begin_run("herald", "a", {})
    assert keep(archive, article(), article()) == [True, False]
    archive.end_run("finished", {})
    archive.close()
    assert list(tmp_path.iterdir()) == []


def test_a_batch_is_due_by_count_and_by_time(tmp_path: Path) -> None:
    archive = opened(tmp_path, batch=2, seconds=1000)
    keep(archive, article(1))
    assert lines(tmp_path) == []
    keep(archive, article(2))
    assert len(lines(tmp_path)) == 2
    archive.seconds = 0
    keep(archive, article(3))
    assert len(lines(tmp_path)) == 3


def test_lone_surrogates_do_not_stop_a_batch(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article(byline="By \ud800"))
    archive.commit()
    assert lines(tmp_path)[0]["byline"] == "By ?"


def test_the_run_is_recorded(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    ended = datetime(2026, 9, 14, tzinfo=UTC)
    archive.end_run("finished", {"herald/articles": 2, "herald/failed": 0, "finish_time": ended})
    archive.close()
    ledger = Ledger(sqlite_url(tmp_path / "ledger.sqlite"))
    with ledger.transaction() as connection:
        row = connection.exec_driver_sql("SELECT job, spider, outcome, stats FROM runs").one()
    kept = '{"herald/articles": 2, "finish_time": "2026-09-14 00:00:00+00:00"}'
    assert tuple(row) == ("a", "herald", "finished", kept)


def test_revision_hash_is_of_values_not_of_identity() -> None:
    assert revision_hash(article()) == revision_hash(article())
    assert revision_hash(article()) != revision_hash(article(updated_at="2026-09-14T11:00:00+09:00"))


def test_the_segment_is_locked_while_it_is_written(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    assert archive.segment
    with archive.segment.open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_kill_before_the_first_commit_leaves_nothing(tmp_path: Path) -> None:
    """The ledger knows the segment before its first byte, so what a kill left there is cut."""
    archive = opened(tmp_path)
    keep(archive, article())
    assert archive.writer
    archive.writer.append([b'{"id": "1"}\n'])  # on the disk, and the commit never came
    path = archive.writer.path
    archive.close()
    assert path.stat().st_size
    Archive(str(tmp_path), SITE)
    assert path.stat().st_size == 0


def test_files_that_the_ledger_does_not_know_are_left_alone(tmp_path: Path) -> None:
    """A lost ledger is no reason to cut the articles that it knew, nor to make one in its place."""
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    segment = archive.segment
    assert segment
    archive.close()
    before = segment.read_bytes()
    for path in tmp_path.glob("ledger.sqlite*"):
        path.unlink()
    lost = "knows none of the 1 segments in .*: scrapy verify --repair|lost"
    with pytest.raises(ArchiveError, match=lost):
        Archive(str(tmp_path), SITE)
    assert not (tmp_path / "ledger.sqlite").exists()
    (tmp_path / "ledger.sqlite").touch()
    with pytest.raises(ArchiveError, match=lost):
        Archive(str(tmp_path), SITE)
    (tmp_path / "ledger.sqlite").unlink()
    Ledger(sqlite_url(tmp_path / "ledger.sqlite"), SITE).close()
    with pytest.raises(ArchiveError, match=lost):
        Archive(str(tmp_path), SITE)
    assert segment.read_bytes() == before


def test_an_article_of_the_same_batch_is_known_by_its_aliases(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    ud = "20260914000265"
    first, second = article(), replace(article(), id=ud, url=article_url(ud))
    first.aliases = [article_url(ud)]
    archive.ledger.discover([(each.id or "", each.url or "", "herald", None) for each in (first, second)])
    assert keep(archive, first, second) == [True, False]
    archive.end_run("finished", {})
    assert [line["id"] for line in lines(tmp_path)] == ["1"]
    assert archive.ledger.states() == {DISCOVERED: 0, ARCHIVED: 1, GONE: 0, REJECTED: 0, FAILED: 0}


def make_version_1(folder: Path) -> None:
    """What an archive was before copies of the site had a time of their own."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger:
        make_version_3(ledger)
        ledger.execute("ALTER TABLE articles DROP COLUMN captured")
        ledger.execute("ALTER TABLE listings DROP COLUMN newest")
        ledger.execute("ALTER TABLE listings DROP COLUMN place")
        ledger.execute("UPDATE facts SET value = '1' WHERE name = 'schema_version'")
        ledger.commit()


def test_an_archive_of_an_earlier_schema_is_migrated(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article(), article(2))
    archive.ledger.discover([("3", article_url("3"), "herald", None)])
    archive.end_run("finished", {})
    archive.close()
    make_version_1(tmp_path)
    again = opened(tmp_path, "b")
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT value FROM facts WHERE name = 'schema_version'").fetchone() == (
            str(VERSION),
        )
        rows = ledger.execute("SELECT id, captured = fetched FROM articles ORDER BY id").fetchall()
    assert rows == [("1", 1), ("2", 1), ("3", None)]
    assert keep(again, article(), article(3)) == [False, True]
    again.end_run("finished", {})


def test_a_failed_migration_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.end_run("finished", {})
    archive.close()
    make_version_1(tmp_path)
    steps = (*schema.MIGRATIONS[1], "UPDATE no_such_table SET x = 1")
    with monkeypatch.context() as patch:
        patch.setitem(schema.MIGRATIONS, 1, steps)
        with pytest.raises(ArchiveError, match="no_such_table"):
            opened(tmp_path, "b")
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT value FROM facts WHERE name = 'schema_version'").fetchone() == ("1",)
        assert "captured" not in [row[1] for row in ledger.execute("PRAGMA table_info(articles)")]
    assert keep(opened(tmp_path, "c"), article()) == [False]


def kept_lines(archive: Archive) -> list[tuple[Any, ...]]:
    with archive.ledger.transaction() as connection:
        query = "SELECT article, revision FROM lines ORDER BY article, revision"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_two_articles_of_a_batch_that_the_ledger_knows_as_one(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article(1, aliases=[article_url(UD)]))
    archive.commit()
    assert keep(archive, article(1, "The ferry sank."), article(UD)) == [True, True]
    archive.commit()
    assert kept_lines(archive) == [("1", 1), ("1", 2), ("1", 3)]


def test_an_article_archived_as_two_becomes_one(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.ledger.discover(
        [(each, article_url(each), "herald", slug) for each, slug in (("1", "world"), ("2", "kpop"))]
    )
    keep(archive, article(1), article(2), article(3, aliases=[article_url(UD)]))
    archive.commit()
    assert keep(archive, article(2, "Told anew.", aliases=[article_url("1"), article_url(UD)])) == [True]
    archive.commit()
    assert kept_lines(archive) == [("2", 1), ("2", 2), ("2", 3), ("2", 4)]
    assert archive.ledger.states()[ARCHIVED] == 1
    known = archive.ledger.known(["1", "2", "3", UD])
    assert {each.id for each in known.values()} == {"2"}
    assert len(known) == 4
    assert archive.ledger.sections_of(["2"]) == ["kpop", "world"]
    (newest,) = (line for line in lines(tmp_path) if line["body"] == "Told anew.")
    assert known["2"].content_hash == revision_hash(article(2, "Told anew."))
    assert newest["id"] == "2"


def test_two_archived_articles_are_merged_by_an_unchanged_page(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    keep(archive, article(1), article(2, LONG))
    archive.commit()
    assert keep(archive, article(2, LONG, aliases=[article_url("1")])) == [False]
    assert kept_lines(archive) == [("2", 1), ("2", 2)]
    assert archive.ledger.known(["1"])["1"].content_hash == revision_hash(article(2, LONG))


def test_a_new_alias_of_an_article_in_the_batch_is_committed_with_it(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    assert keep(archive, article(1), article(1, aliases=[article_url(UD)])) == [True, False]
    with archive.ledger.transaction() as connection:
        assert list(connection.exec_driver_sql("SELECT * FROM aliases")) == [], "a kill would leave it alone"
    archive.commit()
    assert archive.ledger.known([UD])[UD].id == "1"


def test_a_rejected_article_is_rejected_under_each_id(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    ud = "20260914000001"
    archive.ledger.discover([(ud, article_url(ud), "herald", None)])
    item = article(1, aliases=[article_url(ud)])
    archive.reject(item, "nearly repeats 7")
    assert archive.ledger.states()[REJECTED] == 1
    with archive.ledger.transaction() as connection:
        [reason] = connection.exec_driver_sql("SELECT reason FROM articles").scalars()
    assert reason == "nearly repeats 7"


def test_segments_of_a_renamed_machine_are_recovered(tmp_path: Path) -> None:
    """With SQLite all runs are on one machine, whatever a container calls it."""
    one = opened(tmp_path, node="before")
    keep(one, article())
    one.commit()
    assert one.segment
    size = one.segment.stat().st_size
    one.close()
    with one.segment.open("ab") as file:
        file.write(b"left")
    opened(tmp_path, "b", node="after", packing="gz").end_run("finished", {})
    assert not one.segment.with_suffix(".jsonl").exists()
    (packed,) = tmp_path.glob("articles/*.gz")
    assert readable(packed) == (size, True)


@pytest.mark.parametrize("name", ["what?", "no #1", "100 %", "a%20b", "신문"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    archive = opened(tmp_path / name)
    keep(archive, article())
    archive.commit()
    archive.close()
    assert (tmp_path / name / "ledger.sqlite").is_file()
    assert opened(tmp_path / name, "b").ledger.states()[ARCHIVED] == 1


def test_a_tail_that_cannot_be_cut_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    archive.close()
    assert archive.segment
    with archive.segment.open("ab") as file:
        file.write(b"left")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.ftruncate", refuse)
    with pytest.raises(
        ArchiveError, match=r"cannot be written .Permission denied.*Give this user the right"
    ) as error:
        Archive(str(tmp_path), SITE)
    assert error.value.reason == "archive_not_writable"


def test_the_newest_revision_of_merged_articles_is_the_one_served_last(tmp_path: Path) -> None:
    """A copy of the past that was archived later is an earlier revision."""
    archive = opened(tmp_path)
    keep(archive, article(1, "Today.", fetched_at="2026-09-14T00:00:00Z"))
    archive.commit()
    old = {"fetched_at": "2026-09-15T00:00:00Z", "captured_at": "2015-01-01T00:00:00Z"}
    keep(archive, article(2, "Of 2015.", **old))
    archive.commit()
    again = article(1, "Today.", fetched_at="2026-09-16T00:00:00Z", aliases=[article_url("2")])
    assert keep(archive, again) == [False]
    known = archive.ledger.known(["2"])["2"]
    assert (known.id, known.revision, known.content_hash) == ("1", 2, revision_hash(article(1, "Today.")))


def test_overlapping_runs_keep_the_order_of_revisions(tmp_path: Path) -> None:
    """The run that began first has written last."""
    two = opened(tmp_path, "two")
    keep(two, article(2, fetched_at="2026-09-13T00:00:00Z"))
    two.commit()
    long, short = opened(tmp_path, "a-long"), opened(tmp_path, "b-short")
    keep(short, article(1, "First.", fetched_at="2026-09-14T00:00:00Z"))
    short.commit()
    keep(long, article(1, "Second.", fetched_at="2026-09-14T01:00:00Z"))
    long.commit()
    third = article(1, "Third.", fetched_at="2026-09-16T00:00:00Z", aliases=[article_url("2")])
    assert keep(two, third) == [True]
    two.commit()
    assert kept_lines(two) == [("1", 1), ("1", 2), ("1", 3), ("1", 4)]
    with two.ledger.transaction() as connection:
        query = "SELECT content_hash FROM lines ORDER BY revision DESC"
        assert list(connection.exec_driver_sql(query).scalars())[:3] == [
            revision_hash(article(1, f"{each}.")) for each in ("Third", "Second", "First")
        ]


def test_two_articles_are_merged_in_an_archive_in_memory() -> None:
    archive = opened(Path("none"))
    keep(archive, article(1), article(2))
    archive.commit()
    assert keep(archive, article(1, "Told anew.", aliases=[article_url("2")])) == [True]
    archive.commit()
    assert archive.ledger.known(["2"])["2"].id == "1"


def test_two_articles_of_a_batch_are_merged(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    assert keep(archive, article(1), article(2), article(1, aliases=[article_url("2")])) == [
        True,
        True,
        False,
    ]
    archive.commit()
    assert archive.ledger.states()[ARCHIVED] == 1
    assert kept_lines(archive) == [("1", 1), ("1", 2)]


@pytest.mark.parametrize("archived", [True, False])
def test_two_articles_of_a_batch_that_another_run_has_merged(tmp_path: Path, archived: bool) -> None:
    one, other = opened(tmp_path, "one"), opened(tmp_path, "other")
    keep(one, article(1, f"One. {LONG}"), article(UD, f"{LONG} Two."))
    if archived:
        keep(other, article(1, "Zero.", aliases=[article_url(UD)]))
        other.commit()
    else:
        other.ledger.discover([("1", article_url("1"), "herald", None)])
        other.ledger.add_aliases("1", [UD])
    one.commit()
    assert {row[0] for row in kept_lines(one)} == {"1"}
    assert [row[1] for row in kept_lines(one)] == ([1, 2, 3] if archived else [1, 2])
    assert one.ledger.states()[ARCHIVED] == 1


@pytest.mark.parametrize(
    ("captured_at", "kept"),
    [
        (None, True),  # from the site: it is what it serves now
        ("2015-01-01T00:00:00Z", False),
        ("2020-01-01T00:00:00Z", True),  # as old as what is there
        ("2021-01-01T00:00:00Z", True),
    ],
)
def test_a_copy_in_the_batch_older_than_what_another_run_archived(
    tmp_path: Path, captured_at: str | None, kept: bool
) -> None:
    one, other = opened(tmp_path, "one"), opened(tmp_path, "other")
    keep(one, article(1, "Ours.", captured_at=captured_at, fetched_at="2026-09-14T00:00:00Z"))
    keep(other, article(1, "Theirs.", captured_at="2020-01-01T00:00:00Z"))
    other.commit()
    one.commit()
    assert kept_lines(one) == [("1", 1), ("1", 2)][: 1 + kept]
    assert [item.body for item in one.take_committed()[1]] == ["Ours."] * (not kept)
    keep(one, article(2, "Of both."))
    keep(other, article(2, "Of both."))
    other.commit()
    one.commit()
    assert [item.body for item in one.take_committed()[1]] == ["Of both."]


@pytest.mark.parametrize("more", [True, False])
def test_a_segment_that_is_removed_during_the_run_is_an_error(tmp_path: Path, more: bool) -> None:
    archive = opened(tmp_path)
    keep(archive, article())
    archive.commit()
    assert archive.segment
    archive.segment.unlink()
    if more:
        keep(archive, article(2))
        with pytest.raises(ArchiveError, match="was removed while the run wrote it"):
            archive.commit()
        archive.discard_batch()
    with pytest.raises(ArchiveError, match="Run scrapy verify --repair") as error:
        archive.end_run("finished", {})
    assert error.value.reason == "archive_damaged"


def test_characters_that_no_database_takes_are_left_out(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    item = article(1)
    item.companions.validators = ('"a\x00b"', "half \ud83d")
    keep(archive, item)
    archive.commit()
    archive.ledger.set_state("1", "gone", "a reason\x00")
    known = archive.ledger.known(["1", "\x00", "\ud83d"])["1"]
    assert (known.etag, known.last_modified) == ('"ab"', "half \ufffd")


def test_only_the_article_with_a_refused_value_fails(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.ledger.discover([(str(number), "u", "herald:/", None) for number in range(1, 6)])
    keep(archive, *map(article, range(1, 6)))
    # SQLite refuses the number; PostgreSQL refuses an id that is longer than an entry of an index.
    archive.pending["3"].companions.hash = 2**70  # type: ignore[assignment]
    archive.pending["3"].companions.ids.append("".join(random.Random(1).choices("0123456789", k=20_000)))
    archive.commit()
    committed, repeated = ids_taken(archive)
    assert (committed, repeated) == (["1", "2", "4", "5"], [])
    assert [line["id"] for line in lines(tmp_path)] == ["1", "2", "4", "5"]
    states = archive.ledger.states()
    assert (states["archived"], states["failed"]) == (4, 1)
    assert keep(archive, article(3)) == [True]
    archive.end_run("finished", {})


# Ids that two runs read at once ---------------------------------------------------------------


def test_an_id_that_another_run_archived_meanwhile_is_judged_again(tmp_path: Path) -> None:
    """A redirect is evidence while nobody has read the other id; an unlike text there is of another article."""
    one, other = opened(tmp_path), opened(tmp_path, "b")
    number = article(1, "The ferry stopped. " + LONG, aliases=[article_url(UD)])
    assert keep(one, number) == [True]
    text = " ".join(f"other{number}" for number in range(60))
    elsewhere = article(UD, text, headline="A bridge", published_at="2026-09-10T10:00:00+09:00")
    assert keep(other, elsewhere) == [True]
    other.commit()
    one.commit()
    assert number.companions.refused == [UD]
    assert [(line["id"], line["revision"], line["aliases"]) for line in lines(tmp_path)] == [
        ("1", 1, []), (UD, 1, []),
    ]  # fmt: skip
    assert {each: row.id for each, row in one.ledger.known(["1", UD]).items()} == {"1": "1", UD: UD}


def test_an_id_that_another_run_archived_with_the_same_headline_is_joined(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path, "b")
    assert keep(one, article(1, aliases=[article_url(UD)])) == [True]
    assert keep(other, article(UD)) == [True]
    other.commit()
    one.commit()
    assert ids_taken(one) == ([], ["1"])
    assert {row.id for row in one.ledger.known(["1", UD]).values()} == {UD}
