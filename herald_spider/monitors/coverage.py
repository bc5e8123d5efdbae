"""Coverage: the share of the articles of a layout that have a value for a field, from the stats of runs.

The fields are those that `items.Article` declares as watched, and the watched parts of its lists, which are
named in the plural: ``captions`` is the share of articles with a caption on at least one picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from herald_spider.items import FIELDS, Article, fields_of
from herald_spider.monitors.shares import Share, has_fallen

READ, FIELD = "herald/read/", "herald/field/"  # stats: articles of a layout; of these, with a value
LEAST_FALL = 0.15  # of the articles


def _watched() -> Iterator[tuple[str, tuple[str, str]]]:
    for each in FIELDS.values():
        if each.watched:
            yield each.name, (each.name, "")
        for part in fields_of(each.parts).values() if each.parts else ():
            if part.watched:
                yield f"{part.name}s", (each.name, part.name)


# Attribute of the article, and attribute of the entries of that list or "".
WATCHED: dict[str, tuple[str, str]] = dict(_watched())


def has(item: Article, name: str) -> bool:
    """Return True if the article has a value for the watched field `name`."""
    field, part = WATCHED[name]
    value = getattr(item, field)
    return any(getattr(each, part) for each in value) if part else bool(value)


def coverage(stats: Mapping[str, Any]) -> dict[str, dict[str, Share]]:
    """Return the share of articles that have each watched field, by layout and field.

    `stats` are those of one run, or the sums of several.
    """
    layouts = {name.removeprefix(READ): value for name, value in stats.items() if name.startswith(READ)}
    return {
        layout: {name: Share(int(stats.get(f"{FIELD}{layout}/{name}", 0)), read) for name in WATCHED}
        for layout, read in layouts.items()
        if read
    }


def has_dropped(now: Share, past: Share) -> bool:
    """Return True if clearly fewer articles have a field than in the past."""
    return has_fallen(now, past, LEAST_FALL)
