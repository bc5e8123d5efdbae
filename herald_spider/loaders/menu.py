"""The site's menu of sections."""

from __future__ import annotations

import re

from herald_spider import sections
from herald_spider.loaders.elements import text_of
from herald_spider.loaders.layouts import ALL
from herald_spider.loaders.page import Page
from herald_spider.sections import Section
from herald_spider.text.cleaning import clean_text

# Selectors of a menu's links, newest layout first; the last one finds menus of any layout.
MENUS = tuple(dict.fromkeys(layout.menu for layout in ALL if layout.menu))


def read_menu(page: Page) -> list[tuple[Section, str]]:
    """Return the sections of the page's menu, with the addresses of their listings.

    A section that is missing in `sections.py` gets a slug from its label, so that its articles
    are found.
    """
    found: dict[str, Section] = {}
    for link in page.select(menu_selector(page)):
        address = page.address(clean_text(link.get("href")))
        if address.kind == "listing" and address.url not in found:
            label = text_of(link)
            section = sections.by_name(label) or sections.by_url(address.url) or _unknown(label, address.url)
            if section:
                found[address.url] = section
    return [(section, url) for url, section in found.items()]


def menu_selector(page: Page) -> str:
    """Return the first of `MENUS` that the page has, the last one if it has none."""
    return next((selector for selector in MENUS if page.select(selector)), MENUS[-1])


def _unknown(label: str, url: str) -> Section | None:
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return Section(slug, (label,), path=url) if slug else None
