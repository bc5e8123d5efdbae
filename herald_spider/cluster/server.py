"""The connection to Redis, which survives a restart of the server."""

from __future__ import annotations

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from herald_spider.archive import ArchiveError
from herald_spider.cluster.membership import Membership
from herald_spider.middlewares.archive_errors import archive_failed

Unreachable = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError)


def connect(settings: BaseSettings, *, retry: bool = True) -> redis.Redis:
    """Return a client of the server in HERALD_REDIS_URL; with `retry` it waits while the server restarts."""
    # A second apart at most, for twice the time after which a silent process counts as gone.
    number = int(2 * Membership.seconds) if retry else 0
    tries = Retry(ExponentialBackoff(cap=1, base=0.05), number, Unreachable)
    return redis.Redis.from_url(settings["HERALD_REDIS_URL"], retry=tries, socket_timeout=30)


def check(settings: BaseSettings) -> None:
    """Raise `ArchiveError` if the server does not answer."""
    try:
        with connect(settings, retry=False) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise unreachable(error) from None


def unreachable(error: Exception) -> ArchiveError:
    reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return ArchiveError(
        "redis_unreachable",
        f"Redis cannot be used: {reason}. Check that the server runs and that HERALD_REDIS_URL is right. Nothing is "
        "lost: the next crawl fetches what is missing.",
    )


def give_up(crawler: Crawler, error: Exception) -> Exception:
    """End the run because the server stays unreachable; return the exception to raise."""
    return archive_failed(crawler, unreachable(error))
