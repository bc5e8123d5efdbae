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


# Feeds that are not quite well-formed ---------------------------------------------------------------


def rss(*items: str, head: str = "", tail: str = "") -> bytes:
    body = "".join(f"<item>{each}</item>" for each in items)
    return f'{head}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>{body}</channel></rss>{tail}'.encode()


def ids(body: bytes, base: str = SITE) -> list[str]:
    return [each.id for each in read_feed(body, base=base).entries]


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("Tour ends &#55357;&#56832;", "Tour ends 😀"),
        ("Tour &#xD83D;&#xde00; ends", "Tour 😀 ends"),
        ("Tour ends &#55357;", "Tour ends \ufffd"),
        ("&#56832;&#55357; Tour", "\ufffd\ufffd Tour"),
        ("<![CDATA[Tour ends &#55357;&#56832;]]>", "Tour ends 😀"),
        ("Tour\x01 ends&#1;&#x1F;", "Tour ends"),
        ("Tour ends&#99999999;", "Tour ends"),
        ("Q&A at AT&T", "Q&A at AT&T"),
        ("Q&amp;A &lt;live&gt;", "Q&A <live>"),
        ("The&nbsp;mayor&rsquo;s caf&eacute;", "The mayor’s café"),
        ("Tour &unknown; ends", "Tour &unknown; ends"),
        ("<![CDATA[The <b>mayor</b> & co]]>", "The mayor & co"),
        ("The &lt;i&gt;mayor&lt;/i&gt;", "The mayor"),
    ],
)
def test_references_and_characters_that_xml_forbids_cost_no_entry(title: str, headline: str) -> None:
    items = [
        "<link>/article/1</link>",
        f"<title>{title}</title><link>/article/2</link>",
        "<link>/article/3</link>",
    ]
    found = read_feed(rss(*items))
    assert [each.id for each in found.entries] == ["1", "2", "3"]
    assert found.entries[1].headline == headline
    assert found.whole


@pytest.mark.parametrize(
    "tail", ["<!-- made in 2 s -->", "\n<script>x()</script>", "Warning: x", "\x00", "<rss>", "</rss>"]
)
def test_text_behind_the_root_does_not_make_a_feed_incomplete(tail: str) -> None:
    found = read_feed(rss("<link>/article/1</link>", tail=tail))
    assert ([each.id for each in found.entries], found.whole) == (["1"], True)


@pytest.mark.parametrize(
    "head",
    ["\ufeff", "\n\n<?xml version='1.0'?>", "<br />Warning: Undefined index\n<?xml version='1.0' encoding='euc-kr'?>",
     "<!-- a -->", "<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?><!DOCTYPE rss SYSTEM 'rss.dtd'>"],
)  # fmt: skip
def test_text_before_the_root_is_ignored(head: str) -> None:
    assert ids(rss("<link>/article/1</link>", head=head)) == ["1"]


@pytest.mark.parametrize(
    ("links", "article"),
    [
        ('<atom:link rel="related" href="/article/9"/><link>/article/1</link>', "1"),
        ('<atom:link rel="self" href="/rss/x"/><guid isPermaLink="false">k1</guid><link>/article/1</link>', "1"),
        ('<atom:link href="/National"/><link>/article/1</link>', "1"),
        ('<atom:link href="/article/9"/><link>/article/1</link>', "1"),
        ('<atom:link href="/article/1"/>', "1"),
        ('<link/><guid>/article/1</guid>', "1"),
        ('<link>http://feeds.example.com/x</link><guid>https://www.koreaherald.com/article/1</guid>', "1"),
        ('<link>http://feeds.example.com/x</link><f:origLink>/article/1</f:origLink>', "1"),
        ('<link>https://www.koreaherald.com/article/1?a=1&b=2</link>', "1"),
        ('<link><![CDATA[ /article/1 ]]></link>', "1"),
        ('<link xml:base="https://www.koreaherald.com/article/">1</link>', "1"),
        ('<link>article/1</link>', "1"),
        ('<link>//www.koreaherald.com/article/1</link>', "1"),
        ('<atom:link rel="related" href="/article/9"/>', None),
    ],
)  # fmt: skip
def test_link_of_an_item_is_its_own(links: str, article: str | None) -> None:
    assert ids(rss(links)) == ([article] if article else [])


def test_xml_base_holds_for_what_is_inside() -> None:
    body = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://m.koreaherald.com/article/">'
        b'<entry><link href="7"/></entry><entry xml:base="/view.php"><link href="?ud=20210408000265"/></entry>'
        b'<entry xml:base="https://example.com/article/"><link href="8"/></entry></feed>'
    )
    assert ids(body) == ["7", "20210408000265"]


@pytest.mark.parametrize(
    "body",
    [
        b'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>T</a:title><a:link href="/article/1"/></a:entry></a:feed>',
        b"<a:feed><a:entry><a:title>T</a:title><a:link href='/article/1'/></a:entry></a:feed>",
        b'<r:RDF xmlns:r="urn:r" xmlns:s="urn:s"><s:channel/><s:item r:about="/article/1"><s:title>T</s:title></s:item></r:RDF>',
        b'<rss xmlns:media="urn:m"><channel><item><media:title>Picture</media:title><title>T</title><link>/article/1</link></item></channel></rss>',
        b"<rss><channel><item><media:title>Picture</media:title><title>T</title><link>/article/1</link></item></channel></rss>",
    ],
)  # fmt: skip
def test_namespaces_of_any_prefix_are_read(body: bytes) -> None:
    found = read_feed(body)
    assert [(each.id, each.headline) for each in found.entries] == [("1", "T")]
    assert found.whole
