"""The revisions of one article, and what changed between two texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from typing import Any

from herald_spider.archive.lines import SegmentReader
from herald_spider.archive.schema import articles
from herald_spider.archive.view import View, places, read_record

SAME, GONE, CAME = "same", "gone", "came"
_MOST_WORDS = 4_000_000  # pairs of words; comparing more word by word takes too long


class UnknownArticle(LookupError):
    """The archive has no revision of an article; the text says why."""


def revisions(view: View, article: str) -> list[dict[str, Any]]:
    """Return the records of an article's revisions in order.

    Raises `UnknownArticle` if the article is unknown or not archived, `ArchiveError` if a line cannot
    be read.
    """
    known = view.ledger.known([article]).get(article)
    if known is None:
        raise UnknownArticle(f"unknown article {article}: the archive has not seen it")
    query = places(revisions=True).where(articles.c.id == known.id)
    with view.snapshot() as connection:
        rows = sorted(connection.execute(query), key=lambda row: row.revision)
    if not rows:
        raise UnknownArticle(
            f"article {known.id} is known and not archived: it is {known.state} ({known.url})"
        )
    with closing(SegmentReader(view.segments)) as reader:
        return [read_record(reader, row) for row in rows]


def changed_paragraphs(
    former: str | None, latter: str | None
) -> Iterator[tuple[int, str | None, str | None]]:
    """Yield the paragraphs that differ between two bodies: how many before it are the same, the old, the new.

    The old is None for one that was added, the new for one that was removed. Both are None in a last
    entry, which counts the paragraphs after the last change.
    """
    old, new = (body.split("\n\n") if body else [] for body in (former, latter))
    unchanged = 0
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            unchanged = b - a
            continue
        for before, after in zip_longest(old[a:b], new[c:d]):
            yield unchanged, before, after
            unchanged = 0
    if unchanged:
        yield unchanged, None, None


def spans(former: str, latter: str) -> Iterator[tuple[str, str]]:
    """Yield the words of both texts in runs: SAME, GONE or CAME, and the words."""
    old, new = former.split(), latter.split()
    if len(old) * len(new) > _MOST_WORDS:
        yield from ((GONE, " ".join(old)), (CAME, " ".join(new)))
        return
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield SAME, " ".join(old[a:b])
            continue
        if b > a:
            yield GONE, " ".join(old[a:b])
        if d > c:
            yield CAME, " ".join(new[c:d])
