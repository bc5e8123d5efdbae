"""Layouts: everything known of one generation of the site's markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from herald_spider.loaders.elements import is_hidden
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import Rules


@dataclass(frozen=True)
class ListMarkup:
    """The markup of the list on a section page: CSS selectors, most likely first.

    `headline` and `date` are relative to an item. `mixed` are those of `items` that also match
    items of boxes with other sections' articles. `loose` matches items on pages where none of
    `items` is found. `is_own` decides by a link's ``href`` whether it is an entry of the list.
    """

    items: tuple[str, ...] = ()
    headline: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    loose: str | None = None
    is_own: Callable[[str], bool] = lambda href: True


class Layout:
    """One generation of the site's markup: a module with one subclass describes it completely.

    Selectors are CSS, most likely first; words are regular expressions for one word of a
    ``class`` attribute. `rules` has the rules of each field; the first that finds something wins.
    """

    name: str
    markers: tuple[str, ...] = ()  # selectors, any of which identifies the layout
    rules: Rules = {}
    uses_former_menu = False  # the menu before 2024 had other parents for some sections
    stated_authors_are_all = False  # printed bylines add nobody to authors that the page states for programs

    # Inside the body of an article
    furniture: tuple[str, ...] = ()  # words of what is not part of the story, each a whole word of the class
    furniture_ids: tuple[str, ...] = ()  # regular expressions for the start of an id
    furniture_attributes: tuple[str, ...] = ()
    picture_boxes: tuple[str, ...] = ()  # words of boxes around pictures and their captions
    deck_until = ""  # the last day of stories with their deck as the first line of the body
    story_parts: tuple[str, ...] = ()  # words of boxes around text: a box around one is not a picture's

    # Section pages
    listing = ListMarkup()
    menu: str | None = None  # selector of the links in the menu
    whole_lists: tuple[str, ...] = ()  # words of elements around a section's whole list
    box_words: tuple[str, ...] = ()  # words of boxes with other sections' articles
    box_headings: tuple[str, ...] = ()  # selectors of headings that may name such a box

    # Script shells
    script_places: tuple[str, ...] = ()  # selectors of elements that scripts fill
    article_ready: tuple[str, ...] = ()  # selectors of elements that only a filled page has
    listing_ready: tuple[str, ...] = ()
    more_buttons: tuple[str, ...] = ()  # selectors of buttons that load more entries

    def markers_on(self, page: Page) -> list[str]:
        """Return the markers that a page has."""
        return [selector for selector in self.markers if page.select(selector)]

    def matches(self, page: Page) -> bool:
        """Return True if a page has one of the markers."""
        return any(map(page.select, self.markers))

    @property
    def file(self) -> str:
        """The module's path in the package: ``loaders/layouts/site_2024.py``."""
        return f"{type(self).__module__.partition('.')[2].replace('.', '/')}.py"


# Empty places of adverts have a height; a paragraph of the story may have one too.
_MIN_HEIGHT = re.compile(r"min-height\s*:", re.IGNORECASE)
_HEIGHT = re.compile(r"(?<!line-)height\s*:", re.IGNORECASE)
_PLACE_STYLE = {"div": _MIN_HEIGHT, "aside": _MIN_HEIGHT, "section": _HEIGHT}
_BOXES = ("div", "section", "aside", "p", "span")


class BodyMarkup:
    """The markup inside bodies, of several layouts: an old story keeps its own on a newer page."""

    def __init__(self, layouts: Iterable[Layout]):
        layouts = tuple(layouts)
        self.picture_boxes = words_pattern(word for each in layouts for word in each.picture_boxes)
        self.story_parts = words_pattern(word for each in layouts for word in each.story_parts)
        self._furniture = words_pattern(word for each in layouts for word in each.furniture)
        ids = [each for layout in layouts for each in layout.furniture_ids]
        self._furniture_ids = re.compile("|".join(ids), re.IGNORECASE)
        self._furniture_attributes = tuple(name for each in layouts for name in each.furniture_attributes)

    def is_furniture(self, element: Any) -> bool:
        """Return True if an element is not part of the story: an advert, share buttons, hidden text."""
        attributes = element.attrib
        if not attributes:
            return False
        tag, classes = element.tag, attributes.get("class")
        if (classes and self._furniture.search(classes)) or is_hidden(element):
            return True
        identity = attributes.get("id", "")
        if "_ad_" in identity.lower():
            return True
        if tag not in _BOXES:
            return False
        style = attributes.get("style", "")
        return bool(
            self._furniture_ids.match(identity)
            or (tag in _PLACE_STYLE and _PLACE_STYLE[tag].search(style))
            or any(name in attributes for name in self._furniture_attributes)
        )


def words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of `words` among those of a ``class`` attribute."""
    return re.compile(rf"(?:^|\s)(?:{'|'.join(words)})(?=\s|$)", re.IGNORECASE)
