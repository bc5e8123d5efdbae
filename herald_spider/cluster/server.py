"""The connection to Redis, which outlives a restart of the server."""

from __future__ import annotations

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from herald_spider.archive import ArchiveError
from herald_spider.cluster.crew import Crew
from herald_spider.middlewares.archive_errors import archive_failed

Unreachable = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError)
_FIRST_PAUSE = 0.05


def connect(settings: BaseSettings, *, patient: bool = True) -> redis.Redis:
    """A client of the server that HERALD_REDIS_URL names; a patient one waits for a server that restarts."""
    # A second apart at most: twice as long as a silent process is waited for.
    number = int(2 * Crew.seconds) if patient else 0
    tries = Retry(ExponentialBackoff(cap=1, base=_FIRST_PAUSE), number, Unreachable)
    return redis.Redis.from_url(settings["HERALD_REDIS_URL"], retry=tries, socket_timeout=30)


def check(settings: BaseSettings) -> None:
    """Raises `ArchiveError` where the server does not answer."""
    try:
        with connect(settings, patient=False) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise unreachable(error) from None


def unreachable(error: Exception) -> ArchiveError:
    said = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return ArchiveError(
        "redis_unreachable",
        f"Redis cannot be used: {said}. Is the server up, HERALD_REDIS_URL right? Nothing is lost: the next "
        "crawl takes up what is missing.",
    )


def give_up(crawler: Crawler, error: Exception) -> Exception:
    """The server stayed away: end the run; the exception to raise."""
    return archive_failed(crawler, unreachable(error))
