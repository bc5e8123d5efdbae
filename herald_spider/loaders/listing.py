"""Listings: the articles that a section page shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from herald_spider.loaders.boxes import links_outside_boxes
from herald_spider.loaders.elements import text_of, with_ancestors
from herald_spider.loaders.layout import ListMarkup
from herald_spider.loaders.layouts import LAYOUTS
from herald_spider.loaders.page import Page
from herald_spider.loaders.selectors import compiled
from herald_spider.loaders.shell import is_bare
from herald_spider.text.cleaning import clean_text
from herald_spider.text.dates import date_in

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
                items = _with_links(items, links_outside_boxes(page))
            if items:
                entries = distinct(_entries(page, items, layout.listing))
                return Listing(entries, layout.name, selector=selector)
    return None


def _entries(page: Page, items: list[Any], markup: ListMarkup) -> Iterator[Entry]:
    for item in _without_deep_ones(items):
        for link in _LINKS(item):
            href = clean_text(link.get("href"))
            address = page.address(href)
            if address.id and markup.is_own(href):
                headline = _first_text(item, markup.headline) or text_of(link)
                printed = _first_text(item, markup.date)
                yield Entry(address.id, address.url, headline, date_in(printed or ""), printed)
                break


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
    links = links_outside_boxes(page)
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
