"""Boxes beside a section's own list ("Most Read", "Latest News"), whose links belong to other sections."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import Any

from herald_spider.loaders.elements import with_ancestors
from herald_spider.loaders.layout import words_pattern
from herald_spider.loaders.layouts import ALL
from herald_spider.loaders.page import Page
from herald_spider.loaders.selectors import compiled
from herald_spider.text.cleaning import clean_text
from herald_spider.urls import Address

_HEADINGS = [selector for layout in ALL for selector in layout.box_headings]
_LINKS_AND_HEADINGS = compiled(", ".join(["a[href]", *_HEADINGS]))
_HEADING_TAGS = ("h1", "h2", "h3", "h4")
_BOX_TAGS = ("nav", "footer", "header")
_NO_BOX_TAGS = ("body", "main", "html")
_BOX_HEADING = re.compile(
    r"\W*(?:most (?:read|popular)|latest news|popular|editor.s picks?)\b", re.IGNORECASE
)
_WHOLE_LIST = words_pattern(word for layout in ALL for word in layout.whole_lists)
_BOX_WORDS = "|".join(word for layout in ALL for word in layout.box_words)
_BOX_CLASS = re.compile(rf"(?:^|[\s_-])(?:{_BOX_WORDS})(?=$|[\s_-])", re.IGNORECASE)
# Beyond, a damaged page only costs time.
_MAX_ANCESTORS, _MAX_HEADING_TEXTS = 50, 10


def links_outside_boxes(page: Page) -> dict[Any, Address]:
    """Return the links to articles that are not in a box, in page order, with their addresses."""
    elements = _LINKS_AND_HEADINGS(page.root)
    hrefs = [(each, each.get("href")) for each in elements if each.tag == "a"]
    addresses = ((link, page.address(clean_text(href))) for link, href in hrefs if href is not None)
    links = {link: address for link, address in addresses if address.id}
    containers = with_ancestors(links)
    boxes: dict[Any, bool] = {}  # by tag, class or heading
    links_before: dict[Any, int] = {}  # the number of links before an element's heading
    outside: dict[Any, Address] = {}
    seen = 0
    for element in elements:
        if element in links:
            seen += 1
            if not _is_in_box(element, boxes):
                outside[element] = links[element]
            continue
        headed = _headed_by(element, containers) if element.tag != "a" else None
        if headed is None:
            continue
        # A second heading ends the box of the first one, unless there was no link between them.
        is_heading = element.tag in _HEADING_TAGS
        if headed not in links_before or (is_heading and links_before[headed] < seen):
            links_before[headed] = seen
            boxes[headed] = bool(_BOX_HEADING.match(_start_of(element)))
    return outside


def _start_of(heading: Any) -> str:
    """Return the start of a heading's text: on a damaged page it may contain half the page."""
    return clean_text(" ".join(islice(heading.itertext(), _MAX_HEADING_TEXTS)))


def _headed_by(heading: Any, containers: set[Any]) -> Any:
    """Return the element under a heading, the nearest around it with a link; None if its own class decides."""
    around = islice(chain([heading], heading.iterancestors()), _MAX_ANCESTORS)
    found = next((element for element in around if element in containers), None)
    return None if found is None or _is_no_box(found) or _is_box(found) else found


def _is_in_box(link: Any, boxes: dict[Any, bool]) -> bool:
    """Return True if an ancestor of a link is a box; add the ancestors to `boxes`."""
    for ancestor in islice(link.iterancestors(), _MAX_ANCESTORS):
        if _is_no_box(ancestor):
            return False
        if ancestor not in boxes:
            boxes[ancestor] = _is_box(ancestor)
        if boxes[ancestor]:
            return True
    return False


def _is_no_box(element: Any) -> bool:
    """Return True for an element around the whole page, or around a section's whole list."""
    return element.tag in _NO_BOX_TAGS or bool(_WHOLE_LIST.search(element.get("class") or ""))


def _is_box(element: Any) -> bool:
    """Return True if an element's tag or class marks it as a box."""
    return element.tag in _BOX_TAGS or bool(_BOX_CLASS.search(element.get("class") or ""))
