"""Spidermon, told of the past, and saying in plain words what its monitors said."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import CloseSpider
from spidermon.contrib.scrapy.extensions import Spidermon
from spidermon.contrib.scrapy.runners import SpiderMonitorResult, SpiderMonitorRunner
from spidermon.exceptions import NotConfigured

from herald_spider.middlewares.archive_errors import closing_on_archive_error
from herald_spider.monitors.history import History, baseline, past_runs
from herald_spider.monitors.suite import MONITORS, label_of, words_of
from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from scrapy import Spider

logger = logging.getLogger(__name__)


class MonitorsExtension(Spidermon):  # type: ignore[misc]
    """Runs the suites of a run that had an archive; all others have nothing to be looked at."""

    def spider_closed(self, spider: Any) -> None:
        if hasattr(spider, "archive") and "SCRAPY_CHECK" not in os.environ:
            with suppress(CloseSpider), closing_on_archive_error(spider.crawler):
                super().spider_closed(spider)

    def _run_suites(self, spider: Spider, suites: list[Any]) -> None:
        if not suites:  # when the spider opens, and the engine stops
            return
        data = self._generate_data_for_spider(spider)
        for suite in suites:
            try:
                _Runner(spider=spider).run(suite, **data)
            except NotConfigured as error:  # one of its monitors lacks a setting: the other suites have all
                logger.error("The monitors of %s do not look: %s", type(suite).__name__, error)

    def _generate_data_for_spider(self, spider: Any) -> dict[str, Any]:
        return {**super()._generate_data_for_spider(spider), "history": history_of(spider)}


def history_of(spider: Any) -> History:
    """What the monitors of this run compare it with."""
    labels = [monitor.label for monitor in MONITORS]
    sections = spider.args.model_dump(exclude_defaults=True, mode="json").get("sections")
    since = baseline(spider.settings)
    question = (spider.job, spider.name, sections, since)
    history: History = spider.archive.ledger.transact(
        lambda connection: History(past_runs(connection, *question), labels)
    )
    return history


class _Result(SpiderMonitorResult):  # type: ignore[misc]
    """A line for each monitor that speaks and each notice that fails, in place of Spidermon's protocol."""

    def write_errors(self) -> None:
        for status in self.step.error_statuses:
            for each in self.step.items_for_status(status):
                for line in words_of(each).splitlines():
                    logger.error("Monitor %s: %s", label_of(each.item), printable(line))

    def log_info(self, msg: Any) -> None:
        logger.debug("%s", msg)


class _Runner(SpiderMonitorRunner):  # type: ignore[misc]
    def create_result(self) -> _Result:
        return _Result(self.spider)
