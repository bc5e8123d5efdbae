"""The statistics from which monitors and reports are made.

| stat | counts |
|---|---|
| ``herald/read/<layout>`` | valid articles, new or known |
| ``herald/field/<layout>/<field>`` | of these, articles with a value for a watched field |
| ``herald/words/<layout>/<words>`` | of these, articles of at least so many words, up to the next step |
| ``herald/delay/<hours>`` | new articles, by hours from publication to archive, in steps likewise |
| ``herald/dates/known``, ``future`` | publication dates; those in the future |
| ``herald/dates/same``, ``most_frequent`` | among the first thousand, the most frequent date and its count |
| ``herald/slowest`` | the slowest responses: ``[[seconds, address], ...]`` |
| ``parser/<layout>/<field>/<source>/<rule>`` | pages on which a rule won (counted by the loaders) |
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from scrapy import signals

from herald_spider.archive.values import captured
from herald_spider.monitors.coverage import FIELD, READ, WATCHED, has
from herald_spider.monitors.crawl import BLOCKING_STATUSES
from herald_spider.monitors.dates import DELAY_HOURS, FIRST_DATES
from herald_spider.pipelines.validate import InvalidArticle

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response

    from herald_spider.items import Article
    from herald_spider.spiders.examples import Examples

WORD_STEPS = (0, *(round(10 * 1.3**step) for step in range(27)))
CLOCK_ERROR = 3600  # seconds by which the clocks of the site may be ahead
SLOWEST = 10


class ObserveExtension:
    """Counts the statistics above, and adds example addresses to the spider's."""

    def __init__(self, crawler: Crawler):
        self.crawler, self.stats = crawler, crawler.stats
        self.dates: Counter[str] = Counter()
        self.slowest: list[tuple[float, str]] = []
        connect = crawler.signals.connect
        connect(self.item_scraped, signals.item_scraped)
        connect(self.item_dropped, signals.item_dropped)
        connect(self.response_received, signals.response_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def examples(self) -> Examples:
        examples: Examples = self.crawler.spider.examples  # type: ignore[union-attr]
        return examples

    def item_scraped(self, item: Article) -> None:
        self.count_article(item)
        if item.published_at:
            self.count_date(item, item.published_at)

    def item_dropped(self, item: Article, exception: Exception) -> None:
        # A known article shows the markup of the site as well as a new one.
        if not isinstance(exception, InvalidArticle):
            self.count_article(item)

    def count_article(self, item: Article) -> None:
        layout, inc = item.layout, self.stats.inc_value
        inc(f"{READ}{layout}")
        self.examples.add(f"read/{layout}", item.url)
        words = f"words/{layout}/{step(WORD_STEPS, item.word_count)}"
        inc(f"herald/{words}")
        self.examples.add(words, item.url)
        for name in WATCHED:
            if has(item, name):
                inc(f"{FIELD}{layout}/{name}")
            else:
                self.examples.add(f"missing/{layout}/{name}", item.url)

    def count_date(self, item: Article, date: str) -> None:
        published, seen = datetime.fromisoformat(date).timestamp(), captured(item)
        self.stats.inc_value("herald/dates/known")
        if published > seen + CLOCK_ERROR:
            self.stats.inc_value("herald/dates/future")
            self.examples.add("dates/future", item.url)
        elif item.revision == 1:
            hours = max(0, seen - published) / 3600
            self.stats.inc_value(f"herald/delay/{step(DELAY_HOURS, hours)}")
        if self.dates.total() < FIRST_DATES:
            self.dates[date] += 1
            self.examples.add(f"dates/{date}", item.url)
            [(frequent, count)] = self.dates.most_common(1)
            self.stats.set_value("herald/dates/same", count)
            self.stats.set_value("herald/dates/most_frequent", frequent)

    def response_received(self, response: Response, request: Request) -> None:
        if response.status in BLOCKING_STATUSES:
            self.examples.add(f"status/{response.status}", response.url)
        seconds = request.meta.get("download_latency", 0.0)
        self.slowest = heapq.nlargest(SLOWEST, [*self.slowest, (seconds, response.url)])
        self.stats.set_value("herald/slowest", [[round(each, 3), url] for each, url in self.slowest])


def step(steps: tuple[int, ...], value: float) -> int:
    """Return the largest of the ascending `steps` that is not above `value`."""
    return steps[bisect_right(steps, value) - 1]
