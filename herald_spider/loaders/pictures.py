"""Pictures of a body with their captions and credits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

from lxml import etree

from herald_spider.items import Image
from herald_spider.loaders.elements import MUTE, text_of
from herald_spider.text.captions import split_credit
from herald_spider.text.cleaning import clean_text

_PARTS = etree.XPath(
    # One step, as in elements.
    "descendant::node()[self::text()[not(parent::script or parent::style or parent::noscript)]"
    " or self::img or self::td or self::th or self::br or self::p or self::div or self::li]",
    smart_strings=False,
)
_SEPARATORS = ("img", "td", "th")
_CAPTION = re.compile(r"caption(?!ed|ing|er)", re.IGNORECASE)
# Not "creditors", "accredited", "credit-card".
_CREDIT = re.compile(
    r"(?:^|[\s_-]|photo|image|img|picture)credits?(?:text|line|name)?(?=$|[\s_-])(?![-_](?:card|rating|union))",
    re.IGNORECASE,
)

Caption = tuple[str | None, str | None]  # the caption and its credit


def is_caption(element: Any) -> bool:
    """Return True for a ``<figcaption>``, and for a class such as ``img_caption``."""
    return element.tag == "figcaption" or _names_a_caption(element.get("class", ""))


@lru_cache(maxsize=1000)  # nested boxes are searched once for each of them
def _names_a_caption(classes: str) -> bool:
    return _CAPTION.search(classes) is not None


def captions_in(element: Any) -> list[Any]:
    """Return the captions in an element, also itself, in page order."""
    return list(filter(is_caption, element.iter(etree.Element)))


def credits_in(element: Any) -> list[str]:
    """Return the texts of the elements whose class marks them as a credit."""
    credits = (each for each in element.iter(etree.Element) if _CREDIT.search(each.get("class", "")))
    return list(filter(None, map(text_of, credits)))


def split_caption(text: str, credits: list[str]) -> Caption:
    """Split a caption from its credit, which stands in brackets or is one of `credits`."""
    caption, credit = split_credit(text)
    named = next(filter(text.endswith, credits), None)
    if named and not credit:
        return text.removesuffix(named).strip(" /|") or None, named
    return caption, credit


def parts_of(box: Any, captions: set[Any]) -> list[Any]:
    """Return the ``<img>`` elements and caption texts of a box, in page order.

    Without `captions` the text between pictures, or in one cell of a table, is a caption.
    """
    if captions:
        found = (each for each in box.iter() if each.tag == "img" or each in captions)
        return [each if each.tag == "img" else text_of(each) for each in found]
    parts: list[Any] = []
    for is_separator, run in groupby(_PARTS(box), lambda part: getattr(part, "tag", None) in _SEPARATORS):
        if is_separator:
            parts.extend(each for each in run if each.tag == "img")
        elif text := clean_text("".join(part if isinstance(part, str) else "\n" for part in run)):
            parts.append(text)
    return parts


def pairs(parts: list[Any]) -> Iterator[tuple[Image, str]]:
    """Yield pictures with their captions from a box's parts, in which `Image` stands for each ``<img>``.

    A row of pictures and a row of as many captions are paired in order; otherwise the
    nearest picture gets all of the captions.
    """
    rows = [list(row) for _, row in groupby(parts, lambda part: isinstance(part, str))]
    is_above = isinstance(parts[0], str)
    if is_above and len(rows) % 2:  # the last row is text too: the first one is a heading
        heading = rows.pop(0)
        rows[1][0] = " ".join(filter(None, [*heading, rows[1][0]]))
        is_above = False
    ones, others = rows[::2], rows[1::2]
    for images, texts in zip(others, ones, strict=True) if is_above else zip(ones, others, strict=False):
        if len(images) == len(texts):
            yield from zip(images, texts, strict=True)
        else:
            yield images[0 if is_above else -1], " ".join(dict.fromkeys(filter(None, texts)))


def text_lengths(container: Any) -> dict[Any, int]:
    """Return the number of characters in each element of a container, without white space."""
    found: dict[Any, int] = {}
    for _, element in etree.iterwalk(container, events=("end",)):
        length = sum(found.get(child, 0) + _length(child.tail) for child in element)
        found[element] = length + (_length(element.text) if element.tag not in MUTE else 0)
    return found


def _length(text: str | None) -> int:
    return sum(map(len, text.split())) if text else 0
