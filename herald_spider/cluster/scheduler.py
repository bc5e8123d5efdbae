"""Scrapy's scheduler for what only this process can do, scrapy-redis's queue for articles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack
from scrapy.core.scheduler import Scheduler
from scrapy_redis.queue import PriorityQueue

from herald_spider.cluster.server import Unreachable, give_up

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from twisted.internet.defer import Deferred

    from herald_spider.cluster.crew import Crew


class Serializer:
    """Requests as MessagePack: unlike pickle it runs nothing that others put into the queue."""

    @staticmethod
    def dumps(request: dict[str, Any]) -> bytes:
        packed: bytes = msgpack.packb(request)
        return packed

    @staticmethod
    def loads(packed: bytes) -> Any:
        return msgpack.unpackb(packed, strict_map_key=False)


class SharedScheduler(Scheduler):
    """Requests for articles go to all processes of the crawl, once it is shared.

    Those for listings stay: the walks through them live in the spider of the process.
    """

    crawler: Crawler
    crew: Crew | None = None

    def open(self, spider: Spider) -> Deferred[None] | None:
        self.article = getattr(spider, "parse_article", None)
        return super().open(spider)

    def share(self, crew: Crew, spider: Spider) -> None:
        self.crew = crew
        self.queue = PriorityQueue(crew.client, spider, crew.requests, Serializer)

    def enqueue_request(self, request: Request) -> bool:
        if self.crew is None or request.callback != self.article:
            return super().enqueue_request(request)
        try:
            self.queue.push(request)
        except Unreachable as error:
            raise give_up(self.crawler, error) from None
        self._count("enqueued")
        return True

    def next_request(self) -> Request | None:
        return super().next_request() or self._shared_request()

    def _shared_request(self) -> Request | None:
        if self.crew is None:
            return None
        try:
            if not len(self.queue):
                return None
            self.crew.set_busy(True)
            request: Request | None = self.queue.pop()
        except Unreachable as error:
            give_up(self.crawler, error)
            return None
        if request:
            self._count("dequeued")
        return request

    def has_pending_requests(self) -> bool:
        try:
            return super().has_pending_requests() or bool(self.crew and len(self.queue))
        except Unreachable as error:
            give_up(self.crawler, error)
            return False

    def _count(self, what: str) -> None:
        self.crawler.stats.inc_value(f"scheduler/{what}/redis")
