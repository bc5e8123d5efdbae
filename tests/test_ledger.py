"""The ledger's answers: what waits, what is young, where walks stand, and what went wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import DatabaseError

from herald_spider.archive.database import _is_away
from herald_spider.archive.ledger import (
    ARCHIVED,
    FAILED,
    FIRST_PAUSE,
    GONE,
    MAX_ATTEMPTS,
    Known,
    Ledger,
    now,
)
from herald_spider.urls import article_url


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger("sqlite://")
    yield ledger
    ledger.close()


def discover(ledger: Ledger, *ids: int, section: str | None = None) -> None:
    ledger.discover([(str(each), article_url(str(each)), "herald:x", section) for each in ids])


def edit(ledger: Ledger, sql: str) -> None:
    with ledger.transaction() as connection:
        connection.exec_driver_sql(sql)


def ids(found: list[Known]) -> list[str]:
    return [known.id for known in found]


def test_pending_articles_are_fetched_oldest_first(ledger: Ledger) -> None:
    discover(ledger, 4, 3, 1, 2)
    edit(ledger, "UPDATE articles SET first_seen = 5 - id / 2")
    assert ids(ledger.pending(10)) == ["4", "2", "3", "1"]


def test_a_pause_that_ends_now_is_over(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    discover(ledger, 1)
    moment = now()
    monkeypatch.setattr("herald_spider.archive.ledger.now", lambda: moment)
    edit(ledger, f"UPDATE articles SET state = 'failed', retry_at = {moment}")
    assert ids(ledger.pending(10)) == ["1"]
    edit(ledger, f"UPDATE articles SET retry_at = {moment + 1}")
    assert ledger.pending(10) == []


def test_copies_are_pending_for_the_spider_that_found_them(ledger: Ledger) -> None:
    doors = ("herald:national", "wayback:x", "warc:x", "waybacks:x", "wayback", "w%c:x")
    ledger.discover(
        [(str(number), article_url(str(number)), door, None) for number, door in enumerate(doors)]
    )
    edit(ledger, "UPDATE articles SET found_by = NULL WHERE id = '0'")
    assert ids(ledger.pending(10)) == ["0", "3", "4", "5"]
    assert ids(ledger.pending(10, copies="wayback")) == ["1"]
    assert ids(ledger.pending(10, copies="warc")) == ["2"]
    assert ids(ledger.pending(10, copies="w%c")) == ["5"]  # as it is written, no pattern


def test_pending_articles_are_bounded_by_the_time_of_publication(ledger: Ledger) -> None:
    discover(ledger, 1, 2, 3)
    for each, moment in (("1", 100), ("2", 200)):
        ledger.set_published(each, moment)
    assert ids(ledger.pending(10, since=200)) == ["2", "3"]
    assert ids(ledger.pending(10, until=200)) == ["1", "3"]


def test_pending_articles_are_read_in_parts(ledger: Ledger) -> None:
    """Each part begins behind the last article of the one before, in the order of discovery."""
    discover(ledger, 1, 2, 3, 4, 5)
    edit(ledger, "UPDATE articles SET first_seen = CASE WHEN id IN ('1', '4', '5') THEN 100 ELSE 200 END")
    seen: list[Known] = []
    while part := ledger.pending(2, after=seen[-1] if seen else None):
        seen += part
    assert ids(seen) == ["1", "4", "5", "2", "3"]


def test_young_articles_are_archived_ones_newest_first(ledger: Ledger) -> None:
    discover(ledger, *range(7, 0, -1))
    discover(ledger, 6, 7, section="world")
    for number, moment in enumerate((100, 101, 300, 300, 200, 102, 400), 1):
        ledger.set_published(str(number), moment)
    edit(ledger, f"UPDATE articles SET state = '{ARCHIVED}', revision = 1 WHERE id < '7'")
    ledger.set_published("1", 500)  # the line of an archived article tells when it was published
    ledger.set_state("5", GONE, "HTTP 404")  # what is archived stays so
    assert ids(ledger.young(100, None)) == ["3", "4", "6", "2"]
    assert ids(ledger.young(100, ["world"])) == ["6"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ledger's clock, which stands where a test puts it."""
    clock = [1000]
    monkeypatch.setattr("herald_spider.archive.ledger.now", lambda: clock[0])
    return clock


def test_a_gone_article_listed_again_is_pending_a_few_times(ledger: Ledger, clock: list[int]) -> None:
    discover(ledger, 1)
    asked = 0
    ledger.set_state("1", GONE, "HTTP 404")
    for _ in range(2 * MAX_ATTEMPTS):
        clock[0] += FIRST_PAUSE * 2**MAX_ATTEMPTS
        assert ledger.pending(9) == []  # nothing shows it
        discover(ledger, 1)
        if ledger.pending(9):
            asked += 1
            ledger.set_state("1", GONE, "HTTP 404")
            clock[0] += 1
            discover(ledger, 1)
            assert ledger.pending(9) == []  # so soon
            clock[0] += 1
            edit(ledger, f"UPDATE articles SET fetched = {clock[0]}")
    assert asked == MAX_ATTEMPTS - 1
    assert ledger.states()[GONE] == 1


def test_a_gone_copy_of_a_web_archive_is_not_requested_again(ledger: Ledger, clock: list[int]) -> None:
    ledger.discover([("1", "/1", "wayback:x", None)])
    ledger.set_state("1", GONE, "no capture holds the article")
    clock[0] += FIRST_PAUSE * 9
    ledger.discover([("1", "/1", "wayback:x", None)])
    assert ledger.pending(9) == ledger.pending(9, copies="wayback") == []


def archive(ledger: Ledger, *ids: int) -> None:
    discover(ledger, *ids)
    for each in ids:
        edit(
            ledger,
            f"UPDATE articles SET state = '{ARCHIVED}', revision = 1, published = {each} WHERE id = {each}",
        )


def test_a_gone_young_article_is_requested_again_after_a_pause(ledger: Ledger, clock: list[int]) -> None:
    archive(ledger, 7)
    asked = 0
    for _ in range(2 * MAX_ATTEMPTS):
        clock[0] += FIRST_PAUSE * 2**MAX_ATTEMPTS
        if ledger.young(0, None):
            asked += 1
            assert ledger.set_state("7", GONE, "HTTP 404").state == ARCHIVED
            assert ledger.young(0, None) == []
    assert asked == MAX_ATTEMPTS


@pytest.mark.parametrize("captured", [None, 1000 + FIRST_PAUSE])
def test_an_article_that_is_served_again_is_not_gone(
    ledger: Ledger, clock: list[int], captured: int | None
) -> None:
    archive(ledger, 7)
    for _ in range(MAX_ATTEMPTS + 1):
        ledger.set_state("7", GONE, "HTTP 404")
        clock[0] += FIRST_PAUSE
        ledger.touch("7", captured and clock[0])
        assert ids(ledger.young(0, None)) == ["7"]
    ledger.set_state("7", GONE, "HTTP 404")
    ledger.touch("7", clock[0] - 1)  # a copy of before
    assert ledger.young(0, None) == []


def test_young_articles_are_bounded_by_a_last_day(ledger: Ledger) -> None:
    archive(ledger, 7, 8)
    assert ids(ledger.young(0, None, until=8)) == ["7"]


def test_pauses_have_an_end(ledger: Ledger) -> None:
    """Given addresses are asked for at will: the number that is kept must stay one."""
    discover(ledger, 1)
    for _ in range(70):
        ledger.set_state("1", FAILED, "HTTP 500")
    assert ledger.pending(9) == []


def test_the_end_of_a_walk_is_stored(ledger: Ledger) -> None:
    before = now()
    ledger.finish_walk("/National", "national", 20_000, ("e", "m"))
    ledger.finish_feed("/rss", "world", 500, ("f", None))
    walk, feed = ledger.listing("/National"), ledger.listing("/rss")
    assert (walk.section, walk.etag, walk.last_modified, walk.complete_since) == (
        "national",
        "e",
        "m",
        20_000,
    )
    assert (feed.section, feed.etag, feed.last_modified, feed.newest) == ("world", "f", None, 500)
    assert before <= walk.walked <= now()
    assert ledger.listing("/none") is None


def test_the_place_of_a_walk_is_kept_until_its_end(ledger: Ledger) -> None:
    ledger.set_place("/cdx", "page 7")
    assert (ledger.listing("/cdx").place, ledger.listing("/cdx").walked) == ("page 7", None)
    before = now()
    ledger.set_place("/cdx", None)
    assert ledger.listing("/cdx").place is None
    assert ledger.listing("/cdx").walked >= before


@pytest.mark.parametrize(
    ("sqlite", "said", "reason", "text"),
    [
        (True, "database is locked", "archive_locked", "is locked by another program: database is locked."),
        (True, "server busy", "archive_locked", "is locked by another program: server busy."),
        (True, "disk image is malformed", "archive_damaged", "repair makes a new ledger from them."),
        (True, "file is not a database", "archive_damaged", "is damaged (file is not a database). The articles"),
        (True, "disk I/O error\nmore", "archive_not_writable", "cannot be used: disk I/O error. Is HERALD_ARCHIVE"),
        (True, "", "archive_not_writable", "cannot be used: OSError. Is HERALD_ARCHIVE writable, the disk full?"),
        (False, "no route", "ledger_unreachable", "cannot be used: no route. Is the server up, HERALD_LEDGER_URL right?"),
    ],
)  # fmt: skip
def test_database_errors_are_explained(
    ledger: Ledger, sqlite: bool, said: str, reason: str, text: str
) -> None:
    ledger.is_sqlite = sqlite
    error = ledger.explain(DatabaseError("SELECT", {}, OSError(said)))
    assert error.reason == reason
    assert text in str(error)
    assert str(error).startswith("The ledger sqlite:// ")


class Said(Exception):
    """An error of PostgreSQL's driver."""

    def __init__(self, sqlstate: str | None):
        super().__init__("said")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (Said(None), True),  # before the server has said a word
        (Said("08006"), True),
        (Said("57P01"), True),
        (Said("57014"), False),
        (Said("23505"), False),
        (OSError("SQLite's have none"), False),
    ],
)
def test_errors_of_an_absent_server_are_recognised(error: Exception, away: bool) -> None:
    assert _is_away(DatabaseError("SELECT", {}, error)) is away
    assert _is_away(DatabaseError("SELECT", {}, error, connection_invalidated=True)) is True


def test_a_listing_of_very_many_articles_is_entered_in_parts(ledger: Ledger) -> None:
    """Databases limit the variables of a statement: SQLite to 250,000 as a rule, PostgreSQL to 65,535."""
    with ledger.transaction() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 1100)
    many = range(10_000_000, 10_002_000)
    discover(ledger, *many, section="national")
    discover(ledger, *many, section="national")
    assert ledger.count_articles() == len(many)
