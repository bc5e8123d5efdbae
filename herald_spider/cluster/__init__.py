"""A crawl shared by several processes, on one machine or many, through a Redis server.

The first process leads: it crawls the listings and puts the articles that it finds into a queue in Redis, from
which all processes take them. Articles that a killed process was fetching stay `discovered` in the ledger, and
are queued again when the queue is empty and all processes are idle. Nothing here is imported unless
HERALD_REDIS_URL is set.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import load_object

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def has_redis() -> bool:
    """Return True if the extra for shared crawls is installed."""
    return all(find_spec(name) for name in ("scrapy_redis", "msgpack"))


def extra_problem(settings: BaseSettings) -> str | None:
    """Return what is missing for a shared crawl that the settings ask for; None if nothing is."""
    if settings["HERALD_REDIS_URL"] and not has_redis():
        return "HERALD_REDIS_URL needs the extra: pip install '.[cluster]' in its checkout"
    return None


class ClusterAddon:
    """Installs the shared queue and pace if HERALD_REDIS_URL is set."""

    def update_settings(self, settings: BaseSettings) -> None:
        if problem := extra_problem(settings):
            raise NotConfigured(problem)
        if not settings["HERALD_REDIS_URL"]:
            return
        settings.set("SCHEDULER", "herald_spider.cluster.scheduler.SharedScheduler", priority="addon")
        settings.set("PACE_CLASS", "herald_spider.cluster.pace.ClusterPace", priority="project")
        middleware = load_object("herald_spider.cluster.middleware.ClusterMiddleware")
        settings.set_in_component_priority_dict("SPIDER_MIDDLEWARES", middleware, 20)
