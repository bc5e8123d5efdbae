"""Addresses to look at: a few of whatever a run counts."""

from __future__ import annotations

from typing import Any

EXAMPLES = 3


class Examples:
    """The first addresses of whatever is counted, by its name."""

    def __init__(self) -> None:
        self._urls: dict[str, list[str]] = {}

    def add(self, name: str, url: str | None) -> None:
        known = self._urls.setdefault(name, [])
        if url and len(known) < EXAMPLES and url not in known:
            known.append(url)

    def of(self, name: str) -> list[str]:
        return self._urls.get(name, [])


class PageStats:
    """The stats of a run as the loader of one page counts in them: the page is an example of what won."""

    def __init__(self, stats: Any, examples: Examples, url: str):
        self.stats, self.examples, self.url = stats, examples, url

    def inc_value(self, key: str, count: int = 1) -> None:
        self.stats.inc_value(key, count)
        if count:
            self.examples.add(key, self.url)
