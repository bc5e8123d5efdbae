"""CSS selectors on a page, answered from an index of the words in its classes, ids and itemprops.

lxml takes half a millisecond for one class selector on a page of 60 KB, as long as for half of
the parse, and a layout has some eighty selectors. Most of them name a class or id that the page
lacks; the index answers those without a search, and narrows the search for the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cssselect.parser import Attrib, Class, CombinedSelector, Hash, parse
from lxml import etree
from parsel.csstranslator import HTMLTranslator

from herald_spider.loaders.elements import outermost

_translator = HTMLTranslator()
_INDEXED = ("class", "id", "itemprop")


@cache
def compiled(selector: str) -> Any:
    """Return the compiled XPath of a CSS selector (``::attr()`` and ``::text`` as in parsel)."""
    return etree.XPath(_translator.css_to_xpath(selector), smart_strings=False)


@dataclass(frozen=True)
class Alternative:
    """One of the comma-separated parts of a selector.

    `words` are the words of indexed attributes without which it matches nothing, `anchor` is one of its
    first element. `xpath` is evaluated on the elements that have the anchor: it tests each of
    them, or also searches inside them if the selector `is_nested` (a search takes ten times longer).
    """

    words: frozenset[str]
    anchor: str | None
    is_nested: bool
    xpath: Any


@cache
def alternatives(selector: str) -> tuple[Alternative, ...]:
    """Return the alternatives of a CSS selector. Raises `cssselect.SelectorSyntaxError`.

    >>> [(sorted(each.words), each.anchor) for each in alternatives("#a .b > p.c:not(.d), h1 [itemprop=x]")]
    [(['a', 'b', 'c'], 'a'), (['x'], None)]
    """
    return tuple(map(_alternative, parse(selector)))


def _alternative(selector: Any) -> Alternative:
    tree = first = selector.parsed_tree
    combinators = set()
    while isinstance(first, CombinedSelector):
        combinators.add(first.combinator)
        first = first.selector
    # An element beside the anchor is not inside it.
    anchor = next(_words(first), None) if combinators <= {" ", ">"} else None
    prefix = "descendant-or-self::" if combinators or not anchor else "self::"
    path = _translator.selector_to_xpath(selector, prefix, translate_pseudo_elements=True)
    xpath = etree.XPath(path, smart_strings=False)
    return Alternative(frozenset(_words(tree)), anchor, bool(combinators), xpath)


def _words(tree: Any) -> Iterator[str]:
    """Yield the words of indexed attributes that an element must have to match."""
    if isinstance(tree, Class):
        yield tree.class_name
    elif isinstance(tree, Hash):
        yield tree.id
    elif isinstance(tree, Attrib) and tree.attrib in _INDEXED and tree.value and tree.operator in ("=", "~="):
        yield from str(tree.value.value).split()
    elif isinstance(tree, CombinedSelector):
        yield from _words(tree.subselector)
    if inner := getattr(tree, "selector", None):
        yield from _words(inner)


class PageIndex:
    """The elements of a page by the words of their indexed attributes."""

    def __init__(self, root: Any):
        self._root = root
        self._selected: dict[str, list[Any]] = {}
        # Elements share most values, so each value is split only once.
        self._by_value: defaultdict[str, list[Any]] = defaultdict(list)
        for element in root.iter(etree.Element):
            for name in _INDEXED:
                if value := element.get(name):
                    self._by_value[value].append(element)
        self._words = set(" ".join(self._by_value).split())

    def select(self, selector: str) -> list[Any]:
        """Return what a CSS selector selects, in page order."""
        if selector not in self._selected:
            self._selected[selector] = self._select(selector)
        return self._selected[selector]

    def _select(self, selector: str) -> list[Any]:
        possible = [each for each in alternatives(selector) if each.words <= self._words]
        if not possible:
            return []
        if len(possible) > 1 or possible[0].anchor is None:
            return list(compiled(selector)(self._root))
        (one,) = possible
        places = self._elements(one.anchor or "")
        if one.is_nested:
            places = outermost(places)
        return [found for place in places for found in one.xpath(place)]

    def _elements(self, word: str) -> list[Any]:
        """Return the elements with `word` in an indexed attribute, in page order."""
        groups = [each for value, each in self._by_value.items() if word in value and word in value.split()]
        found = dict.fromkeys(element for group in groups for element in group)
        if len(groups) == 1:
            return list(found)
        return [element for element in self._root.iter(etree.Element) if element in found]
