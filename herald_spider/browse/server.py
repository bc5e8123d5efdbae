"""Datasette on browse.sqlite, in this process, on 127.0.0.1."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from herald_spider.browse import plugin
from herald_spider.browse.facets import FACETS

HOST = "127.0.0.1"
_HERE = Path(__file__).parent
_NAME = "browse"  # also in ARTICLES of guard.py and in the names of templates
_SETTINGS = {
    "default_allow_sql": True,  # the file is opened read-only, and the time is limited:
    "sql_time_limit_ms": 3000,
    "max_returned_rows": 200,  # times _LONGEST_VALUE is the memory that a query can take
    "facet_time_limit_ms": 2000,
    "default_facet_size": 31,  # the days of a month
    "suggest_facets": False,
    "default_cache_ttl": 0,  # another scrapy browse may update the file
    "allow_download": False,
}
_TABLES: dict[str, Any] = {
    "articles": {"facets": FACETS, "sort_desc": "sort_key", "size": 50, "fts_table": "articles_fts"},
    "facts": {"hidden": True},
}
_LONGEST_VALUE = 4_000_000  # bytes of a value or row in a result: zeroblob() makes any number
_PATIENCE = 2  # seconds to finish responses when the server stops


class PortInUse(Exception):
    """The port cannot be used; the text says why."""


def listener(port: int) -> socket.socket:
    """Return a socket that listens on `port` of this machine, 0 for a free one. Raises `PortInUse`."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen()  # at once: until then another program could take the port as well
    except OSError as error:
        found.close()
        raise PortInUse(f"port {port} cannot be used: {error.strerror}; --port 0 takes a free one") from None
    return found


def serve(path: Path, title: str, found: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve until a signal comes; `ready` is called with the address once the server answers."""
    address = f"http://{HOST}:{found.getsockname()[1]}/"
    config = uvicorn.Config(
        _datasette(path, title).app(),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=_PATIENCE,
    )
    try:
        _Server(config, lambda: ready(address)).run([found])
    except KeyboardInterrupt:  # raised again by uvicorn after an orderly end
        return


class _Catalogue(Database):  # type: ignore[misc]
    """The catalogue, opened for reading with a limit of memory; its path may hold any character."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        address = f"file:{quote(self.path)}?mode=ro"
        found = sqlite3.connect(address, uri=True, check_same_thread=False)
        found.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        self._all_file_connections.append(found)
        return found


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]):
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()


def _datasette(path: Path, title: str) -> Datasette:
    # Rich would print a traceback with all local variables for every page that is not found.
    pm.get_plugin("datasette.handle_exception").rich = None
    pm.register(plugin)
    found = Datasette(
        metadata={"title": title, "databases": {_NAME: {"title": "SQL", "tables": _TABLES}}},
        settings=_SETTINGS,
        template_dir=str(_HERE / "templates"),
        static_mounts=[("assets", str(_HERE / "static"))],
    )
    found.remove_database("_memory")  # Datasette adds it because it was given no file
    # A fixed name, because addresses and templates must not depend on the name of the file.
    found.add_database(_Catalogue(found, str(path)), name=_NAME)
    return found
