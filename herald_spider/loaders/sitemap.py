"""Site maps: what Scrapy's own reader leaves out of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from herald_spider.loaders.listing import date_of

_LOC = etree.XPath("string(*[local-name()='loc'])")
_DATE = etree.XPath("string(.//*[local-name()='publication_date'])")
_MARK = b"publication_date"


def publication_dates(body: bytes) -> dict[str, datetime]:
    """The dates of publication in a news site map, by address; {} for any other."""
    if _MARK not in body:
        return {}
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:  # nothing could be recovered
        return {}
    entries = [] if root is None else root.iter("{*}url")
    dates = {str(_LOC(entry)).strip(): date_of(str(_DATE(entry))) for entry in entries}
    return {address: date for address, date in dates.items() if date}


def is_whole(body: bytes) -> bool:
    """Whether a site map ends as it should."""
    return body.rstrip().endswith((b"</urlset>", b"</sitemapindex>"))


def named_in_robots(body: bytes, url: str) -> list[str]:
    """The addresses that the robots.txt at `url` names as site maps; what is no address is left out."""
    found = []
    for line in body.splitlines():
        name, _, address = line.partition(b":")
        if name.strip().lower() == b"sitemap":
            with suppress(ValueError):  # "http://[", or bytes that are no text
                found.append(urljoin(url, address.strip().decode()))
    return found
