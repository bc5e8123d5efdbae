"""What was read in a run, counted: monitors and reports are made of these stats.

| stat | counts |
|---|---|
| ``herald/read/<layout>`` | valid articles, those known already among them |
| ``herald/field/<layout>/<field>`` | of these, the ones that have a value |
| ``herald/words/<layout>/<words>`` | of these, the ones of so many words: from this edge up to the next |
| ``herald/delay/<hours>`` | new articles, by the hours from publication to archive, likewise |
| ``herald/dates/known``, ``future``, ``same`` | dates; those to come; the most frequent among the first thousand |
| ``herald/slowest`` | the slowest answers: ``[[seconds, address], ...]`` |
| ``parser/<layout>/<field>/<source>/<rule>`` | pages on which a rule won (counted by the loaders) |
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scrapy import signals

from herald_spider.archive.values import captured
from herald_spider.monitors.coverage import WATCHED, has
from herald_spider.pipelines.validate import InvalidArticle

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from typing_extensions import Self

    from herald_spider.items import Article
    from herald_spider.spiders.examples import Examples

# Each edge is 1.3 times the one before: fine enough to see half a body missing.
WORD_EDGES = (0, *(round(10 * 1.3**step) for step in range(27)))
DELAY_HOURS = (0, 1, 2, 3, 6, 12, 24, 48, 168, 720)
FUTURE = timedelta(hours=1)  # no clock of the site's is further ahead
FIRST_DATES = 1000
SLOWEST = 10
WATCHED_STATUSES = (403, 429)


class ObserveExtension:
    """Counts what the table above names, and keeps examples with the spider."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.dates: Counter[str] = Counter()
        self.dated = 0
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

    def count(self, name: str, example: str | None = None) -> None:
        self.crawler.stats.inc_value(f"herald/{name}")
        self.examples.add(name, example)

    def item_scraped(self, item: Article) -> None:
        self.observe(item)
        self.observe_date(item)

    def item_dropped(self, item: Article, exception: Exception) -> None:
        # What is known already shows the site's markup as well as what is new.
        if not isinstance(exception, InvalidArticle):
            self.observe(item)

    def observe(self, item: Article) -> None:
        layout = item.layout
        self.count(f"read/{layout}", item.url)
        self.count(f"words/{layout}/{edge(WORD_EDGES, item.word_count)}", item.url)
        for name in WATCHED:
            if has(item, name):
                self.count(f"field/{layout}/{name}")
            else:
                self.examples.add(f"missing/{layout}/{name}", item.url)

    def observe_date(self, item: Article) -> None:
        if not item.published_at:
            return
        published, seen = datetime.fromisoformat(item.published_at).timestamp(), captured(item)
        self.count("dates/known")
        if published > seen + FUTURE.total_seconds():
            self.count("dates/future", item.url)
        elif item.revision == 1:
            self.count(f"delay/{edge(DELAY_HOURS, max(0, seen - published) / 3600)}")
        if self.dated < FIRST_DATES:
            self.dated += 1
            self.dates[item.published_at] += 1
            self.examples.add(f"dates/{item.published_at}", item.url)
            self.crawler.stats.max_value("herald/dates/same", self.dates[item.published_at])

    @property
    def most_frequent(self) -> str:
        """The date that most articles have; "" where none has one."""
        return max(self.dates, key=self.dates.__getitem__, default="")

    def response_received(self, response: Response, request: Request) -> None:
        if response.status in WATCHED_STATUSES:
            self.examples.add(f"status/{response.status}", response.url)
        seconds = request.meta.get("download_latency", 0.0)
        if len(self.slowest) < SLOWEST or seconds > self.slowest[0][0]:
            keep = heapq.heappush if len(self.slowest) < SLOWEST else heapq.heapreplace
            keep(self.slowest, (seconds, response.url))
            ranked = [[round(each, 3), url] for each, url in sorted(self.slowest, reverse=True)]
            self.crawler.stats.set_value("herald/slowest", ranked)


def edge(edges: tuple[int, ...], value: float) -> int:
    """The last of `edges` that `value` has reached."""
    return edges[bisect_right(edges, value) - 1]
