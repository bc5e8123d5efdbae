"""A real pywb, and WARC files of the demo newspaper for it."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.demo import ROOT
from tests.services import free_port, missing, wait_for


def pywb_bin() -> Path:
    """Return the folder of pywb's programs. Without it the test is skipped; in CI it fails."""
    folder = Path(os.environ.get("HERALD_PYWB") or ROOT / ".services/pywb/bin")
    if not (folder / "wayback").exists():
        missing(f"no pywb in {folder}: run .ci/services or set HERALD_PYWB")
    return folder


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(url: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body of the response, also of a redirect or an error."""
    try:
        with urllib.request.build_opener(_NoRedirect).open(url, timeout=300) as answer:
            return answer.status, answer.getheaders(), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, list(error.headers.items()), error.read()


class Warc:
    """A WARC file to which captures are added."""

    def __init__(self, path: Path):
        self.path = path
        self.file = path.open("wb")
        self.writer = WARCWriter(self.file, gzip=True)

    def capture(self, url: str, moment: str, as_url: str | None = None) -> None:
        """Add the response of `url` as a capture of `as_url` at `moment` (``2026-09-20T00:00:00Z``)."""
        status, headers, body = get(url)
        self.keep(as_url or url, moment, body, status, headers)

    def keep(
        self,
        url: str,
        moment: str,
        body: bytes,
        status: int = 200,
        headers: list[tuple[str, str]] | None = None,
    ) -> None:
        head = StatusAndHeaders(
            f"{status} -", headers or [("Content-Type", "text/html")], protocol="HTTP/1.1"
        )
        record = self.writer.create_warc_record(
            url,
            "response",
            payload=io.BytesIO(body),
            http_headers=head,
            warc_headers_dict={"WARC-Date": moment},
        )
        self.writer.write_record(record)
        record.raw_stream.close()  # warcio leaves its copy of the payload open

    def __enter__(self) -> Warc:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.file.close()


@dataclass
class Pywb:
    """A pywb with one collection, ``news``, in `folder`."""

    folder: Path
    bin: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        return {"HERALD_CDX_URL": f"{self.url}/news/cdx", "HERALD_MEMENTO_URL": f"{self.url}/news"}

    @property
    def log(self) -> list[str]:
        """The lines of requests in the log of pywb."""
        return [line for line in (self.folder / "log").read_text().splitlines() if '"GET /news/' in line]

    def add(self, warc: Path) -> None:
        if not (self.folder / "collections").exists():
            self._manage("init", "news")
        self._manage("add", "news", str(warc))

    def _manage(self, *arguments: str) -> None:
        command = [str(self.bin / "wb-manager"), *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=300)

    def start(self) -> None:
        self.port = self.port or free_port()
        with (self.folder / "log").open("ab") as log:
            command = [str(self.bin / "wayback"), "-b", "127.0.0.1", "-p", str(self.port)]
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        address = ("127.0.0.1", self.port)
        wait_for(
            self.process, lambda: socket.create_connection(address, timeout=1).close(), self.folder / "log"
        )

    def kill(self) -> None:
        """Kill pywb and its children with SIGKILL."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
