"""The pace of all processes that share a Redis server, by the server's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import redis

from herald_spider.cluster.server import connect, give_up
from herald_spider.option_types import MAX_WAIT

if TYPE_CHECKING:
    from typing import Self

    from redis.commands.core import Script
    from scrapy.crawler import Crawler

# The steps of `herald_spider.middlewares.pace.Turns`, as scripts that the server runs without interruption.
_LOAD = f"""
local moment = redis.call('TIME')
local now = moment[1] + moment[2] / 1000000
local function load(name) return tonumber(redis.call('HGET', KEYS[1], name) or '0') end
local ahead, latest = math.max(0, load('written') - now), now + {MAX_WAIT}
local last = math.min(load('last') - ahead, latest)
local paused_until = math.min(load('paused_until') - ahead, latest)
local delay = load('delay')
"""
_STORE = f"""
for name, value in pairs({{last = last, paused_until = paused_until, written = now, delay = delay}}) do
    redis.call('HSET', KEYS[1], name, string.format('%.6f', value))
end
redis.call('EXPIRE', KEYS[1], {2 * MAX_WAIT:.0f})
"""
_RESERVE = f"""{_LOAD}
last = math.max(now, last + math.min(tonumber(ARGV[1]), delay), paused_until)
delay = tonumber(ARGV[1])
{_STORE}
return tostring(last - now)
"""
_PAUSE_LEFT = f"{_LOAD} return tostring(paused_until - now)"
_PAUSE = f"""{_LOAD}
paused_until = math.max(paused_until, now + math.min(tonumber(ARGV[1]), {MAX_WAIT}))
{_STORE}
"""


class ClusterPace:
    """The pace in Redis (see `herald_spider.middlewares.pace.Pace`); without the server the run ends."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        scripts = (_RESERVE, _PAUSE_LEFT, _PAUSE)
        self._reserve, self._pause_left, self._pause = map(connect(crawler.settings).register_script, scripts)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def reserve(self, host: str, delay: float) -> float:
        return float(self._run(self._reserve, host, delay))

    def pause_left(self, host: str) -> float:
        return float(self._run(self._pause_left, host))

    def pause(self, host: str, seconds: float) -> None:
        self._run(self._pause, host, seconds)

    def _run(self, script: Script, host: str, *values: float) -> Any:
        try:
            return script([f"herald:pace:{host}"], values)
        except redis.RedisError as error:  # unreachable, full or read-only
            raise give_up(self.crawler, error) from None
