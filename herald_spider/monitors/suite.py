"""The suite of monitors that Spidermon runs when a spider has closed, and the record of its outcome."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from spidermon import MonitorSuite
from spidermon.core.actions import Action

from herald_spider.middlewares.archive_errors import closing_on_archive_error
from herald_spider.monitors import crawl, dates, pages
from herald_spider.monitors.base import RunMonitor

MONITORS: tuple[type[RunMonitor], ...] = (
    crawl.ListingMonitor,
    pages.LayoutMonitor,
    pages.CoverageMonitor,
    pages.FallbackMonitor,
    pages.BodyMonitor,
    pages.RejectedMonitor,
    crawl.FailedMonitor,
    crawl.GoneMonitor,
    dates.FutureMonitor,
    dates.SameDateMonitor,
    crawl.FeedMonitor,
    crawl.BlockedMonitor,
    crawl.RenderingMonitor,
    crawl.ConservationMonitor,
    crawl.MergeMonitor,
    crawl.WindowMonitor,
)


class RecordOutcome(Action):  # type: ignore[misc]
    """Writes the problems into the row of the run, and counts the monitors."""

    def run_action(self) -> None:
        failed = outcome(self.result)
        stats, spider = self.data.crawler.stats, self.data.spider
        stats.set_value("herald/monitors/run", len(self.result.monitor_results))
        stats.set_value("herald/monitors/failed", len(failed))
        spider.failed_monitors = failed
        with closing_on_archive_error(self.data.crawler):
            spider.archive.ledger.set_monitors(spider.job, json.dumps(failed, ensure_ascii=False))


def outcome(result: Any) -> dict[str, str]:
    """Return the problems of the monitors that failed, by label."""
    return {label_of(each.item): text_of(each) for each in result.monitors_failed_results}


def label_of(monitor: Any) -> str:
    """Return a monitor's label; a user's monitor and a notifier have a name instead."""
    return str(getattr(monitor, "label", monitor.name))


def text_of(result: Any) -> str:
    """Return the problems that a monitor found, or the error of a monitor or notifier."""
    if result.reason:
        return str(result.reason)
    last = (result.error or "").strip().splitlines()[-1:]
    return f"{result.item.name} failed: {''.join(last)}"


class RunSuite(MonitorSuite):  # type: ignore[misc]
    """The monitors of a run."""

    monitors: ClassVar[list[Any]] = list(MONITORS)
    monitors_finished_actions: ClassVar[list[Any]] = [RecordOutcome]
