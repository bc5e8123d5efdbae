"""A small web server with fixed responses, which records its requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FixedResponse:
    """A response of the server; `reason` is the text of its status line."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None


class Site:
    """The responses of a server by path, 404 for others, and the paths requested from it."""

    def __init__(self, server: ThreadingHTTPServer):
        self.host, self.port = str(server.server_address[0]), server.server_port
        self.answers: dict[str, FixedResponse] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def _handler(sites: list[Site]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site = sites[0]
            site.asked.append(self.path)
            answer = site.answers.get(self.path, FixedResponse(status=404))
            self.send_response(answer.status, answer.reason)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return Handler


@contextmanager
def running_site(host: str = "127.0.0.1") -> Iterator[Site]:
    """Run a site on a free port of `host` until the block ends."""
    sites: list[Site] = []
    server = ThreadingHTTPServer((host, 0), _handler(sites))
    server.daemon_threads = True
    sites.append(Site(server))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield sites[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
