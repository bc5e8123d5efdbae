"""The archive of a site: a folder with a ledger and its segments, as a run writes it."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import herald_spider.archive.near_duplicates as near_duplicates
from herald_spider.archive.batch import Newest, Novelty, choose, enter, novelty
from herald_spider.archive.database import ArchiveError, sqlite_url
from herald_spider.archive.evidence import Believer
from herald_spider.archive.leases import Leases
from herald_spider.archive.ledger import FAILED, REJECTED, Known, Ledger
from herald_spider.archive.lines import ids_of
from herald_spider.archive.lock import ArchiveLock
from herald_spider.archive.packing import OFF, PLAIN, file_of, files, is_packed, pack
from herald_spider.archive.paths import LEDGER, SEGMENTS
from herald_spider.archive.segments import (
    SegmentWriter,
    committed_length,
    recover,
    refuse_lost,
    set_committed_length,
    strangers,
)
from herald_spider.archive.values import captured, day_of, encode, revision_hash
from herald_spider.items import Article, Companions
from herald_spider.option_types import NONE

logger = logging.getLogger(__name__)


class Archive:
    """The archive in `folder`, or one in memory for ``"none"``.

    Articles are added one by one and committed in batches of `batch` articles or
    `seconds`. Raises `ArchiveError` if it cannot be used.
    """

    def __init__(
        self, folder: str, site: str | None = None, *, ledger_url: str | None = None, node: str = "",
        batch: int = 100, seconds: float = 5.0, near: str = "mark", packing: str = OFF,
    ):  # fmt: skip
        self.folder = None if folder == NONE else Path(folder)
        self.batch, self.seconds, self.near, self.packing = batch, seconds, near, packing
        self.node = node or socket.gethostname()
        self.pending: dict[str, Article] = {}  # the batch, by id
        self._pending_by: dict[str, Article] = {}  # the same by each of an article's ids
        self._signed: dict[str, near_duplicates.Entry] = {}  # the same for the search for near-duplicates
        self._committed: list[Article] = []
        self._count = 0
        self._repeated: list[Article] = []
        self.last_commit = time.monotonic()
        self.writer: SegmentWriter | None = None
        self.segment_number = 0
        self.problems: list[str] = []
        self.lock: ArchiveLock | None = None
        if self.folder is None:
            self.ledger = Ledger("sqlite://", site)
            return
        self.lock = ArchiveLock(self.folder)
        self.lock.enter()
        try:
            self._open(self.folder, ledger_url or sqlite_url(self.folder / LEDGER), site)
            self.lock.share()
        except BaseException:
            self.lock.close()
            raise

    def _open(self, folder: Path, url: str, site: str | None) -> None:
        try:
            (folder / SEGMENTS).mkdir(exist_ok=True)
        except OSError as error:
            text = f"{folder / SEGMENTS} cannot be made ({error.strerror})."
            raise ArchiveError("archive_not_writable", text) from None
        if url.startswith("sqlite"):
            refuse_lost(Path(sa.make_url(url).database or ""), folder / SEGMENTS)
        self.ledger = Ledger(url, site, lock=self.lock, is_run=True)
        try:
            # In a transaction: no other run commits meanwhile.
            self.ledger.transact(lambda _: self._recover(folder / SEGMENTS))
        except BaseException:
            self.ledger.close()
            raise

    def _recover(self, folder: Path) -> None:
        """Cut off what killed runs left, and list other damage in `problems`."""
        known = self.ledger.all_segments()
        unknown = "is not in the ledger: its articles are not known"
        self.problems = [f"{folder / name} {unknown}" for name in strangers(self.ledger.name, folder, known)]
        found = [recover(folder, each.name, each.length) for each in self._own(known)]
        self.problems += filter(None, found)

    def _own(self, known: Iterable[Any]) -> list[Any]:
        """Return the segments that this machine wrote: the files and locks of others may be elsewhere."""
        return [each for each in known if self.ledger.is_sqlite or each.node in (None, self.node)]

    # A run -----------------------------------------------------------------------------

    def begin_run(self, spider: str, job: str, arguments: dict[str, Any]) -> None:
        """Enter a run and its segment into the ledger. The segment's file is made with its first line."""
        self.job = job
        if self.lock:
            self.lock.sign(job)
        self.ledger.begin_run(job, spider, json.dumps(arguments, default=str), self.node)
        self.leases = Leases(self.ledger, self.lock, job, self.node)
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        if self.folder:
            name = f"{moment}-{spider}-{job}{PLAIN}"
            self.writer = SegmentWriter(self.folder / SEGMENTS / name)
            # Entered before its first byte: recovery cuts only files that the ledger knows.
            self.segment_number = self.ledger.segment_number(name, job, self.node)

    def end_run(self, outcome: str, stats: dict[str, Any]) -> None:
        """Commit the last batch, enter the run's end, and compress the finished segments if asked to.

        Raises `ArchiveError` if the run's segment was removed meanwhile.
        """
        self.commit()
        counted = {name: value for name, value in stats.items() if value != 0}
        self.ledger.end_run(self.job, outcome, json.dumps(counted, default=str))
        self.leases.end()
        if self.writer:
            self.writer.check()
            self.writer.close()
        if self.folder and self.packing != OFF:
            self._pack(self.folder / SEGMENTS)

    def _pack(self, folder: Path) -> None:
        """Compress all plain segments that no run is writing, those of killed runs too."""
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
        if self.lock:
            self.lock.close()

    @property
    def segment(self) -> Path | None:
        """The file of this run, once it holds a line."""
        if not self.writer or not self.writer.length:
            return None
        return file_of(self.writer.path.parent, self.writer.path.name)

    # Articles --------------------------------------------------------------------------

    @property
    def kept(self) -> int:
        """The number of articles that this run has committed or has in the batch."""
        return self._count + len(self.pending)

    def compare(self, item: Article) -> Novelty:
        """Compare an article with the archive, and set its revision, listings and `duplicate_of`.

        An article that is known under another of its ids joins that one, if there is evidence (`evidence.judge`):
        its `aliases` become what is believed. A copy older than the newest revision is "outdated":
        revisions only go forward.
        """
        if len(self._linked(item)) > 1:
            self.commit()  # two of the batch may be one article: the ledger joins them
        return self.ledger.transact(lambda connection: self._compare(connection, item))

    def _linked(self, item: Article) -> set[str | None]:
        """Return the articles of the batch that `item` names as its own, or that name `item`."""
        named = [*ids_of(item), *item.companions.stated]
        linked = {self._pending_by[each].id for each in named if each in self._pending_by}
        return linked | {each.id for each in self.pending.values() if item.id in each.companions.stated}

    def _compare(self, connection: sa.Connection, item: Article) -> Novelty:
        Believer(self.ledger, item, self._pending_by).believe()
        companions, ids = item.companions, item.companions.ids
        companions.hash = revision_hash(item)
        rows = self.ledger.known(ids)
        archived = {each for each, row in rows.items() if row.revision}
        companions.judged = archived.union(each for each in ids if each in self._pending_by)
        companions.ids = list(dict.fromkeys([*ids, *(row.id for row in rows.values())]))
        item.listed_in = sorted({*item.listed_in, *self.ledger.sections_of(companions.ids)})
        match = self._match(companions.ids, rows)
        found = novelty(item, match)
        if match and found != "new":
            self._join(match, companions)
            if found == "same" and not match.pending:
                self.ledger.touch(match.owner, captured(item))
            return found
        item.revision = match.revision + 1 if match else 1
        if self.near != "off":
            self._find_near_duplicate(connection, item, match.owner if match else item.id or "")
        return found

    def _match(self, ids: list[str], rows: dict[str, Known]) -> Newest | None:
        """Return the archived or pending article that has one of `ids`."""
        archived = next((row for row in rows.values() if row.revision), None)
        if pending := next((self._pending_by[each] for each in ids if each in self._pending_by), None):
            owner = archived.id if archived else pending.id or ""
            return Newest.of_item(pending, owner)
        return Newest.of_row(archived) if archived else None

    def _join(self, match: Newest, other: Companions) -> None:
        """Make the ids of `other` those of a known article; a pending one takes them along to its commit."""
        if pending := match.pending:
            pending.companions.ids = list(dict.fromkeys([*pending.companions.ids, *other.ids]))
            pending.companions.judged |= other.judged
            self._pending_by |= dict.fromkeys(other.ids, pending)
        else:
            self.ledger.add_aliases(match.owner, other.ids)

    def _find_near_duplicate(self, connection: sa.Connection, item: Article, owner: str) -> None:
        """Set `duplicate_of` to the article that `item` nearly repeats, and keep the item's signature."""
        signature = near_duplicates.fingerprint(item.body) if item.body else None
        if signature is None:
            return
        item.companions.signature = signature
        ids = item.companions.ids
        own = {self._pending_by[each].id for each in ids if each in self._pending_by}
        batch = {each: entry for each, entry in self._signed.items() if each not in own}
        item.duplicate_of = near_duplicates.find(connection, signature, day_of(item), owner, batch)

    def reject(self, item: Article, reason: str) -> None:
        """Enter an article that is not kept as rejected, under each of its ids."""
        if not item.companions.ids:  # not compared yet
            self.ledger.transact(lambda _: Believer(self.ledger, item, self._pending_by).believe())
        for each in item.companions.ids:
            self.ledger.set_state(each, REJECTED, reason)

    def add(self, item: Article) -> None:
        """Put an article that `compare` found new into the batch, and commit the batch when it is due."""
        companions = item.companions
        # A pipeline in between may have changed or replaced the item.
        companions.ids, companions.hash = companions.ids or ids_of(item), revision_hash(item)
        if not self._pending_by.keys().isdisjoint(companions.ids):
            self.commit()  # two revisions of one article belong to two batches
        article = item.id or ""
        self.pending[article] = item
        self._pending_by |= dict.fromkeys(companions.ids, item)
        self._signed[article] = near_duplicates.Entry(
            day_of(item), companions.signature or b"", item.duplicate_of
        )
        if len(self.pending) >= self.batch or time.monotonic() - self.last_commit >= self.seconds:
            self.commit()

    def commit(self) -> None:
        """Write the batch: the segment's lines, then the ledger's transaction.

        Raises `ArchiveError` if disk or database refuse it. The batch stays pending; the ledger
        holds no part of it, nor does the segment, or it is cut off later.
        """
        self.last_commit = time.monotonic()
        if not self.pending:
            return
        self._commit(list(self.pending.values()))
        self.discard_batch()

    def _commit(self, batch: list[Article]) -> None:
        """Commit some of the batch; halves of it if the database refuses a value, and a refused article fails."""
        try:
            committed = self.ledger.transact(lambda connection: self._write_batch(connection, batch))
        except OSError as error:
            raise ArchiveError(
                "archive_not_writable",
                f"The archive {self.folder} does not take what was read ({error.strerror}): is the disk "
                "full? Nothing is lost: the next run asks for these articles again.",
            ) from None
        except ArchiveError as error:
            if error.reason != "value_refused":
                raise
            if len(batch) == 1:
                logger.error("%s: %s", batch[0].url, error)
                self.ledger.set_state(batch[0].id or "", FAILED, "the ledger refuses a value of it")
                return
            half = len(batch) // 2
            self._commit(batch[:half])
            self._commit(batch[half:])
            return
        self._committed += committed
        self._count += len(committed)
        taken = set(map(id, committed))
        self._repeated += [item for item in batch if id(item) not in taken]

    def discard_batch(self) -> None:
        """Empty the batch. The next run fetches articles again that were not committed."""
        for index in (self.pending, self._pending_by, self._signed):
            index.clear()

    def take_committed(self) -> tuple[list[Article], list[Article]]:
        """Return the articles committed since the last call, and those that another run archived first."""
        taken = self._committed, self._repeated
        self._committed, self._repeated = [], []
        return taken

    def _write_batch(self, connection: sa.Connection, batch: list[Article]) -> list[Article]:
        """Write articles in one transaction; return the articles that the archive keeps."""
        if self.writer:  # lines of an attempt that failed
            self.writer.check()
            self.writer.cut_back(committed_length(connection, self.segment_number))
        batch = choose(self.ledger, batch)
        if not batch:
            return []
        lines = list(map(encode, batch))
        start = self.writer.append(lines) if self.writer else 0
        enter(self.ledger, connection, self.segment_number, start, batch, lines)
        if self.writer:
            set_committed_length(connection, self.segment_number, self.writer.length)
        return batch
