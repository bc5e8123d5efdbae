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

# As `herald_spider.middlewares.pace.Times` does it, in one step of the server's.
_SETTLE = f"""
local moment = redis.call('TIME')
local now = moment[1] + moment[2] / 1000000
local function known(name) return tonumber(redis.call('HGET', KEYS[1], name) or '0') end
local ahead, latest = math.max(0, known('noted') - now), now + {MAX_WAIT}
local last = math.min(known('last') - ahead, latest)
local held = math.min(known('held') - ahead, latest)
local gap = known('gap')
"""
_NOTE = f"""
for name, time in pairs({{last = last, held = held, noted = now, gap = gap}}) do
    redis.call('HSET', KEYS[1], name, string.format('%.6f', time))
end
redis.call('EXPIRE', KEYS[1], {2 * MAX_WAIT:.0f})
"""
_CLAIM = f"""{_SETTLE}
last = math.max(now, last + math.min(tonumber(ARGV[1]), gap), held)
gap = tonumber(ARGV[1])
{_NOTE}
return tostring(last - now)
"""
_HELD = f"{_SETTLE} return tostring(held - now)"
_HOLD = f"{_SETTLE} held = math.max(held, now + math.min(tonumber(ARGV[1]), {MAX_WAIT})) {_NOTE}"


class ClusterPace:
    """See `herald_spider.middlewares.pace.Pace`."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        client = connect(crawler.settings)
        self._claim, self._held, self._hold = map(client.register_script, (_CLAIM, _HELD, _HOLD))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def claim(self, host: str, gap: float) -> float:
        return float(self._run(self._claim, host, gap))

    def held(self, host: str) -> float:
        return float(self._run(self._held, host))

    def hold(self, host: str, seconds: float) -> None:
        self._run(self._hold, host, seconds)

    def _run(self, script: Script, host: str, *values: float) -> Any:
        try:
            return script([f"herald:pace:{host}"], values)
        except redis.RedisError as error:  # not there, or full, or a replica: nothing is asked without a pace
            raise give_up(self.crawler, error) from None
