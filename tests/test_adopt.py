"""Lines of segments entered into a ledger by a repair, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from herald_spider.archive.adopt import describe
from herald_spider.archive.ledger import FAILED, GONE, Ledger, now
from herald_spider.archive.lines import SegmentReader
from herald_spider.archive.schema import articles, lines, sightings, signatures
from herald_spider.items import Article
from herald_spider.urls import article_url
from tests.archives import ITEMS, adopted

UD = "20230813000001"
LONG = " ".join(f"word{number}" for number in range(60))
ITEM = replace(
    ITEMS[0], id="7", url=article_url("7"), aliases=[], revision=1, body=LONG, discovered_via="herald:national",
    listed_in=["national", "world"], fetched_at="2026-09-14T10:00:00Z", published_at="2026-09-14T08:59:59+09:00",
)  # fmt: skip
FETCHED = 1_789_380_000


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger("sqlite://")
    yield ledger
    ledger.close()


def rows(ledger: Ledger, table: sa.Table) -> list[Any]:
    with ledger.transaction() as connection:
        return list(connection.execute(sa.select(table)))


def revision(number: int, item: Article = ITEM, **values: Any) -> Article:
    """A revision with a body of its own."""
    return replace(item, revision=number, **{"body": f"{LONG} {number}", **values})


def test_a_line_becomes_an_article(ledger: Ledger, tmp_path: Path) -> None:
    [place] = adopted(ledger, tmp_path, ITEM)
    [row] = rows(ledger, articles)
    found = row.id, row.url, row.state, row.found_by
    assert found == ("7", article_url("7"), "archived", "herald:national")
    assert (row.first_seen, row.fetched, row.captured) == (FETCHED, FETCHED, FETCHED)
    assert (row.segment, row.offset, row.length, row.revision) == (1, 0, place.length, 1)
    assert [line.checksum for line in rows(ledger, lines)] == [place.checksum]
    assert {row.section for row in rows(ledger, sightings)} == {"national", "world"}


def test_a_line_is_entered_once(ledger: Ledger, tmp_path: Path) -> None:
    assert len(adopted(ledger, tmp_path, ITEM)) == 1
    assert len(adopted(ledger, tmp_path, ITEM, replace(ITEM, id="8", url=article_url("8")))) == 1
    assert [(row.article, row.segment) for row in rows(ledger, lines)] == [("7", 1), ("8", 2)]


def test_an_article_points_to_its_highest_revision_in_any_order_of_lines(
    ledger: Ledger, tmp_path: Path
) -> None:
    for number in (2, 3, 1):
        adopted(ledger, tmp_path, revision(number))
    [row] = rows(ledger, articles)
    assert (row.revision, row.segment) == (3, 2)
    assert row.content_hash == next(line.content_hash for line in rows(ledger, lines) if line.revision == 3)


def test_a_known_article_keeps_its_first_sighting_and_spider(ledger: Ledger, tmp_path: Path) -> None:
    ledger.discover([("7", article_url("7"), "wayback:x", None)])
    ledger.set_state("7", FAILED, "timeout")
    with ledger.transaction() as connection:
        connection.execute(articles.update().values(first_seen=5))
    adopted(ledger, tmp_path, ITEM)
    [row] = rows(ledger, articles)
    assert (row.first_seen, row.found_by, row.reason) == (5, "wayback:x", None)


def test_the_reason_of_a_gone_article_stays(ledger: Ledger, tmp_path: Path) -> None:
    adopted(ledger, tmp_path, ITEM)
    ledger.set_state("7", GONE, "HTTP 404")
    adopted(ledger, tmp_path, revision(2))
    assert rows(ledger, articles)[0].reason == "HTTP 404"


def test_a_line_without_a_time_or_a_listing(ledger: Ledger, tmp_path: Path) -> None:
    before = now()
    adopted(ledger, tmp_path, replace(ITEM, fetched_at=None, listed_in=[], discovered_via=None))
    [row] = rows(ledger, articles)
    assert before <= row.fetched <= now()
    assert (row.found_by, rows(ledger, sightings)) == ("", [])


@pytest.mark.parametrize(
    ("values", "days"),
    [
        ({}, [20_710]),
        ({"published_at": "2026-09-14T23:59:59+09:00"}, [20_710]),
        ({"published_at": "2026-09-15T00:00:00+09:00"}, [20_711]),
        ({"published_at": None}, [20_710]),
        ({"published_at": None, "fetched_at": "2026-09-14T15:00:00Z"}, [20_711]),
        ({"body": None}, []),
        ({"body": "Short.", "headline": None}, []),
    ],
)
def test_a_signature_has_the_day_in_seoul(
    ledger: Ledger, tmp_path: Path, values: dict[str, Any], days: list[int]
) -> None:
    adopted(ledger, tmp_path, replace(ITEM, **values))
    assert [row.day for row in rows(ledger, signatures)] == days


def test_signatures_can_be_left_out(ledger: Ledger, tmp_path: Path) -> None:
    adopted(ledger, tmp_path, ITEM, near=False)
    assert rows(ledger, signatures) == []


def test_a_line_under_another_id_joins_the_archived_article(ledger: Ledger, tmp_path: Path) -> None:
    adopted(ledger, tmp_path, replace(ITEM, id=UD, url=article_url(UD)))
    adopted(ledger, tmp_path, revision(2, aliases=[article_url(UD)]))
    assert {(row.article, row.revision) for row in rows(ledger, lines)} == {(UD, 1), (UD, 2)}
    assert [row.id for row in rows(ledger, articles)] == [UD]


@pytest.mark.parametrize(
    ("revisions", "hours", "numbered"),
    [
        ((1, 2), (10, 11), [1, 2]),
        ((1, 2), (11, 10), [3, 2]),  # of another ledger, and served before
        ((1, 1), (10, 11), [1, 2]),
        ((1, 1), (11, 10), [2, 1]),
        ((5, 5), (11, 10), [6, 5]),
        ((5, 5), (10, 11), [5, 6]),
    ],
)
def test_revisions_of_two_ledgers_are_numbered_as_they_were_served(
    ledger: Ledger, tmp_path: Path, revisions: tuple[int, int], hours: tuple[int, int], numbered: list[int]
) -> None:
    items = [
        revision(number, body=f"{LONG} {hour}", fetched_at=f"2026-09-14T{hour}:00:00Z")
        for number, hour in zip(revisions, hours, strict=True)
    ]
    places = adopted(ledger, tmp_path, *items)
    found = {row.offset: row.revision for row in rows(ledger, lines)}
    assert [found[place.offset] for place in places] == numbered
    [row] = rows(ledger, articles)
    assert (row.revision, row.offset) == max(zip(numbered, [each.offset for each in places], strict=True))


def test_a_line_that_became_unreadable_is_numbered_first(ledger: Ledger, tmp_path: Path) -> None:
    later, earlier = (
        revision(1, body=LONG + hour, fetched_at=f"2026-09-14T{hour}:00:00Z") for hour in ("11", "10")
    )
    adopted(ledger, tmp_path, later)
    [path] = tmp_path.iterdir()
    path.write_bytes(b"?" * path.stat().st_size)
    adopted(ledger, tmp_path, earlier)
    assert {row.segment: row.revision for row in rows(ledger, lines)} == {1: 1, 2: 2}


def test_an_article_is_described_by_its_newest_remaining_line(ledger: Ledger, tmp_path: Path) -> None:
    first = revision(1, section="world", subsection=None, published_at="2026-09-14T08:00:00+09:00")
    second = revision(2, section="business", subsection=None, fetched_at="2026-09-15T10:00:00Z")
    adopted(ledger, tmp_path, first)
    adopted(ledger, tmp_path, second, replace(ITEM, id="8", url=article_url("8"), duplicate_of="7"))
    reader = SegmentReader(tmp_path)
    with ledger.transaction() as connection:
        connection.execute(articles.update().values(first_seen=5, last_seen=6, etag="x"))
        connection.execute(lines.delete().where(lines.c.segment == 2))
        described = [describe(connection, reader, each, near=True) for each in ("7", "8")]
    reader.close()
    assert described == [True, False]
    seven, eight = rows(ledger, articles)
    assert (seven.state, seven.section, seven.revision, seven.segment) == ("archived", "world", 1, 1)
    assert (seven.first_seen, seven.last_seen, seven.fetched, seven.captured) == (5, 6, FETCHED, FETCHED)
    assert seven.etag is None
    assert (eight.state, eight.revision, eight.segment, eight.duplicate_of) == ("discovered", 0, None, None)
