"""Several processes, on one machine or many, that share one crawl through a Redis server.

The one that comes first leads: it walks the listings and puts the articles that it finds
into a queue in Redis, which all of them take from. What a killed one had in hand stays
`discovered` in the ledger, and is put into the queue again once that is empty and all
rest. Spiders do not know: nothing here is imported unless HERALD_REDIS_URL is set.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def has_redis() -> bool:
    """Whether the extra of the package is installed that a shared crawl needs."""
    return all(find_spec(name) for name in ("scrapy_redis", "msgpack"))


class ClusterAddon:
    """Wires the shared queue, where HERALD_REDIS_URL is set."""

    def update_settings(self, settings: BaseSettings) -> None:
        if not settings["HERALD_REDIS_URL"] or not has_redis():
            return
        from herald_spider.cluster.middleware import ClusterMiddleware
        from herald_spider.cluster.scheduler import SharedScheduler

        settings.set("SCHEDULER", SharedScheduler, priority="addon")
        settings.set_in_component_priority_dict("SPIDER_MIDDLEWARES", ClusterMiddleware, 20)
