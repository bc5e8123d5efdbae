"""Monitors of publication dates."""

from __future__ import annotations

from collections.abc import Iterator

from herald_spider.monitors.base import RunMonitor

DELAY_HOURS = (0, 1, 2, 3, 6, 12, 24, 48, 168, 720)  # steps of the time from publication to archive
FIRST_DATES = 1000  # articles of a run whose dates are compared with each other
LEAST, MOST_EQUAL = 10, 0.8


class FutureMonitor(RunMonitor):
    """Articles with a publication date in the future."""

    label = "future dates"

    def problems(self) -> Iterator[str]:
        future, known = self.now["herald/dates/future"], self.now["herald/dates/known"]
        if future >= 3 or future == known > 1:
            yield (
                f"{future} of {known} articles are dated after they were fetched. Either a time zone or another date "
                "is misread, or the clock of this machine is wrong: see parse_date in herald_spider/text/dates.py."
                f"{self.examples('dates/future')}"
            )


class SameDateMonitor(RunMonitor):
    """A publication date that most articles share."""

    label = "same dates"

    def problems(self) -> Iterator[str]:
        same, known = self.now["herald/dates/same"], min(self.now["herald/dates/known"], FIRST_DATES)
        if known >= LEAST and same >= MOST_EQUAL * known:
            date = self.data.crawler.stats.get_value("herald/dates/most_frequent")
            yield (
                f"{same} of {known} articles have the same date to the second: it is the date of the page, not of the "
                f"article. See published_at in the layouts of herald_spider/loaders/.{self.examples(f'dates/{date}')}"
            )
