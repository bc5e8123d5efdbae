"""Script shells: pages that are empty until a script has run."""

from __future__ import annotations

import re
from typing import Any

from herald_spider.loaders.layouts import ALL
from herald_spider.loaders.page import Page
from herald_spider.loaders.selectors import compiled

# CSS selectors for a renderer: any match of READY shows that the article or the listing is
# there, and MORE_BUTTONS load further entries of a listing.
READY = {
    "article": ", ".join(selector for layout in ALL for selector in layout.article_ready),
    "listing": ", ".join(selector for layout in ALL for selector in layout.listing_ready),
}
MORE_BUTTONS = ", ".join(selector for layout in ALL for selector in layout.more_buttons)

_MEDIA = compiled("img, picture, video, audio, iframe, embed, object")
_SCRIPTS = compiled("script")
_NOSCRIPT = compiled("noscript")
_BODY = compiled("body")
_ASKS_FOR_SCRIPTS = re.compile(r"java\s?script", re.IGNORECASE)
_IS_DATA = re.compile(r"json", re.IGNORECASE)
_MAX_BARE_TEXT = 300  # characters, scripts included


def is_shell(page: Page) -> bool:
    """Return True if the page has scripts, and an empty element that they would fill.

    Only meaningful for a page in which nothing was found.
    """
    if not any(_runs(script) for script in _SCRIPTS(page.root)):
        return False
    if any(_ASKS_FOR_SCRIPTS.search(_text(element)) for element in _NOSCRIPT(page.root)):
        return True
    places = (place for layout in ALL for selector in layout.script_places for place in page.select(selector))
    return any(not _text(place) and not _MEDIA(place) for place in places)


def is_bare(page: Page) -> bool:
    """Return True for a shell with next to no text: an empty list on a full page is just empty."""
    return is_shell(page) and sum(len(_text(body)) for body in _BODY(page.root)) < _MAX_BARE_TEXT


def _runs(script: Any) -> bool:
    return bool(script.get("src") or _text(script)) and not _IS_DATA.search(script.get("type") or "")


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()
