"""The database of a ledger: SQLite (WAL) in the archive, or PostgreSQL for several machines.

The transactions of all processes run one after the other: they are short, and no reader sees
half of a change.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote, unquote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError

BUSY_SECONDS = 60  # waited for another transaction, or the restart of a server
_RUNS_LOCK = 20210409  # PostgreSQL's advisory lock of the archive: shared by the runs of all machines
_LOCK = 20210408  # PostgreSQL's advisory lock that serves as SQLite's BEGIN IMMEDIATE
_STEP = 0.5
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}

_HALF = re.compile("[\ud800-\udfff]")  # half of a character, which has no bytes
_REFUSED_VALUES = (OverflowError, UnicodeError)  # of Python's driver of SQLite

P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D", bound="Database")
logger = logging.getLogger(__name__)


class ArchiveError(Exception):
    """An archive cannot be used; the text says why and what to do, `reason` is a short key."""

    def __init__(self, reason: str, text: str):
        super().__init__(text)
        self.reason = reason


def transactional(method: Callable[Concatenate[D, sa.Connection, P], R]) -> Callable[Concatenate[D, P], R]:
    """Decorate a method, or a function of a database, to be one transaction, or to join its caller's."""

    @functools.wraps(method)
    def wrapped(self: D, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.transact(lambda connection: method(self, connection, *args, **kwargs))

    return wrapped


class Database:
    """The database at `url`: ``sqlite:///…``, ``sqlite://``, ``postgresql://…``."""

    def __init__(self, url: str):
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.is_read_only = self.engine.url.query.get("mode") == "ro"
        if self.is_sqlite:
            event.listen(
                self.engine, "connect", _configure_reader if self.is_read_only else _configure_sqlite
            )
        event.listen(self.engine, "before_cursor_execute", _clean_values, retval=True)
        self._connection: sa.Connection | None = None
        self._used = False

    def close(self) -> None:
        self.engine.dispose()

    def transact(self, work: Callable[[sa.Connection], R]) -> R:
        """Run `work` in one transaction and return its result; inside another transaction, join that.

        If the server goes away, `work` is run again once it is back: it must leave no state behind when it
        fails. Raises `ArchiveError` if the database fails.
        """
        if self._connection is not None:
            return work(self._connection)
        patience = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                with self.transaction() as connection:
                    return work(connection)
            except _REFUSED_VALUES as error:
                raise _value_error(error) from None
            except DatabaseError as error:
                if _is_of_value(error):
                    raise _value_error(error) from None
                passes = (self._used and _is_away(error)) or _is_restarting(error)
                if not passes or time.monotonic() > patience:
                    raise self.explain(error) from None
                logger.warning("The ledger's server is away (%s): waiting for it.", _first_line(error))
                time.sleep(_STEP)

    def column(self, query: sa.Select[Any], values: dict[str, Any] | None = None) -> list[Any]:
        """Return the first column of the rows of a query with bound `values`."""
        return self.transact(lambda connection: list(connection.scalars(query, values)))

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Open one transaction, which `transact` and the methods of this object join."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                # The write lock from the start: a later upgrade could fail half way.
                connection.exec_driver_sql("BEGIN" if self.is_read_only else "BEGIN IMMEDIATE")
            else:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            self._connection = connection
            try:
                yield connection
                connection.commit()
                self._used = True
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._connection = None

    def join_runs(self, connection: sa.Connection) -> None:
        """Share PostgreSQL's lock of runs, by this connection and later ones, until the database is closed.

        Raises `ArchiveError` if a repair holds it.
        """
        if not self.is_sqlite:
            _check_runs_lock(connection.scalar(sa.select(sa.func.pg_try_advisory_lock_shared(_RUNS_LOCK))))
            event.listen(self.engine, "connect", _share_runs_lock)

    def refuse_other_runs(self, connection: sa.Connection) -> None:
        """Keep the runs of all machines off PostgreSQL until the end of the transaction.

        Raises `ArchiveError` if one works with it. For SQLite, the lock on the archive's folder is enough.
        """
        if not self.is_sqlite:
            _check_runs_lock(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_RUNS_LOCK))))

    @contextmanager
    def without_runs(self) -> Iterator[None]:
        """Keep the runs of all machines off PostgreSQL. Raises `ArchiveError` if one works with it."""
        if self.is_sqlite:
            yield
            return
        try:
            with self.engine.connect() as connection:
                self.refuse_other_runs(connection)
                yield
        except DatabaseError as error:
            raise self.explain(error) from None

    @property
    def name(self) -> str:
        """The database's address as the user would write it, without a password."""
        url = self.engine.url
        return unquote((url.database or "").removeprefix("file:")) if self.is_read_only else str(url)

    def explain(self, error: DatabaseError) -> ArchiveError:
        """Return an error of the database as an `ArchiveError` that says what to do."""
        url, message = self.name, _first_line(error)
        if isinstance(error, IntegrityError):
            return ArchiveError(
                "archive_damaged",
                f"The ledger {url} contradicts itself ({message}): scrapy verify says where, --repair mends it.",
            )
        if not self.is_sqlite:
            return ArchiveError(
                "ledger_unreachable",
                f"The ledger {url} cannot be used: {message}. Is the server up, HERALD_LEDGER_URL right?",
            )
        if "locked" in message or "busy" in message:
            return ArchiveError(
                "archive_locked", f"The ledger {url} is locked by another program: {message}."
            )
        if any(words in message for words in ("malformed", "not a database", "no such")):
            return ArchiveError(
                "archive_damaged",
                f"The ledger {url} is damaged ({message}). The articles are safe in their segments: "
                "scrapy verify --repair makes a new ledger from them.",
            )
        if self.is_read_only and "readonly" not in message:
            text = (
                f"The ledger {url} cannot be read: {message}. A copy in a folder that can be written can be."
            )
            return ArchiveError("archive_not_readable", text)
        return ArchiveError(
            "archive_not_writable",
            f"The ledger {url} cannot be used: {message}. Is HERALD_ARCHIVE writable, the disk full?",
        )


def _engine(url: str) -> sa.Engine:
    try:
        address = sa.make_url(url)
        if driver := _DRIVERS.get(address.get_backend_name()):
            return sa.create_engine(address.set(drivername=driver))
        text = "give an address as postgresql://user:password@host/database"
    except ImportError:
        text = "PostgreSQL needs the extra: pip install '.[cluster]' in its checkout"
    except ArgumentError as error:  # the address holds a password
        text = str(error).replace(url, "it")
    raise ArchiveError("bad_settings", f"HERALD_LEDGER_URL cannot be used: {text}.")


def sqlite_url(path: Path) -> str:
    """Return the address of a SQLite file, whose name may hold any character."""
    return sa.URL.create("sqlite", database=str(path)).render_as_string()


def reading_url(path: Path, *, read_only: bool = False) -> str:
    """Return the address of a SQLite file, opened read-only if asked or if this user may only read it."""
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if not path.exists() or (writable and not read_only):
        return sqlite_url(path)
    query = {"uri": "true", "mode": "ro"}
    log, shared = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    # SQLite would make the shm file to share the log with writers; without a log there is nothing to share.
    if not shared.exists() and not (log.exists() and log.stat().st_size):
        query["immutable"] = "1"
    return sa.URL.create("sqlite", database=f"file:{quote(str(path))}", query=query).render_as_string()


def _configure_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _configure_sqlite(connection: Any, _record: Any) -> None:
    """Set up a connection that writes.

    With ``synchronous=FULL`` a commit is on the disk when it returns, also after a power cut. A batch of 100
    articles takes about 29 to 37 ms with it, 27 to 28 ms with NORMAL (measured November 2026).
    """
    connection.isolation_level = None  # BEGIN is sent by `transaction`
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _clean_values(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _executemany: bool
) -> tuple[str, Any]:
    """Return the parameters of a statement without NUL and half characters, which no database takes.

    They come from the network: in headers, addresses, and numbers of sections.
    """
    return statement, _clean(parameters)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value or not (value.isascii() or _HALF.search(value) is None):
            return _HALF.sub("\ufffd", value.replace("\x00", ""))
        return value
    if isinstance(value, dict):
        return {name: _clean(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_clean, value))
    return value


def _is_of_value(error: DatabaseError) -> bool:
    """Return True if the database refuses a value (SQLSTATE 22), or its size (54)."""
    return isinstance(error, DataError) or str(getattr(error.orig, "sqlstate", "")).startswith(("22", "54"))


def _value_error(error: Exception) -> ArchiveError:
    text = _first_line(error) if isinstance(error, DatabaseError) else str(error)
    return ArchiveError("value_refused", f"The ledger refuses a value: {text}.")


def _share_runs_lock(connection: Any, _record: Any) -> None:
    """Take the lock of runs for as long as the connection is open, so also after a restart of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock_shared(%s)", [_RUNS_LOCK])
        _check_runs_lock(cursor.fetchone()[0])
    connection.commit()


def _check_runs_lock(is_held: bool | None) -> None:
    if not is_held:
        text = "A crawl or a repair, perhaps of another machine, works with the ledger. Wait for its end, or stop it."
        raise ArchiveError("archive_locked", text)


def _is_away(error: DatabaseError) -> bool:
    """Return True if PostgreSQL is stopping, starting, or unreachable."""
    state = getattr(error.orig, "sqlstate", "")  # None before the server has answered
    return error.connection_invalidated or state is None or state.startswith(("08", "57P"))


def _is_restarting(error: DatabaseError) -> bool:
    """Return True if PostgreSQL refuses because it stops or starts; such a refusal has no SQLSTATE."""
    return "the database system is" in str(error.orig)


def _first_line(error: DatabaseError) -> str:
    return (str(error.orig).splitlines() or [type(error.orig).__name__])[0]
