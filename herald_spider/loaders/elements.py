"""Text, pictures and ancestors of lxml elements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from lxml import etree

from herald_spider.text.captions import picture_url
from herald_spider.text.cleaning import clean_text, without_tags

_TEXT = etree.XPath(
    # One step: libxml2 takes quadratic time for a union.
    "descendant::node()[self::text()[not(parent::script or parent::style or parent::noscript)]"
    " or self::br or self::p or self::div or self::li]",
    smart_strings=False,
)
MUTE = ("script", "style", "noscript")  # elements without visible text
_LINES = ("br", "p", "div", "li")  # as in _TEXT
_STRUCK = ("del", "s", "strike")
# Usual class names of text for screen readers only.
_FOR_SCREEN_READERS = frozenset(
    {"blind", "screen-reader-text", "screen_out", "sr-only", "sr_only", "visually-hidden", "visuallyhidden"}
)
_HIDING_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_MAYBE_HIDDEN = etree.XPath(
    "descendant::*[self::del or self::s or self::strike or @hidden or @aria-hidden or @style or @class]"
)
_NEXT_IN_SRCSET = re.compile(r",(?=\s|/|https?:)")  # an address may hold commas too
_PICTURE_ATTRIBUTES = ("src", "data-src", "data-original", "data-lazy-src")


def outermost(elements: list[Any]) -> list[Any]:
    """Return `elements` without those inside another one of them."""
    if len(elements) < 2:
        return elements
    kept: list[Any] = []
    seen: set[Any] = set()  # kept elements, and elements inside them
    for element in elements:
        if not any(each in seen for each in chain([element], element.iterancestors())):
            kept.append(element)
        seen.add(element)
    return kept


def with_ancestors(elements: Iterable[Any]) -> set[Any]:
    """Return `elements` and all their ancestors."""
    found: set[Any] = set()
    for each in elements:
        for element in chain([each], each.iterancestors()):
            if element in found:
                break  # so are its ancestors
            found.add(element)
    return found


def is_hidden(element: Any) -> bool:
    """Return True if readers do not see an element: struck out, hidden, or for screen readers only."""
    attributes = element.attrib
    if (
        element.tag in _STRUCK
        or "hidden" in attributes
        or attributes.get("aria-hidden", "").lower() == "true"
    ):
        return True
    if (style := attributes.get("style")) and _HIDING_STYLE.search(style):
        return True
    classes = attributes.get("class")
    return bool(classes) and not _FOR_SCREEN_READERS.isdisjoint(classes.lower().split())


def text_of(element: Any, glue: str = "") -> str:
    """Return the visible text of an element on one line, its pieces joined by `glue`.

    A string, which stands in an attribute or in JSON-LD, is only cleaned.
    """
    if isinstance(element, str):
        return without_tags(element)
    if not len(element):
        return clean_text(element.text or "") if element.tag not in MUTE else ""
    return clean_text(glue.join(pieces_of(element)))


def pieces_of(element: Any) -> Iterator[str]:
    """Yield the visible texts in an element, and a line break for each element that begins a line."""
    if any(map(is_hidden, _MAYBE_HIDDEN(element))):
        yield from _visible_pieces(element)
    else:
        yield from (part if isinstance(part, str) else "\n" for part in _TEXT(element))


def _visible_pieces(element: Any) -> Iterator[str]:
    walk = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, each in walk:
        if event == "start" and each is not element and (each.tag in MUTE or is_hidden(each)):
            walk.skip_subtree()
        elif event == "start":
            yield "\n" * (each.tag in _LINES) + (each.text or "")
        elif each is not element:
            yield each.tail or ""


def picture_of(element: Any, base: str) -> str | None:
    """Return the address of an ``<img>``, also from its lazy-loading attributes; None for a tracking pixel."""
    if element.get("width") in ("0", "1") or element.get("height") in ("0", "1"):
        return None
    candidates = [element.get(name) for name in _PICTURE_ATTRIBUTES]
    if srcset := (element.get("srcset") or "").strip(" ,"):
        candidates.append(_NEXT_IN_SRCSET.split(srcset)[0].split()[0])
    pictures = (picture_url(url, base) for url in candidates if url)
    return next(filter(None, pictures), None)


def show_addresses(root: Any) -> None:
    """Put the mail addresses that a script of Cloudflare's would show into their elements.

    The attribute ``data-cfemail`` is hexadecimal: a key of one byte, then each byte of the address combined with it
    by exclusive or.
    """
    for element in root.xpath("//*[@data-cfemail]"):
        with suppress(ValueError):  # not hexadecimal: the placeholder stays
            key, *address = bytes.fromhex(element.get("data-cfemail"))
            text = bytes(each ^ key for each in address).decode()
            element[:] = []
            element.text = text
