"""Everything on disk: the archive of a site, a folder with a ledger and its segments.

The ledger's commit is the commit. A batch of articles is written to the run's segment
and brought to the disk, then one transaction enters the articles and the segment's new
length. What a crash leaves behind that length is cut off when the archive is opened.
"""

from __future__ import annotations

import json
import logging
import socket
import time
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

import herald_spider.archive.near_duplicates as near_duplicates
from herald_spider.archive import schema
from herald_spider.archive.database import ArchiveError, sqlite_url
from herald_spider.archive.ledger import ARCHIVED, REJECTED, Known, Ledger, Validators, now
from herald_spider.archive.lines import ids_of
from herald_spider.archive.packing import OFF, PLAIN, file_of, files, is_packed, pack
from herald_spider.archive.segments import SegmentWriter, recover, refuse_lost, strangers
from herald_spider.archive.values import captured, day_of, encode, published, revision_hash
from herald_spider.items import Article

__all__ = ["Archive", "ArchiveError", "Known"]

logger = logging.getLogger(__name__)

NONE = "none"
LEDGER = "ledger.sqlite"
SEGMENTS = "articles"
# What an article is to the archive: nothing new, an older copy than what it has, or something new.
Verdict = Literal["same", "outdated", "new"]
Place = tuple[int, int, int]  # segment, offset, length


@dataclass
class Draft:
    """What is kept of an article beside its fields, from its reading to its commit."""

    validators: Validators = (None, None)
    signature: bytes | None = None
    ids: list[str] = field(default_factory=list)  # its own, and those under which the ledger keeps them


@dataclass
class _Pending:
    """An article on its way into the archive."""

    item: Article
    hash: str
    draft: Draft
    entry: near_duplicates.Entry
    ids: list[str]  # all that are known to be its own
    owner: str = ""  # the id under which the ledger keeps it, from the commit on


@dataclass(frozen=True)
class _Newest:
    """The newest revision of an article."""

    hash: str | None
    revision: int
    captured: int
    pending: _Pending | None = None


def name_problem(name: str) -> str | None:
    """What is wrong with HERALD_ARCHIVE as a name; None if nothing is."""
    if not name:
        return "HERALD_ARCHIVE is empty: give a folder, or none to keep nothing"
    if name != NONE and name.lower() == NONE:
        return f"HERALD_ARCHIVE={name!r}: give none in small letters to keep nothing, or a folder"
    if name.startswith("~"):
        return f"HERALD_ARCHIVE={name!r}: give the whole path; only a shell knows what ~ is"
    return None


class Archive:
    """The archive in `folder`, or one in memory for ``"none"``.

    Articles are added one by one and committed in batches of `batch` articles or
    `seconds`. Raises `ArchiveError` where it cannot be used.
    """

    def __init__(
        self, folder: str, site: str | None = None, *, ledger_url: str | None = None, node: str = "",
        batch: int = 100, seconds: float = 5.0, near: str = "mark", packing: str = OFF,
    ):  # fmt: skip
        self.folder = None if folder == NONE else Path(folder)
        self.batch, self.seconds, self.near, self.packing = batch, seconds, near, packing
        self.node = node or socket.gethostname()
        self.pending: dict[str, _Pending] = {}
        self.pending_ids: dict[str, _Pending] = {}  # by each of an article's ids
        self.drafts: dict[str, Draft] = {}
        self.last_commit = time.monotonic()
        self.writer: SegmentWriter | None = None
        self.problems: list[str] = []
        self.repeated: list[Article] = []  # what another run archived meanwhile
        if self.folder is None:
            self.ledger = Ledger("sqlite://", site)
            return
        try:
            (self.folder / SEGMENTS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(
                "archive_not_writable",
                f"HERALD_ARCHIVE={folder} cannot be written ({error.strerror}). Set it to a folder that can.",
            ) from None
        url = ledger_url or sqlite_url(self.folder / LEDGER)
        if url.startswith("sqlite"):
            refuse_lost(Path(sa.make_url(url).database or ""), self.folder / SEGMENTS)
        self.ledger = Ledger(url, site)
        try:
            self._recover(self.folder / SEGMENTS)
        except ArchiveError:
            self.ledger.close()
            raise

    def _recover(self, folder: Path) -> None:
        """Cut off what dead runs left, and note what is wrong. Raises `ArchiveError` as `strangers` does."""
        with self.ledger.transaction():  # no other run commits meanwhile
            known = self.ledger.all_segments()
            for name in strangers(self.ledger.name, folder, known):
                self.problems.append(f"{folder / name} is not in the ledger: its articles are not known")
            for segment in self._own(known):
                if problem := recover(folder, segment.name, segment.length):
                    self.problems.append(problem)

    def _own(self, known: list[Any]) -> list[Any]:
        """The segments that this machine wrote: others' locks cannot be seen, nor may their files be here."""
        return [each for each in known if self.ledger.is_sqlite or each.node in (None, self.node)]

    # A run -----------------------------------------------------------------------------

    def begin_run(self, spider: str, job: str, arguments: dict[str, Any]) -> None:
        """Start the segment and the row of a run. The segment's file comes with its first line."""
        self.job = job
        self.ledger.begin_run(job, spider, json.dumps(arguments, default=str))
        moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        if self.folder:
            name = f"{moment}-{spider}-{job}{PLAIN}"
            self.writer = SegmentWriter(self.folder / SEGMENTS / name)
            # Entered before its first byte: a file that the ledger does not know is never ours to cut.
            self.segment_row = self.ledger.segment_number(name, job, self.node)

    def end_run(self, outcome: str, stats: dict[str, Any]) -> None:
        """Commit what is left, then compress the segments that no run writes, where that is wanted."""
        self.commit()
        counted = {name: value for name, value in stats.items() if value != 0}
        self.ledger.end_run(self.job, outcome, json.dumps(counted, default=str))
        if self.writer:
            self.writer.close()
        if self.folder and self.packing != OFF:
            self._pack(self.folder / SEGMENTS)

    def _pack(self, folder: Path) -> None:
        """Compress all that is plain: also what runs left that were killed before they could."""
        lengths = {segment.name: segment.length for segment in self._own(self.ledger.all_segments())}
        for name, path in files(folder).items():
            if is_packed(path) or not lengths.get(name):
                continue
            try:
                pack(path, self.packing, lengths[name])
            except OSError as error:
                logger.error("%s stays uncompressed: %s. Is the disk full?", path, error.strerror)
                return

    def close(self) -> None:
        if self.writer:
            self.writer.close()
        self.ledger.close()

    @property
    def segment(self) -> Path | None:
        """The file of this run, once it holds a line."""
        if not self.writer or not self.writer.length:
            return None
        return file_of(self.writer.path.parent, self.writer.path.name)

    # Articles --------------------------------------------------------------------------

    def judge(self, item: Article) -> Verdict:
        """`compare`, and `mark_near_duplicate` for what is new: one transaction."""
        if len({id(self.pending_ids[each]) for each in ids_of(item) if each in self.pending_ids}) > 1:
            self.commit()  # two of the batch are one: the ledger joins them

        def work(_: sa.Connection) -> Verdict:
            if (verdict := self.compare(item)) == "new":
                self.mark_near_duplicate(item)
            return verdict

        return self.ledger.transact(work)

    def compare(self, item: Article) -> Verdict:
        """Give `item` its revision and listings, and say whether it is new.

        An article that is known under another of its ids joins that one. A copy older than
        the newest revision is no revision: the archive goes forward only.
        """
        digest = revision_hash(item)
        ids, known, shown = self.ledger.transact(lambda _: self._look_up(ids_of(item)))
        item.listed_in = sorted({*item.listed_in, *shown})
        if known and known.hash == digest:
            self.ledger.transact(lambda _: self._join(known, ids, captured(item)))
            self.drop(item)
            return "same"
        if known and item.captured_at and known.captured > captured(item):
            self.ledger.transact(lambda _: self._join(known, ids))
            self.drop(item)
            return "outdated"
        item.revision = known.revision + 1 if known else 1
        self.draft(item.id).ids = ids
        return "new"

    def _look_up(self, ids: list[str]) -> tuple[list[str], _Newest | None, list[str]]:
        """An article's ids with those that the ledger has for it, what is known of it, and its sections."""
        rows = self.ledger.known(ids)
        names = list(dict.fromkeys([*ids, *(row.id for row in rows.values())]))
        return names, self._known(names, rows), self.ledger.sections_of(names)

    def _join(self, known: _Newest, ids: list[str], moment: int | None = None) -> None:
        """Another page of what is known: its ids are the article's; at `moment` the site still had it so.

        What waits for its commit is joined by that: the ledger may not know it yet.
        """
        if pending := known.pending:
            pending.ids = list(dict.fromkeys([*pending.ids, *ids]))
            self.pending_ids |= dict.fromkeys(ids, pending)
            return
        owner = self._owner(ids)
        self.ledger.add_aliases(owner, ids)
        if moment is not None:
            self.ledger.touch(owner, moment)

    def _known(self, ids: list[str], rows: dict[str, Known]) -> _Newest | None:
        """What is archived, or on its way, under any of `ids`."""
        for each in ids:
            if pending := self.pending_ids.get(each):
                return _Newest(pending.hash, pending.item.revision, captured(pending.item), pending)
        archived = next((row for row in rows.values() if row.revision), None)
        return _Newest(archived.content_hash, archived.revision, archived.captured or 0) if archived else None

    def _owner(self, ids: list[str]) -> str:
        """The id under which the ledger keeps an article, or will."""
        if archived := self.ledger.owner(ids):
            return archived
        pending = next((self.pending_ids[each] for each in ids if each in self.pending_ids), None)
        return (pending and pending.item.id) or ids[0]

    def draft(self, article: str | None) -> Draft:
        return self.drafts.setdefault(article or "", Draft())

    def drop(self, item: Article) -> None:
        """Forget what was drafted of an article that will not be kept."""
        self.drafts.pop(item.id or "", None)

    def reject(self, item: Article, reason: str) -> None:
        """Note under each of its ids that an article is not kept, and why."""
        self.drop(item)
        for each in ids_of(item):
            self.ledger.set_state(each, REJECTED, reason)

    def mark_near_duplicate(self, item: Article) -> None:
        """Set `duplicate_of` to the earlier article that `item` nearly repeats."""
        if self.near == "off" or not item.body:
            return
        signature = near_duplicates.fingerprint(item.body)
        if signature is None:
            return
        ids = self.draft(item.id).ids or ids_of(item)
        article = self._owner(ids) if item.revision > 1 else item.id or ""  # the ledger knows no new article
        own = {self.pending_ids[each].item.id for each in ids if each in self.pending_ids}
        batch = {each: other.entry for each, other in self.pending.items() if each not in own}
        item.duplicate_of = self.ledger.transact(
            lambda connection: near_duplicates.find(connection, signature, day_of(item), article, batch)
        )
        self.draft(item.id).signature = signature

    def add(self, item: Article) -> None:
        """Put an article into the batch, and commit the batch when it is due."""
        draft = self.drafts.pop(item.id or "", None) or Draft()
        ids = draft.ids or ids_of(item)
        if not self.pending_ids.keys().isdisjoint(ids):
            self.commit()  # two revisions of one article are two batches
        entry = near_duplicates.Entry(day_of(item), draft.signature or b"", item.duplicate_of)
        self.pending[item.id or ""] = pending = _Pending(item, revision_hash(item), draft, entry, ids)
        self.pending_ids |= dict.fromkeys(ids, pending)
        if len(self.pending) >= self.batch or time.monotonic() - self.last_commit >= self.seconds:
            self.commit()

    def commit(self) -> None:
        """Write the batch: the segment's lines, then the ledger's transaction.

        Raises `ArchiveError` where disk or database do not take it. The batch stays pending,
        and the ledger holds no part of it; nor does the segment, or it is cut off later.
        """
        self.last_commit = time.monotonic()
        if not self.pending:
            return
        try:
            self.repeated += self.ledger.transact(self._write_pending)
        except OSError as error:
            raise self.ledger.failure(
                ArchiveError(
                    "archive_not_writable",
                    f"The archive {self.folder} does not take what was read ({error.strerror}): is the disk "
                    "full? Nothing is lost: the next run asks for these articles again.",
                )
            ) from None
        self.empty_batch()

    def empty_batch(self) -> list[Article]:
        """Begin the next batch; the articles of this one. What a commit has refused, the next run asks for."""
        left = [each.item for each in self.pending.values()]
        self.pending.clear()
        self.pending_ids.clear()
        return left

    def _write_pending(self, connection: sa.Connection) -> list[Article]:
        """The transaction of a commit; the articles that it does not keep, as another run has.

        What an attempt that failed left in the segment goes first.
        """
        if self.writer:
            self.writer.cut_back(self.ledger.segment_length(self.segment_row))
        known = self.ledger.known([name for each in self.pending.values() for name in each.ids])
        newest: dict[str, _Pending] = {}
        batch, untaken = [], []
        for each in self.pending.values():
            rows = {known[name].id: known[name] for name in each.ids if name in known}
            kept = [row for row in rows.values() if row.revision]
            itself = known.get(each.item.id or "")
            each.owner = kept[0].id if kept else itself.id if itself else each.item.id or ""
            if len(kept) > 1:  # archived as two, and now seen to be one
                self.ledger.add_aliases(each.owner, each.ids)
                kept = list(self.ledger.known([each.owner]).values())
            # Another run may have joined two of the batch.
            if self._is_new(each, newest.get(each.owner) or next(iter(kept), None)):
                newest[each.owner] = each
                batch.append(each)
            else:
                untaken.append(each.item)
        self._write(connection, batch)
        return untaken

    @staticmethod
    def _is_new(each: _Pending, archived: Known | _Pending | None) -> bool:
        """Whether another run has not archived the same meanwhile; its revision is then one more."""
        if archived is None:
            return True
        if isinstance(archived, _Pending):
            digest, revision, moment = archived.hash, archived.item.revision, captured(archived.item)
        else:
            digest, revision, moment = archived.content_hash or "", archived.revision, archived.captured or 0
        if digest == each.hash or (each.item.captured_at and moment > captured(each.item)):
            return False
        each.item.revision = revision + 1
        return True

    def _write(self, connection: sa.Connection, batch: list[_Pending]) -> None:
        lines = [encode(each.item) for each in batch]
        places = self.writer.append(lines) if self.writer and lines else [(0, len(line)) for line in lines]
        segment = self.segment_row if self.writer else 0
        if not batch:
            return
        checksums = list(map(zlib.crc32, lines))
        self._enter(connection, batch, [(segment, *place) for place in places], checksums)
        if self.writer:
            update = schema.segments.update().where(schema.segments.c.number == segment)
            connection.execute(update.values(length=self.writer.length))

    def _enter(
        self, connection: sa.Connection, batch: list[_Pending], places: list[Place], checksums: list[int]
    ) -> None:
        """The ledger's part of a commit: each table is asked once for all articles."""
        self.ledger.discover(
            [(each.owner, each.item.url or "", each.item.discovered_via or "", None) for each in batch]
        )
        for each in batch:
            self.ledger.add_aliases(each.owner, each.ids)
        lines = [_line(each, place) for each, place in zip(batch, places, strict=True)]
        rows = [{**_row(each), **line} for each, line in zip(batch, lines, strict=True)]
        entered = schema.articles.update().where(schema.articles.c.id == sa.bindparam("article"))
        values: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name != "article"}
        connection.execute(entered.values(values), rows)
        checked = [{**line, "checksum": each} for line, each in zip(lines, checksums, strict=True)]
        connection.execute(schema.lines.insert(), checked)
        signed = {each.owner: (each, each.draft.signature) for each in batch if each.draft.signature}
        near_duplicates.remember(
            connection, [(owner, day_of(each.item), signature) for owner, (each, signature) in signed.items()]
        )


def _line(each: _Pending, place: Place) -> dict[str, Any]:
    """The row of a line."""
    segment, offset, length = place
    revision, digest = each.item.revision, each.hash
    where = {"segment": segment, "offset": offset, "length": length}
    return {"article": each.owner, "revision": revision, "content_hash": digest, **where}


def _row(each: _Pending) -> dict[str, Any]:
    """What an article's row keeps beside the place of its newest line."""
    item, (etag, modified) = each.item, each.draft.validators
    return {
        "state": ARCHIVED, "reason": None, "url": item.url, "fetched": now(), "captured": captured(item), "etag": etag,
        "last_modified": modified, "published": published(item), "section": item.subsection or item.section,
        "duplicate_of": item.duplicate_of,
    }  # fmt: skip
