"""The summary at the end of a run's log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scrapy import signals

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

logger = logging.getLogger(__name__)
LOOKED = "herald/monitors/looked"


class SummaryExtension:
    """Ends the log of a run with a short summary of what it brought."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def engine_stopped(self) -> None:
        if hasattr(self.crawler.spider, "archive") and not self.crawler.stats.get_value(LOOKED):
            # Spidermon leaves out all of them where one cannot be used.
            logger.error("The monitors did not look at this run: see the errors and settings above.")
        logger.info("Summary\n%s", summary(self.crawler.stats.get_stats()))


def summary(stats: Mapping[str, Any]) -> str:
    """The summary of a run, from its stats."""
    count = stats.get
    lines = [
        f"articles      {count('herald/articles', 0)}",
        f"  by layout   {_group(stats, 'herald/layout/')}",
        f"  by section  {_group(stats, 'herald/section/')}",
        *_doors(stats),
        f"duplicates    {count('herald/duplicates', 0)}, near {count('herald/near_duplicates', 0)}{_unchanged(stats)}",
        f"revisions     {count('herald/revisions', 0)}",
        f"rejected      {count('herald/rejected', 0)}{_reasons(stats, 'herald/rejected/')}",
        f"gone          {count('herald/gone', 0)}",
        f"failed        {count('herald/failed', 0)}{_reasons(stats, 'herald/failed/')}",
        f"archive       {_group(stats, 'herald/state/')}",
        f"monitors      {_monitors(stats)}",
        f"ended         {count('herald/ended_by') or count('finish_reason')}",
        f"file          {count('herald/file', 'none')}",
    ]
    return "\n".join(f"  {line}" for line in lines)


def _unchanged(stats: Mapping[str, Any]) -> str:
    number = stats.get("herald/not_modified")
    return f", not modified {number}" if number else ""


def _monitors(stats: Mapping[str, Any]) -> str:
    looked, spoke = stats.get(LOOKED), stats.get("herald/monitors/spoke", 0)
    if not looked:
        return "did not look"
    return f"{looked} looked, {f'{spoke} spoke: see above' if spoke else 'none spoke'}"


def _doors(stats: Mapping[str, Any]) -> list[str]:
    """What was read to find articles: feeds 9 (gaps 1, not_modified 6)."""
    lines = []
    for door in ("listing", "feed", "sitemap"):
        read = stats.get(f"herald/{door}/read")
        details = _group(
            {key: value for key, value in stats.items() if key != f"herald/{door}/read"}, f"herald/{door}/"
        )
        if read is not None:
            lines.append(f"{door + 's':13} {read}" + (f" ({details})" if details != "-" else ""))
    return lines


def _group(stats: Mapping[str, Any], prefix: str) -> str:
    groups = {key.removeprefix(prefix): value for key, value in stats.items() if key.startswith(prefix)}
    ranked = sorted(groups.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {number}" for name, number in ranked) or "-"


def _reasons(stats: Mapping[str, Any], prefix: str) -> str:
    reasons = _group(stats, prefix)
    return "" if reasons == "-" else f" ({reasons})"
