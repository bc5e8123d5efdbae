"""A small web archive that behaves as the Internet Archive."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote_plus, urlsplit

from herald_spider.warc import cdx

HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
Reply = tuple[int, dict[str, str], bytes]
# What to answer in place of the true answer, or None for that one.
Trouble = Callable[[str, Reply], Reply | None]


@dataclass(frozen=True)
class Kept:
    """A capture with its body."""

    timestamp: str
    url: str
    body: bytes
    status: str = "200"
    mime: str = "text/html"

    @property
    def row(self) -> list[str]:
        parts = urlsplit(self.url)
        host = (parts.hostname or "").removeprefix("www.")
        urlkey = f"{','.join(reversed(host.split('.')))}){parts.path}{'?' * bool(parts.query)}{parts.query}"
        digest = f"{hash(self.body):X}"
        return [urlkey, self.timestamp, self.url, self.mime, self.status, digest, str(len(self.body))]


@dataclass
class InternetArchive:
    """Serves `kept` at ``/cdx/search/cdx`` and ``/web/<timestamp>id_/<address>``; records requests and their times."""

    kept: list[Kept]
    trouble: Trouble = lambda _path, _reply: None
    asked: list[tuple[float, str]] = field(default_factory=list)
    url: str = ""

    @property
    def settings(self) -> dict[str, str]:
        return {"HERALD_CDX_URL": f"{self.url}/cdx/search/cdx", "HERALD_MEMENTO_URL": f"{self.url}/web"}

    def paths(self, start: str) -> list[str]:
        return [path for _, path in self.asked if path.startswith(start)]

    def answer(self, path: str) -> Reply:
        self.asked.append((time.monotonic(), path))
        if path.startswith("/cdx/search/cdx?"):
            query = parse_qs(path.partition("?")[2])
            reply = 200, {"Content-Type": "application/json"}, self._index(query).encode()
        elif path.startswith("/web/"):
            reply = self._memento(path)
        else:
            reply = 404, {}, b"Not found"
        return self.trouble(path, reply) or reply

    def _index(self, query: dict[str, list[str]]) -> str:
        rows = self._rows({name: values[0] for name, values in query.items()})
        for each in query.get("filter", []):
            name, _, wanted = each.partition(":")
            rows = [row for row in rows if row[HEADER.index(name)] == wanted]
        if query.get("collapse") == ["urlkey"]:
            rows = list({row[0]: row for row in reversed(rows)}.values())[::-1]
        if "resumeKey" in query:
            place = query["resumeKey"][0]
            assert any(f"{row[0]} {row[1]}!" == place for row in rows), f"no such key: {place}"
            rows = [row for row in rows if f"{row[0]} {row[1]}!" >= place]
        limit = int(query["limit"][0])
        shown = [HEADER, *rows[:limit]] if rows else []
        if len(rows) > limit:
            shown += [[], [quote_plus(f"{rows[limit][0]} {rows[limit][1]}!")]]
        return "[" + ",\n".join(map(json.dumps, shown)) + "]\n"

    def _rows(self, query: dict[str, str]) -> list[list[str]]:
        url = query["url"]
        wanted = Kept("", url if "//" in url else f"http://{url}", b"").row[0]
        rows = sorted(each.row for each in self.kept)
        return [
            row
            for row in rows
            if (row[0].startswith(wanted[:-1]) if wanted.endswith("*") else row[0] == wanted)
            and query["from"] <= row[1] <= query["to"]
        ]

    def _memento(self, path: str) -> Reply:
        capture = cdx.parse_address(path, "/web")
        own = [each for each in self.kept if capture and each.url == capture.url]
        if not capture or not own:
            return 404, {}, b"Not in the archive"
        exact = next((each for each in own if each.timestamp == capture.timestamp), None)
        if exact is None:
            return 302, {"Location": f"/web/{own[0].timestamp}id_/{own[0].url}"}, b""
        moment = formatdate(cdx.seconds(exact.timestamp), usegmt=True)
        headers = {"Content-Type": exact.mime, "Memento-Datetime": moment, "ETag": '"of the archive"'}
        return int(exact.status), headers, exact.body


@contextmanager
def internet_archive(kept: list[Kept]) -> Iterator[InternetArchive]:
    """Serve the archive from a thread until the block ends."""
    archive = InternetArchive(kept)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = archive.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            # A length that was promised and not kept is seen when the connection ends.
            self.close_connection |= "Content-Length" in headers

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    archive.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
