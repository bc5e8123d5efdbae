"""A visit to the site: about 40 requests at the project's pace, and what the loaders read from the answers."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from herald_spider import sections, urls
from herald_spider.doctor.fetch import DoctorSpider, Fetch
from herald_spider.doctor.network import Robots, robots_of
from herald_spider.doctor.page import read_feed_page
from herald_spider.doctor.reading import read
from herald_spider.loaders.listing import Entry, read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.sitemap import MAX_SIZE, read_map, unpacked
from herald_spider.spiders.responses import conditional, validators
from herald_spider.text.terminal import printable

# Kinds of samples. Those in the second line are also samples of the first, which the loaders could read.
ROBOTS, FRONT, MENU, LIST, SECOND, ARTICLE, INDEX, FEED, MAP, AGAIN, OLD = (
    "robots.txt", "front page", "menu", "list", "second page of a list", "article", "index of feeds", "feed",
    "site map", "list again", "old address",
)  # fmt: skip
PAGE, ENTRIES, READ, READ_FEED = "page", "list with entries", "read article", "read feed"
TOP = [each for each in sections.SECTIONS if each.path and not each.parent and each.language == "en"]
PER_LIST = 3  # articles
_OLD_ARTICLE = "20210408000265"  # of the former site
MAX_MAPS = 2
# robots.txt, the front page, the lists and one second page, articles, the feed index and two feeds, site maps
# with a part each, one list again, one old address
MAX_REQUESTS = 2 + len(TOP) * (1 + PER_LIST) + 1 + 3 + 2 * MAX_MAPS + 2
_MAX_REFUSED, _MAX_FAILED = 2, 3  # in a row; then the visit ends


class SiteUnavailable(Exception):
    """The site does not answer, or refuses to; the text is one line."""


@dataclass
class Visit:
    """The samples of a visit, by kind. `ended` says why it was cut short, if it was."""

    base: str
    samples: dict[str, list[Fetch]] = field(default_factory=dict)
    ended: str | None = None
    requests: int = 0
    seconds: float = 0.0
    refused: int = 0
    failed: int = 0

    async def __call__(self, spider: DoctorSpider) -> None:
        """Fetch a few pages of each kind."""
        self.spider, began = spider, time.monotonic()
        try:
            maps = await self._front()
            await self._feeds()
            await self._lists()
            await self._articles()
            await self._maps(maps)
        except SiteUnavailable as error:
            self.ended = str(error)
        finally:
            self.requests, self.seconds = spider.requests, time.monotonic() - began
            _progress("")

    def of(self, kind: str) -> list[Fetch]:
        return self.samples.get(kind, [])

    async def _fetch(self, kind: str, url: str, context: Any = None, **options: Any) -> Fetch:
        """Fetch a page; one without an answer is of no kind. Raises `SiteUnavailable`."""
        _progress(f"{self.spider.requests} of about {MAX_REQUESTS} requests: {url}")
        found = await self.spider.fetch(url, **options)
        self.refused = self.refused + 1 if found.is_refused else 0
        self.failed = self.failed + 1 if not found.status and not found.forbidden else 0
        if self.refused >= _MAX_REFUSED or self.failed >= _MAX_FAILED:
            raise SiteUnavailable(found.problem)
        found.content, found.context = _content(kind, found) if found.is_ok else None, context
        for each in (kind, *_kinds(kind, found)) if found.status else ():
            self.samples.setdefault(each, []).append(found)
        return found

    async def _front(self) -> list[str]:
        """Fetch the front page; return the addresses of the site maps."""
        front = await self._fetch(FRONT, f"{urls.SITE}/")
        if front.is_refused or not (front.status or front.forbidden):
            raise SiteUnavailable(front.problem)
        robots: Robots | None = robots_of(self.spider)
        if robots:
            self.samples[ROBOTS] = [replace(front, content=robots)]
        if front.is_ok and (menu := read_menu(front.page)):
            self.samples[MENU] = [replace(front, content=menu)]
        return robots.sitemaps[:MAX_MAPS] if robots else []

    async def _lists(self) -> None:
        menu = self.of(MENU)[0].content if self.of(MENU) else []
        paths = {section.slug: url for section, url in reversed(menu) if "/list.php" not in url}
        for section in TOP:
            url = paths.get(section.slug, f"{urls.SITE}{section.path}")
            found = await self._fetch(LIST, url, section)
            entries = found.content.entries if found.content else []
            if entries and not self.of(SECOND):
                ids = {entry.id for entry in entries}
                await self._fetch(SECOND, urls.listing_page(url, 2), ids)
            if found.is_ok and found.response is not None and not self.of(AGAIN):
                known = validators(found.response)
                if any(known):
                    await self._fetch(AGAIN, found.response.url, headers=conditional(*known))

    async def _articles(self) -> None:
        feeds = [sample.content.feed for sample in self.of(READ_FEED)]
        times = {entry.id: entry.date for feed in feeds for entry in feed.entries}
        for entry in self._chosen():
            await self._fetch(ARTICLE, entry.url, times.get(entry.id))
        await self._fetch(OLD, urls.article_url(_OLD_ARTICLE))

    def _chosen(self) -> Iterator[Entry]:
        """Yield the first articles of each list, each article once."""
        known: set[str] = set()
        for sample in self.of(LIST):
            entries = sample.content.entries if sample.content else []
            fresh = [entry for entry in entries if entry.id not in known][:PER_LIST]
            known.update(entry.id for entry in fresh)
            yield from fresh

    async def _feeds(self) -> None:
        await self._fetch(INDEX, f"{urls.SITE}/rss")
        section = next(each for each in sections.SECTIONS if each.feed)
        for path in (sections.ALL_STORIES_FEED, section.feed):
            await self._fetch(FEED, f"{urls.SITE}{path}")

    async def _maps(self, named: list[str]) -> None:
        for url in named or [f"{urls.SITE}/sitemap.xml"]:
            found = (await self._fetch(MAP, url)).content
            if found and found.kind == "sitemapindex" and found.addresses:
                parts = found.addresses
                await self._fetch(MAP, next((part for part in parts if "news" in part), parts[0]))


def _content(kind: str, fetch: Fetch) -> Any:
    if kind in (LIST, SECOND):
        return read_listing(fetch.page)
    if kind == ARTICLE:
        return read(fetch.page)
    if kind == FEED:
        return read_feed_page(fetch.page, fetch.body, fetch.header("Content-Type"))
    if kind != MAP:
        return None
    found = read_map(unpacked(fetch.body, MAX_SIZE), fetch.url)
    return found if found and found.whole else None


def _kinds(kind: str, found: Fetch) -> Iterator[str]:
    """Yield the kinds that a page is of besides `kind`."""
    content = found.content
    if kind in (FRONT, LIST, ARTICLE) and found.is_ok:
        yield PAGE
    if kind == LIST and content and content.credited and content.entries:
        yield ENTRIES
    if kind == ARTICLE and content and content.item:
        yield READ
    if kind == FEED and content and content.feed:
        yield READ_FEED


def _progress(text: str) -> None:
    """Show `text` on a terminal, in a line that the next call overwrites."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{printable(text)[:78]}", end="", file=sys.stderr, flush=True)
