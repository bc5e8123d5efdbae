"""The ledger on PostgreSQL: the same code, so the same tests; and what only a server can do."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from herald_spider.archive import Archive, ArchiveError
from herald_spider.archive.database import Database
from tests import test_archive
from tests.archives import run
from tests.servers import PostgresServer
from tests.test_archive import SITE, _closing, article, keep, lines
from tests.waiting import wait_until

__all__ = ["_closing"]
# These write to the file of SQLite.
_OF_A_FILE = {
    "test_a_newer_schema_is_refused",
    "test_an_archive_of_version_2_is_migrated",
    "test_a_migration_is_done_whole_or_not_at_all",
    "test_a_migration_finds_the_tables_of_its_own_version",
    "test_a_damaged_ledger_is_a_clear_error",
    "test_a_locked_ledger_is_a_clear_error",
    "test_the_run_is_recorded",
    "test_an_archive_of_an_earlier_schema_is_migrated",
    "test_a_failed_migration_changes_nothing",
    "test_files_that_the_ledger_does_not_know_are_left_alone",
    "test_segments_of_a_renamed_machine_are_recovered",
    "test_a_folder_may_have_any_name",
}
globals().update(
    (name, each)
    for name, each in vars(test_archive).items()
    if name[:5] == "test_" and name not in _OF_A_FILE
)
_numbers = itertools.count(1)


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    return postgres.make_database(f"herald{next(_numbers)}")


@pytest.fixture(autouse=True)
def _on_postgres(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger of each folder is a database of the server."""
    databases: dict[Path, str] = {}

    def address(path: Path) -> str:
        if path not in databases:
            databases[path] = postgres.make_database(f"herald{next(_numbers)}")
        return databases[path]

    monkeypatch.setattr("herald_spider.archive.archive.sqlite_url", address)


def on_node(folder: Path, database: str, node: str) -> Archive:
    archive = Archive(str(folder / node), SITE, ledger_url=database, node=node)
    archive.begin_run("herald", f"job-of-{node}", {})
    return archive


def test_two_nodes_share_a_ledger(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each writes its own segments; brought together, the commands read them as one archive."""
    north, south = (on_node(tmp_path, database, node) for node in ("north", "south"))
    assert keep(north, article(1), article(2)) == [True, True]
    north.commit()
    assert keep(south, article(2), article(3)) == [False, True]
    for archive in (south, north):
        archive.end_run("finished", {})
        archive.close()
    assert [Counter(str(line["id"]) for line in lines(tmp_path / node)) for node in ("north", "south")] == [
        {"1": 1, "2": 1}, {"3": 1},
    ]  # fmt: skip

    assert run(tmp_path / "north", "verify", HERALD_LEDGER_URL=database) == 1
    assert "written by south" in capsys.readouterr().out
    opened = on_node(tmp_path, database, "north")
    assert opened.problems == [], "what another node wrote is not missed by a run"
    opened.end_run("finished", {})
    opened.close()

    for path in (tmp_path / "south" / "articles").iterdir():
        path.rename(tmp_path / "north" / "articles" / path.name)
    assert run(tmp_path / "north", "verify", HERALD_LEDGER_URL=database) == 0
    assert run(tmp_path / "north", "status", HERALD_LEDGER_URL=database) == 0
    assert run(tmp_path / "north", "history", "3", HERALD_LEDGER_URL=database) == 0
    capsys.readouterr()
    assert run(tmp_path / "north", "export", HERALD_LEDGER_URL=database) == 0
    assert capsys.readouterr().out.count("\n") == 3


def test_the_uncommitted_tail_of_another_node_is_not_cut(database: str, tmp_path: Path) -> None:
    """On a shared folder its lock may not be seen from here."""
    north = on_node(tmp_path, database, "north")
    keep(north, article(1))
    north.commit()
    assert north.writer
    north.writer.append([b'{"id": "2"}\n'])
    path, size = north.writer.path, north.writer.path.stat().st_size
    north.close()
    Archive(str(tmp_path / "north"), SITE, ledger_url=database, node="south")
    assert path.stat().st_size == size
    Archive(str(tmp_path / "north"), SITE, ledger_url=database, node="north")
    assert path.stat().st_size < size


def test_a_repair_is_refused_while_a_run_of_another_machine_works(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"HERALD_LEDGER_URL": database}
    first = on_node(tmp_path, database, "south")
    keep(first, article(1))
    first.end_run("finished", {})
    first.close()
    north = on_node(tmp_path, database, "north")
    assert run(tmp_path / "south", "verify", "--repair", **settings) == 1
    assert "perhaps of another machine, works with the ledger" in capsys.readouterr().err
    keep(north, article(2))
    north.end_run("finished", {})
    north.close()
    repair = Database(database)
    with repair.without_runs(), pytest.raises(ArchiveError) as error:
        Archive(str(tmp_path / "north"), SITE, ledger_url=database)
    repair.close()
    assert error.value.reason == "archive_locked"
    for path in (tmp_path / "north" / "articles").iterdir():
        path.rename(tmp_path / "south" / "articles" / path.name)
    assert run(tmp_path / "south", "verify", "--repair", **settings) == 0


def test_one_of_two_machines_that_start_at_once_migrates_an_old_ledger(database: str, tmp_path: Path) -> None:
    """Both have connected before either can migrate, and both runs start."""
    on_node(tmp_path, database, "north").close()
    with psycopg.connect(database, autocommit=True) as session:
        for statement in (
            b"ALTER TABLE articles DROP COLUMN sequence",
            b"ALTER TABLE listings DROP COLUMN sequence",
            b"ALTER TABLE runs DROP COLUMN version",
            b"ALTER TABLE runs DROP COLUMN host",
            b"UPDATE facts SET value = '7' WHERE name = 'schema_version'",
        ):
            session.execute(statement)

        def both_wait() -> bool:
            waiting = session.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            return waiting.fetchall() == [(2,)]

        session.execute("SELECT pg_advisory_lock(20210408)")
        with ThreadPoolExecutor() as machines:
            opened = [machines.submit(on_node, tmp_path, database, node) for node in ("north", "south")]
            wait_until(both_wait)
            session.execute("SELECT pg_advisory_unlock(20210408)")
            for machine in opened:
                archive = machine.result()
                assert archive.ledger.states()["archived"] == 0
                archive.close()


def test_damage_is_repaired(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = on_node(tmp_path, database, "north")
    keep(archive, article(1), article(2))
    archive.end_run("finished", {})
    assert archive.segment
    path = archive.segment
    archive.close()
    path.write_bytes(path.read_bytes()[:-20])
    settings = {"HERALD_LEDGER_URL": database}
    assert run(tmp_path / "north", "verify", **settings) == 1
    capsys.readouterr()
    assert run(tmp_path / "north", "verify", "--repair", **settings) == 0
    assert "1 articles wait" in capsys.readouterr().out
    assert run(tmp_path / "north", "verify", **settings) == 0


def end_sessions(url: str) -> None:
    """What a server does to its clients when it stops."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_an_interrupted_commit_is_repeated(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines are in the segment already when the server goes away; they stand there once."""
    archive = on_node(tmp_path, database, "north")
    keep(archive, article(1))
    archive.commit()
    keep(archive, article(2), article(3))
    assert archive.writer
    append, broken = archive.writer.append, []

    def append_and_break(batch: list[bytes]) -> list[tuple[int, int]]:
        places = append(batch)
        if not broken:
            broken.append(end_sessions(database))
        return places

    monkeypatch.setattr(archive.writer, "append", append_and_break)
    archive.commit()
    assert broken
    assert [line["id"] for line in lines(tmp_path / "north")] == ["1", "2", "3"]
    archive.end_run("finished", {})
    assert run(tmp_path / "north", "verify", HERALD_LEDGER_URL=database) == 0


def test_a_commit_with_a_lost_response_is_not_repeated(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = on_node(tmp_path, database, "north")
    keep(archive, article(1), article(2))
    commit, lost = sa.Connection.commit, []

    def commit_and_lose(connection: sa.Connection) -> None:
        commit(connection)
        if not lost:
            lost.append(True)
            end_sessions(database)
            connection.exec_driver_sql("SELECT 1")  # fails as the answer would

    monkeypatch.setattr(sa.Connection, "commit", commit_and_lose)
    archive.commit()
    assert lost
    assert [line["id"] for line in lines(tmp_path / "north")] == ["1", "2"]
    archive.end_run("finished", {})
    assert run(tmp_path / "north", "verify", HERALD_LEDGER_URL=database) == 0


def test_a_run_waits_for_a_restart_of_the_server(
    postgres: PostgresServer, database: str, tmp_path: Path
) -> None:
    archive = on_node(tmp_path, database, "north")
    keep(archive, article(1))
    archive.commit()
    postgres.restart()
    assert keep(archive, article(1), article(2)) == [False, True]
    archive.end_run("finished", {})
    assert archive.ledger.states()["archived"] == 2


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("known", [["1"]]), ("owner", [["1"]]), ("pending", [5]), ("young", [0, None]), ("states", []),
        ("sections_of", [["1"]]), ("discover", [[("2", "u", "herald:/", "national")]]),
        ("claim", [[("1", "u", "herald:/", None)], ["warc"]]), ("set_state", ["1", "gone"]),
        ("set_published", ["1", 5]), ("touch", ["1", 5]), ("add_aliases", ["1", ["2"]]), ("listing", ["u"]),
        ("finish_walk", ["u", "national", 0, (None, None)]), ("finish_feed", ["u", None, 5, (None, None)]),
        ("set_place", ["u", "{}"]), ("begin_run", ["job", "herald", "{}"]),
        ("end_run", ["job", "finished", "{}"]), ("set_monitors", ["job", "[]"]), ("count_articles", []),
        ("segment_number", ["s", "job", None]), ("all_segments", []),
    ],
)  # fmt: skip
def test_each_step_of_a_run_waits_for_a_server_that_ends_its_sessions(
    database: str, tmp_path: Path, method: str, arguments: list[object]
) -> None:
    archive = on_node(tmp_path, database, "north")
    end_sessions(database)
    getattr(archive.ledger, method)(*arguments)
    archive.close()


def test_a_server_that_stays_away_is_a_clear_error(
    postgres: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("herald_spider.archive.database.BUSY_SECONDS", 1)
    ledger = Database(database)
    assert ledger.transact(lambda connection: connection.scalar(sa.select(1))) == 1
    postgres.stop()
    try:
        with pytest.raises(ArchiveError, match="Is the server up") as error:
            ledger.transact(lambda connection: connection.scalar(sa.select(1)))
    finally:
        postgres.start()
        ledger.close()
    assert error.value.reason == "ledger_unreachable"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://herald:secret@127.0.0.1:1/herald", "refused"),
        ("no address: secret", "Could not parse"),
        ("oracle://herald:secret@host/herald", "give an address as postgresql://"),
    ],
)
def test_an_unusable_address_is_a_clear_error(url: str, said: str, tmp_path: Path) -> None:
    """One line that says so, at once, without the password."""
    with pytest.raises(ArchiveError, match=said) as error:
        Archive(str(tmp_path), SITE, ledger_url=url)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_wrong_password_is_a_clear_error(postgres: PostgresServer, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="password authentication failed") as error:
        Archive(str(tmp_path), SITE, ledger_url=postgres.url.replace("secret-of", "another"))
    assert "another-postgres" not in str(error.value)
