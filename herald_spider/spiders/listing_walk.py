"""The course of a walk through a listing: which page comes next, and where the walk ends. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from herald_spider import urls
from herald_spider.loaders.listing import Entry
from herald_spider.sections import Section
from herald_spider.spiders.arguments import UD_MARGIN

# Pages in a row without a new entry that end a walk. A single one may be a page that shifted.
EMPTY_PAGES = 2
# Overlaps from which on a constant overlap counts as the site's normal paging.
OVERLAPS = 3
RESTARTS = 3
EPOCH = date(1970, 1, 1)


@dataclass
class ListingWalk:
    """A walk through the pages of one listing, from the newest entry downwards.

    It ends at the day `since`, or at the last page. Where an earlier walk has been as deep
    (`known_at` is the `sequence` of its end, `known_down_to` the day that it reached), a page
    without any entry discovered after it ends it too.

    Articles published during the walk push older entries down. Each entry that moved to the
    next page stands for one new entry on a page that was read before: the walk starts again
    at its first page, until it has found as many new entries (`missed`) or is as deep as
    before (`deepest`).
    """

    section: Section
    url: str
    since: date | None = None
    known_at: int | None = None
    known_down_to: int = 0
    first: int = 1
    number: int = 0  # of the current page; `first` if not given
    seen: set[str] = field(default_factory=set)
    previous: list[str] = field(default_factory=list)
    empty: int = 0  # pages in a row without a new entry
    overlaps: list[int] = field(default_factory=list)
    missed: int = 0
    deepest: int = 0
    restarts: int = 0
    down_to: int | None = None  # the day that the walk has reached, since 1970; 0 is the bottom
    render_failed: bool = False
    validators: tuple[str | None, str | None] = (None, None)

    def __post_init__(self) -> None:
        self.number = self.number or self.first

    @property
    def pages(self) -> int:
        """The number of pages from the first to the current one."""
        return self.number - self.first + 1

    def advance(self, entries: Sequence[Entry], *, all_known: bool = False) -> bool:
        """Take in the entries of the current page and turn to the next; return False at the end.

        `all_known`: all entries were known when the earlier walk ended.
        """
        ids = [entry.id for entry in entries]
        new = [entry for entry in entries if entry.id not in self.seen]
        if self.previous and ids:
            self.overlaps.append(count_moved(self.previous, ids))
        self.missed -= len(new)
        self.seen.update(ids)
        self.previous = ids
        self.empty = 0 if new else self.empty + 1
        end = self.known_down_to if all_known else self._end(new)
        if end is None:
            self.number += 1
            return True
        if self.down_to is None:
            self.down_to = end
        return self._restart()

    def skip_missing(self) -> bool:
        """Turn to the page after one that does not exist; a second one in a row is the end."""
        if self.empty + 1 < EMPTY_PAGES:
            self.empty += 1
            self.number += 1
            return True
        return self.advance([])

    def _end(self, new: list[Entry]) -> int | None:
        """Return the day down to which the listing is read, 0 for all of it; None to go on."""
        if not self.previous or self._is_exhausted(new):
            return 0
        days = [entry.date.date() for entry in new if entry.date]
        if not days:  # a list without dates
            days = [day + UD_MARGIN for entry in new if (day := urls.filed(entry.id))]
        if self.since and days and max(days) < self.since:
            return day_number(self.since)
        return None

    def _is_exhausted(self, new: list[Entry]) -> bool:
        """Return True if further pages hold only entries that were seen."""
        if not self.restarts:
            return self.empty >= EMPTY_PAGES
        return not new and (self.missed <= 0 or self.number >= self.deepest)

    def _restart(self) -> bool:
        """Go back to the first page if entries moved; return False if the walk ends."""
        moved = self._moved()
        # `missed` above 0: the last restart did not find the missing entries.
        if not moved or self.restarts >= RESTARTS or self.missed > 0:
            return False
        self.deepest = max(self.deepest, self.number)
        self.missed, self.overlaps = moved, []
        self.number, self.empty, self.previous = self.first, 0, []
        self.restarts += 1
        return True

    def _moved(self) -> int:
        """Return how many entries moved to a later page, beyond a constant overlap of pages."""
        usual = min(self.overlaps) if len(self.overlaps) >= OVERLAPS else 0
        return sum(self.overlaps) - usual * len(self.overlaps)


def day_number(day: date | None) -> int:
    """Return `day` as days since 1970; 0 for None, the bottom of a listing."""
    return (day - EPOCH).days if day else 0


def count_moved(before: list[str], now: list[str]) -> int:
    """Return how many ids of a page stood on the page before, at a later position.

    A pinned entry stands at the same position on every page and does not count.

    >>> count_moved(["9", "8", "7"], ["9", "7", "6"])
    1
    """
    return sum(each in before and before.index(each) > index for index, each in enumerate(now))
