"""The summary at the end of the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scrapy import signals

from herald_spider.exits import outcome
from herald_spider.monitors.counts import group
from herald_spider.text.terminal import plural

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)
LARGEST = 6  # counts of a group that are listed; the others are added up


class SummaryExtension:
    """Logs a summary of the run as its last message."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def engine_stopped(self) -> None:
        stats = self.crawler.stats.get_stats()
        if hasattr(self.crawler.spider, "archive") and not stats.get("herald/monitors/run"):
            # Spidermon leaves out all monitors if one of them is not usable.
            logger.error("No monitors have run: see the errors and settings above.")
        logger.info("Summary\n%s", "\n".join(f"  {name:13} {text}" for name, text in summary(stats)))


def summary(stats: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the lines of the summary: name and text."""

    def count(name: str) -> int:
        return int(stats.get(f"herald/{name}", 0))

    def reasons(name: str) -> str:
        listed = _group(stats, f"{name}/")
        return f" ({listed})" if listed else ""

    unchanged = f", not modified {count('not_modified')}" if count("not_modified") else ""
    yield "articles", str(count("articles"))
    yield "  by layout", _group(stats, "layout/") or "-"
    yield "  by section", _group(stats, "section/") or "-"
    for source in ("listing", "feed", "sitemap"):
        if f"herald/{source}/read" in stats:
            yield f"{source}s", f"{count(f'{source}/read')}{reasons(source)}"
    yield "duplicates", f"{count('duplicates')}, near {count('near_duplicates')}{unchanged}"
    yield "revisions", str(count("revisions"))
    yield "rejected", f"{count('rejected')}{reasons('rejected')}"
    yield "gone", str(count("gone"))
    yield "failed", f"{count('failed')}{reasons('failed')}"
    yield "archive", _group(stats, "state/") or "-"
    yield "monitors", _monitors(count("monitors/run"), count("monitors/failed"))
    archived = count("state/archived")
    if archived and not count("articles") and stats.get("finish_reason") == "finished":
        yield (
            "nothing new",
            f"{plural(archived, 'article')} archived already; scrapy export -o FILE writes them",
        )
    yield "ended", outcome(stats)
    yield "file", str(stats.get("herald/file", "none"))


def _monitors(run: int, failed: int) -> str:
    if not run:
        return "not run"
    return f"{failed} of {run} failed: see above" if failed else f"{run} monitors passed"


def _group(stats: Mapping[str, Any], prefix: str) -> str:
    """Return the counts below `prefix`, largest first: ``national 40, business 20, 3 others 7``."""
    found = group(stats, f"herald/{prefix}")
    del found["read"]  # of listings: the total of the group, not a part of it
    ranked = list(found.items())
    parts = [f"{name} {n}" for name, n in ranked[:LARGEST]]
    if rest := ranked[LARGEST:]:
        parts.append(f"{len(rest)} others {sum(n for _, n in rest)}")
    return ", ".join(parts)
