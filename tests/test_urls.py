"""Addresses: kind, id and canonical form."""

from __future__ import annotations

from datetime import date

import pytest

from herald_spider import sections, urls

UD = "https://www.koreaherald.com/view.php?ud=20210408000265"
NUMBER = "https://www.koreaherald.com/article/10618541"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://www.koreaherald.com/view.php?ud=20210408000265", UD),
        ("http://khnews.heraldcorp.com/view.php?ud=20210408000265&md=20220325003058_BL", UD),
        ("//news.koreaherald.com/view.php?kr=1&ud=20210408000265&np=3", UD),
        ("view.php?ud=/view.php?ud=20210408000265", UD),
        ("/view.php?ud=20210408000265#top", UD),
        ("https://m.koreaherald.com/article/10618541?utm_source=x", NUMBER),
        ("http://koreaherald.com/article/10618541/", NUMBER),
        ("  /article/10618541 ", NUMBER),
        ("https://www.koreaherald.com//article///10618541", NUMBER),
        ("/article/0010618541", NUMBER),
        ("/article/00100", "https://www.koreaherald.com/article/100"),
        ("/article/000", "https://www.koreaherald.com/article/0"),
        ("/view.php?ud=2021&ud=20210408000265", UD),
        ("/article/10618541/ferry-stops-off-jeju", NUMBER),
        ("https://www.koreaherald.com/article/10618541&utm=1", NUMBER),
        ("https://m.koreaherald.com/article/10618541%20", NUMBER),
        ("/article/10618541;jsessionid=1", NUMBER),
        ("/article/10618541.", NUMBER),
        ("http://www.koreaherald.com/article/10618541에", NUMBER),
    ],
)
def test_addresses_of_articles(url: str, canonical: str) -> None:
    address = urls.classify(url)
    assert (address.kind, address.url) == ("article", canonical)
    assert address.url == urls.article_url(address.id or "")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("/list.php?ct=020101000000&ctv=0&kr=0", "https://www.koreaherald.com/list.php?ct=020101000000"),
        ("/list.php?ctv=12&np=9", "https://www.koreaherald.com/list.php?ctv=12&np=9"),
        (
            "/National/Politics?page=2&pageTop=true",
            "https://www.koreaherald.com/National/Politics?page=2&pageTop=true",
        ),
        ("/National/", "https://www.koreaherald.com/National"),
        ("/LifenCulture?page=1&pageTop=true", "https://www.koreaherald.com/LifenCulture"),
        ("/Topics/SpaceX/", "https://www.koreaherald.com/Topics/SpaceX"),
        ("/LifenCulture/Arts&Design", "https://www.koreaherald.com/LifenCulture/Arts&Design"),
        (
            "/National/2024Election?page=3&pageTop=true",
            "https://www.koreaherald.com/National/2024Election?page=3&pageTop=true",
        ),
        ("/Kpop/Top10/", "https://www.koreaherald.com/Kpop/Top10"),
    ],
)
def test_addresses_of_listings(url: str, canonical: str) -> None:
    assert urls.classify(url) == urls.Address("listing", canonical)


@pytest.mark.parametrize("path", ["/rss/newsAll", "/common/rss_xml.php?ct=102", "/sitemap.xml"])
def test_addresses_of_feeds_keep_their_query(path: str) -> None:
    assert urls.classify(path) == urls.Address("feed", f"https://www.koreaherald.com{path}")


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "https://www.koreaherald.com",
        "/article/abc",
        "/article/10618541b",
        "/article/123456789012345678901",
        "/article/١٢",  # digits, but not the site's
        "/article/",
        "/en/article/1",
        "/National/2024",
        "/National/&",
        "/National/Politics&utm=1",
        "/4Kids",
        "/view.php",
        "/view.php?ud=12",
        "/reporter/2023020",
        "/search/detail?q=x",
        "https://kpopherald.koreaherald.com/article/1",
        "https://example.com/article/1",
        "javascript:void(0)",
        "mailto:dasol@heraldcorp.com",
        "http://[broken",
        "ftp://www.koreaherald.com/article/1",
    ],
)
def test_other_addresses_are_not_changed(url: str) -> None:
    assert urls.classify(url) == urls.Address("other", url)


@pytest.mark.parametrize(("url", "is_ud"), [(UD, True), (NUMBER, False), ("/National", False)])
def test_address_has_the_form_of_its_id(url: str, is_ud: bool) -> None:
    assert urls.classify(url).is_ud is is_ud


@pytest.mark.parametrize(
    ("article_id", "day"),
    [
        ("20210408000265", date(2021, 4, 8)),
        ("20211308000265", None),  # no month
        ("10618541", None),
        ("202104080002651", None),
    ],
)
def test_day_of_filing_is_read_from_a_ud(article_id: str, day: date | None) -> None:
    assert urls.filed(article_id) == day


@pytest.mark.parametrize(
    ("listing", "second"),
    [
        ("/National", "/National?page=2&pageTop=true"),
        ("/list.php?ct=020101000000", "/list.php?ct=020101000000&np=2"),
    ],
)
def test_addresses_of_further_listing_pages(listing: str, second: str) -> None:
    assert urls.listing_page(urls.SITE + listing, 1) == urls.SITE + listing
    assert urls.listing_page(urls.SITE + listing, 2) == urls.SITE + second


@pytest.mark.parametrize("rest", ["", "/article/1", "?a=b", "#top"])
def test_rebase_moves_an_address_to_a_mirror(rest: str) -> None:
    assert urls.rebase(urls.SITE + rest, "http://127.0.0.1:8000/") == f"http://127.0.0.1:8000{rest}"


@pytest.mark.parametrize(
    "url", ["https://www.koreaherald.com.example.org/", "https://example.com/", "/article/1"]
)
def test_rebase_does_not_move_addresses_of_other_hosts(url: str) -> None:
    assert urls.rebase(url, "http://127.0.0.1:8000") == url


def test_relative_links_are_resolved_against_the_base() -> None:
    address = urls.classify("http://127.0.0.1:8000/article/5", "http://127.0.0.1:8000/")
    assert address.url == "https://www.koreaherald.com/article/5"
    assert urls.classify("http://127.0.0.1:9/article/5", "http://127.0.0.1:8000/").kind == "other"
    # A host and what only begins like it.
    assert urls.classify("http://127.0.0.1:8000/article/5", "http://127.0.0.1:80/").kind == "other"
    menu = urls.classify("http://127.0.0.1:8000/about.jsp", "http://127.0.0.1:8000/")
    assert menu == urls.Address("other", "http://127.0.0.1:8000/about.jsp")


def test_names_codes_and_paths_of_sections_are_unique() -> None:
    """No slug, code or path stands for two sections, and every parent exists."""
    table = sections.SECTIONS
    assert len({each.slug for each in table}) == len(table)
    for attribute in ("codes", "path"):
        values = [value for each in table for value in (getattr(each, attribute) or ())]
        if attribute == "path":
            values = [each.path.lower() for each in table if each.path]
        assert len(set(values)) == len(values)
    for each in table:
        assert {each.parent, each.former_parent} - {None} <= set(sections.BY_SLUG)
        assert all(sections.by_code(code) is each for code in each.codes)
        assert all(sections.by_name(name) is each for name in each.names)


@pytest.mark.parametrize(
    ("label", "slug"),
    [("Life & Style", "life-culture"), ("Life&amp;Culture", "life-culture"), ("SOCIAL AFFAIRS", "social-affairs"),
     ("Food & Beverage", "food"), ("K-pop", "k-pop"), ("Defense", "defense"), ("LifenCulture", "life-culture"),
     ("CourtsandLaw", "courts"), ("National > Politics", "politics"), ("National > Harbors", "national")],
)  # fmt: skip
def test_sections_are_found_by_name(label: str, slug: str) -> None:
    section = sections.by_name(label)
    assert section is not None
    assert section.slug == slug


MENU_2021 = {
    "National": "Politics, Social Affairs, Foreign Affairs, Defense, North Korea, Science, Diplomatic Circuit, Education",
    "Business": "Industry, Technology, Transport, Retail",
    "Finance": "Economy, Market, Money",
    "Life&Style": "Culture, Travel, Fashion, Food & Beverage, Books, People, Expat Living, Arts & Design, Health",
    "Entertainment": "Film, Television, Music, Theater, K-pop",
    "Sports": "Soccer, Baseball, Golf, More Sports",
    "World": "World News, World Business",
    "Opinion": "Editorial, Viewpoints",
    "English Eye": "Podcast, English Cafe",
    "Topics": "Weekender, PR Newswire",
}
MENU_NOW = {
    "National": "Politics, Social Affairs, Courts, Seoul, Education, Foreign, Military, North Korea",
    "Business": "Market, Technology, Industry, Mobility, Consumer, Economy",
    "Life&Culture": "Culture, Travel, Food, People, Books, Film, Television",
    "Sports": "Soccer, Baseball, Golf",
    "World": "World News, World Business",
    "Opinion": "Editorial, Viewpoints",
}


@pytest.mark.parametrize(("menu", "former"), [(MENU_2021, True), (MENU_NOW, False)], ids=["2021", "now"])
def test_table_has_the_whole_menu(menu: dict[str, str], former: bool) -> None:
    """Every label of the menus of April 2021 and April 2026, below the parent that it had there."""
    for label, leaves in menu.items():
        parent = sections.by_name(label)
        assert parent is not None, label
        for leaf in leaves.split(", "):
            section = sections.by_name(leaf)
            assert section is not None, leaf
            assert sections.place(section, former=former) == (parent.slug, section.slug)
            assert section in sections.children(parent.slug)


def test_place_depends_on_the_menu() -> None:
    film = sections.BY_SLUG["film"]
    assert sections.place(film) == ("life-culture", "film")
    assert sections.place(film, former=True) == ("entertainment", "film")
    assert sections.place(sections.BY_SLUG["national"]) == ("national", None)
    assert sections.place(sections.BY_SLUG["k-pop"]) == ("k-pop", None)
