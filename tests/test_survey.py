"""Facts about a page for the doctor."""

from __future__ import annotations

from collections.abc import Callable

from herald_spider.loaders.page import Page
from herald_spider.loaders.survey import (
    feed_links,
    portrait,
)

FRONT = """<html><head><title> </title><title>The Herald</title>
<link rel="alternate" type="application/rss+xml" href="/rss/newsAll">
<link rel="alternate" type="text/html" href="/en">
<meta property="og:type" content="website"><meta property="og:type" content="front">
<script type="application/ld+json">{"@type": "Organization"}</script>
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "H"}</script></head>
<body><ul class="gnb"><li><a href="/National">National</a></li></ul>
<h1></h1> <h1>Today</h1>
<a href="/article/1">Ferry sails</a> <a href="/article/2">Bridge</a> <a name="x">y</a>
<a href="/rss">Feeds</a></body></html>"""


def test_portrait_counts_the_parts_of_a_page(make_page: Callable[..., Page]) -> None:
    assert portrait(make_page(FRONT, "/")) == {
        "title": "The Herald",
        "heading": "Today",
        "og:type": "website, front",
        "canonical": "names no article",
        "JSON-LD": "2 scripts, 1 of an article",
        "text": "7 words",
        "menu": "1 sections, by ul.gnb a[href]",
        "links": "2 to articles, 1 to listings",
    }


def test_portrait_of_an_empty_page(make_page: Callable[..., Page]) -> None:
    assert portrait(make_page("", "/")) == {
        "title": "",
        "heading": "",
        "og:type": "",
        "canonical": "names no article",
        "JSON-LD": "0 scripts, 0 of an article",
        "text": "0 words",
        "menu": "0 sections, by nav a[href], header a[href], .header a[href]",
        "links": "0 to articles, 0 to listings",
    }


def test_portrait_of_a_shell(make_page: Callable[..., Page]) -> None:
    html = (
        '<link rel="canonical" href="/article/5"><body>'
        + "word " * 1234
        + "<main></main><script>a()</script>"
    )
    shown = portrait(make_page(html))
    assert shown["canonical"] == "https://www.koreaherald.com/article/5"
    assert shown["text"] == "1,234 words, a shell that scripts would fill"


def test_feeds_are_listed_once_each(make_page: Callable[..., Page]) -> None:
    html = """<a href="/rss">All feeds</a><a>none</a><a href="/National">National</a>
    <a href="/rss/newsAll">All stories</a><a href="http://m.koreaherald.com/rss/newsAll">Again</a>
    <dl><dt>Politics</dt><dd><a href="/rss/a">x</a></dd></dl>"""
    site = "https://www.koreaherald.com/rss"
    assert feed_links(make_page(html, "/rss")) == [f"{site}/newsAll", f"{site}/a"]
