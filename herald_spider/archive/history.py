"""The revisions of one article, and what changed between them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from herald_spider import urls
from herald_spider.archive.database import ArchiveError
from herald_spider.archive.lines import SegmentReader, UnreadableLine, record_of
from herald_spider.archive.schema import lines, segments
from herald_spider.archive.view import View
from herald_spider.commands.console import OptionError
from herald_spider.text.terminal import printable

FORMS = "a number (10618541), a ud (20210408000265), or an address of the article"
# Not the article's own words, or told by those that are.
_APART = {
    "headline", "body", "revision", "fetched_at", "job", "content_hash", "word_count", "layout",
    "extraction", "discovered_via", "listed_in", "fetched_from", "captured_at",
}  # fmt: skip
SAME, GONE, CAME = "same", "gone", "came"
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
    query = sa.select(lines.c.revision, segments.c.name, lines.c.offset, lines.c.length)
    query = query.join(segments, segments.c.number == lines.c.segment)
    query = query.where(lines.c.article == known.id).order_by(lines.c.revision)
    with view.snapshot() as connection:
        places = connection.execute(query).all()
    if not places:
        raise OptionError(f"article {known.id} is known and not archived: it is {known.state} ({known.url})")
    reader = SegmentReader(view.segments)
    try:
        return [record_of(reader.piece(*place)) | {"revision": number} for number, *place in places]
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
    for same, old, new in paragraphs(former, latter):
        if same:
            yield f"    ({len(old)} paragraph{'s' * (len(old) != 1)} unchanged)"
            continue
        pairs = min(len(old), len(new))
        for before, after in zip(old[:pairs], new[:pairs], strict=True):
            yield f"  ~ {words(before, after)}"
        yield from (f"  - {printable(each)}" for each in old[pairs:])
        yield from (f"  + {printable(each)}" for each in new[pairs:])


def paragraphs(former: list[str], latter: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    """Runs of paragraphs, old and new, and whether they are the same."""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, former, latter, autojunk=False).get_opcodes():
        yield kind == "equal", former[a:b], latter[c:d]


def words(former: str, latter: str) -> str:
    """Both texts in one: ``the [-ferry-] {+ship+} stopped``."""
    marks = {SAME: "{}", GONE: "[-{}-]", CAME: "{{+{}+}}"}
    return " ".join(marks[kind].format(text) for kind, text in spans(printable(former), printable(latter)))


def spans(former: str, latter: str) -> Iterator[tuple[str, str]]:
    """The words of both texts, and whether they are in both, went or came."""
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
