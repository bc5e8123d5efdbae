"""``scrapy doctor ADDRESS``: the reading of one page, and the file to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from herald_spider import sections, urls
from herald_spider.doctor.fetch import DoctorSpider, Fetch
from herald_spider.doctor.output import Line, title
from herald_spider.doctor.reading import Field, Reading, read
from herald_spider.loaders.feed import Feed, FeedForm, NotAFeed, form_of, read_feed
from herald_spider.loaders.layouts import GENERIC
from herald_spider.loaders.listing import Entry, Listing, read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.page import Page
from herald_spider.loaders.shell import is_shell
from herald_spider.loaders.survey import feed_links, portrait
from herald_spider.middlewares.rendering import renderer_of
from herald_spider.text.terminal import printable, size

_HEAD = (14,)
_ENTRY = (16, 18)
_SHOWN = 5  # entries of a listing or feed
_RULE_WIDTH = 44  # columns at most
_LISTING_FILE, _FEED_FILE = (
    "the listing of a layout in herald_spider/loaders/layouts/",
    "herald_spider/loaders/feed.py",
)


@dataclass
class FeedReading:
    """A feed and its form; or `why` it is none, and the `index` of feeds that the page is instead."""

    feed: Feed | None = None
    form: FeedForm | None = None
    why: str = ""
    index: tuple[str, ...] = ()

    @property
    def entries(self) -> list[Entry]:
        return self.feed.entries if self.feed else []


def read_feed_page(page: Page, body: bytes, content_type: str | None) -> FeedReading:
    try:
        return FeedReading(read_feed(body, content_type, page.base), form_of(body, content_type))
    except NotAFeed as error:
        return FeedReading(why=str(error), index=tuple(feed_links(page)))


class Examination:
    """A page at `address`, fetched by the doctor's spider or from a file, and what the loaders read from it."""

    def __init__(self, address: urls.Address):
        self.address = address
        self.fetch: Fetch | None = None
        self.rendered = False
        self.page: Page | None = None
        self.reading: Reading | None = None
        self.listing: Listing | None = None
        self.feed: FeedReading | None = None

    async def __call__(self, spider: DoctorSpider) -> None:
        """Fetch the page; once more with a browser if it is a script shell."""
        await self._fetch(spider, self.address.url)
        if self.reading and self.reading.moved:
            await self._fetch(spider, self.reading.moved)
        if self.reading and self.reading.needs_rendering and renderer_of(spider.settings):
            self.rendered = True
            await self._fetch(spider, self.address.url, meta={"render": "article"})

    async def _fetch(self, spider: DoctorSpider, url: str, **options: Any) -> None:
        self.fetch = await spider.fetch(url, **options)
        if self.fetch.is_ok:
            self.read(self.fetch.page, self.fetch.header("Content-Type"), keep_emails=spider.keep_emails)

    def read(self, page: Page, content_type: str | None = None, *, keep_emails: bool = False) -> None:
        self.page = page
        if self.address.kind == "listing":
            self.listing = read_listing(page)
        elif self.address.kind == "feed":
            self.feed = read_feed_page(page, page.body, content_type)
        else:
            self.reading = read(page, keep_emails=keep_emails)

    def read_file(self, file: str, base: str, *, keep_emails: bool) -> None:
        """Read a saved page. Raises ValueError if the file cannot be read."""
        try:
            body = Path(file).read_bytes()
        except OSError as error:
            raise ValueError(f"{printable(file)} cannot be read: {error.strerror}") from None
        self.read(Page(self.address.url, body, base=base), keep_emails=keep_emails)

    @property
    def problem(self) -> str | None:
        """The reason for which there is no page; None if there is one."""
        return self.fetch.problem if self.fetch and not self.fetch.is_ok else None

    @property
    def is_ok(self) -> bool:
        """True if the page has an article, entries or a menu, as its address promises."""
        if self.problem or self.page is None:
            return False
        if self.listing:
            return self.listing.credited and bool(self.listing.entries)
        if self.feed:
            return bool(
                self.feed.index or (self.feed.feed and self.feed.feed.whole and self.feed.feed.entries)
            )
        if self.reading and self.reading.item:
            return not self.reading.invalid
        return self.address.kind == "other" and bool(read_menu(self.page))  # the front page


def parse_address(text: str, base: str) -> urls.Address:
    """Return the page that an address, a path or an id stands for. Raises ValueError."""
    if text.isascii() and text.isdigit():
        return urls.classify(urls.article_url(text.lstrip("0") or "0"))
    for form in (text, f"https://{text}", base + text if text.startswith("/") else ""):
        try:
            parts = urlsplit(form)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.hostname in (*urls.HOSTS, urlsplit(base).hostname):
            found = urls.classify(form, base)
            query = f"?{parts.query}" if parts.query else ""
            other = urls.Address("other", f"{urls.SITE}{parts.path or '/'}{query}")
            return other if found.kind == "other" else found
    raise ValueError(
        f"{printable(text)} is no page of {base}; give an id (10618541 or 20210408000265), "
        "or an address of an article, a listing or a feed"
    )


# Lines -----------------------------------------------------------------------------------


def lines(found: Examination) -> Iterator[Line]:
    yield title(found.fetch.url if found.fetch else found.address.url)
    yield from _origin(found)
    assert found.page
    reading = found.reading
    if found.listing:
        yield from _listing(found.listing, found.page)
    elif found.feed:
        yield from _feed(found.feed)
    elif reading and (reading.item or found.address.kind == "article"):
        yield from _article(reading)
    elif reading:
        if not found.is_ok:
            text = f"neither an article ({reading.why}) nor a page with the site's menu"
            yield _head("no use", text, "error")
        yield from _portrait(found.page)


def _head(name: str, text: str, style: str = "") -> Line:
    return Line((name, text), _HEAD, style=style, wrap=True)


def _origin(found: Examination) -> Iterator[Line]:
    fetch = found.fetch
    if fetch is None or fetch.response is None:
        return
    reasons = fetch.response.meta.get("redirect_reasons", ())
    for url, reason in zip(fetch.redirects, reasons, strict=False):
        yield _head("redirected", f"{reason}, from {url}")
    if fetch.redirects:
        yield _head("to", fetch.response.url)
    kind = fetch.header("Content-Type") or "no Content-Type"
    rendered = ", rendered" * found.rendered
    text = f"{fetch.status}, {size(len(fetch.body))} in {fetch.seconds:.2f} s, {kind}{rendered}"
    yield _head("answered", text)


def _article(reading: Reading) -> Iterator[Line]:
    canonical, name = reading.page.canonical, reading.layout.name
    yield _head("canonical", canonical.url if canonical else "names no article")
    own = ", ".join(reading.markers.get(name, ()))
    by = f", by {own}" if own else ": no marker of a known layout is on the page"
    yield _head("layout", name + by, "warning" * (not own))
    for layout, markers in reading.markers.items():
        if layout != name:
            yield _head("", f"also marked as {layout}, by {', '.join(markers)}")
    if reading.item is None:
        yield _head("no article", reading.why, "error")
        yield from _portrait(reading.page)
    else:
        yield from _fields(list(reading.fields.values()))
        if reading.invalid:
            yield _head("rejected", f"validation says {reading.invalid}", "error")
        else:
            yield _head("valid", "validation finds nothing wrong", "ok")
    yield _head("to change it", _advice(reading))


def _fields(fields: list[Field]) -> Iterator[Line]:
    widths = (*_HEAD, min(_RULE_WIDTH, max(len(each.how) for each in fields) + 2))
    yield Line(("",))
    yield Line(("field", "won by", "value"), widths, style="title")
    for each in fields:
        main = each.fallback_for
        style = "warning" if each.is_missing or main else ""
        yield Line((each.name, each.how, _value(each)), widths, style=style)
        if main:
            yield Line(("", f"  no match: {main.source} {main.text}"), _HEAD)
    yield Line(("",))


def _value(each: Field) -> str:
    """Return the value on one line."""
    if each.is_missing:
        return "–"
    if isinstance(each.value, list):
        parts = [
            [part] if isinstance(part, str) else filter(None, vars(part).values()) for part in each.value
        ]
        return "; ".join(" | ".join(map(str, part)) for part in parts)
    if each.name == "body":
        count = each.value.count("\n\n") + 1
        return f"[{len(each.value.split()):,} words, {count} paragraphs] {each.value}"
    return str(each.value)


def _advice(reading: Reading) -> str:
    """Return which setting or file to change."""
    if reading.needs_rendering:
        return (
            "set SPLASH_URL or HERALD_RENDERER to render it; herald_spider/loaders/shell.py recognises shells"
        )
    if reading.layout is not GENERIC:
        return f"herald_spider/{reading.layout.file} has the rules, text/ cleans their values"
    unknown = "" if reading.item else "if a reader sees an article there (a crawl marks it as gone): "
    return (
        f"{unknown}a redesign needs a module of its own in herald_spider/loaders/layouts/; for a page that only "
        "has other markers, add one to its layout"
    )


def _listing(listing: Listing, page: Page) -> Iterator[Line]:
    section = sections.by_url(page.address(page.url).url)
    yield _head("section", f"{section.name} ({section.slug})" if section else "none of sections.py")
    if not listing.entries:
        shell = "a shell that its scripts must fill: set SPLASH_URL or HERALD_RENDERER, see loaders/shell.py"
        empty = f"an empty section, a page past its last, or other markup: see {_LISTING_FILE}"
        yield _head("no entries", shell if is_shell(page) else empty, "error")
        yield from _portrait(page)
        return
    if listing.credited:
        yield _head("layout", f"{listing.layout}, by {listing.selector}")
    else:
        text = (
            "no list of a known layout: every link to an article outside boxes is taken, and the page does not "
            f"count for the articles' sections. To change it: {_LISTING_FILE}"
        )
        yield _head("layout", text, "warning")
    yield from _entries(listing.entries)


def _feed(reading: FeedReading) -> Iterator[Line]:
    feed, form = reading.feed, reading.form
    if reading.index:
        yield _head("index", f"of {len(reading.index)} feeds")
        yield from (Line(("  " + url,)) for url in reading.index)
        return
    if feed is None or form is None:
        yield _head("no feed", f"{reading.why}. To change it: {_FEED_FILE}", "error")
        return
    cut = ", cut off" * (not feed.whole)
    yield _head("feed", f"{form.kind}, {form.items} items{cut}", "warning" * bool(cut))
    if not feed.entries:
        what = "none of its items links to an article" if form.items else "it has no items"
        text = f"{what}: a section without news, or another form; see {_FEED_FILE}"
        yield _head("no entries", text, "error")
        return
    yield _head("parts", ", ".join(f"{name} {count}" for name, count in form.parts.most_common()))
    yield from _entries(feed.entries)


def _entries(entries: list[Entry]) -> Iterator[Line]:
    dated = sum(entry.date is not None for entry in entries)
    yield _head("entries", f"{len(entries)}, {dated} of them with a date")
    yield title("The first of them")
    for entry in entries[:_SHOWN]:
        date = f"{entry.date:%Y-%m-%d %H:%M}" if entry.date else entry.printed or "no date"
        yield Line((f"  {entry.id}", date, entry.headline), _ENTRY)


def _portrait(page: Page) -> Iterator[Line]:
    yield title("What the page says of itself")
    yield from (_head(name, text or "–") for name, text in portrait(page).items())
