"""Lines of segments that enter a ledger anew, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from herald_spider.archive import adopt as adopting
from herald_spider.archive.adopt import Place, repoint
from herald_spider.archive.ledger import FAILED, GONE, Ledger, now
from herald_spider.archive.lines import SegmentReader
from herald_spider.archive.schema import articles, lines, sightings, signatures
from herald_spider.archive.values import encode
from herald_spider.items import Article
from herald_spider.text.cleaning import content_hash
from herald_spider.urls import article_url
from tests.archives import ITEMS

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


def adopt(ledger: Ledger, item: Article, place: Place, **options: bool) -> bool:
    """Of lines of which no file is there."""
    return adopting.adopt(ledger, SegmentReader(Path("nowhere")), item, place, **options)


def rows(ledger: Ledger, table: sa.Table) -> list[Any]:
    with ledger.transaction() as connection:
        return list(connection.execute(sa.select(table)))


def revision(number: int, item: Article = ITEM, **values: Any) -> Article:
    return replace(item, revision=number, **values)


def test_a_line_becomes_an_article(ledger: Ledger) -> None:
    assert adopt(ledger, ITEM, Place(3, 40, 50))
    (row,) = rows(ledger, articles)
    assert (row.id, row.url, row.state, row.found_by) == (
        "7",
        article_url("7"),
        "archived",
        "herald:national",
    )
    assert (row.first_seen, row.last_seen, row.fetched) == (FETCHED, FETCHED, FETCHED)
    assert (row.segment, row.offset, row.length, row.revision) == (3, 40, 50, 1)
    assert {row.section for row in rows(ledger, sightings)} == {"national", "world"}


def test_a_line_is_entered_once(ledger: Ledger) -> None:
    assert adopt(ledger, ITEM, Place(3, 40, 50))
    assert not adopt(ledger, ITEM, Place(4, 0, 50))
    assert adopt(ledger, replace(ITEM, id="8", url=article_url("8")), Place(4, 0, 50))
    assert [(row.article, row.segment) for row in rows(ledger, lines)] == [("7", 3), ("8", 4)]


def test_the_newest_revision_is_the_article_in_whatever_order_they_come(ledger: Ledger) -> None:
    for number in (2, 3, 1):
        assert adopt(ledger, revision(number, body=f"{LONG} {number}"), Place(number, 0, 9))
    (row,) = rows(ledger, articles)
    assert (row.revision, row.segment) == (3, 3)
    assert row.content_hash == next(line.content_hash for line in rows(ledger, lines) if line.revision == 3)


def test_what_was_known_keeps_when_it_was_seen_and_is_asked_anew(ledger: Ledger) -> None:
    ledger.discover([("7", article_url("7"), "wayback:x", None)])
    ledger.set_state("7", FAILED, "timeout")
    before = rows(ledger, articles)[0]
    adopt(ledger, ITEM, Place(1, 0, 9))
    (row,) = rows(ledger, articles)
    assert (row.first_seen, row.found_by, row.reason) == (before.first_seen, "wayback:x", None)
    ledger.set_state("7", GONE, "HTTP 404")
    adopt(ledger, revision(2), Place(1, 9, 9))
    assert rows(ledger, articles)[0].reason == "HTTP 404"  # it has gone since, whatever was found of it


def test_a_line_without_a_time_or_a_listing(ledger: Ledger) -> None:
    before = now()
    adopt(ledger, revision(1, fetched_at=None, listed_in=[], discovered_via=None), Place(1, 0, 9))
    (row,) = rows(ledger, articles)
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
def test_a_signature_is_of_the_day_in_seoul(ledger: Ledger, values: dict[str, Any], days: list[int]) -> None:
    adopt(ledger, replace(ITEM, **values), Place(1, 0, 9))
    assert [row.day for row in rows(ledger, signatures)] == days


def test_signatures_can_be_left_out(ledger: Ledger) -> None:
    adopt(ledger, ITEM, Place(1, 0, 9), near=False)
    assert rows(ledger, signatures) == []


def test_a_line_under_another_id_joins_what_was_archived(ledger: Ledger) -> None:
    adopt(ledger, replace(ITEM, id=UD, url=article_url(UD)), Place(1, 0, 9))
    adopt(ledger, revision(2, aliases=[article_url(UD)]), Place(1, 9, 9))
    assert {(row.article, row.revision) for row in rows(ledger, lines)} == {(UD, 1), (UD, 2)}
    assert [row.id for row in rows(ledger, articles)] == [UD]


def test_articles_are_pointed_to_what_is_left_of_them(ledger: Ledger, tmp_path: Path) -> None:
    for number in (1, 2):
        adopt(ledger, revision(number), Place(number, 0, 9))
    adopt(ledger, replace(ITEM, id="8", url=article_url("8"), duplicate_of="7"), Place(3, 0, 9))
    with ledger.transaction() as connection:
        connection.execute(lines.delete().where(lines.c.segment != 1))
        assert repoint(connection, SegmentReader(tmp_path), ["7", "8", "unknown"]) == 1
    seven, eight = rows(ledger, articles)
    assert (seven.state, seven.revision, seven.segment) == ("archived", 1, 1)
    assert (eight.state, eight.revision, eight.segment, eight.duplicate_of) == ("discovered", 0, None, None)


# With the segments at hand --------------------------------------------------------------------


@pytest.fixture
def segments(tmp_path: Path) -> Iterator[SegmentReader]:
    reader = SegmentReader(tmp_path)
    yield reader
    reader.close()


def told(version: int) -> dict[str, Any]:
    """A body of its own, and the hash of it."""
    body = f"{LONG} {version}"
    return {"body": body, "content_hash": content_hash(ITEM.headline or "", body)}


def written(ledger: Ledger, folder: Path, *items: Article) -> list[Place]:
    """A segment of `items`, which the ledger knows; where each stands."""
    encoded = [encode(item) for item in items]
    (folder / "s.jsonl").write_bytes(b"".join(encoded))
    number = ledger.segment_number("s.jsonl", "job", None)
    starts = accumulate(map(len, encoded), initial=0)
    return [Place(number, start, len(line)) for start, line in zip(starts, encoded, strict=False)]


@pytest.mark.parametrize(
    ("revisions", "hours", "numbered"),
    [
        ((1, 2), (10, 11), [1, 2]),
        ((1, 2), (11, 10), [3, 2]),  # of another ledger, and served before: see _is_late
        ((1, 1), (10, 11), [1, 2]),
        ((1, 1), (11, 10), [2, 1]),
        ((5, 5), (11, 10), [6, 5]),
        ((5, 5), (10, 11), [5, 6]),
    ],
)
def test_revisions_of_two_ledgers_are_numbered_as_they_were_served(
    ledger: Ledger,
    segments: SegmentReader,
    tmp_path: Path,
    revisions: tuple[int, int],
    hours: tuple[int, int],
    numbered: list[int],
) -> None:
    items = [
        revision(each, **told(hour), fetched_at=f"2026-09-14T{hour}:00:00Z")
        for each, hour in zip(revisions, hours, strict=True)
    ]
    places = written(ledger, tmp_path, *items)
    for item, place in zip(items, places, strict=True):
        assert adopting.adopt(ledger, segments, item, place)
    found = {row.offset: row.revision for row in rows(ledger, lines)}
    assert [found[place.offset] for place in places] == numbered
    [row] = rows(ledger, articles)
    assert (row.revision, row.offset) == max(zip(numbered, [each.offset for each in places], strict=True))


def test_a_line_that_cannot_be_read_any_more_goes_first(
    ledger: Ledger, segments: SegmentReader, tmp_path: Path
) -> None:
    items = [revision(1, **told(hour), fetched_at=f"2026-09-14T{hour}:00:00Z") for hour in (11, 10)]
    lost, kept = written(ledger, tmp_path, *items)
    adopting.adopt(ledger, segments, items[0], lost)
    segments.close()
    damaged = (tmp_path / "s.jsonl").read_bytes()
    (tmp_path / "s.jsonl").write_bytes(b"?" * lost.length + damaged[lost.length :])
    adopting.adopt(ledger, segments, items[1], kept)
    assert {row.offset: row.revision for row in rows(ledger, lines)} == {lost.offset: 1, kept.offset: 2}


def test_an_article_is_described_by_what_is_left_of_it(
    ledger: Ledger, segments: SegmentReader, tmp_path: Path
) -> None:
    first = revision(1, **told(1), section="world", subsection=None, published_at="2026-09-14T08:00:00+09:00")
    second = revision(2, **told(2), section="business", subsection=None, fetched_at="2026-09-15T10:00:00Z")
    for item, place in zip([first, second], written(ledger, tmp_path, first, second), strict=True):
        adopting.adopt(ledger, segments, item, place)
    with ledger.transaction() as connection:
        connection.execute(articles.update().values(first_seen=5, last_seen=6))
        connection.execute(lines.delete().where(lines.c.revision == 2))
        assert repoint(connection, segments, ["7"]) == 0
    [row] = rows(ledger, articles)
    assert (row.section, row.fetched, row.revision) == ("world", FETCHED, 1)
    assert (row.first_seen, row.last_seen, row.captured) == (5, 6, None)
