"""Pages that list articles, and the menu that lists those pages.

One table per generation of list markup, newest first. Boxes beside a section's own
list ("Most Read", "Latest News") lie outside these selectors, or are told apart, and
are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from herald_spider import sections
from herald_spider.loaders.markup import compiled, text_of, with_ancestors
from herald_spider.loaders.page import Page
from herald_spider.loaders.shell import is_bare
from herald_spider.sections import Section
from herald_spider.text.cleaning import clean_text
from herald_spider.text.dates import ImpossibleDate, parse_date
from herald_spider.urls import Address


@dataclass(frozen=True)
class Entry:
    """One article as a listing shows it; `date` is None where none is `printed`, or none that can be read."""

    id: str
    url: str
    headline: str
    date: datetime | None = None
    printed: str | None = None


@dataclass
class Listing:
    """The entries of one page in page order, each article once.

    `credited` is False where no known list was found and every article link was taken:
    such a page tells nothing of sections. `selector` is what found the items. One that
    `is_bare` lists nothing, and its scripts may fill it.
    """

    entries: list[Entry] = field(default_factory=list)
    layout: str = "generic"
    credited: bool = True
    selector: str = "a[href]"
    is_bare: bool = False


@dataclass(frozen=True)
class ListLayout:
    """How one generation marks up a list: selectors, relative to an item where it has them."""

    name: str
    items: tuple[str, ...]
    headline: tuple[str, ...]
    date: tuple[str, ...]
    # Whether a link counts as an entry; boxes may share the list's markup.
    own: Callable[[str], bool] = lambda href: True
    # Those of `items` among which such boxes may stand.
    mixed: tuple[str, ...] = ()


LAYOUTS = (
    ListLayout(
        "2024",
        items=(
            "article.recent_news ul.news_list > li",
            "article.recent_news li",
            "section.section_list ul.news_list > li",
        ),
        headline=(".news_title", ".title", "h2, h3, h4, strong"),
        date=(".date", "time"),
        mixed=("section.section_list ul.news_list > li",),
    ),
    ListLayout(
        "2023",
        items=("ul.category_detail_list > li", "ul.category_detail_list li", "ul.sub_content_list > li"),
        headline=(".news_title", "strong.ellipsis", "strong"),
        date=("p.date", ".date"),
        # Entries have relative links; the Most Popular box's begin with a slash.
        own=lambda href: not href.startswith("/"),
    ),
    ListLayout(
        "2021",
        items=(
            "ul.main_sec_li > li",
            "ul.main_sec_li_only li",
            "div.main_sec li",
            "ul.listDiv li",
        ),
        headline=(".main_l_t1", ".fontTitle, .fontTitle3", "a"),
        date=(".main_l_t1_bg .main_l_t2 span", ".main_l_t2 span", ".main_l_t2", ".fontDesc2"),
    ),
)  # fmt: skip

# The site's menu, and what else may hold one.
MENUS = ("ul.gnb a[href]", "nav a[href], header a[href], .header a[href]")
# Of items in items so many; and of elements around a link. Beyond, a page only costs time.
_NESTED, _DEEPEST = 3, 50
_OPENING = 10  # texts of a heading

_LOOSE_ITEMS = ".news_list li"
_LINKS = compiled("a[href]")
_LINKS_AND_HEADINGS = compiled(
    "a[href], h1, h2, h3, h4, h5, .tit, .title, strong, [class*=_tit]:not(.news_title)"  # which is a story's
)
_HEADS = ("h1", "h2", "h3", "h4")
_OPEN = ("body", "main", "html")  # never a box
_BOX_HEADING = re.compile(
    r"\W*(?:most (?:read|popular)|latest news|popular|editor.s picks?)\b", re.IGNORECASE
)
_BOX_CLASS = re.compile(
    r"(?:^|[\s_-])(?:most|rank\w*|popular|latest|headline_item|gnb|footer|header|nav)(?=$|[\s_-])",
    re.IGNORECASE,
)


def read_listing(page: Page) -> Listing:
    """The entries of a list page, of whatever generation; [] where it lists nothing."""
    listing = _listing(page)
    listing.is_bare = not listing.entries and is_bare(page)
    return listing


def _listing(page: Page) -> Listing:
    for layout in LAYOUTS:
        for selector in layout.items:
            items = page.select(selector)
            if selector in layout.mixed:
                items = _holding(items, _links_outside_boxes(page)) if items else []
            if items:
                return Listing(distinct(_entries(page, items, layout)), layout.name, selector=selector)
    return Listing(distinct(_loose_entries(page)), credited=False)


def _entries(page: Page, items: list[Any], layout: ListLayout) -> Iterator[Entry]:
    for item in _shallow(items):
        for link in _LINKS(item):
            href = clean_text(link.get("href"))
            address = page.address(href)
            if address.id and layout.own(href):
                headline = _first_text(item, layout.headline) or text_of(link)
                printed = _first_text(item, layout.date)
                yield Entry(address.id, address.url, headline, date_of(printed or ""), printed)
                break


def _shallow(items: list[Any]) -> Iterator[Any]:
    """The items that do not stand too deep in others; `items` are in page order."""
    levels: dict[Any, int] = {}
    for item in items:
        around = (levels[each] for each in item.iterancestors() if each in levels)
        levels[item] = next(around, 0) + 1
        if levels[item] <= _NESTED:
            yield item


def _loose_entries(page: Page) -> Iterator[Entry]:
    """Every link to an article outside boxes; one in an item of a list is told of as lists do."""
    links = _links_outside_boxes(page)
    items = _holding(page.select(_LOOSE_ITEMS), links)
    listed = {entry.id: entry for entry in distinct(_entries(page, items, LAYOUTS[0]))}
    for link, address in links.items():
        article = address.id or ""
        yield listed.get(article) or Entry(article, address.url, text_of(link))


def _holding(items: list[Any], links: Iterable[Any]) -> list[Any]:
    """Those of the items that hold one of the links."""
    holders = with_ancestors(links)
    return [item for item in items if item in holders]


def _links_outside_boxes(page: Page) -> dict[Any, Address]:
    """The links to articles that stand in no box of other sections' stories, in page order."""
    elements = _LINKS_AND_HEADINGS(page.root)
    hrefs = [(each, each.get("href")) for each in elements if each.tag == "a"]
    addresses = ((link, page.address(clean_text(href))) for link, href in hrefs if href is not None)
    links = {link: address for link, address in addresses if address.id}
    holders = with_ancestors(links)
    boxes: dict[Any, bool] = {}  # by tag or class, or as their heading says
    headed: dict[Any, int] = {}  # how many links stood before the heading
    outside: dict[Any, Address] = {}
    seen = 0
    for element in elements:
        if element in links:
            seen += 1
            if not _in_box(element, boxes):
                outside[element] = links[element]
            continue
        holder = _headed_by(element, holders) if element.tag != "a" else None
        if holder is None:
            continue
        # A second heading ends what the first one began, unless nothing has stood between them.
        if holder not in headed or (element.tag in _HEADS and headed[holder] < seen):
            headed[holder] = seen
            boxes[holder] = bool(_BOX_HEADING.match(_opening(element)))
    return outside


def _opening(heading: Any) -> str:
    """How a heading begins; one may hold half a page."""
    return clean_text(" ".join(islice(heading.itertext(), _OPENING)))


def _headed_by(heading: Any, holders: set[Any]) -> Any:
    """What `heading` heads: the nearest element around it that holds a link, if that tells nothing itself."""
    around = islice(chain([heading], heading.iterancestors()), _DEEPEST)
    found = next((element for element in around if element in holders), None)
    return None if found is None or _is_open(found) or _is_box(found) else found


def _in_box(link: Any, boxes: dict[Any, bool]) -> bool:
    """Whether one of the elements around `link` is a box; `boxes` remembers each."""
    for ancestor in islice(link.iterancestors(), _DEEPEST):
        if _is_open(ancestor):
            return False
        if ancestor not in boxes:
            boxes[ancestor] = _is_box(ancestor)
        if boxes[ancestor]:
            return True
    return False


def _is_open(element: Any) -> bool:
    """Whether an element holds whatever the page holds, or the whole list of a section."""
    return element.tag in _OPEN or "section_list" in (element.get("class") or "").split()


def _is_box(element: Any) -> bool:
    """Whether an element says by its tag or class that it is a box of other stories."""
    return element.tag in ("nav", "footer", "header") or bool(_BOX_CLASS.search(element.get("class") or ""))


def markup_of(page: Page) -> dict[str, int]:
    """How many items of a list have their headline, and their date, in the first of a layout's selectors."""
    for layout in LAYOUTS:
        for selector in layout.items:
            if items := page.select(selector):
                firsts = (layout.headline[0], layout.date[0])
                found = {first: sum(bool(compiled(first)(item)) for item in items) for first in firsts}
                return {"items": len(items), **found}
    return {"items": 0}


def distinct(entries: Iterator[Entry]) -> list[Entry]:
    """Each article once, where it stands first."""
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.id, entry)
    return list(found.values())


def _first_text(item: Any, selectors: tuple[str, ...]) -> str | None:
    for selector in selectors:
        for element in compiled(selector)(item):
            if text := text_of(element):
                return text
    return None


def date_of(text: str) -> datetime | None:
    """The date in `text`; None for none, or an impossible one."""
    try:
        return parse_date(text)
    except ImpossibleDate:
        return None


def read_menu(page: Page) -> list[tuple[Section, str]]:
    """The sections that the site's own menu shows, with their listing addresses.

    A section that the table lacks gets a slug from its label, so that its articles are
    not missed.
    """
    found: dict[str, Section] = {}
    for link in page.select(menu_selector(page)):
        address = page.address(clean_text(link.get("href")))
        if address.kind == "listing" and address.url not in found:
            section = sections.by_name(text_of(link)) or sections.by_url(address.url)
            if section := section or _unknown(text_of(link), address.url):
                found[address.url] = section
    return [(section, url) for url, section in found.items()]


def menu_selector(page: Page) -> str:
    """Which of `MENUS` the page has; the last one where it has none."""
    return next((selector for selector in MENUS if page.select(selector)), MENUS[-1])


def _unknown(label: str, url: str) -> Section | None:
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return Section(slug, (label,), path=url) if slug else None
