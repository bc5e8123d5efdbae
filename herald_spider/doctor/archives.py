"""The archive at a glance: its folder, its segments, and the runs that made it. Nothing is changed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.database import ArchiveError
from herald_spider.archive.packing import file_of, is_packed
from herald_spider.archive.paths import SEGMENTS, ledger_file
from herald_spider.archive.schema import runs, segments
from herald_spider.archive.segments import is_held
from herald_spider.doctor.finding import Checkup, Finding, existing, ok, warning, wrong
from herald_spider.doctor.ledger import THOROUGH, looked_into
from herald_spider.middlewares.overlap import LOCKS

_RUNS = 20


def folder(checkup: Checkup) -> Iterator[Finding]:
    place = checkup.folder
    if place is None:
        yield warning("HERALD_ARCHIVE is none: nothing is kept", "set it to a folder")
        return
    near = existing(place)
    try:
        with tempfile.TemporaryFile(dir=near):  # the only test that a read-only file system does not pass
            pass
    except OSError as error:
        yield wrong(f"{near} cannot be written ({error.strerror})", "set HERALD_ARCHIVE to a folder that can")
        return
    if near != place:
        yield ok(f"{place} is not there yet; the first crawl makes it")
    elif closed := [
        each for each in _files(checkup, place) if each.exists() and not os.access(each, os.W_OK)
    ]:
        yield wrong(f"{closed[0]} cannot be written", "give it to the user who crawls (chown)")
    else:
        yield ok(f"{place} can be written")


def _files(checkup: Checkup, place: Path) -> list[Path]:
    try:
        file = ledger_file(place, checkup.settings["HERALD_LEDGER_URL"] or "")
    except ArchiveError:  # told by the check of the ledger
        file = None
    return [place / SEGMENTS, *([file] if file else [])]


@contextmanager
def _readable(checkup: Checkup) -> Iterator[sa.Connection | None]:
    """The same for the checks that follow; None where the one of the ledger has said why not."""
    if not checkup.has_tables:
        yield None
        return
    with looked_into(checkup) as connection:
        yield connection


def segment_files(checkup: Checkup) -> Iterator[Finding]:
    """Whether each segment that this machine wrote is there, and as long as the ledger says."""
    with _readable(checkup) as connection:
        if connection is None or checkup.folder is None:
            return
        node = checkup.settings["HERALD_NODE"]
        own = sa.or_(segments.c.node.is_(None), segments.c.node == node)
        rows = connection.execute(
            sa.select(segments.c.name, segments.c.length).where(own, segments.c.length > 0)
        ).all()
    place = checkup.folder / SEGMENTS
    faults = [fault for name, length in rows if (fault := _segment_fault(file_of(place, name), length))]
    if faults:
        text = f"{len(faults):,} of {len(rows):,} segments: {faults[0]}"
        yield wrong(text, "put back a copy, or scrapy verify --repair: the next crawl fetches the rest again")
    else:
        yield ok(f"{len(rows):,} segments are there, and long enough; {THOROUGH}")


def _segment_fault(path: Path, length: int) -> str | None:
    try:
        found = path.stat().st_size
    except OSError:
        return f"{path} is missing"
    if not found or (found < length and not is_packed(path)):
        return f"{path} has {found:,} bytes of {length:,}"
    return None


def unended(checkup: Checkup) -> Iterator[Finding]:
    """Runs that never ended: those that go on, and those that were killed."""
    with _readable(checkup) as connection:
        if connection is None or checkup.folder is None:
            return
        rows = connection.execute(sa.select(runs.c.spider, runs.c.job, runs.c.started, runs.c.ended)
                                  .order_by(runs.c.started.desc()).limit(_RUNS)).all()  # fmt: skip
        names = {row.run: row.name for row in connection.execute(sa.select(segments.c.run, segments.c.name))}
    going: list[str] = []
    unsure: list[str] = []
    killed: list[str] = []
    ended = set()
    for spider, job, _, end in rows:
        if end is not None:
            ended.add(spider)
            continue
        alive = _is_alive(checkup.folder, spider, job, names.get(job))
        if alive:
            going.append(f"{spider} ({job})")
        elif spider not in ended:  # a later run has taken up the others' work
            (unsure if alive is None else killed).append(f"{spider} ({job})")
    if killed:
        text = f"never ended, so killed: {', '.join(killed)}"
        yield warning(text, "its log may say why; the next crawl takes up what it left")
    if going:
        yield ok(f"going on: {', '.join(going)}")
    if unsure:
        yield ok(f"not ended: {', '.join(unsure)}; here it cannot be told whether it goes on")
    if not killed and not going and not unsure:
        yield ok(f"the last runs ended ({len(rows)})" if rows else "none yet")


def _is_alive(place: Path, spider: str, job: str, segment: str | None) -> bool | None:
    """Whether a run still holds its segment, or the process that it named with its lock lives.

    None where it has neither: with HERALD_OVERLAP=allow there is no lock, on another machine nothing to see.
    """
    path = place / SEGMENTS / (segment or "")
    has_segment = bool(segment) and path.is_file()
    if has_segment and is_held(path):
        return True
    try:
        holder = json.loads((place / LOCKS / spider).read_bytes())
        if holder["job"] == job:
            return _lives(int(holder["process"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        pass
    return False if has_segment else None


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def monitors(checkup: Checkup) -> Iterator[Finding]:
    """What the monitors said of the last run that ended."""
    with _readable(checkup) as connection:
        if connection is None:
            return
        query = sa.select(runs.c.spider, runs.c.job, runs.c.monitors).where(runs.c.ended.is_not(None))
        row = connection.execute(query.order_by(runs.c.ended.desc()).limit(1)).first()
    if row is None:
        return
    last = f"the last run, {row.spider} ({row.job})"
    cries = _cries(row.monitors)
    if cries is None:
        yield ok(f"none looked at {last}")
    elif cries:
        texts = "; ".join(f"{name}: {text}" for name, text in cries.items())
        yield warning(f"{last}: {texts}", "scrapy doctor with one of its addresses shows how a page is read")
    else:
        yield ok(f"all was well with {last}")


def _cries(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
