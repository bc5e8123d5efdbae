"""Inputs that repeat a fragment of real markup: one again and again, two in turn, or nested."""

from __future__ import annotations

import random

from tests.fuzz.inputs import ATTRIBUTES, BASE, FEED, HEADS, JSON_WORDS, LARGEST, ROWS, TAGS, TEXTS

LARGE = 16 * 1024 * 1024  # bytes: DOWNLOAD_MAXSIZE
MARKUP = (
    *(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), *(f"<div {each}>" for each in ATTRIBUTES),
    *ATTRIBUTES, *(f"{each} " for each in ATTRIBUTES), "a%d ", "a%d=1 ", 'a="%d"', "data-x%d/", "<a b=c d=e>", "<i>x</i>",
    "<p>Word", "<br>", "<br>x<br>", "<li><a href=/article/%d>x</a>", "<a href='/view.php?ud=20210408%06d'>x</a>",
    "<img src=/%d.jpg>", "<figure><img src=/a.jpg><figcaption>x (Yonhap)</figcaption></figure>", "<td>x", "<tr><td>x<td>y",
    "<meta name=author content='Kim A'>", "<meta property=og:url content=/article/%d>", "<link rel=canonical href=/article/%d>",
    "<script type='application/ld+json'>{}</script>", "<p class=byline>By Kim A", "<p class=caption>", "<!--", "-->", "<![CDATA[",
)  # fmt: skip
WORDS = (
    "&amp;", "&amp;amp;", "&#39;", "&", "&#", "\u0315\u0300", "\u0300", "\u0f71\u0f72", "\u1100", "\u1161\u11a8", "\ufdfa", "a\u0323",
    "Kim A%d, ", "Kim A%d and ", "By Kim A ", "by ", "(", ")", "[", "]", "[Kim A] ", "a@b.kr ", "a@b.kr, ", "a.", "@", "- ", "Ed.", "x (Yonhap) ",
    "WASHINGTON (AP) -- ", "SEOUL, ", "Sept. 14, 2026 ", "2026-09-14 ", "Published : ", "Updated: ", "Photo by ", "Reporter ", "'s ",
    " ", "\n", "\r", "\t ", "9", "9 ", "%%20", "../", "/", "?a=b&", ",", ", ", "|", "<", ">", "=", '"', "'", "\\", "\\u0000", "코리아 ", "\x80", "A-", "x",
)  # fmt: skip
JSON = (
    *JSON_WORDS,
    "{",
    '{"a":',
    '{"@graph":[',
    '{"name":"Kim A%d"},',
    '"Kim A%d",',
    '"\\ud800",',
    "1,",
    "-",
    "<!--",
    ", ]",
    ",\n",
)
OPENINGS = {
    **dict.fromkeys(
        ("article", "layouts"),
        ("", "<h1>Title</h1><article id=articleText>", "<h1>", "<h1>Title</h1><div class=view_con_t>", "<p ", "<p class='",
         "<meta name=author content='", "<meta name=keywords content='", "<meta property=article:published_time content='",
         "<h1>Title</h1><article id=articleText><p>", "<p class=byline>", "<p class=date>", "<figure><img src=/a.jpg><figcaption>",
         "<script type='application/ld+json'>", "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"author\":[",
         "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"", "<script>location.href", "<article id=articleText><p>By "),
    ),
    "listing": ("", "<ul class=news_list>", "<article class=recent_news><ul class=news_list>", "<li><a href='", "<ul class=main_sec_li><li>"),
    "menu": ("", "<ul class=gnb>", "<nav>", "<ul class=gnb><li><a href=/Evil>", "<ul class=gnb><li><a href='/National"),
    "feed": ("<rss><channel>", "<rss><channel><item><title>", "<rss><channel><item><link>", "<feed xmlns='http://www.w3.org/2005/Atom'><entry>", "<rss ", ""),
    "sitemap": ("<urlset>", "<urlset><url><loc>", "<sitemapindex>", "<urlset ", "User-agent: *\n", "Sitemap: "),
    "index": ("", "[", "[["), "warc": ("WARC/1.1\r\n", ""), "arc": ("", HEADS[-8]),
    "answer": ("HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "header": ("",), "address": ("", BASE, f"{BASE}/article/", f"{BASE}/National?page="), "words": ("", "By ", "[", "WASHINGTON (", "Sept. "),
}  # fmt: skip
OWN = {
    "feed": FEED, "sitemap": (*FEED, f"<url><loc>{BASE}/article/%d</loc></url>", "Disallow: /a*\n", "Sitemap: /a\n"), "index": (*ROWS, "[", "{", "\n"),
    "warc": HEADS, "arc": HEADS, "answer": HEADS, "header": HEADS, "address": (), "words": (),
}  # fmt: skip


def _unit(reader: str, dice: random.Random) -> str:
    own = OWN.get(reader, MARKUP if dice.random() < 0.7 else JSON)
    return dice.choice((own or WORDS) if dice.random() < 0.6 else WORDS + TEXTS) or " "


def _repeated(unit: str, size: int) -> bytes:
    """Return `unit` again and again, numbered if it has a place for a number."""
    length = len(unit.encode("utf-8", "surrogatepass"))
    if "%" in unit and unit.count("%") == 1 and "d" in unit.partition("%")[2][:3]:
        return "".join(unit % number for number in range(size // length)).encode("utf-8", "surrogatepass")[
            :size
        ]
    return (unit.encode("utf-8", "surrogatepass") * (size // length + 1))[:size]


def make(reader: str, dice: random.Random, size: int = LARGEST) -> bytes:
    """Return an input of `size` bytes for `reader`."""
    opening = dice.choice(OPENINGS[reader]).encode()
    first, second = _unit(reader, dice), _unit(reader, dice)
    rest = size - len(opening)
    how = dice.randrange(4)
    if how == 0:
        return opening + _repeated(first, rest)
    if how == 1:
        return opening + _repeated(first + second, rest)
    if how == 2:  # nested: all of one, then all of the other
        return opening + _repeated(first, rest // 2) + _repeated(second, rest - rest // 2)
    third, times = _unit(reader, dice), dice.choice((2, 20, 500))
    return opening + _repeated(first + second * times + third, rest)
