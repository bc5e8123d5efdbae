"""What a page is like beyond what is read of it: for the doctor, who asks what has changed."""

from __future__ import annotations

from typing import Any

from herald_spider.loaders.current import CurrentLoader
from herald_spider.loaders.listing import menu_selector, read_menu
from herald_spider.loaders.markup import compiled, text_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.shell import is_shell

# The markup of captions, most likely first.
CAPTIONS = ("figcaption", ".img_caption", "[class*=caption]", "td")
# What names the section on its own list page, most likely first.
SECTION_NAMES = ("ul.gnb .on", "div.nav_area > a.category")
_BODY = CurrentLoader.rules["body"][0].text
_PARAGRAPHS = compiled(f"{_BODY} > p")
_LINKS = compiled("a[href]")
_FEEDS = compiled('link[rel~="alternate"][type*="rss"]::attr(href)')
_WORDS = compiled("body")


def portrait(page: Page) -> dict[str, str]:
    """What a page says of itself, whatever it is."""
    kinds = [page.address(link.get("href")).kind for link in _LINKS(page.root)]
    words = sum(len(text_of(body).split()) for body in _WORDS(page.root))
    return {
        "title": _first(page, "title"),
        "heading": _first(page, "h1"),
        "og:type": ", ".join(page.meta.get("og:type", ())),
        "canonical": page.canonical.url if page.canonical else "names no article",
        "JSON-LD": f"{len(page.ld_scripts)} scripts, {len(page.json_ld)} of an article",
        "text": f"{words:,} words" + (", a shell that scripts would fill" if is_shell(page) else ""),
        "menu": f"{len(read_menu(page))} sections, by {menu_selector(page)}",
        "links": f"{kinds.count('article')} to articles, {kinds.count('listing')} to listings",
    }


def _first(page: Page, selector: str) -> str:
    return next(filter(None, map(text_of, compiled(selector)(page.root))), "")


def paragraphs(page: Page) -> int:
    """How many ``<p>`` with text stand right in the container that today's layout has."""
    return sum(bool(text_of(paragraph)) for paragraph in _PARAGRAPHS(page.root))


def caption_markup(page: Page) -> str | None:
    """The first of `CAPTIONS` that the container holds with a text."""
    for selector in CAPTIONS:
        if any(map(text_of, compiled(f"{_BODY} {selector}")(page.root))):
            return selector
    return None


def section_names(page: Page) -> dict[str, str]:
    """What a list page calls its section, by the selectors that find it."""
    found = {selector: _first(page, selector) for selector in SECTION_NAMES}
    return {selector: name for selector, name in found.items() if name}


def feed_links(page: Page) -> dict[str, str]:
    """The feeds that a page links to: their canonical address and label."""
    found: dict[str, str] = {}
    for link in _LINKS(page.root):
        address = page.address(link.get("href"))
        if address.kind == "feed" and not address.url.endswith("/rss"):
            found.setdefault(address.url, _label(link))
    return found


def _label(link: Any) -> str:
    """The text of a link, or of what stands before it where that is only its address."""
    text = text_of(link)
    before = link.getprevious()
    return text_of(before) if "/" in text and before is not None else text


def advertised_feeds(page: Page) -> list[str]:
    """The feeds that the head of a page names."""
    return [page.address(href).url for href in _FEEDS(page.root)]
