"""Reading an article: the rules of a page's layout, then the fields that are derived from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

from herald_spider import sections, urls
from herald_spider.items import Article, Image
from herald_spider.loaders.body import Body, read_body
from herald_spider.loaders.checks import NeedsRendering, check_page, check_unknown_page
from herald_spider.loaders.elements import outermost, picture_of, text_of
from herald_spider.loaders.isolation import isolated
from herald_spider.loaders.layout import Layout
from herald_spider.loaders.layouts import GENERIC, layout_of
from herald_spider.loaders.main_text import read_main_text
from herald_spider.loaders.page import Page
from herald_spider.loaders.people import People
from herald_spider.loaders.rules import Rule
from herald_spider.loaders.selectors import compiled
from herald_spider.loaders.shell import is_shell
from herald_spider.text.bylines import Byline, parse_byline, without_addresses
from herald_spider.text.captions import picture_url, split_credit
from herald_spider.text.cleaning import (
    MAX_FIELD,
    clean_headline,
    content_hash,
    count_words,
    language_of,
    own_summary,
    split_tags,
    uncut,
)
from herald_spider.text.datelines import parse_dateline
from herald_spider.text.dates import ImpossibleDate, parse_date
from herald_spider.text.endings import split_endings
from herald_spider.text.labels import parse_label

_MEDIA = compiled("img, picture, iframe, video, audio, object, embed, canvas, svg")
_SHORT = 200  # characters; less text is a notice, or the words around a picture
_CAN_BE_CUT = 60  # characters of a headline that its source may have cut without a mark
_MAX_DECK = 150
_MAX_BYLINE = 300  # characters; an element with more text is not a byline, whatever its class
_MAX_BYLINES = 20  # of one selector; a damaged page may nest thousands


class Stats(Protocol):
    """The part of Scrapy's stats collector that counts rules."""

    def inc_value(self, key: str, count: int = 1) -> None:
        """Add `count` to a number."""


def read_article(
    page: Page, item: Article | None = None, stats: Stats | None = None, *, keep_emails: bool = True
) -> Article:
    """Return the article of a page: `item`, if given, with the fields that the page states.

    `stats` counts the rules that were tried (``parser/<layout>/<field>/<source>/<rule>``).
    Raises `NoArticle` for a deleted story and the like, `Moved` for a redirect by script, and
    `NeedsRendering` if there is no article until a script has run.
    """
    check_page(page)
    layout = layout_of(page)
    if layout is GENERIC:
        check_unknown_page(page)
    article = ArticleLoader(page, layout, stats, item).load()
    if article.body is None and is_shell(page):
        raise NeedsRendering
    return article if keep_emails else without_emails(article)


def without_emails(item: Article) -> Article:
    """Return `item` without mail addresses."""
    if item.byline:
        item.byline = without_addresses(item.byline) or None
    item.authors = [replace(author, email=None) for author in item.authors]
    return item


class ArticleLoader:
    """Loads one `Article` from a page by the rules of a layout.

    Not an `ItemLoader` of Scrapy's, which does not say which of several rules found the value:
    the item's ``extraction`` and the statistics need that.
    """

    def __init__(self, page: Page, layout: Layout, stats: Stats | None = None, item: Article | None = None):
        self.page = page
        self.layout = layout
        self.stats = stats
        self.article = item or Article()
        self.extraction = self.article.extraction
        self._impossible_dates: list[str] = []

    def load(self) -> Article:
        """Return the article with every field that the page has."""
        article = self.article
        self._read_identity()
        self._read_headline()
        self._read_text("subheadline")
        label = parse_label(article.headline or "")
        credits = self._read_credits()
        self._read_dates()
        named = [author.name for _, byline in credits for author in byline.authors]
        body, source = self._read_body()
        self._take_deck(body)
        endings = split_endings(body.paragraphs, [*named, *label.columnists])
        self._set("body", "\n\n".join(endings.paragraphs), source)
        self._read_images(body.images, source)

        self._set("byline", article.byline or endings.byline, "sign-off")
        place, agency = parse_dateline(article.body or "")
        people = People()
        for each, byline in credits:
            people.add(each, byline)
        people.add_signed(endings)
        people.add_columnists(label.columnists)
        people.add_agency("dateline", agency)
        people.add_addresses(endings.authors)
        article.authors, article.agency = people.authors, people.agency
        self.extraction.update(people.sources)
        self._set("dateline", place, "body")
        others = people.are_others_than(label.columnists)
        self._set("series", label.series or (", ".join(label.columnists) if others else None), "headline")

        self._read_section()
        self._read_tags_and_summary()
        article.language = language_of(f"{article.headline} {article.body or ''}")
        article.word_count = count_words(article.headline or "", article.body or "")
        article.content_hash = content_hash(article.headline or "", article.body or "")
        article.layout = self.layout.name
        return article

    # Rules ---------------------------------------------------------------------------

    def first(self, name: str) -> tuple[Rule, list[Any]] | None:
        """Return the first rule of a field that finds something, with its processed values."""
        for rule in self.layout.rules.get(name, ()):
            values = self._values(name, rule)
            if self.stats is not None:
                key = f"parser/{self.layout.name}/{name}/{rule.source}/{rule.text}"
                self.stats.inc_value(key, 1 if values else 0)
            if values:
                return rule, values
        return None

    def every(self, name: str) -> list[tuple[Rule, list[Any]]]:
        """Return all rules of a field that find something, also those after the first."""
        found = [(rule, self._values(name, rule)) for rule in self.layout.rules.get(name, ())]
        return [(rule, values) for rule, values in found if values]

    def _values(self, name: str, rule: Rule) -> list[Any]:
        process: Callable[[list[Any]], list[Any]] = self._processors.get(name, _texts)
        what = f"{name} by {rule.source} {rule.text}"
        return isolated(lambda: process(rule.find(self.page)), what, self.page.url) or []

    @cached_property
    def _processors(self) -> dict[str, Callable[[list[Any]], list[Any]]]:
        """The functions that make the values of a field from elements or strings; for others it is `_texts`."""
        return {
            "headline": _headlines,
            "published_at": self._dates,
            "updated_at": self._dates,
            "section": _sections,
            "body": self._bodies,
            "images": list,
        }

    def _dates(self, values: Iterable[Any]) -> list[str]:
        """Return dates in ISO 8601 and Seoul time; note those that no calendar has."""
        found = []
        for text in _texts(values):
            try:
                moment = parse_date(text)
            except ImpossibleDate as error:
                self._impossible_dates.append(str(error))
                continue
            if moment:
                found.append(moment.isoformat(timespec="seconds"))
        return found

    def _bodies(self, containers: Iterable[Any]) -> list[Body]:
        """Return the body in some elements, [] if they are empty; the page's bylines in it are left out."""
        body = read_body(outermost(list(containers)), self.page.links_base, self._bylines)
        return [body] if body.paragraphs or body.images else []

    @cached_property
    def _bylines(self) -> set[Any]:
        selectors = (rule.selector for rule in self.layout.rules.get("byline", ()) if rule.selector)
        found = {element for selector in selectors for element in self.page.select(selector)[:_MAX_BYLINES]}
        return {element for element in found if len(text_of(element)) <= _MAX_BYLINE}

    def _set(self, name: str, value: Any, source: str) -> None:
        """Set a field, and note the source unless one is noted already."""
        if value:
            setattr(self.article, name, value)
            self.extraction.setdefault(name, source)

    # Fields --------------------------------------------------------------------------

    def _read_identity(self) -> None:
        """Set the id of the page's address, or the stated one if the address has none.

        A canonical link with an id of the other form is kept as a claim, which the archive compares with what
        it has. One of the same form is ignored: an article has one number and one ud.
        """
        own, stated = self.page.address(self.page.url), self.page.canonical
        address = own if own.id else stated
        if address is None or not address.id:
            return
        if stated and stated.id and stated.is_ud != address.is_ud:
            self.article.companions.stated = [stated.id]
        former = {self.page.address(url) for url in self.page.redirected_from}
        aliases = {*self.article.aliases, *(each.url for each in former if each.id)} - {address.url}
        self.article.id, self.article.url, self.article.aliases = address.id, address.url, sorted(aliases)
        self.extraction["id"] = "url" if address is own else "canonical"

    def _read_text(self, name: str) -> list[str]:
        """Set a field to the first value of its rules, and return all values."""
        if won := self.first(name):
            rule, values = won
            self._set(name, values[0], rule.source)
            return values
        return []

    def _read_headline(self) -> None:
        """Set the headline; if its source cuts it, from another rule that finds it whole."""
        self._read_text("headline")
        headline = self.article.headline or ""
        if len(headline) < _CAN_BE_CUT and not headline.endswith((".", "…")):
            return
        sources = {value: rule.source for rule, values in self.every("headline") for value in values}
        if whole := uncut(headline, sources):
            self.article.headline, self.extraction["headline"] = whole, sources[whole]

    def _take_deck(self, body: Body) -> None:
        """Set the subheadline from the first line of an old body, which is no sentence."""
        day = urls.filed(self.article.id or "")
        if self.article.subheadline or day is None or str(day) > self.layout.deck_until:
            return
        line, _, rest = "\n\n".join(body.paragraphs).partition("\n")
        if rest and len(line) <= _MAX_DECK and line[-1].isalnum() and not line.lower().startswith("by "):
            self._set("subheadline", line, "body")
            body.paragraphs = rest.lstrip("\n").split("\n\n")

    def _read_credits(self) -> list[tuple[str, Byline]]:
        """Return the bylines that the page states, with their sources: structured data first."""
        lines = [(self.extraction["byline"], line) for line in self._read_text("byline")[:1]]
        if lines:  # mail addresses belong to the authors
            self.article.byline = without_addresses(lines[0][1]).replace(" ,", ",") or None
        if stated := self.first("authors"):
            rule, names = stated
            named = [(rule.source, name) for name in names]
            if self.layout.stated_authors_are_all:
                lines = named
            else:
                lines = named + lines if rule.source == "json-ld" else lines + named
            if "byline" not in self.extraction:
                self._set("byline", ", ".join(names), rule.source)
        return [(source, parse_byline(line)) for source, line in lines]

    def _read_dates(self) -> None:
        for name in ("published_at", "updated_at"):
            self._impossible_dates.clear()
            self._read_text(name)
            if name == "published_at" and name not in self.extraction:
                self._set(name, self._day_of_id(), "url")
            if name not in self.extraction and self._impossible_dates:
                self.extraction[name] = f"invalid: {self._impossible_dates[0]}"
            elif name == "published_at":
                self.extraction.setdefault(name, "missing")

    def _day_of_id(self) -> str | None:
        """Return the day that a ud begins with, if that is the article's id."""
        day = urls.filed(self.article.id or "")
        return next(iter(self._dates([str(day)])), None) if day else None

    def _read_body(self) -> tuple[Body, str]:
        won = self.first("body")
        if won:
            return won[1][0], won[0].source
        return read_main_text(self.page, self._main_text(), self.article.headline or ""), "generic"

    def _main_text(self) -> list[str]:
        """Return the main text of a page whose body elements, if any, are empty."""
        found = [each for rule in self.layout.rules.get("body", ()) for each in rule.find(self.page)]
        containers = outermost([each for each in dict.fromkeys(found) if each.tag != "meta"])
        if not containers:
            return self.page.main_text
        is_short = len("".join(map(text_of, containers))) < _SHORT
        if is_short and (any(map(_MEDIA, containers)) or is_shell(self.page)):
            return []  # only a video, or a script fills it
        paragraphs = self.page.main_text
        return paragraphs if sum(map(len, paragraphs)) >= _SHORT else []

    def _read_images(self, images: list[Image], source: str) -> None:
        """Set the pictures of the body, else the one that the page names outside its body."""
        if not images and (won := self.first("images")):
            rule, values = won
            base, source = self.page.links_base, rule.source
            found = (picture_url(x, base) if isinstance(x, str) else picture_of(x, base) for x in values)
            images = [Image(url) for url in filter(None, found)][:1]
        for image in images:
            if not image.caption and not image.credit:
                image.caption, image.credit = split_credit(self._json_ld_captions.get(image.url, ""))
        self._set("images", images, source)

    @cached_property
    def _json_ld_captions(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for thing in self.page.json_ld:
            images = thing.get("image")
            for each in images if isinstance(images, list) else [images]:
                if isinstance(each, dict) and isinstance(url := each.get("url"), str):
                    caption = each.get("caption")
                    found[picture_url(url, self.page.links_base) or ""] = (
                        caption if isinstance(caption, str) else ""
                    )
        return found

    def _read_section(self) -> None:
        if won := self.first("section"):
            rule, found = won
            # The deepest section is the most precise.
            section = next((each for each in found if each.parent), found[0])
            place = sections.place(section, former=self.layout.uses_former_menu)
            self.article.section, self.article.subsection = place
            self.extraction["section"] = rule.source

    def _read_tags_and_summary(self) -> None:
        if won := self.first("tags"):
            self._set("tags", split_tags(",".join(won[1])), won[0].source)
        if won := self.first("summary"):
            self._set("summary", own_summary(won[1][0], self.article.body or ""), won[0].source)


# From a rule's raw values, elements or strings, to those of a field ------------------------


def _texts(values: Iterable[Any]) -> list[str]:
    """Return clean single lines, cut at `MAX_FIELD`, without empty ones."""
    return [text[:MAX_FIELD].rstrip() for text in map(text_of, values) if text]


def _headlines(values: Iterable[Any]) -> list[str]:
    return list(filter(None, map(clean_headline, _texts(values))))


def _sections(values: Iterable[Any]) -> list[sections.Section]:
    """Return the sections of labels or links; a known label goes before the address of its link."""
    found = []
    for value in values:
        section = sections.by_name(text_of(value))
        if section is None and not isinstance(value, str):
            section = section_of_link(value.get("href") or "")
        if section:
            found.append(section)
    return found


def section_of_link(href: str) -> sections.Section | None:
    """Return the section of a listing's address; for an unknown subsection the section above it."""
    address = urls.classify(href)
    if address.kind != "listing":
        return None
    return sections.by_url(address.url) or sections.by_path(urlsplit(address.url).path.rpartition("/")[0])
