"""A record of the archive as a row of browse.sqlite."""

from __future__ import annotations

import json
from typing import Any

from herald_spider.browse.schema import columns

Value = str | int | None
_LARGEST = 2**63 - 1  # SQLite's integer


def article_row(article: str, revision: int, record: dict[str, Any]) -> tuple[Value, ...]:
    """Return the row of an article's newest revision; `article` is its id in the ledger.

    Raises AttributeError, KeyError or TypeError for a damaged record.
    """
    published = record["published_at"] or ""
    authors = dict.fromkeys(each["name"] for each in record["authors"])
    derived = {
        "id": article,
        "revision": revision,
        "authors": list(authors),
        "year": published[:4] or None,
        "month": published[:7] or None,
        "day": published[:10] or None,
        "sort_key": f"{published} {article}",
    }
    values = {**record, **derived}
    return tuple(stored(values[name]) for name in columns("articles"))


def revision_row(article: str, revision: int, record: dict[str, Any]) -> tuple[Value, ...]:
    """Return the row of an earlier revision."""
    values = {**record, "article": article, "revision": revision}
    return tuple(stored(values[name]) for name in columns("revisions"))


def stored(value: Any) -> Value:
    """Return `value` as SQLite takes it: lists as JSON, lone surrogates replaced."""
    if value is None or (isinstance(value, int) and abs(value) <= _LARGEST):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
