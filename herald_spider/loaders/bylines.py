"""Rules for the lines that say who wrote a story, of which a page has some for other stories too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

from lxml import etree

from herald_spider.loaders.markup import outermost, text_of, with_ancestors
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import Rule, css_finder
from herald_spider.text.bylines import EMAIL, OTHER_STORIES, is_name, parse_byline
from herald_spider.text.cleaning import clean_text
from herald_spider.text.endings import is_chrome


def bylines(*selectors: str, story: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """As `css`: one value, what the first element says and those that stand beside it, comma-separated.

    Others of that name elsewhere on the page sign other stories. Where `story` selects its
    text, so do those in boxes that lead to others.
    """

    def finder(selector: str) -> Callable[[Page], list[str]]:
        find = css_finder(selector)
        return lambda page: _one_line(_beside_first(_own(page, find(page), story)))

    return tuple(Rule("css", selector, finder(selector)) for selector in selectors)


def reporters(*selectors: str, story: tuple[str, ...]) -> tuple[Rule, ...]:
    """Rules for links to reporters of the story that `story` selects: each one's name."""

    def finder(selector: str) -> Callable[[Page], list[str]]:
        find = css_finder(selector)

        def find_names(page: Page) -> list[str]:
            names: dict[str, str] = {}
            for link in _own(page, find(page), story):
                if _are_people(text := text_of(link, " ")):
                    names.setdefault(link.get("href"), text)  # not "More Articles", which leads there too
            return list(names.values())

        return find_names

    return tuple(Rule("css", selector, finder(selector)) for selector in selectors)


# Tells links to articles from those that share this one, at no cost.
_STORY_LINK = re.compile(r"\s*(?:(?:https?:)?//[^/?#]+)?/*(?:article/\d|view\.php\?)")


def _own(page: Page, elements: list[Any], story: tuple[str, ...]) -> list[Any]:
    """Those of `elements` that are the story's: what is around one, and not around it, leads to no other."""
    if not elements or not story:
        return elements
    places = _container(page, story) + page.select("h1")[:1]
    if not places:
        return elements
    around = with_ancestors(places)
    boxes = {each: _box(each, around) for each in elements}
    leading = {box for box in {*boxes.values()} if box is not None and _leads_away(page, box)}
    return [each for each, box in boxes.items() if box is not None and box not in leading]


def _container(page: Page, story: tuple[str, ...]) -> list[Any]:
    """The first element that `story` selects, if any."""
    found = (each for selector in story for each in page.select(selector) if each.tag != "meta")
    return list(islice(found, 1))


def _box(element: Any, around: set[Any]) -> Any:
    """The topmost element around `element`, or itself, that is not `around` the story; None if it is."""
    box = None
    for each in chain([element], element.iterancestors()):
        if each in around:
            break
        box = each
    return box


def _leads_away(page: Page, box: Any) -> bool:
    """Whether `box` holds a link to another article."""
    links = filter(_STORY_LINK.match, (link.get("href") or "" for link in box.iter("a")))
    found = [address for address in map(page.address, links) if address.kind == "article"]
    return bool(found) and {each.id for each in found} != {page.address(page.url).id}


_HEIGHT = 3  # how many elements names may stand in, each in one that is like its neighbour's


def _beside_first(elements: list[Any]) -> list[Any]:
    """The first element, and those with the same parent, or in the same place of its neighbours."""
    return [each for each in elements if _are_beside(elements[0], each)]


def _are_beside(one: Any, other: Any) -> bool:
    for _ in range(_HEIGHT):
        one, other = one.getparent(), other.getparent()
        if one is other:
            return True
        if one is None or other is None or one.tag != other.tag:
            return False
    return False


_BY = re.compile(r"by\s", re.IGNORECASE)
_PIECES = etree.XPath(
    "descendant::node()[self::text()[not(parent::script or parent::style)]"
    " or self::br or self::p or self::div or self::li]",
    smart_strings=False,
)


def _one_line(elements: list[Any]) -> list[str]:
    """What bylines say, [] for nothing; of several lines those that name somebody."""
    found = {element: _lines(element) for element in elements}
    several = sum(map(len, found.values())) > 1
    said: dict[str, None] = {}
    for element, lines in found.items():
        kept = [line for line in lines if not several or _names_somebody(line)]
        said.update(dict.fromkeys(_with_addresses([*kept, *_addresses_behind(element)] if kept else [])))
    return [", ".join(said)] if said else []


def _lines(element: Any) -> list[str]:
    """The lines of a byline; what stands in elements of its own are words of their own."""
    pieces = (" ".join(each.split()) if isinstance(each, str) else "\n" for each in _PIECES(element))
    text = " ".join(pieces)
    lines = (OTHER_STORIES.sub("", clean_text(line).replace(" ,", ",")) for line in text.split("\n"))
    return list(filter(None, lines))


def _names_somebody(line: str) -> bool:
    """Whether `line` is a byline's, a role or an address: not "Follow", not the date."""
    if is_chrome(line):
        return False
    dated = "@" not in line and any(map(str.isdigit, line))
    return bool(_BY.match(line)) or (not dated and _are_people(line, or_none=True))


def _are_people(line: str, *, or_none: bool = False) -> bool:
    """Whether all that a line names have names of people."""
    names = [author.name for author in parse_byline(line).authors]
    return (or_none or bool(names)) and all(is_name(name) or not name.isascii() for name in names)


def _with_addresses(lines: list[str]) -> list[str]:
    """`lines`, an address behind the name above it."""
    found: list[str] = []
    for line in lines:
        if found and _is_address(line):
            found[-1] += f" {line}"
        else:
            found.append(line)
    return found


def _is_address(line: str) -> bool:
    return bool(EMAIL.fullmatch(line.strip("()<>[] ")))


def _addresses_behind(element: Any) -> list[str]:
    """The mail addresses that stand right behind a byline, each in an element of its own."""
    found = []
    for sibling in element.itersiblings(tag=etree.Element):
        text = text_of(sibling) if len(sibling) < _FEW else "-"
        if _is_address(text):
            found.append(text)
        elif text:
            break
    return found


_FEW = 10  # elements in a line of text
_MOST_ABOVE = 100  # elements between headline and story
_LONGEST_BYLINE = 120
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def printed_above(story: tuple[str, ...]) -> tuple[Rule, ...]:
    """A rule for a line between headline and story that says who wrote it, whatever its markup.

    It begins with "By", or is a name and its address.
    """

    def find(page: Page) -> list[str]:
        above = [each for container in _container(page, story) for each in _above(container)]
        lines = outermost([each for each in above if _is_byline(each)])
        return _one_line(_own(page, lines, story))

    return (Rule("css", "text 'By'", find),)


def _above(container: Any) -> list[Any]:
    """The elements between `container` and the headline above it, in page order."""
    found: list[Any] = []
    for element in islice(_backwards(container), _MOST_ABOVE):
        if element.tag == "h1":
            return found[::-1]
        found.append(element)
    return []


def _backwards(element: Any) -> Iterator[Any]:
    """The elements before `element`, last one first."""
    for each in chain([element], element.iterancestors()):
        for sibling in each.itersiblings(tag=etree.Element, preceding=True):
            yield from reversed(list(sibling.iter(etree.Element)))


def _is_byline(element: Any) -> bool:
    """Whether all that `element` says is a byline."""
    if len(list(islice(element.iter(), _FEW))) == _FEW or next(element.iter(*_HEADINGS), None) is not None:
        return False
    lines = _lines(element)
    if len(lines) != 1 or len(lines[0]) > _LONGEST_BYLINE:
        return False
    line = lines[0]
    if _BY.match(line):
        return bool(parse_byline(line)) and _are_people(line, or_none=True)  # or an agency
    return "@" in line and _are_people(line)
