"""An HTTP response as a record holds it, which crawlers store in more than one way."""

from __future__ import annotations

import re
from typing import NamedTuple

from w3lib.http import headers_raw_to_dict

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?:[ \r\n]|$)")
_CHUNK = re.compile(rb"\r?\n?([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r?\n")


class HttpResponse(NamedTuple):
    """Headers are lists of values by name; the body's content coding is still on it."""

    status: int
    headers: dict[bytes, list[bytes]]
    body: bytes


def status_of(block: bytes) -> int:
    """The status of a response. Raises ValueError for what is none."""
    if line := _STATUS_LINE.match(block):
        return int(line[1])
    raise ValueError("no HTTP response")


def parse_response(block: bytes) -> HttpResponse:
    """Read a response; chunks are joined. Raises ValueError for what is none, or was cut off."""
    status = status_of(block)
    if not (end := _END_OF_HEAD.search(block)):
        raise ValueError("the HTTP headers do not end")
    _, _, fields = block[: end.start()].partition(b"\n")
    headers: dict[bytes, list[bytes]] = {
        name.title(): values for name, values in headers_raw_to_dict(fields).items()
    }
    body = block[end.end() :]
    if b"chunked" in b",".join(headers.pop(b"Transfer-Encoding", [])).lower():
        body = join_chunks(body)
    return HttpResponse(status, headers, body)


def join_chunks(body: bytes) -> bytes:
    r"""The body without its chunks, or as it is where a crawler has joined them already.

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
