"""The processes of a shared crawl and the state of the crawl, kept in Redis.

A crawl begins with its first process and ends when nothing is left to fetch; processes may join and leave
meanwhile. A process that sent no heartbeat for some seconds counts as gone.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from enum import Enum
from hashlib import sha256
from typing import Any

import redis
from redis.lock import Lock

from herald_spider.archive import ArchiveError

_BUSY, _IDLE = "busy", "idle"
_KEYS = ("state", "workers", "seen", "requests")
_MAX_ROUNDS = 3  # in which the same articles are queued again
_DAY = 86_400


class Duty(Enum):
    """The next step of an idle process."""

    WAIT = "other processes work"
    LEAD = "crawl the listings: the leader is gone"
    RECOVER = "queue the articles that the ledger has as discovered"
    END = "nothing is left"


class Membership:
    """The part of one process, `worker`, in the shared crawl `name`.

    Its methods raise `redis.RedisError` if the server does not answer.
    """

    seconds = 30.0  # without a heartbeat, after which a process counts as gone

    def __init__(self, client: redis.Redis, name: str, worker: str):
        # Typed loosely: the methods of redis.Redis are declared as synchronous or asynchronous.
        self.client: Any = client
        self.name, self.worker = f"herald:{name}", worker
        self.is_busy = False
        self.number = 0  # of the crawl

    def key(self, name: str) -> str:
        return f"{self.name}:{self.number}:{name}"

    @property
    def requests(self) -> str:
        """The key of the queue."""
        return self.key("requests")

    def _lock(self) -> Lock:
        # Held for milliseconds; the timeout releases the lock of a process that is killed meanwhile.
        return Lock(self.client, f"{self.name}:lock", timeout=10, blocking_timeout=60)

    # Joining and leaving ---------------------------------------------------------------

    def join(self, arguments: str, ledger: str) -> bool:
        """Join the crawl, or begin one if no process works on it; return True if this process leads.

        Raises `ArchiveError` if the others have other spider arguments or another ledger.
        """
        with self._lock():
            self.number = int(self.client.get(f"{self.name}:crawl") or 0)
            state = self._state()
            leads = not state or "over" in state or not self._living()
            if leads:
                self.client.delete(*map(self.key, _KEYS))  # the ledger knows what an abandoned crawl left
                self.number = int(self.client.incr(f"{self.name}:crawl"))
                self._note(arguments=arguments, ledger=ledger, leader=self.worker)
            else:
                _check(state, arguments, ledger)
            self.beat()
            self.set_busy(leads)
            return leads

    def beat(self) -> None:
        """Send a heartbeat."""
        with self.client.pipeline() as pipe:
            pipe.zadd(self.key("seen"), {self.worker: self._now()})
            pipe.hset(self.key("workers"), self.worker, _BUSY if self.is_busy else _IDLE)
            for name in _KEYS:
                pipe.expire(self.key(name), _DAY)
            pipe.execute()

    def leave(self) -> None:
        self.client.zrem(self.key("seen"), self.worker)
        self.client.hdel(self.key("workers"), self.worker)

    def set_busy(self, is_busy: bool) -> None:
        """Mark this process as busy or idle.

        It is marked as busy before it takes a request, so that a request is always in the queue or with a busy
        process.
        """
        if is_busy != self.is_busy:
            self.is_busy = is_busy
            self.client.hset(self.key("workers"), self.worker, _BUSY if is_busy else _IDLE)

    # The next step ------------------------------------------------------------------------

    def duty(self) -> Duty:
        """Return the next step of this process, which has no request and nothing to commit."""
        with self._lock():
            self.beat()
            state = self._state()
            if "over" in state:
                return Duty.END
            if self._others_work():
                return Duty.WAIT
            if "listings_done" in state:
                self.set_busy(True)
                return Duty.RECOVER
            leader = state.get("leader")
            if leader == self.worker:
                self._note(listings_done="1")
                self.set_busy(True)
                return Duty.RECOVER
            if leader in self._living():
                return Duty.WAIT
            self._note(leader=self.worker)
            self.set_busy(True)
            return Duty.LEAD

    def _others_work(self) -> bool:
        """Return True if the queue holds a request or another process is busy."""
        with self.client.pipeline() as pipe:  # both at the same moment: see `set_busy`
            pipe.zcard(self.requests)
            pipe.hgetall(self.key("workers"))
            queued, workers = pipe.execute()
        others = self._living() - {self.worker}
        busy = {worker.decode() for worker, state in workers.items() if state.decode() == _BUSY}
        return bool(queued or busy & others)

    def may_retry(self, articles: Collection[str]) -> bool:
        """Return True unless just these articles have been queued again `_MAX_ROUNDS` times in a row."""
        digest = sha256(" ".join(sorted(articles)).encode()).hexdigest()
        state = self._state()
        rounds = int(state.get("rounds", 0)) + 1 if state.get("recovered") == digest else 1
        self._note(recovered=digest, rounds=str(rounds))
        return rounds <= _MAX_ROUNDS

    def end(self) -> None:
        """End the crawl for all its processes."""
        self._note(over="1")

    def _note(self, **values: str) -> None:
        self.client.hset(self.key("state"), mapping=values)

    def _state(self) -> dict[str, str]:
        found = self.client.hgetall(self.key("state"))
        return {key.decode(): value.decode() for key, value in found.items()}

    def _living(self) -> set[str]:
        found = self.client.zrangebyscore(self.key("seen"), self._now() - self.seconds, "+inf")
        return {worker.decode() for worker in found}

    def _now(self) -> float:
        """Return the server's time: the clocks of the machines may differ."""
        seconds, micros = self.client.time()
        return float(seconds + micros / 1_000_000)


def _check(state: dict[str, str], arguments: str, ledger: str) -> None:
    if state.get("arguments", arguments) != arguments:
        raise ArchiveError(
            "another_crawl",
            f"Other processes share a crawl with {_shown(state['arguments'])} on this Redis, but this process has "
            f"{_shown(arguments)}: give the same arguments, or wait for the end of that crawl.",
        )
    if state.get("ledger", ledger) != ledger:
        raise ArchiveError(
            "another_crawl",
            "The other processes of this crawl use another ledger: give all of them the same HERALD_LEDGER_URL, or "
            "on one machine the same HERALD_ARCHIVE.",
        )


def _shown(arguments: str) -> str:
    return ", ".join(f"{name}={value}" for name, value in json.loads(arguments).items()) or "no arguments"
