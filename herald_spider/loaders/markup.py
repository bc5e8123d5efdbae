"""Text out of elements: the smallest piece that rules and stories share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from cssselect.parser import Attrib, Class, CombinedSelector, Element, Hash, parse
from lxml import etree
from parsel.csstranslator import HTMLTranslator

from herald_spider.text.captions import picture_url
from herald_spider.text.cleaning import clean_text

if TYPE_CHECKING:
    from herald_spider.loaders.page import Page

_css_to_xpath = HTMLTranslator().css_to_xpath
_TEXT = etree.XPath(
    # One step: libxml2 takes the square of the time for a union.
    "descendant::node()[self::text()[not(parent::script or parent::style or parent::noscript)]"
    " or self::br or self::p or self::div or self::li]",
    smart_strings=False,
)
MUTE = ("script", "style", "noscript")  # whose text is none
# The attributes by which selectors name elements, and the names that selectors have asked for.
NAMING = ("class", "id", "itemprop")
NAMES: set[str] = set()
_PICTURE_ATTRIBUTES = ("src", "data-src", "data-original", "data-lazy-src")


@cache
def compiled(selector: str) -> Any:
    """The compiled XPath of a CSS selector (with parsel's ``::attr()`` and ``::text``)."""
    return etree.XPath(_css_to_xpath(selector), smart_strings=False)


@dataclass(frozen=True)
class Simple:
    """A selector of a tag, a name or both: told without XPath, which costs several times that."""

    tag: str | None
    name: str | None
    attribute: str
    is_word: bool  # of the attribute, else all that it holds

    def select(self, root: Any, named: dict[str, list[Any]]) -> list[Any]:
        """What it selects below `root`, whose elements with that name are in `named`."""
        if self.name is None:
            return list(root.iter(self.tag))
        return list(filter(self._selects, dict.fromkeys(named[self.name])))

    def _selects(self, element: Any) -> bool:
        if self.tag and element.tag != self.tag:
            return False
        value = element.get(self.attribute, "")
        return value == self.name or (self.is_word and self.name in value.split())


@dataclass(frozen=True)
class Needs:
    """The names without which a selector selects nothing.

    `first`, if any, is of its first element; `simple` is the whole selector where it is that.
    """

    names: frozenset[str]
    first: str | None
    simple: Simple | None


@cache
def needs_of(selector: str) -> tuple[Needs, ...]:
    """What a selector needs, for each of its alternatives; their names come into `NAMES`.

    >>> [(sorted(each.names), each.first) for each in needs_of("#a .b > p.c:not(.d), h1 [itemprop=x]")]
    [(['a', 'b', 'c'], 'a'), (['x'], None)]
    """
    found = tuple(map(_needs, parse(selector)))
    NAMES.update(*(needs.names for needs in found))
    return found


def _needs(selector: Any) -> Needs:
    tree = selector.parsed_tree
    simple = None if selector.pseudo_element else _simple(tree)
    return Needs(frozenset(_names(tree)), next(_names(_first(tree)), None), simple)


def _simple(tree: Any) -> Simple | None:
    names = list(_names(tree))
    element = tree.selector if len(names) == 1 and isinstance(tree, (Class, Hash, Attrib)) else tree
    if not isinstance(element, Element) or element.namespace or not (names or element.element):
        return None
    tag = element.element and element.element.lower()
    if element is tree:
        return Simple(tag, None, "", is_word=False)
    attribute = {Class: "class", Hash: "id"}.get(type(tree)) or tree.attrib
    return Simple(tag, names[0], attribute, isinstance(tree, Class) or getattr(tree, "operator", "") == "~=")


def _first(tree: Any) -> Any:
    while isinstance(tree, CombinedSelector):
        tree = tree.selector
    return tree


def _names(tree: Any) -> Iterator[str]:
    if isinstance(tree, Class):
        yield tree.class_name
    elif isinstance(tree, Hash):
        yield tree.id
    elif isinstance(tree, Attrib) and tree.value and tree.operator in ("=", "~=") and tree.attrib in NAMING:
        yield from str(tree.value.value).split()
    elif isinstance(tree, CombinedSelector):
        yield from _names(tree.subselector)
    if inner := getattr(tree, "selector", None):
        yield from _names(inner)


class Marker:
    """CSS selectors, any of which shows that a page is of a layout."""

    def __init__(self, *selectors: str):
        self.selectors = selectors
        for selector in selectors:
            needs_of(selector)

    def matches(self, page: Page) -> bool:
        return any(map(page.select, self.selectors))

    def matching(self, page: Page) -> list[str]:
        """Those of the selectors that a page holds."""
        return [selector for selector in self.selectors if page.select(selector)]


def outermost(elements: list[Any]) -> list[Any]:
    """`elements` without those inside another one of them."""
    if len(elements) < 2:
        return elements
    kept: list[Any] = []
    seen: set[Any] = set()  # each is kept, or inside what is
    for element in elements:
        if not any(each in seen for each in chain([element], element.iterancestors())):
            kept.append(element)
        seen.add(element)
    return kept


def with_ancestors(elements: Iterable[Any]) -> set[Any]:
    """`elements` and all that stands around them."""
    found: set[Any] = set()
    for each in elements:
        for element in chain([each], each.iterancestors()):
            if element in found:
                break  # so are those around it
            found.add(element)
    return found


def text_of(element: Any, glue: str = "") -> str:
    """All text of an element on one line, `glue` between its pieces; strings pass through, cleaned."""
    if isinstance(element, str):
        return clean_text(element)
    if not len(element):
        return clean_text(element.text or "") if element.tag not in MUTE else ""
    return clean_text(glue.join(part if isinstance(part, str) else "\n" for part in _TEXT(element)))


def picture_of(element: Any, base: str) -> str | None:
    """The address of an ``<img>``, lazy attributes included; None for a pixel or no picture."""
    if element.get("width") in ("0", "1") or element.get("height") in ("0", "1"):
        return None
    candidates = [element.get(name) for name in _PICTURE_ATTRIBUTES]
    if srcset := (element.get("srcset") or "").strip(" ,"):
        candidates.append(srcset.split(",")[0].split()[0])
    pictures = (picture_url(url, base) for url in candidates if url)
    return next(filter(None, pictures), None)
