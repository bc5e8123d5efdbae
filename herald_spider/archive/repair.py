"""The repair of an archive from its segments: lines that can be read stay, the rest is fetched again.

Each step is one transaction, and the ledger is changed before a file is cut: a repair that is
interrupted is completed by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from herald_spider.archive import invariants
from herald_spider.archive.adopt import describe
from herald_spider.archive.database import ArchiveError, transactional
from herald_spider.archive.ledger import DISCOVERED, STATES, Ledger
from herald_spider.archive.lines import SegmentReader
from herald_spider.archive.lock import ArchiveLock
from herald_spider.archive.mend import drop_unreadable, fill_gaps
from herald_spider.archive.packing import PLAIN, file_of, files, readable, unpack
from herald_spider.archive.paths import SEGMENTS, ledger_file
from herald_spider.archive.schema import aliases, articles, lines, segments, sightings
from herald_spider.archive.segments import is_held
from herald_spider.archive.verify import Findings, check_database
from herald_spider.archive.view import View

_LOST = "The next crawl finds runs, listings and articles that were not archived again."


def repair_archive(folder: Path, url: str, *, node: str, site: str | None, near: bool) -> Iterator[str]:
    """Repair the archive in `folder` with its ledger at `url` (empty: in the folder); yield what was done.

    `node` is this machine's name, `site` the owner of an archive whose ledger names none, `near`
    whether near-duplicates are searched for. Raises `ArchiveError` if there is no archive, a crawl is
    running, or segments of other machines are missing.
    """
    file = ledger_file(folder, url)
    if file and not file.is_file() and not files(folder / SEGMENTS):
        raise ArchiveError("no_archive", f"No archive in {folder} (HERALD_ARCHIVE): nothing to repair.")
    lock = ArchiveLock(folder)
    with lock.alone("Repair the archive once it has ended, or stop it first."):
        lock.sign("verify --repair")
        paths = files(folder / SEGMENTS)
        _refuse_while_crawling(paths.values())
        if file and not file.is_file():
            _set_aside(file)  # a log left without its database must not attach to the new one
            yield f"The ledger is lost: making a new one, {file}. {_LOST}"
        elif file and not _is_sound(folder, url, lock):
            yield f"The ledger is damaged: it is now {_set_aside(file)}; making a new one. {_LOST}"
        with closing(View(folder, url, lock)) as view, view.ledger.without_runs():
            _refuse_without_others(view, node)
            if site:
                view.ledger.set_default_site(site)
            yield from _mend(view, paths, near=near)


def _refuse_while_crawling(paths: Iterable[Path]) -> None:
    """Raise `ArchiveError` if a run of an earlier Herald Spider, which knows no `ArchiveLock`, is writing."""
    for path in paths:
        if is_held(path):
            text = f"A crawl is writing {path.name}: repair the archive once it has ended."
            raise ArchiveError("archive_locked", text)


def _refuse_without_others(view: View, node: str) -> None:
    """Raise `ArchiveError` if segments that other machines wrote are missing here."""
    away = [
        each
        for each in view.ledger.all_segments()
        if each.length and each.node not in (None, node) and not file_of(view.segments, each.name).is_file()
    ]
    if away:
        nodes = ", ".join(sorted({str(each.node) for each in away}))
        text = (
            f"{len(away)} segments that {nodes} wrote are not in {view.segments}: bring them here first; "
            "if they are lost, repair it with HERALD_NODE set to that name."
        )
        raise ArchiveError("archive_incomplete", text)


def _is_sound(folder: Path, url: str, lock: ArchiveLock) -> bool:
    """Return True if SQLite finds no damage in the ledger's file."""
    found = Findings()
    try:
        with closing(View(folder, url, lock)) as view, view.snapshot() as connection:
            check_database(view, connection, found)
    except ArchiveError as error:
        if error.reason != "archive_damaged":
            raise
        return False
    return not found.problems


def _set_aside(file: Path) -> str:
    """Rename a damaged ledger with SQLite's files beside it; return the new name."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{file.name}.damaged-{moment}"
    for suffix in ("", "-wal", "-shm"):
        each = file.with_name(file.name + suffix)
        if each.exists():
            each.rename(file.with_name(name + suffix))
    return name


def _mend(view: View, paths: dict[str, Path], *, near: bool) -> Iterator[str]:
    ledger = view.ledger
    for name, path in paths.items():
        size, sound = readable(path)
        if not sound:
            paths[name] = unpack(path)
            yield f"{path.name} is damaged: {size:,} bytes of it are now {name}"
    strays = lines.c.segment.not_in(sa.select(segments.c.number))
    ledger.transact(lambda connection: connection.execute(lines.delete().where(strays)))
    for segment in ledger.all_segments():
        if lost := drop_unreadable(ledger, view.segments, segment):
            yield f"{segment.name}: {lost:,} lines differ from the ledger"
    for name, path in paths.items():
        if path.stat().st_size:
            ledger.segment_number(name, name.removesuffix(PLAIN).split("-", 2)[-1], None)
    for segment in ledger.all_segments():
        adopted, voided, cut = fill_gaps(ledger, view.segments, segment, near=near)
        if adopted or voided or cut:
            kept = f", {cut:,} bytes cut off and kept in {segment.name}.cut" if cut else ""
            void = f"{voided:,} damaged or repeated bytes noted as void"
            yield f"{segment.name}: {adopted:,} lines entered, {void}{kept}"
    if waiting := _mend_articles(ledger, view.segments, near=near):
        yield f"{waiting:,} articles wait for the next crawl to fetch them again"


@transactional
def _mend_articles(ledger: Ledger, connection: sa.Connection, /, folder: Path, *, near: bool) -> int:
    """Make articles, aliases and sightings agree with the lines; return the number of articles to fetch."""
    while pair := connection.execute(invariants.archived_twice().limit(1)).first():  # each changes the others
        ledger.add_aliases(pair.article, [pair.alias])
    in_no_state = articles.c.state.not_in(STATES)
    connection.execute(articles.update().where(in_no_state).values(state=DISCOVERED))
    wrong = {each for question in invariants.ABOUT_ARTICLES for each in connection.scalars(question)}
    with closing(SegmentReader(folder)) as reader:
        described = [describe(connection, reader, each, near=near) for each in sorted(wrong)]
    known = sa.select(articles.c.id)
    connection.execute(aliases.delete().where(aliases.c.article.not_in(known)))
    connection.execute(sightings.delete().where(sightings.c.article.not_in(known)))
    return described.count(False)
