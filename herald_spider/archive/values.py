"""Values that the archive derives from an article: line, revision hash, times and days."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from herald_spider.archive.ledger import now
from herald_spider.items import Article, as_dict

DAY = 86_400
SEOUL = 9 * 3600  # seconds ahead of UTC


def revision_hash(item: Article) -> str:
    """Return the SHA-256 of everything whose change makes a revision: text, dates, byline and pictures."""
    images = [(image.url, image.caption, image.credit) for image in item.images]
    authors = [author.name for author in item.authors]
    parts = [item.content_hash, item.published_at, item.updated_at, item.byline, authors, images]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def headline_hash(item: Article) -> str | None:
    """Return a hash of the headline without case, spaces and punctuation; None if it has no letters."""
    letters = "".join(filter(str.isalnum, (item.headline or "").casefold()))
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()[:32] if letters else None


def published(item: Article) -> int | None:
    """Return the time of publication in seconds since 1970, UTC."""
    return _seconds(item.published_at) if item.published_at else None


def captured(item: Article) -> int:
    """Return when the site served the page, in seconds since 1970, UTC."""
    return _seconds(item.captured_at or item.fetched_at)


def fetched(item: Article) -> int:
    """Return when the page was fetched, in seconds since 1970, UTC; now if that is not known."""
    return _seconds(item.fetched_at)


def has_times(item: Article) -> bool:
    """Return True if all times of `item` are valid; a damaged line may hold anything."""
    try:
        for each in (item.published_at, item.updated_at, item.captured_at, item.fetched_at):
            _seconds(each)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return False
    return True


def _seconds(moment: str | None) -> int:
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()) if moment else now()


def day_of(item: Article) -> int:
    """Return the day of publication, else of the fetch, in Seoul, in days since 1970."""
    moment = published(item)
    return day(fetched(item) if moment is None else moment)


def day(moment: int) -> int:
    """Return the day in Seoul of `moment`, in seconds since 1970, as days since 1970."""
    return (moment + SEOUL) // DAY


def columns(item: Article) -> dict[str, Any]:
    """Return the columns of an article's row that come from its newest line."""
    return {
        "url": item.url,
        "captured": captured(item),
        "published": published(item),
        "section": item.subsection or item.section,
        "headline": headline_hash(item),
        "duplicate_of": item.duplicate_of,
    }


def encode(item: Article) -> bytes:
    """Return the line of an article."""
    # Some pages hold lone surrogates, which UTF-8 cannot encode.
    return (json.dumps(as_dict(item), ensure_ascii=False) + "\n").encode("utf-8", "replace")
