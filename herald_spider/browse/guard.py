"""The guard in front of Datasette: only reads, only from this machine, and pages without scripts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

ARTICLES = "/browse/articles"
_HOSTS = ("127.0.0.1", "localhost")  # another site's name could be made to point at this machine
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


def guarded(app: App) -> App:
    """Return `app` behind the guard."""

    async def guard(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        refusal = _refusal(scope)
        if refusal:
            await _answer(send_with_headers, *refusal)
        else:
            await app(scope, receive, send_with_headers)

    return guard


def _refusal(scope: Message) -> tuple[int, str, list[tuple[bytes, bytes]]] | None:
    """Return status, text and headers of the answer to a request that Datasette must not see."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"host", "")
    if host.rpartition(":")[0] not in _HOSTS and host not in _HOSTS:
        return 421, "This is served as 127.0.0.1 only.", []
    if _is_cross_origin(host, headers):
        return 403, "The request comes from a page of another site: open the address yourself.", []
    if scope["method"] not in ("GET", "HEAD"):
        return 405, "The archive is read-only here.", [(b"allow", b"GET, HEAD")]
    if target := _without_blanks(scope):
        return 302, "", [(b"location", target.encode("latin-1"))]
    return None


def _is_cross_origin(host: str, headers: Mapping[bytes, str]) -> bool:
    """Return True if a browser sends the request for a page of another site.

    That page could not read the answer, but its queries could keep this machine busy.
    """
    is_other = headers.get(b"origin") not in (None, f"http://{host}")
    return is_other or headers.get(b"sec-fetch-site") not in (None, "same-origin", "none")


def _without_blanks(scope: Message) -> str | None:
    """Return the URL of a form's request without its empty fields; None if it has none.

    An empty last day would match nothing, and SQLite rejects a search for quotation marks alone.
    """
    query = scope["query_string"].decode("latin-1")
    given = parse_qsl(query, keep_blank_values=True)
    filled = [(name, value) for name, value in given if value.strip(' "')]
    if scope["path"] != ARTICLES or filled == given:
        return None
    return f"{ARTICLES}?{urlencode(filled)}" if filled else ARTICLES


async def _answer(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]]) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    await send({"type": "http.response.start", "status": status, "headers": [kind, *headers]})
    await send({"type": "http.response.body", "body": text.encode()})
