"""Ways in which the demo newspaper misbehaves, for those who must bear it.

A fault concerns one address, or all articles. It is a function of what was asked, and gives
an answer, or a stream of bytes that ends badly or not at all.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import repeat

from demo.router import HTML, Answer, Query
from demo.wire import Closed, Stream

MB = 1024 * 1024
ARTICLES = "*"
_ENTRY = re.compile(rb"/article/\d+|/view\.php\?ud=\d{14}")
_INVENTED = 90_000_000  # no story has a number from here
_ENDS = re.compile(rb"</(?:body|html)>")
_STORY = re.compile(rb'id="articleText"[^>]*>')  # of today's layout


@dataclass
class Asked:
    """A request: its path, its query, and how the paper answers it, or the same path with another query."""

    path: str
    query: Query
    answer: Callable[[Query], Answer]

    @property
    def page(self) -> Answer:
        return self.answer(self.query)

    @property
    def number(self) -> int:
        """The page of a listing, however its address says so."""
        values = self.query.get("page") or self.query.get("np") or ["1"]
        return int(values[0]) if values[0].isdigit() else 1


Fault = Callable[[Asked], Answer | Stream | Closed]


# The connection -----------------------------------------------------------------------


def _reset_in_headers(_: Asked) -> Stream:
    return Stream([b"HTTP/1.1 200 OK\r\nContent-Type: text/ht"], end="reset", has_head=False)


def _reset_in_body(asked: Asked) -> Stream:
    body = asked.page.body
    return Stream([body[: len(body) // 2]], len(body), end="reset")


def _longer(asked: Asked) -> Stream:
    """The head claims more than comes."""
    body = asked.page.body
    return Stream([body], len(body) + 1000, end="close")


def _shorter(asked: Asked) -> Stream:
    """The head claims less than comes, of a page that is compressed."""
    body = gzip.compress(asked.page.body, mtime=0)
    return Stream([body], len(body) // 2, end="close", headers={"content-encoding": "gzip"})


def _shorter_plain(asked: Asked) -> Stream:
    body = asked.page.body
    return Stream([body], len(body) // 2, end="close")


def _drip(asked: Asked) -> Stream:
    body = asked.page.body
    return Stream((body[at : at + 1] for at in range(len(body))), len(body), pause=1)


# Size -----------------------------------------------------------------------------------


def _half_gzip(asked: Asked) -> Answer:
    body = gzip.compress(asked.page.body, mtime=0)
    return replace(asked.page, body=body[: len(body) // 2], headers={"content-encoding": "gzip"})


@cache
def bomb() -> bytes:
    """1 GB of zeros, which gzip makes a thousandth of."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(MB)
    return b"".join([*(packer.compress(zeros) for _ in range(1024)), packer.flush()])


def _huge(asked: Asked) -> Stream:
    return Stream(_padded(asked, repeat(b" " * MB, 100)), 100 * MB)


def _endless(asked: Asked) -> Stream:
    return Stream(_padded(asked, repeat(b"<p>And so on.</p>\n" * 4096)))


def _padded(asked: Asked, rest: Iterable[bytes]) -> Iterable[bytes]:
    yield asked.page.body
    yield from rest


# What is sent on ------------------------------------------------------------------------


def _moved(location: str) -> Fault:
    return lambda _: Answer(status=302, headers={"Location": location})


def _loop(asked: Asked) -> Answer:
    """To itself, by another address each time."""
    step = int(asked.query.get("step", ["0"])[0]) + 1
    return Answer(status=302, headers={"Location": f"{asked.path}?step={step}"})


def _script_loop(asked: Asked) -> Answer:
    return Answer(f"<html><body><script>location.href = '{asked.path}'</script></body></html>".encode())


# What the head says ---------------------------------------------------------------------


def _cookies(asked: Asked) -> Answer:
    crumbs = {f"Set-Cookie:{number}": f"crumb{number}={'x' * 3000}; Path=/" for number in range(300)}
    return replace(asked.page, headers=crumbs)


def _headers(asked: Asked) -> Answer:
    return replace(asked.page, headers={f"X-Header-{number}": str(number) for number in range(10_000)})


def _charset(asked: Asked) -> Answer:
    return replace(asked.page, type=f"{HTML}; charset=utf-16")


def _busy(status: int, seconds: int | None = None) -> Fault:
    """An answer that wants us to come again later; without `seconds` it does not say when."""
    headers = {"Retry-After": str(seconds)} if seconds is not None else {}
    return lambda _: Answer(b"Busy\n", status=status, headers=headers)


# What the page holds --------------------------------------------------------------------


def _binary(_: Asked) -> Answer:
    return Answer(bytes(range(256)) * 400)


def _in_text(asked: Asked, before: bytes) -> Answer:
    """The page with something before its story."""
    page = asked.page
    return replace(page, body=_STORY.sub(lambda match: match[0] + before, page.body, count=1))


def _no_end(asked: Asked) -> Answer:
    """As some sites write all their pages."""
    return replace(asked.page, body=_ENDS.sub(b"", asked.page.body))


def _lists_itself(asked: Asked) -> Answer:
    entry = f'<li><a href="{asked.path}"><strong class="news_title">This story</strong></a></li>'
    listing = f'<article class="recent_news"><ul class="news_list">{entry * 20}</ul></article></body>'
    return replace(asked.page, body=asked.page.body.replace(b"</body>", listing.encode()))


# Listings -------------------------------------------------------------------------------


def _calendar(asked: Asked) -> Answer:
    """Every page has a next one, and shows stories of the first three in another order."""
    page = asked.answer({})
    found = list(dict.fromkeys(_ENTRY.findall(page.body)))
    start = asked.number % 3
    others = dict(zip(found, found[start:] + found[:start], strict=True))
    return replace(page, body=_ENTRY.sub(lambda match: others[match[0]], page.body))


def _repeating(asked: Asked) -> Answer:
    return asked.answer({})


def _inventing(asked: Asked) -> Answer:
    """Every page shows stories that no other has, none of which exists."""
    page = asked.answer({})
    found = dict.fromkeys(_ENTRY.findall(page.body))
    first = _INVENTED + 100 * asked.number
    others = {each: b"/article/%d" % (first + number) for number, each in enumerate(found)}
    return replace(page, body=_ENTRY.sub(lambda match: others[match[0]], page.body))


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
