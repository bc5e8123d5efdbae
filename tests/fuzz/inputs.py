"""Inputs of the readers: damaged pages of the demo newspaper, and random words of a grammar."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from functools import cache

from demo import Newspaper
from demo.router import Router
from herald_spider.warc.writer import Exchange, _pair
from tests.fuzz.limits import LARGEST
from tests.warcs import as_arc, record, zstd

BASE = "https://www.koreaherald.com"

# Words of the grammars; the selectors of the layouts match most of them.
TAGS = (
    "article h1 h2 p div span ul li a img figure figcaption time meta link script style noscript main nav "
    "header footer table tr td br b i section base template svg title body html iframe select option"
).split()
ATTRIBUTES = (
    'class="news_list"', 'class="recent_news"', 'id="articleText"', 'class="news_title"', 'class="date"',
    'class="view_con_t"', 'class="main_sec_li"', 'class="category_detail_list"', 'class="gnb"', 'class=on',
    'class="news_text_area"', 'itemprop="articleBody"', 'href="/article/10618541"', 'href="//["',
    'href="view.php?ud=20210408000265"', 'src="/a.jpg"', 'srcset=", ,"', 'srcset="a 1x, b 2x"', 'rel=canonical',
    'type="application/ld+json"', 'property="og:title"', 'content="x"', 'name="keywords"', 'width="1"',
    'datetime="2026-13-45"', 'class="\x1b[31m"', 'property="article:published_time"', "style='", 'id="app"',
)  # fmt: skip
TEXTS = (
    "By Kim Da-sol (kim@heraldcorp.com)", "Published : Sept. 14, 2026 - 10:00:00", "(Yonhap)", "WASHINGTON -- ",
    "[Weekender]", "2026-02-30 25:61:61", "&#x1b;[2J", "&#0;", "&amp;#27;", "\ufeff", "\u202e", "\x00", "]]>",
    "<![CDATA[", "<!--", "-->", "</", "\U0001f600", "코리아헤럴드", "\ud7ff", "１２３", "²", "2026년 9월 14일",
    "99999999999999999999", "-1", "1e999", "NaN", "window.location.href='/article/10618541'", "%1b%5b2J", "http://[",
    "https://www.koreaherald.com:99999/article/1", "//\\@x", "Jan. 0, 0000 - 00:00:00", " ", "\r\n", "\t", "'", '"',
)  # fmt: skip
JSON_WORDS = (
    '{"@type":"NewsArticle"', '"headline":', '"author":', '[{"name":"Kim"}]', "[[[", "{}", '"@graph":[', "null", "1e400",
    '"datePublished":"2026-09-14T10:00:00+09:00"', '"image":{"url":[]}', ",", "}", "]", '"\\ud800"', "true", "-0",
    '"articleBody":"x"', '"keywords":[1,null]', '"articleSection":{}', '"dateModified":9999999999999', "\\u0000",
)  # fmt: skip
ROWS = (
    "com,koreaherald)/article/1 20210408000000 https://www.koreaherald.com/article/1 text/html 200 ABC 100",
    '["urlkey","timestamp","original","mimetype","statuscode","digest","length"],',
    '["k","20210408000000","http://www.koreaherald.com/view.php?ud=20210408000265","text/html","200","A","1"],',
    '{"urlkey": "k", "timestamp": "20210408000000", "url": "http://koreaherald.com/article/1", "status": "200"}',
    "com,x)/ 20210408000000 {}", 'k 20210408000000 {"url": 1}', "[]", '["key"]', "[", "]", '{"timestamp": []}',
    '["k",null,{},[],1]', "{", "k 99999999999999 u m 200 d", "<html>", '[["a"],["b"]', "20210230000000", "null", "",
    '{"url":"\\u001b[2J","timestamp":"20210408000000"}',
)  # fmt: skip
FEED = (
    "<rss><channel>", "</channel></rss>", "<item>", "</item>", "<title>x</title>", "<link>", "</link>", "<pubDate>",
    "</pubDate>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "<link href='/article/10618541'/>",
    "<rdf:RDF>", "<!DOCTYPE r [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]>", "&b;", "<guid>", "<urlset>", "<url>", "<loc>",
    "</loc></url>", "<sitemapindex>", "<sitemap>", "<lastmod>", "<n:publication_date>", "</urlset>", "<?xml version='1.0'?>",
    f"{BASE}/article/10618541", "Mon, 14 Sep 2026 10:00:00 +0900", '<?xml version="1.0" encoding="utf-16"?>',
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "<url xmlns:n=''>", "publication_date", "</sitemapindex>",
)  # fmt: skip
HEADS = (
    "HTTP/1.1 200 OK\r\n", "HTTP/1.0 999\n", "Content-Type: text/html\r\n", "Transfer-Encoding: chunked\r\n", "\r\n",
    "4\r\nabcd\r\n", "FFFFFFFF\r\n", "0\r\n\r\n", "WARC/1.1\r\n", "WARC-Type: response\r\n", "Content-Length: 12\r\n",
    "Content-Length: 99999999999\r\n", "WARC-Target-URI: https://www.koreaherald.com/article/1\r\n", "\n\n", ": \r\n",
    "WARC-Date: 2026-09-14T01:00:00Z\r\n", "WARC-Date: 9999-99-99T99:99:99Z\r\n", "WARC-Truncated: length\r\n",
    "http://x/ 127.0.0.1 20260914010000 text/html 20\n", "Mon, 14 Sep 2026 10:00:00 GMT", "120", "0 Jan 0000 99:99:99",
    "31 Dec 9999 23:59:59 -2359", "Content-Length: -5\r\n",
)  # fmt: skip


def _markup(dice: random.Random) -> str:
    parts = []
    for _ in range(dice.randint(1, 60)):
        kind = dice.randrange(6)
        if kind == 0:
            parts.append(f"</{dice.choice(TAGS)}>")
        elif kind == 1:
            parts.append(dice.choice(TEXTS))
        elif kind == 2:
            parts.append(f"<script type='application/ld+json'>{_joined(dice, JSON_WORDS, 12)}</script>")
        else:
            attributes = " ".join(dice.choices(ATTRIBUTES, k=dice.randrange(3)))
            parts.append(f"<{dice.choice(TAGS)} {attributes}>")
    return "".join(parts)


def _joined(dice: random.Random, words: tuple[str, ...], most: int, between: str = "") -> str:
    return between.join(dice.choices(words, k=dice.randint(0, most)))


GRAMMARS: dict[str, Callable[[random.Random], str]] = {
    **dict.fromkeys(("article", "layouts", "listing", "menu"), _markup),
    **dict.fromkeys(("feed", "sitemap"), lambda dice: _joined(dice, FEED + TEXTS, 40)),
    "index": lambda dice: _joined(dice, ROWS, 12, dice.choice(("\n", "", ",\n"))),
    **dict.fromkeys(("warc", "arc", "answer", "header"), lambda dice: _joined(dice, HEADS + TEXTS, 20)),
    "address": lambda dice: dice.choice(("", BASE, "//", "javascript:")) + _joined(dice, TEXTS + HEADS, 6),
    "words": lambda dice: _joined(dice, TEXTS, 12, dice.choice(("", " ", "\n", ", "))),
}


@cache
def seeds(reader: str) -> list[bytes]:
    """Return undamaged inputs of a reader, from the demo newspaper."""
    return _SEEDS[reader]()


@cache
def _router() -> Router:
    return Router(Newspaper(120, 1))


def _page(path: str, **query: str) -> bytes:
    return _router().answer(path, {name: [value] for name, value in query.items()}, BASE).body


def _articles() -> list[bytes]:
    pages = []
    for story in _router().newspaper.stories():
        legacy = len(story.id) == 14
        pages.append(_page("/view.php", ud=story.id) if legacy else _page(f"/article/{story.id}"))
    return [page for page in pages if page]


def _listings() -> list[bytes]:
    codes = ("020100000000", "021000000000")
    paths = ("/National", "/Business", "/Culture")
    return [_page("/"), *(_page("/list.php", ct=code) for code in codes), *map(_page, paths)]


def _feeds() -> list[bytes]:
    return [_page("/rss/newsAll"), _page("/rss/kh_National"), _page("/common/rss_xml.php", ct="101")]


def _sitemaps() -> list[bytes]:
    packed = _page("/sitemap/1.xml.gz")
    return [_page("/sitemap.xml"), _page("/sitemap/news.xml"), packed, gzip.decompress(packed)]


def _indexes() -> list[bytes]:
    cdx, head, row = ROWS[:3]
    lines = [f"[{head}\n", *[f" {row}\n"] * 5]
    whole = json.dumps([json.loads(head[:-1]), *[json.loads(row[:-1])] * 4, [], ["com%2Cx%29%2F+2021"]])
    return [f"{cdx}\n".encode() * 4, "".join(lines).encode(), whole.encode(), f"{ROWS[3]}\n".encode() * 3]


def _warc_records() -> list[bytes]:
    pages = _articles()[:3]
    return [record(f"{BASE}/article/{number}", page[:8000]) for number, page in enumerate(pages, 1)]


def _warcs() -> list[bytes]:
    records = _warc_records()
    head = ("Content-Type", "text/html")
    exchange = Exchange(
        f"{BASE}/article/1", "2026-09-14T01:00:00Z", "GET / HTTP/1.1", [], "HTTP/1.1 200 OK", [head], b"<p>"
    )
    return [
        b"".join(records),
        b"".join(map(gzip.compress, records)),
        zstd.compress(records[0]),
        _pair(exchange),
    ]


def _arcs() -> list[bytes]:
    records = as_arc(_warc_records())
    return [b"".join(records), b"".join(map(gzip.compress, records))]


def _answers() -> list[bytes]:
    page = _articles()[0][:3000]
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n"
    return [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page, chunked]


def _addresses() -> list[bytes]:
    paths = (
        "/article/10618541",
        "/view.php?ud=20210408000265",
        "/list.php?ct=020101000000&np=2",
        "/National?page=2",
    )
    return [f"{host}{path}".encode() for host in (BASE, "http://m.koreaherald.com", "") for path in paths]


_SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "article": _articles, "layouts": _articles, "listing": _listings, "menu": _listings, "feed": _feeds,
    "sitemap": _sitemaps, "index": _indexes, "warc": _warcs, "arc": _arcs, "answer": _answers,
    "header": lambda: [each.encode() for each in HEADS[-6:-1]], "address": _addresses,
    "words": lambda: [each.encode() for each in TEXTS],
}  # fmt: skip


# Damage -------------------------------------------------------------------------------


def _flip(data: bytearray, dice: random.Random, _: bytes) -> None:
    for _ in range(dice.choice((1, 1, 4, 30))):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _overwrite(data: bytearray, dice: random.Random, _: bytes) -> None:
    place = dice.randint(0, len(data))
    data[place : place + 8] = dice.randbytes(dice.randint(1, 8))


def _truncate(data: bytearray, dice: random.Random, _: bytes) -> None:
    del data[dice.randint(0, len(data)) :]


def _cut(data: bytearray, dice: random.Random, _: bytes) -> None:
    place = dice.randint(0, len(data))
    del data[place : place + dice.choice((1, 10, 100, 3000))]


def _splice(data: bytearray, dice: random.Random, other: bytes) -> None:
    start = dice.randint(0, len(other))
    place = dice.randint(0, len(data))
    data[place:place] = other[start : start + dice.choice((20, 300, 5000))]


def _double(data: bytearray, dice: random.Random, _: bytes) -> None:
    """Repeat a tag or another piece many times."""
    start = max(data.find(b"<", dice.randint(0, len(data))), 0)
    end = data.find(b">", start) + 1 or start + 10
    piece = bytes(data[start:end])[:200]
    data[start:start] = piece * dice.choice((1, 2, 20, 500))


def _nest(data: bytearray, dice: random.Random, _: bytes) -> None:
    opened = dice.choice(
        (b"<div>", b"<ul><li>", b"<b>", b"[", b'{"a":', b"(", b"<article>", b"<table><tr><td>")
    )
    place = dice.randint(0, len(data))
    data[place:place] = opened * dice.choice((10, 300, 3000))


def _word(data: bytearray, dice: random.Random, _: bytes) -> None:
    words = dice.choice((TEXTS, ATTRIBUTES, JSON_WORDS, ROWS, FEED, HEADS))
    place = dice.randint(0, len(data))
    data[place:place] = dice.choice(words).encode("utf-8", "surrogatepass")


def _recode(data: bytearray, dice: random.Random, _: bytes) -> None:
    text = bytes(data).decode("utf-8", "replace")
    data[:] = text.encode(dice.choice(("cp949", "utf-16", "utf-8-sig", "latin-1", "utf-32-le")), "replace")


def _pack(data: bytearray, dice: random.Random, _: bytes) -> None:
    data[:] = gzip.compress(bytes(data), 1)


DAMAGES = (_flip, _overwrite, _truncate, _cut, _splice, _double, _nest, _word)
_SELDOM = (_recode, _pack)


def make(reader: str, dice: random.Random) -> bytes:
    """Return an input for `reader`: a quarter are words of its grammar, the others damaged seeds."""
    if dice.random() < 0.25:
        return GRAMMARS[reader](dice).encode("utf-8", "surrogatepass")[:LARGEST]
    known = seeds(reader)
    data, other = bytearray(dice.choice(known)), dice.choice(known)
    for _ in range(dice.randint(1, 6)):
        damage = dice.choice(_SELDOM if dice.random() < 0.03 else DAMAGES)
        damage(data, dice, other)
    return bytes(data[:LARGEST])
