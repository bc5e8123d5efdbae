"""The counts among the stats of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

Counts = Counter[str]


def counts_of(stats: Mapping[str, Any]) -> Counts:
    """Return the stats that are whole numbers; a missing one counts 0."""
    return Counter({name: value for name, value in stats.items() if _is_count(value)})


def group(stats: Mapping[str, Any], prefix: str) -> Counts:
    """Return the counts whose names begin with `prefix`, by the rest of their names, the largest first.

    >>> list(group({"failed/b": 1, "failed/a": 1, "failed/c": 2, "gone": 3}, "failed/").items())
    [('c', 2), ('a', 1), ('b', 1)]
    """
    found = [
        (name.removeprefix(prefix), n)
        for name, n in stats.items()
        if name.startswith(prefix) and _is_count(n)
    ]
    return Counter(dict(sorted(found, key=lambda pair: (-pair[1], pair[0]))))


def most_common(counts: Counts) -> str:
    """Return the three largest counts: ``HTTP 500 (12), timeout (3)``."""
    return ", ".join(f"{name} ({n})" for name, n in counts.most_common(3))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
