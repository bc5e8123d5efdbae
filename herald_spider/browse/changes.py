"""The changes of a revision, as data for a page."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from herald_spider.archive.history import changed_paragraphs, spans
from herald_spider.browse.schema import COMPARED

Spans = list[tuple[str, str]]
Row = Mapping[str, Any]


def changes(revisions: list[Row]) -> list[dict[str, Any]]:
    """Return the changes that each revision made to the one before it, the newest first."""
    return [
        {
            "revision": latter["revision"],
            "fetched_at": latter["fetched_at"],
            "fields": [
                (label, _spans(former[name], latter[name]))
                for name, label in COMPARED.items()
                if former[name] != latter[name]
            ],
            "body": _body(former["body"], latter["body"]),
        }
        for former, latter in pairwise(revisions)
    ][::-1]


def _body(former: str | None, latter: str | None) -> list[tuple[int, Spans]]:
    """Return the paragraphs that changed, each with the number of unchanged ones before it."""
    if former == latter:
        return []
    return [(unchanged, _spans(old, new)) for unchanged, old, new in changed_paragraphs(former, latter)]


def _spans(former: str | None, latter: str | None) -> Spans:
    return list(spans(former or "", latter or ""))
