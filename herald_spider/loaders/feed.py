"""Feeds: RSS 2.0 as the site has it, also Atom and RDF."""

from __future__ import annotations

import re
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
from herald_spider.text.cleaning import clean_headline, clean_text
from herald_spider.text.dates import date_in

_ROOTS = {"rss", "RDF", "feed"}
_ITEMS = {"item", "entry"}
_TEXTS = ("description", "encoded", "summary", "content")
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
    whole = text.rstrip().endswith(f"</{root.prefix}:{_name(root)}>" if root.prefix else f"</{_name(root)}>")
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
    items = [item for item in root.iter() if _name(item) in _ITEMS]
    parts = Counter(name for item in items for name in {_name(child) for child in item} if name)
    texts = (_text(child) for item in items for child in item if _name(child) in _TEXTS)
    kind = f"{_name(root)} {root.get('version', '')}".strip()
    return FeedForm(kind, len(items), parts, max(map(len, texts), default=0))


def _parse(body: bytes, content_type: str | None) -> tuple[Any, str]:
    text = decode(body, content_type)
    # The text is decoded already, so the declared encoding must not count.
    parser = etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(text.strip().encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None or _name(root) not in _ROOTS:
        raise NotAFeed(f"it begins {clean_text(text[:200])[:60]!r}")
    return root, text


def _entries(root: Any, base: str) -> Iterator[Entry]:
    for item in root.iter():
        if _name(item) in _ITEMS and (entry := isolated(partial(_entry, item, base), "an entry", base)):
            yield entry


def _entry(item: Any, base: str) -> Entry | None:
    # Compare with None below: an element without children is false.
    parts = {_name(child): child for child in reversed(item)}
    address = urls.classify(_link(item, parts), base)
    if not address.id:
        return None
    printed = [text for name in _DATES if (text := _text(parts.get(name)))]
    headline = clean_headline(_text(parts.get("title")))
    date = next(filter(None, map(date_in, printed)), None)
    return Entry(address.id, address.url, headline, date, clean_text(printed[0]) if printed else None)


def _link(item: Any, parts: dict[str, Any]) -> str:
    """Return the link of an RSS item, or the alternate link of an Atom entry."""
    for child in item:
        if _name(child) == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return clean_text(child.get("href"))
    return clean_text(_text(parts.get("link")) or _text(parts.get("guid")))


def _name(element: Any) -> str:
    """Return the name without a namespace, declared or not; "" for comments and the like."""
    return re.split("[}:]", element.tag)[-1] if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    return "" if element is None else "".join(element.itertext())
