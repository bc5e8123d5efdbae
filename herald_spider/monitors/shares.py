"""When a share has moved so far that chance does not explain it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# By chance a share moves so far in fewer than one of a million runs (e**-14).
LOUD = 14.0
# Fewer pages than this are no past to compare with.
LEAST_PAST = 20


@dataclass(frozen=True)
class Share:
    """`hits` of `size`."""

    hits: int
    size: int

    @property
    def value(self) -> float:
        return self.hits / self.size if self.size else 0.0

    def __str__(self) -> str:
        return f"{100 * self.value:.0f} %"


# What a new archive is compared with.
FEW = Share(2, 100)


def surprise(now: Share, usual: float) -> float:
    """How hard it is to believe that `now` was drawn at the `usual` share; 0 is easy.

    The negative logarithm of Chernoff's bound on the probability.

    >>> round(surprise(Share(0, 6), 0.93), 1), round(surprise(Share(90, 100), 0.93), 1)
    (16.0, 0.6)
    """
    if not now.size:
        return 0.0
    share = now.value
    parts = ((share, usual), (1 - share, 1 - usual))
    return now.size * sum(a * math.log(a / b) for a, b in parts if a > 0)


def has_fallen(now: Share, past: Share, least: float) -> bool:
    """Whether a share is lower than in the past, by `least` or more, and not by chance.

    >>> has_fallen(Share(0, 6), Share(170, 180), 0.15), has_fallen(Share(4, 6), Share(170, 180), 0.15)
    (True, False)
    """
    return past.size >= LEAST_PAST and past.value - now.value >= least and _is_loud(now, past)


def has_risen(now: Share, past: Share, least: float) -> bool:
    """Likewise, higher."""
    return past.size >= LEAST_PAST and now.value - past.value >= least and _is_loud(now, past)


def _is_loud(now: Share, past: Share) -> bool:
    # What was never seen is not impossible.
    return surprise(now, (past.hits + 0.5) / (past.size + 1)) > LOUD


def at_least(counts: Mapping[int, int], edge: int) -> Share:
    """Of what is counted by edges, the share from `edge` on."""
    return Share(sum(count for key, count in counts.items() if key >= edge), sum(counts.values()))


def median(counts: Mapping[int, int]) -> int:
    """The edge below which half of what is counted lies."""
    half, total = sum(counts.values()) / 2, 0
    for key in sorted(counts):
        total += counts[key]
        if total >= half:
            return key
    return 0


def moved_at(
    now: Mapping[int, int], past: Mapping[int, int], edges: Iterable[int], least: float
) -> int | None:
    """The edge at which two distributions differ most, where they do so beyond chance; else None."""
    found: dict[int, float] = {}
    for edge in edges:
        here, before = at_least(now, edge), at_least(past, edge)
        if has_fallen(here, before, least) or has_risen(here, before, least):
            found[edge] = abs(here.value - before.value)
    return max(found, key=found.__getitem__, default=None)
