"""``scrapy history``: show the revisions of one article."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from scrapy.commands import ScrapyCommand

from herald_spider import urls
from herald_spider.archive.history import (
    CAME,
    GONE,
    SAME,
    UnknownArticle,
    changed_paragraphs,
    revisions,
    spans,
)
from herald_spider.commands.base import ArchiveCommand
from herald_spider.text.console import OptionError, say
from herald_spider.text.terminal import plural, printable

FORMS = "a number (10618541), a ud (20210408000265), or an address of the article"
# Fields that do not come from the article itself, and headline and body, which are shown differently.
_NOT_COMPARED = {
    "headline", "body", "revision", "fetched_at", "job", "content_hash", "word_count", "layout",
    "extraction", "discovered_via", "listed_in", "fetched_from", "captured_at",
}  # fmt: skip


class Command(ArchiveCommand, ScrapyCommand):
    """Prints the revisions of an article and what changed between them."""

    most_arguments = 1
    arguments = "<id or address>"
    summary = "Show the revisions of an article and what changed"
    description = (
        "Show the revisions of an article of the archive in HERALD_ARCHIVE. [-words-] were removed, "
        "{+words+} added; ~ - + mark paragraphs that were changed, removed and added."
    )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args:
            raise OptionError(f"which article? Give {FORMS}")
        # HERALD_BASE_URL counts as the site's own host.
        address = urls.classify(args[0], self.settings["HERALD_BASE_URL"])
        with self.opened() as view:
            try:
                found = revisions(view, article_id(address.url))
            except UnknownArticle as error:
                raise OptionError(str(error)) from None
        say(report(found))


def article_id(text: str) -> str:
    """Return the id for a number, a ud or an address. Raises `OptionError`."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return text.lstrip("0") or "0"
    if found := urls.classify(text).id:
        return found
    raise OptionError(f"{printable(text)!r} is not an article; give {FORMS}")


def report(records: list[dict[str, Any]]) -> Iterator[str]:
    """Yield lines that list an article's revisions and their differences."""
    newest = records[-1]
    yield f"Article {printable(newest['id'])}: {printable(newest['url'])}"
    yield plural(len(records), "revision")
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
    """Yield the differences of `record`: the fields, then the headline and the paragraphs."""
    for name in record:
        if name not in _NOT_COMPARED and former.get(name) != record[name]:
            yield f"  {name}: {_value(former.get(name))} → {_value(record[name])}"
    if former["headline"] != record["headline"]:
        yield f"  headline: {words(former['headline'] or '', record['headline'] or '')}"
    yield from _paragraphs(former["body"], record["body"])


def _value(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, list):
        return "; ".join(map(_value, value))
    if isinstance(value, dict):
        return " ".join(printable(each) for each in value.values() if each)
    return printable(value)


def _paragraphs(former: str | None, latter: str | None) -> Iterator[str]:
    """Yield the paragraphs that changed, and the number of those that did not."""
    for unchanged, old, new in changed_paragraphs(former, latter):
        if unchanged:
            yield f"    ({plural(unchanged, 'paragraph')} unchanged)"
        if old is not None and new is not None:
            yield f"  ~ {words(old, new)}"
        elif old is not None:
            yield f"  - {printable(old)}"
        elif new is not None:
            yield f"  + {printable(new)}"


def words(former: str, latter: str) -> str:
    """Return both texts merged: ``the [-ferry-] {+ship+} stopped``."""
    marks = {SAME: "{}", GONE: "[-{}-]", CAME: "{{+{}+}}"}
    return " ".join(marks[kind].format(text) for kind, text in spans(printable(former), printable(latter)))
