"""All knowledge of the site's markup: one module per layout, and no selector elsewhere.

`read_article` picks the layout by what the page holds, newest first. A redesign of the
site is one new module here and its line in `LAYOUTS`.
"""

from __future__ import annotations

import re
from typing import Any

from herald_spider.items import Article
from herald_spider.loaders.article import ArticleLoader, Rules
from herald_spider.loaders.current import CurrentLoader
from herald_spider.loaders.generic import GenericLoader
from herald_spider.loaders.legacy import LegacyLoader
from herald_spider.loaders.page import Page
from herald_spider.loaders.redesign_2023 import Redesign2023Loader
from herald_spider.loaders.shell import is_shell

LAYOUTS: tuple[type[ArticleLoader], ...] = (CurrentLoader, Redesign2023Loader, LegacyLoader)
GENERIC = GenericLoader.layout
_ALL: tuple[type[ArticleLoader], ...] = (*LAYOUTS, GenericLoader)
_BY_NAME = {layout.layout: layout for layout in _ALL}


# How the reason of `NoArticle` begins for what no browser could show: it may pass.
NO_PAGE = "no page"


class NoArticle(Exception):
    """The page is none of an article: a deleted story answered with 200, or a stray page."""


class NeedsRendering(Exception):
    """The page is a shell that a script fills; there is no article without it."""


class Moved(Exception):
    """The page only sends the reader on, by script; `url` is where."""

    def __init__(self, url: str):
        super().__init__(url)
        self.url = url


def recognised(page: Page) -> dict[str, list[str]]:
    """The layouts that `page` may be of, newest first, with what shows it of each."""
    found = {layout.layout: layout.marker.matching(page) for layout in LAYOUTS}
    return {layout: markers for layout, markers in found.items() if markers}


def detect(page: Page) -> type[ArticleLoader]:
    """The layout of `page`, newest first; the generic one where none is recognised."""
    for layout in LAYOUTS:
        if layout.marker.matches(page):
            return layout
    return GenericLoader


def rules_of(layout: str) -> Rules:
    """The table of the layout of that name; nothing for one that is no longer there."""
    return _BY_NAME[layout].rules if layout in _BY_NAME else {}


def file_of(layout: str) -> str:
    """The file of a layout, in the package: ``loaders/current.py``."""
    module = _BY_NAME[layout].__module__ if layout in _BY_NAME else f"{__name__}.__init__"
    return f"{module.partition('.')[2].replace('.', '/')}.py"


def read_article(page: Page, **options: Any) -> Article:
    """Read `page` in its layout. `options` go to the loader (``stats=``).

    Raises `NoArticle` for a soft 404, `Moved` for a redirect by script, and
    `NeedsRendering` for what holds no article until a script has run.
    """
    if page.canonical is None and page.address(page.url).kind != "article":
        raise NoArticle("the address led to a page that is no article")
    if page.is_too_deep:
        raise NoArticle(f"{NO_PAGE}: elements nested too deep")
    layout = detect(page)
    if layout is GenericLoader:
        _check_is_article(page)
    article = layout(page, **options).read()
    if article.body is None and is_shell(page):
        raise NeedsRendering
    return article


_SCRIPT_REDIRECT = re.compile(
    r"""(?:window\.|document\.|top\.|self\.)?location(?:\.href)?\s*(?:=|\.(?:replace|assign)\()\s*["']([^"']{1,500})["']"""
)
_MAX_REDIRECT_TEXT = 200
_FRONT_PAGE = re.compile(r"(?:(?:https?:)?//[^/?#]+/?|/)(?:[?#].*)?")


def _check_is_article(page: Page) -> None:
    if page.is_binary:
        raise NoArticle(f"{NO_PAGE}: binary data")
    text = page.root.xpath("string(//body)").strip()
    scripts = "\n".join(page.root.xpath("//script/text()"))
    visible = len(text) - len(scripts)
    if visible < _MAX_REDIRECT_TEXT and (match := _SCRIPT_REDIRECT.search(scripts)):
        target = page.address(match[1])
        if target.kind == "article":
            raise Moved(target.url)
        raise NoArticle("a redirect by script to no article")
    if page.json_ld or ("article" in page.meta.get("og:type", ()) and not _is_elsewhere(page)):
        return
    if is_shell(page):
        raise NeedsRendering
    requested = page.address(page.url)
    if page.canonical is None or (requested.id and page.canonical.id != requested.id):
        raise NoArticle("no article in the page, and its og:url is another one's")


def _is_elsewhere(page: Page) -> bool:
    """Whether the page says that it is another article, a list, or the front page."""
    own, canonical = page.address(page.url), page.canonical
    if canonical:  # the ud and the number of one article are no contradiction
        return own.id not in (None, canonical.id) and own.is_ud == canonical.is_ud
    return any(each.kind == "listing" or _FRONT_PAGE.fullmatch(each.url.strip()) for each in page.stated)
