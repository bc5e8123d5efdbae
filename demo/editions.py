"""The three editions: the id, the time and the listings of each article, computed from its position."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from demo import varieties
from demo.varieties import PERIOD
from herald_spider.urls import is_ud

LARGEST = 1_000_000
_STEP = 720  # seconds from one article to the next, before the jitter
_TOP_NUMBER = 10_871_768  # of an article of 2026-09-13
_OPENED = {"2024": "2024-12-31T00:00:00+09:00", "2023": "2023-08-14T00:00:00+09:00"}
_CLOSED = {"2023": "2024-12-28T21:40:00+09:00", "2021": "2023-08-13T22:10:00+09:00"}


@dataclass(eq=False)
class Edition:
    """A third of the newspaper, in one layout. Position 0 is its newest article, 1 the one before.

    Stories that are published later have the positions -1, -2, ….
    """

    name: str
    count: int
    newest: datetime
    seed: int
    published: int = 0  # stories published later

    def __post_init__(self) -> None:
        opened = _OPENED.get(self.name)
        span = (self.newest - datetime.fromisoformat(opened)).total_seconds() if opened else 1e12
        if span <= 0:
            raise ValueError(f"newest must be later than {opened}")
        self.step = min(_STEP, int(span / max(self.count, 1)))
        self.stride = max(2, min(9, 660_000 // max(self.count, 1)))

    def __contains__(self, position: int) -> bool:
        return -self.published <= position < self.count

    def filed(self, position: int) -> datetime:
        """Return the time of filing, always later than that of the next position."""
        jitter = self._hash(position, "time") % (self.step * 4 // 5)
        return self.newest - timedelta(seconds=position * self.step + jitter)

    def ud(self, position: int) -> str:
        """Return the 14 digits of ``view.php``: the day of filing and a serial that grows during the day."""
        moment = self.filed(position)
        serial = moment.hour * 3600 + moment.minute * 60 + moment.second
        return f"{moment:%Y%m%d}{serial:06d}"

    def number(self, position: int) -> str:
        """Return the number of ``/article/``: it grows with the date, with gaps."""
        return str(_TOP_NUMBER - position * self.stride - self._hash(position, "id") % self.stride)

    def id(self, position: int) -> str:
        return self.number(position) if self.name == "2024" else self.ud(position)

    def position(self, article_id: str) -> int | None:
        """Return the position of an id, or None if the edition has no such article."""
        if is_ud(article_id):
            guess = self._position_of_ud(article_id)
            name = self.ud
        else:
            guess = (_TOP_NUMBER - int(article_id)) // self.stride
            name = self.number
        return guess if guess is not None and guess in self and name(guess) == article_id else None

    def _position_of_ud(self, ud: str) -> int | None:
        try:
            day = datetime.strptime(ud[:8], "%Y%m%d").replace(tzinfo=self.newest.tzinfo)
        except ValueError:
            return None
        filed = day + timedelta(seconds=int(ud[8:]))
        return int((self.newest - filed).total_seconds() // self.step)

    def _hash(self, position: int, purpose: str) -> int:
        return crc32(f"{self.seed}/{self.name}/{position}/{purpose}".encode())

    # Listings -------------------------------------------------------------------------

    def listed(self, slug: str) -> int:
        """Return the number of articles in the listing of section `slug`."""
        return self._rank(slug, self.count) - self._rank(slug, -self.published)

    def nth(self, slug: str, nth: int) -> int:
        """Return the position of the `nth` article, from 0, in the listing of section `slug`."""
        slots = varieties.slots_of(self.name, slug)
        period, place = divmod(nth + self._rank(slug, -self.published), len(slots))
        return period * PERIOD + slots[place]

    def _rank(self, slug: str, position: int) -> int:
        """Return how many articles of `slug` lie between position 0 and `position`; negative before 0."""
        slots = varieties.slots_of(self.name, slug)
        period, slot = divmod(position, PERIOD)
        return period * len(slots) + bisect_left(slots, slot)


def make_editions(size: int, seed: int, newest: datetime) -> tuple[Edition, Edition, Edition]:
    """Divide `size` articles among the editions; the newest takes the remainder."""
    if not 1 <= size <= LARGEST:
        raise ValueError(f"size must be from 1 to {LARGEST}, not {size}")
    third = size // 3
    counts = {"2024": size - 2 * third, "2023": third, "2021": third}
    closed = {name: datetime.fromisoformat(text) for name, text in _CLOSED.items()} | {"2024": newest}
    current, redesign, legacy = (
        Edition(name, counts[name], closed[name], seed) for name in varieties.EDITIONS
    )
    return current, redesign, legacy
