"""The check and the repair of an archive, in detail; the tests of the commands run them whole."""

from __future__ import annotations

import fcntl
import sqlite3
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from scrapy.settings import Settings

from herald_spider.archive import Archive
from herald_spider.archive.database import ArchiveError, reading_url
from herald_spider.archive.ledger import Ledger
from herald_spider.archive.lines import decode, to_article
from herald_spider.archive.mend import _keep
from herald_spider.archive.packing import pack
from herald_spider.archive.paths import ledger_file
from herald_spider.archive.repair import _set_aside
from herald_spider.archive.schema import articles, facts, lines, signatures
from herald_spider.archive.status import moment as moment_of
from herald_spider.archive.values import revision_hash
from herald_spider.archive.verify import line_problem, rows_of, verify
from herald_spider.archive.view import View, opened, records
from herald_spider.commands.selection import select
from herald_spider.commands.verify import repair
from herald_spider.urls import article_url
from tests.archives import ITEMS, changed, exported, keep, overwrite, segments

UD = "20230813000001"


@pytest.fixture
def view(folder: Path) -> Iterator[View]:
    view = View(folder)
    yield view
    view.close()


def problems(view: View) -> dict[str, list[str]]:
    """Examples of each kind of problem."""
    return {kind: examples for kind, (_, examples) in verify(view).problems.items()}


def test_a_line_under_a_merged_id_belongs_to_the_article(tmp_path: Path) -> None:
    """The line says another id than the ledger, and that one is known as the same."""
    keep(tmp_path, "a", replace(ITEMS[0], id=UD, url=article_url(UD), aliases=[]))
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger.discover([("7", article_url("7"), "herald:x", None)])
    (line,) = segments(tmp_path)[0].read_bytes().splitlines(keepends=True)
    with ledger.transaction() as connection:
        (row,) = (row for row in rows_of(connection, 1) if row.article == UD)
        wrong = replace_row(row, article="7", known="7")
        assert line_problem(connection, row, line) is None
        assert line_problem(connection, wrong, line) == "lines of another article than the ledger says"
        ledger.add_aliases("8", [UD])
        assert line_problem(connection, wrong, line) is not None
        connection.exec_driver_sql("UPDATE aliases SET article = '7'")
        assert line_problem(connection, wrong, line) is None
    ledger.close()


class Row:
    """A line as the ledger has it, with other values."""

    def __init__(self, **values: object):
        self.__dict__.update(values)


def replace_row(row: sa.Row[tuple[object, ...]], **values: object) -> Row:
    return Row(**{**row._mapping, **values})


def test_a_sound_archive_is_counted(view: View) -> None:
    found = verify(view)
    assert (found.articles, found.lines, found.segments) == (len(ITEMS), len(ITEMS) + 2, 2)
    assert (problems(view), found.notes) == ({}, [])
    keep(view.folder, "of-nothing")  # a run that kept nothing has no segment to count
    assert (verify(view).segments, problems(view)) == (2, {})


def test_a_problem_of_a_segment_names_the_place(view: View) -> None:
    largest, other = segments(view.folder)
    size = largest.stat().st_size
    with largest.open("ab") as file:
        file.write(b"left")
    (note,) = verify(view).notes
    assert note.startswith(f"{largest.name}: 4 bytes behind the committed length, left by a run that died;")
    with largest.open("rb+") as file:
        file.truncate(size - 1)
    found = problems(view)
    assert any(
        f"{largest.name}: {size - 1} of {size} bytes" in each
        for each in found["segments shorter than committed"]
    )
    other.rename(other.with_name("stranger.jsonl"))
    found = problems(view)
    assert found["segments that are missing"][-1].startswith(other.name)
    assert found["segments that the ledger does not know"][-1] == "stranger.jsonl"


def test_a_changed_byte_is_found_by_the_checksum(tmp_path: Path) -> None:
    """As in the summary, a tag or the address: the line can still be read."""
    keep(tmp_path, "a", replace(ITEMS[0], summary="A ferry", tags=["harbor"]))
    path, view = segments(tmp_path)[0], View(tmp_path)
    where = f"article {ITEMS[0].id} revision 1: {path.name} at byte 0"
    assert problems(view) == {}
    line = path.read_bytes()
    for wrong in (line.replace(b"harbor", b"harbos"), line.replace(b"A ferry", b"B ferry")):
        path.write_bytes(wrong)
        assert problems(view) == {"lines of other bytes than were written": [where]}
        with view.ledger.transaction() as connection:  # as an earlier version wrote it
            kept = connection.exec_driver_sql("SELECT checksum FROM lines").scalar()
            connection.exec_driver_sql("UPDATE lines SET checksum = NULL")
        assert problems(view) == {}
        with view.ledger.transaction() as connection:
            connection.exec_driver_sql("UPDATE lines SET checksum = ?", (kept,))
    path.write_bytes(line)
    assert problems(view) == {}
    view.close()


def test_a_missing_segment_names_the_machine_that_wrote_it(view: View) -> None:
    with view.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE segments SET node = CASE number WHEN 1 THEN 'eel' END")
    for path in segments(view.folder):
        path.unlink()
    first, second = sorted(problems(view)["segments that are missing"])
    assert first.endswith(".jsonl, written by eel")
    assert second.endswith(".jsonl")


def test_bytes_of_no_line_are_found_unless_they_are_void(view: View) -> None:
    largest = segments(view.folder)[0]
    (first, second, *_) = largest.read_bytes().splitlines(keepends=True)
    with view.ledger.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM lines WHERE segment = 1 AND offset IN (0, ?)", (len(first),))
    kind = "bytes that belong to no line, or to two"
    assert problems(view)[kind] == [f"{largest.name} at byte 0"]

    def void(offset: int, length: int) -> None:
        with view.ledger.transaction() as connection:
            connection.execute(facts.insert().values(name=f"void:{largest.name}:{offset}", value=str(length)))

    void(0, len(first) + len(second))
    assert kind not in problems(view)
    void(largest.stat().st_size, 5)
    assert problems(view)[kind] == [f"{largest.name} at byte {largest.stat().st_size}"]


def test_a_damaged_ledger_is_set_aside_with_its_log(tmp_path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"ledger.sqlite{suffix}").write_text(suffix)
    name = _set_aside(tmp_path / "ledger.sqlite")
    moment = time.strftime("%Y%m%d", time.gmtime())
    names = sorted(path.name for path in tmp_path.iterdir())
    aside = names[0]
    assert aside.startswith(f"ledger.sqlite.damaged-{moment}T")
    assert names == [aside, f"{aside}-shm", f"{aside}-wal"]
    assert name == aside


def test_bytes_cut_off_are_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    content = bytes(range(256)) * 10_000
    path.write_bytes(content)
    _keep(path, 10, len(content) - 30)
    assert path.with_name("a.jsonl.cut").read_bytes() == content[10:-20]
    _keep(path, 0, 5)
    assert path.with_name("a.jsonl.cut").read_bytes() == content[10:-20] + content[:5]


def test_an_unreadable_ledger_is_a_clear_error(view: View) -> None:
    overwrite(view.folder / "ledger.sqlite", 4096, b"\x00" * 4096 * 20)
    with pytest.raises(ArchiveError) as error, view.snapshot() as connection:
        connection.exec_driver_sql("SELECT * FROM articles, lines, sightings")
    assert error.value.reason == "archive_damaged"
    assert str(error.value).startswith(f"The ledger sqlite:///{view.folder}/ledger.sqlite is damaged (")
    safe = "The articles are safe in their segments: scrapy verify --repair makes a new ledger from them."
    assert str(error.value).endswith(safe)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York"])
def test_days_are_those_of_seoul_in_every_time_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    moments = [
        "2026-09-13T23:59:59+09:00",
        "2026-09-14T00:00:00+09:00",
        "2026-09-14T23:59:59+09:00",
        "2026-09-15T00:00:00+09:00",
    ]
    for number, moment in enumerate(moments, 1):
        item = replace(
            ITEMS[0], id=str(number), url=article_url(str(number)), aliases=[], published_at=moment
        )
        keep(tmp_path, f"job-{number}", changed(item, f"Body {number}."))
    found = exported(tmp_path, capsys, "--since", "2026-09-14", "--until", "2026-09-14")
    assert [each["id"] for each in found] == ["2", "3"]
    condition = str(
        select(None, "2026-09-14", None, None, False).condition.compile(
            compile_kwargs={"literal_binds": True}
        )
    )
    assert "1789311600" in condition
    assert moment_of(1_789_376_400) == "2026-09-14T09:00:00Z"
    assert select(None, None, None, None, False).condition is None
    assert select(None, None, None, None, False).days.until in (None, date.max)
    monkeypatch.undo()
    time.tzset()


# The output of a repair ------------------------------------------------------------------------


def settings(folder: Path, **values: str) -> Settings:
    found = Settings({"HERALD_NODE": "vm", "HERALD_NEAR_DUPLICATES": "mark", "HERALD_LEDGER_URL": ""})
    found.set("HERALD_BASE_URL", "http://example.com/", priority="project")
    found.update({"HERALD_ARCHIVE": str(folder), **values}, priority="cmdline")
    return found


@pytest.fixture
def _no_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HERALD_BASE_URL", raising=False)


def facts_of(folder: Path) -> dict[str, str]:
    view = View(folder)
    with view.snapshot() as connection:
        found = {row.name: row.value for row in connection.execute(sa.select(facts))}
    view.close()
    return found


@pytest.mark.usefixtures("_no_site")
def test_a_repair_of_a_sound_archive_changes_nothing(folder: Path) -> None:
    before = facts_of(folder)
    assert list(repair(settings(folder))) == []
    assert facts_of(folder) == before


@pytest.mark.usefixtures("_no_site")
def test_a_lost_ledger_is_made_from_the_segments(folder: Path) -> None:
    (folder / "ledger.sqlite").unlink()
    (folder / "ledger.sqlite-wal").write_bytes(b"old")
    first, second = segments(folder)
    (folder / "articles" / "0-0-empty.jsonl").touch()
    forgotten = "The next crawl finds runs, listings and articles that were not archived again."
    assert list(repair(settings(folder))) == [
        f"The ledger is lost: making a new one, {folder / 'ledger.sqlite'}. {forgotten}",
        f"{first.name}: {len(ITEMS)} lines entered, 0 damaged or repeated bytes noted as void",
        f"{second.name}: 2 lines entered, 0 damaged or repeated bytes noted as void",
    ]
    assert [path.read_bytes() for path in folder.glob("ledger.sqlite.damaged-*-wal")] == [b"old"]
    view = View(folder)
    assert {(each.name, each.run, each.node) for each in view.ledger.all_segments()} == {
        (first.name, "a", None),
        (second.name, "b", None),
    }
    with view.snapshot() as connection:
        for row in connection.execute(sa.select(lines)):
            name = next(each.name for each in view.ledger.all_segments() if each.number == row.segment)
            line = (folder / "articles" / name).read_bytes()[row.offset : row.offset + row.length]
            assert row.checksum == zlib.crc32(line)
    view.close()


@pytest.mark.usefixtures("_no_site")
def test_damage_is_cut_off_or_void_and_the_article_is_pending(folder: Path) -> None:
    first, second = segments(folder)
    whole = first.read_bytes().splitlines(keepends=True)
    size = second.stat().st_size
    overwrite(first, len(whole[0]), b"\xff" * 10)
    overwrite(second, 0, b"\xff" * size)
    assert list(repair(settings(folder))) == [
        f"{first.name}: 1 lines differ from the ledger",
        f"{second.name}: 2 lines differ from the ledger",
        f"{first.name}: 0 lines entered, {len(whole[1]):,} damaged or repeated bytes noted as void",
        f"{second.name}: 0 lines entered, 0 damaged or repeated bytes noted as void, {size:,} bytes cut off and kept in "
        f"{second.name}.cut",
        "1 articles wait for the next crawl to fetch them again",
    ]
    assert facts_of(folder)[f"void:{first.name}:{len(whole[0])}"] == str(len(whole[1]))
    assert second.stat().st_size == 0


@pytest.mark.parametrize(
    ("values", "site"),
    [({}, None), ({"HERALD_BASE_URL": "http://given.example/"}, "http://given.example")],
)
@pytest.mark.usefixtures("_no_site")
def test_a_new_ledger_belongs_to_the_site_that_is_given(
    folder: Path, values: dict[str, str], site: str | None
) -> None:
    (folder / "ledger.sqlite").unlink()
    list(repair(settings(folder, **values)))
    assert facts_of(folder).get("site") == site
    list(repair(settings(folder, HERALD_BASE_URL="http://other.example")))
    assert facts_of(folder)["site"] == (site or "http://other.example")


def test_a_repair_is_refused_without_the_segments_of_other_machines(folder: Path) -> None:
    first, second = segments(folder)
    view = View(folder)
    with view.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE segments SET node = CASE number WHEN 1 THEN 'eel' ELSE 'carp' END")
    view.close()
    first.unlink()
    with pytest.raises(ArchiveError) as error:
        list(repair(settings(folder)))
    said = f"1 segments that eel wrote are not in {folder / 'articles'}: bring them here first; if they are lost, "
    said += "repair it with HERALD_NODE set to that name."
    assert (error.value.reason, str(error.value)) == ("archive_incomplete", said)
    second.unlink()
    with pytest.raises(ArchiveError, match="2 segments that carp, eel wrote"):
        list(repair(settings(folder)))


def test_a_repair_of_a_missing_archive_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as error:
        list(repair(settings(tmp_path)))
    said = f"No archive in {tmp_path} (HERALD_ARCHIVE): nothing to repair."
    assert (error.value.reason, str(error.value)) == ("no_archive", said)


def revisions_of(folder: Path, article: str) -> list[tuple[int, str]]:
    view = View(folder)
    with view.snapshot() as connection:
        found = [
            (record["revision"], record["body"])
            for record in records(view, connection, revisions=True)
            if record["id"] == article
        ]
    assert verify(view).problems == {}
    view.close()
    return sorted(found)


def test_revisions_unknown_to_a_restored_ledger_are_kept(tmp_path: Path) -> None:
    """A backup of the ledger came back: what was written since, and what was written after, have the same numbers."""
    first, other = replace(ITEMS[0], aliases=[]), replace(ITEMS[1], aliases=[])
    keep(tmp_path, "1", first)
    before = (tmp_path / "ledger.sqlite").read_bytes()
    keep(tmp_path, "2", changed(first, "Told anew."), other)
    (tmp_path / "ledger.sqlite").write_bytes(before)
    keep(tmp_path, "3", changed(first, "Told in a third way."), changed(first, "And in a fourth."))
    list(repair(settings(tmp_path)))
    told = [(1, first.body), (2, "Told anew."), (3, "Told in a third way."), (4, "And in a fourth.")]
    assert revisions_of(tmp_path, first.id or "") == told
    assert revisions_of(tmp_path, other.id or "") == [(1, other.body)]
    assert list(repair(settings(tmp_path))) == []


def test_a_segment_that_comes_back_after_a_repair_is_entered(tmp_path: Path) -> None:
    """Its disk was away: the next run must not take it for what a dead one left."""
    keep(tmp_path, "1", ITEMS[0], ITEMS[1])
    keep(tmp_path, "2", ITEMS[2])
    away, _ = segments(tmp_path)
    content = away.read_bytes()
    away.unlink()
    assert any("2 articles wait" in said for said in repair(settings(tmp_path)))
    keep(tmp_path, "3", changed(ITEMS[0], "Told anew."))
    away.write_bytes(content)
    archive = Archive(str(tmp_path))
    archive.close()
    assert [problem for problem in archive.problems if away.name in problem]
    assert away.read_bytes() == content
    list(repair(settings(tmp_path)))
    assert revisions_of(tmp_path, ITEMS[0].id or "") == [(1, ITEMS[0].body), (2, "Told anew.")]
    assert revisions_of(tmp_path, ITEMS[1].id or "") == [(1, ITEMS[1].body)]


def test_an_article_under_two_ids_is_found_and_joined(folder: Path) -> None:
    view = View(folder)
    with view.ledger.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO aliases SELECT a.id, b.id FROM articles a, articles b WHERE a.rowid = 3 AND b.rowid = 4"
        )
    kind = "articles under two ids, each with lines of its own"
    assert len(problems(view)[kind]) == 1
    count = view.ledger.count_articles()
    view.close()
    list(repair(settings(folder)))
    view = View(folder)
    assert problems(view) == {}
    assert view.ledger.count_articles() == count - 1
    view.close()


@pytest.mark.parametrize("pairs", [["21", "12"], ["21", "32"], ["32", "21"], ["11", "21"]])
def test_one_repair_merges_chains_and_rings_of_aliases(tmp_path: Path, pairs: list[str]) -> None:
    """Other ids that form a chain, or a circle: an older version left such."""
    items = [replace(ITEMS[each], id=str(each), url=article_url(str(each)), aliases=[]) for each in (1, 2, 3)]
    keep(tmp_path, "a", *items)
    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger:
        ledger.executemany("INSERT INTO aliases VALUES (?, ?)", pairs)
    ledger.close()
    list(repair(settings(tmp_path)))
    view = View(tmp_path)
    assert problems(view) == {}
    assert view.ledger.count_articles() == (1 if pairs[0] in ("21", "32") and pairs[1] in ("21", "32") else 2)
    view.close()


def test_a_repair_keeps_the_order_of_runs_that_overlapped(tmp_path: Path) -> None:
    """The one that began first has written last; the ledger was lost, and a run has made another."""
    first = replace(ITEMS[0], aliases=[], fetched_at="2026-09-14T10:00:00Z")
    told = ["Second.", "Third."]
    for job, item in (
        ("b", first),
        ("a", replace(changed(first, told[0]), fetched_at="2026-09-14T11:00:00Z")),
    ):
        keep(tmp_path, job, item)
    names = sorted(tmp_path.glob("articles/*.jsonl"))
    for path, begun in zip(names, ("20260914T090000Z", "20260914T093000Z"), strict=True):
        path.rename(path.with_name(f"{begun}{path.name[16:]}"))  # the run "a" began before "b"
    for path in tmp_path.glob("ledger.sqlite*"):
        path.unlink()
    away = tmp_path / "away"
    (tmp_path / "articles").rename(away)
    keep(tmp_path, "c", replace(changed(first, told[1]), fetched_at="2026-09-15T10:00:00Z"))
    for path in away.iterdir():
        path.rename(tmp_path / "articles" / path.name)
    list(repair(settings(tmp_path)))
    assert revisions_of(tmp_path, first.id or "") == list(enumerate([first.body, *told], 1))


def test_a_segment_without_read_permission_is_no_damage(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("herald_spider.archive.lines.open_segment", refuse)
    view = View(folder)
    with pytest.raises(ArchiveError, match=r"jsonl cannot be read \(Permission denied\)"):
        verify(view)
    view.close()
    real = Path.open

    def refuse_segments(path: Path, *arguments: Any, **options: Any) -> Any:
        return refuse(path) if path.suffix == ".jsonl" else real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse_segments)
    with pytest.raises(ArchiveError, match=r"jsonl cannot be read \(Permission denied\)"):
        list(repair(settings(folder)))


# Damaged lines ---------------------------------------------------------

STORY = replace(ITEMS[0], aliases=[], summary="A ferry", fetched_at="2026-09-14T10:00:00Z")
AGAIN = "1 articles wait for the next crawl to fetch them again"
UNTOLD = "1 lines differ from the ledger"


def damage(path: Path, right: bytes, wrong: bytes) -> bytes:
    """Overwrite what stands in the first line of a file; what the file was."""
    content = path.read_bytes()
    place = content.index(right, 0, content.index(b"\n"))
    assert len(wrong) == len(right)
    overwrite(path, place, wrong)
    return content


def said_of(path: Path, *, void: int) -> str:
    return f"{path.name}: 0 lines entered, {void:,} damaged or repeated bytes noted as void"


def archived(folder: Path) -> dict[str, str]:
    """The summaries of what is archived, as an export has them."""
    view = View(folder)
    with view.snapshot() as connection:
        found = {record["id"]: record["summary"] for record in records(view, connection)}
    assert verify(view).problems == {}
    view.close()
    return found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b'"updated_at": "2026-09-14T17:56:24+09:00"', b'"updated_at": "2026-09-14T17:56:24+XXX00"'),
        (b'"updated_at": "2026-09-14T17:56:24+09:00"', b'"updated_at": "2026-09-14T17:56:25+09:00"'),
        (b'"published_at": "2026-09-14T', b'"published_at": "2026-99-14T'),
        (b'"fetched_at": "2026', b'"fetched_at": "2016'),
        (b"A ferry", b"B ferry"),
    ],
)
def test_a_line_with_a_wrong_checksum_is_void(tmp_path: Path, right: bytes, wrong: bytes) -> None:
    keep(tmp_path, "a", STORY, ITEMS[1])
    (path,) = segments(tmp_path)
    before = damage(path, right, wrong)
    length = before.index(b"\n") + 1
    assert list(repair(settings(tmp_path))) == [f"{path.name}: {UNTOLD}", said_of(path, void=length), AGAIN]
    assert archived(tmp_path).keys() == {ITEMS[1].id}
    assert list(repair(settings(tmp_path))) == []
    assert archived(tmp_path).keys() == {ITEMS[1].id}
    path.write_bytes(before)  # a copy of it has been found
    assert list(repair(settings(tmp_path))) == [
        f"{path.name}: 1 lines entered, 0 damaged or repeated bytes noted as void"
    ]
    assert archived(tmp_path) == {STORY.id: "A ferry", ITEMS[1].id: ITEMS[1].summary}


def test_the_next_crawl_fetches_damaged_articles_again(tmp_path: Path) -> None:
    keep(tmp_path, "a", STORY, ITEMS[1])
    damage(segments(tmp_path)[0], b"A ferry", b"B ferry")
    list(repair(settings(tmp_path)))
    keep(tmp_path, "b", STORY)
    assert list(repair(settings(tmp_path))) == []
    assert archived(tmp_path)[STORY.id or ""] == "A ferry"


def test_after_a_damaged_revision_the_former_is_the_newest(tmp_path: Path) -> None:
    keep(tmp_path, "a", STORY)
    keep(tmp_path, "b", changed(STORY, "Told anew."), ITEMS[1])
    path = next(path for path in segments(tmp_path) if path.stem.endswith("-b"))
    damage(path, b"A ferry", b"B ferry")
    assert AGAIN not in list(repair(settings(tmp_path)))
    assert revisions_of(tmp_path, STORY.id or "") == [(1, STORY.body)]
    assert archived(tmp_path)[STORY.id or ""] == "A ferry"


def test_a_killed_repair_is_completed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, "a", STORY, ITEMS[1])
    (path,) = segments(tmp_path)
    damage(path, b"A ferry", b"B ferry")
    with monkeypatch.context() as killed:
        killed.setattr("herald_spider.archive.repair.fill_gaps", None)
        with pytest.raises(TypeError):
            list(repair(settings(tmp_path)))
    said = list(repair(settings(tmp_path)))
    assert [each.split(": ")[-1] for each in said][-1] == AGAIN
    assert archived(tmp_path).keys() == {ITEMS[1].id}


@pytest.mark.parametrize(
    "statement",
    [
        "length = length - 1",
        "length = length + 5",
        "offset = offset + 7",
        "revision = 5, article = '99'",
        "content_hash = 'x'",
        "content_hash = 'x', checksum = NULL",  # as an earlier version wrote it
        "length = length - 1, checksum = NULL",
    ],
)
def test_a_line_is_entered_again_where_the_ledger_is_wrong(tmp_path: Path, statement: str) -> None:
    keep(tmp_path, "a", STORY, ITEMS[1])
    (path,) = segments(tmp_path)
    view = View(tmp_path)
    with view.ledger.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE lines SET {statement} WHERE article = '{STORY.id}'")
    view.close()
    done = f"{path.name}: 1 lines entered, 0 damaged or repeated bytes noted as void"
    assert list(repair(settings(tmp_path))) == [f"{path.name}: {UNTOLD}", done]
    assert archived(tmp_path).keys() == {STORY.id, ITEMS[1].id}


INVALID = [
    (b"2026-09-14T17:56:24+09:00", b"2026-09-14T17:56:24+XXX00"),
    (b"2026-09-14T17:56:24+09:00", b"2026-09-31T17:56:24+09:00"),
    (b'"published_at": "2026-09-14T', b'"published_at": "2026-99-14T'),
    (b'"fetched_at": "2026-09-14T10', b'"fetched_at": "2026-09-14T30'),
    (b'"url": "https://www.k', b'"url": "httqs://www.k'),
    (b'"language": "en"', b'"language": "eo"'),
    (b'"word_count": ', b'"word_count":-'),
]


@pytest.mark.parametrize(("right", "wrong"), INVALID)
def test_a_line_unknown_to_the_ledger_must_be_a_valid_article(
    tmp_path: Path, right: bytes, wrong: bytes
) -> None:
    keep(tmp_path, "a", STORY, ITEMS[1])
    (path,) = segments(tmp_path)
    length = damage(path, right, wrong).index(b"\n") + 1
    (tmp_path / "ledger.sqlite").unlink()
    said = f"{path.name}: 1 lines entered, {length:,} damaged or repeated bytes noted as void"
    assert list(repair(settings(tmp_path)))[1:] == [said]
    assert archived(tmp_path).keys() == {ITEMS[1].id}
    assert list(repair(settings(tmp_path))) == []


@pytest.mark.parametrize(
    "right", [b"2026-09-14T17:56:24+09:00", b"2026-09-14T17:52:24+09:00", b"2026-09-14T10:00:00Z"]
)
def test_an_invalid_time_entered_by_an_earlier_version_is_found(tmp_path: Path, right: bytes) -> None:
    """Repairs of earlier versions made the ledger agree with such a line."""
    keep(tmp_path, "a", STORY, ITEMS[1])
    (path,) = segments(tmp_path)
    damage(path, right, right[:-3] + b"x" + right[-2:])
    line = path.read_bytes().splitlines(keepends=True)[0]
    digest = revision_hash(to_article(decode(line)))
    view = View(tmp_path)
    with view.ledger.transaction() as connection:
        values = {"checksum": zlib.crc32(line), "content_hash": digest}
        connection.execute(lines.update().where(lines.c.article == STORY.id).values(values))
        connection.execute(articles.update().where(articles.c.id == STORY.id).values(content_hash=digest))
    where = f"article {STORY.id} revision 1: {path.name} at byte 0"
    assert problems(view) == {"lines that cannot be read": [where]}
    view.close()
    assert list(repair(settings(tmp_path)))[-1] == AGAIN
    assert archived(tmp_path).keys() == {ITEMS[1].id}


# How an archive is opened to be read -------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"HERALD_ARCHIVE": ""}, "HERALD_ARCHIVE='': give a folder, or none to keep nothing."),
        (
            {"HERALD_ARCHIVE": "none"},
            "HERALD_ARCHIVE is none: nothing is kept. Set it to an archive's folder.",
        ),
        (
            {"HERALD_ARCHIVE": "/nowhere"},
            "No archive in /nowhere (HERALD_ARCHIVE): a crawl makes one; or name",
        ),
        (
            {"HERALD_LEDGER_URL": "sqlite:////nowhere/x"},
            "The ledger /nowhere/x knows none of the 2 segments in",
        ),
        ({"HERALD_LEDGER_URL": "nonsense"}, "HERALD_LEDGER_URL is no address of a database."),
    ],
)
def test_an_unusable_archive_setting_is_a_clear_error(
    folder: Path, values: dict[str, str], said: str
) -> None:
    with pytest.raises(ArchiveError) as error, opened(settings(folder, **values)):
        pass
    assert said in str(error.value)
    reasons = {
        "No archive": "no_archive",
        "HERALD_ARCHIVE is none": "no_archive",
        "The ledger": "archive_damaged",
    }
    assert error.value.reason == next((reasons[each] for each in reasons if each in said), "bad_settings")


def test_a_lost_ledger_is_not_read_as_an_empty_archive(folder: Path) -> None:
    for made in (Path.unlink, Path.touch, lambda file: Ledger(f"sqlite:///{file}").close()):
        (folder / "ledger.sqlite").unlink(missing_ok=True)
        (folder / "ledger.sqlite").touch()
        made(folder / "ledger.sqlite")
        with pytest.raises(ArchiveError, match="knows none of the 2 segments"), opened(settings(folder)):
            pass


def test_an_empty_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as error, opened(settings(tmp_path)):
        pass
    assert str(error.value) == f"No archive in {tmp_path} (HERALD_ARCHIVE): no crawl has begun there yet."
    (tmp_path / "ledger.sqlite").touch()
    with opened(settings(tmp_path)) as view:
        assert (view.folder, view.segments) == (tmp_path, tmp_path / "articles")


def test_the_file_of_a_ledger_depends_on_its_address() -> None:
    assert ledger_file(Path("a"), "") == Path("a/ledger.sqlite")
    assert ledger_file(Path("a"), "sqlite:///b/c.sqlite") == Path("b/c.sqlite")
    assert ledger_file(Path("a"), "postgresql://x/y") is None


# Further repairs ---------------------------------------------------------------------------


def test_a_ledger_elsewhere_is_repaired_there(folder: Path, tmp_path: Path) -> None:
    (folder / "ledger.sqlite").unlink()
    elsewhere = tmp_path / "elsewhere.sqlite"
    values = {"HERALD_LEDGER_URL": f"sqlite:///{elsewhere}"}
    assert len(list(repair(settings(folder, **values)))) == 3
    assert not (folder / "ledger.sqlite").exists()
    elsewhere.write_bytes(b"no database at all" * 999)
    said = list(repair(settings(folder, **values)))
    assert said[0].startswith("The ledger is damaged: it is now elsewhere.sqlite.damaged-")
    assert len(said) == 3
    assert list(repair(settings(folder, **values))) == []


def test_nothing_is_repaired_while_a_run_writes(folder: Path) -> None:
    first = segments(folder)[0]
    with first.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ArchiveError) as error:
            list(repair(settings(folder)))
    said = f"A crawl is writing {first.name}: repair the archive once it has ended."
    assert (error.value.reason, str(error.value)) == ("archive_locked", said)


@pytest.mark.parametrize(("near", "some"), [("off", False), ("mark", True)])
def test_a_rebuilt_ledger_has_signatures_if_near_duplicates_are_searched(
    folder: Path, near: str, some: bool
) -> None:
    (folder / "ledger.sqlite").unlink()
    list(repair(settings(folder, HERALD_NEAR_DUPLICATES=near)))
    view = View(folder)
    with view.snapshot() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(signatures))
    view.close()
    assert bool(count) is some


def test_the_site_of_a_new_ledger_may_come_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "ledger.sqlite").unlink()
    monkeypatch.setenv("HERALD_BASE_URL", "http://example.com/")
    list(repair(settings(folder)))
    assert facts_of(folder)["site"] == "http://example.com"


def test_a_job_may_have_any_name(tmp_path: Path) -> None:
    keep(tmp_path, "job-1-2", ITEMS[0])
    (tmp_path / "ledger.sqlite").unlink()
    list(repair(settings(tmp_path)))
    view = View(tmp_path)
    assert [each.run for each in view.ledger.all_segments()] == ["job-1-2"]
    view.close()


def test_a_compressed_segment_with_a_bad_end_is_written_plain(folder: Path) -> None:
    first = segments(folder)[0]
    content = first.read_bytes()
    first.write_bytes(content + b"no line\n")
    packed = pack(first, "gz", len(content) + 8)
    assert packed
    assert list(repair(settings(folder))) == [
        f"{first.name}: 0 lines entered, 0 damaged or repeated bytes noted as void, 8 bytes cut off and kept in {first.name}.cut"
    ]
    assert first.read_bytes() == content
    assert first.with_name(f"{first.name}.cut").read_bytes() == b"no line\n"
    assert packed.with_name(f"{packed.name}.damaged").is_file()


def test_lines_are_read_in_the_order_of_their_segment(folder: Path) -> None:
    view = View(folder)
    with view.ledger.transaction() as connection:
        found = list(connection.execute(sa.select(lines)))
        connection.execute(lines.delete())
        connection.execute(lines.insert(), [dict(row._mapping) for row in reversed(found)])
    with view.snapshot() as connection:
        ids = [(each["job"], each["id"]) for each in records(view, connection, revisions=True)]
    view.close()
    assert ids[: len(ITEMS)] == [(ITEMS[0].job, each.id) for each in ITEMS]


@pytest.mark.parametrize(
    ("statement", "kind", "example"),
    [
        (
            "UPDATE lines SET content_hash = 'x' WHERE rowid = 3",
            "lines of other content than the ledger says",
            "article",
        ),
        (
            "UPDATE lines SET revision = 0 WHERE rowid = 3",
            "lines of another revision than the ledger says",
            "article",
        ),
        ("UPDATE lines SET length = 5 WHERE rowid = 3", "lines that cannot be read", "article"),
        (
            "UPDATE lines SET length = 99999999 WHERE rowid = 3",
            "lines that their segment is too short for",
            "article",
        ),
        (
            "UPDATE lines SET article = '99' WHERE rowid = 3",
            "lines of articles that the ledger does not know",
            "article",
        ),
        (
            "UPDATE lines SET article = '99' WHERE rowid = 3; UPDATE articles SET id = '99' WHERE rowid = 3",
            "lines of another article than the ledger says",
            "article 99",
        ),
        ("DELETE FROM lines WHERE rowid = 3", "archived articles without a line", "article"),
        (
            "UPDATE articles SET state = 'gone' WHERE rowid = 3",
            "articles with a line that are not archived",
            "article",
        ),
        ("UPDATE articles SET state = 'odd' WHERE rowid = 3", "articles in no known state", "article"),
        (
            "INSERT INTO sightings VALUES ('98', 'x')",
            "sightings of an article that the ledger does not know",
            "article 98",
        ),
        (
            "INSERT INTO aliases VALUES ('97', '98')",
            "other ids of an article that the ledger does not know",
            "article 97",
        ),
        (
            "DELETE FROM segments WHERE number = 1",
            "lines in a segment that the ledger does not know",
            "article",
        ),
    ],
)
def test_each_broken_invariant_is_reported(view: View, statement: str, kind: str, example: str) -> None:
    with view.ledger.transaction() as connection:
        for each in statement.split("; "):
            connection.exec_driver_sql(each)
    found = problems(view)
    assert kind in found
    assert all(each.startswith(example) for each in found[kind])
    assert 1 <= len(found[kind]) <= 5


def test_a_read_only_archive_can_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another user, or on a disk that is mounted so; nothing is written, beside it neither."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    monkeypatch.setattr("os.access", lambda *_: False)
    view = View(folder)
    assert problems(view) == {}
    assert view.ledger.known([ITEMS[0].id or ""])
    with view.snapshot() as connection:
        assert len(list(records(view, connection))) == len(ITEMS)
    view.close()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    with pytest.raises(ArchiveError, match="Is HERALD_ARCHIVE writable"):
        list(repair(settings(folder)))


def test_a_ledger_with_a_wal_file_is_not_opened_immutable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run has committed may stand in it alone."""
    view = View(folder)
    with view.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE articles SET section = 'new'")
    log = (folder / "ledger.sqlite-wal").read_bytes()
    view.close()
    (folder / "ledger.sqlite-wal").write_bytes(log)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "immutable" not in reading_url(folder / "ledger.sqlite")
    (folder / "ledger.sqlite-wal").write_bytes(b"")
    assert "immutable" in reading_url(folder / "ledger.sqlite")


def test_a_read_only_archive_of_an_earlier_schema_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(folder / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE facts SET value = '5' WHERE name = 'schema_version'")
    ledger.close()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ArchiveError, match="run scrapy status as a user who may write it"):
        View(folder)


def test_damage_of_the_ledgers_file_is_found(folder: Path) -> None:
    with sqlite3.connect(folder / "ledger.sqlite") as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'articles_by_state'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    overwrite(folder / "ledger.sqlite", root * size - 200, b"\xff" * 200)
    view = View(folder)
    found = verify(view)
    view.close()
    assert list(found.problems) == ["faults in the ledger's file"]
    assert found.articles == 0  # what a damaged ledger says is no measure


def test_an_unreadable_line_is_a_clear_error(folder: Path) -> None:
    first = segments(folder)[0]
    overwrite(first, 0, b"\xff")
    view = View(folder)
    with pytest.raises(ArchiveError) as error, view.snapshot() as connection:
        list(records(view, connection, revisions=True))
    view.close()
    assert error.value.reason == "archive_damaged"
    place = f"{first} at byte 0: article {ITEMS[0].id} cannot be read (not JSON). Run scrapy verify --repair."
    assert str(error.value) == place


def test_a_repair_makes_an_article_in_no_known_state_pending(view: View) -> None:
    view.ledger.discover([("5", article_url("5"), "herald:x", None)])
    with view.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE articles SET state = 'odd' WHERE id = '5'")
    assert list(repair(settings(view.folder))) == []
    assert view.ledger.known(["5"])["5"].state == "discovered"
