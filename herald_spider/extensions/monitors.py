"""Spidermon with the history of earlier runs, and one log line per problem."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import CloseSpider
from spidermon import settings as spidermon_settings
from spidermon.contrib.scrapy.extensions import Spidermon
from spidermon.exceptions import NotConfigured
from spidermon.runners import MonitorRunner

from herald_spider.middlewares.archive_errors import closing_on_archive_error
from herald_spider.monitors.history import History, baseline, past_runs
from herald_spider.monitors.suite import MONITORS, label_of, text_of
from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Spider

logger = logging.getLogger(__name__)


class MonitorsExtension(Spidermon):  # type: ignore[misc]
    """Runs the suites for each run that has an archive."""

    def spider_closed(self, spider: Any) -> None:
        if hasattr(spider, "archive") and "SCRAPY_CHECK" not in os.environ:
            with suppress(CloseSpider), closing_on_archive_error(spider.crawler):
                super().spider_closed(spider)

    def _run_suites(self, spider: Spider, suites: list[Any]) -> None:
        if not suites:  # when the spider opens, and when the engine stops
            return
        data = self._generate_data_for_spider(spider)
        for suite in suites:
            try:
                # Not Spidermon's SpiderMonitorRunner, which logs a page for each run.
                result = MonitorRunner().run(suite, **data)
            except NotConfigured as error:  # of one suite: the others still run
                logger.error("The monitors of %s cannot run: %s", type(suite).__name__, error)
                continue
            for each in failures(result):
                for line in text_of(each).splitlines():
                    logger.error("Monitor %s: %s", label_of(each.item), printable(line))

    def _generate_data_for_spider(self, spider: Any) -> dict[str, Any]:
        return {**super()._generate_data_for_spider(spider), "history": history_of(spider)}


def failures(result: Any) -> Iterator[Any]:
    """Yield the results of the monitors that failed, then those of the notifiers that did."""
    yield from result.monitors_failed_results
    for each in result.monitors_failed_action_results:
        if each.status in spidermon_settings.ACTION.STATUSES.ERROR:
            yield each


def history_of(spider: Any) -> History:
    """Return the earlier runs that the monitors compare this run with."""
    labels = [monitor.label for monitor in MONITORS]
    sections = spider.args.model_dump(exclude_defaults=True, mode="json").get("sections")
    query = (spider.job, spider.name, sections, baseline(spider.settings))
    history: History = spider.archive.ledger.transact(
        lambda connection: History(past_runs(connection, *query), labels)
    )
    return history
