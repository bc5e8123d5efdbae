"""A story of the demo newspaper: what its page prints, and the item that a crawl should make of it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from markupsafe import Markup, escape

from herald_spider import sections, urls

Kind = Literal[
    "text", "heading", "list", "table", "image", "note", "advert", "embed", "related", "clutter", "video"
]  # fmt: skip
State = Literal["ok", "404", "410", "soft", "home"]
_TEXT_KINDS = ("text", "heading", "list", "table")


@dataclass
class Picture:
    """A picture; `src` is its address as the page prints it."""

    url: str
    caption: str | None = None
    credit: str | None = None
    src: str = ""
    lazy: bool = False

    @property
    def line(self) -> str:
        """Caption and credit as printed."""
        return " ".join(filter(None, (self.caption, f"({self.credit})" if self.credit else None)))


@dataclass
class Block:
    """A piece of the body. `markup`, if there is any, is printed in place of `text`."""

    kind: Kind
    text: str = ""
    markup: Markup | None = None
    rows: list[list[str]] = field(default_factory=list)
    picture: Picture | None = None

    @property
    def html(self) -> Markup:
        return self.markup or escape(self.text).replace("\n", Markup("<br>"))

    @property
    def truth(self) -> str:
        """The text that a reader should find."""
        if self.kind == "list":
            return "\n".join(f"- {row[0]}" for row in self.rows)
        if self.kind == "table":
            return "\n".join(" | ".join(row) for row in self.rows)
        return self.text


@dataclass
class Story:
    """One article. `moment`, the time of publication, is None on a page without a date."""

    edition: str
    position: int
    id: str
    filed: datetime
    varieties: frozenset[str]
    filed_under: str
    listed_in: tuple[str, ...]
    headline: str
    blocks: list[Block]
    headline_markup: Markup | None = None
    state: State = "ok"
    alias: str | None = None
    subheadline: str | None = None
    series: str | None = None
    byline: str | None = None
    printed_byline: bool = True
    authors: list[dict[str, str | None]] = field(default_factory=list)
    ld_authors: list[str] = field(default_factory=list)
    agency: str | None = None
    dateline: str | None = None
    sign_off: str | None = None
    own_line_sign_off: bool = False
    emails: list[str] = field(default_factory=list)
    date_line: str | None = None  # an impossible date, printed in place of `moment`
    moment: datetime | None = None
    updated: datetime | None = None
    shown_section: str | None = None
    keywords: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    description: str | None = None
    summary: str | None = None
    og_image: str | None = None
    images: list[Picture] = field(default_factory=list)

    @property
    def url(self) -> str:
        return urls.article_url(self.id)

    @property
    def title_html(self) -> Markup:
        return self.headline_markup or escape(self.headline)

    @property
    def body(self) -> str | None:
        parts = [block.truth for block in self.blocks if block.kind in _TEXT_KINDS]
        return "\n\n".join(parts) or None

    @property
    def teaser(self) -> str:
        """The first 500 characters of the body, cut inside a word, as listings and feeds print them."""
        return " ".join((self.body or "").split())[:500]

    @property
    def modified(self) -> datetime:
        return max(self.filed, self.updated or self.filed)

    def truth(self) -> dict[str, Any]:
        """Return the fields of the item that a faultless crawl makes of the page."""
        section, subsection = self._place()
        words = f"{self.headline} {self.body or ''}"
        return {
            "id": self.id,
            "url": self.url,
            "aliases": [self.alias] if self.alias else [],
            "headline": self.headline,
            "subheadline": self.subheadline,
            "series": self.series,
            "summary": self.summary,
            "section": section,
            "subsection": subsection,
            "listed_in": list(self.listed_in),
            "byline": self.byline,
            "authors": self.authors,
            "agency": self.agency,
            "dateline": self.dateline,
            "published_at": self.moment.isoformat() if self.moment else self._filed_day(),
            "updated_at": self.updated and self.updated.isoformat(),
            "body": self.body,
            "images": [{"url": p.url, "caption": p.caption, "credit": p.credit} for p in self.images],
            "tags": self.tags,
            "language": language_of(words),
            "word_count": len(words.split()),
            "layout": self.edition,
            "duplicate_of": None,
        }

    def _filed_day(self) -> str | None:
        """Return the day of filing if the address shows it, for a page without a date."""
        return f"{self.filed:%Y-%m-%d}T00:00:00+09:00" if urls.is_ud(self.id) else None

    def _place(self) -> tuple[str | None, str | None]:
        named = sections.by_name(self.shown_section) if self.shown_section else None
        return sections.place(named, former=self.edition != "2024") if named else (None, None)


def language_of(text: str) -> str:
    """Return ``en``, ``ko`` or ``mul``, by the share of Hangul among the letters."""
    letters = [char for char in unicodedata.normalize("NFC", text) if char.isalpha()]
    share = sum("가" <= char <= "힣" for char in letters) / max(len(letters), 1)
    return "ko" if share > 0.6 else "mul" if share > 0.15 else "en"
