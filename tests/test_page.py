"""Decoding, structured data, and checks that a page holds an article."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse

from herald_spider.loaders import Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.decoding import decode, has_end, is_binary
from herald_spider.loaders.layouts import ALL, LAYOUTS, file_of, layout_of, rules_of
from herald_spider.loaders.page import Page
from herald_spider.loaders.survey import recognised

KOREAN = "The ferry 배 stopped “today”"


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
@pytest.mark.parametrize("declared", ["utf-8", "euc-kr", None])
def test_encoding_is_found_from_the_bytes_not_the_declaration(encoding: str, declared: str | None) -> None:
    html = f'<meta charset="{declared}">{KOREAN}' if declared else KOREAN
    content_type = f"text/html; charset={declared}" if declared else None
    assert KOREAN in decode(html.encode(encoding), content_type)


def test_lines_in_different_encodings_are_decoded_one_by_one() -> None:
    body = "배 하나\n".encode() + "배 둘\n".encode("cp949") + b"\xff\xff\xff end"
    text = decode(body)
    assert "배 하나\n배 둘\n" in text
    assert text.endswith(" end")


def test_character_cut_off_at_the_end_is_dropped() -> None:
    assert decode("The ferry 배".encode()[:-1]) == "The ferry "


def test_declared_windows_1252_is_used() -> None:
    assert decode("It’s a café".encode("cp1252"), "text/html; charset=windows-1252") == "It’s a café"


def test_utf16_is_recognised_by_its_byte_order_mark() -> None:
    assert decode("\ufeff배".encode("utf-16-le")) == "배"


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "headline": "H"}',
        '[{"@type": "Organization"}, {"@type": ["Article"], "headline": "H"}]',
        '{"@graph": [{"@type": "ReportageNewsArticle", "headline": "H"}]}',
        '{"@type": "NewsArticle", "headline": "H", "description": "two\nlines",}',
        '<!-- {"@type": "NewsArticle", "headline": "H"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "H"}\n//]]>',
        '{"@type": "http://schema.org/NewsArticle", "headline": "H"}',
        '{"@type": "https://schema.org/Article", "headline": "H"}',
        '{"@type": ["Thing", "OpinionNewsArticle"], "headline": "H"}',
        '[{"@type": "LiveBlogPosting", "headline": "H"}, {"headline": "Other", "datePublished": "2026"}]',
        '{"headline": "H", "datePublished": "2026-09-10T11:00:00"}',
        '{"@graph": [{"@type": "WebSite", "headline": "W"},'
        ' {"@type": "WebPage", "headline": "H", "datePublished": "2026-09-10"}]}',
    ],
)
def test_json_ld_as_sites_write_it(make_page: Callable[..., Page], script: str) -> None:
    page = make_page(f'<script type="application/ld+json">{script}</script>')
    assert [thing["headline"] for thing in page.json_ld] == ["H"]


@pytest.mark.parametrize(
    "script",
    [
        "", "{", "null", "[[[[[[1]]]]]]", '{"@type": {"a": 1}}', '"text"',
        '{"@type": "WebPage", "headline": "H"}',
        '{"@type": "WebPage", "headline": "H", "datePublished": ""}',
        '{"@type": ["Organization", 1], "datePublished": "2026-09-10"}',
        '{"@type": "ArticleList", "name": "N"}',
    ],
)  # fmt: skip
def test_json_ld_without_an_article_is_ignored(make_page: Callable[..., Page], script: str) -> None:
    assert make_page(f'<script type="application/ld+json">{script}</script>').json_ld == []


@pytest.mark.parametrize(
    ("html", "layout"),
    [
        ('<article id="articleText"><p>x</p></article>', "2024"),
        ('<article class="article-view article-body news_content"><p>x</p></article>', "2024"),
        ('<div class="news_content"><div class="news_text_area">x</div></div>', "2023"),
        ('<h1 class="view_tit">x</h1><div id="articleText">x</div>', "2021"),
        ('<div class="nview"><div id="articleText">x</div></div>', "2021"),
        ("<h1>x</h1>", "generic"),
        ("", "generic"),
    ],
)
def test_layout_is_chosen_by_its_markers(make_page: Callable[..., Page], html: str, layout: str) -> None:
    for path in ("/article/1", "/view.php?ud=20210408000265"):
        assert layout_of(make_page(html, path)).name == layout


def test_layouts_are_found_newest_first() -> None:
    names = [layout.name for layout in LAYOUTS]
    assert names == sorted(names, reverse=True)
    assert names[-3:] == ["2024", "2023", "2021"]
    assert ALL[-1].name == "generic"


def test_deleted_page_served_with_200_is_no_article(make_page: Callable[..., Page]) -> None:
    page = make_page('<meta property="og:url" content="https://www.koreaherald.com/"><p>Not found</p>')
    with pytest.raises(NoArticle):
        read_article(page)


@pytest.mark.parametrize(
    "script",
    ["location.href = '/article/7';", 'window.location.replace("/article/7")', "location='/article/7'"],
)
def test_redirect_by_script_raises_moved(make_page: Callable[..., Page], script: str) -> None:
    with pytest.raises(Moved) as moved:
        read_article(make_page(f"<script>{script}</script>", "/view.php?ud=20210408000265"))
    assert moved.value.url == "https://www.koreaherald.com/article/7"


@pytest.mark.parametrize(
    "script", ["location.assign('/article/7')", 'window.location.assign( "/article/7" );']
)
def test_redirect_by_location_assign_raises_moved(make_page: Callable[..., Page], script: str) -> None:
    with pytest.raises(Moved) as moved:
        read_article(make_page(f"<script>{script}</script>"))
    assert moved.value.url == "https://www.koreaherald.com/article/7"


def test_redirect_to_the_front_page_is_no_article(make_page: Callable[..., Page]) -> None:
    with pytest.raises(NoArticle):
        read_article(make_page("<script>location.href='/'</script>"))


BODY = '<article id="articleText"><p>The ferry stopped.</p></article>'


def test_a_stated_id_is_kept_as_a_claim(make_page: Callable[..., Page]) -> None:
    html = '<link rel="canonical" href="https://www.koreaherald.com/article/7">' + BODY
    item = read_article(make_page(html, "/view.php?ud=20210408000265"))
    assert (item.id, item.aliases) == ("20210408000265", [])
    assert item.companions.stated == ["7"]


def test_canonical_link_to_another_article_is_ignored(make_page: Callable[..., Page]) -> None:
    html = '<meta property="og:url" content="https://www.koreaherald.com/article/7">' + BODY
    item = read_article(make_page(html, "/article/8"))
    assert (item.id, item.aliases) == ("8", [])


def test_redirected_addresses_become_aliases() -> None:
    page = Page(
        "https://www.koreaherald.com/article/8",
        BODY.encode(),
        redirected_from=["http://m.koreaherald.com/view.php?ud=20210408000265"],
    )
    assert read_article(page).aliases == ["https://www.koreaherald.com/view.php?ud=20210408000265"]


def no_article(page: Page) -> str:
    with pytest.raises(NoArticle) as error:
        read_article(page)
    return str(error.value)


FILLER = f"<p>{'Many words. ' * 20}</p>"


def test_reason_is_given_for_each_page_without_an_article(make_page: Callable[..., Page]) -> None:
    another = '<meta property="og:url" content="https://www.koreaherald.com/article/2">'
    assert no_article(make_page("News", "/")) == "the address led to a page that is no article"
    assert no_article(make_page("News", "/x/y")) == "no page: the address led to a page that is no article"
    assert no_article(make_page(" ")) == "no page: an empty answer"
    assert no_article(make_page("\x00\x01" * 99)) == "no page: binary data"
    assert no_article(make_page("<div>" * 3000)) == "no page: elements nested too deep"
    assert no_article(make_page("<script>location.href='/'</script>")) == "a redirect by script to no article"
    lost = "no article in the page, and its og:url is another one's"
    assert no_article(make_page(FILLER)) == "no page: no article in it"
    assert no_article(make_page(another + FILLER)) == lost


def test_page_of_unknown_layout_that_states_its_own_address_is_read(make_page: Callable[..., Page]) -> None:
    own = '<meta property="og:url" content="https://www.koreaherald.com/article/1">'
    for head in (own, '<meta property="og:type" content="article">'):
        assert read_article(make_page(f"{head}<h1>Ferry</h1>{FILLER}")).headline == "Ferry"
    # The address of what was asked for names no article, the page does.
    assert read_article(make_page(f"{own}<h1>Ferry</h1>{FILLER}", "/")).id == "1"


ARTICLE_TYPE = '<meta property="og:type" content="article">'


@pytest.mark.parametrize(
    "link", ['<meta property="og:url" content="{}">', '<link rel="canonical" href="{}">']
)
@pytest.mark.parametrize(
    ("stated", "path"),
    [
        ("https://www.koreaherald.com/", "/article/1"),
        ("/", "/view.php?ud=20210408000265"),
        ("https://www.koreaherald.com?from=article", "/article/1"),
        ("//www.koreaherald.com/#top", "/article/1"),
        (" / ", "/article/1"),
        ("/National", "/article/1"),
        ("/list.php?ct=020100000000", "/view.php?ud=20210408000265"),
        ("/article/2", "/article/1"),
        ("/view.php?ud=20210407000001", "/view.php?ud=20210408000265"),
    ],
)
def test_page_of_unknown_layout_that_states_another_address_is_no_article(
    make_page: Callable[..., Page], link: str, stated: str, path: str
) -> None:
    """The site's template marks every page as an article, also those of deleted stories."""
    page = make_page(f"{ARTICLE_TYPE}{link.format(stated)}<h1>Not found</h1>{FILLER}", path)
    assert no_article(page) == "no article in the page, and its og:url is another one's"


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ("", "/article/1"),
        ('<meta property="og:url" content=" ">', "/article/1"),
        ('<link rel="canonical" href=" ">', "/article/1"),
        ('<meta property="og:url" content="/article/1">', "/article/1"),
        ('<meta property="og:url" content="http://m.koreaherald.com/article/1?from=x">', "/article/1"),
        # One of two is a mistake.
        ('<link rel="canonical" href="/"><meta property="og:url" content="/article/1">', "/article/1"),
        # An old address that answers with the new one's page, and the other way.
        ('<meta property="og:url" content="/article/7">', "/view.php?ud=20210408000265"),
        ('<link rel="canonical" href="/view.php?ud=20210408000265">', "/article/7"),
        # Copies that were made to link to one another.
        ('<link rel="canonical" href="https://archive.example.org/web/2021/http://www.koreaherald.com/">', "/article/1"),
        ('<meta property="og:url" content="./article.html">', "/article/1"),
        ('<meta property="og:url" content="http://[broken/page">', "/article/1"),
        # The JSON-LD is the story's.
        (
            '<meta property="og:url" content="/"><script type="application/ld+json">'
            '{"@type": "NewsArticle", "headline": "Ferry"}</script>',
            "/article/1",
        ),
    ],
)  # fmt: skip
def test_page_of_unknown_layout_that_states_no_other_address_is_read(
    make_page: Callable[..., Page], head: str, path: str
) -> None:
    item = read_article(make_page(f"{ARTICLE_TYPE}{head}<h1>Ferry</h1>{FILLER}", path))
    assert (item.headline, item.layout) == ("Ferry", "generic")


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        '<h1 class="view_tit">Ferry</h1><div class="view_con_t">The ferry stopped.</div>',
        '<div class="news_content"><div class="news_text_area"><p>The ferry stopped.</p></div></div>',
    ],
)
def test_page_of_a_known_layout_is_read_whatever_address_it_states(
    make_page: Callable[..., Page], body: str
) -> None:
    item = read_article(make_page(f'<meta property="og:url" content="/">{body}'))
    assert (item.id, item.body) == ("1", "The ferry stopped.")


def test_shell_that_states_the_front_page_needs_rendering(make_page: Callable[..., Page]) -> None:
    home = f'{ARTICLE_TYPE}<meta property="og:url" content="/">'
    with pytest.raises(NeedsRendering):
        read_article(make_page(f'{home}<div id="app"></div><script src="/app.js"></script>'))


def test_script_redirect_on_a_page_with_a_story_is_ignored(make_page: Callable[..., Page]) -> None:
    html = f"<meta property='og:type' content='article'>{FILLER}<script>location.href='/article/7'</script>"
    assert read_article(make_page(html)).id == "1"


def test_text_of_scripts_does_not_count_as_a_story(make_page: Callable[..., Page]) -> None:
    html = f"<body>Moved.<script>{'//' * 200}\nlocation.href='/article/7'</script><script>a()</script>"
    with pytest.raises(Moved, match="article/7"):
        read_article(make_page(html))


def test_rules_and_file_of_a_layout_are_found_by_its_name(make_page: Callable[..., Page]) -> None:
    page = make_page('<article id="articleText"></article><h1 class="view_tit">x</h1>')
    assert recognised(page) == {"2024": ["article#articleText"], "2021": ["h1.view_tit"]}
    assert rules_of("2021") is LAYOUTS[-1].rules
    assert rules_of("1999") == {}
    assert file_of("2024") == "loaders/layouts/site_2024.py"
    assert file_of("1999") == "loaders/layouts/"


def test_page_of_a_response_has_its_encoding_and_redirects() -> None:
    url, asked = "http://127.0.0.1:8000/article/1", "http://127.0.0.1:8000/view.php?ud=20210408000265"
    request = Request(asked, meta={"redirect_urls": [asked]})
    body = "<p>It’s</p>".encode("cp1252")
    headers = {"Content-Type": "text/html; charset=windows-1252"}
    page = Page.from_response(HtmlResponse(url, headers=headers, body=body, request=request), "http://mirror")
    assert (page.url, page.base, page.redirected_from) == (url, "http://mirror", [asked])
    assert "It’s".encode() in page.source
    plain = Page.from_response(HtmlResponse(url, body=b"x", request=Request(url)))
    assert (plain.source, plain.base, plain.redirected_from) == (b"x", "https://www.koreaherald.com", ())


def test_json_ld_is_searched_to_a_limited_depth(make_page: Callable[..., Page]) -> None:
    article = '{"@type": "Article", "headline": "H"}'

    def count(script: str) -> int:
        return len(make_page(f'<script type="application/ld+json">{script}</script>').json_ld)

    assert count("[[[[" + article + "]]]]") == 1
    assert count("[[[[[" + article + "]]]]]") == 0
    for key in ("@graph", "mainEntity", "mainEntityOfPage"):
        page = f'{{"@type": "WebPage", "{key}": {article}}}'
        assert count(page) == 1
        assert count("[[[" + page + "]]]") == 1
        assert count("[[[[" + page + "]]]]") == 0


def test_json_ld_with_a_raw_line_break_in_a_string(make_page: Callable[..., Page]) -> None:
    page = make_page('<script type="application/ld+json">{"@type": "Article", "headline": "a\tb"}</script>')
    assert page.json_ld[0]["headline"] == "a\tb"


def test_links_on_a_mirror_belong_to_the_site() -> None:
    mirror = Page("http://mirror.example/National/x", b"", base="http://127.0.0.1:8000")
    for link in ("/article/7", "//mirror.example/article/7", "http://127.0.0.1:8000/article/7"):
        assert mirror.address(link).url == "https://www.koreaherald.com/article/7"
    assert mirror.address("../view.php?ud=20210408000265").id == "20210408000265"
    assert mirror.address("http://127.0.0.1:9/article/7").kind == "other"


def test_selector_with_a_word_that_is_not_on_the_page_selects_nothing(make_page: Callable[..., Page]) -> None:
    page = make_page('<p class="a">x</p>')
    assert [element.tag for element in page.select("p.a, p.b")] == ["p"]
    assert page.select("p.b") == []
    assert page.select("p.a") is page.select("p.a")


@pytest.mark.parametrize("value", ["one two", "two", "\ttwo\none", "two\r", " two "])
def test_class_words_are_separated_by_any_white_space(make_page: Callable[..., Page], value: str) -> None:
    page = make_page(f'<i id="two"></i><i data-x="two"></i><p class="{value}">x</p>')
    assert page.select(".no-page-had-this-before") == []
    assert [element.tag for element in page.select(".two")] == ["p"]
    assert [element.tag for element in page.select("p[class~=two]")] == ["p"]


@pytest.mark.parametrize(
    ("body", "binary"),
    [
        (b"\x00" * 2 + b"x" * 98, False),
        (b"\x00" * 3 + b"x" * 97, True),
        (b"x" * 4096 + b"\x00" * 999, False),
        ("\ufeffx".encode("utf-16"), False),
        (b"", False),
        ("배\t\r\n\f\x1b".encode("cp949"), False),
    ],
)
def test_binary_data_is_recognised(body: bytes, binary: bool) -> None:
    assert is_binary(body) is binary


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b"", True),
        (b"<p>x", True),  # a scrap, which never began
        (b"<html><p>x", False),
        (b"<html><p>x</html>", True),
        (b"<html><p>x</body>" + b" " * 2000, True),  # what stands behind it may be long
        (b"<BODY class=a>x", False),
        (b"<bodyguard>x", True),
        (b"<p>x</html>", True),
        (b"<p>x</BODY >", True),
        (b"</html>" + b" " * 2000, True),
        (b"x" * 2000 + b"</html>", True),
    ],
)
def test_complete_pages_are_recognised(body: bytes, whole: bool) -> None:
    assert has_end(body) is whole


@pytest.mark.parametrize("body", [b"", b" ", b"<!-- -->", b"<!DOCTYPE html>", b"</p>"])
def test_document_without_elements_is_an_empty_page(body: bytes) -> None:
    page = Page("https://www.koreaherald.com/article/1", body)
    assert page.root.tag == "html"
    assert page.select("p") == page.select(".a") == []


def test_zero_bytes_are_removed(make_page: Callable[..., Page]) -> None:
    (paragraph,) = make_page("<p class=a>O\x00ne</p>").select(".a")
    assert paragraph.text == "One"


def test_byte_order_mark_is_removed(make_page: Callable[..., Page]) -> None:
    assert make_page("\ufeff<p>배</p>").source == "<p>배</p>".encode()


def test_cut_off_character_after_a_byte_order_mark_is_replaced() -> None:
    assert decode(b"\xff\xfeA\x00B") == "A\ufffd"


@pytest.mark.parametrize("name", ["punycode", "idna", "utf-7", "unicode_escape", "rot13", "hex"])
def test_only_encodings_of_the_web_are_honoured(name: str) -> None:
    """Python's other codecs may take minutes or raise exceptions of their own."""
    text = "서울 " * 100
    assert decode(text.encode("cp949"), f"text/html; charset={name}") == text
