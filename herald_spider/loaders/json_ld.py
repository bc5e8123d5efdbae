"""JSON-LD as sites write it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_ARTICLE_TYPES = ("Article", "BlogPosting")  # last parts of the schema.org types of articles
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_JS_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$")
_MAX_DEPTH = 4
_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage")


def load(text: str) -> Any:
    """Return the value of a JSON-LD script, or None if it cannot be parsed.

    Comments around it, trailing commas and raw line breaks in strings are allowed.
    """
    for pattern, replacement in ((None, ""), (_JS_WRAPPING, ""), (_TRAILING_COMMA, r"\1")):
        text = pattern.sub(replacement, text) if pattern else text
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def articles(scripts: list[Any]) -> list[dict[str, Any]]:
    """Return the objects that describe an article, in page order.

    Where no object has an article's type, return those with a headline and a date.
    """
    things = [thing for value in scripts for thing in _objects(value)]
    typed = [thing for thing in things if _is_article(thing)]
    return typed or [each for each in things if each.get("headline") and each.get("datePublished")]


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the objects of a value: itself, in a list, or in a property that holds the page's main object."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in _CONTAINERS:
            yield from _objects(value.get(key), depth + 1)


def _is_article(thing: dict[str, Any]) -> bool:
    types = thing.get("@type")  # a name or an address, or several
    kinds = types if isinstance(types, list) else [types]
    return any(kind.endswith(_ARTICLE_TYPES) for kind in kinds if isinstance(kind, str))
