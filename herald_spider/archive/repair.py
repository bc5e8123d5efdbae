"""Makes an archive sound again, from its segments: what can be read stays, the rest is fetched anew.

Each step is one transaction, and the ledger is told before a file is cut: whatever
interrupts a repair, the next one goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from herald_spider.archive import invariants
from herald_spider.archive.adopt import repoint
from herald_spider.archive.database import ArchiveError
from herald_spider.archive.ledger import DISCOVERED, STATES
from herald_spider.archive.lines import SegmentReader
from herald_spider.archive.mend import drop_unreadable, fill_gaps
from herald_spider.archive.packing import PLAIN, file_of, files, readable, unpack
from herald_spider.archive.paths import SEGMENTS, folder_of, ledger_file
from herald_spider.archive.schema import aliases, articles, facts, lines, segments, sightings
from herald_spider.archive.segments import is_held
from herald_spider.archive.verify import Findings, check_database, segments_of
from herald_spider.archive.view import View

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_FORGOTTEN = "What was known of runs, listings and articles not archived comes back with the next crawl."
_PROJECT = 20  # the priority of settings.py


def repair(settings: BaseSettings) -> Iterator[str]:
    """Repair the archive that the settings name; what was done, step by step.

    Raises `ArchiveError` where there is none, a crawl is running, or a part of it is elsewhere.
    """
    folder = folder_of(settings)
    url = settings["HERALD_LEDGER_URL"] or ""
    paths = files(folder / SEGMENTS)
    file = ledger_file(folder, url)
    if file and not file.is_file() and not paths:
        raise ArchiveError("no_archive", f"No archive in {folder} (HERALD_ARCHIVE): nothing to repair.")
    _refuse_while_crawling(paths.values())
    if file and not file.is_file():
        _set_aside(file)  # a log without its database is none's, least of all the new one's
        yield f"The ledger is lost: making a new one, {file}. {_FORGOTTEN}"
    elif file and not _is_sound(folder, url):
        yield _set_aside(file)
    view = View(folder, url)
    try:
        _refuse_without_others(view, settings["HERALD_NODE"])
        _claim(view, settings)
        yield from _mend(view, paths, near=settings["HERALD_NEAR_DUPLICATES"] != "off")
    finally:
        view.close()


def _refuse_while_crawling(paths: Iterable[Path]) -> None:
    for path in paths:
        if is_held(path):
            text = f"A crawl is writing {path.name}: repair the archive once it has ended."
            raise ArchiveError("archive_locked", text)


def _refuse_without_others(view: View, node: str) -> None:
    """Segments of other machines are not lost because they are not here."""
    with view.snapshot() as connection:
        known = segments_of(connection)
    away = [
        each
        for each in known
        if each.length and each.node not in (None, node) and not file_of(view.segments, each.name).is_file()
    ]
    if away:
        nodes = ", ".join(sorted({str(each.node) for each in away}))
        text = (
            f"{len(away)} segments that {nodes} wrote are not in {view.segments}: bring them here first; "
            "if they are lost, repair it with HERALD_NODE set to that name."
        )
        raise ArchiveError("archive_incomplete", text)


def _is_sound(folder: Path, url: str) -> bool:
    """Whether SQLite finds nothing wrong with the ledger's file."""
    found = Findings()
    try:
        view = View(folder, url)
        try:
            with view.snapshot() as connection:
                check_database(view, connection, found)
        finally:
            view.close()
    except ArchiveError as error:
        if error.reason != "archive_damaged":
            raise
        return False
    return not found.problems


def _set_aside(file: Path) -> str:
    """Move a damaged ledger away, with what SQLite keeps beside it."""
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    name = f"{file.name}.damaged-{moment}"
    for suffix in ("", "-wal", "-shm"):
        each = file.with_name(file.name + suffix)
        if each.exists():
            each.rename(file.with_name(name + suffix))
    return f"The ledger is damaged: it is now {name}; making a new one. {_FORGOTTEN}"


def _claim(view: View, settings: BaseSettings) -> None:
    """Say whose archive it is, where the ledger does not know and somebody has told us.

    The project's default is nobody's word: the archive could be one of the demo.
    """
    given = (settings.getpriority("HERALD_BASE_URL") or 0) > _PROJECT or "HERALD_BASE_URL" in os.environ
    with view.ledger.transaction() as connection:
        site = connection.scalar(sa.select(facts.c.value).where(facts.c.name == "site"))
        if given and site is None:
            base = settings["HERALD_BASE_URL"].rstrip("/")
            connection.execute(facts.insert().values(name="site", value=base))


def _mend(view: View, paths: dict[str, Path], *, near: bool) -> Iterator[str]:
    ledger = view.ledger
    for name, path in paths.items():
        size, sound = readable(path)
        if not sound:
            paths[name] = unpack(path)
            yield f"{path.name} is damaged: {size:,} bytes of it are now {name}"
    with ledger.transaction() as connection:
        affected = _drop_strays(connection)
        known = segments_of(connection)
    for segment in known:
        lost = drop_unreadable(ledger, view.segments, segment)
        affected |= set(lost)
        if lost:
            yield f"{segment.name}: {len(lost):,} lines are not what the ledger says"
    for name, path in paths.items():
        if path.stat().st_size:
            ledger.segment_number(name, name.removesuffix(PLAIN).split("-", 2)[-1], None)
    with ledger.transaction() as connection:
        known = segments_of(connection)
    for segment in known:
        adopted, voided, cut = fill_gaps(ledger, view.segments, segment, near=near)
        if adopted or voided or cut:
            kept = f", {cut:,} bytes cut off and kept in {segment.name}.cut" if cut else ""
            void = f"{voided:,} damaged or repeated bytes noted as void"
            yield f"{segment.name}: {adopted:,} lines entered, {void}{kept}"
    with ledger.transaction() as connection:
        waiting = _mend_articles(view, connection, affected)
    if waiting:
        yield f"{waiting:,} articles wait for the next crawl to fetch them again"


def _drop_strays(connection: sa.Connection) -> set[str]:
    """Take out of the ledger what refers to nothing; the articles that lost a line."""
    no_segment = lines.c.segment.not_in(sa.select(segments.c.number))
    affected = set(connection.scalars(sa.select(lines.c.article).where(no_segment)))
    connection.execute(lines.delete().where(no_segment))
    return affected


def _mend_articles(view: View, connection: sa.Connection, affected: set[str]) -> int:
    """Make articles, other ids and sightings agree with the lines; how many articles wait."""
    while pair := connection.execute(invariants.archived_twice().limit(1)).first():  # each changes the others
        view.ledger.add_aliases(pair.article, [pair.alias])
    in_no_state = articles.c.state.not_in(STATES)
    connection.execute(articles.update().where(in_no_state).values(state=DISCOVERED))
    for question in invariants.ABOUT_ARTICLES:
        affected |= set(connection.scalars(question))
    reader = SegmentReader(view.segments)
    waiting = repoint(connection, reader, sorted(affected))
    reader.close()
    known = sa.select(articles.c.id)
    connection.execute(aliases.delete().where(aliases.c.article.not_in(known)))
    connection.execute(sightings.delete().where(sightings.c.article.not_in(known)))
    return waiting
