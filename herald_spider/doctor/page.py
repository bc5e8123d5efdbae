"""``scrapy doctor URL``: how one page is read, and where to change that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from herald_spider import urls
from herald_spider.commands.console import OptionError
from herald_spider.doctor.listed import FeedReading, ListReading, read_lists
from herald_spider.doctor.reading import Reading, read
from herald_spider.doctor.spider import Answer, DoctorSpider
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.page import Page
from herald_spider.text.terminal import printable


@dataclass
class Examination:
    """What was found out about one page. `trouble` is why there is no page at all."""

    address: urls.Address
    answer: Answer | None = None
    trouble: str = ""
    reading: Reading | None = None
    listing: ListReading | None = None
    feed: FeedReading | None = None
    rendered: bool = False

    @property
    def is_well(self) -> bool:
        """Whether a crawl gets what it wants from the page."""
        if self.listing or self.feed:
            return bool((self.listing and self.listing.is_well) or (self.feed and self.feed.is_well))
        if self.reading is None or self.reading.item:
            return bool(self.reading and not self.reading.invalid)
        return self.address.kind == "other" and bool(read_menu(self.reading.page))  # the front page


def understood(text: str, base: str) -> urls.Address:
    """The page that an address, a path or an id means. Raises `OptionError`."""
    if text.isascii() and text.isdigit():
        return urls.classify(urls.article_url(text.lstrip("0") or "0"))
    for form in (text, f"https://{text}", base + text if text.startswith("/") else ""):
        try:
            parts = urlsplit(form)
        except ValueError:
            continue
        hosts = (*urls.HOSTS, urlsplit(base).hostname)
        if parts.scheme in ("http", "https") and parts.hostname in hosts:
            found = urls.classify(form, base)
            query = f"?{parts.query}" if parts.query else ""
            other = urls.Address("other", f"{urls.SITE}{parts.path or '/'}{query}")
            return other if found.kind == "other" else found
    raise OptionError(
        f"{printable(text)} is no page of {base}; give an id (10618541 or 20210408000265), "
        "or an address of an article, a listing or a feed"
    )


class PagePlan:
    """Asks for one page, once more through a browser where it is a shell, and reads it."""

    def __init__(self, address: urls.Address):
        self.found = Examination(address)

    async def __call__(self, spider: DoctorSpider) -> None:
        found, address = self.found, self.found.address
        await self.ask(spider, address.url)
        if found.reading and found.reading.moved:
            await self.ask(spider, found.reading.moved)
        renders = bool(spider.settings["HERALD_RENDERING"])
        if renders and found.reading and found.reading.needs_rendering:
            found.rendered = True
            await self.ask(spider, address.url, meta={"render": "article"})

    async def ask(self, spider: DoctorSpider, url: str, **options: Any) -> None:
        answer = self.found.answer = await spider.ask(url, **options)
        if answer.is_ok and answer.response is not None:
            content_type = answer.header("Content-Type")
            keep = spider.keep_emails
            examine(self.found, answer.page, answer.response.body, content_type, keep_emails=keep)
        else:
            self.found.trouble = answer.trouble


def saved(address: urls.Address, file: str, base: str, *, keep_emails: bool) -> Examination:
    """The same of a saved page. Raises `OptionError` where it cannot be read."""
    try:
        body = Path(file).read_bytes()
    except OSError as error:
        raise OptionError(f"{printable(file)} cannot be read: {error.strerror}") from None
    found = Examination(address)
    examine(found, Page(address.url, body, base=base), body, None, keep_emails=keep_emails)
    return found


def examine(
    found: Examination, page: Page, body: bytes, content_type: str | None, *, keep_emails: bool
) -> None:
    found.trouble = ""
    kind = found.address.kind
    if kind in ("listing", "feed"):
        found.listing, found.feed = read_lists(kind, page, body, content_type)
    else:
        found.reading = read(page, keep_emails=keep_emails)
