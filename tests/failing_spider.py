"""A spider whose ledger fails at one point of the run: see test_archive_errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

from scrapy import Request, signals

from herald_spider.items import Article
from herald_spider.middlewares.archive_errors import closes_on_archive_error
from herald_spider.spiders.arguments import Arguments
from herald_spider.spiders.base import HeraldBaseSpider


class FailingArguments(Arguments):
    at: Literal["start", "callback", "generator", "errback", "idle", "pipeline"]


class FailingSpider(HeraldBaseSpider):
    """Drops a table of the ledger at the point `at`, and then uses it."""

    name = "failing"
    arguments = FailingArguments
    args: FailingArguments

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> FailingSpider:
        spider: FailingSpider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.idle, signals.spider_idle)
        return spider

    def use_ledger(self, at: str) -> None:
        if self.args.at == at:
            with self.archive.ledger.transaction() as connection:
                connection.exec_driver_sql("DROP TABLE articles")
            self.archive.ledger.known(["1"])

    async def start(self) -> AsyncIterator[Any]:
        if self.args.at == "errback":
            yield Request("http://elsewhere.example/", self.parse, errback=self.failed)
            return
        yield Request(f"{self.base}/", self.callback if self.args.at == "callback" else self.parse)
        self.use_ledger("start")

    def callback(self, response: Any) -> None:
        self.use_ledger("callback")

    def parse(self, response: Any) -> Iterator[Any]:
        self.use_ledger("generator")
        if self.args.at == "pipeline":
            with self.archive.ledger.transaction() as connection:
                connection.exec_driver_sql("DROP TABLE articles")
            for number in range(3):
                yield Article(
                    id=str(number),
                    url=f"https://www.koreaherald.com/article/{number}",
                    headline="A",
                    body="B",
                )

    @closes_on_archive_error
    def failed(self, failure: Any) -> Iterator[Any]:
        self.use_ledger("errback")
        return
        yield

    @closes_on_archive_error
    def idle(self) -> None:
        self.use_ledger("idle")
