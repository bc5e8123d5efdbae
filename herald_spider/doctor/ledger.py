"""The ledger at a glance. Nothing is changed in it; ``scrapy verify`` is the thorough look."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from scrapy.settings import BaseSettings
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from herald_spider.archive.database import ArchiveError, Database
from herald_spider.archive.ledger import STATES
from herald_spider.archive.paths import SEGMENTS, ledger_file
from herald_spider.archive.schema import VERSION, articles, facts
from herald_spider.doctor.finding import Checkup, Finding, ok, wrong

SECONDS = 5.0  # for SQLite's own check, and for a server to answer
_STEPS = 10_000  # of SQLite's machine between two looks at the clock
_REPAIR = "scrapy verify --repair makes a new ledger from the segments, where the articles are safe"
_UD = 14  # digits
THOROUGH = "scrapy verify is the thorough look"


class TooLong(Exception):
    """SQLite's check was broken off."""


def ledger(checkup: Checkup) -> Iterator[Finding]:
    """Whether it opens, is sound as far as a glance tells, is ours, and its states add up."""
    if checkup.folder is None:
        return
    try:
        with looked_into(checkup) as connection:
            if connection is None or not sa.inspect(connection).has_table(facts.name):
                yield from _no_ledger(checkup.folder)
            else:
                yield from _ledger(checkup, connection)
    except (ArchiveError, SQLAlchemyError, OSError) as error:
        yield _unreadable(checkup, error)


def _no_ledger(place: Path) -> Iterator[Finding]:
    if any((place / SEGMENTS).glob("*.jsonl*")):
        yield wrong(f"{place} has segments, and no ledger", _REPAIR)
    else:
        yield ok("none yet; the first crawl makes it")


def _unreadable(checkup: Checkup, error: Exception) -> Finding:
    if isinstance(error, ArchiveError):
        return wrong(str(error))
    said = (str(getattr(error, "orig", error)).splitlines() or [type(error).__name__])[0]
    if str(checkup.settings["HERALD_LEDGER_URL"] or "").startswith("postgres"):
        return wrong(f"the ledger's server cannot be used: {said}", "is it up, HERALD_LEDGER_URL right?")
    if isinstance(error, OSError) or "locked" in said or "unable to open" in said:
        return wrong(f"the ledger cannot be opened: {said}", "who holds or owns it?")
    return wrong(f"the ledger is damaged: {said}", _REPAIR)


def _ledger(checkup: Checkup, connection: sa.Connection) -> Iterator[Finding]:
    known: dict[str, str] = {
        name: value for name, value in connection.execute(sa.select(facts.c.name, facts.c.value))
    }
    version, owner = int(known.get("schema_version", 0)), known.get("site")
    base = checkup.settings["HERALD_BASE_URL"].rstrip("/")
    if version > VERSION:
        text = f"schema version {version}, and this Herald Spider knows {VERSION}"
        yield wrong(text, "use the newer Herald Spider that wrote it")
        return
    if owner and owner != base:
        yield wrong(
            f"the archive is of {owner}, HERALD_BASE_URL is {base}", "give each site its own HERALD_ARCHIVE"
        )
    if version < VERSION:
        yield ok(f"schema version {version}; the next crawl brings it up to {VERSION}")
        return
    checkup.has_tables = True
    yield from _soundness(connection)


def _soundness(connection: sa.Connection) -> Iterator[Finding]:
    try:
        faults = _quick_check(connection)
    except TooLong:
        faults, how = [], f"SQLite's check broken off after {SECONDS:.0f} s"
    else:
        how = "SQLite finds no fault"
    if faults:
        yield wrong(f"the ledger is damaged: {faults[0]}", _REPAIR)
        return
    states = {state: count for state, count in connection.execute(
        sa.select(articles.c.state, sa.func.count()).group_by(articles.c.state))}  # fmt: skip
    if strange := set(states) - set(STATES):
        yield wrong(
            f"articles in states that are none: {', '.join(sorted(map(str, strange)))}", "scrapy verify"
        )
        return
    how = how if connection.dialect.name == "sqlite" else "its server answers"
    counts = (
        ", ".join(f"{state} {states[state]:,}" for state in STATES if state in states) or "no article yet"
    )
    yield ok(f"{sum(states.values()):,} articles ({counts}); {how}; {THOROUGH}")


def _quick_check(connection: sa.Connection) -> list[str]:
    """What SQLite finds wrong with its file. Raises `TooLong`."""
    if connection.dialect.name != "sqlite":
        return []
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + SECONDS
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        return [str(said) for (said,) in connection.exec_driver_sql("PRAGMA quick_check(3)") if said != "ok"]
    except DatabaseError as error:
        if "interrupted" in str(error.orig):
            raise TooLong from None
        raise
    finally:
        raw.set_progress_handler(None, _STEPS)


@contextmanager
def looked_into(checkup: Checkup) -> Iterator[sa.Connection | None]:
    """One snapshot of the ledger, opened so that nothing can be changed; None where there is none yet."""
    url = str(checkup.settings["HERALD_LEDGER_URL"] or "")
    assert checkup.folder
    file = ledger_file(checkup.folder, url)
    if file and not file.is_file():
        yield None
        return
    engine = _sqlite(file) if file else _server(url)
    try:
        with engine.connect() as connection:
            if file:
                connection.exec_driver_sql("BEGIN")
            else:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def _sqlite(file: Path) -> sa.Engine:
    # Without a log beside it nobody writes, and a reader that believes so makes no files of its own.
    mode = "mode=ro" if Path(f"{file}-wal").exists() else "mode=ro&immutable=1"
    address = f"file:{quote(str(file.absolute()))}?{mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=SECONDS, isolation_level=None)

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)


def _server(url: str) -> sa.Engine:
    patient = sa.make_url(url).update_query_dict({"connect_timeout": f"{SECONDS:.0f}"})
    return Database(patient.render_as_string(hide_password=False)).engine


def old_article(settings: BaseSettings) -> str | None:
    """An id of the former site that the archive knows; None where it knows none, or there is none."""
    checkup = Checkup(settings)
    if checkup.folder is None:
        return None
    query = sa.select(articles.c.id).where(sa.func.length(articles.c.id) == _UD).limit(1)
    try:
        with looked_into(checkup) as connection:
            return connection.scalar(query) if connection is not None else None
    except (ArchiveError, SQLAlchemyError, OSError):  # whatever is wrong with it is not asked here
        return None
