"""What an archive tells of itself, and what becomes of it when it is damaged."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError

from herald_spider.archive import Archive
from herald_spider.archive.formats import COLUMNS
from herald_spider.archive.ledger import FAILED, GONE, REJECTED
from herald_spider.archive.schema import articles
from herald_spider.items import Article, Author, Image
from herald_spider.urls import article_url
from tests.archives import COMMANDS, ITEMS, SITE, changed, exported, keep, overwrite, refused, run, segments
from tests.demo import ROOT

ESCAPE = "\x1b[2J\x9b31m\u202e"


# Errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_archive_is_an_error_and_is_not_made(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["1"] if name == "history" else []
    for folder in ("none", tmp_path, tmp_path / "absent"):
        assert "HERALD_ARCHIVE" in refused(folder, capsys, name, *arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["status", "--jsno"], "no option --jsno; did you mean --json?"),
        (["status", "extra"], "unexpected argument extra"),
        (["verify", "--repiar"], "did you mean --repair?"),
        (["export", "--sektions=national"], "did you mean --sections?"),
        (["export", "--sections", "natoinal"], "did you mean national?"),
        (["export", "--format", "paquet"], "did you mean parquet?"),
        (["export", "--language", "eng"], "did you mean en?"),
        (["export", "--since", "soon"], "'soon' is no day"),
        (["export", "--since", "2024-02-02", "--until", "2024-02-01"], "is after until"),
        (["export", "--format", "parquet"], "give a file"),
        (["export", "-o", "/nowhere/x.csv"], "cannot be used: No such file"),
        (["export", "-o", "/no/dir/x.csv"], "/no/dir/x.csv cannot be used: No such file"),
        (["export", "-o", "README.md/x.csv"], "README.md/x.csv cannot be used: Not a directory"),
        (["export", "-o", "/"], "give a file"),
        (["export", "-o", ""], "give a file"),
        (["export", "-o", "/nowhere/sub/"], "give a file"),
        (["export", "-o", "/nowhere/x.csv.gz"], "no format ends in .gz; give .jsonl, .csv, .parquet"),
        (["export", "-o", "/nowhere/x.xlsx"], "no format ends in .xlsx"),
        (["export", "-o", "/nowhere/x.jsonl.zst"], "no format ends in .zst"),
        (["browse", "-o", "-"], "give a file"),
        (["history"], "which article?"),
        (["history", "https://example.com/1"], "is not an article"),
        (["history", "7"], "unknown article 7"),
        (["history", "\x1b[2J"], "x1b"),
    ],
)
def test_a_wrong_option_is_a_one_line_error(folder: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        run(folder, *arguments)
    assert said in str(error.value)
    assert str(error.value).isprintable()


def test_an_unreachable_ledger_is_a_clear_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("nonsense", "nosuch://x/y"):
        with pytest.raises(UsageError, match="HERALD_LEDGER_URL"):
            run(folder, "status", HERALD_LEDGER_URL=url)
    refused(folder, capsys, "status", HERALD_LEDGER_URL=f"sqlite:///{folder}/other.sqlite")
    assert run(folder, "status", HERALD_LEDGER_URL=f"sqlite:///{folder}/ledger.sqlite") == 0


def test_scrapy_knows_the_commands(folder: Path) -> None:
    environment = {**os.environ, "HERALD_ARCHIVE": str(folder)}

    def scrapy(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scrapy", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    sound = scrapy("verify")
    assert sound.returncode == 0
    assert sound.stdout.startswith("sound: ")
    segments(folder)[0].unlink()
    assert scrapy("verify").returncode == 1
    wrong = scrapy("export", "--sections", "natoinal")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
    overwrite_the_header(folder)
    unusable = scrapy("status")
    assert (unusable.returncode, unusable.stderr.count("\n")) == (1, 1)
    assert unusable.stderr.startswith("scrapy status: error: The ledger ")


def test_an_export_ends_without_an_error_when_the_pipe_is_closed(folder: Path) -> None:
    body = "Word after word. " * 20_000
    item = replace(ITEMS[0], id="77", url=article_url("77"), aliases=[])
    keep(folder, "c", changed(item, body))  # more than a pipe holds
    for form in ("jsonl", "csv"):
        command = f"{sys.executable} -m scrapy export --format {form} | head -c 1"
        environment = {**os.environ, "HERALD_ARCHIVE": str(folder)}
        done = subprocess.run(
            command, shell=True, cwd=ROOT, env=environment, capture_output=True, check=False
        )
        # Seen: of 400 KB into a pipe that head closes at once, Python sometimes sees no error.
        assert done.stderr in (b"", f"{len(ITEMS) + 1} articles\n".encode())


# Status ------------------------------------------------------------------------------------


def test_the_states_of_status_add_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = Archive(str(folder), SITE)
    archive.ledger.discover([(str(n), article_url(str(n)), "herald", None) for n in range(1, 11)])
    archive.ledger.set_state("1", FAILED, "timeout")
    for number in range(2, 7):
        archive.ledger.set_state(str(number), REJECTED, f"nearly repeats 1087000{number}")
    archive.ledger.set_state("7", GONE, "HTTP 404")
    with archive.ledger.transaction() as connection:
        connection.execute(articles.update().where(articles.c.id == "8").values(state=FAILED))
    archive.begin_run("herald", "killed", {"since": "7d"})
    archive.close()
    assert run(folder, "status", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["site"] == SITE
    assert found["articles"] == len(ITEMS) + 10 == sum(found["states"].values())
    assert found["states"] == {
        "discovered": 2, "archived": len(ITEMS), "gone": 1, "rejected": 5, "failed": 2
    }  # fmt: skip
    assert found["revisions"] == 2
    assert found["near_duplicates"] == sum(
        each["duplicate_of"] is not None for each in exported(folder, capsys)
    )
    assert found["waiting"] == {"discovered": 2, "failed_due": 1, "failed_later": 1, "failed_given_up": 0}
    reasons = {each["reason"]: each for each in found["reasons"]}
    assert reasons["nearly repeats …"]["articles"] == 5
    assert len(reasons["nearly repeats …"]["examples"]) == 3
    assert [each["outcome"] for each in found["runs"]].count(None) == 1
    assert sum(found["days"].values()) <= len(ITEMS)
    assert found["disk"]["segments"] == sum(path.stat().st_size for path in segments(folder))


def test_status_prints_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = Archive(str(folder), SITE)
    archive.ledger.discover([("1", article_url("1"), "herald", None)])
    archive.ledger.set_state("1", FAILED, f"odd {ESCAPE}")
    archive.begin_run("herald", "killed", {})
    archive.close()
    assert run(folder, "status") == 0
    out = capsys.readouterr().out
    assert f"{len(ITEMS) + 1} in all: all states add up" in out
    assert "(killed): still running or killed" in out
    assert out.replace("\n", "").isprintable()


# Export ------------------------------------------------------------------------------------


def test_an_export_has_listings_and_aliases_found_later(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = Archive(str(folder), SITE)
    item = ITEMS[5]
    assert item.id
    archive.ledger.discover([(item.id, item.url or "", "herald", "weekender")])
    archive.ledger.add_aliases(item.id, ["20010101000001"])
    archive.close()
    found = {each["id"]: each for each in exported(folder, capsys)}
    assert len(found) == len(ITEMS)
    assert list(found[item.id]) == COLUMNS
    assert found[item.id]["listed_in"] == sorted({*item.listed_in, "weekender"})
    assert article_url("20010101000001") in found[item.id]["aliases"]
    assert found[ITEMS[0].id or ""]["body"] == "All is new."


def test_an_export_takes_earlier_revisions_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = exported(folder, capsys, "--revisions")
    assert len(found) == len(ITEMS) + 2
    assert [each["revision"] for each in found if each["id"] == ITEMS[0].id] == [1, 2]


def test_an_export_takes_sections_with_their_children(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for slug in ("business", "k-pop"):
        found = {each["id"] for each in exported(folder, capsys, "--sections", slug)}
        named = {i.id for i in ITEMS if slug in (i.section, i.subsection, *i.listed_in)}
        assert named
        assert named <= found < {i.id for i in ITEMS}
    found = {each["id"] for each in exported(folder, capsys, "--sections", "finance")}
    assert {i.id for i in ITEMS if i.subsection == "market"} <= found


@pytest.mark.parametrize("options", [["--since", "2024-01-01"], ["--until", "2023-12-31"]], ids=" ".join)
@pytest.mark.parametrize("revisions", [[], ["--revisions"]], ids=["newest", "all"])
def test_an_export_takes_days(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], revisions: list[str]
) -> None:
    found = {each["id"] for each in exported(folder, capsys, *options, *revisions)}
    later = options[0] == "--since"
    undated = {i.id for i in ITEMS if not i.published_at}
    wanted = {i.id for i in ITEMS if i.published_at and (i.published_at >= "2024") == later}
    assert wanted
    assert found == wanted | undated


def test_an_export_takes_a_language(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = exported(folder, capsys, "--language", "en")
    assert {each["language"] for each in found} == {"en"}


def test_csv_is_one_row_per_article(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = replace(ITEMS[0], id="77", url=article_url("77"), aliases=[], tags=["a", "b"])
    two.authors = [Author("Kim"), Author("Lee")]
    keep(folder, "c", changed(two, f'One.{ESCAPE}\n\nTwo, "three".'))
    capsys.readouterr()
    assert run(folder, "export", "--format", "csv") == 0
    out = capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert len(rows) == len(ITEMS) + 1
    assert list(rows[0]) == COLUMNS
    assert (rows[-1]["authors"], rows[-1]["tags"]) == ("Kim; Lee", "a; b")
    assert rows[-1]["body"].endswith('\n\nTwo, "three".')
    assert not {"\x1b", "\x9b"} & set(out)


def test_json_has_no_control_characters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    item = replace(ITEMS[0], id="77", url=article_url("77"), aliases=[])
    keep(folder, "c", changed(item, ESCAPE))
    capsys.readouterr()
    run(folder, "export")
    out = capsys.readouterr().out
    assert not {"\x1b", "\x9b"} & set(out)
    assert json.loads(out.splitlines()[-1])["body"] == ESCAPE


def test_parquet_has_types(folder: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    assert run(folder, "export", "-o", str(folder / "all.parquet")) == 0
    table = parquet.read_table(folder / "all.parquet")
    types = {each.name: each.type for each in table.schema}
    assert list(types) == COLUMNS
    assert (
        types["published_at"] == pa.timestamp("s", "Asia/Seoul") or types["published_at"].tz == "Asia/Seoul"
    )
    assert types["fetched_at"].tz == "UTC"
    assert [field.name for field in types["images"].value_type] == ["url", "caption", "credit"]
    assert pa.types.is_map(types["extraction"])
    rows = {row["id"]: row for row in table.to_pylist()}
    for item in ITEMS[2:]:
        row = rows[item.id]
        assert row["body"] == item.body
        assert [each["name"] for each in row["authors"]] == [each.name for each in item.authors]
        moment = row["published_at"].astimezone(timezone(timedelta(hours=9))) if item.published_at else None
        assert (moment and moment.isoformat()) == item.published_at
        assert row["fetched_at"] == datetime(2026, 9, 14, 10, tzinfo=UTC)
        assert dict(row["extraction"]) == item.extraction


def test_parquet_without_pyarrow_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[parquet\]'"):
        run(folder, "export", "-o", str(folder / "all.parquet"))
    assert not list(folder.glob("*parquet*"))


def test_an_export_that_fails_leaves_the_former_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = folder / "all.jsonl"
    assert run(folder, "export", "-o", str(target)) == 0
    before = target.read_bytes()
    overwrite(segments(folder)[0], 5000, b"\x00" * 3000)
    assert "verify --repair" in refused(folder, capsys, "export", "-o", str(target))
    assert target.read_bytes() == before
    assert sorted(path.name for path in folder.glob("*all*")) == ["all.jsonl"]


def test_the_option_goes_before_the_ending(folder: Path) -> None:
    given, unnamed = folder / "all.txt", folder / "all"
    assert run(folder, "export", "-o", str(given), "--format", "csv") == 0
    assert given.read_text("utf-8").startswith("id,url,")
    assert run(folder, "export", "-o", str(unnamed)) == 0
    assert len(unnamed.read_bytes().splitlines()) == len(ITEMS)


def test_an_article_without_a_day_is_in_every_export_by_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    undated = replace(ITEMS[0], id="7", url=article_url("7"), aliases=[], published_at=None)
    keep(tmp_path, "a", undated, ITEMS[1])
    assert [each["id"] for each in exported(tmp_path, capsys, "--since", "7d")] == ["7"]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        run(tmp_path, "export", "--help")
    told = " ".join(capsys.readouterr().out.split())
    assert "articles without a date are always written" in told


def test_an_export_does_not_replace_a_device(folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["wc", "-l", pipe], stdout=subprocess.PIPE, text=True) as reader:
        assert run(folder, "export", "-o", str(pipe)) == 0
        assert reader.stdout
        assert int(reader.stdout.read().split()[0]) == len(ITEMS)
    assert pipe.is_fifo()


def test_an_invalid_option_value_is_a_clear_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyarrow")
    path = segments(folder)[0]
    content = path.read_bytes()
    overwrite(path, content.rindex(b'"published_at": "2') + 17, b"x")
    said = refused(folder, capsys, "export", "-o", str(folder / "all.parquet"))
    assert "cannot be written" in said
    assert run(folder, "export", "--since", "7d", "-o", str(folder / "all.csv")) == 0


# History -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["id", "url", "mobile"])
def test_history_shows_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    url = f"{SITE}/article/10618541"
    first = Article(id="10618541", url=url, headline="The ferry stopped", fetched_at="2026-09-14T10:00:00Z")
    first = changed(first, "It was a calm day.\n\nThe ferry stopped at noon.\n\nNobody minded.", job="a")
    second = changed(
        first, f"It was a calm day.\n\nThe ship stopped at noon.\n\nNobody minded.\n\nMore soon.{ESCAPE}",
        headline="The ship stopped", byline="By Kim Da-sol", images=[Image("https://a.example/1.jpg", "A ship.")],
        updated_at="2026-09-14T12:00:00+09:00",
    )  # fmt: skip
    keep(tmp_path, "a", first)
    keep(tmp_path, "b", second)
    given = {"id": "10618541", "url": url, "mobile": "http://m.koreaherald.com/article/10618541?a=b"}[form]
    assert run(tmp_path, "history", given) == 0
    out = capsys.readouterr().out
    assert "2 revisions" in out
    assert "Revision 2, fetched 2026-09-15T10:00:00Z, updated 2026-09-14T12:00:00+09:00" in out
    assert "headline: The [-ferry-] {+ship+} stopped" in out
    assert "byline: none → By Kim Da-sol" in out
    assert "images: none → https://a.example/1.jpg A ship." in out
    assert "~ The [-ferry-] {+ship+} stopped at noon." in out
    assert "+ More soon." in out
    assert out.count("(1 paragraph unchanged)") == 2
    assert out.replace("\n", "").isprintable()


def test_history_of_an_article_that_is_not_archived(folder: Path) -> None:
    archive = Archive(str(folder), SITE)
    archive.ledger.discover([("7", article_url("7"), "herald", None)])
    archive.ledger.set_state("7", GONE, "HTTP 404")
    archive.close()
    with pytest.raises(UsageError, match="not archived: it is gone"):
        run(folder, "history", "7")


# Damage ------------------------------------------------------------------------------------


def cut_segment(folder: Path) -> None:
    path = segments(folder)[0]
    os.truncate(path, path.stat().st_size - 500)


def garble_tail(folder: Path) -> None:
    path = segments(folder)[0]
    overwrite(path, path.stat().st_size - 300, os.urandom(300))


def flip_a_letter(folder: Path) -> None:
    path = segments(folder)[0]
    content = path.read_bytes()
    place = content.index(b". ", len(content) // 2) - 2  # in the words of some body
    overwrite(path, place, b"q" if content[place : place + 1] != b"q" else b"p")


def change_a_date(folder: Path) -> None:
    """The year of the fetch, which no hash of a revision holds, in a line that can still be read."""
    path = segments(folder)[0]
    content = path.read_bytes()
    overwrite(path, content.index(b'"fetched_at": "20') + len(b'"fetched_at": "20'), b"1")


def break_a_line(folder: Path) -> None:
    path = segments(folder)[0]
    overwrite(path, path.stat().st_size // 2, b"\n\x00\xff")


def lose_a_segment(folder: Path) -> None:
    segments(folder)[0].unlink()


def lose_the_newest(folder: Path) -> None:
    segments(folder)[1].unlink()


def lose_the_ledger(folder: Path) -> None:
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()


def overwrite_a_page(folder: Path) -> None:
    overwrite(folder / "ledger.sqlite", 4096 * 5, os.urandom(4096 * 10))


def overwrite_the_header(folder: Path) -> None:
    overwrite(folder / "ledger.sqlite", 0, os.urandom(4096))


def halve_the_ledger(folder: Path) -> None:
    path = folder / "ledger.sqlite"
    os.truncate(path, path.stat().st_size // 8192 * 4096)


def empty_the_ledger(folder: Path) -> None:
    lose_the_ledger(folder)
    (folder / "ledger.sqlite").touch()


def sql(*statements: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        connection = sqlite3.connect(folder / "ledger.sqlite")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return damage


FIRST = f"'{ITEMS[0].id}'"
LEDGER_ROWS = {
    "a line with another length": "UPDATE lines SET length = length - 1 WHERE rowid = 3",
    "a line at another place": "UPDATE lines SET offset = offset + 7 WHERE rowid = 3",
    "a line that is gone": "DELETE FROM lines WHERE rowid = 3",
    "another revision": f"UPDATE lines SET revision = 5 WHERE article = {FIRST} AND revision = 2",
    "another checksum": "UPDATE lines SET checksum = 1 WHERE rowid = 3",
    "another hash": "UPDATE lines SET content_hash = 'x' WHERE rowid = 3",
    "another article": "UPDATE lines SET article = '99' WHERE rowid = 3",
    "an older line": f"UPDATE articles SET revision = 1 WHERE id = {FIRST}",
    "another state": f"UPDATE articles SET state = 'gone' WHERE id = {FIRST}",
    "no state": f"UPDATE articles SET state = 'odd' WHERE id = {FIRST}",
    "a lost article": f"DELETE FROM articles WHERE id = {FIRST}",
    "a stray article": "INSERT INTO articles SELECT '5', url, state, reason, 0, 0, found_by, 1, 1, fetched,"
    " captured, etag, last_modified, published, section, content_hash, headline, revision, duplicate_of, segment, offset, length,"
    f" sequence FROM articles WHERE id = {FIRST}",
    "a stray sighting": "INSERT INTO sightings VALUES ('98', 'national')",
    "a stray alias": "INSERT INTO aliases VALUES ('97', '98')",
    "a lost segment row": "DELETE FROM segments WHERE number = 1",
    "a stray line": "INSERT INTO lines SELECT article, 9, segment, offset, length, content_hash, checksum FROM lines"
    " WHERE rowid = 3",
}
FILES = [
    cut_segment, garble_tail, flip_a_letter, change_a_date, break_a_line, lose_a_segment, lose_the_newest, lose_the_ledger,
    overwrite_a_page, overwrite_the_header, halve_the_ledger, empty_the_ledger,
]  # fmt: skip
DAMAGES = {each.__name__: each for each in FILES} | {name: sql(each) for name, each in LEDGER_ROWS.items()}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_found_and_repaired(
    folder: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    damage(folder)
    assert run(folder, "verify") == 1
    assert "scrapy verify --repair" in "".join(capsys.readouterr())
    assert run(folder, "verify", "--repair") == 0, capsys.readouterr().out
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    keep(folder, "c", *ITEMS)  # the next crawl brings what was lost
    assert run(folder, "verify") == 0
    capsys.readouterr()
    assert {each["id"] for each in exported(folder, capsys)} >= {each.id for each in ITEMS}


def states(folder: Path) -> dict[str, int]:
    archive = Archive(str(folder))
    found = archive.ledger.states()
    archive.close()
    return {state: number for state, number in found.items() if number}


def test_a_rebuilt_ledger_is_what_it_was(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {table: dump(folder, table) for table in REBUILT}
    facts = {name for name, _ in dump(folder, "facts")}
    assert all(before[table] for table in REBUILT if table != "aliases")
    lose_the_ledger(folder)
    assert run(folder, "verify", "--repair", HERALD_BASE_URL=f"{SITE}/") == 0
    assert {table: dump(folder, table) for table in REBUILT} == before
    assert {name for name, _ in dump(folder, "facts")} == facts
    assert ("site", SITE) in dump(folder, "facts")


def test_a_rebuilt_ledger_takes_no_default_for_its_site(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HERALD_BASE_URL", raising=False)
    lose_the_ledger(folder)
    assert run(folder, "verify", "--repair") == 0
    assert {name for name, _ in dump(folder, "facts")} == {"schema_version", "identity"}


REBUILT = {
    "articles": "id, url, state, published, section, content_hash, revision, duplicate_of, offset, length",
    "lines": "article, revision, offset, length, content_hash",
    "aliases": "*",
    "sightings": "*",
    "signatures": "*",
    "bands": "*",
    "segments": "name, length, run",
}


def dump(folder: Path, table: str) -> set[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "ledger.sqlite")
    rows = set(connection.execute(f"SELECT {REBUILT.get(table, '*')} FROM {table}"))
    connection.close()
    return rows


def test_a_damaged_ledger_is_kept_beside_the_new_one(folder: Path) -> None:
    overwrite_the_header(folder)
    bytes_before = (folder / "ledger.sqlite").read_bytes()
    assert run(folder, "verify", "--repair") == 0
    (aside,) = folder.glob("ledger.sqlite.damaged-*Z")
    assert aside.read_bytes() == bytes_before


def test_a_damaged_tail_is_cut_and_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = segments(folder)[0]
    before = path.read_bytes()
    last = before.splitlines(keepends=True)[-1]
    garble_tail(folder)
    damaged = path.read_bytes()
    assert run(folder, "verify", "--repair") == 0
    assert path.read_bytes() == before[: -len(last)]
    assert path.with_name(path.name + ".cut").read_bytes() == damaged[-len(last) :]
    assert states(folder) == {"archived": len(ITEMS) - 1, "discovered": 1}


def test_damage_in_the_middle_leaves_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip_a_letter(folder)
    before = segments(folder)[0].read_bytes()
    assert run(folder, "verify", "--repair") == 0
    assert segments(folder)[0].read_bytes() == before
    assert states(folder) == {"archived": len(ITEMS) - 1, "discovered": 1}
    lose_the_ledger(folder)  # what is void is void without the ledger, too
    assert run(folder, "verify", "--repair") == 0
    assert states(folder) == {"archived": len(ITEMS) - 1}


def test_a_ud_article_that_got_a_number_is_one_article(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ud, number = "20230813000001", "10618541"
    first = replace(ITEMS[0], id=ud, url=article_url(ud), aliases=[])
    keep(tmp_path, "a", first)
    second = changed(first, "All is new.", id=number, url=article_url(number), aliases=[article_url(ud)])
    keep(tmp_path, "b", second)
    assert run(tmp_path, "verify") == 0
    before = {table: dump(tmp_path, table) for table in REBUILT if table != "facts"}
    assert before["aliases"] == {(number, ud)}
    lose_the_ledger(tmp_path)
    assert run(tmp_path, "verify", "--repair") == 0
    assert {table: dump(tmp_path, table) for table in before} == before
    (found,) = exported(tmp_path, capsys)
    assert (found["id"], found["aliases"]) == (number, [article_url(ud)])
    for each in (ud, number):
        assert run(tmp_path, "history", each) == 0
        assert "2 revisions" in capsys.readouterr().out


def test_a_second_repair_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip_a_letter(folder)
    assert run(folder, "verify", "--repair") == 0
    before = {table: dump(folder, table) for table in REBUILT}
    facts = {name for name, _ in dump(folder, "facts")}
    capsys.readouterr()
    assert run(folder, "verify", "--repair") == 0
    assert capsys.readouterr().out.startswith("sound: ")
    assert {table: dump(folder, table) for table in REBUILT} == before
    assert {name for name, _ in dump(folder, "facts")} == facts
    assert ("site", SITE) in dump(folder, "facts")


def test_after_a_lost_revision_the_former_is_the_newest(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lose_the_newest(folder)
    assert run(folder, "verify", "--repair") == 0
    assert states(folder) == {"archived": len(ITEMS)}
    found = {each["id"]: each for each in exported(folder, capsys)}
    assert found[ITEMS[0].id or ""]["body"] == ITEMS[0].body


def test_bytes_left_by_a_killed_run_are_no_damage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = segments(folder)[0]
    with path.open("ab") as file:
        file.write(b'{"id": "half a li')
    assert run(folder, "verify") == 0
    assert "left by a run that died" in capsys.readouterr().out
    assert run(folder, "verify", "--repair") == 0
    assert "left by a run" not in capsys.readouterr().out


def test_nothing_is_repaired_during_a_crawl(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lose_the_ledger(folder)
    with segments(folder)[0].open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "once it has ended" in refused(folder, capsys, "verify", "--repair")
    assert not (folder / "ledger.sqlite").exists()
    assert run(folder, "verify", "--repair") == 0


def test_uncommitted_lines_of_a_running_crawl_are_no_damage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = Archive(str(folder), SITE)
    archive.begin_run("herald", "living", {})
    assert archive.writer
    archive.writer.append([b"{}\n"])  # written, not yet committed
    capsys.readouterr()
    assert run(folder, "verify") == 0
    assert capsys.readouterr().out.startswith("sound: ")
    archive.close()
