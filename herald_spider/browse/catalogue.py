"""browse.sqlite: an archive's articles in tables that can be searched, brought up to date from its lines.

An update is one transaction; a file that is missing, damaged, of another version or of another
archive is made anew beside it and renamed. So a crash leaves the old state or the new one, and
one who reads meanwhile sees either. A file elsewhere is never made anew over what is not this
archive's.
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
_LOG = ("-wal", "-shm")  # what SQLite keeps beside it
_BUSY_SECONDS = 60
_CACHE_KB = 65_536


@dataclass(frozen=True)
class Update:
    """What an update did: articles in all, new ones, revised ones; whether the file was made anew."""

    articles: int
    new: int
    revised: int
    anew: bool


def update(view: View, begin: Begin = lambda count: None, elsewhere: Path | None = None) -> Update:
    """Bring the catalogue of an archive up to date, in the archive or `elsewhere`.

    Raises `ArchiveError`, and `OptionError` where `elsewhere` cannot be used.
    """
    path = elsewhere or view.folder / NAME
    try:
        if elsewhere:
            _refuse_of_others(elsewhere, view.ledger.identity)
        with _alone(path), view.snapshot() as ledger:
            try:
                return _advance(view, ledger, begin, path)
            except (Stale, sqlite3.DatabaseError):
                return _make(view, ledger, begin, path)
    except (OSError, sqlite3.Error) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        text = f"{path} cannot be written ({why}). Is the folder writable, the disk full?"
        if elsewhere:
            raise OptionError(text) from None
        raise ArchiveError("archive_not_writable", f"{text} -o FILE puts it elsewhere.") from None


def _refuse_of_others(path: Path, identity: str) -> None:
    """Raises `OptionError` for a file that is there and was not made of this archive."""
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return
    try:
        with closing(_connect(path)) as file:
            query = "SELECT 1 FROM facts WHERE name = 'identity' AND value = ?"
            if file.execute(query, (identity,)).fetchone():
                return
    except sqlite3.DatabaseError:  # another database, or none at all
        pass
    raise OptionError(f"{path} is there, and was not made of this archive: name another file, or remove it")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the next finds what this one did."""
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _advance(view: View, ledger: sa.Connection, begin: Begin, path: Path) -> Update:
    """Take what is new. Raises `Stale` or sqlite3.DatabaseError where the file must be made anew."""
    if not path.is_file():
        raise Stale
    with closing(_connect(path)) as file:
        if file.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise Stale
        file.execute("BEGIN IMMEDIATE")
        intake = Intake(view, ledger, file)
        before = intake.articles()
        written = intake.advance(begin)
        if not intake.agrees():  # the archive was repaired, say
            raise Stale
        file.execute("COMMIT")
        file.execute("PRAGMA busy_timeout = 1000")  # where somebody reads, the log stays as it is
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        count = intake.articles()
    return Update(count, count - before, written - (count - before), anew=False)


def _make(view: View, ledger: sa.Connection, begin: Begin, path: Path) -> Update:
    """Make the file anew, and put it in place whole."""
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
        _remove(path, *_LOG)  # the former file's would be taken for the new one's
        draft.replace(path)
        to_disk(path.parent)
    finally:
        _remove(draft, "", *_LOG)
    return Update(count, count, 0, anew=True)


def _remove(path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    file.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
    return file
