"""The revisions of one article, and what changed between them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from herald_spider import urls
from herald_spider.archive.console import OptionError, printable
from herald_spider.archive.database import ArchiveError
from herald_spider.archive.lines import SegmentReader, UnreadableLine, record_of
from herald_spider.archive.schema import lines, segments
from herald_spider.archive.view import View

FORMS = "a number (10618541), a ud (20210408000265), or an address of the article"
# Not the article's own words, or told by those that are.
_APART = {
    "headline", "body", "revision", "fetched_at", "job", "content_hash", "word_count", "layout",
    "extraction", "discovered_via", "listed_in", "fetched_from", "captured_at",
}  # fmt: skip
_MOST_WORDS = 4_000_000  # pairs; beyond, comparing word by word takes too long


def article_id(text: str) -> str:
    """The id that a number, a ud or an address means. Raises `OptionError`."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return text.lstrip("0") or "0"
    if found := urls.classify(text).id:
        return found
    raise OptionError(f"{printable(text)!r} names no article; give {FORMS}")


def revisions(view: View, article: str) -> list[dict[str, Any]]:
    """The records of an article's revisions in order. Raises `OptionError` where none is kept."""
    known = view.ledger.known([article]).get(article)
    if known is None:
        raise OptionError(f"unknown article {article}; the archive has not seen it. Taken: {FORMS}")
    query = sa.select(segments.c.name, lines.c.offset, lines.c.length)
    query = query.join(segments, segments.c.number == lines.c.segment)
    query = query.where(lines.c.article == known.id).order_by(lines.c.revision)
    with view.snapshot() as connection:
        places = connection.execute(query).all()
    if not places:
        raise OptionError(f"article {known.id} is known and not archived: it is {known.state} ({known.url})")
    reader = SegmentReader(view.segments)
    try:
        return [record_of(reader.piece(*place)) for place in places]
    except UnreadableLine as error:
        raise ArchiveError(
            "archive_damaged", f"A line of article {known.id} cannot be read ({error}). Run scrapy verify."
        ) from None
    finally:
        reader.close()


def tell(records: list[dict[str, Any]]) -> Iterator[str]:
    """The lines that say what an article's revisions are and how they differ."""
    newest = records[-1]
    yield f"Article {printable(newest['id'])}: {printable(newest['url'])}"
    yield f"{len(records)} revision{'s' * (len(records) != 1)}"
    former: dict[str, Any] | None = None
    for record in records:
        updated = f", updated {printable(record['updated_at'])}" if record["updated_at"] else ""
        yield ""
        copy = f" from a copy of {printable(record['captured_at'])}" if record["captured_at"] else ""
        yield f"Revision {record['revision']}, fetched {printable(record['fetched_at'])}{copy}{updated}"
        yield f"  {printable(record['headline'])}"
        if former is not None:
            yield from changes(former, record)
        former = record


def changes(former: dict[str, Any], record: dict[str, Any]) -> Iterator[str]:
    """What is different in `record`, field by field, the words last."""
    for name in record:
        if name not in _APART and former.get(name) != record[name]:
            yield f"  {name}: {_value(former.get(name))} → {_value(record[name])}"
    if former["headline"] != record["headline"]:
        yield f"  headline: {words(former['headline'] or '', record['headline'] or '')}"
    yield from _paragraphs(_split(former["body"]), _split(record["body"]))


def _value(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, list):
        return "; ".join(map(_value, value))
    if isinstance(value, dict):
        return " ".join(printable(each) for each in value.values() if each)
    return printable(value)


def _split(body: str | None) -> list[str]:
    return body.split("\n\n") if body else []


def _paragraphs(former: list[str], latter: list[str]) -> Iterator[str]:
    """The paragraphs that changed; those that did not are counted."""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, former, latter, autojunk=False).get_opcodes():
        if kind == "equal":
            yield f"    ({b - a} paragraph{'s' * (b - a != 1)} unchanged)"
            continue
        pairs = min(b - a, d - c)
        for old, new in zip(former[a : a + pairs], latter[c : c + pairs], strict=True):
            yield f"  ~ {words(old, new)}"
        yield from (f"  - {printable(old)}" for old in former[a + pairs : b])
        yield from (f"  + {printable(new)}" for new in latter[c + pairs : d])


def words(former: str, latter: str) -> str:
    """Both texts in one: ``the [-ferry-] {+ship+} stopped``."""
    old, new = printable(former).split(), printable(latter).split()
    if len(old) * len(new) > _MOST_WORDS:
        return f"[-{' '.join(old)}-] {{+{' '.join(new)}+}}"
    parts = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(" ".join(old[a:b]))
            continue
        if b > a:
            parts.append(f"[-{' '.join(old[a:b])}-]")
        if d > c:
            parts.append(f"{{+{' '.join(new[c:d])}+}}")
    return " ".join(parts)
