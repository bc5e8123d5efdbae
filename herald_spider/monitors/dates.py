"""Monitors of the dates that were read."""

from __future__ import annotations

from collections.abc import Iterator

from herald_spider.extensions.observe import FIRST_DATES, ObserveExtension
from herald_spider.monitors.base import RunMonitor

LEAST, MOST_ALIKE = 10, 0.8


class FutureMonitor(RunMonitor):
    """Dates of publication that are still to come."""

    label = "future dates"

    def complaints(self) -> Iterator[str]:
        future, known = self.now["herald/dates/future"], self.now["herald/dates/known"]
        if future >= 3 or future == known > 1:
            yield (
                f"{future} of {known} articles are dated after they were fetched: is a time zone misread, another date "
                "taken for that of publication, or this machine's clock wrong? See parse_date in "
                f"herald_spider/text/dates.py.{self.examples('dates/future')}"
            )


class SameDateMonitor(RunMonitor):
    """One date on all articles."""

    label = "same dates"

    def complaints(self) -> Iterator[str]:
        same, known = self.now["herald/dates/same"], min(self.now["herald/dates/known"], FIRST_DATES)
        if known >= LEAST and same >= MOST_ALIKE * known:
            observer = self.data.crawler.get_extension(ObserveExtension)
            names = [f"dates/{observer.most_frequent}"] if observer else []
            yield (
                f"{same} of {known} articles have the same date to the second: it is not theirs but the page's. See "
                f"published_at in the layouts of herald_spider/loaders/.{self.examples(*names)}"
            )
