"""Feeds: RSS 2.0 as the site has it, also Atom and RDF."""

from __future__ import annotations

import html
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from lxml import etree

from herald_spider import urls
from herald_spider.loaders.decoding import decode
from herald_spider.loaders.isolation import isolated
from herald_spider.loaders.listing import Entry, distinct
from herald_spider.loaders.page import resolved
from herald_spider.text.cleaning import clean_headline, clean_text
from herald_spider.text.dates import date_in

_ROOTS = {"rss", "RDF", "feed"}
_ITEMS = {"item", "entry"}
_TEXTS = ("description", "encoded", "summary", "content")
_IDS = ("origLink", "guid", "id")
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|RDF|feed)(?=[\s>/])")
_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]{1,8}|[0-9]{1,9});|[A-Za-z][A-Za-z0-9]{0,31};)?")
_XML_REFERENCES = ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;")
_HALF, _HALVES = re.compile("[\ud800-\udfff]"), range(0xD800, 0xE000)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DATES = ("pubDate", "published", "updated", "date")


class NotAFeed(ValueError):
    """The document is not a feed; the message quotes its start."""


@dataclass
class Feed:
    """The entries of a feed in its order, each article once. `whole` is False for a truncated feed."""

    entries: list[Entry]
    whole: bool = True


def read_feed(body: bytes, content_type: str | None = None, base: str = urls.SITE) -> Feed:
    """Return the entries of a feed, also of a truncated one. Raises `NotAFeed`.

    `base` is the host that stands for the site: links to it are the paper's.
    """
    root, text = _parse(body, content_type)
    name = f"{root.prefix}:{name_of(root)}" if root.prefix else root.tag.rpartition("}")[2]
    whole = re.search(rf"</{re.escape(name)}\s*>", text) is not None or text.rstrip().endswith("/>")
    return Feed(distinct(_entries(root, base)), whole)


@dataclass
class FeedForm:
    """The kind of a feed, the number of its items, and how many items have each part."""

    kind: str
    items: int
    parts: Counter[str]
    longest: int  # text of an item, in characters


def form_of(body: bytes, content_type: str | None = None) -> FeedForm:
    """Return the form of a feed. Raises `NotAFeed`."""
    root, _ = _parse(body, content_type)
    items = [item for item in root.iter() if name_of(item) in _ITEMS]
    parts = Counter(name for item in items for name in {name_of(child) for child in item} if name)
    texts = (_text(child) for item in items for child in item if name_of(child) in _TEXTS)
    kind = f"{name_of(root)} {root.get('version', '')}".strip()
    return FeedForm(kind, len(items), parts, max(map(len, texts), default=0))


def _parse(body: bytes, content_type: str | None) -> tuple[Any, str]:
    text = decode(body, content_type)
    start = _ROOT.search(text)
    if start is None:
        raise NotAFeed(f"it begins {clean_text(text[:200])[:60]!r}")
    # Without what stands before the root: a declared encoding, which no longer counts, or messages of the server.
    text = _well_formed(text[start.start() :])
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, huge_tree=True, resolve_entities=False, no_network=True
    )
    root = etree.fromstring(text.encode(), parser)
    if root is None or name_of(root) not in _ROOTS:
        raise NotAFeed(f"it begins {clean_text(text[:200])[:60]!r}")
    return root, text


def _well_formed(text: str) -> str:
    """Return the text of a feed with characters and references that XML allows."""
    text = _REFERENCE.sub(_reference, text)
    if _HALF.search(text):  # an emoji written as the two halves that UTF-16 has
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _NO_XML.sub("", text)


def _reference(match: re.Match[str]) -> str:
    """Return a reference that XML knows; a half character is returned as such."""
    text = match[0]
    if text in _XML_REFERENCES:
        return text
    if not text.startswith("&#"):
        character = html.unescape(text)
        return html.escape(character) if character != text or text == "&" else text.replace("&", "&amp;")
    code = int(text[3:-1], 16) if text[2] in "xX" else int(text[2:-1])
    if code in _HALVES:
        return chr(code)
    return text if code <= sys.maxunicode and not _NO_XML.match(chr(code)) else ""


def _entries(root: Any, base: str) -> Iterator[Entry]:
    for item in root.iter():
        if name_of(item) in _ITEMS and (entry := isolated(partial(_entry, item, base), "an entry", base)):
            yield entry


def _entry(item: Any, base: str) -> Entry | None:
    # Of several elements with one name ("media:title") the item's own kind comes first.
    own = sorted(item, key=lambda child: _space(child) != _space(item))
    # Compare with None below: an element without children is false.
    parts = {name_of(child): child for child in reversed(own)}
    found = (urls.classify(link, base) for link in _links(item, own, base))
    address = next((each for each in found if each.id), None)
    if address is None:
        return None
    printed = [text for name in _DATES if (text := _text(parts.get(name)))]
    headline = clean_headline(_text(parts.get("title")))
    date = next(filter(None, map(date_in, printed)), None)
    return Entry(address.id or "", address.url, headline, date, clean_text(printed[0]) if printed else None)


def _links(item: Any, children: list[Any], base: str) -> Iterator[str]:
    """Yield the addresses that an item may be at: the link of RSS, the alternate one of Atom, then its ids."""
    links = [child for child in children if name_of(child) == "link"]
    alternate = (link for link in links if link.get("rel", "alternate") == "alternate")
    ids = [child for child in children if name_of(child) in _IDS]
    named = [
        *((link, _text(link)) for link in links),
        *((link, link.get("href") or "") for link in alternate),
        *((each, _text(each)) for each in ids),
        *((item, value) for name, value in item.items() if name.endswith("about")),
    ]
    for element, text in named:
        if text.strip():
            yield resolved(clean_text(text), resolved(element.base or "", base))


def name_of(element: Any) -> str:
    """Return the name without a namespace, declared or not; "" for comments and the like."""
    return re.split("[}:]", element.tag)[-1] if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    return "" if element is None else "".join(element.itertext())


def _space(element: Any) -> str:
    """Return the namespace or the prefix of an element."""
    return element.tag.removesuffix(name_of(element)) if isinstance(element.tag, str) else ""
