"""The rule for a headline as readers see it, on pages of unknown markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from herald_spider.loaders.elements import text_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import Rule

_WORD = re.compile(r"\w+")
_MAX_HEADINGS = 20
_IS_CUT = ("...", "…")


def printed_headline(stated: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return a rule for the ``<h1>`` where it is better than the headline of the `stated` rules.

    That one is worse if it is cut off, if the site's name or a deck follows the printed one, or if
    it is the document's title, which is written for search engines. A label before one of them is no reason.
    """

    def find(page: Page) -> list[Any]:
        title = " ".join(map(text_of, page.select("title")[:1]))
        named = [text_of(value) for rule in stated for value in rule.find(page)[:1]]
        heading = next(_headings_like(page, [*named, title]), None)
        return [heading] if heading and _is_better(heading, next(iter(named), ""), title) else []

    return (Rule("css", "h1 like the title", find),)


def _headings_like(page: Page, titles: list[str]) -> Iterator[str]:
    """Yield the texts of ``<h1>`` elements that share half of their words with one of the titles."""
    for element in page.select("h1")[:_MAX_HEADINGS]:
        words = set(_words(text := text_of(element)))
        others = (set(_words(title)) for title in titles)
        if words and any(4 * len(words & other) >= len(words) + len(other) for other in others):
            yield text


def _is_better(heading: str, named: str, title: str) -> bool:
    printed, stated, document = ("".join(_words(text)) for text in (heading, named, title))
    if not stated or named.endswith(_IS_CUT):
        return True
    if printed.endswith(stated) or stated.endswith(printed):
        return False
    return stated.startswith(printed) or document.startswith(stated) or stated.startswith(document)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
