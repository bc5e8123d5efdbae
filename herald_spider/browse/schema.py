"""The tables of browse.sqlite: ``schema.sql`` has the only list of their columns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from importlib.resources import files

# Also from within an egg, which has no files of its own.
SCHEMA = files("herald_spider.browse").joinpath("schema.sql").read_text("utf-8")


@cache
def version() -> int:
    """The version of the tables, as a file tells it."""
    with closing(_empty()) as file:
        number: int = file.execute("PRAGMA user_version").fetchone()[0]
    return number


@cache
def columns(table: str) -> tuple[str, ...]:
    with closing(_empty()) as file:
        return tuple(row[1] for row in file.execute(f"PRAGMA table_info({table})"))


@cache
def put(table: str, key: str) -> str:
    """SQL that writes a row, over that of the same key where there is one."""
    names = columns(table)
    places, changed = ", ".join("?" * len(names)), ", ".join(f"{each} = excluded.{each}" for each in names)
    return f"INSERT INTO {table} VALUES ({places}) ON CONFLICT ({key}) DO UPDATE SET {changed}"  # noqa: S608


def _empty() -> sqlite3.Connection:
    file = sqlite3.connect(":memory:")
    file.executescript(SCHEMA)
    return file
