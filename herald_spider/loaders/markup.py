"""Text out of elements: the smallest piece that rules and stories share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from cssselect.parser import Class, CombinedSelector, Hash, parse
from lxml import etree
from parsel.csstranslator import HTMLTranslator

from herald_spider.processors import clean_text, picture_url

if TYPE_CHECKING:
    from herald_spider.loaders.page import Page

_css_to_xpath = HTMLTranslator().css_to_xpath
_TEXT = etree.XPath(
    "descendant::text()[not(parent::script or parent::style or parent::noscript)] | descendant::br",
    smart_strings=False,
)
_PICTURE_ATTRIBUTES = ("src", "data-src", "data-original", "data-lazy-src")


@cache
def compiled(selector: str) -> Any:
    """The compiled XPath of a CSS selector (with parsel's ``::attr()`` and ``::text``)."""
    return etree.XPath(_css_to_xpath(selector), smart_strings=False)


@cache
def names_in(selector: str) -> tuple[frozenset[str], ...]:
    """The classes and ids without which a selector selects nothing, for each of its alternatives.

    >>> [sorted(names) for names in names_in("#a .b > p.c:not(.d), h1")]
    [['a', 'b', 'c'], []]
    """
    return tuple(frozenset(_names(each.parsed_tree)) for each in parse(selector))


def _names(tree: Any) -> Iterator[str]:
    if isinstance(tree, Class):
        yield tree.class_name
    elif isinstance(tree, Hash):
        yield tree.id
    elif isinstance(tree, CombinedSelector):
        yield from _names(tree.subselector)
    if inner := getattr(tree, "selector", None):
        yield from _names(inner)


class Marker:
    """CSS selectors, any of which shows that a page is of a layout."""

    def __init__(self, *selectors: str):
        self.selectors = selectors

    def matches(self, page: Page) -> bool:
        return any(map(page.select, self.selectors))

    def matching(self, page: Page) -> list[str]:
        """Those of the selectors that a page holds."""
        return [selector for selector in self.selectors if page.select(selector)]


def text_of(element: Any) -> str:
    """All text of an element on one line; strings pass through, cleaned."""
    if isinstance(element, str):
        return clean_text(element)
    return clean_text("".join(part if isinstance(part, str) else "\n" for part in _TEXT(element)))


def picture_of(element: Any, base: str) -> str | None:
    """The address of an ``<img>``, lazy attributes included; None for a pixel or no picture."""
    if element.get("width") in ("0", "1") or element.get("height") in ("0", "1"):
        return None
    candidates = [element.get(name) for name in _PICTURE_ATTRIBUTES]
    if srcset := (element.get("srcset") or "").strip(" ,"):
        candidates.append(srcset.split(",")[0].split()[0])
    pictures = (picture_url(url, base) for url in candidates if url)
    return next(filter(None, pictures), None)
