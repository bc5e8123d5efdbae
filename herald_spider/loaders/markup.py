"""Text out of elements: the smallest piece that rules and stories share."""

from __future__ import annotations

from functools import cache
from typing import Any

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from herald_spider.processors import clean_text, picture_url

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


class Marker:
    """CSS selectors, any of which shows that a page is of a layout."""

    def __init__(self, *selectors: str):
        self.selectors = selectors
        self._any = compiled(", ".join(selectors))

    def __call__(self, root: Any) -> Any:
        return self._any(root)

    def matching(self, root: Any) -> list[str]:
        """Those of the selectors that a page holds."""
        return [selector for selector in self.selectors if compiled(selector)(root)]


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
