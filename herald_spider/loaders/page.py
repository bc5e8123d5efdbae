"""One fetched page, decoded and parsed once; everything else is looked up on demand."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from lxml import etree
from parsel import Selector
from scrapy.http import Response
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

from herald_spider import urls
from herald_spider.loaders.markup import NAMING, compiled, needs_of, outermost

# Without the elements of lxml.html, whose class is looked up in Python, one by one.
_PARSER = etree.HTMLParser(encoding="utf-8", huge_tree=True)
_ARTICLE_TYPES = frozenset({"NewsArticle", "Article", "ReportageNewsArticle", "BlogPosting"})
_START = re.compile(rb"<(?:html|body)[\s>]", re.IGNORECASE)
_END = re.compile(rb"</(?:html|body)\s*>", re.IGNORECASE)
_TEXT = bytes(byte for byte in range(256) if byte >= 0x20 or byte in b"\t\n\f\r\x1b")
_DEEPEST = 2000  # libxml2 stops at 2048, what it has left out is lost
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_JS_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$")


class Page:
    """A page of the paper.

    `url` is where it was fetched, `base` the address of the host that stands for the
    site, `redirected_from` what was asked for before. Nothing here raises on damaged
    input: what cannot be read is not there.
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
        self.text = decode(body, content_type)
        self.body = body
        self._selected: dict[str, list[Any]] = {}
        self.root = parse(self.text)

    @classmethod
    def from_response(cls, response: Response, base: str = urls.SITE) -> Page:
        content_type = response.headers.get("Content-Type")
        return cls(
            response.url,
            response.body,
            content_type=content_type.decode("latin-1") if content_type else None,
            base=base,
            redirected_from=response.meta.get("redirect_urls", ()),
        )

    @cached_property
    def selector(self) -> Selector:
        """The document for parsel."""
        return Selector(root=self.root, base_url=self.url, type="html")

    @cached_property
    def named(self) -> dict[str, list[Any]]:
        """The elements of each class, id and itemprop, in page order."""
        found: dict[str, list[Any]] = {}
        for element in self.root.iter(etree.Element):
            for attribute, value in element.items():
                if attribute in NAMING:
                    for name in value.split():
                        found.setdefault(NAMING[attribute] + name, []).append(element)
        return found

    def select(self, selector: str) -> list[Any]:
        """What a CSS selector selects."""
        if selector not in self._selected:
            self._selected[selector] = self._select(selector)
        return self._selected[selector]

    def _select(self, selector: str) -> list[Any]:
        """Most selectors name what the page lacks; the others are tried on what stands below their first name."""
        possible = [needs for needs in needs_of(selector) if needs.names <= self.named.keys()]
        if not possible:
            return []
        first = possible[0].first if len(possible) == 1 else None
        places = outermost(self.named[first]) if first else [self.root]
        return [found for place in places for found in compiled(selector)(place)]

    @property
    def is_binary(self) -> bool:
        """Whether it is no text of any encoding."""
        return is_binary(self.body)

    @property
    def is_too_deep(self) -> bool:
        """Whether the parser gave the rest up: then its last element is the deepest that it allows."""
        element, depth = self.root, 0
        while len(element):
            element, depth = element[-1], depth + 1
        return depth >= _DEEPEST

    def address(self, url: str) -> urls.Address:
        """What a link of this page means."""
        address = urls.classify(url, self.url)
        return address if address.kind != "other" else urls.classify(url, self.base)

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """``<meta>`` contents by property, name or itemprop, in page order."""
        found: dict[str, list[str]] = {}
        for element in self.root.iter("meta"):
            content = element.get("content")
            name = element.get("property") or element.get("name") or element.get("itemprop")
            if name and content and content.strip():
                found.setdefault(name.strip().lower(), []).append(content)
        return found

    @cached_property
    def canonical(self) -> urls.Address | None:
        """The article that the page says it is (``link rel=canonical``, else ``og:url``)."""
        links = [
            element.get("href")
            for element in self.root.iter("link")
            if "canonical" in (element.get("rel") or "").lower().split()
        ]
        for url in [*links, *self.meta.get("og:url", ())]:
            address = self.address(url) if url else None
            if address and address.kind == "article":
                return address
        return None

    @cached_property
    def ld_scripts(self) -> list[Any]:
        """What each JSON-LD script holds, in page order; None for one that cannot be read."""
        return [
            _load_json(element.text)
            for element in self.root.iter("script")
            if "ld+json" in (element.get("type") or "").lower() and element.text
        ]

    @cached_property
    def json_ld(self) -> list[dict[str, Any]]:
        """The JSON-LD objects that describe an article, in page order."""
        return [thing for value in self.ld_scripts for thing in _articles(value)]


def parse(text: str) -> Any:
    """The root element of a document, an empty one where there is none."""
    body = text.strip().replace("\x00", "").encode() or b"<html/>"
    root = etree.fromstring(body, _PARSER)
    return etree.fromstring(b"<html/>", _PARSER) if root is None else root


def has_end(body: bytes) -> bool:
    """Whether a page goes to its end, as far as it shows: a scrap without a start needs no end."""
    near = max(0, len(body) - 1024)
    return bool(_END.search(body, near) or _END.search(body)) or not _START.search(body)


def is_binary(body: bytes) -> bool:
    """Whether the start of `body` is no text of any encoding."""
    start = body[:4096]
    return not read_bom(start)[0] and 50 * len(start.translate(None, _TEXT)) > len(start)


def decode(body: bytes, content_type: str | None = None) -> str:
    """The text of a page whose declared encoding may be wrong.

    Pages of the site declare UTF-8 and hold CP949 bytes, or the other way, so the
    bytes decide: UTF-8 where they are that (an end cut off is allowed), else an
    encoding that was declared and is neither, else CP949, else each line by itself.
    """
    bom_encoding, bom = read_bom(body)
    if bom_encoding and bom:
        return body[len(bom) :].decode(bom_encoding, "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(body, final=False)
    except UnicodeDecodeError:
        pass
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and declared not in ("utf-8", "cp949", "euc-kr", "ascii"):
        try:
            return body.decode(declared)
        except (UnicodeDecodeError, LookupError):
            pass
    try:
        return body.decode("cp949")
    except UnicodeDecodeError:
        return "".join(map(_decode_line, body.splitlines(keepends=True)))


def _decode_line(line: bytes) -> str:
    for encoding in ("utf-8", "cp949"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "replace")


def _load_json(text: str) -> Any:
    """JSON as sites write it: raw newlines, trailing commas and comments around it."""
    text = _JS_WRAPPING.sub("", text)
    for candidate in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _articles(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The article objects in a JSON-LD value: itself, in a list, or in its ``@graph``."""
    if depth > 4:
        return
    if isinstance(value, list):
        for each in value:
            yield from _articles(each, depth + 1)
    elif isinstance(value, dict):
        types = value.get("@type")
        kinds = [types] if isinstance(types, str) else types if isinstance(types, list) else []
        if any(kind in _ARTICLE_TYPES for kind in kinds if isinstance(kind, str)):
            yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _articles(value.get(key), depth + 1)
