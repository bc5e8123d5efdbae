"""A check of an archive that shares no code with it: segments and ledger are read with other libraries alone."""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Row = tuple[Any, ...]
Line = tuple[str, str]  # id of the article, hash of its text


@dataclass(frozen=True)
class Ledger:
    """The tables of a ledger as they are now; `url` is empty for SQLite in the archive's folder."""

    folder: Path
    url: str = ""

    def rows(self, query: str) -> list[Row]:
        if self.url:
            with psycopg.connect(self.url) as server:
                return server.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(self.folder / "ledger.sqlite", timeout=60)) as file:
            return file.execute(query).fetchall()


def content_of(folder: Path, name: str) -> bytes:
    """Return the bytes of a segment; of several files, of the longest one."""
    plain = folder / "articles" / name
    found = [plain.read_bytes()] if plain.exists() else []
    for ending, decompress in ((".zst", zstd.decompress), (".gz", gzip.decompress)):
        packed = plain.with_name(name + ending)
        if packed.exists():
            found.append(decompress(packed.read_bytes()))
    return max(found, key=len, default=b"")


def committed_lines(ledger: Ledger) -> set[Line]:
    """Return the lines that the ledger counts, as the segments hold them."""
    places = ledger.rows(
        'SELECT name, "offset", lines.length FROM lines JOIN segments ON segments.number = lines.segment'
    )
    contents = {name: content_of(ledger.folder, name) for name, *_ in places}
    found = (json.loads(contents[name][offset : offset + length]) for name, offset, length in places)
    return {(record["id"], record["content_hash"]) for record in found}


def problems(ledger: Ledger, expected: Collection[str], *, voids: bool = False) -> Iterator[str]:
    """Yield what is wrong with an archive that should hold the articles `expected`.

    `voids` allows bytes that a repair has noted as repeated: those of an older ledger that was restored.
    """
    folder = ledger.folder / "articles"
    segments = dict(ledger.rows("SELECT number, name FROM segments"))
    lengths = dict(ledger.rows("SELECT name, length FROM segments"))
    files = {
        path.name.partition(".jsonl")[0] + ".jsonl" for path in folder.glob("*.jsonl*") if path.stat().st_size
    }
    files -= {path.name.removesuffix(".cut") for path in folder.glob("*.cut")} - lengths.keys()
    if strange := files - {name for name, length in lengths.items() if length}:
        yield f"files that the ledger does not count: {strange}"
    contents = {name: content_of(ledger.folder, name) for name in lengths}
    yield from (
        f"{name} has {len(contents[name])} bytes, the ledger counts {length}"
        for name, length in lengths.items()
        if len(contents[name]) != length
    )
    yield from _problems_of_places(ledger, segments, contents, voids=voids)
    yield from _problems_of_articles(ledger, set(expected))


def _problems_of_places(
    ledger: Ledger, segments: dict[int, str], contents: dict[str, bytes], *, voids: bool
) -> Iterator[str]:
    """Yield lines that are cut, counted twice, not counted, or of another article."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    others = defaultdict(set)
    for alias, article in ledger.rows("SELECT alias, article FROM aliases"):
        others[article].add(alias)
    query = 'SELECT article, revision, segment, "offset", length FROM lines ORDER BY article, revision'
    last: dict[str, Any] = {}
    for article, revision, segment, offset, length in ledger.rows(query):
        name = segments.get(segment, "")
        places[name].append((offset, length))
        line = contents.get(name, b"")[offset : offset + length]
        try:
            record = json.loads(line)
        except ValueError:
            yield f"{article} revision {revision}: {name} at {offset} holds no whole line: {line[:60]!r}"
            continue
        if line.count(b"\n") != 1 or not line.endswith(b"\n"):
            yield f"{article} revision {revision}: {name} at {offset} is not one line"
        if record["id"] != article and record["id"] not in others[article]:
            yield f"{article} revision {revision}: the line is that of {record['id']}"
        text = {
            key: record[key] for key in ("headline", "body", "published_at", "updated_at", "byline", "images")
        }
        if last.get(article) == text:
            yield f"{article} revision {revision} repeats the one before it"
        last[article] = text
    noted = defaultdict(list)
    for fact, length in ledger.rows("SELECT name, value FROM facts"):
        if fact.startswith("void:"):
            name, _, offset = fact.removeprefix("void:").rpartition(":")
            noted[name].append((int(offset), int(length)))
    if noted and not voids:
        yield f"bytes noted as void: {dict(noted)}"
    for name, content in contents.items():
        position = 0
        for offset, length in sorted([*places[name], *noted[name]]):
            if offset != position:
                yield f"{name}: bytes {position} to {offset} belong to no line, or to two"
            position = offset + length
        if position != len(content):
            yield f"{name}: bytes {position} to {len(content)} belong to no line"


def _problems_of_articles(ledger: Ledger, expected: set[str]) -> Iterator[str]:
    """Yield articles that are missing, superfluous, in two places, or without a line."""
    revisions: dict[str, list[int]] = defaultdict(list)
    for article, revision in ledger.rows("SELECT article, revision FROM lines ORDER BY article, revision"):
        revisions[article].append(revision)
    yield from (
        f"{article} has the revisions {found}"
        for article, found in revisions.items()
        if found != list(range(1, len(found) + 1))
    )
    archived = dict(ledger.rows("SELECT id, revision FROM articles WHERE state = 'archived'"))
    if archived.keys() != expected:
        yield f"missing: {sorted(expected - archived.keys())}, superfluous: {sorted(archived.keys() - expected)}"
    newest = {article: found[-1] for article, found in revisions.items()}
    if newest != archived:
        yield f"newest lines and archived articles differ: {dict(newest.items() ^ archived.items())}"
    aliases = {alias for (alias,) in ledger.rows("SELECT alias FROM aliases")}
    if both := aliases & archived.keys():
        yield f"archived under two ids: {both}"


def problems_of_export(
    items: list[dict[str, Any]], expected: dict[str, dict[str, Any]], apart: Collection[str]
) -> Iterator[str]:
    """Yield how exported records differ from the truth; the fields `apart` are not compared."""
    counts = Counter(item["id"] for item in items)
    if counts != Counter(list(expected)):
        yield f"exported: {counts}, expected: {sorted(expected)}"
        return
    for item in items:
        for field, value in expected[item["id"]].items():
            if field not in apart and item[field] != value:
                yield f"{item['id']}: {field} is {item[field]!r}, should be {value!r}"
