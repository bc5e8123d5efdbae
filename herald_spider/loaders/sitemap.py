"""Site maps: the parts that Scrapy's own reader leaves out."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from herald_spider.text.dates import date_in

_LOC = etree.XPath("string(*[local-name()='loc'])")
_DATE = etree.XPath("string(.//*[local-name()='publication_date'])")
_MARK = b"publication_date"
_GZIP = b"\x1f\x8b"


def publication_dates(body: bytes) -> dict[str, datetime]:
    """Return the publication dates of a news site map by address, {} for any other document."""
    if _MARK not in body:
        return {}
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:  # nothing could be recovered
        return {}
    entries = [] if root is None else root.iter("{*}url")
    dates = {str(_LOC(entry)).strip(): date_in(str(_DATE(entry))) for entry in entries}
    return {address: date for address, date in dates.items() if date}


@dataclass
class SiteMap:
    """The kind of a site map (``urlset`` or ``sitemapindex``) and its addresses."""

    kind: str
    addresses: list[str]
    dated: int  # number of addresses with a ``lastmod``
    is_news: bool


def read_map(body: bytes) -> SiteMap | None:
    """Return a site map, compressed or not; None for any other document."""
    try:
        body = gzip.decompress(body) if body.startswith(_GZIP) else body
        root = etree.fromstring(body.strip(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, EOFError, zlib.error, etree.XMLSyntaxError):
        return None
    kind = etree.QName(root).localname
    if kind not in ("urlset", "sitemapindex"):
        return None
    addresses = [str(_LOC(entry)).strip() for entry in root if isinstance(entry.tag, str)]
    return SiteMap(kind, addresses, len(list(root.iter("{*}lastmod"))), _MARK in body)


def is_whole(body: bytes) -> bool:
    """Return True if a site map has its end tag."""
    return body.rstrip().endswith((b"</urlset>", b"</sitemapindex>"))


def named_in_robots(body: bytes, url: str) -> list[str]:
    """Return the addresses of the site maps in the robots.txt at `url`, without invalid ones."""
    found = []
    for line in body.splitlines():
        name, _, address = line.partition(b":")
        if name.strip().lower() == b"sitemap":
            with suppress(ValueError):  # "http://[", or bytes that are not UTF-8
                found.append(urljoin(url, address.strip().decode()))
    return found
