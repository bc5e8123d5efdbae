"""The site maps that robots.txt names, news site maps among them."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from lxml.etree import XMLSyntaxError
from scrapy import Request
from scrapy.http import XmlResponse
from scrapy.spiders import SitemapSpider as ScrapySitemapSpider

from herald_spider import urls
from herald_spider.archive.ledger import Validators
from herald_spider.loaders.listing import Entry
from herald_spider.loaders.sitemap import is_whole, named_in_robots, publication_dates
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.spiders.base import NOT_MODIFIED, conditional, validators
from herald_spider.spiders.site import SiteSpider
from herald_spider.spiders.walks import LISTINGS_FIRST
from herald_spider.text.dates import date_in

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.http import Response
    from twisted.python.failure import Failure

AT_ONCE = 1000
DEEPEST = 5  # an index names site maps; indexes of indexes are a mistake, or a trap


class SitemapSpider(SiteSpider, ScrapySitemapSpider):
    """All articles of the site maps. ``since`` leaves out files and entries not modified since.

    Arguments: ``since``, ``until``, ``max_articles``.
    """

    name = "sitemap"

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.maps: set[str] = set()
        self.reading: set[str] = set()  # those that have not been read to their end
        self.indexes: list[tuple[str, Validators]] = []
        self.published: dict[str, datetime] = {}

    async def start(self) -> AsyncIterator[Any]:
        for request in self.pending_requests():
            yield request
        yield Request(f"{self.base}/robots.txt", self.parse_robots, errback=self.no_robots, dont_filter=True)

    def parse_robots(self, response: Response) -> Iterator[Request]:
        """The site maps that robots.txt names; without any, the usual address."""
        named = filter(can_be_asked, named_in_robots(response.body, response.url))
        for url in list(named) or [f"{self.base}/sitemap.xml"]:
            yield from self.map_request(url)

    @closes_on_archive_error
    async def no_robots(self, failure: Failure) -> AsyncIterator[Request]:
        for request in self.map_request(f"{self.base}/sitemap.xml"):
            yield request

    def map_request(self, url: str) -> Iterator[Request]:
        url = urls.rebase(url, self.base)
        if not can_be_asked(url):
            self.broken(url, "is no address")
            return
        if url in self.maps:
            self.broken(url, "is named once more: a loop, or a file in two indexes")
            return
        self.maps.add(url)
        self.reading.add(url)
        row = None if self.args.since or self.args.until else self.archive.ledger.listing(url)
        yield Request(
            url,
            self.parse_map,
            errback=self.failed,
            headers=conditional(row.etag, row.last_modified) if row else {},
            cb_kwargs={"asked": url},
            priority=LISTINGS_FIRST,
            dont_filter=True,
            meta={"handle_httpstatus_list": [NOT_MODIFIED]},
        )

    def parse_map(self, response: Response, asked: str = "") -> Iterator[Request]:
        """Note the articles of a site map, or go on to the files that an index names.

        It is known by the address that was `asked`, which may have led to another.
        """
        self.count("sitemap/read")
        if response.status == NOT_MODIFIED:
            self.count("sitemap/not_modified")
            self.reading.discard(asked)
            return
        body = self.body_of(response)
        if not is_whole(body):
            self.broken(response.url, "is no site map, or cut off: what can be read is taken")
        self.published = publication_dates(body)
        try:
            # As XML it is taken as it is: uncompressed once.
            named = list(self._parse_sitemap(XmlResponse(response.url, body=body))) if body else []
        except (XMLSyntaxError, StopIteration):
            return
        for request in named:
            if response.meta.get("depth", 0) >= DEEPEST:
                self.broken(request.url, f"is an index below {DEEPEST} others: left out")
                return
            yield from self.map_request(request.url)
        yield from self.hand_out()
        if is_whole(body):
            self.reading.discard(asked)
            if not named:
                self.finish(asked, validators(response))
            elif body.count(b"<lastmod") >= len(named):
                self.indexes.append((asked, validators(response)))

    def body_of(self, response: Response) -> bytes:
        """The XML of a site map, uncompressed, as far as it goes; b"" for what is none."""
        try:
            return self._get_sitemap_body(response) or b""
        except (OSError, EOFError, zlib.error):  # cut off before the first byte came out
            return b""

    def finish(self, url: str, found: Validators) -> None:
        """Let the next run ask for a file conditionally, since all in it is noted."""
        if not self.args.since and not self.args.until:
            self.archive.ledger.finish_feed(url, None, None, found)

    def finish_run(self, reason: str) -> None:
        """An index that says when its files changed stands for them, once all are read."""
        if reason == "finished" and not self.reading:
            for index in self.indexes:
                self.finish(*index)
        super().finish_run(reason)

    def sitemap_filter(self, entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Note articles, which go their own way; hand on the files that may hold what is wanted."""
        recent = (entry for entry in entries if self.may_hold(entry))
        if entries.type == "sitemapindex":  # type: ignore[attr-defined]
            yield from (entry for entry in recent if can_be_asked(entry["loc"]))
            return
        while part := list(islice(recent, AT_ONCE)):
            self.note(filter(None, map(self.entry, part)), None, via="map")

    def may_hold(self, entry: dict[str, Any]) -> bool:
        """Whether what was last modified then can have been published since."""
        modified = date_in(entry.get("lastmod", ""))
        if modified is None or self.args.since is None or modified.date() >= self.args.since:
            return True
        self.count("sitemap/not_modified_since")
        return False

    def entry(self, entry: dict[str, Any]) -> Entry | None:
        address = urls.classify(entry["loc"], self.base)
        if not address.id:
            return None
        return Entry(address.id, address.url, "", self.published.get(entry["loc"]))

    def broken(self, url: str, what: str) -> None:
        self.count("sitemap/broken")
        self.logger.warning("Site map %s %s.", url, what)


def can_be_asked(url: str) -> bool:
    """Whether Scrapy can make a request of an address that others wrote."""
    try:
        return Request(url).url.startswith(("http:", "https:"))
    except ValueError:
        return False
