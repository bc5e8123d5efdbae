"""The changes of a revision, as data for a page."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from herald_spider.archive.history import CAME, GONE, paragraphs, spans
from herald_spider.browse.schema import COMPARED

Spans = list[tuple[str, str]]
Row = Mapping[str, Any]


def changes(revisions: list[Row]) -> list[dict[str, Any]]:
    """Return the changes that each revision made to the one before it, the newest first."""
    return [_change(former, latter) for former, latter in pairwise(revisions)][::-1]


def _change(former: Row, latter: Row) -> dict[str, Any]:
    fields = [
        (label, _spans(former[name], latter[name]))
        for name, label in COMPARED.items()
        if former[name] != latter[name]
    ]
    body = _body(former["body"], latter["body"])
    return {
        "revision": latter["revision"],
        "fetched_at": latter["fetched_at"],
        "fields": fields,
        "body": body,
    }


def _spans(former: str | None, latter: str | None) -> Spans:
    return list(spans(former or "", latter or ""))


def _body(former: str | None, latter: str | None) -> list[tuple[int, Spans]]:
    """Return the paragraphs that changed, each with the number of unchanged ones before it."""
    found: list[tuple[int, Spans]] = []
    unchanged = 0
    for same, old, new in paragraphs(_split(former), _split(latter)):
        if same:
            unchanged = len(old)
            continue
        pairs = min(len(old), len(new))
        changed = [_spans(before, after) for before, after in zip(old[:pairs], new[:pairs], strict=True)]
        changed += [[(GONE, each)] for each in old[pairs:]] + [[(CAME, each)] for each in new[pairs:]]
        found += [(unchanged if each is changed[0] else 0, each) for each in changed]
        unchanged = 0
    return [*found, (unchanged, [])] if found and unchanged else found


def _split(body: str | None) -> list[str]:
    return body.split("\n\n") if body else []
