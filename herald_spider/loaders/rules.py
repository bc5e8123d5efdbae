"""The words that a layout's table is written in.

A rule looks one value up on a `Page` and names its source. A layout lists rules per
field; the first that yields wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from lxml import etree

from herald_spider.loaders.markup import compiled, needs_of, text_of
from herald_spider.loaders.page import Page


@dataclass(frozen=True)
class Rule:
    """`find` gives the raw values of a page (text or elements), [] where there is none."""

    source: str
    text: str
    find: Callable[[Page], list[Any]]


# No field has more values; boxes in boxes would be read over and over.
_MOST, _MOST_LABELS = 200, 20


def css(*selectors: str) -> tuple[Rule, ...]:
    """One rule per selector, in order: the elements or attributes that it selects."""
    return tuple(Rule("css", selector, css_finder(selector)) for selector in selectors)


def css_finder(selector: str) -> Callable[[Page], list[Any]]:
    compiled(selector), needs_of(selector)  # one that is wrong is told when the table is read
    return lambda page: page.select(selector)[:_MOST]


def json_ld(*paths: str) -> tuple[Rule, ...]:
    """Rules for JSON-LD properties (``"author.name"``), strings found in any nesting."""
    return tuple(Rule("json-ld", path, _json_ld_finder(path.split("."))) for path in paths)


def _json_ld_finder(path: list[str]) -> Callable[[Page], list[Any]]:
    return lambda page: [value for thing in page.json_ld for value in _walk(thing, path)]


def _walk(value: Any, path: list[str]) -> Iterable[str]:
    """The strings at `path`: lists are crossed, a plain string may stand for its object."""
    if isinstance(value, list):
        for each in value:
            yield from _walk(each, path)
    elif isinstance(value, dict) and path:
        yield from _walk(value.get(path[0]), path[1:])
    elif isinstance(value, str) and len(path) <= 1 and value.strip():
        yield value


def meta(*names: str) -> tuple[Rule, ...]:
    """Rules for ``<meta>`` elements by property or name."""
    return tuple(Rule("og" if name.startswith("og:") else "meta", name, _meta_finder(name)) for name in names)


def _meta_finder(name: str) -> Callable[[Page], list[Any]]:
    return lambda page: page.meta.get(name, [])[:1]


_LABELLED = etree.XPath("descendant::text()[contains(., $label)]/parent::*[not(self::script or self::style)]")
_MAX_LABELLED = 300


def labelled(label: str, *near: str) -> tuple[Rule, ...]:
    """A rule for printed lines such as "Published : Apr 8, 2021 - 10:13   Updated : ...".

    It gives what stands between `label` and the next label, wherever on the page; selectors
    in `near` name where such a line usually stands, which is looked through first.
    """
    # Without a colon it is a line of its own: "Updated data of March 3 show ..." is the story's.
    start = rf"(?:{label}\s*:|\A{label}\s(?=(?:[a-z]{{3,9}}\.?\s)?\d.{{0,40}}\Z))"
    wanted = re.compile(rf"{start}\s*(.+?)\s*(?=(?:Published|Updated|Modified)\s*:|\Z)", re.IGNORECASE)

    def find(page: Page) -> list[Any]:
        if label.encode() not in page.source:
            return []
        places = [*chain.from_iterable(map(page.select, near)), *page.root.iterchildren("body")]
        return next(filter(None, map(values, places)), [])

    def values(place: Any) -> list[str]:
        found = []
        for element in _LABELLED(place, label=label)[:_MOST_LABELS]:
            for line in (element, element.getparent()):
                text = text_of(line)
                if len(text) <= _MAX_LABELLED and (match := wanted.search(text)):
                    found.append(match[1])
                    if match[1][-1].isdigit():  # a time, or a year
                        return found
        return found

    return (Rule("css", f"text {label!r}", find),)
