"""A writer of WARC 1.1 files: each record is a gzip member, each exchange one write."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

VERSION = "WARC/1.1"
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Exchange:
    """A request and its response; `date` is in UTC, as ``2026-09-14T01:00:00Z``."""

    url: str
    date: str
    request_line: str
    request_headers: Headers
    status_line: str
    headers: Headers
    body: bytes
    ip_address: str | None = None


class WarcFiles:
    """The files ``<UTC time>-<name>-<serial>.warc.gz`` of a run in `folder`, of about `size` bytes each.

    A file is created with its first record. `info` has the fields of its warcinfo record.
    """

    def __init__(self, folder: Path, name: str, info: dict[str, str], size: int):
        self.folder, self.name, self.info, self.size = folder, name, info, size
        self.serial = 0
        self.file: IO[bytes] | None = None

    def write(self, exchange: Exchange) -> None:
        """Append a response and its request. On an OSError no part of them is in the file."""
        if self.file and self.file.tell() >= self.size:
            self.close()
        file = self.file or self._open()
        self._append(file, _pair(exchange))

    def _open(self) -> IO[bytes]:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        path = self.folder / f"{moment}-{self.name}-{self.serial:05}.warc.gz"
        self.folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        writer = WARCWriter(buffer, gzip=True, warc_version=VERSION)
        writer.write_record(writer.create_warcinfo_record(path.name, self.info))
        file = path.open("xb", buffering=0)  # each call is one write, which a kill cannot divide
        try:
            self._append(file, buffer.getvalue())
        except OSError:
            file.close()
            path.unlink()
            raise
        self.file = file
        self.serial += 1
        return file

    @staticmethod
    def _append(file: IO[bytes], data: bytes) -> None:
        start, left = file.tell(), memoryview(data)
        try:
            while left:  # a nearly full disk writes a part, then fails
                left = left[file.write(left) :]
        except OSError:
            file.truncate(start)
            file.seek(start)
            raise

    def close(self) -> None:
        if self.file:
            self.file.close()
            self.file = None


def _pair(exchange: Exchange) -> bytes:
    """Return a response and its request as two gzip members."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version=VERSION)
    fields = {"WARC-Date": exchange.date}
    if exchange.ip_address:
        fields["WARC-IP-Address"] = exchange.ip_address
    protocol, _, status = exchange.status_line.partition(" ")
    response = writer.create_warc_record(
        exchange.url,
        "response",
        payload=io.BytesIO(exchange.body),
        length=len(exchange.body),
        warc_headers_dict=fields,
        http_headers=StatusAndHeaders(status, list(exchange.headers), protocol=protocol),
    )
    request = writer.create_warc_record(
        exchange.url,
        "request",
        http_headers=StatusAndHeaders(
            exchange.request_line, list(exchange.request_headers), is_http_request=True
        ),
    )
    writer.write_request_response_pair(request, response)
    return buffer.getvalue()
