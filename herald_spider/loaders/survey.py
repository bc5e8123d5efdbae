"""Facts about a page beyond its articles, for the doctor: which markup of a layout it has."""

from __future__ import annotations

from herald_spider.loaders.elements import text_of
from herald_spider.loaders.layouts import LAYOUTS
from herald_spider.loaders.menu import menu_selector, read_menu
from herald_spider.loaders.page import Page
from herald_spider.loaders.selectors import compiled
from herald_spider.loaders.shell import is_shell

TODAY = LAYOUTS[0]  # the layout of the live site
_LINKS = compiled("a[href]")
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


def feed_links(page: Page) -> list[str]:
    """Return the canonical addresses of the feeds that a page links to."""
    linked = (page.address(link.get("href")) for link in _LINKS(page.root))
    feeds = (each.url for each in linked if each.kind == "feed" and not each.url.endswith("/rss"))
    return list(dict.fromkeys(feeds))
