"""The base of all layouts: it applies a layout's table and derives what no rule gives."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

from itemloaders import ItemLoader
from itemloaders.processors import Identity, TakeFirst

from herald_spider import sections, urls
from herald_spider.items import Article, Author, Image
from herald_spider.loaders.markup import Marker, compiled, outermost, picture_of, text_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import Rule
from herald_spider.loaders.shell import is_shell
from herald_spider.loaders.story import Story, read_story
from herald_spider.text.bylines import Byline, parse_byline, without_addresses
from herald_spider.text.captions import picture_url, split_credit
from herald_spider.text.cleaning import (
    clean_headline,
    content_hash,
    count_words,
    language_of,
    own_summary,
    split_tags,
)
from herald_spider.text.datelines import parse_dateline
from herald_spider.text.dates import ImpossibleDate, parse_date
from herald_spider.text.endings import split_endings
from herald_spider.text.labels import parse_label

Rules = dict[str, tuple[Rule, ...]]

_MEDIA = compiled("img, picture, iframe, video, audio, object, embed, canvas, svg")
# Less text than this is a notice, or the words around a picture, and no story.
_SHORT = 200


def _texts(values: Iterable[Any]) -> list[str]:
    """Elements and strings as clean single lines, empty ones left out."""
    return list(filter(None, map(text_of, values)))


def _headlines(values: Iterable[Any]) -> list[str]:
    return list(filter(None, map(clean_headline, _texts(values))))


def _dates(values: Iterable[Any], loader_context: MutableMapping[str, Any]) -> list[str]:
    """ISO 8601 in Seoul time; what looks like a date and is none goes to the context."""
    found = []
    for text in _texts(values):
        try:
            moment = parse_date(text)
        except ImpossibleDate as error:
            loader_context["impossible"].append(str(error))
            continue
        if moment:
            found.append(moment.isoformat(timespec="seconds"))
    return found


def _sections(values: Iterable[Any]) -> list[sections.Section]:
    """The sections that labels or links name; the label goes before the link's code."""
    found = []
    for value in values:
        section = sections.by_name(text_of(value))
        if section is None and not isinstance(value, str):
            section = section_of_link(value.get("href") or "")
        if section:
            found.append(section)
    return found


def section_of_link(href: str) -> sections.Section | None:
    """The section that a listing's address stands for; of a leaf that nobody knows, the one above it."""
    address = urls.classify(href)
    if address.kind != "listing":
        return None
    return sections.by_url(address.url) or sections.by_path(urlsplit(address.url).path.rpartition("/")[0])


def _stories(values: Iterable[Any], loader_context: MutableMapping[str, Any]) -> list[Story]:
    """The story that containers hold; none where they are empty."""
    story = read_story(outermost(list(values)), loader_context["url"])
    return [story] if story.paragraphs or story.images else []


def _printed(lines: list[str]) -> str | None:
    """A byline without the addresses, which are its authors'."""
    return without_addresses(lines[0]).replace(" ,", ",") or None


class ArticleLoader(ItemLoader):
    """Loads one `Article` from a `Page`.

    A layout subclasses this with a `layout` name, a `marker` that its pages hold, and
    `rules`: per field the rules in order, of which the first that yields wins. The
    winner's source stands in the item's ``extraction``; with ``stats`` each rule that
    was tried is counted (``parser/<layout>/<field>/<source>/<rule>``, as itemloaders does).
    """

    layout: ClassVar[str]
    marker: ClassVar[Marker]
    rules: ClassVar[Rules]
    # The menu before 2024 had other parents for some sections.
    former_menu: ClassVar[bool] = False

    default_item_class = Article
    default_output_processor = TakeFirst()

    headline_in = _headlines
    subheadline_in = _texts
    summary_in = _texts
    byline_in = authors_in = _texts
    published_at_in = updated_at_in = _dates
    section_in = _sections
    tags_in = _texts
    body_in = _stories
    images_in = Identity()
    # Named one by one: a default is looked up in the item's class, each time.
    headline_out = subheadline_out = published_at_out = updated_at_out = TakeFirst()
    byline_out = staticmethod(_printed)

    def __init__(self, page: Page, **options: Any):
        super().__init__(selector=page.selector, **options)
        self.page = page
        self.context.update(impossible=[], url=page.url)
        self.extraction: dict[str, str] = {}

    def read(self) -> Article:
        """The article of the page, every field that it gives."""
        article: Article = self.item
        self._identify(article)
        for name in ("headline", "subheadline", "byline"):
            self._apply(name)
        self.label = parse_label(self._text("headline"))
        self.credits = self._credits()
        self._read_dates()
        self._read_story()
        self.load_item()
        self._read_people(article)
        self._read_section(article)
        self._read_extras(article)
        article.language = language_of(f"{article.headline} {article.body or ''}")
        article.word_count = count_words(article.headline or "", article.body or "")
        article.content_hash = content_hash(article.headline or "", article.body or "")
        article.layout = self.layout
        article.extraction = self.extraction
        return article

    # One rule after the other --------------------------------------------------------

    def first(self, name: str) -> tuple[Rule, list[Any]] | None:
        """The first rule for `name` that yields, with its processed values."""
        for rule in self.rules.get(name, ()):
            processed = self._processed(name, rule)
            if self.stats is not None:
                key = f"parser/{self.layout}/{name}/{rule.source}/{rule.text}"
                self.stats.inc_value(key, 1 if processed else 0)
            if processed:
                return rule, processed
        return None

    def every(self, name: str) -> list[tuple[Rule, list[Any]]]:
        """All rules for `name` that yield, also those that would only be asked where others fail."""
        found = [(rule, self._processed(name, rule)) for rule in self.rules.get(name, ())]
        return [(rule, values) for rule, values in found if values]

    def _processed(self, name: str, rule: Rule) -> list[Any]:
        values = rule.find(self.page)
        return list(self._process_input_value(name, values) or ()) if values else []

    def _apply(self, name: str) -> None:
        if won := self.first(name):
            rule, values = won
            self._values[name] = values
            self.extraction[name] = rule.source

    def _set(self, name: str, value: Any, source: str) -> None:
        """A derived value, noted with where it came from."""
        if value:
            setattr(self.item, name, value)
            self.extraction.setdefault(name, source)

    # Field by field ------------------------------------------------------------------

    def _identify(self, article: Article) -> None:
        """The id of the address; of a ud and a number for one page, the number.

        A canonical link of the same form and another number is not believed: a mistake
        in the site's template would make all articles one.
        """
        own, stated = self.page.address(self.page.url), self.page.canonical
        known = [own] if own.id else []
        if stated and (not known or stated.is_ud != own.is_ud):
            known.append(stated)
        if not known:
            return
        address = min(known, key=lambda each: each.is_ud)
        former = [self.page.address(url) for url in self.page.redirected_from]
        aliases = {each.url for each in [*known, *former] if each.id} - {address.url}
        article.id, article.url, article.aliases = address.id, address.url, sorted(aliases)
        self.extraction["id"] = "url" if address is own else "canonical"

    def _read_dates(self) -> None:
        for name in ("published_at", "updated_at"):
            self._apply(name)
            impossible = self.context["impossible"]
            if name == "published_at" and name not in self.extraction:
                self._set(name, self._filed(), "url")
            if name not in self.extraction:
                if impossible:
                    self.extraction[name] = f"invalid: {impossible[0]}"
                elif name == "published_at":
                    self.extraction[name] = "missing"
            impossible.clear()

    def _filed(self) -> str | None:
        """The day that the ud begins with, where that is the article's id."""
        day = urls.filed(self.item.id or "")
        return next(iter(_dates([str(day)], self.context)), None) if day else None

    def _read_story(self) -> None:
        won = self.first("body")
        story = won[1][0] if won else Story(self._main_text())
        source = won[0].source if won else "generic"
        self.endings = split_endings(story.paragraphs, self._names())
        self._set("body", "\n\n".join(self.endings.paragraphs), source)
        for image in story.images:
            self._describe(image)
        self._set("images", story.images, source)
        if not story.images:
            self._read_lead_image()

    def _main_text(self) -> list[str]:
        """The story of a page whose containers, if any, hold none."""
        found = [each for rule in self.rules.get("body", ()) for each in rule.find(self.page)]
        containers = outermost([each for each in dict.fromkeys(found) if each.tag != "meta"])
        if not containers:
            return self.page.main_text
        is_short = len("".join(map(text_of, containers))) < _SHORT
        if is_short and (any(map(_MEDIA, containers)) or is_shell(self.page)):
            return []  # a video is all there is, or a script will fill it
        paragraphs = self.page.main_text
        return paragraphs if sum(map(len, paragraphs)) >= _SHORT else []

    def _names(self) -> list[str]:
        named = [author.name for _, byline in self.credits for author in byline.authors]
        return [*named, *filter(None, [self.label.columnist])]

    def _read_lead_image(self) -> None:
        """The picture that the page names outside its body."""
        if won := self.first("images"):
            rule, values = won
            pictures = (
                picture_url(value, self.page.url)
                if isinstance(value, str)
                else picture_of(value, self.page.url)
                for value in values
            )
            if url := next(filter(None, pictures), None):
                self._set("images", [self._describe(Image(url))], rule.source)

    def _describe(self, image: Image) -> Image:
        """Give a picture without a caption the one that the JSON-LD has of it."""
        if not image.caption and not image.credit:
            image.caption, image.credit = split_credit(self._ld_captions.get(image.url, ""))
        return image

    @cached_property
    def _ld_captions(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for thing in self.page.json_ld:
            images = thing.get("image")
            for each in images if isinstance(images, list) else [images]:
                if isinstance(each, dict) and isinstance(url := each.get("url"), str):
                    caption = each.get("caption")
                    found[picture_url(url, self.page.url) or ""] = caption if isinstance(caption, str) else ""
        return found

    def _credits(self) -> list[tuple[str, Byline]]:
        """Who the page says wrote it, with the source: structured data, then the printed line."""
        lines = [(self.extraction["byline"], line) for line in self._values.get("byline", ())[:1]]
        if stated := self.first("authors"):
            rule, names = stated
            named = [(rule.source, name) for name in names]
            lines = named + lines if rule.source == "json-ld" else lines + named
            if "byline" not in self.extraction:
                self._set("byline", ", ".join(names), rule.source)
        return [(source, parse_byline(line)) for source, line in lines]

    def _read_people(self, article: Article) -> None:
        """Authors and agency: as stated and printed, as signed below the story, as labelled."""
        self._set("byline", article.byline or self.endings.byline, "sign-off")
        signed = Byline(self.endings.authors, self.endings.agency)
        place, agency = parse_dateline(article.body or "")
        columnist = parse_byline(self.label.columnist or "")
        last = [("sign-off", signed), ("headline", columnist), ("dateline", Byline([], agency))]
        people: dict[str, Author] = {}
        for source, byline in [*self.credits, *last]:
            # A line below the story may name more of them than the page's head.
            more = source == "sign-off" and any(each.name in people for each in byline.authors)
            if source not in ("headline", "sign-off") or not people or more:
                self._add_authors(people, byline.authors, source)
            self._set("agency", article.agency or byline.agency, source)
        _add_addresses(people, self.endings.authors)
        article.authors = list(people.values())
        self._set("dateline", place, "body")
        self._set("series", self.label.series or self._other_than(people), "headline")

    def _other_than(self, people: Iterable[str]) -> str | None:
        """The headline's label that looks like a columnist's name, where others wrote the story."""
        label, names = self.label.columnist, [_letters(name) for name in people]
        return label if label and names and _letters(label) not in names else None

    def _add_authors(self, people: dict[str, Author], authors: list[Author], source: str) -> None:
        for author in authors:
            if author.name:
                known = people.setdefault(author.name, author)
                known.email, known.role = known.email or author.email, known.role or author.role
                self.extraction.setdefault("authors", source)

    def _read_section(self, article: Article) -> None:
        if won := self.first("section"):
            rule, found = won
            # The deepest that the page names says most.
            section = next((each for each in found if each.parent), found[0])
            article.section, article.subsection = sections.place(section, former=self.former_menu)
            self.extraction["section"] = rule.source

    def _read_extras(self, article: Article) -> None:
        if won := self.first("tags"):
            tags = split_tags(",".join(won[1]))
            self._set("tags", tags, won[0].source)
        if won := self.first("summary"):
            self._set("summary", own_summary(won[1][0], article.body or ""), won[0].source)

    def _text(self, name: str) -> str:
        values = self._values.get(name)
        return str(values[0]) if values else ""


def _add_addresses(people: dict[str, Author], signed: list[Author]) -> None:
    """Give the mail lines below a story to their authors.

    A bare address is the only author's, or that of the one whose name it holds.
    """
    for line in signed:
        author = people.get(line.name)
        if author is None and not line.name and line.email:
            user = line.email.partition("@")[0].lower()
            named = [each for each in people.values() if user in _letters(each.name)]
            author = next(iter(named or people.values()), None) if named or len(people) == 1 else None
        if author:
            author.email = author.email or line.email


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).lower()
