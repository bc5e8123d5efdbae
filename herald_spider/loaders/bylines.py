"""Rules for bylines. A page also has bylines of other stories, in boxes that link to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from lxml import etree

from herald_spider.loaders.elements import outermost, pieces_of, text_of, with_ancestors
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import Rule, css
from herald_spider.text.bylines import EMAIL, OTHER_STORIES, is_name, parse_byline
from herald_spider.text.cleaning import clean_text
from herald_spider.text.endings import is_furniture


def bylines(*selectors: str, story: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """Return one rule per selector: the texts of the first element and those beside it, joined by commas.

    Other elements that the selector matches elsewhere on the page belong to other stories. If
    `story` selects the story's text, elements in boxes that link to other articles do too.
    """
    return css(*selectors, pick=lambda page, found: _one_line(_beside_first(_own(page, found, story))))


def reporters(*selectors: str, story: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return rules for links to the reporters of the story that `story` selects: the name of each."""
    return css(*selectors, pick=lambda page, found: _names(_own(page, found, story)))


def people(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return `rules` without values that name nobody: a web address, a paper behind a missing name."""

    def narrowed(rule: Rule) -> Rule:
        return replace(rule, find=lambda page: list(filter(_is_credit, rule.find(page))))

    return tuple(map(narrowed, rules))


def _is_credit(text: str) -> bool:
    return "://" not in text and not text.lstrip().startswith(",") and bool(parse_byline(text))


def _names(links: list[Any]) -> list[str]:
    """Return the names of people in links, one for each address: "More Articles" leads there too."""
    names: dict[str, str] = {}
    for link in links:
        if _are_people(text := text_of(link, " ")):
            names.setdefault(link.get("href"), text)
    return list(names.values())


# Sorts out most links before their address is taken apart: those that share this article, for one.
_STORY_LINK = re.compile(r"\s*(?:(?:https?:)?//[^/?#]+)?/*(?:article/\d|view\.php\?)")


def _own(page: Page, elements: list[Any], story: tuple[str, ...]) -> list[Any]:
    """Return the elements of the story itself: drop those whose box links to another article."""
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
    """Return the first element that `story` selects, [] if there is none."""
    found = (each for selector in story for each in page.select(selector) if each.tag != "meta")
    return list(islice(found, 1))


def _box(element: Any, around: set[Any]) -> Any:
    """Return the outermost ancestor of `element`, or itself, that is not in `around`; None if there is none."""
    box = None
    for each in chain([element], element.iterancestors()):
        if each in around:
            break
        box = each
    return box


def _leads_away(page: Page, box: Any) -> bool:
    """Return True if `box` holds a link to another article."""
    links = filter(_STORY_LINK.match, (link.get("href") or "" for link in box.iter("a")))
    found = [address for address in map(page.address, links) if address.kind == "article"]
    return bool(found) and {each.id for each in found} != {page.address(page.url).id}


_MAX_LEVELS = 3  # of elements around each name, below the one around all names


def _beside_first(elements: list[Any]) -> list[Any]:
    """Return the first element, and those at the same place of the same or a neighbouring parent."""
    return [each for each in elements if _are_beside(elements[0], each)]


def _are_beside(one: Any, other: Any) -> bool:
    for _ in range(_MAX_LEVELS):
        one, other = one.getparent(), other.getparent()
        if one is other:
            return True
        if one is None or other is None or one.tag != other.tag:
            return False
    return False


_BY = re.compile(r"by\s", re.IGNORECASE)


def _one_line(elements: list[Any]) -> list[str]:
    """Return the text of bylines as a list of one, or []; of several lines keep those that name somebody."""
    found = {element: _lines(element) for element in elements}
    several = sum(map(len, found.values())) > 1
    texts: dict[str, None] = {}
    for element, lines in found.items():
        kept = [line for line in lines if not several or _names_somebody(line)]
        texts.update(dict.fromkeys(_with_addresses([*kept, *_addresses_behind(element)] if kept else [])))
    return [", ".join(texts)] if texts else []


def _lines(element: Any) -> list[str]:
    """Return the lines of a byline, with a space between the texts of its elements."""
    text = " ".join(each if each == "\n" else " ".join(each.split()) for each in pieces_of(element))
    lines = (OTHER_STORIES.sub("", clean_text(line).replace(" ,", ",")) for line in text.split("\n"))
    return [_DATED_BY.sub("", line) for line in lines if line]


def _names_somebody(line: str) -> bool:
    """Return True if `line` holds names, a role or an address: not "Follow", not the date."""
    if is_furniture(line):
        return False
    dated = "@" not in line and any(map(str.isdigit, line))
    return bool(_BY.match(line)) or (not dated and _are_people(line, or_none=True))


def _are_people(line: str, *, or_none: bool = False) -> bool:
    """Return True if all names in a line look like people's; `or_none` accepts a line without names."""
    names = [author.name for author in parse_byline(line).authors]
    return (or_none or bool(names)) and all(is_name(name) or not name.isascii() for name in names)


def _with_addresses(lines: list[str]) -> list[str]:
    """Return `lines` with each address moved behind the name above it."""
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
    """Return the mail addresses right behind a byline, each in an element of its own."""
    found = []
    for sibling in element.itersiblings(tag=etree.Element):
        text = text_of(sibling) if len(sibling) < _MAX_ELEMENTS else "-"
        if _is_address(text):
            found.append(text)
        elif text:
            break
    return found


# On mobile pages of 2016: "April 29, 2016 - 16:58 By ...".
_DATED = re.compile(
    r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}(?: - \d{1,2}:\d\d(?::\d\d)?)?(?=\s+By\s|\Z)", re.IGNORECASE
)
_DATED_BY = re.compile(rf"{_DATED.pattern}\s+(?=By\s)", re.IGNORECASE)


def dated_above(story: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return a rule for a line between headline and story that is a date, alone or before "By"."""

    def find(page: Page) -> list[str]:
        above = [each for container in _container(page, story) for each in _above(container)]
        texts = [
            text_of(each) for each in above if len(list(islice(each.iter(), _MAX_ELEMENTS))) < _MAX_ELEMENTS
        ]
        return [match[0] for text in texts if len(text) <= _MAX_LENGTH and (match := _DATED.match(text))][:1]

    return (Rule("css", "text of a date", find),)


_MAX_ELEMENTS = 10  # in a line of text
_MAX_ABOVE = 100  # elements between headline and story
_MAX_LENGTH = 120
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def printed_above(story: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return a rule for a line between headline and story that names the author, in any markup.

    The line begins with "By", or is a name and its address.
    """

    def find(page: Page) -> list[str]:
        above = [each for container in _container(page, story) for each in _above(container)]
        lines = outermost([each for each in above if _is_byline(each)])
        return _one_line(_own(page, lines, story))

    return (Rule("css", "text 'By'", find),)


def _above(container: Any) -> list[Any]:
    """Return the elements between `container` and the headline above it, in page order."""
    found: list[Any] = []
    for element in islice(_backwards(container), _MAX_ABOVE):
        if element.tag == "h1":
            return found[::-1]
        found.append(element)
    return []


def _backwards(element: Any) -> Iterator[Any]:
    """Yield the elements before `element`, last one first."""
    for each in chain([element], element.iterancestors()):
        for sibling in each.itersiblings(tag=etree.Element, preceding=True):
            yield from reversed(list(sibling.iter(etree.Element)))


def _is_byline(element: Any) -> bool:
    """Return True if the whole text of `element` is a byline."""
    if (
        len(list(islice(element.iter(), _MAX_ELEMENTS))) == _MAX_ELEMENTS
        or next(element.iter(*_HEADINGS), None) is not None
    ):
        return False
    lines = _lines(element)
    if len(lines) != 1 or len(lines[0]) > _MAX_LENGTH:
        return False
    line = lines[0]
    if _BY.match(line):
        return bool(parse_byline(line)) and _are_people(line, or_none=True)  # or an agency
    return "@" in line and _are_people(line)
