"""Scrapy's scheduler for the requests of one process, with scrapy-redis's queue for shared ones."""

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

    from herald_spider.cluster.membership import Membership


class Serializer:
    """Requests as MessagePack, which, unlike pickle, cannot execute code from the queue."""

    @staticmethod
    def dumps(request: dict[str, Any]) -> bytes:
        packed: bytes = msgpack.packb(request)
        return packed

    @staticmethod
    def loads(packed: bytes) -> Any:
        return msgpack.unpackb(packed, strict_map_key=False)


class SharedScheduler(Scheduler):
    """Puts requests for articles into the shared queue once the crawl is shared.

    Requests for listings stay in the process, whose spider keeps their state.
    """

    crawler: Crawler
    membership: Membership | None = None

    def open(self, spider: Spider) -> Deferred[None] | None:
        self.article = getattr(spider, "parse_article", None)
        return super().open(spider)

    def share(self, membership: Membership, spider: Spider) -> None:
        self.membership = membership
        self.queue = PriorityQueue(membership.client, spider, membership.requests, Serializer)

    def enqueue_request(self, request: Request) -> bool:
        if self.membership is None or request.callback != self.article:
            return super().enqueue_request(request)
        try:
            self.queue.push(request)
        except Unreachable as error:
            raise give_up(self.crawler, error) from None
        self.crawler.stats.inc_value("scheduler/enqueued/redis")
        return True

    def next_request(self) -> Request | None:
        return super().next_request() or self._shared_request()

    def _shared_request(self) -> Request | None:
        if self.membership is None:
            return None
        try:
            if not len(self.queue):
                return None
            self.membership.set_busy(True)
            request: Request | None = self.queue.pop()
        except Unreachable as error:
            give_up(self.crawler, error)
            return None
        if request:
            self.crawler.stats.inc_value("scheduler/dequeued/redis")
        return request

    def has_pending_requests(self) -> bool:
        try:
            return super().has_pending_requests() or bool(self.membership and len(self.queue))
        except Unreachable as error:
            give_up(self.crawler, error)
            return False
