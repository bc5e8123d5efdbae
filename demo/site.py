"""The demo newspaper over HTTP: a Twisted site for 127.0.0.1."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, cast
from urllib.parse import parse_qs

from twisted.internet.interfaces import IListeningPort, IPullProducer
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer  # type: ignore[import-untyped]

from demo.newspaper import Newspaper
from demo.router import JSON, TEXT, Answer, Query, Router, as_json

Request = Any  # Twisted's class has no annotations


@dataclass
class Asked:
    """A request: its address as it was sent, path, query, and the scheme and host of the server."""

    address: str
    path: str
    query: Query
    base: str


@dataclass
class Control:
    """A change of the newspaper by ``POST /control/…``.

    `run` takes the query and the posted content, and returns what is answered as JSON. It raises LookupError
    or ValueError for a wrong query, which is answered with `takes`.
    """

    takes: str
    run: Callable[[dict[str, str], bytes], object]


class DemoResource(Resource):
    """All addresses of a newspaper, the truth about it, and its controls."""

    isLeaf = True

    def __init__(self, newspaper: Newspaper):
        super().__init__()  # type: ignore[no-untyped-call]
        self.newspaper = newspaper
        self.router = Router(newspaper)
        self.requests: Counter[str] = Counter()  # by address
        self.reports: dict[str, Callable[[], object]] = {"requests": lambda: self.requests}
        self.controls = {
            "publish": Control("n: the number of stories", self._publish),
            "remove": Control("id: of an article", self._remove),
            "requests/reset": Control("nothing", self._reset),
            "update": Control("id: of an article", self._update),
        }

    def render(self, request: Request) -> bytes | int:
        address = request.uri.decode("ascii", "replace")
        path, _, query = address.partition("?")
        asked = Asked(address, path, parse_qs(query, keep_blank_values=True), _base(request))
        if path.startswith("/control/"):
            return send(request, self._control(request, asked))
        self.requests[address] += 1
        return self.respond(request, asked)

    def respond(self, request: Request, asked: Asked) -> bytes | int:
        """Answer a request that is not a control: return the body, or NOT_DONE_YET."""
        if asked.path == "/truth.jsonl":
            request.setHeader(b"content-type", b"application/x-ndjson; charset=utf-8")
            _LineProducer(request, (json.dumps(item, ensure_ascii=False) for item in self.newspaper.truth()))
            return NOT_DONE_YET
        return send(request, self.router.answer(asked.path, asked.query, asked.base))

    # Controls -------------------------------------------------------------------------

    def _control(self, request: Request, asked: Asked) -> Answer:
        """Change the newspaper (POST), or return a report (GET)."""
        name = asked.path.removeprefix("/control/")
        if name in self.reports:
            return as_json(self.reports[name]())
        if request.method != b"POST":
            return Answer(b"Send it by POST\n", TEXT, 405)
        if request.getHeader("origin") not in (None, asked.base):  # browsers send it with every POST
            return Answer(b"The request comes from a page of another site\n", TEXT, 403)
        control = self.controls.get(name)
        if control is None:
            return Answer(
                f"No such control. There are: {', '.join(sorted(self.controls))}\n".encode(), TEXT, 400
            )
        try:
            first = {key: values[0] for key, values in asked.query.items()}
            return as_json(control.run(first, request.content.read()))
        except (LookupError, ValueError):
            return Answer(f"{name} takes {control.takes}\n".encode(), TEXT, 400)

    def _publish(self, query: dict[str, str], _: bytes) -> object:
        return self.newspaper.publish(int(query.get("n", "1")))

    def _update(self, query: dict[str, str], _: bytes) -> object:
        self.newspaper.update(query["id"])
        return True

    def _remove(self, query: dict[str, str], _: bytes) -> object:
        self.newspaper.remove(query["id"])
        return True

    def _reset(self, _query: dict[str, str], _content: bytes) -> object:
        self.requests.clear()
        return True


@implementer(IPullProducer)
class _LineProducer:
    """Writes lines as fast as the client takes them."""

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


# HTTP -----------------------------------------------------------------------------------


def _base(request: Request) -> str:
    host = request.getHeader("host") or f"{request.getHost().host}:{request.getHost().port}"
    return f"http://{host}"


def send(request: Request, answer: Answer) -> bytes:
    """Write the head of `answer`; return its body, which is empty for HEAD and 304."""
    request.setResponseCode(answer.status)
    request.setHeader("content-type", answer.type)
    for name, value in answer.headers.items():
        request.responseHeaders.addRawHeader(name.partition(":")[0], value)
    if answer.status == 200 and answer.type != JSON and _is_unchanged(request, answer):
        request.setResponseCode(304)
        return b""
    body = _compress(request, answer)
    request.setHeader("content-length", str(len(body)))
    return b"" if request.method == b"HEAD" else body


def _is_unchanged(request: Request, answer: Answer) -> bool:
    """Set ETag and Last-Modified; return True if the client has this version already."""
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
    request.setHeader("etag", etag)
    modified = answer.modified and answer.modified.astimezone(UTC).replace(microsecond=0)
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
    compressed = "content-encoding" in answer.headers
    if compressed or not accepted or len(answer.body) < 500 or answer.type == "application/x-gzip":
        return answer.body
    request.setHeader("content-encoding", "gzip")
    request.setHeader("vary", "Accept-Encoding")
    return gzip.compress(answer.body, 1, mtime=0)


def serve(resource: Resource, port: int = 0, interface: str = "127.0.0.1") -> IListeningPort:
    """Serve `resource` with the installed reactor. Port 0 takes a free one. Raise CannotListenError."""
    from twisted.internet import reactor  # installs a reactor if there is none yet

    site: Any = cast(Any, Site)(resource)  # without an access log
    site.noisy = False
    site.displayTracebacks = False
    return cast(IListeningPort, cast(Any, reactor).listenTCP(port, site, interface=interface))
