"""A few addresses for each count of a run, which monitors show as examples."""

from __future__ import annotations

from typing import Any

EXAMPLES = 3


class Examples:
    """The first addresses of each count, by its name."""

    def __init__(self) -> None:
        self._urls: dict[str, list[str]] = {}

    def add(self, name: str, url: str | None) -> None:
        known = self._urls.setdefault(name, [])
        if url and len(known) < EXAMPLES and url not in known:
            known.append(url)

    def of(self, name: str) -> list[str]:
        return self._urls.get(name, [])


class PageStats:
    """The run's statistics for the loader of one page, which is added as an example to each count."""

    def __init__(self, stats: Any, examples: Examples, url: str):
        self.stats, self.examples, self.url = stats, examples, url

    def inc_value(self, key: str, count: int = 1) -> None:
        self.stats.inc_value(key, count)
        if count:
            self.examples.add(key, self.url)
