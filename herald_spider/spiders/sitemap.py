"""Spider `sitemap`: the articles in the site maps that robots.txt names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from scrapy import Request

from herald_spider import urls
from herald_spider.archive.ledger import Validators
from herald_spider.loaders.listing import Entry
from herald_spider.loaders.sitemap import INDEX, MAX_SIZE, Place, named_in_robots, read_map, unpacked
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.spiders.responses import NOT_MODIFIED, validators
from herald_spider.spiders.site import SiteSpider
from herald_spider.text.dates import date_in

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

BATCH = 1000  # articles in one transaction
MAX_DEPTH = 5  # an index names site maps; a deep tree of indexes is an error of the site


class SitemapSpider(SiteSpider):
    """Reads all site maps, news site maps too, then the articles in them.

    ``since`` leaves out files and entries that were last modified before.
    Arguments: ``since``, ``until``, ``max_articles``.
    """

    name = "sitemap"

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.maps: set[str] = set()
        self.unfinished_maps: set[str] = set()
        self.dated_indexes: list[tuple[str, Validators]] = []  # indexes with the time of each file's change

    async def start(self) -> AsyncIterator[Any]:
        yield self.source_request(f"{urls.SITE}/robots.txt", self.parse_robots, self.robots_failed)
        for request in self.pending_requests():
            yield request

    def parse(self, response: Response) -> Iterator[Request]:
        """Read robots.txt or a site map: the callback of ``scrapy parse``."""
        is_robots = response.url.endswith("/robots.txt")
        yield from self.parse_robots(response) if is_robots else self.parse_map(response, response.url)
        yield from self.next_requests()

    def parse_robots(self, response: Response) -> Iterator[Request]:
        """Request the site maps that robots.txt names, or else the one at the usual address."""
        named = [url for url in named_in_robots(response.body, response.url) if is_requestable(url)]
        for url in named or [f"{self.base}/sitemap.xml"]:
            yield from self.map_request(url)

    @closes_on_archive_error
    def robots_failed(self, failure: Failure) -> Iterator[Request]:
        yield from self.map_request(f"{self.base}/sitemap.xml")

    @property
    def max_size(self) -> int:
        """The largest site map to read, in bytes; 0 means no limit."""
        limit = self.settings.getint("DOWNLOAD_MAXSIZE")
        return max(limit, MAX_SIZE) if limit else 0

    def map_request(self, url: str) -> Iterator[Request]:
        url = urls.rebase(url, self.base)
        if not is_requestable(url):
            self.note_broken(url, "has no valid address")
            return
        if url in self.maps:
            self.note_broken(url, "is named once more: a loop, or a file in two indexes")
            return
        self.maps.add(url)
        self.unfinished_maps.add(url)
        row = self.archive.ledger.listing(url) if self.is_unlimited else None
        request = self.source_request(url, self.parse_map, self.failed, row=row, map_url=url)
        request.meta.update(download_maxsize=self.max_size, download_warnsize=self.max_size)
        yield request

    def parse_map(self, response: Response, map_url: str = "") -> Iterator[Request]:
        """Note the articles of a site map, or request the files that an index names.

        `map_url` is the requested address, from which a redirect may have led to the response's.
        """
        self.count("sitemap/read")
        if response.status == NOT_MODIFIED:
            self.count("sitemap/not_modified")
            self.unfinished_maps.discard(map_url)
            return
        body = unpacked(response.body, self.max_size)
        site_map = self.read(read_map, body, response.url, url=response.url)
        if site_map is None or not site_map.whole:
            self.note_broken(
                response.url, "is no site map, or cut off: articles in its readable part are taken"
            )
        if site_map is None:
            return
        recent = [place for place in site_map.places if self.is_recent(place)]
        if relative := [place.url for place in site_map.places if place.is_relative]:
            self.note_broken(
                response.url, f"has addresses without a host ({len(relative)}), read as {relative[0]}"
            )
        files = [place.url for place in recent] if site_map.kind == INDEX else []
        if files and response.meta.get("depth", 0) >= MAX_DEPTH:
            self.note_broken(response.url, f"is an index below {MAX_DEPTH} others: left out")
            return
        if site_map.kind != INDEX:
            self.note_places(recent)
        for url in files:
            yield from self.map_request(url)
        yield from self.shared_requests()
        if site_map.whole:
            self.unfinished_maps.discard(map_url)
            if not files:
                self.finish_map(map_url, validators(response))
            elif all(place.modified for place in recent):
                self.dated_indexes.append((map_url, validators(response)))

    def note_places(self, places: list[Place]) -> None:
        """Enter the articles of a site map into the ledger."""
        for start in range(0, len(places), BATCH):
            batch = places[start : start + BATCH]
            entries = (self.read(self.entry, place, url=place.url) for place in batch)
            self.note(filter(None, entries), None, via="map")

    def entry(self, place: Place) -> Entry | None:
        """Return the article of a place; None if its address is of no article."""
        address = urls.classify(place.url, self.base)
        return Entry(address.id, address.url, "", place.published) if address.id else None

    def is_recent(self, place: Place) -> bool:
        """Return False if a place was last modified before `since`."""
        modified = date_in(place.modified)
        if modified is None or self.args.since is None or modified.date() >= self.args.since:
            return True
        self.count("sitemap/not_modified_since")
        return False

    def finish_map(self, url: str, found: Validators) -> None:
        """Store the validators of a file, so that the next run requests it conditionally."""
        if self.is_unlimited:
            self.archive.ledger.finish_feed(url, None, None, found)

    def finish_run(self, reason: str) -> None:
        # An unchanged index with the times of change means that its files are unchanged too.
        if reason == "finished" and not self.unfinished_maps:
            for index in self.dated_indexes:
                self.finish_map(*index)
        super().finish_run(reason)

    def note_broken(self, url: str, problem: str) -> None:
        self.count("sitemap/broken")
        self.logger.warning("Site map %s %s.", url, problem)


def is_requestable(url: str) -> bool:
    """Return True if `url` is an address that Scrapy can request."""
    try:
        return Request(url).url.startswith(("http:", "https:"))
    except ValueError:
        return False
