"""The site's menu of sections."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from herald_spider import sections
from herald_spider.loaders.elements import text_of
from herald_spider.loaders.isolation import isolated
from herald_spider.loaders.layouts import ALL
from herald_spider.loaders.page import Page
from herald_spider.sections import Section
from herald_spider.text.cleaning import clean_text

# Selectors of a menu's links, newest layout first; the last one finds menus of any layout.
MENUS = tuple(dict.fromkeys(layout.menu for layout in ALL if layout.menu))
_MAX_LINKS = 1000


def read_menu(page: Page) -> list[tuple[Section, str]]:
    """Return the sections of the page's menu, with the addresses of their listings.

    A section that is missing in `sections.py` gets a slug from its label, so that its articles
    are found.
    """
    found: dict[str, Section] = {}
    read = set()  # links in links would make the same texts be read over and over
    for link in page.select(menu_selector(page))[:_MAX_LINKS]:
        if (href := link.get("href")) in read:
            continue
        if entry := isolated(partial(_entry, page, link), "a link of the menu", page.url):
            read.add(href)
            section, url = entry
            found.setdefault(url, section)
    return [(section, url) for url, section in found.items()]


def _entry(page: Page, link: Any) -> tuple[Section, str] | None:
    """Return the section that a link of the menu leads to, and its address; None for another link."""
    address = page.address(clean_text(link.get("href")))
    if address.kind != "listing":
        return None
    label = text_of(link)
    section = sections.by_name(label) or sections.by_url(address.url) or _unknown(label, address.url)
    return (section, address.url) if section else None


def menu_selector(page: Page) -> str:
    """Return the first of `MENUS` that the page has, the last one if it has none."""
    return next((selector for selector in MENUS if page.select(selector)), MENUS[-1])


def _unknown(label: str, url: str) -> Section | None:
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return Section(slug, (label,), path=url) if slug else None
