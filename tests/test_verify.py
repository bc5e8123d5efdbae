"""``scrapy verify`` finds each kind of damage, and none in a sound archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from herald_spider.archive import Archive
from herald_spider.archive.ledger import Ledger, sqlite_url
from herald_spider.archive.verify import Report, verify
from herald_spider.items import Article, Author, Image
from herald_spider.processors import content_hash
from tests.demo import scrapy

SITE = "https://www.koreaherald.com"


def article(number: int) -> Article:
    body = f"The ferry number {number} stopped."
    return Article(
        id=str(number),
        url=f"{SITE}/article/{number}",
        aliases=[f"{SITE}/view.php?ud=2021040800000{number}"],
        headline="H",
        body=body,
        authors=[Author("Kim Da-sol")],
        images=[Image("https://a.example/1.jpg", "A ship.", "AP")],
        content_hash=content_hash("H", body),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive of five articles, one of them with two revisions."""
    archive = Archive(str(tmp_path), SITE)
    archive.begin_run("herald", "a", {})
    archive.ledger.discover([("9", f"{SITE}/article/9", "herald:world", "world")])
    for item in [*map(article, range(1, 6)), article(3)]:
        item.byline = "By Kim Da-sol" if item.id in archive.pending else None
        archive.compare(item)
        archive.add(item)
    archive.end_run("finished", {})
    archive.close()
    return tmp_path


def check(folder: Path) -> Report:
    ledger = Ledger(sqlite_url(folder / "ledger.sqlite"))
    report = verify(folder, ledger)
    ledger.close()
    return report


def segment(folder: Path) -> Path:
    (path,) = folder.glob("articles/*.jsonl")
    return path


def change(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "ledger.sqlite") as connection:
        connection.execute(statement)
    connection.close()


def test_sound(folder: Path) -> None:
    report = check(folder)
    assert report.sound, report.counts
    assert (report.articles, report.lines, report.segments) == (6, 6, 1)


def flip(folder: Path) -> None:
    path = segment(folder)
    path.write_bytes(path.read_bytes().replace(b"number 2 stopped", b"number 7 stopped"))


def garble(folder: Path) -> None:
    path = segment(folder)
    path.write_bytes(path.read_bytes().replace(b'"id": "2"', b'"id": !2!'))


def cut(folder: Path) -> None:
    path = segment(folder)
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (garble, "unreadable line"),
        (cut, "segment shorter than the ledger says"),
        (cut, "broken line"),
        (lambda folder: segment(folder).unlink(), "segment missing"),
        (lambda folder: (folder / "articles" / "x.jsonl").write_text("{}"), "segment that the ledger does not know"),
        (lambda folder: change(folder, "DELETE FROM lines WHERE article = '2'"), "archived article without its line"),
        (lambda folder: change(folder, "DELETE FROM lines WHERE article = '2'"), "bytes that belong to no line, or to two"),
        (lambda folder: change(folder, "DELETE FROM articles WHERE id = '2'"), "line of an article that is not archived"),
        (lambda folder: change(folder, "UPDATE articles SET state = 'failed' WHERE id = '2'"),
         "line of an article that is not archived"),
        (lambda folder: change(folder, "UPDATE articles SET state = 'lost' WHERE id = '9'"), "article in no known state"),
        (lambda folder: change(folder, "UPDATE articles SET offset = 7 WHERE id = '2'"), "article that points to another line"),
        (lambda folder: change(folder, "UPDATE lines SET content_hash = 'x' WHERE article = '2'"), "content differs from its hash"),
        (lambda folder: change(folder, "UPDATE lines SET revision = 5 WHERE article = '2'"), "line of another revision"),
        (lambda folder: change(folder, "UPDATE segments SET length = length + 3"), "committed bytes that belong to no line"),
        (lambda folder: change(folder, "UPDATE sightings SET article = '77'"), "sighting of no article"),
        (lambda folder: change(folder, "UPDATE aliases SET article = '77' WHERE article = '2'"), "alias of no article"),
    ],
)  # fmt: skip
def test_damage_is_found(folder: Path, damage: Callable[[Path], object], kind: str) -> None:
    damage(folder)
    report = check(folder)
    assert kind in report.counts
    assert report.examples[kind]


def test_changed_words_are_found(folder: Path) -> None:
    """The hash of what is exported is over the item's own content hash: that must hold too."""
    flip(folder)
    assert "content differs from its hash" in check(folder).counts


def test_the_command(folder: Path) -> None:
    done = scrapy("verify", base=SITE, HERALD_ARCHIVE=str(folder))
    assert (done.returncode, done.stdout) == (0, "sound: 6 articles, 6 lines, 1 segments\n")
    cut(folder)
    done = scrapy("verify", base=SITE, HERALD_ARCHIVE=str(folder))
    assert done.returncode == 1
    assert "NOT SOUND" in done.stdout
    assert "broken line" in done.stdout


def test_no_archive(tmp_path: Path) -> None:
    done = scrapy("verify", base=SITE, HERALD_ARCHIVE=str(tmp_path / "none here"))
    assert done.returncode == 2
    assert "no archive in HERALD_ARCHIVE" in done.stderr
    assert not (tmp_path / "none here").exists()
