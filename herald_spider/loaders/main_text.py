"""The body of a page of unknown markup: its main text, and the pictures around that."""

from __future__ import annotations

from itertools import chain, takewhile
from typing import Any

from herald_spider.items import Image
from herald_spider.loaders.body import Body, read_body
from herald_spider.loaders.elements import picture_of, text_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.pictures import text_lengths
from herald_spider.text.cleaning import without_tags

_LINES = ("p", "div", "li", "h2", "h3")
# Characters of a story, and how much of the one in JSON-LD a text has at least and at most: JSON-LD lacks
# paragraphs, but a text far from its length lost the story, or has others as well.
_STORY, _LEAST, _MOST = 1_000, 0.7, 3
_SENTENCE = 40  # characters; shorter lines also stand in menus and boxes


def read_main_text(page: Page, paragraphs: list[str], headline: str) -> Body:
    """Return the body with these paragraphs of main text, without a repeated headline, and its pictures."""
    images = pictures_around(page, paragraphs)
    stated = stated_text(page)
    found, whole = (sum(map(len, each)) for each in (paragraphs, stated))
    if whole >= _STORY and not _LEAST * whole <= found <= _MOST * whole:
        paragraphs = stated
    return Body([text for text in paragraphs if text != headline], images)


def stated_text(page: Page) -> list[str]:
    """Return the lines of the body that JSON-LD states."""
    bodies = (thing.get("articleBody") for thing in page.json_ld)
    text = next((body for body in bodies if isinstance(body, str)), "")
    return list(filter(None, map(without_tags, text.split("\n"))))


def pictures_around(page: Page, paragraphs: list[str]) -> list[Image]:
    """Return the pictures between the heading and the last paragraph of the main text."""
    found = _elements_with(page, {text for text in paragraphs if len(text) >= _SENTENCE})
    if not found:
        return []
    first, last = found[0], found[-1]
    heading = next((each for each in page.select("h1") if text_of(each)), None)
    if heading is not None:
        first = heading
    box = _common_ancestor(first, last)
    images = read_body([box], page.links_base, _outside(first, last, box)).images
    # A picture in a link, without a caption, announces another story.
    linked = {picture_of(each, page.links_base) for link in box.iter("a") for each in link.iter("img")}
    return [each for each in images if each.caption or each.credit or each.url not in linked]


def _elements_with(page: Page, texts: set[str]) -> list[Any]:
    """Return the elements with one of `texts`, in page order."""
    if not texts:
        return []
    lengths = text_lengths(page.root)  # most elements have another length, and need not be read
    wanted = {sum(map(len, text.split())) for text in texts}
    lines = (each for each in page.root.iter(*_LINES) if lengths[each] in wanted)
    return [each for each in lines if text_of(each) in texts]


def _common_ancestor(one: Any, other: Any) -> Any:
    around = set(chain([one], one.iterancestors()))
    return next(each for each in chain([other], other.iterancestors()) if each in around)


def _outside(first: Any, last: Any, box: Any) -> set[Any]:
    """Return the elements of `box` before the first and behind the last element."""
    before = (each for step in _up(first, box) for each in step.itersiblings(preceding=True))
    behind = (each for step in _up(last, box) for each in step.itersiblings())
    return {*before, *behind}


def _up(element: Any, box: Any) -> Any:
    return takewhile(lambda each: each is not box, chain([element], element.iterancestors()))
