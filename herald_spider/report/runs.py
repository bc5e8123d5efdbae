"""Outcomes of runs: a headline and a level for each, and the sums of their stats."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import sqlalchemy as sa

from herald_spider.archive.runs import Run, json_object
from herald_spider.archive.schema import runs
from herald_spider.exits import INTENDED
from herald_spider.monitors.counts import counts_of
from herald_spider.monitors.crawl import WindowMonitor
from herald_spider.text.terminal import plural

SUMMED = 5_000  # runs whose stats the report of an archive adds up
USUAL, FEW = 20, 3  # earlier runs that say what is usual: at most, and at least
SLOWEST = 10
# Why a run ended early, where the reason in the ledger does not explain it.
OUTCOMES = {
    "shutdown": "it was interrupted",
    "already_running": "another run of this spider was active",
    "blocked": "the site refused its requests",
    "no_robots": "robots.txt answered with a server error",
    "retry_after": "the site asked to wait longer than a run lasts",
    "told_to_wait": "the site asked to wait longer than a run lasts",  # the former name of retry_after
    "unreachable": "the site could not be reached",
    "index_unfinished": "the web archive's index could not be read to its end",
    "closespider_timeout": "the time limit was reached",
    "closespider_itemcount": "the limit of articles was reached",
    "closespider_pagecount": "the limit of pages was reached",
    "closespider_errorcount": "there were too many errors",
    "memusage_exceeded": "it used too much memory",
    "archive_not_writable": "the archive could not be written: check the disk",
    "archive_damaged": "the archive is damaged: run scrapy verify",
    "archive_locked": "another program kept the ledger locked",
    "ledger_unreachable": "the ledger could not be reached",
    "redis_unreachable": "Redis could not be reached",
    "another_crawl": "other processes share another crawl on this Redis",
    "feed_not_writable": "the items could not be written to a feed",
    "rendering_failed": "pages could not be rendered",
}
# Levels, which are also the names of CSS classes.
GOOD, WARNING, BAD = "good", "warning", "bad"


def level(run: Run) -> str:
    """Return the level of a run: "good", "warning" or "bad"."""
    if run.outcome == "finished":
        return WARNING if run.monitors else GOOD
    return WARNING if run.outcome in INTENDED else BAD


def headline(run: Run) -> str:
    """Return in a few words how a run ended."""
    if run.ended is None:
        return "Killed, or still running"
    if run.outcome != "finished":
        reason = run.outcome or "no reason noted"
        return f"Ended early: {OUTCOMES.get(reason, reason.replace('_', ' '))}"
    if run.monitors is None:
        return "Finished"
    if empty := run.monitors.get(WindowMonitor.label):
        return empty
    return f"{plural(len(run.monitors), 'monitor')} failed" if run.monitors else "All monitors passed"


def usual(run: Run, known: Sequence[Run]) -> dict[str, int]:
    """Return the medians of the last finished runs of the same spider; empty if there are too few."""
    same = [each for each in known if each.job != run.job and each.spider == run.spider and each.stats]
    if len(same) < FEW:
        return {}
    same = same[:USUAL]
    numbers = {
        "new": [each.new for each in same],
        "revisions": [each.revisions for each in same],
        "seconds": [each.seconds or 0 for each in same],
    }
    for name in ("failed", "gone", "rejected", "near_duplicates"):
        numbers[name] = [each.number(f"herald/{name}") for each in same]
    return {name: round(median(values)) for name, values in numbers.items()}


@dataclass
class Sums:
    """The stats of several runs, added up, and their slowest responses: seconds and URL."""

    runs: int = 0
    stats: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def add(self, stats: Mapping[str, Any]) -> None:
        self.runs += 1
        self.stats.update(counts_of(stats))
        self.slowest = heapq.nlargest(SLOWEST, [*self.slowest, *_slowest(stats)])


def sums_of(all_stats: Sequence[Mapping[str, Any]]) -> Sums:
    """Return the sums of the stats of some runs."""
    found = Sums()
    for stats in all_stats:
        found.add(stats)
    return found


def archive_sums(connection: sa.Connection) -> Sums:
    """Return the sums of the newest runs of an archive."""
    query = sa.select(runs.c.stats).where(runs.c.stats.is_not(None))
    found = Sums()
    for text in connection.scalars(query.order_by(runs.c.started.desc()).limit(SUMMED)):
        found.add(json_object(text) or {})
    return found


def _slowest(stats: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    named = stats.get("herald/slowest")
    for seconds, url in named if isinstance(named, list) else ():
        yield float(seconds), str(url)
