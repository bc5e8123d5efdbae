"""Checks that a page holds an article."""

from __future__ import annotations

import re

from herald_spider import sections
from herald_spider.loaders.elements import text_of
from herald_spider.loaders.page import MAX_SIZE, Page
from herald_spider.loaders.refusals import refusal
from herald_spider.loaders.shell import is_shell
from herald_spider.urls import Address

# Opening of the reason of `NoArticle` if the page was damaged on its way: a retry may help.
NO_PAGE = "no page"
_SCRIPT_REDIRECT = re.compile(
    r"""(?:window\.|document\.|top\.|self\.)?location(?:\.href)?\s*(?:=|\.(?:replace|assign)\()\s*["']([^"']{1,500})["']"""
)
_MAX_REDIRECT_TEXT = 200  # characters; a page with more text is not just a redirect
_STORY = 1_000  # characters; a message of an error has less
_FRONT_PAGE = re.compile(r"(?:(?:https?:)?//[^/?#]+/?|/)(?:[?#].*)?")


class NoArticle(Exception):
    """The page is not an article: a deleted story answered with 200, or a stray page."""


class NeedsRendering(Exception):
    """The page is a shell that a script fills; there is no article without rendering."""


class Moved(Exception):
    """The page only redirects by script, to the article at `url`."""

    def __init__(self, url: str):
        super().__init__(url)
        self.url = url


def check_page(page: Page) -> None:
    """Raise `NoArticle` if the page, in whatever layout, cannot be read as an article."""
    if page.canonical is None and page.address(page.url).kind != "article":
        _refuse(page)
        raise _ends_at(page.address(page.url), "the address led to a page that is no article")
    if _belongs_to_another(page):
        raise NoArticle(f"{NO_PAGE}: the address led to a page of another article")
    if page.is_too_large:
        raise NoArticle(f"{NO_PAGE}: larger than {MAX_SIZE // 1024**2} MB")
    if page.is_too_deep:
        raise NoArticle(f"{NO_PAGE}: elements nested too deep")


def _belongs_to_another(page: Page) -> bool:
    """Return True if the page at an address without an id states an id other than those that led to it."""
    former = {page.address(url).id for url in page.redirected_from} - {None}
    stated = page.canonical
    return bool(page.address(page.url).id is None and stated and former and stated.id not in former)


def check_unknown_page(page: Page) -> None:
    """Check a page of no known layout for signs of an article.

    Raises `NoArticle` if there are none, `Moved` for a redirect by script, and
    `NeedsRendering` for a script shell.
    """
    if page.is_binary:
        raise NoArticle(f"{NO_PAGE}: binary data")
    _check_script_redirect(page)
    _refuse(page)
    if page.json_ld or ("article" in page.meta.get("og:type", ()) and not _states_another(page)):
        return
    if is_shell(page):
        raise NeedsRendering
    if not page.stated:
        if _has_story(page):
            return
        raise NoArticle(f"{NO_PAGE}: no article in it")
    requested = page.address(page.url)
    if page.canonical is None or (requested.id and page.canonical.id != requested.id):
        raise NoArticle("no article in the page, and its og:url is another one's")


def _has_story(page: Page) -> bool:
    """Return True if a page that says nothing of itself has a heading and the text of a story."""
    return any(map(text_of, page.select("h1"))) and sum(map(len, page.main_text)) >= _STORY


def _refuse(page: Page) -> None:
    """Raise `NoArticle` for a challenge, a login page or an empty answer, which says nothing of the article."""
    if reason := refusal(page):
        raise NoArticle(f"{NO_PAGE}: {reason}")


def _ends_at(target: Address, reason: str) -> NoArticle:
    """Return the error for an address that leads to `target`: deleted stories lead to the front page or a section."""
    is_of_the_site = _FRONT_PAGE.fullmatch(target.url) or sections.by_url(target.url)
    return NoArticle(reason if is_of_the_site else f"{NO_PAGE}: {reason}")


def _check_script_redirect(page: Page) -> None:
    scripts = "\n".join(page.root.xpath("//script/text()"))
    match = _SCRIPT_REDIRECT.search(scripts)
    if match and sum(map(len, map(text_of, page.root.iter("body")))) < _MAX_REDIRECT_TEXT:
        target = page.address(match[1])
        if target.kind == "article":
            raise Moved(target.url)
        raise _ends_at(target, "a redirect by script to no article")


def _states_another(page: Page) -> bool:
    """Return True if the page states the address of another article, a listing or the front page."""
    own, canonical = page.address(page.url), page.canonical
    if canonical:  # one article may have a ud and a number
        return own.id not in (None, canonical.id) and own.is_ud == canonical.is_ud
    return any(each.kind == "listing" or _FRONT_PAGE.fullmatch(each.url.strip()) for each in page.stated)
