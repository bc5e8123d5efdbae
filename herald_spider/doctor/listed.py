"""How a page that lists articles is read: a listing, a feed, or the index of the feeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from herald_spider import sections, urls
from herald_spider.doctor.output import Line, title
from herald_spider.loaders.feed import Feed, FeedForm, NotAFeed, form_of, read_feed
from herald_spider.loaders.listing import Entry, Listing, read_listing
from herald_spider.loaders.page import Page
from herald_spider.loaders.shell import is_shell
from herald_spider.loaders.survey import feed_links, portrait

_HEAD = (14,)
_ENTRY = (16, 18)
_SHOWN = 5


@dataclass
class ListReading:
    """A listing as a walk sees it."""

    page: Page
    url: str
    listing: Listing
    is_shell: bool

    @property
    def is_well(self) -> bool:
        return self.listing.credited and bool(self.listing.entries)

    @property
    def number(self) -> int:
        """Which page of its listing it is."""
        _, _, page = self.url.partition("page=" if "?page=" in self.url else "np=")
        digits = page.partition("&")[0]
        return int(digits) if digits.isdigit() else 1

    @property
    def next_url(self) -> str:
        bare = self.url.partition("?page=")[0].partition("&np=")[0]
        return urls.listing_page(bare, self.number + 1)

    def lines(self) -> Iterator[Line]:
        section = sections.by_url(self.url)
        yield Line(
            ("section", f"{section.name} ({section.slug})" if section else "none of sections.py"), _HEAD
        )
        entries = self.listing.entries
        if not entries:
            yield from self._nothing()
            return
        yield from self._layout()
        dated = sum(entry.date is not None for entry in entries)
        yield Line(("entries", f"{len(entries)}, {dated} of them with a date"), _HEAD)
        yield Line(("next page", self.next_url), _HEAD, wrap=True)
        yield from entry_lines(entries)

    def _layout(self) -> Iterator[Line]:
        listing = self.listing
        if listing.credited:
            yield Line(("layout", f"{listing.layout}, by {listing.selector}"), _HEAD, wrap=True)
            return
        text = (
            "no list of a known layout: every link to an article outside boxes is taken, and tells nothing of "
            "sections. To change it: the listing of a layout in herald_spider/loaders/layouts/"
        )
        yield Line(("layout", text), _HEAD, style="warning", wrap=True)

    def _nothing(self) -> Iterator[Line]:
        text = (
            "a shell that its scripts must fill: set SPLASH_URL or HERALD_RENDERER, see loaders/shell.py"
            if self.is_shell
            else "an empty section, a page past its last, or other markup: see herald_spider/loaders/listing.py"
        )
        yield Line(("no entries", text), _HEAD, style="wrong", wrap=True)
        yield from portrait_lines(self.page)

    def as_json(self) -> dict[str, Any]:
        listing = self.listing
        return {
            "layout": listing.layout,
            "selector": listing.selector,
            "credited": listing.credited,
            "next_page": self.next_url,
            "entries": list(map(entry_json, listing.entries)),
        }


@dataclass
class FeedReading:
    """A feed; or the page that lists the feeds, or what stands in place of one."""

    feed: Feed | None = None
    form: FeedForm | None = None
    why: str = ""
    index: dict[str, str] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        return bool(self.index or (self.feed and self.feed.whole and self.feed.entries))

    def lines(self) -> Iterator[Line]:
        if self.index:
            yield Line(("index", f"of {len(self.index)} feeds"), _HEAD)
            yield from (Line((f"  {label}", url), (24,)) for url, label in self.index.items())
            return
        if self.feed is None or self.form is None:
            text = f"{self.why}. To change it: herald_spider/loaders/feed.py"
            yield Line(("no feed", text), _HEAD, style="wrong", wrap=True)
            return
        cut = "" if self.feed.whole else ", cut off"
        yield Line(
            ("feed", f"{self.form.kind}, {self.form.items} items{cut}"), _HEAD, style="warning" * bool(cut)
        )
        if not self.feed.entries:
            what = "none of its items leads to an article" if self.form.items else "it has no items"
            text = f"{what}: a section without news, or another form; see herald_spider/loaders/feed.py"
            yield Line(("no entries", text), _HEAD, style="wrong", wrap=True)
            return
        parts = ", ".join(f"{name} {count}" for name, count in self.form.parts.most_common())
        yield Line(("parts", parts), _HEAD, wrap=True)
        dated = sum(entry.date is not None for entry in self.feed.entries)
        yield Line(("entries", f"{len(self.feed.entries)}, {dated} of them with a date"), _HEAD)
        yield from entry_lines(self.feed.entries)

    def as_json(self) -> dict[str, Any]:
        return {
            "index": self.index,
            "no_feed": self.why or None,
            "kind": self.form.kind if self.form else None,
            "whole": self.feed.whole if self.feed else None,
            "entries": list(map(entry_json, self.feed.entries)) if self.feed else [],
        }


def read_lists(
    kind: str, page: Page, body: bytes, content_type: str | None
) -> tuple[ListReading | None, FeedReading | None]:
    """The listing or the feed that a page holds."""
    if kind == "feed":
        return None, read_feed_page(page, body, content_type)
    return ListReading(page, page.address(page.url).url, read_listing(page), is_shell(page)), None


def read_feed_page(page: Page, body: bytes, content_type: str | None) -> FeedReading:
    try:
        return FeedReading(read_feed(body, content_type, page.base), form_of(body, content_type))
    except NotAFeed as error:
        return FeedReading(why=str(error), index=feed_links(page))


def entry_lines(entries: Sequence[Entry]) -> Iterator[Line]:
    if entries:
        yield title("The first of them")
    for entry in entries[:_SHOWN]:
        date = f"{entry.date:%Y-%m-%d %H:%M}" if entry.date else entry.printed or "no date"
        yield Line((f"  {entry.id}", date, entry.headline), _ENTRY)


def portrait_lines(page: Page) -> Iterator[Line]:
    yield title("What the page says of itself")
    for name, said in portrait(page).items():
        yield Line((name, said or "–"), _HEAD, wrap=True)


def entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.url,
        "headline": entry.headline,
        "date": entry.date.isoformat() if entry.date else None,
        "printed": entry.printed,
    }
