"""The suite that Spidermon runs when a spider has closed, and what it does with the outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from spidermon import MonitorSuite
from spidermon.core.actions import Action

from herald_spider.middlewares.archive_errors import closing_on_archive_error
from herald_spider.monitors import crawl, dates, pages
from herald_spider.monitors.base import RunMonitor
from herald_spider.monitors.notify import notifiers

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

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
)


class KeepOutcome(Action):  # type: ignore[misc]
    """Writes what the monitors said into the run's row, and counts who spoke."""

    def run_action(self) -> None:
        said = outcome(self.result)
        stats, spider = self.data.crawler.stats, self.data.spider
        stats.set_value("herald/monitors/looked", len(self.result.monitor_results))
        stats.set_value("herald/monitors/spoke", len(said))
        with closing_on_archive_error(self.data.crawler):
            spider.archive.ledger.set_monitors(spider.job, json.dumps(said, ensure_ascii=False))


def outcome(result: Any) -> dict[str, str]:
    """What each monitor said that was not content, by its label."""
    return {label_of(each.item): words_of(each) for each in result.monitors_failed_results}


def label_of(monitor: Any) -> str:
    """A monitor's label; one that the user added, and a notice, has its name."""
    return str(getattr(monitor, "label", monitor.name))


def words_of(result: Any) -> str:
    """What a monitor said; or that it, or a notice, failed."""
    if result.reason:
        return str(result.reason)
    last = (result.error or "").strip().splitlines()[-1:]
    return f"{result.item.name} failed: {''.join(last)}"


class RunSuite(MonitorSuite):  # type: ignore[misc]
    """All monitors of a run."""

    monitors: ClassVar[list[Any]] = list(MONITORS)
    monitors_finished_actions: ClassVar[list[Any]] = [KeepOutcome]

    def __init__(self, *args: Any, crawler: Crawler, **options: Any):
        chosen = notifiers(crawler.settings)
        super().__init__(*args, crawler=crawler, monitors_failed_actions=chosen, **options)
