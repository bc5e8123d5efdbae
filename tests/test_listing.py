"""Section pages and menus of each layout."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from herald_spider.loaders.listing import read_listing
from herald_spider.loaders.menu import MENUS, menu_selector, read_menu
from herald_spider.loaders.page import Page
from herald_spider.sections import SECTIONS

CURRENT = """
<div class="div_item"><h2>Latest News</h2><ul class="news_list"><li><a href="/article/90">Elsewhere</a></li></ul></div>
<main class="div_layout"><section class="section_list"><article class="recent_news"><ul class="news_list">
<li><a href="https://www.koreaherald.com/article/11"><div class="news_img"><img src="x.jpg"></div>
 <div class="news_txt"><p class="news_title ellipsis2">6 Boats &amp;apos;race&amp;apos;</p><p class="news_text">Teaser cut mid-wo</p>
 <span class="date">Nov. 14, 2025</span></div></a></li>
<li><a href="/National"></a><a href="https://m.koreaherald.com/article/12?from=list"><p class="news_title">Two</p></a>
 <a href="/article/12">again</a><span class="date">2025.01.31 13:05</span></li>
<li><a href="/article/11"><p class="news_title">Six boats again</p></a></li>
</ul></article></section></main>
<div class="rank"><h3>Most Read K-pop</h3><a href="/article/91">1 Other</a></div>
"""
YEAR_2023 = """
<ul class="category_detail_list most"><li><a class="news_link" href="/view.php?ud=20231101000999"><strong>1 Popular</strong></a></li></ul>
<ul class="category_detail_list">
<li><a class="news_link" href="view.php?ud=20221122000111"><strong class="ellipsis">On tides</strong>
 <p>Teaser</p><p class="date">ViewpointsNov. 22, 2022</p></a></li></ul>
"""
YEAR_2021 = """
<ul class="main_sec_li"><li><a href="/view.php?ud=20210408000265&np=1"><div class="main_l_t1">Cells meet</div>
<div class="main_l_t1_bg"><div class="main_l_t2">North Korea <span>Apr 8, 2021</span></div></div></a></li></ul>
<ul class="spot_li"><li><a href="/view.php?ud=20210407000888">1 Another</a></li></ul>
"""


def entries(page: Page) -> list[tuple[str, str, str | None]]:
    return [
        (entry.id, entry.headline, entry.date.isoformat()[:10] if entry.date else None)
        for entry in read_listing(page).entries
    ]


def test_list_of_today_is_read(make_page: Callable[..., Page]) -> None:
    assert entries(make_page(CURRENT, "/National")) == [
        ("11", "6 Boats 'race'", "2025-11-14"),
        ("12", "Two", "2025-01-31"),
    ]


def test_list_of_2023_is_read(make_page: Callable[..., Page]) -> None:
    page = make_page(YEAR_2023, "/list.php?ct=020603000000")
    assert entries(page) == [("20221122000111", "On tides", "2022-11-22")]


def test_list_of_2021_is_read(make_page: Callable[..., Page]) -> None:
    page = make_page(YEAR_2021, "/list.php?ct=020104000000")
    assert entries(page) == [("20210408000265", "Cells meet", "2021-04-08")]
    assert read_listing(page).layout == "2021"


def test_links_of_an_unknown_list_are_not_credited_to_the_section(make_page: Callable[..., Page]) -> None:
    html = CURRENT.replace("recent_news", "v5").replace("section_list", "v6")
    listing = read_listing(make_page(html, "/National"))
    assert not listing.credited
    assert entries(make_page(html, "/National")) == [
        ("11", "6 Boats 'race'", "2025-11-14"),
        ("12", "Two", "2025-01-31"),
    ]


ITEM = (
    '<li><a href="/article/{0}"><p class="news_title">Boat {0}</p><p class="news_text">Teaser cut mid-wo</p>'
    '<span class="date">May {0}, 2025</span></a></li>'
)
LATEST = f'<div class="latest"><h3>Latest News</h3><ul class="news_list">{ITEM.format(9)}</ul></div>'


@pytest.mark.parametrize(
    "html",
    [
        "<div><ul class='news_list'>{}</ul></div>",
        "<div class='search'><ol class='x news_list'><li><ul>{}</ul></li></ol></div>",
        LATEST + "<main><div><ul class='news_list'>{}</ul></div></main>",
        "<p class='rank'><a href='/article/8'>6 Boat 8</a></p><ul class='news_list'>{}</ul>",
        # A picture's link to the same article stands before, or the story of a box comes once more below.
        "<a href='/article/5'><img src='x.jpg'></a><ul class='news_list'>{}</ul>",
        "<nav><a href='/article/5'>Elsewhere</a></nav><ul class='news_list'>{}</ul>",
    ],
)
def test_known_items_in_unknown_surroundings_have_headlines_and_dates(
    make_page: Callable[..., Page], html: str
) -> None:
    page = make_page(html.format(ITEM.format(5) + ITEM.format(6)), "/reporter/2023020")
    assert entries(page) == [("5", "Boat 5", "2025-05-05"), ("6", "Boat 6", "2025-05-06")]
    assert not read_listing(page).credited


def test_links_beside_known_items_have_their_text_as_headline(make_page: Callable[..., Page]) -> None:
    item = ITEM.format(5).replace("</li>", '<a href="/article/7">A related ferry</a></li>')
    html = f'<main><a href="/article/4">A front</a><ul class="news_list">{item}</ul></main>'
    assert entries(make_page(html, "/National")) == [
        ("4", "A front", None),
        ("5", "Boat 5", "2025-05-05"),
        ("7", "A related ferry", None),
    ]


def test_boxes_inside_a_section_list_are_left_out(make_page: Callable[..., Page]) -> None:
    rank = f"<aside><h3>Most Read</h3><ul class='news_list'>{ITEM.format(8)}</ul></aside>"
    own = f"<ul class='news_list'>{ITEM.format(5)}</ul>"
    for html in (LATEST + rank + own, LATEST + f"<div><h2>Politics</h2>{own}</div>" + rank):
        page = make_page(f'<section class="a section_list">{html}</section>', "/National/Politics")
        assert entries(page) == [("5", "Boat 5", "2025-05-05")]
        assert read_listing(page).credited


@pytest.mark.parametrize("own", ["", '<article class="recent_news"><ul class="news_list"></ul></article>'])
def test_section_list_with_only_boxes_is_empty(make_page: Callable[..., Page], own: str) -> None:
    page = make_page(f'<section class="section_list">{LATEST}{own}</section>', "/National")
    assert read_listing(page).entries == []


@pytest.mark.parametrize("around", ["section_list", "x"])
def test_headline_before_its_link_does_not_make_a_box(make_page: Callable[..., Page], around: str) -> None:
    item = '<li><p class="news_title">Popular singer returns</p><a href="/article/5">Read</a></li>'
    page = make_page(f'<section class="{around}"><ul class="news_list">{item}</ul></section>', "/Kpop")
    assert entries(page) == [("5", "Popular singer returns", None)]


def test_heading_of_the_whole_list_does_not_make_a_box(make_page: Callable[..., Page]) -> None:
    html = f'<section class="section_list"><h2>Latest News</h2><ul class="news_list">{ITEM.format(5)}</ul></section>'
    page = make_page(html, "/National")
    assert entries(page) == [("5", "Boat 5", "2025-05-05")]
    assert read_listing(page).credited


def test_empty_list_has_no_entries(make_page: Callable[..., Page]) -> None:
    page = make_page('<article class="recent_news"><ul class="news_list"></ul></article>', "/National")
    assert read_listing(page).entries == []


MENU = """<ul class="gnb"><li><a href="/National">National</a><ul><li><a href="/National/NKorea">North Korea</a></li>
<li><a href="/National/Climate">Climate</a></li><li><a href="https://example.com/x">Shop</a></li></ul></li>
<li><a href="/list.php?ct=020104000000">North Korea</a></li><li><a href="/National">National</a></li></ul>"""


@pytest.mark.parametrize("tag", ["ul class='gnb'", "nav"])
def test_menu_is_read(make_page: Callable[..., Page], tag: str) -> None:
    html = MENU.replace('ul class="gnb"', tag)
    found = [
        (section.slug, url.removeprefix("https://www.koreaherald.com"))
        for section, url in read_menu(make_page(html, "/"))
    ]
    assert found == [
        ("national", "/National"),
        ("north-korea", "/National/NKorea"),
        ("climate", "/National/Climate"),
        ("north-korea", "/list.php?ct=020104000000"),
    ]


def test_label_is_preferred_to_the_section_code(make_page: Callable[..., Page]) -> None:
    """Mirrors have other section codes, but the same labels."""
    page = make_page('<ul class="gnb"><li><a href="/list.php?ct=020104000000">Defense</a></li></ul>', "/")
    assert [section.slug for section, _ in read_menu(page)] == ["defense"]


def test_text_of_the_link_is_the_headline_if_there_is_no_other(make_page: Callable[..., Page]) -> None:
    html = """<article class="recent_news"><ul class="news_list"><li><a href="/article/11">Ferry <b>sails</b></a></li>
    <li><a href="/article/12">Bridge</a><span class="date">soon</span></li></ul></article>"""
    one, two = read_listing(make_page(html, "/National")).entries
    assert (one.headline, one.date, one.printed) == ("Ferry sails", None, None)
    assert (two.headline, two.date, two.printed) == ("Bridge", None, "soon")


def test_nested_items_are_read_to_a_limited_depth(make_page: Callable[..., Page]) -> None:
    html = '<article class="recent_news">' + "".join(f"<li><a href=/article/1{n}>x</a><ul>" for n in range(6))
    assert [entry.id for entry in read_listing(make_page(html, "/National")).entries] == ["10", "11", "12"]


def loose(page: Page) -> list[str]:
    return [entry.id for entry in read_listing(page).entries]


@pytest.mark.parametrize(
    ("box", "is_one"),
    [
        ("<nav>{}</nav>", True),
        ("<footer>{}</footer>", True),
        ("<header>{}</header>", True),
        ('<div class="rank1">{}</div>', True),
        ('<div class="the-most x">{}</div>', True),
        ("<section><h3>Editor's Picks</h3><p>{}</p></section>", True),
        ("<section><h3>Latest News</h3><p>{}</p></section>", True),
        ("<section><h3>Politics</h3><h3>Latest News</h3>{}</section>", False),  # the first heading counts
        ("<section><h3>Popular culture</h3>{}</section>", True),
        ("<section><h3>The most popular</h3>{}</section>", False),
        ("<section><h2>Latest News</h2><a href=/article/6>y</a><h2>Politics</h2>{}</section>", False),
        ("<section><h2>Politics</h2><a href=/article/6>y</a><h2>Most Read</h2>{}</section>", True),
        ("<section><h2>Most Read</h2><a href=/article/6>y</a><strong>1</strong>{}</section>", True),
        ("<div><div><h3>Latest News</h3><a href=/article/6>y</a></div><h2>Top</h2>{}</div>", False),
        ("<div><div><h3>Latest News</h3><a href=/article/6>y</a></div><div>{}</div></div>", False),
        ("<div><div><h3>Most Read</h3></div><ul><li>{}</li></ul></div>", True),
        ("<div><a href=/article/6><strong>Popular singer returns</strong></a>{}</div>", False),
        ('<div class="navigator">{}</div>', False),
        ("<div>{}</div>", False),
        ("<p>" * 2 + "<div>" * 60 + "{}", False),
    ],
)
def test_boxes_of_other_sections_are_left_out(make_page: Callable[..., Page], box: str, is_one: bool) -> None:
    page = make_page("<body><main>" + box.format("<a href=/article/5>x</a>") + "</main></body>", "/National")
    assert ("5" not in loose(page)) == is_one


@pytest.mark.parametrize("around", ["main", "body", "html"])
def test_elements_around_the_whole_page_are_no_boxes(make_page: Callable[..., Page], around: str) -> None:
    """The heading of a box may be the first heading of the page."""
    html = "<html><body>{}</body></html>".format(
        "<main>{}</main>" if around == "main" else "<div>{}</div>" if around == "html" else "{}"
    )
    html = html.replace(f"<{around}>", f'<{around} class="most">')
    assert loose(make_page(html.format("<a href=/article/5>x</a>"), "/National")) == ["5"]


def test_first_heading_of_a_page_does_not_make_the_page_a_box(make_page: Callable[..., Page]) -> None:
    html = (
        "<body><main><i><h2>Most Read</h2><a href=/article/4>x</a></i><a href=/article/5>x</a></main></body>"
    )
    assert loose(make_page(html, "/National")) == ["5"]


@pytest.mark.parametrize(
    ("label", "href", "slug", "path"),
    [
        ("?", "/National", "national", "/National"),  # by its address
        ("  Sea & Tides! ", "/Sea", "sea-tides", "https://www.koreaherald.com/Sea"),
        ("XX", "/Sea", "xx", "https://www.koreaherald.com/Sea"),
    ],
)
def test_unknown_section_gets_a_slug_from_its_label(
    make_page: Callable[..., Page], label: str, href: str, slug: str, path: str
) -> None:
    ((section, url),) = read_menu(make_page(f'<nav><a href="{href}">{label}</a></nav>', "/"))
    assert (section.slug, section.path, url) == (slug, path, f"https://www.koreaherald.com{href}")
    if section not in SECTIONS:
        assert section.names == (label.strip(),)


def test_label_without_letters_is_skipped(make_page: Callable[..., Page]) -> None:
    assert read_menu(make_page('<nav><a href="/Sea">&gt;</a><a href="/Hill">...</a></nav>', "/")) == []


def test_selector_of_the_menu_is_chosen_by_the_page(make_page: Callable[..., Page]) -> None:
    assert menu_selector(make_page("<p>x</p>")) == MENUS[-1]
    assert menu_selector(make_page('<div class="header"><a href="/National">x</a></div>')) == MENUS[-1]
    assert menu_selector(make_page('<ul class="gnb"><a href="/National">x</a></ul>')) == "ul.gnb a[href]"


def test_listing_has_the_selector_that_found_its_items(make_page: Callable[..., Page]) -> None:
    listing = read_listing(make_page(YEAR_2021, "/list.php?ct=020104000000"))
    assert (listing.selector, listing.credited) == ("ul.main_sec_li > li", True)
    listing = read_listing(make_page('<main><a href="/article/5?a=b">A <b>ferry</b></a></main>', "/National"))
    assert (listing.layout, listing.selector, listing.credited) == ("generic", "a[href]", False)
    (entry,) = listing.entries
    assert (entry.url, entry.headline) == ("https://www.koreaherald.com/article/5", "A ferry")
