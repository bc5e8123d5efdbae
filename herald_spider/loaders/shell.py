"""Script shells: pages that hold nothing until a script has run.

What is known of the markup that a script fills in: how its absence looks, and what a
renderer waits for.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

from herald_spider.loaders.markup import compiled
from herald_spider.loaders.page import Page

# CSS, any of which shows that what we came for is there; the site's own first.
THERE = {
    "article": (
        "#articleText p",
        ".news_text_area p",
        ".view_con_t",
        "[itemprop=articleBody] p",
        "article h1 ~ * p",
        "main p",
    ),
    "listing": (
        "article.recent_news li a[href]",
        "ul.news_list li a[href]",
        "ul.category_detail_list li a[href]",
        "ul.main_sec_li li a[href]",
        "main li a[href*='/article/']",
    ),
}
MORE = ("article.recent_news .more", ".btn_more", "button.more", "a.more", "[class*=more] button")

_PLACES = (
    "#app", "#root", "#__next", "#__nuxt", "main", "#articleText", ".article-body", "[itemprop=articleBody]",
    ".news_text_area", "article.recent_news", "ul.news_list",
)  # fmt: skip
_MEDIA = compiled("img, picture, video, audio, iframe, embed, object")
_SCRIPTS = compiled("script")
_NOSCRIPT = compiled("noscript")
_ASKS = re.compile(r"java\s?script", re.IGNORECASE)
_BODY = compiled("body")
_FEW = 300  # characters, scripts included
_DATA = re.compile(r"json", re.IGNORECASE)


def is_shell(page: Page) -> bool:
    """Whether a page that gave nothing has scripts, and a place that they would fill."""
    if not any(_runs(script) for script in _SCRIPTS(page.root)):
        return False
    if any(_ASKS.search(_words(element)) for element in _NOSCRIPT(page.root)):
        return True
    places = chain.from_iterable(map(page.select, _PLACES))
    return any(not _words(place) and not _MEDIA(place) for place in places)


def is_bare(page: Page) -> bool:
    """Whether a shell shows next to no words: an empty list within a whole page is just empty."""
    return is_shell(page) and sum(len(_words(body)) for body in _BODY(page.root)) < _FEW


def _runs(script: Any) -> bool:
    return bool(script.get("src") or _words(script)) and not _DATA.search(script.get("type") or "")


def _words(element: Any) -> str:
    return "".join(element.itertext()).strip()
