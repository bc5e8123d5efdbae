"""Exit statuses of the commands, by the finish reason of a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

# Finish reasons of failed runs: 2 is wrong input, 1 a failure.
FAILURES = {
    "bad_arguments": 2,
    "bad_settings": 2,
    "no_contact": 2,
    "unreachable": 1,
    "no_robots": 1,
    "blocked": 1,
    "retry_after": 1,
    "index_unfinished": 1,
    "rendering_failed": 1,
    "archive_not_writable": 1,
    "archive_not_readable": 1,
    "archive_locked": 1,
    "ledger_unreachable": 1,
    "redis_unreachable": 1,
    "another_crawl": 1,
    "archive_damaged": 1,
    "archive_newer": 2,
    "archive_of_another_site": 2,
    "feed_not_writable": 1,
    "nothing_given": 2,
    "start_error": 1,
}
# Ends that somebody asked for.
INTENDED = {
    "shutdown", "already_running", "closespider_itemcount", "closespider_pagecount", "closespider_timeout",
    "closespider_timeout_no_item", "closespider_pagecount_no_item",
}  # fmt: skip
MONITOR_FAILED = 3  # with HERALD_STRICT: the run finished, and a monitor failed
INTERRUPTED = 130  # the status that shells use for Ctrl-C


def ends_well(reason: str | None) -> bool:
    """Return True if a run with this finish reason did its work, or was ended by somebody."""
    return reason == "finished" or reason in INTENDED


def outcome(stats: Mapping[str, Any]) -> str:
    """Return how a run ended: the error of the archive or a feed goes before Scrapy's finish reason."""
    return str(stats.get("herald/ended_by") or stats.get("finish_reason"))


def raise_failure(crawling: Awaitable[None]) -> None:
    """Raise the error that ended a crawl; asyncio would only log it."""
    if isinstance(crawling, asyncio.Task) and crawling.done() and not crawling.cancelled():
        crawling.result()
