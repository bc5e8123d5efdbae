"""Rules of layouts: the values and the source of each kind of rule; selectors and elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cssselect import SelectorSyntaxError
from parsel import Selector

from herald_spider.loaders.bylines import bylines, printed_above, reporters
from herald_spider.loaders.elements import picture_of, text_of
from herald_spider.loaders.layout import Layout
from herald_spider.loaders.page import Page
from herald_spider.loaders.rules import Rule, css, json_ld, labelled, meta
from herald_spider.loaders.selectors import alternatives


def found(page: Page, *rules: Rule) -> list[tuple[str, str, list[str]]]:
    return [(rule.source, rule.text, list(map(text_of, rule.find(page)))) for rule in rules]


def test_css_selects_elements_and_attributes(make_page: Callable[..., Page]) -> None:
    page = make_page('<h1>One</h1><p class="a">Two</p><time datetime="2026-09-14">x</time>')
    assert found(page, *css("h1", ".a", "time::attr(datetime)", ".none")) == [
        ("css", "h1", ["One"]),
        ("css", ".a", ["Two"]),
        ("css", "time::attr(datetime)", ["2026-09-14"]),
        ("css", ".none", []),
    ]


def test_css_returns_a_limited_number_of_values(make_page: Callable[..., Page]) -> None:
    assert len(css("b")[0].find(make_page("<b>x</b>" * 300))) == 200


def test_wrong_selector_raises_when_the_rule_is_made() -> None:
    with pytest.raises(SelectorSyntaxError):
        css("h1 >")


@pytest.mark.parametrize(
    ("value", "path", "strings"),
    [
        ({"headline": "H"}, "headline", ["H"]),
        ({"author": {"name": "Kim"}}, "author.name", ["Kim"]),
        (
            {"author": [{"name": "Kim"}, {"name": "Lee"}, "Park", {"url": "x"}]},
            "author.name",
            ["Kim", "Lee", "Park"],
        ),
        ({"author": "Kim"}, "author.name", ["Kim"]),
        ({"author": "Kim"}, "author.person.name", []),
        ({"author": {"name": " "}}, "author.name", []),
        ({"author": {"name": {"first": "Kim"}}}, "author.name", []),
        ({"headline": 5}, "headline", []),
    ],
)
def test_json_ld_returns_the_strings_at_a_path(
    make_page: Callable[..., Page], value: dict[str, Any], path: str, strings: list[str]
) -> None:
    page = make_page("")
    page.__dict__["json_ld"] = [value]
    assert found(page, *json_ld(path)) == [("json-ld", path, strings)]


def test_meta_returns_the_first_value_and_marks_open_graph(make_page: Callable[..., Page]) -> None:
    page = make_page(
        '<meta property="og:title" content="One"><meta property="og:title" content="Two">'
        '<meta name="Author" content="Kim"><meta itemprop="date" content="2026"><meta name="empty" content=" ">'
    )
    assert found(page, *meta("og:title", "author", "date", "empty", "none")) == [
        ("og", "og:title", ["One"]),
        ("meta", "author", ["Kim"]),
        ("meta", "date", ["2026"]),
        ("meta", "empty", []),
        ("meta", "none", []),
    ]


@pytest.mark.parametrize(
    ("html", "dates"),
    [
        ("<p>Published : Apr 8, 2021 - 10:13   Updated : Apr 9, 2021</p>", ["Apr 8, 2021 - 10:13"]),
        ("<p>Published Apr 8, 2021 UPDATED: Apr 9</p>", ["Apr 8, 2021"]),
        ("<p><b>Published</b> Apr 8, 2021</p>", ["Apr 8, 2021"]),
        ("<script>Published : x</script>", []),
        (f"<p>Published : {'x' * 300}</p>", []),
        ("<p>Updated : Apr 9, 2021</p>", []),
        (f"<p>Published : {'x' * 288}</p>", ["x" * 288]),
    ],
)
def test_labelled_returns_the_text_behind_a_label(
    make_page: Callable[..., Page], html: str, dates: list[str]
) -> None:
    (rule,) = labelled("Published")
    values = rule.find(make_page(html))
    assert (rule.source, rule.text) == ("css", "text 'Published'")
    assert sorted(set(values)) == dates


def test_labelled_reads_a_limited_number_of_elements(make_page: Callable[..., Page]) -> None:
    (rule,) = labelled("Published")
    assert len(rule.find(make_page("<div><p>Published : x</p></div>" * 30))) == 40


def test_labelled_searches_the_usual_places_first(make_page: Callable[..., Page]) -> None:
    (rule,) = labelled("Published", ".dates")
    elsewhere, there = "<p>Published : in the story</p>", "<p class='dates'>Published : May 3</p>"
    assert rule.find(make_page(elsewhere + there))[0] == "May 3"
    assert rule.find(make_page(f"{elsewhere}<p class='dates'>May 3</p>"))[0].startswith("in the story")
    assert rule.find(make_page("<p class='dates'>May 3</p>")) == []


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ('<p class="b">By Kim</p><p class="b">By Lee</p>', "By Kim, By Lee"),
        ('<p class="b">By Kim</p><div><p class="b">By Lee</p></div>', "By Kim"),  # elsewhere
        ('<ul><li><p><i class="b">By Kim</i></p></li><li><p><i class="b">By Lee</i></p></li></ul>', "By Kim, By Lee"),
        ('<div><p class="b">By Kim</p></div><main><p class="b">By Lee</p></main>', "By Kim"),
        ('<div class="b"><p>By Kim</p><p>Kim Da-sol<br>Lee On</p><div>Follow</div>2026.09.14<p>Published : today</p></div>',
         "By Kim, Kim Da-sol, Lee On"),
        ('<p class="b">By Kim , Lee</p>', "By Kim, Lee"),
        ('<p class="b">Follow</p>', "Follow"),  # nothing to choose from
        ('<p class="b">김다솔</p><p class="b">Lee On</p>', "김다솔, Lee On"),
        ('<p class="b">By Kim</p><i> </i><p>&lt;a@b.kr&gt;</p><p>b@b.kr</p><p>c@b.kr said</p><p>d@b.kr</p>',
         "By Kim <a@b.kr> b@b.kr"),
        ('<p class="b">By Kim<script>x</script></p><p>x</p><p>a@b.kr</p>', "By Kim"),
        ('<p class="b"> </p><p>a@b.kr</p>', None),
    ],
)  # fmt: skip
def test_bylines_are_joined_to_one_line(make_page: Callable[..., Page], html: str, line: str | None) -> None:
    (rule,) = bylines(".b")
    assert (rule.source, rule.text) == ("css", ".b")
    assert rule.find(make_page(html)) == ([line] if line else [])


def test_bylines_of_other_stories_are_left_out(make_page: Callable[..., Page]) -> None:
    (rule,) = bylines(".b", story=("#none", ".story"))
    other = '<div><a href="/article/7">Fog</a><p class="b">By Lee</p></div>'
    story = '<div class="story">One.</div>'
    assert rule.find(make_page(f'{other}<p class="b">By Kim</p>{story}')) == ["By Kim"]
    assert rule.find(make_page(f"{other}{story}")) == []
    assert rule.find(make_page(f'<div class="b">{story}</div>')) == []  # around it
    assert rule.find(make_page(other)) == ["By Lee"]  # no story to be outside of
    assert rule.find(make_page(f"{other}<h1>Ferry</h1>")) == []


def test_reporters_are_found_by_their_links(make_page: Callable[..., Page]) -> None:
    (rule,) = reporters('a[href*="/reporter/"]', story=(".story",))
    link = '<a href="/reporter/{}">{}</a>'
    own = "".join(
        link.format(*each) for each in [(1, "All"), (1, "Kim Da-sol"), (2, "By Lee On"), (1, "More Here")]
    )
    other = f'<div><a href="/article/7">Fog</a>{link.format(3, "Park Su")}</div>'
    page = make_page(f'<div>{own}</div><div class="story">One.</div>{other}')
    assert (rule.source, rule.text) == ("css", 'a[href*="/reporter/"]')
    assert rule.find(page) == ["Kim Da-sol", "By Lee On"]


def test_byline_above_the_story_is_found_in_any_markup(make_page: Callable[..., Page]) -> None:
    (rule,) = printed_above((".story",))
    assert (rule.source, rule.text) == ("css", "text 'By'")
    html = '<h1>{}</h1><div><p>By Kim Da-sol</p></div>{}<div class="story">One.</div><p>By Park Su</p>'
    assert rule.find(make_page(html.format("Ferry", ""))) == ["By Kim Da-sol"]
    assert rule.find(make_page(html.format("Ferry", "<p>Lee On lee@b.kr</p>"))) == [
        "By Kim Da-sol, Lee On lee@b.kr"
    ]
    assert rule.find(make_page(html.replace("story", "none"))) == []


# The pieces below them ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        (".a", [["a"]]),
        ("h1, .b", [[], ["b"]]),
        ("#a .b > p.c", [["a", "b", "c"]]),
        ("p.a:not(.d)[href]", [["a"]]),
        (".a::attr(href)", [["a"]]),
        ("ul.a li:nth-child(2) .b", [["a", "b"]]),
    ],
)
def test_words_that_a_selector_needs(selector: str, names: list[list[str]]) -> None:
    assert [sorted(each.words) for each in alternatives(selector)] == names


def test_a_layout_returns_the_markers_that_a_page_has(make_page: Callable[..., Page]) -> None:
    class Marked(Layout):
        name = "marked"
        markers = (".a", ".b", "h1")

    assert Marked().markers_on(make_page('<p class="b"><h1>x')) == [".b", "h1"]
    assert Marked().matches(make_page("<h1>x"))
    assert not Marked().matches(make_page("<h2>x"))


def test_line_break_separates_words() -> None:
    assert text_of(Selector("<p>One<br>two<script>x</script></p>").css("p")[0].root) == "One two"


@pytest.mark.parametrize(
    ("attributes", "picture"),
    [
        ('src="/a.jpg"', "a.jpg"),
        ('data-src="/b.jpg"', "b.jpg"),
        ('data-original="/c.jpg"', "c.jpg"),
        ('srcset=" /d.jpg 1x, /e.jpg 2x,"', "d.jpg"),
        ('srcset=",/d.jpg,/e.jpg"', "d.jpg"),
        ('srcset=" , "', None),
        ('src="/a.jpg" width="1"', None),
        ('src="/a.jpg" width="0"', None),
        ('src="/a.jpg" height="1"', None),
        ('src="/a.jpg" height="0"', None),
        ('src="/a.jpg" height="10" width="10"', "a.jpg"),
    ],
)
def test_pictures_are_found_in_lazy_loading_attributes(attributes: str, picture: str | None) -> None:
    image = Selector(f"<img {attributes}>").css("img")[0].root
    assert picture_of(image, "https://w.example/x") == (picture and f"https://w.example/{picture}")


@pytest.mark.parametrize(
    ("selector", "number"),
    [
        (".a b", 2), (".a .a", 1), ("#i > .c", 1), (".a, .c", 4), (".c", 2), (".a:not(.c)", 2), ("[itemprop=p]", 1),
        ("[itemprop~=p] b", 1), (".none, .c", 2), ("b", 3), (".c + b", 1), ("[itemprop=q]", 0), (".a ~ .c", 0),
        ("#i", 1), ("div#i", 1), ("p#i", 0), ("P.c", 1), ("li.c", 1), ("#c", 0), (".i", 1), ("[itemprop~=p]", 2),
        ("[itemprop='p x']", 1), ("i[itemprop=p]", 1), ("b[itemprop=p]", 0), ("[class=a]", 1), ("[class=c]", 0),
        ("[id=i]", 1), (".b2", 1), ("*", 12), (".i2", 1), ("#i2", 1), ("div", 3), (".c.c", 2), ("B", 3),
    ],
)  # fmt: skip
def test_index_selects_the_same_elements_as_xpath(
    make_page: Callable[..., Page], selector: str, number: int
) -> None:
    """It searches the whole page, or only the elements that the selector names."""
    page = make_page(
        '<div class="a"><b>1</b><div class="a b2"><b>2</b></div></div>'
        '<div id="i" itemprop="p x"><p class="c c">3</p><b>4</b><ul><li class=" c ">5</li></ul></div>'
        '<i itemprop="p" id="i2" class="i i2">6</i>'
    )
    expected = Selector(root=page.root, type="html").css(selector)
    assert page.select(selector) == [each.root for each in expected]
    assert len(expected) == number
