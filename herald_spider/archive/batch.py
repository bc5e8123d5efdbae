"""The batch of a commit: which of its articles are new, and their rows in the ledger."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

import herald_spider.archive.near_duplicates as near_duplicates
from herald_spider.archive import schema
from herald_spider.archive.evidence import drop_unlike
from herald_spider.archive.ledger import ARCHIVED, Known, Ledger, now
from herald_spider.archive.values import captured, columns, day_of
from herald_spider.items import Article

Novelty = Literal["same", "outdated", "new"]


@dataclass(frozen=True)
class Newest:
    """The newest revision of an article, archived or in the batch."""

    owner: str  # the id under which the ledger keeps the article, or will
    hash: str
    revision: int
    captured: int  # seconds since 1970
    pending: Article | None = None  # if it is in the batch

    @classmethod
    def of_item(cls, item: Article, owner: str) -> Newest:
        return cls(owner, item.companions.hash, item.revision, captured(item), item)

    @classmethod
    def of_row(cls, row: Known) -> Newest:
        return cls(row.id, row.content_hash or "", row.revision, row.captured or 0)


def novelty(item: Article, newest: Newest | None) -> Novelty:
    """Compare an article with its newest revision; a copy that is older than that is "outdated"."""
    if newest is None:
        return "new"
    if newest.hash == item.companions.hash:
        return "same"
    return "outdated" if item.captured_at and newest.captured > captured(item) else "new"


def choose(ledger: Ledger, batch: Iterable[Article]) -> list[Article]:
    """Return the articles that no other run has archived meanwhile, with owner and revision set."""
    batch = list(batch)
    known = ledger.known([each for item in batch for each in item.companions.ids])
    newest: dict[str, Newest] = {}
    chosen = []
    for item in batch:
        drop_unlike(ledger, item, known)
        owner, row = _owner(ledger, item, known)
        # Another run may have joined two articles of the batch.
        latest = newest.get(owner) or (Newest.of_row(row) if row else None)
        if novelty(item, latest) == "new":
            item.companions.owner = owner
            item.revision = latest.revision + 1 if latest else 1
            newest[owner] = Newest.of_item(item, owner)
            chosen.append(item)
    return chosen


def _owner(ledger: Ledger, item: Article, known: dict[str, Known]) -> tuple[str, Known | None]:
    """Return the id under which the ledger keeps an article, and its row if it is archived."""
    ids = item.companions.ids
    rows = {known[each].id: known[each] for each in ids if each in known}
    archived = [row for row in rows.values() if row.revision]
    if not archived:
        itself = known.get(item.id or "")
        return (itself.id if itself else item.id or ""), None
    owner = archived[0].id
    if len(archived) > 1:  # two archived articles turn out to be one
        ledger.add_aliases(owner, ids)
        return owner, ledger.known([owner])[owner]
    return owner, archived[0]


def enter(
    ledger: Ledger,
    connection: sa.Connection,
    segment: int,
    start: int,
    batch: list[Article],
    lines: list[bytes],
) -> None:
    """Enter articles whose `lines` begin at the offset `start` of a segment into the ledger."""
    ledger.discover(
        [(item.companions.owner, item.url or "", item.discovered_via or "", None) for item in batch]
    )
    rows = []
    for item, line in zip(batch, lines, strict=True):
        ledger.add_aliases(item.companions.owner, item.companions.ids)
        rows.append({
            "article": item.companions.owner, "revision": item.revision, "content_hash": item.companions.hash,
            "segment": segment, "offset": start, "length": len(line),
        })  # fmt: skip
        start += len(line)
    newest = [{**_row(item), **row} for item, row in zip(batch, rows, strict=True)]
    values: dict[str, Any] = {name: sa.bindparam(name) for name in newest[0] if name != "article"}
    update = schema.articles.update().where(schema.articles.c.id == sa.bindparam("article"))
    connection.execute(update.values(values), newest)
    checked = [{**row, "checksum": zlib.crc32(line)} for row, line in zip(rows, lines, strict=True)]
    connection.execute(schema.lines.insert(), checked)
    signed = {item.companions.owner: item for item in batch if item.companions.signature}
    near_duplicates.remember(
        connection,
        [(owner, day_of(item), item.companions.signature or b"") for owner, item in signed.items()],
    )


def _row(item: Article) -> dict[str, Any]:
    """Return what an article's row keeps beside the place of its newest line."""
    etag, modified = item.companions.validators
    answer = {"fetched": now(), "etag": etag, "last_modified": modified}
    return {"state": ARCHIVED, "reason": None, **columns(item), **answer}
