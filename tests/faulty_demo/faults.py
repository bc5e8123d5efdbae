"""Faults of the faulty demo: answers of a server that misbehaves, for one address or for all articles.

A fault is a function of the requested page. It returns an answer, a stream of bytes, or a closed port.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain, repeat

from demo.router import HTML, Answer, Query
from tests.faulty_demo.connection import Closed, Stream

MB = 1024 * 1024
ARTICLES = "*"
_ENTRY = re.compile(rb"/article/\d+|/view\.php\?ud=\d{14}")
_INVENTED = 90_000_000  # larger than the number of any story
_ENDS = re.compile(rb"</(?:body|html)>")
_STORY = re.compile(rb'id="articleText"[^>]*>')  # in today's layout


@dataclass
class Page:
    """A requested page. `answer_to` returns the healthy answer to another query of the same path."""

    path: str
    query: Query
    answer_to: Callable[[Query], Answer]

    @property
    def answer(self) -> Answer:
        """The healthy answer."""
        return self.answer_to(self.query)

    @property
    def number(self) -> int:
        """The page number of a listing, in either form of its address."""
        values = self.query.get("page") or self.query.get("np") or ["1"]
        return int(values[0]) if values[0].isdigit() else 1


Fault = Callable[[Page], Answer | Stream | Closed]


# The connection -----------------------------------------------------------------------


def _reset_in_headers(_: Page) -> Stream:
    return Stream([b"HTTP/1.1 200 OK\r\nContent-Type: text/ht"], end="reset", has_head=False)


def _reset_in_body(page: Page) -> Stream:
    body = page.answer.body
    return Stream([body[: len(body) // 2]], len(body), end="reset")


def _longer(page: Page) -> Stream:
    """Claim a larger Content-Length than the body has."""
    body = page.answer.body
    return Stream([body], len(body) + 1000, end="close")


def _shorter(page: Page) -> Stream:
    """Claim half the Content-Length of a gzipped body."""
    body = gzip.compress(page.answer.body, mtime=0)
    return Stream([body], len(body) // 2, end="close", headers={"content-encoding": "gzip"})


def _shorter_plain(page: Page) -> Stream:
    body = page.answer.body
    return Stream([body], len(body) // 2, end="close")


def _drip(page: Page) -> Stream:
    body = page.answer.body
    return Stream((body[at : at + 1] for at in range(len(body))), len(body), pause=1)


# Size -----------------------------------------------------------------------------------


def _half_gzip(page: Page) -> Answer:
    body = gzip.compress(page.answer.body, mtime=0)
    return replace(page.answer, body=body[: len(body) // 2], headers={"content-encoding": "gzip"})


@cache
def bomb() -> bytes:
    """Return 1 GB of zeros, gzipped to 1 MB."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(MB)
    return b"".join([*(packer.compress(zeros) for _ in range(1024)), packer.flush()])


def _huge(page: Page) -> Stream:
    return Stream(_padded(page, repeat(b" " * MB, 100)), 100 * MB)


def _endless(page: Page) -> Stream:
    return Stream(_padded(page, repeat(b"<p>And so on.</p>\n" * 4096)))


def _padded(page: Page, rest: Iterable[bytes]) -> Iterable[bytes]:
    yield page.answer.body
    yield from rest


# Redirects -------------------------------------------------------------------------------


def _moved(location: str) -> Fault:
    return lambda _: Answer(status=302, headers={"Location": location})


def _loop(page: Page) -> Answer:
    """Redirect to the same path with another query each time."""
    step = int(page.query.get("step", ["0"])[0]) + 1
    return Answer(status=302, headers={"Location": f"{page.path}?step={step}"})


def _script_loop(page: Page) -> Answer:
    return Answer(f"<html><body><script>location.href = '{page.path}'</script></body></html>".encode())


# Headers -----------------------------------------------------------------------------


def _cookies(page: Page) -> Answer:
    crumbs = {f"Set-Cookie:{number}": f"crumb{number}={'x' * 3000}; Path=/" for number in range(300)}
    return replace(page.answer, headers=crumbs)


def _headers(page: Page) -> Answer:
    return replace(page.answer, headers={f"X-Header-{number}": str(number) for number in range(10_000)})


def _endless_headers(_: Page) -> Stream:
    """Answer with 256 MB of headers."""
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    return Stream(chain([start], repeat(b"X-Header: x\r\n" * 5000, 4096)), has_head=False)


def _half(status: int) -> Fault:
    """Return a fault that answers with the first half of the page and `status`."""
    return lambda page: replace(
        page.answer, body=page.answer.body[: len(page.answer.body) // 2], status=status
    )


def _closed_early(page: Page) -> Stream:
    """Answer as HTTP/1.0, without a length, and close the connection in the middle."""
    body = page.answer.body
    start = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"
    return Stream([start, body[: len(body) // 2]], end="close", has_head=False)


def _charset(page: Page) -> Answer:
    return replace(page.answer, type=f"{HTML}; charset=utf-16")


def _busy(status: int, seconds: int | None = None) -> Fault:
    """Return a fault that answers with `status`, and with Retry-After if `seconds` are given."""
    headers = {"Retry-After": str(seconds)} if seconds is not None else {}
    return lambda _: Answer(b"Busy\n", status=status, headers=headers)


# The page -----------------------------------------------------------------------------


def _binary(_: Page) -> Answer:
    return Answer(bytes(range(256)) * 400)


def _in_text(page: Page, before: bytes) -> Answer:
    """Insert `before` at the start of the story."""
    answer = page.answer
    return replace(answer, body=_STORY.sub(lambda match: match[0] + before, answer.body, count=1))


def _no_end(page: Page) -> Answer:
    """Remove the end tags of body and html, as some sites omit them on all pages."""
    return replace(page.answer, body=_ENDS.sub(b"", page.answer.body))


def _lists_itself(page: Page) -> Answer:
    entry = f'<li><a href="{page.path}"><strong class="news_title">This story</strong></a></li>'
    listing = f'<article class="recent_news"><ul class="news_list">{entry * 20}</ul></article></body>'
    return replace(page.answer, body=page.answer.body.replace(b"</body>", listing.encode()))


# Listings -------------------------------------------------------------------------------


def _calendar(page: Page) -> Answer:
    """Answer every page number with the stories of page 1, in one of three orders."""
    first = page.answer_to({})
    found = list(dict.fromkeys(_ENTRY.findall(first.body)))
    start = page.number % 3
    others = dict(zip(found, found[start:] + found[:start], strict=True))
    return replace(first, body=_ENTRY.sub(lambda match: others[match[0]], first.body))


def _repeating(page: Page) -> Answer:
    return page.answer_to({})


def _inventing(page: Page) -> Answer:
    """Answer every page number with links to other stories, none of which exists."""
    first = page.answer_to({})
    found = dict.fromkeys(_ENTRY.findall(first.body))
    start = _INVENTED + 100 * page.number
    others = {each: b"/article/%d" % (start + number) for number, each in enumerate(found)}
    return replace(first, body=_ENTRY.sub(lambda match: others[match[0]], first.body))


FAULTS: dict[str, Fault] = {
    "refused": lambda _: Closed(),
    "reset-in-headers": _reset_in_headers,
    "reset-in-body": _reset_in_body,
    "length-too-long": _longer,
    "length-too-short": _shorter,
    "length-too-short-plain": _shorter_plain,
    "half-gzip": _half_gzip,
    "gzip-bomb": lambda _: Answer(bomb(), headers={"content-encoding": "gzip"}),
    "huge": _huge,
    "endless": _endless,
    "drip": _drip,
    "redirect-loop": _loop,
    "script-loop": _script_loop,
    "to-another-host": _moved("http://elsewhere.example/article/1"),
    "to-a-port": _moved("http://127.0.0.1:22/"),
    "to-a-file": _moved("file:///etc/passwd"),
    "cookies": _cookies,
    "headers": _headers,
    "endless-headers": _endless_headers,
    "partial": _half(206),
    "partial-203": _half(203),
    "closed-early": _closed_early,
    "not-modified": lambda _: Answer(status=304),
    "charset": _charset,
    "binary": _binary,
    "long-line": partial(_in_text, before=b"<p>" + b"word " * (MB // 5) + b"</p>"),
    "nested": partial(_in_text, before=b"<div>" * 100_000),
    "busy": _busy(429, 1),
    "storm": _busy(503),
    "no-end": _no_end,
    "lists-itself": _lists_itself,
    "calendar": _calendar,
    "repeating": _repeating,
    "inventing": _inventing,
}
