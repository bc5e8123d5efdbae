"""Checks of the archive: its folder and its ledger. Nothing in it is changed.

``scrapy verify`` checks the segments, ``scrapy status`` shows the runs and the result of their monitors.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from scrapy.settings import BaseSettings
from sqlalchemy.exc import DatabaseError

from herald_spider.archive import counts
from herald_spider.archive.database import ArchiveError, Database, reading_url
from herald_spider.archive.health import health
from herald_spider.archive.paths import SEGMENTS, ledger_file
from herald_spider.archive.schema import VERSION, facts
from herald_spider.archive.segments import refuse_lost
from herald_spider.archive.view import opened
from herald_spider.doctor.finding import Checkup, Finding, error, ok, warning
from herald_spider.text.terminal import duration

_CONNECT_SECONDS = "5"
_LARGE = 500 * 1024 * 1024  # bytes; SQLite checks smaller files in a few seconds
_REPAIR = "scrapy verify --repair makes a new ledger from the segments, which hold the articles"
_THOROUGH = "scrapy verify checks every line, scrapy status shows the last runs"


def folder(checkup: Checkup) -> Iterator[Finding]:
    if checkup.folder is None:
        yield warning("archive", "HERALD_ARCHIVE is none: nothing is archived", "set it to a folder")
        return
    near = checkup.existing_folder
    try:
        with tempfile.TemporaryFile(dir=near):  # access() does not notice a read-only file system
            pass
    except OSError as problem:
        text = f"{near} cannot be written ({problem.strerror})"
        yield error("archive", text, "set HERALD_ARCHIVE to a folder that can be written")
        return
    files = (checkup.folder / SEGMENTS, checkup.folder / "ledger.sqlite")
    if near != checkup.folder:
        yield ok("archive", f"{checkup.folder} does not exist yet; the first crawl creates it")
    elif closed := [each for each in files if each.exists() and not os.access(each, os.W_OK)]:
        yield error("archive", f"{closed[0]} cannot be written", "give it to the user who crawls (chown)")
    else:
        yield ok("archive", f"{checkup.folder} can be written")


def ledger(checkup: Checkup) -> Iterator[Finding]:
    """Check that the ledger can be used, belongs to the site, and is sound."""
    if checkup.folder is None:
        return
    try:
        yield _read_only(checkup.settings, checkup.folder)
    except ArchiveError as problem:
        yield error("ledger", str(problem))


def plan(checkup: Checkup) -> Iterator[Finding]:
    """Check that each spider that scrapyd runs has ended well as often as the plan in deploy/ has it run."""
    if checkup.folder is None or not checkup.folder.exists():
        return
    try:
        with opened(checkup.settings) as view, view.snapshot() as connection:
            found = health(connection)
    except ArchiveError:  # a finding of `ledger`
        return
    for each in found:
        age = "never" if each.age is None else f"{duration(each.age)} ago"
        if each.is_overdue:
            text = f"the last good run of spider {each.spider} was {age}: {each.last_outcome or 'no run has ended'} since"
            yield warning(
                "plan", text, "see the timers (systemctl list-timers, or crontab -l) and the logs of scrapyd"
            )
        elif each.is_planned:
            yield ok("plan", f"the last good run of spider {each.spider} was {age}")


def _read_only(settings: BaseSettings, place: Path) -> Finding:
    """Open the ledger without a migration, and check it. Raises `ArchiveError`."""
    url, missing = (
        str(settings["HERALD_LEDGER_URL"] or ""),
        ok("ledger", "none yet; the first crawl creates it"),
    )
    if file := ledger_file(place, url):
        refuse_lost(file, place / SEGMENTS)
        if not file.is_file():
            return missing
        url = reading_url(file, read_only=True)
    else:
        address = sa.make_url(url).update_query_dict({"connect_timeout": _CONNECT_SECONDS})
        url = address.render_as_string(hide_password=False)
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return _ledger(settings, connection) if sa.inspect(connection).has_table(facts.name) else missing
    except DatabaseError as problem:
        raise database.explain(problem) from None
    finally:
        database.close()


def _ledger(settings: BaseSettings, connection: sa.Connection) -> Finding:
    known = {name: value for name, value in connection.execute(sa.select(facts.c.name, facts.c.value))}
    version, base = int(known.get("schema_version", 0)), settings["HERALD_BASE_URL"].rstrip("/")
    if version > VERSION:
        text = f"the ledger has schema version {version}, this Herald Spider supports {VERSION}"
        return error("ledger", text, "use the newer Herald Spider that wrote it")
    if known.get("site", base) != base:
        text = f"the archive belongs to {known['site']}, HERALD_BASE_URL is {base}"
        return error("ledger", text, "give each site its own HERALD_ARCHIVE")
    if version < VERSION:
        return ok("ledger", f"schema version {version}; the next crawl upgrades it to {VERSION}")
    fault, how = _soundness(connection)
    if fault:
        return error("ledger", f"the ledger is damaged: {fault}", _REPAIR)
    states, total = counts.states(connection)
    if strange := total - sum(states.values()):
        return error("ledger", f"{strange:,} articles are in no known state", "run scrapy verify")
    text = ", ".join(f"{state} {count:,}" for state, count in states.items() if count) or "none yet"
    return ok("ledger", f"{total:,} articles ({text}); {how}; {_THOROUGH}")


def _soundness(connection: sa.Connection) -> tuple[str | None, str]:
    """Return the first fault of an SQLite file, and how the database was checked."""
    if connection.dialect.name != "sqlite":
        return None, "the database answers"
    pages, page = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("page_count", "page_size")
    )
    if int(pages or 0) * int(page or 0) > _LARGE:
        return None, "too large for a quick check"
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    return (found if found != "ok" else None), "SQLite's quick check passed"
