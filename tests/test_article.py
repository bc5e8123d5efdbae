"""Fields that the loader derives from several rules or from the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from herald_spider.items import Article, Author, Image
from herald_spider.loaders import read_article
from herald_spider.loaders.article import ArticleLoader, section_of_link
from herald_spider.loaders.layout import Layout
from herald_spider.loaders.layouts.site_2024 import Site2024
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import css
from herald_spider.text.cleaning import content_hash, count_words

Make = Callable[..., Page]


def current(make_page: Make, body: str, head: str = "") -> Article:
    return read_article(make_page(f'{head}<article id="articleText">{body}</article>'))


def legacy(make_page: Make, html: str) -> Article:
    page = make_page(f'{html}<div id="articleText">The ferry stopped.</div>', "/view.php?ud=20210408000265")
    return read_article(page)


def person(name: str, email: str | None = None, role: str | None = None) -> Author:
    return Author(name, email, role)


# Words and hashes --------------------------------------------------------------------------


def test_word_count_and_hash_cover_headline_and_body(make_page: Make) -> None:
    item = current(make_page, "<p>Two words.</p>", "<h1>Ferry stops</h1>")
    assert item.word_count == count_words("Ferry stops", "Two words.") == 4
    assert item.content_hash == content_hash("Ferry stops", "Two words.")


def test_an_empty_article_has_no_words(make_page: Make) -> None:
    item = ArticleLoader(make_page('<article id="articleText"></article>'), Site2024()).load()
    assert (item.headline, item.body, item.word_count) == (None, None, 0)
    assert item.content_hash == content_hash("", "")
    assert item.dateline is None


def test_language_is_found_from_the_body(make_page: Make) -> None:
    korean = "<p>" + "배가 오늘 항구에 멈추었다. " * 9 + "</p>"
    assert current(make_page, korean, "<h1>Ferry</h1>").language == "ko"
    assert ArticleLoader(make_page("<h1>Ferry</h1>"), Site2024()).load().language == "en"


# Identity ----------------------------------------------------------------------------------


def test_stated_address_is_used_if_the_requested_one_has_no_id(make_page: Make) -> None:
    page = make_page('<link rel="canonical" href="/article/7"><article id="articleText">x</article>', "/old")
    item = read_article(page)
    assert (item.id, item.aliases, item.extraction["id"]) == ("7", [], "canonical")


# Dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "published", "updated", "notes"),
    [
        ([], None, None, ("missing", None)),
        (["2026-02-30T10:00", "2026-13-01"], None, None, ("invalid: 2026-02-30T10:00", None)),
        (["2026-02-30T10:00", "2026-02-28T10:00:07"], "2026-02-28T10:00:07+09:00", None, ("json-ld", None)),
        (["soon", "2026-02-28T10:00:07"], "2026-02-28T10:00:07+09:00", None, ("json-ld", None)),
    ],
)
def test_impossible_dates_are_noted(
    make_page: Make, dates: list[str], published: str | None, updated: str | None, notes: tuple[Any, ...]
) -> None:
    page = make_page('<article id="articleText">x</article>')
    page.__dict__["json_ld"] = [{"datePublished": dates}]
    item = read_article(page)
    assert (item.published_at, item.updated_at) == (published, updated)
    assert (item.extraction["published_at"], item.extraction.get("updated_at")) == notes


def test_day_of_a_ud_is_used_if_no_date_is_printed(make_page: Make) -> None:
    item = legacy(make_page, "<h1>Ferry</h1>")
    assert (item.published_at, item.extraction["published_at"]) == ("2021-04-08T00:00:00+09:00", "url")
    item = legacy(make_page, "<p class='writedata'>Published : Feb 30, 2021</p>")
    assert (item.published_at, item.extraction["published_at"]) == ("2021-04-08T00:00:00+09:00", "url")
    item = legacy(make_page, "<p class='writedata'>Published : Apr 9, 2021 - 10:13</p>")
    assert (item.published_at, item.extraction["published_at"]) == ("2021-04-09T10:13:00+09:00", "css")
    page = make_page('<div id="articleText">x</div>', "/view.php?ud=19700230000265")
    assert read_article(page).extraction["published_at"] == "missing"


# Sections ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("icon", "section"),
    [
        ('<a href="/list.php?ct=020104000000">?</a>', ("national", "north-korea")),
        ('<a href="/list.php?ct=020104000000">Defense</a>', ("national", "defense")),  # the label goes before
        ('<a href="/article/7">?</a><a>?</a><a href="/National">?</a>', ("national", None)),
        ('<a href="/National">National</a><a href="/National/x">Defense</a>', ("national", "defense")),
        ('<a>?</a><a href="/">?</a>', (None, None)),
        ('<a href="/National/Harbors">Harbors</a>', ("national", None)),  # a leaf that nobody knows
        ('<a href="/Harbors/National">Harbors</a>', (None, None)),
    ],
)
def test_section_is_found_by_label_or_link(
    make_page: Make, icon: str, section: tuple[str | None, ...]
) -> None:
    item = legacy(make_page, f'<div class="view_tit_icon">{icon}</div>')
    assert (item.section, item.subsection) == section


@pytest.mark.parametrize(
    "entry",
    [
        '<li class="on"><a href="/Sports">Sports</a></li>',
        '<li class="on"><div><a href="/Sports">Sports</a><a href="/Sports/Golf">Golf</a></div></li>',
        '<li><a href="/Sports"><span class="on">Sports</span></a></li>',
    ],
)
def test_section_is_found_by_the_current_entry_of_the_menu(make_page: Make, entry: str) -> None:
    menu = f'<ul class="gnb"><li><a href="/World">World</a></li>{entry}</ul>'
    item = current(make_page, "<p>x</p>", menu)
    assert (item.section, item.subsection) == ("sports", None)


def test_only_addresses_of_listings_have_a_section() -> None:
    national = section_of_link("/National")
    assert national is not None
    assert national.slug == "national"
    assert section_of_link("/article/7") is None
    assert section_of_link("/rss/National") is None


# People ------------------------------------------------------------------------------------


def test_stated_author_replaces_a_missing_byline(make_page: Make) -> None:
    head = '<meta name="author" content="Kim Da-sol">'
    item = current(make_page, "<p>The ferry stopped.</p>", head)
    assert (item.byline, item.extraction["byline"]) == ("Kim Da-sol", "meta")
    assert item.authors == [person("Kim Da-sol")]
    page = make_page('<article id="articleText">x</article>')
    page.__dict__["json_ld"] = [{"author": [{"name": "Kim Da-sol"}, {"name": "Lee On"}]}]
    item = read_article(page)
    assert (item.byline, item.extraction["byline"]) == ("Kim Da-sol, Lee On", "json-ld")
    assert item.extraction["authors"] == "json-ld"


def test_stated_authors_are_added_to_printed_ones(make_page: Make) -> None:
    head = '<p class="byline">By Kim Da-sol</p><p class="byline">By Park Su</p><meta name="author" content="Lee On">'
    item = current(make_page, "<p>The ferry stopped.</p>", head)
    assert (item.byline, item.extraction["byline"]) == ("By Kim Da-sol, By Park Su", "css")
    assert [author.name for author in item.authors] == ["Kim Da-sol", "Park Su", "Lee On"]
    assert item.extraction["authors"] == "css"


CARD = '<div class="card"><a href="/article/7">Lighthouse</a>{}</div>'
PRINTED = '<p class="byline">By Other One</p>'
WRITTEN = '<ul><li><a href="/article/7">Fog</a><span class="writer">Other One</span></li></ul>'
LINKED = '<a href="/reporter/9">Other One</a>'


@pytest.mark.parametrize("box", [f"<aside>{CARD.format(PRINTED)}</aside>", WRITTEN, CARD.format(LINKED),
                                 f'<a href="view.php?ud=20260914000100">{PRINTED}</a>'])  # fmt: skip
@pytest.mark.parametrize(
    "place", ["{}<h1>Ferry</h1>{story}", "<h1>Ferry</h1>{}{story}", "<h1>Ferry</h1>{story}{}"]
)
@pytest.mark.parametrize("is_known", [True, False])
def test_byline_of_another_story_is_ignored(make_page: Make, box: str, place: str, is_known: bool) -> None:
    story = '<article id="articleText"><p>One.</p></article>'
    page = make_page(f"<section>{place.format(box, story=story)}</section>")
    if is_known:
        page.__dict__["json_ld"] = [{"author": {"name": "Kim Da-sol"}}]
    item = read_article(page)
    assert item.authors == ([person("Kim Da-sol")] if is_known else [])
    assert item.byline == ("Kim Da-sol" if is_known else None)


def test_byline_in_a_box_that_links_to_the_story_itself_is_used(make_page: Make) -> None:
    share = (
        '<a href="https://www.koreaherald.com/article/1">Copy</a><a href="https://x.com/?u=/article/7">X</a>'
    )
    item = current(make_page, "<p>One.</p>", f'<div>{share}<p class="byline">By Kim Da-sol</p></div>')
    assert item.authors == [person("Kim Da-sol")]


def test_structured_data_is_preferred_to_the_printed_byline(make_page: Make) -> None:
    """The printed byline adds its own text, role, address and second author."""
    line = "By Lee On and Kim Da-sol, Staff reporter (dasol@heraldcorp.com)"
    page = make_page(f'<p class="byline">{line}</p><article id="articleText"><p>One.</p></article>')
    page.__dict__["json_ld"] = [{"author": {"name": "Kim Da-sol"}}]
    item = read_article(page)
    assert [author.name for author in item.authors] == ["Kim Da-sol", "Lee On"]
    assert item.authors[0].email == "dasol@heraldcorp.com"
    assert item.byline == "By Lee On and Kim Da-sol, Staff reporter"
    assert (item.extraction["authors"], item.extraction["byline"]) == ("json-ld", "css")


def test_second_link_to_a_reporter_is_ignored(make_page: Make) -> None:
    links = '<a href="/reporter/{0}">{1}</a><a href="/reporter/{0}">More Articles</a>'
    box = f"<div>{links.format(1, 'Kim Da-sol')}{links.format(2, 'Lee On')}<a href='/reporter/3'>more articles</a></div>"
    item = current(make_page, "<p>One.</p>", box)
    assert item.authors == [person("Kim Da-sol"), person("Lee On")]
    assert item.extraction["authors"] == "css"


@pytest.mark.parametrize(
    ("between", "byline", "authors"),
    [
        ("<p>By Kim Da-sol</p>", "By Kim Da-sol", ["Kim Da-sol"]),
        ("<div><p>By <a>Kim Da-sol</a> and <a>Lee On</a></p><p>Published : Sept. 14, 2026</p></div>",
         "By Kim Da-sol and Lee On", ["Kim Da-sol", "Lee On"]),
        ("<p>By Kim Da-sol</p><span>By Lee On</span>", "By Kim Da-sol, By Lee On", ["Kim Da-sol", "Lee On"]),
        ("<p><span>By</span> <b>Kim Da-sol</b></p>", "By Kim Da-sol", ["Kim Da-sol"]),
        ("<p>By Yonhap</p>", "By Yonhap", []),
        ("<p><span>Kim Da-sol</span><a>dasol@heraldcorp.com</a></p>", "Kim Da-sol", ["Kim Da-sol"]),
        ("<p>By Monday the ferry had stopped</p>", None, []),
        ("<h2>By Popular Demand</h2>", None, []),
        ("<div><h2>By Popular Demand</h2></div>", None, []),
        ("<p>info@heraldcorp.com</p>", None, []),
        (f"<p>By Kim Da-sol{', Lee On' * 20}</p>", None, []),
        (CARD.format("<p>By Other One</p>"), None, []),
        (f"<p>By Kim Da-sol</p>{'<br>' * 100}", None, []),
    ],
)  # fmt: skip
def test_byline_between_headline_and_story_is_found(
    make_page: Make, between: str, byline: str | None, authors: list[str]
) -> None:
    item = current(make_page, "<p>By Other One, it was.</p>", f"<p>By Park Su</p><h1>Ferry</h1>{between}")
    assert (item.byline, [author.name for author in item.authors]) == (byline, authors)


def test_line_without_a_headline_above_is_no_byline(make_page: Make) -> None:
    assert current(make_page, "<p>One.</p>", "<p>By Kim Da-sol</p>").byline is None


@pytest.mark.parametrize(
    "journalists",
    [
        "<ul><li><a><strong>Kim Da-sol</strong><i></i><span>(a@heraldcorp.com)</span></a></li>"
        "<li><a><strong>Lee Jaeeun</strong><span>b@heraldcorp.com</span></a></li></ul>",
        "<p>Kim Da-sol</p><p>a@heraldcorp.com</p><p>Lee Jaeeun</p><p>b@heraldcorp.com</p><p>Follow</p>",
        '<p class="name">Kim Da-sol</p><p>a@heraldcorp.com</p><p class="name">Lee Jaeeun</p><p>b@heraldcorp.com</p>',
    ],
)
def test_addresses_below_the_story_go_to_their_authors(make_page: Make, journalists: str) -> None:
    html = f'<h1 class="news_title">Ferry</h1><div class="news_journalist_area">{journalists}</div>'
    item = read_article(make_page(html, "/view.php?ud=20230930000265"))
    assert item.authors == [
        person("Kim Da-sol", "a@heraldcorp.com"),
        person("Lee Jaeeun", "b@heraldcorp.com"),
    ]
    assert item.byline == "Kim Da-sol, Lee Jaeeun"


@pytest.mark.parametrize(
    "journalists",
    [
        "<ul><li><strong>Kim Da-sol</strong> <span>a@heraldcorp.com</span></li>"
        "<li><strong>Lee Jaeeun</strong><span>b@heraldcorp.com</span></li></ul>",
        '<p class="byline">Kim Da-sol</p><p class="byline">Lee Jaeeun</p>',
        "<p>By Kim Da-sol</p><p>a@heraldcorp.com</p><p>By Lee Jaeeun</p><a>Articles by Kim Da-sol</a>",
        "<div>By Kim Da-sol and Lee Jaeeun</div><div>a@heraldcorp.com</div>",
    ],
)
def test_all_authors_below_the_story_are_found(make_page: Make, journalists: str) -> None:
    html = (
        '<div class="news_content"><h1 class="news_title">Ferry</h1><div class="news_text_area">'
        f'<div class="text_box"><p>One.</p></div></div><div class="news_journalist_area">{journalists}</div></div>'
        '<ul class="popular"><li><div class="news_journalist_area">Park Su</div></li></ul>'
    )
    item = read_article(make_page(html, "/view.php?ud=20230930000265"))
    assert item.layout == "2023"
    assert [author.name for author in item.authors] == ["Kim Da-sol", "Lee Jaeeun"]
    assert "Articles" not in (item.byline or "")


@pytest.mark.parametrize(
    "byline", ["By <a>Kim Da-sol</a> and <a>Lee Jaeeun</a>", "<a>By Kim Da-sol</a>, <a>By Lee Jaeeun</a>",
               "<a>By Kim Da-sol</a><a>By Lee Jaeeun</a>"],
)  # fmt: skip
def test_links_in_a_byline_are_separate_names(make_page: Make, byline: str) -> None:
    item = legacy(make_page, f'<h1 class="view_tit">Ferry</h1><div class="view_tit_byline_l">{byline}</div>')
    assert item.authors == [person("Kim Da-sol"), person("Lee Jaeeun")]


def test_second_author_in_the_sign_off_is_added(make_page: Make) -> None:
    head = '<meta name="author" content="Kim Da-sol">'
    sign = "<p>By {} and Lee Jaeeun (a@heraldcorp.com) (b@heraldcorp.com)</p>"
    item = current(make_page, f"<p>The ferry stopped.</p>{sign.format('Kim Da-sol')}", head)
    assert [author.name for author in item.authors] == ["Kim Da-sol", "Lee Jaeeun"]
    item = current(make_page, f"<p>The ferry stopped.</p>{sign.format('Park Su')}", head)
    assert [author.name for author in item.authors] == ["Kim Da-sol"]


@pytest.mark.parametrize("word", ["Published", "Updated"])
def test_date_inside_the_story_is_not_its_date(make_page: Make, word: str) -> None:
    lines = (
        f"<p>{word} data of the harbor are of March 3, 2024.</p><p>{word} on March 4, 2024, they are few.</p>"
    )
    item = current(make_page, f"<p>The ferry stopped.</p>{lines}")
    assert (item.published_at, item.updated_at) == (None, None)


def test_update_printed_before_the_publication_is_told_apart(make_page: Make) -> None:
    dates = (
        '<p class="news_date">Updated : Oct. 1, 2023 - 08:00</p>'
        '<p class="news_date">Published : Sept. 30, 2023 - 20:50</p>'
    )
    html = f'<h1 class="news_title">Ferry</h1>{dates}<div class="news_text_area"><p>One.</p></div>'
    item = read_article(make_page(html, "/view.php?ud=20230930000265"))
    assert (item.published_at, item.updated_at) == ("2023-09-30T20:50:00+09:00", "2023-10-01T08:00:00+09:00")


def test_columnist_in_the_headline_is_the_author_if_there_is_no_other(make_page: Make) -> None:
    head = "<h1>[Andreas Kluth] On tides</h1>"
    item = current(make_page, "<p>The ferry stopped.</p><p>Andreas Kluth is a captain.</p>", head)
    assert item.authors == [person("Andreas Kluth")]
    assert item.extraction["authors"] == "headline"
    assert item.body == "The ferry stopped."
    item = current(make_page, "<p>x</p>", head + '<p class="byline">By Kim Da-sol</p>')
    assert item.authors == [person("Kim Da-sol")]


def test_series_is_found_in_the_headline(make_page: Make) -> None:
    item = current(make_page, "<p>x</p>", "<h1>[Weekender] A day at sea</h1>")
    assert (item.series, item.extraction["series"]) == ("Weekender", "headline")


@pytest.mark.parametrize(
    ("byline", "signed", "series", "authors"),
    [
        ("By Kim Da-sol", "", "Harbor Bell", ["Kim Da-sol"]),
        ("By Kim Da-sol and Lee On", "", "Harbor Bell", ["Kim Da-sol", "Lee On"]),
        ("", "By Kim Da-sol (dasol@heraldcorp.com)", "Harbor Bell", ["Kim Da-sol"]),
        ("By Harbor bell", "", None, ["Harbor bell"]),  # the label is the author's name
        ("By Yonhap", "", None, ["Harbor Bell"]),
        ("", "", None, ["Harbor Bell"]),
    ],
)
def test_label_like_a_name_is_a_series_if_others_wrote_the_story(
    make_page: Make, byline: str, signed: str, series: str | None, authors: list[str]
) -> None:
    head = f'<h1>[Harbor Bell] On tides</h1><p class="byline">{byline}</p>'
    item = current(make_page, f"<p>The ferry stopped.</p><p>{signed}</p>", head)
    assert (item.series, [author.name for author in item.authors]) == (series, authors)


def test_signature_below_the_story_names_the_author(make_page: Make) -> None:
    item = current(make_page, "<p>The ferry stopped.</p><p>By Kim Da-sol (dasol@heraldcorp.com)</p>")
    assert item.authors == [person("Kim Da-sol", "dasol@heraldcorp.com")]
    assert item.extraction["authors"] == "sign-off"
    assert item.extraction["byline"] == "sign-off"
    assert item.byline == "By Kim Da-sol"


def test_agency_of_the_dateline_is_used_last(make_page: Make) -> None:
    item = current(make_page, "<p>PORT ORRO (AFP) – The ferry stopped.</p>")
    assert (item.agency, item.extraction["agency"]) == ("AFP", "dateline")
    assert (item.dateline, item.extraction["dateline"]) == ("PORT ORRO", "body")
    item = current(make_page, "<p>PORT ORRO (AFP) – The ferry stopped.</p><p>(Yonhap)</p>")
    assert (item.agency, item.extraction["agency"]) == ("Yonhap", "sign-off")


@pytest.mark.parametrize(
    ("byline", "signed", "authors"),
    [
        ("By Kim Da-sol", "dasol@heraldcorp.com", [("Kim Da-sol", "dasol@heraldcorp.com")]),
        ("By Kim Da-sol", "x99@heraldcorp.com", [("Kim Da-sol", "x99@heraldcorp.com")]),  # the only one
        (
            "By Kim Da-sol, Lee On",
            "Dasol@heraldcorp.com",
            [("Kim Da-sol", "Dasol@heraldcorp.com"), ("Lee On", None)],
        ),
        (
            "By Kim Da-sol, Lee On",
            "leeon@heraldcorp.com",
            [("Kim Da-sol", None), ("Lee On", "leeon@heraldcorp.com")],
        ),
        ("By Kim Da-sol, Lee On", "x99@heraldcorp.com", [("Kim Da-sol", None), ("Lee On", None)]),
        ("By Kim Da-sol (a@heraldcorp.com)", "dasol@heraldcorp.com", [("Kim Da-sol", "a@heraldcorp.com")]),
        ("By Lee On", "Lee On (b@heraldcorp.com)", [("Lee On", "b@heraldcorp.com")]),
    ],
)
def test_addresses_in_the_sign_off_go_to_their_authors(
    make_page: Make, byline: str, signed: str, authors: list[tuple[str, str | None]]
) -> None:
    item = current(make_page, f"<p>x</p><p>{signed}</p>", f'<p class="byline">{byline}</p>')
    assert [(author.name, author.email) for author in item.authors] == authors


# The story -------------------------------------------------------------------------------

TALE = "The ferry stopped at noon and nobody minded it. " * 5


@pytest.mark.parametrize("rest", ['<div class="news_text_area">', "<div itemprop='articleBody'>"])
def test_empty_body_element_is_skipped(make_page: Make, rest: str) -> None:
    item = read_article(make_page(f'<article id="articleText"> </article>{rest}<p>One.</p><p>Two.</p></div>'))
    assert (item.body, item.extraction["body"]) == ("One.\n\nTwo.", "css")


@pytest.mark.parametrize(
    "html",
    [
        f'<section class="section_view"><article></article></section><meta itemprop="articleBody" content="x"><script>x()</script><div class="newsct"><p>{TALE}</p></div>',
        f'<article id="articleText"></article><div class="newsct"><p>{TALE}</p></div>',
        f'<article id="articleText"><div class="share_area"><p>{TALE}</p><img src="/a.jpg"></div></article>',
    ],
)
def test_main_text_is_used_if_no_body_element_has_the_story(make_page: Make, html: str) -> None:
    item = read_article(make_page(f"<h1>Ferry</h1>{html}"))
    assert (item.body or "").count("nobody minded it") == 5
    assert item.extraction["body"] == "generic"


@pytest.mark.parametrize(
    "container",
    [
        '<article id="articleText"><iframe src="https://v.example/1"></iframe></article>',
        f'<article id="articleText" class="article-body"><i class="share">{TALE[:150]}</i><img src="/a.jpg" width="1">'
        "</article>",
        '<article id="articleText"></article><noscript>This page needs JavaScript.</noscript><script>x()</script>',
    ],
)
def test_page_with_only_a_video_or_a_shell_has_no_body(make_page: Make, container: str) -> None:
    page = make_page(f"<h1>Ferry</h1>{container}<div><p>{TALE}</p></div>")
    assert ArticleLoader(page, Site2024()).load().body is None


def test_short_notice_is_not_a_body(make_page: Make) -> None:
    page = make_page("<h1>Gone</h1><article id='articleText'></article><p>This story was deleted.</p>")
    assert read_article(page).body is None


def test_page_of_2011_is_read(make_page: Make) -> None:
    html = (
        '<div id="contentLeft"><h2>Ferry stops</h2><p>2011-06-01 18:08</p>'
        '<div id="_article"><p>One.</p><p>Two.</p><p>By Kim Da-sol (dasol@heraldcorp.com)</p></div></div>'
    )
    item = read_article(make_page(html, "/view.php?ud=20110601000001"))
    assert (item.layout, item.headline, item.body) == ("2021", "Ferry stops", "One.\n\nTwo.")
    assert item.authors == [person("Kim Da-sol", "dasol@heraldcorp.com")]
    assert item.published_at == "2011-06-01T00:00:00+09:00"


# Pictures and the rest ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "body", "images", "source"),
    [
        ('<meta property="og:image" content="/a.jpg">', "x", ["a"], "og"),
        ('<meta property="og:image" content="/a.jpg">', '<img src="/b.jpg">', ["b"], "css"),
        ('<meta property="og:image" content="data:x">', "x", [], None),
        ("", "x", [], None),
    ],
)
def test_picture_in_the_metadata_is_used_if_the_body_has_none(
    make_page: Make, head: str, body: str, images: list[str], source: str | None
) -> None:
    item = current(make_page, body, head)
    assert item.images == [Image(f"https://www.koreaherald.com/{name}.jpg") for name in images]
    assert item.extraction.get("images") == source


def test_picture_rule_may_select_an_element(make_page: Make) -> None:
    class Pictured(Layout):
        name = "pictured"
        rules = {"images": css(".lead")}

    page = make_page('<img class="lead" src="/p.gif" width="1"><img class="lead" data-src="/a.jpg">')
    item = ArticleLoader(page, Pictured()).load()
    assert (item.images, item.extraction["images"]) == ([Image("https://www.koreaherald.com/a.jpg")], "css")


@pytest.mark.parametrize(
    ("body", "images"),
    [
        ("x", [Image("https://www.koreaherald.com/a.jpg", "The harbor.", "Yonhap")]),
        ('<img src="/a.jpg?type=w">', [Image("https://www.koreaherald.com/a.jpg", "The harbor.", "Yonhap")]),
        ('<img src="/b.jpg">', [Image("https://www.koreaherald.com/b.jpg")]),
        ('<figure><img src="/a.jpg"><figcaption>A cat (AP)</figcaption></figure>',
         [Image("https://www.koreaherald.com/a.jpg", "A cat", "AP")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_list", [True, False])
def test_caption_is_taken_from_structured_data(
    make_page: Make, body: str, images: list[Image], is_list: bool
) -> None:
    page = make_page(f'<article id="articleText">{body}</article>')
    image = {"url": "/a.jpg", "caption": "The harbor. (Yonhap)"}
    page.__dict__["json_ld"] = [
        {"image": ["/c.jpg", {"url": "/d.jpg", "caption": 7}, {"caption": "x"}, image]}
    ]
    if not is_list:
        page.__dict__["json_ld"] = [{"image": image}]
    elif body == "x":
        images = [Image("https://www.koreaherald.com/c.jpg")]
    assert read_article(page).images == images


def test_tags_are_split(make_page: Make) -> None:
    head = '<meta name="keywords" content="ferry, port">'
    item = current(make_page, "x", head)
    assert (item.tags, item.extraction["tags"]) == (["ferry", "port"], "meta")


def test_summary_that_repeats_the_body_is_dropped(make_page: Make) -> None:
    head = '<meta property="og:description" content="{}">'
    item = current(make_page, "<p>The ferry stopped at noon.</p>", head.format("A day at sea"))
    assert (item.summary, item.extraction["summary"]) == ("A day at sea", "og")
    assert (
        current(make_page, "<p>The ferry stopped at noon.</p>", head.format("The ferry sto...")).summary
        is None
    )


def test_nested_body_elements_are_read_once(make_page: Make) -> None:
    body = (
        '<div class="view_con">One. <div class="view_con">Two.</div></div><div class="view_con">Three.</div>'
    )
    page = make_page(f'<h1 class="view_tit">x</h1>{body}', "/view.php?ud=20210408000265")
    assert read_article(page).body == "One.\n\nTwo.\n\nThree."


def test_loader_returns_every_rule_that_finds_something(make_page: Make) -> None:
    loader = ArticleLoader(make_page('<meta property="og:title" content="One"><h1>Two</h1>'), Site2024())
    assert [(rule.text, values) for rule, values in loader.every("headline")] == [
        ("og:title", ["One"]),
        ("h1", ["Two"]),
    ]
    assert loader.every("none") == []
    assert loader.first("none") is None


def test_main_text_has_tables_but_no_comments(make_page: Make) -> None:
    story = "<p>" + "The ferry stopped at noon and nobody minded it. " * 8 + "</p>"
    figures = "<table><tr><td>Year</td><td>Fish</td></tr><tr><td>2024</td><td>twelve</td></tr></table>"
    remark = "<p>" + "I saw it too, and it was a fine day for a ferry. " * 3 + "</p>"
    comments = (
        f"<section id='comments'><h3>Comments</h3><ul class='comment-list'><li class='comment'>{remark}</ul>"
    )
    page = make_page(f"<body><main><article>{story}{figures}{story}</article></main>{comments}</body>")
    lines = page.main_text
    assert any("twelve" in line for line in lines)
    assert not any("fine day" in line or "\n" in line for line in lines)
    assert len(lines) > 2
    assert make_page("").main_text == []


def test_author_named_twice_keeps_the_address(make_page: Make) -> None:
    head = '<p class="byline">By {}</p><meta name="author" content="{}">'
    for names in (
        ("Kim Da-sol (a@heraldcorp.com)", "Kim Da-sol"),
        ("Kim Da-sol", "Kim Da-sol (a@heraldcorp.com)"),
    ):
        assert current(make_page, "<p>x</p>", head.format(*names)).authors == [
            person("Kim Da-sol", "a@heraldcorp.com")
        ]


def test_address_of_another_person_is_not_given_to_the_author(make_page: Make) -> None:
    head = '<p class="byline">By Kim Da-sol</p>'
    item = current(make_page, "<p>x</p><p>By Lee On (leeon@heraldcorp.com)</p>", head)
    assert item.authors == [person("Kim Da-sol")]


def test_section_is_placed_in_the_menu_of_its_time(make_page: Make) -> None:
    item = legacy(make_page, '<div class="view_tit_icon"><a href="/list.php">Film</a></div>')
    assert (item.section, item.subsection) == ("entertainment", "film")
    item = current(make_page, "x", '<meta property="article:section" content="Film">')
    assert (item.section, item.subsection) == ("life-culture", "film")


def test_tags_may_be_a_list(make_page: Make) -> None:
    page = make_page('<article id="articleText">x</article>')
    page.__dict__["json_ld"] = [{"keywords": ["ferry", "port"]}]
    assert read_article(page).tags == ["ferry", "port"]


def test_words_behind_a_name_in_the_printed_line_are_no_further_author(make_page: Make) -> None:
    head = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "author": {"name": "Kim Da-sol"}}</script>'
        '<p class="byline">Kim Da-sol Follow</p>'
    )
    assert [author.name for author in current(make_page, "<p>x</p>", head).authors] == ["Kim Da-sol"]


def test_two_columnists_of_a_label_are_authors(make_page: Make) -> None:
    item = current(make_page, "<p>The ferry stopped.</p>", "<h1>[Jonas Weber, Lena Hofmann] On tides</h1>")
    assert ([author.name for author in item.authors], item.series) == (["Jonas Weber", "Lena Hofmann"], None)


def test_an_address_that_a_script_hides_is_read(make_page: Make) -> None:
    text = "dasol@heraldcorp.com"
    code = bytes([7, *(7 ^ each for each in text.encode())]).hex()
    link = f'<a class="__cf_email__" data-cfemail="{code}" href="/x">[email&#160;protected]</a>'
    item = current(make_page, f"<p>The ferry stopped.</p><p>By Kim Da-sol ({link})</p>")
    assert item.authors == [person("Kim Da-sol", text)]
    assert item.body == "The ferry stopped."
    broken = link.replace(code, "zz")
    item = current(make_page, f"<p>The ferry stopped.</p><p>By Kim Da-sol ({broken})</p>")
    assert (item.authors, item.body) == ([person("Kim Da-sol")], "The ferry stopped.")
