"""How one article page is read: which layout, and per field the rule that won and those that did not."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from herald_spider.items import FIELDS, Article
from herald_spider.loaders import Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.layout import Layout
from herald_spider.loaders.layouts import layout_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import Rule
from herald_spider.loaders.survey import recognised
from herald_spider.schema import problem
from herald_spider.spiders.base import without_emails

logger = logging.getLogger(__name__)

# What a field without a rule of its own was made of, where its source is not to the point.
_MADE_OF = {
    "url": "its address", "canonical": "the canonical link", "headline": "the label of the headline",
    "sign-off": "the sign-off below the story", "dateline": "the dateline", "body": "the opening of the body",
    "generic": "trafilatura",
}  # fmt: skip
_KIN = {"authors": "the byline", "agency": "the byline", "byline": "the authors"}
_TEXT_OF = {"language": "headline and body", "subsection": "as the section"}


@dataclass
class FieldReading:
    """A field as it was read: its value, the rule that won, and the rules that were tried in vain."""

    name: str
    value: Any
    source: str | None = None
    rules: tuple[Rule, ...] = ()
    won: Rule | None = None
    vain: list[Rule] = field(default_factory=list)

    @property
    def is_missing(self) -> bool:
        return self.value in (None, [], "")

    @property
    def how(self) -> str:
        """Where the value comes from: ``json-ld headline (1st of 4)``."""
        if self.source and self.source.startswith("invalid"):
            return self.source
        if self.is_missing:
            return self._why_missing()
        if self.won and self.won.source == self.source:
            place = self.rules.index(self.won) + 1
            return f"{self.won.source} {self.won.text} ({ordinal(place)} of {len(self.rules)})"
        if self.name in _TEXT_OF:
            return _TEXT_OF[self.name]
        if self.name in _KIN and self.source in ("css", "json-ld", "meta"):
            return f"{_KIN[self.name]} ({self.source})"
        if self.name == "images":
            return "pictures in the body"
        return _MADE_OF.get(self.source or "", self.source or "")

    def _why_missing(self) -> str:
        if self.won:
            return f"missing: nothing of its own in {self.won.text}"
        count = len(self.rules)
        return f"missing: none of {count} rule{'s' * (count > 1)}" if count else "missing"

    @property
    def main(self) -> Rule | None:
        """The first rule, where something else stands in for it."""
        failed = bool(self.vain) and self.won is not self.rules[0] and not self.is_missing
        return self.rules[0] if failed else None


@dataclass
class Reading:
    """A page as the loaders see it. `item` is None where it is no article, `why` says why then."""

    page: Page
    layout: Layout
    marks: dict[str, list[str]]
    item: Article | None = None
    why: str = ""
    needs_rendering: bool = False
    moved: str | None = None
    fields: dict[str, FieldReading] = field(default_factory=dict)
    invalid: str | None = None

    def others(self, name: str) -> list[tuple[Rule, list[Any]]]:
        """All rules of a field that yield, with what they give."""
        return ArticleLoader(self.page, self.layout).every(name)


class Recorder:
    """Takes the place of Scrapy's stats for one page: which rules were tried, and which won."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str, str], bool] = {}

    def inc_value(self, key: str, count: int = 1) -> None:
        _, _, name, source, text = key.split("/", 4)
        self.outcomes[name, source, text] = count > 0

    def outcome(self, name: str, rule: Rule) -> bool | None:
        """Whether a rule won; None where it was not tried."""
        return self.outcomes.get((name, rule.source, rule.text))


def read(page: Page, *, keep_emails: bool = False) -> Reading:
    """Read `page` as a crawl does, and note how."""
    found = Reading(page, layout_of(page), recognised(page))
    recorder = Recorder()
    try:
        item = read_article(page, stats=recorder)
    except NoArticle as error:
        found.why = str(error)
    except NeedsRendering:
        found.why, found.needs_rendering = "a shell that its scripts must fill", True
    except Moved as moved:
        found.why, found.moved = f"it sends on by script to {moved.url}", moved.url
    except Exception as error:  # a finding like others: the rest of the site is looked at all the same
        logger.debug("Cannot read %s", page.url, exc_info=True)
        found.why = f"an error in its reader: {type(error).__name__}: {error}"
    else:
        found.item = item if keep_emails else without_emails(item)
        found.fields = {
            name: _field(found, recorder, name) for name, each in FIELDS.items() if each.from_page
        }
        found.invalid = _verdict(found.item)
    return found


def _field(found: Reading, recorder: Recorder, name: str) -> FieldReading:
    assert found.item
    rules = found.layout.rules.get(name, ())
    outcomes = {rule: recorder.outcome(name, rule) for rule in rules}
    return FieldReading(
        name,
        getattr(found.item, name),
        found.item.extraction.get(name),
        rules,
        next((rule for rule, won in outcomes.items() if won), None),
        [rule for rule, won in outcomes.items() if won is False],
    )


def _verdict(item: Article) -> str | None:
    """What validation has against an article; None for nothing."""
    found = problem(item)
    return ": ".join(found) if found else None


def ordinal(number: int) -> str:
    """
    >>> [ordinal(each) for each in (1, 2, 3, 4, 11, 21)]
    ['1st', '2nd', '3rd', '4th', '11th', '21st']
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 != 1 else "th"
    return f"{number}{ending}"
