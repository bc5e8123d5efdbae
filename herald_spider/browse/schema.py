"""The tables of browse.sqlite and their rows: the columns of articles are the fields of the item, the rest is in ``schema.sql``."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from functools import cache
from importlib.resources import files
from typing import Any

from herald_spider.items import FIELDS

ROWS = 1  # raise it when article_row() gives other values for the same columns
_LARGEST = 2**63 - 1  # SQLite's integer
Value = str | int | None
Row = tuple[Value, ...]
# Fields whose changes are shown beside those of the body, by name, with their labels.
COMPARED = {name: each.label for name, each in FIELDS.items() if each.label}


def _columns(*names: str) -> str:
    types = {name: "INTEGER" if FIELDS[name].type is int else "TEXT" for name in names}
    return ",\n  ".join(f"{name} {kind}" for name, kind in types.items())


def _schema() -> str:
    # importlib.resources reads it from within an egg as well.
    text = files("herald_spider.browse").joinpath("schema.sql").read_text("utf-8")
    browsed = [name for name, each in FIELDS.items() if each.browsed and name != "body"]
    return text.format(fields=_columns(*browsed), compared=_columns(*COMPARED))


_TABLES = _schema()
# A file with another version is rebuilt.
VERSION = zlib.crc32(f"{ROWS} {_TABLES}".encode()) >> 1
SCHEMA = f"{_TABLES}\nPRAGMA user_version = {VERSION};\n"


@cache
def columns(table: str) -> tuple[str, ...]:
    """Return the names of a table's columns."""
    with closing(sqlite3.connect(":memory:")) as file:
        file.executescript(SCHEMA)
        return tuple(row[1] for row in file.execute(f"PRAGMA table_info({table})"))


@cache
def put(table: str, key: str) -> str:
    """Return SQL that inserts a row, or replaces the row with the same key."""
    names = columns(table)
    places, changed = ", ".join("?" * len(names)), ", ".join(f"{each} = excluded.{each}" for each in names)
    return f"INSERT INTO {table} VALUES ({places}) ON CONFLICT ({key}) DO UPDATE SET {changed}"  # noqa: S608


# Rows ------------------------------------------------------------------------------------


def article_row(article: str, revision: int, record: dict[str, Any]) -> Row:
    """Return the row of an article's newest revision; `article` is its id in the ledger.

    Raises AttributeError, KeyError or TypeError for a damaged record.
    """
    published = record["published_at"] or ""
    authors = dict.fromkeys(each["name"] for each in record["authors"])
    derived = {
        "id": article,
        "revision": revision,
        "authors": list(authors),
        "year": published[:4] or None,
        "month": published[:7] or None,
        "day": published[:10] or None,
        "sort_key": f"{published} {article}",
    }
    values = {**record, **derived}
    return tuple(_stored(values[name]) for name in columns("articles"))


def revision_row(article: str, revision: int, record: dict[str, Any]) -> Row:
    """Return the row of an earlier revision."""
    values = {**record, "article": article, "revision": revision}
    return tuple(_stored(values[name]) for name in columns("revisions"))


def _stored(value: Any) -> Value:
    """Return `value` as SQLite takes it: lists as JSON, lone surrogates replaced."""
    if value is None or (isinstance(value, int) and abs(value) <= _LARGEST):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
