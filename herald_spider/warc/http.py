"""HTTP responses in the records of web archives; crawlers store them in several ways."""

from __future__ import annotations

import re
from typing import NamedTuple

from w3lib.http import headers_raw_to_dict

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?:[ \r\n]|$)")
_CHUNK = re.compile(rb"\r?\n?([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r?\n")


class HttpResponse(NamedTuple):
    """An HTTP response; `headers` has lists of values, `body` still has its content coding."""

    status: int
    headers: dict[bytes, list[bytes]]
    body: bytes


def parse_response(block: bytes) -> HttpResponse:
    """Return a response, its chunks joined. Raises ValueError if it is cut off, or no HTTP response."""
    line, end = _STATUS_LINE.match(block), _END_OF_HEAD.search(block)
    while line and end and line[1].startswith(b"1"):  # an interim answer: "100 Continue", "103 Early Hints"
        block = block[end.end() :]
        line, end = _STATUS_LINE.match(block), _END_OF_HEAD.search(block)
    if not line or not end:
        raise ValueError("the HTTP headers do not end" if line else "no HTTP response")
    _, _, fields = block[: end.start()].partition(b"\n")
    headers: dict[bytes, list[bytes]] = {
        name.title(): values for name, values in headers_raw_to_dict(fields).items()
    }
    body = block[end.end() :]
    if b"chunked" in b",".join(headers.pop(b"Transfer-Encoding", [])).lower():
        body = join_chunks(body)
    return HttpResponse(int(line[1]), headers, body)


def join_chunks(body: bytes) -> bytes:
    r"""Return a body with its chunks joined; unchanged if the crawler has joined them already.

    >>> join_chunks(b"4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n")
    b'Wikipedia'
    >>> join_chunks(b"<html>")
    b'<html>'
    """
    pieces: list[bytes] = []
    position = 0
    while chunk := _CHUNK.match(body, position):
        size = int(chunk[1], 16)
        if not size:
            return b"".join(pieces)
        position = chunk.end() + size
        pieces.append(body[chunk.end() : position])
    if not pieces:
        return body
    raise ValueError("the chunks do not end")
