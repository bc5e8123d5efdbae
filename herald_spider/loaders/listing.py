"""Listings: the articles that a section page shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import Any

from herald_spider.loaders.elements import text_of, with_ancestors
from herald_spider.loaders.isolation import isolated
from herald_spider.loaders.layout import ListMarkup, words_pattern
from herald_spider.loaders.layouts import ALL, LAYOUTS
from herald_spider.loaders.page import Page
from herald_spider.loaders.selectors import compiled
from herald_spider.loaders.shell import is_bare
from herald_spider.text.cleaning import clean_text
from herald_spider.text.dates import date_in
from herald_spider.urls import Address

_LINKS = compiled("a[href]")
# Lists in lists that are read; beyond, a damaged page only costs time.
_MAX_NESTED = 3


@dataclass(frozen=True)
class Entry:
    """One article in a listing. `printed` is its date as printed, `date` None if that cannot be read."""

    id: str
    url: str
    headline: str
    date: datetime | None = None
    printed: str | None = None


@dataclass
class Listing:
    """The entries of a section page in page order, each article once.

    `credited` is False if no known list was found and all links to articles were taken: they
    need not belong to the section. `selector` is the one that found the items. A listing that
    `is_bare` has no entries, and its scripts may load some.
    """

    entries: list[Entry] = field(default_factory=list)
    layout: str = "generic"
    credited: bool = True
    selector: str = "a[href]"
    is_bare: bool = False


def read_listing(page: Page) -> Listing:
    """Return the entries of a section page of any layout."""
    listing = _known_list(page) or Listing(distinct(_linked_entries(page)), credited=False)
    listing.is_bare = not listing.entries and is_bare(page)
    return listing


def _known_list(page: Page) -> Listing | None:
    for layout in LAYOUTS:
        for selector in layout.listing.items:
            items = page.select(selector)
            if items and selector in layout.listing.mixed:
                items = _with_links(items, _links_outside_boxes(page))
            if items:
                entries = distinct(_entries(page, items, layout.listing))
                return Listing(entries, layout.name, selector=selector)
    return None


def _entries(page: Page, items: list[Any], markup: ListMarkup) -> Iterator[Entry]:
    for item in _without_deep_ones(items):
        if entry := isolated(partial(_entry, page, item, markup), "an entry", page.url):
            yield entry


def _entry(page: Page, item: Any, markup: ListMarkup) -> Entry | None:
    """Return the article that an item of a list links to first."""
    for link in _LINKS(item):
        href = clean_text(link.get("href"))
        address = page.address(href)
        if address.id and markup.is_own(href):
            headline = _first_text(item, markup.headline) or text_of(link)
            printed = _first_text(item, markup.date)
            return Entry(address.id, address.url, headline, date_in(printed or ""), printed)
    return None


def _without_deep_ones(items: list[Any]) -> Iterator[Any]:
    """Yield the items, in page order, without those inside too many others."""
    levels: dict[Any, int] = {}
    for item in items:
        around = (levels[each] for each in item.iterancestors() if each in levels)
        levels[item] = next(around, 0) + 1
        if levels[item] <= _MAX_NESTED:
            yield item


def _linked_entries(page: Page) -> Iterator[Entry]:
    """Yield every article linked outside boxes, with its headline and date if it is in an item of a list."""
    links = _links_outside_boxes(page)
    listed: dict[str, Entry] = {}
    for layout in LAYOUTS:
        if layout.listing.loose:
            items = _with_links(page.select(layout.listing.loose), links)
            listed |= {entry.id: entry for entry in distinct(_entries(page, items, layout.listing))}
    for link, address in links.items():
        article = address.id or ""
        yield listed.get(article) or Entry(article, address.url, text_of(link))


def _with_links(items: list[Any], links: Iterable[Any]) -> list[Any]:
    """Return the items that contain one of the links."""
    containers = with_ancestors(links)
    return [item for item in items if item in containers]


def distinct(entries: Iterator[Entry]) -> list[Entry]:
    """Return the first entry of each article."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.id, entry)
    return list(found.values())


def _first_text(item: Any, selectors: tuple[str, ...]) -> str | None:
    for selector in selectors:
        for element in compiled(selector)(item):
            if text := text_of(element):
                return text
    return None


# Boxes beside a section's own list ("Most Read", "Latest News"): their links belong to other sections.

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


def _links_outside_boxes(page: Page) -> dict[Any, Address]:
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
