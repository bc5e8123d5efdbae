"""Feeds of each kind, whole and damaged, read without a crawl."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from herald_spider.loaders.feed import FeedForm, NotAFeed, form_of, read_feed
from herald_spider.loaders.listing import Entry

SEOUL = timezone(timedelta(hours=9))
SITE = "https://www.koreaherald.com"
NOON = datetime(2026, 9, 14, 12, 0, tzinfo=SEOUL)

RSS = """<?xml version="1.0" encoding="euc-kr"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>All</title>
<!-- by the hour -->
<item><title>Ferry &amp;amp; bridge  배</title><link> http://www.koreaherald.com/article/7 </link>
<dc:creator>Kim</dc:creator><description>Short.</description>
<pubDate>Mon, 14 Sep 2026 12:00:00 +0900</pubDate></item>
<item><title>Again</title><link>/article/7</link></item>
<item><title>By <i>its</i> guid</title><guid>/article/8</guid><description>Much longer.</description></item>
<item><title>No story</title><link>https://example.com/article/9</link></item>
</channel></rss>
"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom">
<entry><title>Ferry</title><link rel="enclosure" href="/article/6"/><link href=" /article/7 "/>
<published>soon</published><updated>2026-09-14T03:00:00Z</updated></entry>
<entry><title>Stated</title><link rel="alternate" href="/article/8"/></entry>
</feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/">
<item><title>Ferry</title><link>/article/7</link><dc:date>2026-09-14T12:00:00+09:00</dc:date></item></rdf:RDF>"""


def entry(number: int, headline: str, date: datetime | None = None, printed: str | None = None) -> Entry:
    return Entry(str(number), f"{SITE}/article/{number}", headline, date, printed)


def test_rss_is_read_whatever_encoding_it_declares() -> None:
    feed = read_feed(RSS.encode())
    assert feed.entries == [
        entry(7, "Ferry & bridge 배", NOON, "Mon, 14 Sep 2026 12:00:00 +0900"),
        entry(8, "By its guid"),
    ]
    assert feed.whole


def test_encoding_of_the_header_is_used() -> None:
    body = (
        RSS.replace("배", "café")
        .replace('encoding="euc-kr"', "")
        .replace("Much longer.", "é" * 20)
        .encode("cp1252")
    )
    assert read_feed(body, "text/xml; charset=windows-1252").entries[0].headline == "Ferry & bridge café"
    assert form_of(body, "text/xml; charset=windows-1252").longest == 20


def test_atom_entries_have_the_alternate_link_and_the_first_readable_date() -> None:
    feed = read_feed(ATOM.encode())
    assert feed.entries == [entry(7, "Ferry", NOON, "soon"), entry(8, "Stated")]
    assert feed.whole


def test_complete_rdf_is_recognised_with_any_prefix() -> None:
    feed = read_feed(RDF.encode())
    assert feed.entries == [entry(7, "Ferry", NOON, "2026-09-14T12:00:00+09:00")]
    assert feed.whole
    assert not read_feed(RDF.replace("</rdf:RDF>", "</RDF>").encode()).whole


def test_entries_of_a_truncated_feed_are_read() -> None:
    feed = read_feed(RSS.encode()[: RSS.encode().index(b"<item><title>No story")])
    assert [each.id for each in feed.entries] == ["7", "8"]
    assert not feed.whole


def test_white_space_after_the_end_is_allowed() -> None:
    assert read_feed(b"\n " + RSS.encode() + b"\n\n").whole


def test_links_to_the_host_that_stands_for_the_site_are_articles() -> None:
    body = RSS.replace("http://www.koreaherald.com", "http://127.0.0.1:8000").encode()
    found = read_feed(body, base="http://127.0.0.1:8000").entries
    assert [each.headline for each in found] == ["Ferry & bridge 배", "By its guid"]
    assert read_feed(body).entries[0].headline == "Again"


def test_first_of_two_titles_is_used() -> None:
    body = RSS.replace("<title>Again", "<title>One</title><title>Two").encode()
    body = body.replace(b"http://www.koreaherald.com/article/7", b"/article/1")
    assert read_feed(body).entries[1] == entry(7, "One")


@pytest.mark.parametrize("entity", ['"secret"', 'SYSTEM "{file}"'], ids=["own", "of a file"])
def test_entities_are_not_expanded(entity: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("secret", encoding="utf-8")
    doctype = f"<!DOCTYPE rss [<!ENTITY e {entity.format(file=tmp_path / 'file')}>]><rss"
    body = RSS.replace("<rss", doctype).replace("guid</title>", "guid&e;</title>")
    assert [each.id for each in read_feed(body.encode()).entries] == ["7", "8"]
    assert "secret" not in read_feed(body.encode()).entries[1].headline


@pytest.mark.parametrize("what", ["", "<html><body>Sorry", "plain", "<!-- rss -->"])
def test_error_quotes_the_start_of_a_document_that_is_not_a_feed(what: str) -> None:
    for read in (read_feed, form_of):
        with pytest.raises(NotAFeed) as error:
            read(what.encode())
        assert str(error.value) == f"it begins {what!r}"


def test_error_for_a_page_in_place_of_a_feed_is_one_line() -> None:
    with pytest.raises(NotAFeed) as error:
        read_feed(b"<html>\n  <body>" + b"Sorry. " * 99)
    assert str(error.value) == "it begins " + repr(("<html> <body>" + "Sorry. " * 99)[:60])


def test_form_of_a_feed_counts_the_parts_of_its_items() -> None:
    form = form_of(RSS.encode())
    parts = {"title": 4, "link": 3, "description": 2, "pubDate": 1, "guid": 1, "creator": 1}
    assert form == FeedForm("rss 2.0", 4, form.parts, len("Much longer."))
    assert dict(form.parts) == parts


def test_the_form_of_an_empty_feed() -> None:
    assert form_of(b'<feed xmlns="http://www.w3.org/2005/Atom"/>') == FeedForm(
        "feed", 0, form_of(b"<feed/>").parts, 0
    )


def test_half_characters_are_replaced() -> None:
    """Half a character by a declared encoding that has escapes."""
    body = RSS.replace("배", "\\ud800\\xff").replace('encoding="euc-kr"', "").encode() + b"\xff"
    assert read_feed(body, "text/xml; charset=unicode_escape").entries[0].id == "7"
