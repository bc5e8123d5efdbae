"""Layouts: everything known of one generation of the site's markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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

    # Inside the body of an article
    furniture: tuple[str, ...] = ()  # words of what is not part of the story
    furniture_ids: tuple[str, ...] = ()  # regular expressions for the start of an id
    furniture_attributes: tuple[str, ...] = ()
    picture_boxes: tuple[str, ...] = ()  # words of boxes around pictures and their captions
    story_parts: tuple[str, ...] = ()  # words of boxes around text: a box around one is not a picture's
    captions: tuple[str, ...] = ()  # selectors, for the doctor

    # Section pages
    listing = ListMarkup()
    menu: str | None = None  # selector of the links in the menu
    section_names: tuple[str, ...] = ()  # selectors of the section's name, for the doctor
    whole_lists: tuple[str, ...] = ()  # words of elements around a section's whole list
    box_words: tuple[str, ...] = ()  # words of boxes with other sections' articles
    box_headings: tuple[str, ...] = ()  # selectors of headings that may name such a box

    # Script shells
    script_places: tuple[str, ...] = ()  # selectors of elements that scripts fill
    article_ready: tuple[
        str, ...
    ] = ()  # selectors, any of which shows that a script has filled in the article
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


class BodyMarkup:
    """The markup inside bodies, of several layouts: an old story keeps its own on a newer page."""

    def __init__(self, layouts: Iterable[Layout]):
        layouts = tuple(layouts)
        self.furniture = words_pattern(word for each in layouts for word in each.furniture)
        ids = [each for layout in layouts for each in layout.furniture_ids]
        self.furniture_ids = re.compile(rf"^(?:{'|'.join(ids)})", re.IGNORECASE)
        self.furniture_attributes = tuple(name for each in layouts for name in each.furniture_attributes)
        self.picture_boxes = words_pattern(word for each in layouts for word in each.picture_boxes)
        self.story_parts = words_pattern(word for each in layouts for word in each.story_parts)


def words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of `words` among those of a ``class`` attribute."""
    return re.compile(rf"(?:^|\s)(?:{'|'.join(words)})(?=\s|$)", re.IGNORECASE)
