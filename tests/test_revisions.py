"""Two articles of a ledger that turn out to be one: their lines, rows, signatures and near-duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from herald_spider.archive.ledger import Ledger
from herald_spider.archive.schema import articles, bands, lines, signatures
from herald_spider.items import Article
from herald_spider.urls import article_url
from tests.archives import ITEMS, adopted

ITEM = replace(ITEMS[0], aliases=[], revision=1, captured_at=None, duplicate_of=None, listed_in=[])


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger("sqlite://")
    yield ledger
    ledger.close()


def words(start: int) -> str:
    return " ".join(f"word{number}" for number in range(start, start + 60))


def story(article: int, hour: int, revision: int = 1, copy_of: str | None = None) -> Article:
    """An article that nothing repeats, fetched at an hour of one day."""
    return replace(
        ITEM, id=str(article), url=article_url(str(article)), revision=revision, duplicate_of=copy_of,
        body=words(article * 1000 + revision * 100), fetched_at=f"2026-09-14T{hour:02}:00:00Z",
    )  # fmt: skip


def enter(ledger: Ledger, folder: Path, *items: Article) -> None:
    """Enter each article from a segment of its own."""
    for item in items:
        adopted(ledger, folder, item)


def column(ledger: Ledger, *columns: sa.Column[Any]) -> list[Any]:
    """Rows of one table, in order."""
    with ledger.transaction() as connection:
        return sorted(tuple(row) for row in connection.execute(sa.select(*columns)))


@pytest.mark.parametrize(
    ("hours", "order"),
    [((1, 2, 3), [1, 2, 3]), ((2, 3, 1), [3, 1, 2])],  # 1, its second revision, and 2
)
def test_revisions_are_numbered_as_they_were_served(
    ledger: Ledger, tmp_path: Path, hours: tuple[int, int, int], order: list[int]
) -> None:
    one, again, two = hours
    enter(ledger, tmp_path, story(1, one), story(1, again, revision=2), story(2, two))
    ledger.add_aliases("1", ["2"])
    assert column(ledger, lines.c.article, lines.c.revision, lines.c.segment) == [
        ("1", number, segment) for number, segment in enumerate(order, 1)
    ]
    assert column(ledger, articles.c.id, articles.c.revision, articles.c.segment) == [("1", 3, order[-1])]


def test_the_article_fetched_last_is_the_newest_without_times_of_capture(
    ledger: Ledger, tmp_path: Path
) -> None:
    enter(ledger, tmp_path, story(1, hour=5), story(2, hour=4))
    with ledger.transaction() as connection:
        connection.execute(articles.update().values(captured=None))
    ledger.add_aliases("1", ["2"])
    assert column(ledger, lines.c.revision, lines.c.segment) == [(1, 2), (2, 1)]


def test_near_duplicates_of_both_are_those_of_the_merged_article(ledger: Ledger, tmp_path: Path) -> None:
    enter(
        ledger, tmp_path, story(1, 1), story(2, 2, copy_of="1"), story(3, 3, copy_of="2"), story(4, 3, copy_of="3"),
        story(5, 3, copy_of="1"), story(6, 3),
    )  # fmt: skip
    ledger.add_aliases("1", ["2"])
    assert column(ledger, articles.c.id, sa.func.coalesce(articles.c.duplicate_of, "")) == [
        ("1", ""), ("3", "1"), ("4", "3"), ("5", "1"), ("6", ""),
    ]  # fmt: skip


def test_a_near_duplicate_of_a_third_article_stays_one(ledger: Ledger, tmp_path: Path) -> None:
    enter(ledger, tmp_path, story(1, 1), story(2, 2, copy_of="3"), story(3, 3))
    ledger.add_aliases("1", ["2"])
    assert column(ledger, articles.c.id, sa.func.coalesce(articles.c.duplicate_of, "")) == [
        ("1", "3"), ("3", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("newest", ["1", "2"])
def test_the_signature_is_that_of_the_newest_line(ledger: Ledger, tmp_path: Path, newest: str) -> None:
    enter(ledger, tmp_path, story(1, 1 if newest == "2" else 3), story(2, 2), story(3, 4))
    before = dict(column(ledger, signatures.c.article, signatures.c.signature))
    keys = {each: [key for key, article in column(ledger, bands.c.key, bands.c.article) if article == each]
            for each in ("1", "2", "3")}  # fmt: skip
    ledger.add_aliases("1", ["2"])
    assert dict(column(ledger, signatures.c.article, signatures.c.signature)) == {
        "1": before[newest],
        "3": before["3"],
    }
    assert column(ledger, bands.c.article, bands.c.key) == sorted(
        [("1", key) for key in keys[newest]] + [("3", key) for key in keys["3"]]
    )
