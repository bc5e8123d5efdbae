"""The demo newspaper over HTTP: a Twisted site for loopback."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs

from twisted.internet.interfaces import IListeningPort, IPullProducer
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer  # type: ignore[import-untyped]

from demo import faults, shells, wire
from demo.breakages import BREAKAGES, HEALTHY
from demo.newsroom import Newspaper
from demo.render import templates
from demo.router import JSON, TEXT, Answer, Query, Router, as_json, is_article

Request = Any  # Twisted's is not annotated
# What each control takes, for who has asked for something else.
CONTROLS = {
    "break": f"how: {', '.join(BREAKAGES)}; none heals",
    "deny": "status: that of all answers; 0 heals",
    "fault": f"of: a path, with or without its query, or {faults.ARTICLES} for all articles; "
    f"kind: {', '.join(faults.FAULTS)}; none heals",
    "publish": "n: how many",
    "remove": "id: of an article",
    "replace": "path: whose answer is the content that is posted from now on; type: of that",
    "requests/reset": "nothing",
    "shell": f"of: a path; kind: {', '.join(shells.KINDS)}",
    "slow": "ms: before each answer; 0 heals",
    "update": "id: of an article",
}


class DemoResource(Resource):
    """Every address of the demo, its truth and its controls."""

    isLeaf = True

    def __init__(self, newspaper: Newspaper):
        super().__init__()  # type: ignore[no-untyped-call]
        self.newspaper = newspaper
        self.router = Router(newspaper)
        self.requests: Counter[str] = Counter()
        self.moments: list[float] = []  # of all requests, on the monotonic clock
        self.denied_with = 0
        self.slow = 0.0  # seconds before an answer
        self.replaced: dict[str, Answer] = {}
        self.shells: dict[str, str] = {}  # by address, without the query for a list
        self.faults: dict[str, str] = {}  # likewise; faults.ARTICLES for all articles

    def render(self, request: Request) -> Any:
        address = request.uri.decode("ascii", "replace")
        path, _, query_text = address.partition("?")
        query = parse_qs(query_text, keep_blank_values=True)
        if path.startswith("/control/"):
            content = request.content.read() if request.method == b"POST" else None
            return _send(request, self._control(path, query, content))
        self.requests[address] += 1
        self.moments.append(time.monotonic())
        if self.denied_with:
            return _send(request, Answer(b"Denied\n", TEXT, self.denied_with))
        if path == "/truth.jsonl":
            return self._stream_truth(request)
        if path == shells.NEVER:
            return NOT_DONE_YET
        if fault := self._fault(address, path):
            return self._misbehave(
                request, fault, faults.Asked(path, query, partial(self._plain, request, path))
            )
        if self.slow:
            return _later(self.slow, request, lambda: self._answer(address, path, query, _base(request)))
        return _send(request, self._answer(address, path, query, _base(request)))

    def _fault(self, address: str, path: str) -> str | None:
        everywhere = self.faults.get(faults.ARTICLES) if is_article(path) else None
        return self.faults.get(address) or self.faults.get(path) or everywhere

    def _misbehave(self, request: Request, fault: str, asked: faults.Asked) -> Any:
        answer = faults.FAULTS[fault](asked)
        if isinstance(answer, Answer):
            return _send(request, answer)
        if isinstance(answer, wire.Closed):
            wire.close(request.channel.transport.server, answer.seconds)
        else:
            request.setHeader("content-type", asked.page.type)
            wire.Feed(request, answer)
        return NOT_DONE_YET

    def _plain(self, request: Request, path: str, query: Query) -> Answer:
        return self.router.answer(path, query, _base(request))

    def _answer(self, address: str, path: str, query: Query, base: str) -> Answer:
        if path == shells.CONTENT:
            of = query.get("of", ["/"])[0]
            behind, _, rest = of.partition("?")
            answer = self.router.answer(behind, parse_qs(rest), base)
            return Answer(shells.inside(answer.body), status=answer.status)
        if kind := self.shells.get(address) or self.shells.get(path):
            return Answer(shells.shell(templates(), kind))
        return self.replaced.get(path) or self.router.answer(path, query, base)

    def _stream_truth(self, request: Request) -> int:
        request.setHeader(b"content-type", b"application/x-ndjson; charset=utf-8")
        _Lines(request, (json.dumps(item, ensure_ascii=False) for item in self.newspaper.truth()))
        return NOT_DONE_YET

    def _control(self, path: str, query: Query, content: bytes | None) -> Answer:
        """Change the newspaper (POST, with `content`) or read what was asked for, and when (GET)."""
        action = path.removeprefix("/control/")
        if action == "requests":
            return as_json(self.requests)
        if action == "moments":
            return as_json(self.moments)
        if content is None:
            return Answer(b"POST it\n", TEXT, 405)
        return self._change(action, {name: values[0] for name, values in query.items()}, content)

    def _change(self, action: str, query: dict[str, str], content: bytes) -> Answer:
        article_id = query.get("id", "")
        if action == "publish" and query.get("n", "1").isdigit():
            return as_json(self.newspaper.publish(int(query.get("n", "1"))))
        if action == "requests/reset":
            self.requests.clear()
            self.moments.clear()
            return as_json(True)
        if action == "deny" and query.get("status", "").isdigit():
            self.denied_with = int(query["status"])
            return as_json(True)
        if action == "slow" and query.get("ms", "").isdigit():
            self.slow = int(query["ms"]) / 1000
            return as_json(True)
        if action == "replace" and "path" in query:
            self.replaced[query["path"]] = Answer(content, query.get("type", TEXT))
            return as_json(True)
        if action == "break" and query.get("how", "") in ("", *BREAKAGES):
            self.router.broken = BREAKAGES.get(query.get("how", ""), HEALTHY)
            return as_json(True)
        if action == "fault" and "of" in query and query.get("kind", "") in ("", *faults.FAULTS):
            self.faults[query["of"]] = query.get("kind", "")
            return as_json(True)
        if action == "shell" and "of" in query and query.get("kind") in shells.KINDS:
            self.shells[query["of"]] = query["kind"]
            return as_json(True)
        if action in ("update", "remove") and article_id.isdigit():
            change = self.newspaper.update if action == "update" else self.newspaper.remove
            done = change(article_id)
            return as_json(True) if done else Answer(b"No such article\n", TEXT, 404)
        return Answer(_usage(action).encode(), TEXT, 400)


def _usage(action: str) -> str:
    if action in CONTROLS:
        return f"{action} takes {CONTROLS[action]}\n"
    return f"No such control. There are: {', '.join(CONTROLS)}\n"


@implementer(IPullProducer)
class _Lines:
    """Writes lines as fast as the reader takes them."""

    def __init__(self, request: Request, lines: Iterator[str]):
        self.request = request
        self.lines = lines
        request.registerProducer(self, False)

    def resumeProducing(self) -> None:
        line = next(self.lines, None)
        if line is not None:
            self.request.write(f"{line}\n".encode())
        else:
            self.request.unregisterProducer()
            self.request.finish()

    def stopProducing(self) -> None:
        self.lines = iter(())


def _later(seconds: float, request: Request, answer: Callable[[], Answer]) -> int:
    """Answer after a while; not at all where the reader has gone."""
    from twisted.internet import reactor

    def send() -> None:
        request.write(_send(request, answer()))
        request.finish()

    call = cast(Any, reactor).callLater(seconds, send)
    request.notifyFinish().addErrback(lambda _: call.active() and call.cancel())
    return NOT_DONE_YET


def _base(request: Request) -> str:
    host = request.getHeader("host") or f"{request.getHost().host}:{request.getHost().port}"
    return f"http://{host}"


def _send(request: Request, answer: Answer) -> bytes:
    """Write the head of `answer`; its body, unless the reader has it already."""
    request.setResponseCode(answer.status)
    request.setHeader("content-type", answer.type)
    for name, value in answer.headers.items():
        request.responseHeaders.addRawHeader(name.partition(":")[0], value)
    if answer.status == 200 and answer.type != JSON and _is_known(request, answer):
        request.setResponseCode(304)
        return b""
    body = _compress(request, answer)
    request.setHeader("content-length", str(len(body)))
    return b"" if request.method == b"HEAD" else body


def _is_known(request: Request, answer: Answer) -> bool:
    """Set the validators; say whether the reader's copy is still good."""
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
    request.setHeader("etag", etag)
    modified = answer.modified and answer.modified.astimezone(timezone.utc).replace(microsecond=0)
    if modified:
        request.setHeader("last-modified", format_datetime(modified, usegmt=True))
    if wanted := request.getHeader("if-none-match"):
        return etag in (tag.strip().removeprefix("W/") for tag in wanted.split(","))
    since = _since(request)
    return bool(modified and since and modified <= since)


def _since(request: Request) -> datetime | None:
    try:
        return parsedate_to_datetime(request.getHeader("if-modified-since") or "")
    except ValueError:
        return None


def _compress(request: Request, answer: Answer) -> bytes:
    accepted = "gzip" in (request.getHeader("accept-encoding") or "")
    packed = "content-encoding" in answer.headers
    if packed or not accepted or len(answer.body) < 500 or answer.type == "application/x-gzip":
        return answer.body
    request.setHeader("content-encoding", "gzip")
    request.setHeader("vary", "Accept-Encoding")
    return gzip.compress(answer.body, 1, mtime=0)


def make_site(newspaper: Newspaper) -> Any:
    """A site without an access log; its resource counts the requests."""
    site: Any = cast(Any, Site)(DemoResource(newspaper))
    site.noisy = False
    site.displayTracebacks = False
    return site


def serve(newspaper: Newspaper, port: int = 0, interface: str = "127.0.0.1") -> IListeningPort:
    """Listen with the reactor that is installed; port 0 takes a free one."""
    from twisted.internet import reactor  # installs a reactor where there is none yet

    return cast(IListeningPort, cast(Any, reactor).listenTCP(port, make_site(newspaper), interface=interface))
