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
from herald_spider.loaders.markup import NAMES, compiled, needs_of, outermost

# Without the elements of lxml.html, whose class is looked up in Python, one by one.
_PARSER = etree.HTMLParser(encoding="utf-8", huge_tree=True)
_ARTICLE_TYPES = ("Article", "BlogPosting")  # how the types of schema.org end
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
        self.body = body
        self.source = in_utf8(body, content_type)
        self._selected: dict[str, list[Any]] = {}
        self._named: dict[str, list[Any]] = {}
        self._names = 0  # of which `_named` knows
        self.root = parse(self.source)

    @classmethod
    def from_response(cls, response: Response, base: str = urls.SITE) -> Page:
        return cls(**arguments_of(response, base, response.meta))

    @cached_property
    def selector(self) -> Selector:
        """The document for parsel."""
        return Selector(root=self.root, base_url=self.url, type="html")

    @property
    def named(self) -> dict[str, list[Any]]:
        """The elements that have one of `NAMES` in an attribute, in page order.

        In any attribute: to ask for its name costs more than to find some in vain.
        """
        if self._names != len(NAMES):
            self._names = len(NAMES)
            self._named = _elements_of(self.root, NAMES)
        return self._named

    def select(self, selector: str) -> list[Any]:
        """What a CSS selector selects."""
        if selector not in self._selected:
            self._selected[selector] = self._select(selector)
        return self._selected[selector]

    def _select(self, selector: str) -> list[Any]:
        """Most selectors name what the page lacks; the others are tried on what stands below their first name."""
        needed = needs_of(selector)
        named = self.named  # behind that, which may have brought new names
        possible = [needs for needs in needed if needs.names <= named.keys()]
        if not possible:
            return []
        only = possible[0] if len(possible) == 1 else None
        if only and only.simple:
            return only.simple.select(self.root, named)
        places = outermost(named[only.first]) if only and only.first else [self.root]
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
    def _told(self) -> dict[str, list[Any]]:
        """The elements that tell machines of the page, by tag: one walk for all."""
        found: dict[str, list[Any]] = {"meta": [], "link": [], "script": []}
        for element in self.root.iter(*found):
            found[element.tag].append(element)
        return found

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """``<meta>`` contents by property, name or itemprop, in page order."""
        found: dict[str, list[str]] = {}
        for element in self._told["meta"]:
            content = element.get("content")
            name = element.get("property") or element.get("name") or element.get("itemprop")
            if name and content and content.strip():
                found.setdefault(name.strip().lower(), []).append(content)
        return found

    @cached_property
    def stated(self) -> list[urls.Address]:
        """What the page says it is: ``link rel=canonical``, then ``og:url``."""
        links = [
            element.get("href")
            for element in self._told["link"]
            if "canonical" in (element.get("rel") or "").lower().split()
        ]
        return [self.address(url) for url in [*links, *self.meta.get("og:url", ())] if url]

    @cached_property
    def canonical(self) -> urls.Address | None:
        """The article that the page says it is."""
        return next((address for address in self.stated if address.kind == "article"), None)

    @cached_property
    def ld_scripts(self) -> list[Any]:
        """What each JSON-LD script holds, in page order; None for one that cannot be read."""
        return [
            _load_json(element.text)
            for element in self._told["script"]
            if "ld+json" in (element.get("type") or "").lower() and element.text
        ]

    @cached_property
    def main_text(self) -> list[str]:
        """The paragraphs of the main text, as trafilatura finds them, where no container is known."""
        import trafilatura  # half a second to import, and a healthy crawl never needs it

        text = trafilatura.extract(self.selector.get(), include_comments=False, include_tables=True)
        return text.split("\n") if text else []

    @cached_property
    def json_ld(self) -> list[dict[str, Any]]:
        """The JSON-LD objects that describe an article, in page order.

        Where none is of such a type, those that tell what only an article has.
        """
        things = [thing for value in self.ld_scripts for thing in _objects(value)]
        articles = [thing for thing in things if _is_article(thing)]
        return articles or [each for each in things if each.get("headline") and each.get("datePublished")]


def arguments_of(response: Response, base: str, meta: dict[str, Any]) -> dict[str, Any]:
    """What makes a `Page` of a response; `meta` is its request's."""
    content_type = response.headers.get("Content-Type")
    return {
        "url": response.url,
        "body": response.body,
        "content_type": content_type.decode("latin-1") if content_type else None,
        "base": base,
        "redirected_from": meta.get("redirect_urls", ()),
    }


def _elements_of(root: Any, names: set[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for element in root.iter(etree.Element):
        for value in element.values():
            if value in names:
                found.setdefault(value, []).append(element)
            elif " " in value or not value.isprintable():
                for name in names.intersection(value.split()):
                    found.setdefault(name, []).append(element)
    return found


def parse(source: bytes) -> Any:
    """The root element of a document in UTF-8, an empty one where there is none."""
    root = etree.fromstring(source.strip().replace(b"\x00", b"") or b"<html/>", _PARSER)
    return etree.fromstring(b"<html/>", _PARSER) if root is None else root


def has_end(body: bytes) -> bool:
    """Whether a page goes to its end, as far as it shows: a scrap without a start needs no end."""
    near = max(0, len(body) - 1024)
    return bool(_END.search(body, near) or _END.search(body)) or not _START.search(body)


def is_binary(body: bytes) -> bool:
    """Whether the start of `body` is no text of any encoding."""
    start = body[:4096]
    return not read_bom(start)[0] and 50 * len(start.translate(None, _TEXT)) > len(start)


def in_utf8(body: bytes, content_type: str | None = None) -> bytes:
    """A page as its text is in UTF-8: see `decode`."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return decode(body, content_type).encode()
    return body.removeprefix(codecs.BOM_UTF8)


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
    for mended in (str, _unwrapped, _without_trailing_commas):
        text = mended(text)
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _unwrapped(text: str) -> str:
    return _JS_WRAPPING.sub("", text)


def _without_trailing_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(r"\1", text)


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The objects in a JSON-LD value that may be the page's own: itself, in a list, or in its ``@graph``."""
    if depth > 4:
        return
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _objects(value.get(key), depth + 1)


def _is_article(thing: dict[str, Any]) -> bool:
    """Whether a JSON-LD object is of a type of article; types may be addresses."""
    types = thing.get("@type")
    kinds = types if isinstance(types, list) else [types]
    return any(kind.endswith(_ARTICLE_TYPES) for kind in kinds if isinstance(kind, str))
