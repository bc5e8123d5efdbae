"""Who works on a shared crawl, and what is left to do, as Redis knows it.

A crawl begins with the first process that comes and ends when nothing is left to do;
processes come and go meanwhile. One that has said nothing for some seconds is gone.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from enum import Enum
from hashlib import sha256

import redis
from redis.lock import Lock

from herald_spider.archive import ArchiveError

_BUSY, _RESTS = b"busy", b"rests"
_ROUNDS = 3  # in which the same articles are put into the queue in vain
_DAY = 86_400


class Duty(Enum):
    """What a process that has nothing in hand is to do."""

    WAIT = "others are at work"
    LEAD = "walk the listings: whoever did is gone"
    TAKE_UP = "look in the ledger for what was lost"
    END = "nothing is left"


class Crew:
    """The processes that share the crawl `name`; `worker` is this one.

    Raises `redis.RedisError` where the server does not answer.
    """

    seconds = 30.0  # a process that was silent for longer has left the crawl

    def __init__(self, client: redis.Redis, name: str, worker: str):
        self.client, self.name, self.worker = client, f"herald:{name}", worker
        self.busy = False
        self.number = 0

    def key(self, what: str) -> str:
        return f"{self.name}:{self.number}:{what}"

    @property
    def requests(self) -> str:
        """The key of the queue."""
        return self.key("requests")

    def _lock(self) -> Lock:
        # Held for milliseconds; a process that is killed meanwhile holds it for some seconds.
        return Lock(self.client, f"{self.name}:lock", timeout=10, blocking_timeout=60)

    # Coming and going ------------------------------------------------------------------

    def join(self, arguments: str, ledger: str) -> bool:
        """Join the crawl, or begin one where nobody works on it; whether this process leads.

        Raises `ArchiveError` where the others crawl something else, or into another ledger.
        """
        with self._lock():
            self.number = int(self.client.get(f"{self.name}:crawl") or 0)
            state = self._state()
            at_work = bool(state) and "over" not in state and bool(self._living())
            if at_work:
                self._check(state, arguments, ledger)
            else:
                self._forget()
                self.number = int(self.client.incr(f"{self.name}:crawl"))
                state = {"arguments": arguments, "ledger": ledger, "leader": self.worker}
                self._note(**state)
            self.beat()
            self.set_busy(not at_work)
            return not at_work

    def _check(self, state: dict[str, str], arguments: str, ledger: str) -> None:
        if state.get("arguments", arguments) != arguments:
            raise ArchiveError(
                "another_crawl",
                f"Other processes share a crawl with {_told(state['arguments'])} on this Redis, and this one was "
                f"to have {_told(arguments)}: give the same, or wait for its end.",
            )
        if state.get("ledger", ledger) != ledger:
            raise ArchiveError(
                "another_crawl",
                "The processes of one crawl need one ledger, and the others have another: give all the same "
                "HERALD_LEDGER_URL, or on one machine the same HERALD_ARCHIVE.",
            )

    def _forget(self) -> None:
        """Drop what a crawl left that nobody works on: the ledger knows what it had to do."""
        for what in ("state", "workers", "seen", "requests"):
            self.client.delete(self.key(what))

    def beat(self) -> None:
        """Say that this process is there."""
        with self.client.pipeline() as pipe:
            pipe.zadd(self.key("seen"), {self.worker: self._now()})
            pipe.hset(self.key("workers"), self.worker, _BUSY if self.busy else _RESTS)
            for what in ("state", "workers", "seen", "requests"):
                pipe.expire(self.key(what), _DAY)
            pipe.execute()

    def leave(self) -> None:
        self.client.zrem(self.key("seen"), self.worker)
        self.client.hdel(self.key("workers"), self.worker)

    def set_busy(self, busy: bool) -> None:
        """Busy is said before a request is taken, so that none is in hand while all rest."""
        if busy != self.busy:
            self.busy = busy
            self.client.hset(self.key("workers"), self.worker, _BUSY if busy else _RESTS)

    # What is to do -----------------------------------------------------------------------

    def duty(self) -> Duty:
        """What is to do, for a process that has nothing in hand and has committed all."""
        with self._lock():
            self.beat()
            state = self._state()
            if "over" in state:
                return Duty.END
            if self._others_work():
                return Duty.WAIT
            if "walked" not in state:
                leader = state.get("leader")
                if leader == self.worker:
                    self._note(walked="1")
                elif leader in self._living():
                    return Duty.WAIT
                else:
                    self._note(leader=self.worker)
                    self.set_busy(True)
                    return Duty.LEAD
            self.set_busy(True)
            return Duty.TAKE_UP

    def _others_work(self) -> bool:
        """Whether something is in the queue or in another's hand."""
        with self.client.pipeline() as pipe:  # one moment for both: see `set_busy`
            pipe.zcard(self.requests)
            pipe.hgetall(self.key("workers"))
            queued, workers = pipe.execute()
        living = self._living()
        return bool(queued) or any(
            state == _BUSY and worker.decode() in living and worker.decode() != self.worker
            for worker, state in workers.items()
        )

    def is_worth_it(self, lost: Collection[str]) -> bool:
        """Whether to ask for these articles again: not where that was in vain a few times."""
        digest = sha256(" ".join(sorted(lost)).encode()).hexdigest()
        state = self._state()
        rounds = int(state.get("rounds", 0)) + 1 if state.get("lost") == digest else 1
        self._note(lost=digest, rounds=str(rounds))
        return rounds <= _ROUNDS

    def end(self) -> None:
        """Nothing is left: all may go."""
        self._note(over="1")

    def _note(self, **facts: str) -> None:
        for name, value in facts.items():
            self.client.hset(self.key("state"), name, value)

    def _state(self) -> dict[str, str]:
        found = self.client.hgetall(self.key("state"))
        return {key.decode(): value.decode() for key, value in found.items()}  # type: ignore[union-attr]

    def _living(self) -> set[str]:
        oldest = self._now() - self.seconds
        found = self.client.zrangebyscore(self.key("seen"), oldest, "+inf")
        return {worker.decode() for worker in found}  # type: ignore[union-attr]

    def _now(self) -> float:
        """The server's clock: those of the machines may differ."""
        seconds, micros = self.client.time()
        return float(seconds + micros / 1_000_000)


def _told(arguments: str) -> str:
    given = ", ".join(f"{name}={value}" for name, value in json.loads(arguments).items())
    return given or "no arguments"
