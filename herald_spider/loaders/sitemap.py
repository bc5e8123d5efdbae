"""Site maps of every kind that sitemaps.org allows: XML, text, RSS and Atom, as far as they can be read."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from scrapy.utils.gz import gunzip

from herald_spider.loaders.decoding import decode
from herald_spider.loaders.feed import NotAFeed, name_of, read_feed
from herald_spider.loaders.page import resolved
from herald_spider.text.dates import date_in
from herald_spider.urls import is_web_address

MAX_SIZE = 50 * 1024 * 1024  # bytes, unpacked, that sitemaps.org allows
INDEX = "sitemapindex"
_GZIP = b"\x1f\x8b"
_NEWS = b"publication_date"
_END = re.compile(
    rb"</(?:[\w.-]+:)?(?:urlset|sitemapindex)\s*>|<(?:[\w.-]+:)?(?:urlset|sitemapindex)\b[^>]*/>"
)
# Not "www.example.com/a", which may be meant as a host.
_RELATIVE = re.compile(r"/(?!/)|[^/.:]+(?:/|$)|[^/:]+$")


@dataclass(frozen=True)
class Place:
    """One address of a site map: `modified` as printed, `is_relative` if it had no host."""

    url: str
    modified: str = ""
    published: datetime | None = None
    is_relative: bool = False


@dataclass
class SiteMap:
    """The kind of a site map (``urlset``, ``sitemapindex``, ``text`` or ``feed``) and its places.

    `whole` is False if its end is missing.
    """

    kind: str
    places: list[Place]
    whole: bool = True

    @property
    def addresses(self) -> list[str]:
        """The addresses, in order."""
        return [place.url for place in self.places]


def read_map(body: bytes, url: str) -> SiteMap | None:
    """Return the unpacked site map at `url`, as far as it can be read; None for any other document."""
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_text(body, url)
    parser = etree.XMLParser(recover=True, huge_tree=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body.strip(), parser)
    except etree.XMLSyntaxError:  # nothing could be recovered
        root = None
    kind = "" if root is None else name_of(root)
    if root is not None and kind in ("urlset", INDEX):
        places = (_place(entry, url, _NEWS in body) for entry in root if isinstance(entry.tag, str))
        return SiteMap(kind, [each for each in places if each.url], _END.search(body) is not None)
    try:
        feed = read_feed(body, base=url)
    except NotAFeed:
        return None
    return SiteMap("feed", [Place(entry.url, published=entry.date) for entry in feed.entries], feed.whole)


def _place(entry: Any, base: str, is_news: bool) -> Place:
    texts = {name_of(child): (child.text or "").strip() for child in reversed(entry)}
    news = entry.iter() if is_news else ()
    dates = (date_in(each.text or "") for each in news if name_of(each) == "publication_date")
    url, published = texts.get("loc", ""), next(filter(None, dates), None)
    is_relative = not is_web_address(url) and _RELATIVE.match(url) is not None
    return Place(
        resolved(url, base) if is_relative else url, texts.get("lastmod", ""), published, is_relative
    )


def _read_text(body: bytes, url: str) -> SiteMap | None:
    """Return a site map with an address on each line; None if no line has one."""
    lines = list(filter(None, map(str.strip, decode(body).splitlines())))
    places = [Place(line) for line in lines if is_web_address(line)]
    return SiteMap("text", places) if places else None


def unpacked(body: bytes, max_size: int) -> bytes:
    """Return a site map without gzip, as far as it can be unpacked; empty if it is larger than `max_size`."""
    try:
        return gunzip(body, max_size=max_size) if body.startswith(_GZIP) else body
    except (OSError, EOFError, ValueError, zlib.error):
        return b""


def named_in_robots(body: bytes, url: str) -> list[str]:
    """Return the addresses of the site maps in the robots.txt at `url`, without invalid ones."""
    found = []
    for line in body.removeprefix(b"\xef\xbb\xbf").splitlines():
        name, _, address = line.partition(b"#")[0].partition(b":")
        if name.strip().lower() == b"sitemap" and address.strip():
            with suppress(ValueError):  # "http://[", or bytes that are not UTF-8
                found.append(urljoin(url, address.strip().decode()))
    return found
