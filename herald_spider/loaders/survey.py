"""Facts about a page beyond its articles, for the doctor: which markup of a layout it has."""

from __future__ import annotations

from typing import Any

from herald_spider.loaders.elements import text_of
from herald_spider.loaders.layout import Layout
from herald_spider.loaders.layouts import LAYOUTS
from herald_spider.loaders.menu import menu_selector, read_menu
from herald_spider.loaders.page import Page
from herald_spider.loaders.selectors import compiled
from herald_spider.loaders.shell import is_shell

TODAY = LAYOUTS[0]  # the layout of the live site
_LINKS = compiled("a[href]")
_FEEDS = compiled('link[rel~="alternate"][type*="rss"]::attr(href)')
_BODY = compiled("body")


def recognised(page: Page) -> dict[str, list[str]]:
    """Return the layouts that match a page, newest first, with the markers that it has."""
    found = {layout.name: layout.markers_on(page) for layout in LAYOUTS}
    return {layout: markers for layout, markers in found.items() if markers}


def portrait(page: Page) -> dict[str, str]:
    """Return the properties of a page of any kind, by label."""
    kinds = [page.address(link.get("href")).kind for link in _LINKS(page.root)]
    words = sum(len(text_of(body).split()) for body in _BODY(page.root))
    return {
        "title": _first_text(page, "title"),
        "heading": _first_text(page, "h1"),
        "og:type": ", ".join(page.meta.get("og:type", ())),
        "canonical": page.canonical.url if page.canonical else "names no article",
        "JSON-LD": f"{len(page.ld_scripts)} scripts, {len(page.json_ld)} of an article",
        "text": f"{words:,} words" + (", a shell that scripts would fill" if is_shell(page) else ""),
        "menu": f"{len(read_menu(page))} sections, by {menu_selector(page)}",
        "links": f"{kinds.count('article')} to articles, {kinds.count('listing')} to listings",
    }


def _first_text(page: Page, selector: str) -> str:
    return next(filter(None, map(text_of, page.select(selector))), "")


def paragraphs(page: Page, layout: Layout = TODAY) -> int:
    """Return the number of ``<p>`` with text right in a layout's first body element."""
    return sum(bool(text_of(paragraph)) for paragraph in page.select(f"{_body_of(layout)} > p"))


def caption_markup(page: Page, layout: Layout = TODAY) -> str | None:
    """Return the first of a layout's caption selectors that finds text in its first body element."""
    for selector in layout.captions:
        if any(map(text_of, page.select(f"{_body_of(layout)} {selector}"))):
            return selector
    return None


def _body_of(layout: Layout) -> str:
    return layout.rules["body"][0].text


def section_names(page: Page, layout: Layout = TODAY) -> dict[str, str]:
    """Return the section names on a section page, by the selectors that find them."""
    found = {selector: _first_text(page, selector) for selector in layout.section_names}
    return {selector: name for selector, name in found.items() if name}


def list_markup(page: Page) -> dict[str, int]:
    """Return the number of items in a list, and of items with its first headline and date selector."""
    for layout in LAYOUTS:
        for selector in layout.listing.items:
            if items := page.select(selector):
                firsts = (layout.listing.headline[0], layout.listing.date[0])
                found = {first: sum(bool(compiled(first)(item)) for item in items) for first in firsts}
                return {"items": len(items), **found}
    return {"items": 0}


def feed_links(page: Page) -> dict[str, str]:
    """Return the canonical addresses of the feeds that a page links to, with their labels."""
    found: dict[str, str] = {}
    for link in _LINKS(page.root):
        address = page.address(link.get("href"))
        if address.kind == "feed" and not address.url.endswith("/rss"):
            found.setdefault(address.url, _label(link))
    return found


def _label(link: Any) -> str:
    """Return the text of a link, or the text before it if the link only shows its address."""
    text = text_of(link)
    before = link.getprevious()
    return text_of(before) if "/" in text and before is not None else text


def advertised_feeds(page: Page) -> list[str]:
    """Return the addresses of the feeds in a page's ``<head>``."""
    return [page.address(href).url for href in _FEEDS(page.root)]
