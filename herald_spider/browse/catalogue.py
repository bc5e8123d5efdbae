"""browse.sqlite: the articles of an archive in tables for reading and searching.

An update is one transaction. A file that is missing, damaged, of another version or of another archive
is rebuilt beside the old one and renamed, so that a crash or a reader never meets half a file. With
-o, a file that was not made from this archive is never replaced.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.packing import to_disk
from herald_spider.archive.view import View
from herald_spider.browse.intake import Begin, Intake, Stale
from herald_spider.browse.schema import SCHEMA, VERSION
from herald_spider.text.console import OptionError

NAME = "browse.sqlite"
_LOG = ("-wal", "-shm")  # suffixes of the files that SQLite keeps beside it
_BUSY_SECONDS = 60
_CACHE_KB = 65_536


@dataclass(frozen=True)
class Update:
    """The result of an update: all articles, new and revised ones; True if the file was rebuilt."""

    articles: int
    new: int
    revised: int
    rebuilt: bool


def update(view: View, begin: Begin = lambda count: None, elsewhere: Path | None = None) -> Update:
    """Update the catalogue of an archive, in the archive or in the file `elsewhere`.

    `begin` is called with the number of lines to read. Raises `ArchiveError`, and `OptionError` for `elsewhere`.
    """
    path = elsewhere or view.folder / NAME
    try:
        if elsewhere:
            _refuse_of_others(elsewhere, view.ledger.identity)
        with _alone(path), view.snapshot() as ledger:
            try:
                return _extend(view, ledger, begin, path)
            except (Stale, sqlite3.DatabaseError):
                return _rebuild(view, ledger, begin, path)
    except (OSError, sqlite3.Error) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        text = f"{path} cannot be written ({why}). Is the folder writable, the disk full?"
        if elsewhere:
            raise OptionError(text) from None
        raise ArchiveError("archive_not_writable", f"{text} -o FILE puts it elsewhere.") from None


def _refuse_of_others(path: Path, identity: str) -> None:
    """Raise `OptionError` if the file exists and was not made from this archive."""
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    try:
        with closing(_connect(path)) as file:
            query = "SELECT 1 FROM facts WHERE name = 'identity' AND value = ?"
            if file.execute(query, (identity,)).fetchone():
                return
    except sqlite3.DatabaseError:  # another database, or no database
        pass
    raise OptionError(f"{path} was not made from this archive: name another file, or remove it")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of the catalogue, so that one process at a time updates it."""
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _extend(view: View, ledger: sa.Connection, begin: Begin, path: Path) -> Update:
    """Add what is new. Raises `Stale` or sqlite3.DatabaseError if the file must be rebuilt."""
    if not path.is_file():
        raise Stale
    with closing(_connect(path)) as file:
        if file.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise Stale
        file.execute("BEGIN IMMEDIATE")
        intake = Intake(view, ledger, file)
        before = intake.articles()
        written = intake.advance(begin)
        if not intake.agrees():  # for example after scrapy verify --repair
            raise Stale
        file.execute("COMMIT")
        file.execute("PRAGMA busy_timeout = 1000")  # while somebody reads, the log is not truncated
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        count = intake.articles()
    return Update(count, count - before, written - (count - before), rebuilt=False)


def _rebuild(view: View, ledger: sa.Connection, begin: Begin, path: Path) -> Update:
    """Build a new file and rename it into place."""
    draft = path.with_name(f"{path.name}.new")
    _remove(draft, "", *_LOG)
    try:
        with closing(_connect(draft)) as file:
            file.execute("PRAGMA journal_mode = OFF")
            file.execute("PRAGMA synchronous = OFF")
            file.executescript(SCHEMA)
            file.execute("BEGIN")
            count = Intake(view, ledger, file).advance(begin)
            file.execute("COMMIT")
            file.execute("ANALYZE")
            file.execute("PRAGMA journal_mode = WAL")
        to_disk(draft)
        _remove(path, *_LOG)  # SQLite would apply the old file's log to the new one
        draft.replace(path)
        to_disk(path.parent)
    finally:
        _remove(draft, "", *_LOG)
    return Update(count, count, 0, rebuilt=True)


def _remove(path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    file.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
    return file
