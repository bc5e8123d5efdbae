"""One page, field or address that would take minutes: each is read within a second or ten, or fails with a reason."""

from __future__ import annotations

import codecs
from encodings.aliases import aliases

import pytest
from scrapy.http import HtmlResponse, TextResponse
from w3lib.encoding import resolve_encoding

from herald_spider.loaders import NoArticle, decoding, read_article
from herald_spider.loaders.page import MAX_SIZE, Page
from herald_spider.text.bylines import parse_byline
from herald_spider.text.cleaning import MAX_FIELD, clean_text
from tests.fuzz.limits import fault
from tests.fuzz.readers import READERS, URL

NO_WEB = "punycode idna unicode_escape raw_unicode_escape undefined utf-7 utf_16_foo hz base64 rot13 zlib mbcs cp037 utf-32 palmos".split()


@pytest.mark.parametrize("name", NO_WEB)
def test_encodings_that_are_not_of_the_web_are_unknown_to_scrapy(name: str) -> None:
    assert resolve_encoding(name) is None
    body = b"<meta charset=" + name.encode() + b">" + b"\xe9-a" * 20
    for headers in ({"Content-Type": f"text/html; charset={name}"}, {}):
        assert HtmlResponse("http://a.kr", headers=headers, body=body).encoding != name
    assert TextResponse("http://a.kr", headers={"Content-Type": f"text/html; charset={name}"}, body=body).text


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "euc-kr", "ks_c_5601-1987", "cp949", "iso-8859-1", "windows-1252", "shift_jis", "gbk", "big5", "utf-16le", "koi8-r", "us-ascii", "macintosh", "iso-2022-jp"])  # fmt: skip
def test_encodings_of_the_web_are_known(name: str) -> None:
    assert resolve_encoding(name)


def test_every_codec_of_python_is_known_only_if_it_is_of_the_web() -> None:
    found = {resolve_encoding(alias) for alias in (*aliases, *aliases.values())} - {None}
    allowed = {codecs.lookup(each).name for each in decoding._OF_THE_WEB}
    assert {codecs.lookup(str(each)).name for each in found} <= allowed | {"cp1252", "cp1254", "big5hkscs"}


ARTICLE = b"<h1>Title</h1><article id=articleText><p>Story. "
BARE = b" ".join(b"a%d" % number for number in range(55_000))
AUTHORS = ", ".join(
    "Kim A" + "".join(chr(0x3B1 + int(each)) for each in str(number)) for number in range(55_000)
).encode()
MARKS = "\u0315\u0300".encode() * 250_000


@pytest.mark.parametrize(
    "page",
    [
        ARTICLE + b"<p " + BARE + b">x",
        ARTICLE + b"<p a" + b"/a".join(BARE.split()) + b">x",
        b"<h1>x" + MARKS + b"</h1>" + ARTICLE,
        ARTICLE + MARKS,
        ARTICLE + b"<tr>" * 15_000,
        b"<meta name=author content='" + AUTHORS + b"'>" + ARTICLE,
        b"<p class=byline>By " + AUTHORS + b"</p>" + ARTICLE,
        b"<h1>x</h1><script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"author\":["
        + b",".join(b'{"name":"Kim A%d"}' % number for number in range(55_000)) + b"]}</script>" + ARTICLE,
        b"<p>" * 60_000,
        b"<br>" * 60_000,
    ],
    ids=["attributes", "attributes between slashes", "marks in a headline", "marks in a body", "table rows", "authors in a meta element",
         "authors in a byline", "authors in JSON-LD", "paragraphs", "line breaks"],
)  # fmt: skip
def test_a_large_repetition_is_read_in_time(page: bytes) -> None:
    for name in ("article", "listing"):
        assert fault(READERS[name], page) is None


def test_attributes_of_ordinary_tags_stay() -> None:
    many = b" ".join(b"a%d=1" % number for number in range(200))
    page = Page(
        URL,
        b"<p id=x "
        + many
        + b">One</p><img src='data:"
        + b"a/b " * 5000
        + b"'><p class=y>Two "
        + b"word " * 5000,
    )
    assert page.select("#x")[0].get("a199") == "1"
    assert page.select(".y")[0].text.startswith("Two word")


def test_combining_marks_after_the_thirtieth_are_dropped() -> None:
    assert clean_text("e\u0301") == "\u00e9"
    assert len(clean_text("e" + "\u0315\u0300" * 1000)) <= 31
    assert clean_text("—" * 40 + "\u1100\u1161") == "—" * 40 + "\uac00"


def test_a_line_of_authors_is_cut() -> None:
    assert 100 < len(parse_byline(AUTHORS.decode()).authors) < MAX_FIELD


def test_a_page_that_is_too_large_fails() -> None:
    with pytest.raises(NoArticle, match="no page: larger than 3 MB"):
        read_article(Page(URL, ARTICLE + b"word " * (MAX_SIZE // 5)))
