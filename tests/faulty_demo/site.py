"""The HTTP side of the faulty demo: its controls, and the answers that they change."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs

from twisted.web.server import NOT_DONE_YET

from demo.newspaper import Newspaper
from demo.render import templates
from demo.router import TEXT, Answer, is_article
from demo.site import Asked, Control, DemoResource, Request, send
from tests.faulty_demo import connection, faults, shells
from tests.faulty_demo.breakages import BREAKAGES, HEALTHY, BreakableRouter, FaultyPages


class FaultyResource(DemoResource):
    """A newspaper whose answers can be broken, damaged, delayed, denied and replaced."""

    def __init__(self, newspaper: Newspaper):
        super().__init__(newspaper)
        self.router: BreakableRouter = BreakableRouter(newspaper)
        self.moments: list[float] = []  # of all requests, on the monotonic clock
        self.denied_with = 0
        self.delay = 0.0  # seconds before each answer
        self.replaced: dict[str, Answer] = {}  # by path
        self.shells: dict[str, str] = {}  # kind by address or path
        self.faults: dict[str, str] = {}  # kind by address, path or faults.ARTICLES
        self.reports["moments"] = lambda: self.moments
        self.controls |= {
            "break": Control(f"how: {', '.join(BREAKAGES)}; without it all is well again", self._break),
            "deny": Control("status: of all answers; 0 ends it", self._deny),
            "fault": Control(
                f"of: a path, with or without its query, or {faults.ARTICLES} for all articles; "
                f"kind: {', '.join(faults.FAULTS)}; without it all is well again",
                self._set_fault,
            ),
            "replace": Control(
                "path: whose answer is the posted content; type: its Content-Type", self._replace
            ),
            "shell": Control(f"of: a path; kind: {', '.join(shells.KINDS)}", self._set_shell),
            "slow": Control("ms: before each answer; 0 ends it", self._slow),
        }

    def respond(self, request: Request, asked: Asked) -> bytes | int:
        self.moments.append(time.monotonic())
        if self.denied_with:
            return send(request, Answer(b"Denied\n", TEXT, self.denied_with))
        if asked.path == shells.NEVER:
            return NOT_DONE_YET
        if fault := self._fault_of(asked):
            return self._damage(request, asked, fault)
        if asked.path == "/truth.jsonl":
            return super().respond(request, asked)
        if self.delay:
            return _answer_later(self.delay, request, lambda: self._answer(asked))
        return send(request, self._answer(asked))

    def _answer(self, asked: Asked) -> Answer:
        if asked.path == shells.CONTENT:
            path, _, query = asked.query.get("of", ["/"])[0].partition("?")
            answer = self.router.answer(path, parse_qs(query), asked.base)
            return Answer(shells.inside(answer.body), status=answer.status)
        if kind := self.shells.get(asked.address) or self.shells.get(asked.path):
            return Answer(shells.shell(templates(*FaultyPages.packages), kind))
        return self.replaced.get(asked.path) or self.router.answer(asked.path, asked.query, asked.base)

    def _fault_of(self, asked: Asked) -> str | None:
        of_all = self.faults.get(faults.ARTICLES) if is_article(asked.path) else None
        return self.faults.get(asked.address) or self.faults.get(asked.path) or of_all

    def _damage(self, request: Request, asked: Asked, fault: str) -> bytes | int:
        page = faults.Page(asked.path, asked.query, partial(self.router.answer, asked.path, base=asked.base))
        damaged = faults.FAULTS[fault](page)
        if isinstance(damaged, Answer):
            return send(request, damaged)
        if isinstance(damaged, connection.Closed):
            connection.close(request.channel.transport.server, damaged.seconds)
        else:
            request.setHeader("content-type", page.answer.type)
            connection.StreamProducer(request, damaged)
        return NOT_DONE_YET

    # Controls -------------------------------------------------------------------------

    def _break(self, query: dict[str, str], _: bytes) -> object:
        how = query.get("how")
        self.router.break_by(BREAKAGES[how] if how else HEALTHY)
        return True

    def _deny(self, query: dict[str, str], _: bytes) -> object:
        self.denied_with = int(query["status"])
        return True

    def _set_fault(self, query: dict[str, str], _: bytes) -> object:
        kind = query.get("kind", "")
        if kind and kind not in faults.FAULTS:
            raise LookupError(kind)
        self.faults[query["of"]] = kind
        return True

    def _replace(self, query: dict[str, str], content: bytes) -> object:
        self.replaced[query["path"]] = Answer(content, query.get("type", TEXT))
        return True

    def _set_shell(self, query: dict[str, str], _: bytes) -> object:
        if query.get("kind") not in shells.KINDS:
            raise LookupError(query)
        self.shells[query["of"]] = query["kind"]
        return True

    def _slow(self, query: dict[str, str], _: bytes) -> object:
        self.delay = int(query["ms"]) / 1000
        return True

    def _reset(self, query: dict[str, str], content: bytes) -> object:
        self.moments.clear()
        return super()._reset(query, content)


def _answer_later(seconds: float, request: Request, answer: Callable[[], Answer]) -> int:
    """Answer after `seconds`, unless the client has gone by then."""
    from twisted.internet import reactor

    def write() -> None:
        request.write(send(request, answer()))
        request.finish()

    call = cast(Any, reactor).callLater(seconds, write)
    request.notifyFinish().addErrback(lambda _: call.active() and call.cancel())
    return NOT_DONE_YET
