"""Checks of the archive: its folder, ledger, segments and runs. Nothing in it is changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from scrapy.settings import BaseSettings
from sqlalchemy.exc import DatabaseError

from herald_spider.archive import counts, runs
from herald_spider.archive.database import ArchiveError, Database, reading_url
from herald_spider.archive.packing import file_of, is_packed
from herald_spider.archive.paths import SEGMENTS, ledger_file
from herald_spider.archive.schema import VERSION, facts, segments
from herald_spider.archive.segments import is_held, refuse_lost
from herald_spider.doctor.finding import Checkup, Finding, error, ok, warning
from herald_spider.middlewares.overlap import LOCKS

_RUNS = 20
_CONNECT_SECONDS = "5"
_LARGE = 500 * 1024 * 1024  # bytes; SQLite checks smaller files in a few seconds
_REPAIR = "scrapy verify --repair makes a new ledger from the segments, which hold the articles"
_THOROUGH = "scrapy verify checks every line"


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


def contents(checkup: Checkup) -> Iterator[Finding]:
    """Check the ledger, then the segments and runs that it lists."""
    if checkup.folder is None:
        return
    try:
        with snapshot(checkup.settings) as connection:
            if connection is None:
                yield ok("ledger", "none yet; the first crawl creates it")
                return
            if (yield from _ledger(checkup.settings, connection)):
                yield _segments(checkup, connection)
                yield _runs(checkup.folder, connection)
                yield from _monitors(connection)
    except ArchiveError as problem:
        yield error("ledger", str(problem))


@contextmanager
def snapshot(settings: BaseSettings) -> Iterator[sa.Connection | None]:
    """Open the ledger read-only; the connection is None if there is no ledger yet. Raises `ArchiveError`."""
    place, url = Path(settings["HERALD_ARCHIVE"]), str(settings["HERALD_LEDGER_URL"] or "")
    file = ledger_file(place, url)
    if file:
        refuse_lost(file, place / SEGMENTS)
        if not file.is_file():
            yield None
            return
        url = reading_url(file, read_only=True)
    else:
        address = sa.make_url(url).update_query_dict({"connect_timeout": _CONNECT_SECONDS})
        url = address.render_as_string(hide_password=False)
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            if file:
                connection.exec_driver_sql("BEGIN")
            else:
                level = "REPEATABLE READ"
                connection = connection.execution_options(isolation_level=level, postgresql_readonly=True)
            yield connection if sa.inspect(connection).has_table(facts.name) else None
            connection.rollback()
    except DatabaseError as problem:
        raise database.explain(problem) from None
    finally:
        database.close()


def _ledger(settings: BaseSettings, connection: sa.Connection) -> Generator[Finding, None, bool]:
    """Yield what is wrong with the ledger; return True if the other checks can use it."""
    known = {name: value for name, value in connection.execute(sa.select(facts.c.name, facts.c.value))}
    version, base = int(known.get("schema_version", 0)), settings["HERALD_BASE_URL"].rstrip("/")
    if version > VERSION:
        text = f"the ledger has schema version {version}, this Herald Spider supports {VERSION}"
        yield error("ledger", text, "use the newer Herald Spider that wrote it")
        return False
    if known.get("site", base) != base:
        text = f"the archive belongs to {known['site']}, HERALD_BASE_URL is {base}"
        yield error("ledger", text, "give each site its own HERALD_ARCHIVE")
    if version < VERSION:
        yield ok("ledger", f"schema version {version}; the next crawl upgrades it to {VERSION}")
        return False
    fault, how = _soundness(connection)
    if fault:
        yield error("ledger", f"the ledger is damaged: {fault}", _REPAIR)
        return False
    states, total = counts.states(connection)
    if strange := total - sum(states.values()):
        yield error("ledger", f"{strange:,} articles are in no known state", "run scrapy verify")
        return False
    text = ", ".join(f"{state} {count:,}" for state, count in states.items() if count) or "none yet"
    yield ok("ledger", f"{total:,} articles ({text}); {how}; {_THOROUGH}")
    return True


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


def _segments(checkup: Checkup, connection: sa.Connection) -> Finding:
    """Check that each segment exists and is as long as the ledger says.

    Segments that other machines wrote need not be in this folder.
    """
    assert checkup.folder
    query = sa.select(segments.c.name, segments.c.length, segments.c.node).where(segments.c.length > 0)
    place, faults, present, absent = checkup.folder / SEGMENTS, [], 0, 0
    for name, length, node in connection.execute(query):
        path = file_of(place, name)
        if not path.is_file() and node not in (None, checkup.settings["HERALD_NODE"]):
            absent += 1
            continue
        present += 1
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            faults.append(f"{path} is missing")
        elif not size or (size < length and not is_packed(path)):
            faults.append(f"{path} has {size:,} bytes of {length:,}")
    if faults:
        text = f"{len(faults):,} of {present:,} segments: {faults[0]}"
        todo = "restore a copy, or run scrapy verify --repair: the next crawl fetches the lost articles again"
        return error("segments", text, todo)
    elsewhere = f"; {absent:,} more are on other machines" * bool(absent)
    return ok("segments", f"{present:,} complete{elsewhere}; {_THOROUGH}")


def _runs(place: Path, connection: sa.Connection) -> Finding:
    """Check how the last run of each spider ended; a later run resumes what an earlier one left."""
    found = runs.latest(connection, _RUNS)
    last = {run.spider: run for run in reversed(found)}.values()
    jobs = [run.job for run in last]
    query = sa.select(segments.c.run, segments.c.name).where(segments.c.run.in_(jobs))
    names = {job: name for job, name in connection.execute(query)}
    states: dict[bool | None, list[str]] = {}
    for run in last:
        if not run.ended:
            alive = _is_alive(place, run, names.get(run.job))
            states.setdefault(alive, []).append(f"{run.spider} ({run.job})")
    words = {False: "killed", True: "running", None: "not ended, perhaps running"}
    text = "; ".join(
        f"{word}: {', '.join(states[state])}" for state, word in words.items() if state in states
    )
    if False in states:
        return warning("runs", text, "its log may say why; the next crawl resumes its work")
    return ok("runs", text or (f"the last {len(found)} ended" if found else "none yet"))


def _is_alive(place: Path, run: runs.Run, segment: str | None) -> bool | None:
    """Return True if a run holds its segment or the lock of its spider; None if it has neither.

    A run on another machine, or with HERALD_OVERLAP=allow before its first article, has neither.
    """
    files = [place / SEGMENTS / (segment or ""), place / LOCKS / run.spider]
    own = [path for path in files if path.is_file() and (path is files[0] or _names(path, run.job))]
    return any(map(is_held, own)) if own else None


def _names(lock: Path, job: str) -> bool:
    return f'"{job}"'.encode() in lock.read_bytes()


def _monitors(connection: sa.Connection) -> Iterator[Finding]:
    """Yield the result of the monitors of the last run that ended."""
    run = next((each for each in runs.latest(connection, _RUNS) if each.ended), None)
    if run is None:
        return
    name = f"the last run, {run.spider} ({run.job})"
    if run.monitors is None:
        yield ok("monitors", f"none checked {name}")
    elif run.monitors:
        texts = "; ".join(f"{monitor}: {text}" for monitor, text in run.monitors.items())
        todo = "scrapy doctor with one of its addresses shows how a page is read"
        yield warning("monitors", f"{name}: {texts}", todo)
    else:
        yield ok("monitors", f"all passed after {name}")
