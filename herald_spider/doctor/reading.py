"""The reading of one article page: its layout, and for each field the rule that gave the value."""

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

logger = logging.getLogger(__name__)

# The origin of a value that no rule gave: by its source, else by the field.
_DERIVED = {
    "url": "its address", "canonical": "the canonical link", "headline": "the label of the headline",
    "sign-off": "the sign-off below the story", "dateline": "the dateline", "body": "the opening of the body",
    "generic": "trafilatura", "language": "headline and body", "subsection": "as the section",
    "images": "pictures in the body", "authors": "the byline", "agency": "the byline", "byline": "the authors",
}  # fmt: skip


@dataclass
class Field:
    """A field of the article: its value and source, all its rules, and what those that match give."""

    name: str
    value: Any
    source: str | None
    rules: tuple[Rule, ...]
    matches: dict[Rule, list[Any]]

    @property
    def is_missing(self) -> bool:
        return self.value in (None, [], "")

    @property
    def won(self) -> Rule | None:
        """The rule that gave the value: the first that matches, unless the value has another source."""
        first = next(iter(self.matches), None)
        return first if first and (first.source == self.source or self.is_missing) else None

    @property
    def failed(self) -> list[Rule]:
        """The rules before the winner, which do not match; none for pictures from the body."""
        if self.name == "images" and not self.won:
            return []
        return [rule for rule in self.rules[: self._place] if rule not in self.matches]

    @property
    def _place(self) -> int:
        return self.rules.index(self.won) if self.won else len(self.rules)

    @property
    def fallback_for(self) -> Rule | None:
        """The first rule, if it does not match and something else gave the value."""
        return self.failed[0] if self.failed and not self.is_missing else None

    @property
    def how(self) -> str:
        """The origin of the value: ``json-ld headline (rule 1 of 4)``."""
        if self.source and self.source.startswith("invalid"):
            return self.source
        if self.is_missing:
            count = len(self.rules)
            if self.won:
                return f"missing: nothing usable in {self.won.text}"
            return f"missing: none of {count} rule{'s' * (count > 1)}" if count else "missing"
        if self.won:
            return f"{self.won.source} {self.won.text} (rule {self._place + 1} of {len(self.rules)})"
        return _DERIVED.get(self.source or "") or _DERIVED.get(self.name) or self.source or ""


@dataclass
class Reading:
    """A page as the loaders read it. `item` is None if it is no article; `why` then says why."""

    page: Page
    layout: Layout
    markers: dict[str, list[str]]
    item: Article | None = None
    why: str = ""
    needs_rendering: bool = False
    moved: str | None = None
    fields: dict[str, Field] = field(default_factory=dict)
    invalid: str | None = None


def read(page: Page, *, keep_emails: bool = False) -> Reading:
    """Read `page` as a crawl does; the result records how."""
    found = Reading(page, layout_of(page), recognised(page))
    try:
        item = read_article(page, keep_emails=keep_emails)
        loader = ArticleLoader(page, found.layout)
        matches = {name: dict(loader.every(name)) for name in found.layout.rules}
    except NoArticle as error:
        found.why = str(error)
    except NeedsRendering:
        found.why, found.needs_rendering = "a shell that its scripts must fill", True
    except Moved as moved:
        found.why, found.moved = f"a script redirects to {moved.url}", moved.url
    except Exception as error:  # a finding like others: the rest of the site is checked all the same
        logger.debug("Cannot read %s", page.url, exc_info=True)
        found.why = f"an error in its loader: {type(error).__name__}: {error}"
    else:
        found.item = item
        found.invalid = ": ".join(problem(item) or ()) or None
        for name in (each for each, field in FIELDS.items() if field.from_page):
            value, source = getattr(item, name), item.extraction.get(name)
            rules = found.layout.rules.get(name, ())
            found.fields[name] = Field(name, value, source, rules, matches.get(name, {}))
    return found
