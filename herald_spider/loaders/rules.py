"""Rules: the entries of a layout's table, each of which finds one value on a page.

A layout lists rules per field; the first rule that finds something wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from lxml import etree

from herald_spider.loaders.elements import text_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.selectors import alternatives


@dataclass(frozen=True)
class Rule:
    """A way to find one field.

    `find` returns the raw values of a page (strings or elements), [] if there are none.
    `source` is noted in the item's ``extraction``. `text` names the rule within its source.
    `selector` is the CSS selector of rules that have one.
    """

    source: str
    text: str
    find: Callable[[Page], list[Any]]
    selector: str | None = None


Rules = dict[str, tuple[Rule, ...]]

# No field has more values; reading them all would take minutes on pages that repeat an element.
_MAX_VALUES, _MAX_LABELLED_ELEMENTS = 200, 20


def css(*selectors: str) -> tuple[Rule, ...]:
    """Return one rule per selector, which finds the elements or attributes that it selects."""
    return tuple(Rule("css", selector, css_finder(selector), selector) for selector in selectors)


def css_finder(selector: str) -> Callable[[Page], list[Any]]:
    """Return the `find` of a selector. Raises `cssselect.SelectorSyntaxError`."""
    alternatives(selector)
    return lambda page: page.select(selector)[:_MAX_VALUES]


def json_ld(*paths: str) -> tuple[Rule, ...]:
    """Return rules for JSON-LD properties (``"author.name"``), strings found in any nesting."""
    return tuple(Rule("json-ld", path, _json_ld_finder(path.split("."))) for path in paths)


def _json_ld_finder(path: list[str]) -> Callable[[Page], list[Any]]:
    return lambda page: [value for thing in page.json_ld for value in _strings_at(thing, path)]


def _strings_at(value: Any, path: list[str]) -> Iterable[str]:
    """Yield the strings at `path`, also inside lists; a string may stand in place of the last object."""
    if isinstance(value, list):
        for each in value:
            yield from _strings_at(each, path)
    elif isinstance(value, dict) and path:
        yield from _strings_at(value.get(path[0]), path[1:])
    elif isinstance(value, str) and len(path) <= 1 and value.strip():
        yield value


def meta(*names: str) -> tuple[Rule, ...]:
    """Return rules for ``<meta>`` elements by property or name."""
    return tuple(Rule("og" if name.startswith("og:") else "meta", name, _meta_finder(name)) for name in names)


def _meta_finder(name: str) -> Callable[[Page], list[Any]]:
    return lambda page: page.meta.get(name, [])[:1]


_LABELLED = etree.XPath("descendant::text()[contains(., $label)]/parent::*[not(self::script or self::style)]")
_MAX_LABELLED = 300  # characters


def labelled(label: str, *near: str) -> tuple[Rule, ...]:
    """Return a rule for printed lines such as "Published : Apr 8, 2021 - 10:13   Updated : ...".

    It finds the text between `label` and the next label, anywhere on the page. `near` selects
    the elements where such a line usually stands, which are searched first.
    """
    # Without a colon only as a line of its own: "Updated data of March 3 show ..." belongs to the story.
    start = rf"(?:{label}\s*:|\A{label}\s(?=(?:[a-z]{{3,9}}\.?\s)?\d.{{0,40}}\Z))"
    wanted = re.compile(rf"{start}\s*(.+?)\s*(?=(?:Published|Updated|Modified)\s*:|\Z)", re.IGNORECASE)

    def find(page: Page) -> list[Any]:
        if label.encode() not in page.source:
            return []
        places = [*chain.from_iterable(map(page.select, near)), *page.root.iterchildren("body")]
        return next(filter(None, map(values, places)), [])

    def values(place: Any) -> list[str]:
        found = []
        for element in _LABELLED(place, label=label)[:_MAX_LABELLED_ELEMENTS]:
            for line in (element, element.getparent()):
                text = text_of(line)
                if len(text) <= _MAX_LABELLED and (match := wanted.search(text)):
                    found.append(match[1])
                    if match[1][-1].isdigit():  # a time or a year: the date is complete
                        return found
        return found

    return (Rule("css", f"text {label!r}", find),)
