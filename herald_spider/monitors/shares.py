"""Statistical tests of whether a share has changed beyond chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

# A change counts if chance produces it in fewer than one of a million runs (e**-14).
SIGNIFICANT = 14.0
# Articles or pages in earlier runs, below which there is nothing to compare with.
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


# The share of failures that is taken for normal in a new archive.
ASSUMED = Share(2, 100)


def surprise(now: Share, usual: float) -> float:
    """Return how improbable `now` is if the true share is `usual`; 0 is as expected.

    It is the negative logarithm of Chernoff's bound on the probability.

    >>> round(surprise(Share(0, 6), 0.93), 1), round(surprise(Share(90, 100), 0.93), 1)
    (16.0, 0.6)
    """
    parts = ((now.value, usual), (1 - now.value, 1 - usual))
    return now.size * sum(a * math.log(a / b) for a, b in parts if a > 0)


def has_fallen(now: Share, past: Share, least: float) -> bool:
    """Return True if a share is lower than in the past by at least `least`, beyond chance.

    >>> has_fallen(Share(0, 6), Share(170, 180), 0.15), has_fallen(Share(4, 6), Share(170, 180), 0.15)
    (True, False)
    """
    return past.value - now.value >= least and _is_significant(now, past)


def has_risen(now: Share, past: Share, least: float) -> bool:
    """Return True if a share is higher than in the past by at least `least`, beyond chance."""
    return now.value - past.value >= least and _is_significant(now, past)


def _is_significant(now: Share, past: Share) -> bool:
    if not now.size or past.size < LEAST_PAST:
        return False
    usual = (past.hits + 0.5) / (past.size + 1)  # never 0 or 1: unseen is not impossible
    return surprise(now, usual) > SIGNIFICANT


def median(counts: Mapping[int, int]) -> int:
    """Return the key of a histogram that holds the median; 0 for an empty histogram."""
    half, total = sum(counts.values()) / 2, 0
    for key in sorted(counts):
        total += counts[key]
        if total >= half:
            return key
    return 0
