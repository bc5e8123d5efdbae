"""The pace of all processes that share a Redis server, by the server's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from herald_spider.cluster.server import Unreachable, connect, give_up

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

_DAY = 86_400
_CLAIM = """
local moment = redis.call('TIME')
local now = moment[1] + moment[2] / 1000000
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or '0')
local held = tonumber(redis.call('HGET', KEYS[1], 'held') or '0')
local wait = math.max(last + tonumber(ARGV[1]), held) - now
if wait > 0 then return tostring(wait) end
redis.call('HSET', KEYS[1], 'last', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return '0'
"""
_HOLD = """
local moment = redis.call('TIME')
local until_ = moment[1] + moment[2] / 1000000 + tonumber(ARGV[1])
if until_ > tonumber(redis.call('HGET', KEYS[1], 'held') or '0') then
    redis.call('HSET', KEYS[1], 'held', string.format('%.6f', until_))
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class ClusterPace:
    """See `herald_spider.pace.Pace`."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        client = connect(crawler.settings)
        self._claim = client.register_script(_CLAIM)
        self._hold = client.register_script(_HOLD)

    def claim(self, host: str, gap: float) -> float:
        try:
            return float(self._claim([f"herald:pace:{host}"], [gap, _DAY]))
        except Unreachable as error:
            raise give_up(self.crawler, error) from None

    def hold(self, host: str, seconds: float) -> None:
        try:
            self._hold([f"herald:pace:{host}"], [seconds, int(seconds) + _DAY])
        except Unreachable as error:
            raise give_up(self.crawler, error) from None
