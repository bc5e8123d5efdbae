"""Rules: the entries of a layout's table, each of which finds one value on a page.

A layout lists rules per field; the first rule that finds something wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice
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


def css(*selectors: str, pick: Callable[[Page, list[Any]], list[Any]] | None = None) -> tuple[Rule, ...]:
    """Return one rule per selector, which finds the elements or attributes that it selects.

    `pick` makes the values of a rule from what its selector finds on a page.
    Raises `cssselect.SelectorSyntaxError`.
    """

    def rule(selector: str) -> Rule:
        alternatives(selector)  # raises for a wrong selector

        def find(page: Page) -> list[Any]:
            found = page.select(selector)[:_MAX_VALUES]
            return pick(page, found) if pick else found

        return Rule("css", selector, find, selector)

    return tuple(map(rule, selectors))


def json_ld(*paths: str) -> tuple[Rule, ...]:
    """Return rules for JSON-LD properties (``"author.name"``), strings found in any nesting."""

    def rule(path: str) -> Rule:
        keys = path.split(".")
        return Rule("json-ld", path, lambda page: list(islice(_strings_at(page.json_ld, keys), _MAX_VALUES)))

    return tuple(map(rule, paths))


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

    def rule(name: str) -> Rule:
        source = "og" if name.startswith("og:") else "meta"
        return Rule(source, name, lambda page: page.meta.get(name, [])[:1])

    return tuple(map(rule, names))


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
