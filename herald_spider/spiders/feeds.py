"""The state of a feed between two runs, and the gap that a run finds in it. No I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from herald_spider import sections, urls
from herald_spider.spiders.listing_walk import ListingWalk

ALL = "all"


@dataclass
class FeedState:
    """A feed, and what earlier runs stored of it.

    `slug` is its section, or ``all``; `former_url` is its address on a mirror of the former
    site. `newest` is the time of its newest article in the last run, in seconds since 1970;
    `has_gap` means that the feed no longer reaches back to it.

    `open_walks` are the listings that were not yet read down to the day `since` for articles
    that the feed had missed: by address, the section and the page to go on with.
    """

    slug: str
    url: str
    former_url: str | None = None
    newest: int | None = None
    validators: tuple[str | None, str | None] = (None, None)
    has_gap: bool = False
    since: date | None = None
    open_walks: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def section(self) -> str | None:
        return None if self.slug == ALL else self.slug

    def load_walks(self, place: str) -> None:
        """Set `since` and `open_walks` from what `store_walks` returned in an earlier run."""
        stored = json.loads(place)
        self.since, self.open_walks = date.fromisoformat(stored["since"]), stored["left"]

    def store_walks(self, walks: Mapping[str, ListingWalk]) -> str | None:
        """Return those of the unfinished `walks` that belong to the feed, as JSON; None if there are none."""
        covered = sections.expand([self.slug])
        left = {
            url: (walk.section.slug, walk.number)
            for url, walk in walks.items()
            if covered is None or walk.section.slug in covered
        }
        return json.dumps({"since": f"{self.since}", "left": left}) if left else None


def feeds_of(slugs: Iterable[str]) -> Iterator[FeedState]:
    """Yield the feeds of sections; ``all`` stands for the feed of all articles and every section's feed."""
    slugs = set(slugs)
    if ALL in slugs:
        yield FeedState(ALL, f"{urls.SITE}{sections.ALL_STORIES_FEED}")
    for section in sections.SECTIONS:
        # A section whose only feed is a former one must be named.
        is_wanted = section.slug in slugs or (ALL in slugs and section.feed)
        url, *former = [f"{urls.SITE}{path}" for path in (section.feed, section.legacy_feed) if path] or [""]
        if is_wanted and url:
            yield FeedState(section.slug, url, former[0] if former else None)


def gap_end(newest: int | None, times: list[int]) -> int | None:
    """Return the time of a feed's oldest article if the feed does not reach back to `newest`; else None.

    `times` are those of the feed's articles. A single one before `newest` is a pinned article
    and does not close the gap.

    >>> gap_end(5, [8, 7, 5]), gap_end(5, [8, 7]), gap_end(5, [8, 7, 1])
    (None, 7, 7)
    """
    if newest is None or newest in times:
        return None
    later = [time for time in times if time > newest]
    return min(later, default=None) if len(times) - len(later) <= 1 else None
