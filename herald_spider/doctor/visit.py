"""A visit to the site: about fifty requests at the project's pace, and what each brought."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from herald_spider import sections, urls
from herald_spider.doctor.listed import FeedReading, read_feed_page
from herald_spider.doctor.network import Robots, robots_of
from herald_spider.doctor.reading import Reading, read
from herald_spider.doctor.spider import Answer, DoctorSpider
from herald_spider.loaders.listing import Entry, Listing, read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.sitemap import SiteMap, read_map
from herald_spider.sections import Section
from herald_spider.spiders.responses import conditional, validators
from herald_spider.text.terminal import printable

TOP = [each for each in sections.SECTIONS if each.path and not each.parent and each.language == "en"]
PER_LIST = 3  # articles
MOST_MAPS = 2
# What a visit asks for at most: robots.txt, the front page, a page of each list and one second page,
# articles, the feed index and two feeds, site maps with a part each, one page again, one old address.
MOST_REQUESTS = 1 + 1 + len(TOP) * (1 + PER_LIST) + 1 + 3 + 2 * MOST_MAPS + 1 + 1
_REFUSALS, _FAILURES = 2, 3  # in a row, after which the visit ends


@dataclass
class ListSample:
    """A page of a section's list; `listing` is None where it did not come."""

    section: Section
    answer: Answer
    listing: Listing | None = None


@dataclass
class ArticleSample:
    entry: Entry
    answer: Answer
    reading: Reading | None = None


@dataclass
class FeedSample:
    answer: Answer
    reading: FeedReading | None = None


@dataclass
class MapSample:
    answer: Answer
    content: SiteMap | None = None


@dataclass
class Visit:
    """All that was seen. `ended` says why the visit was cut short, if it was."""

    base: str
    front: Answer | None = None
    robots: Robots | None = None
    menu: list[tuple[Section, str]] = field(default_factory=list)
    lists: list[ListSample] = field(default_factory=list)
    second: ListSample | None = None
    articles: list[ArticleSample] = field(default_factory=list)
    index: Answer | None = None
    feeds: dict[str, FeedSample] = field(default_factory=dict)
    maps: list[MapSample] = field(default_factory=list)
    again: Answer | None = None  # a list asked for once more, conditionally
    old: Answer | None = None  # an address of the former site
    ended: str | None = None
    requests: int = 0
    seconds: float = 0.0

    @property
    def answers(self) -> list[Answer]:
        """Those of pages for readers."""
        found = [each.answer for each in self.lists] + [each.answer for each in self.articles]
        return [answer for answer in (self.front, *found) if answer and answer.is_ok]


class CutShort(Exception):
    """The site does not want us, or is not there; the text says so in one line."""


class SitePlan:
    """Visits the site. `old` is an id of the former site, if one is at hand."""

    def __init__(self, base: str, old: str | None = None):
        self.visit = Visit(base)
        self.old_id = old
        self.refused = self.failed = 0

    async def __call__(self, spider: DoctorSpider) -> None:
        self.spider, began = spider, time.monotonic()
        try:
            await self.look_around()
        except CutShort as end:
            self.visit.ended = str(end)
        finally:
            self.visit.requests, self.visit.seconds = spider.requests, time.monotonic() - began
            _progress("")

    async def look_around(self) -> None:
        await self.see_front()
        await self.see_lists()
        await self.see_articles()
        await self.see_feeds()
        await self.see_maps()
        await self.see_again()
        await self.see_old()

    async def ask(self, url: str, **options: Any) -> Answer:
        _progress(f"{self.spider.requests} of about {MOST_REQUESTS} requests: {url}")
        answer = await self.spider.ask(url, **options)
        self.refused = self.refused + 1 if answer.is_refused else 0
        self.failed = self.failed + 1 if not answer.status and not answer.forbidden else 0
        if self.refused >= _REFUSALS or self.failed >= _FAILURES:
            raise CutShort(answer.trouble)
        return answer

    async def see_front(self) -> None:
        visit = self.visit
        front = visit.front = await self.ask(f"{urls.SITE}/")
        visit.robots = robots_of(self.spider)
        if front.is_refused or not (front.status or front.forbidden):
            raise CutShort(front.trouble)
        if front.is_ok:
            visit.menu = read_menu(front.page)

    async def see_lists(self) -> None:
        paths = {section.slug: url for section, url in reversed(self.visit.menu) if "/list.php" not in url}
        for section in TOP:
            sample = await self.list_page(section, paths.get(section.slug, f"{urls.SITE}{section.path}"), 1)
            self.visit.lists.append(sample)
            if self.visit.second is None and sample.listing and sample.listing.entries:
                url = paths.get(section.slug, f"{urls.SITE}{section.path}")
                self.visit.second = await self.list_page(section, url, 2)

    async def list_page(self, section: Section, url: str, number: int) -> ListSample:
        answer = await self.ask(urls.listing_page(url, number))
        return ListSample(section, answer, read_listing(answer.page) if answer.is_ok else None)

    async def see_articles(self) -> None:
        for entry in self.chosen():
            answer = await self.ask(entry.url)
            reading = read(answer.page) if answer.is_ok else None
            self.visit.articles.append(ArticleSample(entry, answer, reading))

    def chosen(self) -> Iterator[Entry]:
        """The first few articles of each list, each once."""
        known: set[str] = set()
        for sample in self.visit.lists:
            entries = sample.listing.entries if sample.listing else []
            fresh = [entry for entry in entries if entry.id not in known][:PER_LIST]
            known.update(entry.id for entry in fresh)
            yield from fresh

    async def see_feeds(self) -> None:
        self.visit.index = await self.ask(f"{urls.SITE}/rss")
        section = next(each for each in sections.SECTIONS if each.feed)
        for path in (sections.ALL_STORIES_FEED, str(section.feed)):
            answer = await self.ask(f"{urls.SITE}{path}")
            sample = self.visit.feeds[path] = FeedSample(answer)
            if answer.is_ok and answer.response is not None:
                kind = answer.header("Content-Type")
                sample.reading = read_feed_page(answer.page, answer.response.body, kind)

    async def see_maps(self) -> None:
        named = self.visit.robots.maps if self.visit.robots else []
        for url in named[:MOST_MAPS] or [f"{urls.SITE}/sitemap.xml"]:
            sample = await self.map_page(url)
            if sample.content and sample.content.kind == "sitemapindex" and sample.content.addresses:
                parts = sample.content.addresses
                await self.map_page(next((part for part in parts if "news" in part), parts[0]))

    async def map_page(self, url: str) -> MapSample:
        answer = await self.ask(url)
        found = read_map(answer.response.body) if answer.is_ok and answer.response is not None else None
        self.visit.maps.append(MapSample(answer, found))
        return self.visit.maps[-1]

    async def see_again(self) -> None:
        """Ask once more for a page that said how to ask whether it has changed."""
        for sample in self.visit.lists:
            response = sample.answer.response
            if sample.answer.is_ok and response is not None and any(validators(response)):
                self.visit.again = await self.ask(response.url, headers=conditional(*validators(response)))
                return

    async def see_old(self) -> None:
        """Where an address of the former site leads today."""
        for sample in self.visit.articles:
            if urls.is_ud(sample.entry.id):
                self.visit.old = sample.answer
                return
        listed = (entry.id for each in self.visit.lists if each.listing for entry in each.listing.entries)
        if old := next(filter(urls.is_ud, listed), self.old_id):
            self.visit.old = await self.ask(urls.article_url(old))


def _progress(text: str) -> None:
    """What is going on, for who watches; the line is written over by the next."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{printable(text)[:78]}", end="", file=sys.stderr, flush=True)
