"""A fetched page, decoded and parsed once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urljoin
from weakref import WeakKeyDictionary

from lxml import etree
from scrapy.http import Response

from herald_spider import urls
from herald_spider.loaders import json_ld
from herald_spider.loaders.decoding import is_binary, to_utf8
from herald_spider.loaders.elements import show_addresses
from herald_spider.loaders.selectors import PageIndex

# Without lxml.html's own element classes, which are looked up in Python, one by one.
_PARSER = etree.HTMLParser(encoding="utf-8", huge_tree=True)
# Bytes. A page of the site has 60 KB, and parsing may take a hundred times the memory.
MAX_SIZE = 3 * 1024 * 1024
# libxml2 and trafilatura take quadratic time for attributes and elements.
_MAX_ATTRIBUTES, _MAX_ELEMENTS = 300, 6_000
# An attribute and the space before it have two characters at least.
_LONG_TAG = re.compile(rb"<[A-Za-z][^>]{%d,}" % (2 * _MAX_ATTRIBUTES))
_BETWEEN_ATTRIBUTES = re.compile(rb"[\s/\"']+")
_DEEPEST = 2000  # libxml2 stops at 2048 nested elements and drops the rest

# A middleware reads a response before the spider does.
_PAGES: WeakKeyDictionary[Response, Page] = WeakKeyDictionary()


class Page:
    """A page of the paper.

    `url` is its address, `base` the address of the host that stands for the site,
    `redirected_from` the addresses that led to it. Nothing here raises on damaged input:
    what cannot be read counts as missing.
    """

    def __init__(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str | None = None,
        base: str = urls.SITE,
        redirected_from: Sequence[str] = (),
    ):
        self.url = url
        self.base = base
        self.redirected_from = redirected_from
        self.body = body
        self.source = to_utf8(body[:MAX_SIZE], content_type)
        self.root = parse(self.source)
        if b"data-cfemail" in self.source:
            show_addresses(self.root)
        for picture in self.root.iter("amp-img") if b"<amp-img" in self.source else ():
            picture.tag = "img"

    @classmethod
    def from_response(cls, response: Response, base: str = urls.SITE) -> Page:
        """Return the page of a response; `base` as in `Page`. A response is parsed once."""
        if (page := _PAGES.get(response)) and page.base == base:
            return page
        content_type = response.headers.get("Content-Type")
        _PAGES[response] = page = cls(
            response.url,
            response.body,
            content_type=content_type.decode("latin-1") if content_type else None,
            base=base,
            redirected_from=response.meta.get("redirect_urls", ()),
        )
        return page

    @cached_property
    def _index(self) -> PageIndex:
        return PageIndex(self.root)

    def select(self, selector: str) -> list[Any]:
        """Return the elements, or with ``::attr()`` the strings, that a CSS selector selects."""
        return self._index.select(selector)

    @property
    def is_binary(self) -> bool:
        """True if the page is not text of any encoding."""
        return is_binary(self.body)

    @property
    def is_too_large(self) -> bool:
        """True if only the first `MAX_SIZE` bytes of the page were read."""
        return len(self.body) > MAX_SIZE

    @property
    def is_too_deep(self) -> bool:
        """True if the parser dropped elements: then its last element stands at the greatest depth."""
        element, depth = self.root, 0
        while len(element):
            element, depth = element[-1], depth + 1
        return depth >= _DEEPEST

    @cached_property
    def links_base(self) -> str:
        """The address that relative ones on the page start from: that of ``<base href>``, else the page's."""
        href = next((element.get("href") for element in self._metadata["base"] if element.get("href")), None)
        base = resolved(href or "", self.url)
        return base if urls.is_web_address(base) else self.url

    def address(self, url: str) -> urls.Address:
        """Return the meaning of a link on this page."""
        url = url if self.links_base == self.url else resolved(url, self.links_base)
        address = urls.classify(url, self.url)
        return address if address.kind != "other" else urls.classify(url, self.base)

    @cached_property
    def _metadata(self) -> dict[str, list[Any]]:
        """The elements with data for programs, by tag: one pass for all."""
        found: dict[str, list[Any]] = {"base": [], "meta": [], "link": [], "script": []}
        for element in self.root.iter(*found):
            found[element.tag].append(element)
        return found

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """``<meta>`` contents by property, name or itemprop, in page order."""
        found: dict[str, list[str]] = {}
        for element in self._metadata["meta"]:
            content = element.get("content")
            name = element.get("property") or element.get("name") or element.get("itemprop")
            if name and content and content.strip():
                found.setdefault(name.strip().lower(), []).append(content)
        return found

    @cached_property
    def stated(self) -> list[urls.Address]:
        """The addresses that the page states as its own: ``link rel=canonical``, then ``og:url``."""
        links = [
            element.get("href")
            for element in self._metadata["link"]
            if "canonical" in (element.get("rel") or "").lower().split()
        ]
        return [self.address(url) for url in [*links, *self.meta.get("og:url", ())] if url]

    @cached_property
    def canonical(self) -> urls.Address | None:
        """The first article among the stated addresses."""
        return next((address for address in self.stated if address.kind == "article"), None)

    @cached_property
    def ld_scripts(self) -> list[Any]:
        """The value of each JSON-LD script, in page order; None for one that cannot be parsed."""
        return [
            json_ld.load(element.text)
            for element in self._metadata["script"]
            if "ld+json" in (element.get("type") or "").lower() and element.text
        ]

    @cached_property
    def json_ld(self) -> list[dict[str, Any]]:
        """The JSON-LD objects that describe an article, in page order."""
        return json_ld.articles(self.ld_scripts)

    @cached_property
    def main_text(self) -> list[str]:
        """The paragraphs of the main text as trafilatura finds them, for pages without a known body element.

        [] for a page of very many elements.
        """
        if self.source.count(b"<") > 2 * _MAX_ELEMENTS:
            return []
        import trafilatura  # takes half a second to import, and is rarely needed

        html = etree.tostring(self.root, method="html", encoding="unicode", with_tail=False)
        text = trafilatura.extract(html, include_comments=False, include_tables=True, favor_precision=True)
        return list(filter(None, text.split("\n"))) if text else []


def resolved(url: str, base: str) -> str:
    """Return an address as it is meant on a page at `base`; unchanged if it is none."""
    try:
        return urljoin(base, url.strip())
    except ValueError:  # "http://["
        return url


def parse(source: bytes) -> Any:
    """Return the root element of a document in UTF-8, an empty ``<html>`` if it has none."""
    source = _LONG_TAG.sub(_without_many_attributes, source.strip().replace(b"\x00", b""))
    root = etree.fromstring(source or b"<html/>", _PARSER)
    return etree.fromstring(b"<html/>", _PARSER) if root is None else root


def _without_many_attributes(tag: re.Match[bytes]) -> bytes:
    """Return a tag without its attributes if it has more than `_MAX_ATTRIBUTES`."""
    parts = _BETWEEN_ATTRIBUTES.split(tag[0], _MAX_ATTRIBUTES + 1)
    return parts[0] if len(parts) > _MAX_ATTRIBUTES + 1 else tag[0]
