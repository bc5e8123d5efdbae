"""An archive opened for reading.

A reader takes one snapshot of the ledger; runs go on writing meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from herald_spider import urls
from herald_spider.archive.database import ArchiveError, reading_url
from herald_spider.archive.ledger import ARCHIVED, Ledger
from herald_spider.archive.lines import SegmentReader, UnreadableLine, record_of
from herald_spider.archive.lock import ArchiveLock
from herald_spider.archive.paths import SEGMENTS, folder_of, ledger_file
from herald_spider.archive.schema import aliases, articles, lines, segments, sightings
from herald_spider.archive.segments import refuse_lost, strangers

BATCH = 500  # rows at once; SQLite's oldest limit is 999 variables in a query


class View:
    """The archive in `folder` with its ledger. `lock` is the archive's lock if the caller holds it."""

    def __init__(self, folder: Path, url: str = "", lock: ArchiveLock | None = None):
        self.folder = folder
        self.segments = folder / SEGMENTS
        file = ledger_file(folder, url)
        self.ledger = Ledger(reading_url(file) if file else url, lock=lock or ArchiveLock(folder))

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """Open a connection that sees the ledger as it is now, whatever runs commit meanwhile."""
        try:
            with self.ledger.engine.connect() as connection:
                if self.ledger.is_sqlite:
                    connection.exec_driver_sql("BEGIN")
                else:
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                yield connection
                connection.rollback()
        except DatabaseError as error:
            raise self.ledger.explain(error) from None

    def close(self) -> None:
        self.ledger.close()


@contextmanager
def opened(settings: Mapping[str, Any]) -> Iterator[View]:
    """Open the archive that the settings name. Raises `ArchiveError` if there is none."""
    folder = folder_of(settings)
    url = settings["HERALD_LEDGER_URL"] or ""
    file = ledger_file(folder, url)
    if file:
        refuse_lost(file, folder / SEGMENTS)
        if not file.is_file():
            raise ArchiveError(
                "no_archive", f"No archive in {folder} (HERALD_ARCHIVE): no crawl has begun there yet."
            )
    view = View(folder, url)
    try:
        strangers(view.ledger.name, view.segments, view.ledger.all_segments())
        yield view
    finally:
        view.close()


# Records ---------------------------------------------------------------------------------


def records(
    view: View, connection: sa.Connection, *, revisions: bool = False, where: Any = None
) -> Iterator[dict[str, Any]]:
    """Yield the articles in the order of the segments, with listings and aliases found since.

    Raises `ArchiveError` at a line that cannot be read.
    """
    query = places(revisions=revisions).where(articles.c.state == ARCHIVED)
    if where is not None:
        query = query.where(where)
    for _, record in read_places(view, connection, query):
        yield record


def places(*, revisions: bool) -> sa.Select[Any]:
    """Return the query of the places of lines, the newest of each article or all."""
    source = lines if revisions else articles
    article = lines.c.article if revisions else articles.c.id
    place = source.c.revision, segments.c.name, source.c.offset, source.c.length
    query = sa.select(article.label("article"), *place)
    if revisions:
        query = query.join(articles, articles.c.id == lines.c.article)
    query = query.join(segments, segments.c.number == source.c.segment)
    return query.order_by(source.c.segment, source.c.offset)


def read_places(
    view: View, connection: sa.Connection, query: sa.Select[Any]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield each row of `query` (article, revision, and name, offset and length of a line) with its record."""
    with closing(SegmentReader(view.segments)) as reader:
        rows = connection.execute(query, execution_options={"yield_per": BATCH})
        for part in rows.partitions(BATCH):
            since = learnt(connection, [row.article for row in part])
            for row in part:
                record = read_record(reader, row)
                since.merge(row.article, record)
                yield row, record


def read_record(reader: SegmentReader, row: Any) -> dict[str, Any]:
    """Return the record at a place. Raises `ArchiveError` if the line cannot be read."""
    try:
        # The ledger's number: a line of an article that was joined with another may hold a lower one.
        return record_of(reader.piece(row.name, row.offset, row.length)) | {"revision": row.revision}
    except UnreadableLine as error:
        raise ArchiveError(
            "archive_damaged",
            f"{reader.folder / row.name} at byte {row.offset}: article {row.article} cannot be read "
            f"({error}). Run scrapy verify --repair.",
        ) from None


@dataclass(frozen=True)
class Learnt:
    """The listings that showed articles and their other ids, some found after their lines were written."""

    sections: dict[str, list[str]]
    ids: dict[str, list[str]]

    def merge(self, article: str, record: dict[str, Any]) -> None:
        """Add the listings and addresses of an article to its record."""
        record["listed_in"] = sorted({*record["listed_in"], *self.sections.get(article, ())})
        names = {urls.article_url(each) for each in (article, *self.ids.get(article, ()))}
        record["aliases"] = sorted({*record["aliases"], *names} - {record["url"]})


def learnt(connection: sa.Connection, ids: list[str]) -> Learnt:
    """Return the listings and other ids of up to `BATCH` articles."""
    return Learnt(
        _by_article(connection, sightings.c.article, sightings.c.section, ids),
        _by_article(connection, aliases.c.article, aliases.c.alias, ids),
    )


def _by_article(connection: sa.Connection, article: Any, value: Any, ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, each in connection.execute(sa.select(article, value).where(article.in_(ids))):
        found.setdefault(key, []).append(each)
    return found
