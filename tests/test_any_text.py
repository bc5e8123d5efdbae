"""No function of urls, sections, text/ and loaders/ raises an undocumented exception on any text."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from herald_spider import loaders, sections, text, urls
from herald_spider.loaders import read_article
from herald_spider.loaders.feed import read_feed
from herald_spider.loaders.listing import read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.page import Page
from tests.fuzz.inputs import ATTRIBUTES, FEED, JSON_WORDS, TEXTS
from tests.fuzz.limits import nothing_isolated

SITE = "https://www.koreaherald.com"
# More digits than int() reads, half a character, letters that equal others without regard to case.
ODD = (
    "9" * 5000, "\ud800", "\x00", "ſept 4, 2020", "10:00:00 \u212aST", "+99:99", "２０２６-０９-１４", "http://[", "/list.php?ct=",
    "&np=", "&ctv=", "/National?page=", f"/National?page={'9' * 5000}", f"/list.php?ct=020100000000&np={'9' * 5000}",
    "/list.php?ct=\ud800", f"//a:{'9' * 5000}/", "/article/", "/view.php?ud=", SITE, "//a:", "?", "[" * 1500, "(", ")", "By ", "@a.kr",
    "Reporter : ", ", ", "\n", "<a href='", "'>x</a>", "<li>", "</li>", "<meta name='author' content='", "&#", ";", "idna",
    "<meta charset='", "punycode", "text/html; charset=",
)  # fmt: skip
words = st.sampled_from(ODD + TEXTS + ATTRIBUTES + JSON_WORDS + FEED)
anything = words | st.text(st.characters(), max_size=40) | st.lists(words, max_size=8).map("".join)
in_bytes = st.binary(max_size=200) | anything.map(lambda text: text.encode("utf-8", "surrogatepass"))
# Arguments by the annotation of the parameter; functions with other parameters do not take text.
ARGUMENTS: dict[Any, st.SearchStrategy[Any]] = {
    str: anything,
    object: anything,
    str | None: st.none() | anything,
    bytes: in_bytes,
    Iterable[str]: st.lists(anything, max_size=4),
    Sequence[str]: st.lists(anything, max_size=4),
    list[str]: st.lists(anything, max_size=4),
    bool: st.booleans(),
    int: st.integers(0, 10**9),
    sections.Section: st.sampled_from(sections.SECTIONS),
    Page: st.builds(Page, anything, in_bytes),
}
# The command line, and functions that only the layouts call, with selectors and words of their own.
OTHERS = re.compile(
    r"herald_spider\.(?:text\.console|loaders\.(?:bylines|layout|rules|selectors|isolation)\b)"
)


def modules() -> Iterator[ModuleType]:
    yield from (urls, sections)
    for package in (text, loaders):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not OTHERS.match(each.name):
                yield import_module(each.name)


def functions() -> Iterator[Callable[..., Any]]:
    """Yield the public functions of the modules that take text."""
    for module in modules():
        for name, value in vars(module).items():
            is_own = getattr(value, "__module__", "") == module.__name__
            if name.startswith("_") or not is_own or not callable(value) or inspect.isclass(value):
                continue
            types = get_type_hints(value)
            parameters = [types.get(each) for each in inspect.signature(value).parameters]
            if parameters and all(each in ARGUMENTS for each in parameters):
                yield value


FUNCTIONS = {f"{each.__module__.partition('.')[2]}.{each.__name__}": each for each in functions()}


def test_functions_on_text_are_found() -> None:
    expected = {"urls.classify", "text.captions.picture_url", "text.dates.parse_date", "text.endings.split_endings",
                "loaders.decoding.decode", "loaders.menu.read_menu", "loaders.feed.read_feed"}  # fmt: skip
    assert expected <= FUNCTIONS.keys()
    assert len(FUNCTIONS) > 60


def call(name: str, argument: Callable[[Any], Any]) -> None:
    """Call a function; `argument` returns a value for an annotation."""
    function = FUNCTIONS[name]
    types = get_type_hints(function)
    values = [
        argument(types[each.name])
        for each in inspect.signature(function).parameters.values()
        if each.kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    _, *raises = re.split(r"\bRaises?\s", function.__doc__ or "", maxsplit=1)
    documented = re.findall(r"`(\w+)`", "".join(raises))
    try:
        with nothing_isolated():
            result = function(*values)
            if inspect.isgenerator(result):
                list(result)
    except Exception as error:
        if type(error).__name__ not in documented:
            raise


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_text_raises_an_undocumented_exception(name: str, data: st.DataObject) -> None:
    call(name, lambda annotation: data.draw(ARGUMENTS[annotation]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_odd_texts_raise_no_undocumented_exception(name: str) -> None:
    for word in ODD:
        raw = word.encode("utf-8", "surrogatepass")
        made: dict[Any, Any] = {
            bytes: raw,
            Page: Page(SITE, raw),
            bool: False,
            int: 1,
            sections.Section: sections.SECTIONS[0],
        }
        made |= {each: [word] for each in (Iterable[str], Sequence[str], list[str])}
        call(name, partial(_value, made, word))


def _value(made: dict[Any, Any], word: str, annotation: Any) -> Any:
    return made.get(annotation, word)


HUGE = "9" * 5000


def test_a_page_number_of_any_length_is_no_error() -> None:
    assert urls.classify(f"/National?page={HUGE}").url == f"{SITE}/National"
    assert urls.classify(f"/list.php?ct=020100000000&np={HUGE}").url == f"{SITE}/list.php?ct=020100000000"


def test_a_link_with_a_huge_number_costs_no_other_link() -> None:
    menu = f'<ul class="gnb"><li><a href="/Business?page={HUGE}">Business</a><a href="/National">National</a></ul>'
    read = [section.slug for section, _ in read_menu(Page(SITE, menu.encode()))]
    assert read == ["business", "national"]


def broken(*_: Any) -> Any:
    raise KeyError("broken")


def test_an_error_in_one_entry_costs_that_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each of the readers of listings, feeds and menus goes on behind an entry that raises an exception."""

    def date_in(text: str) -> None:
        if text == "broken":
            raise KeyError(text)

    monkeypatch.setattr("herald_spider.loaders.listing.date_in", date_in)
    monkeypatch.setattr("herald_spider.loaders.feed.date_in", date_in)
    item = '<li><a href="/article/{}">x</a><i class="date">{}</i></li>'
    page = (
        f'<article class="recent_news"><ul class="news_list">{item.format(1, "broken")}{item.format(2, "")}'
    )
    assert [entry.id for entry in read_listing(Page(f"{SITE}/National", page.encode())).entries] == ["2"]
    item = f"<item><link>{SITE}/article/{{}}</link><pubDate>{{}}</pubDate></item>"
    feed = f"<rss><channel>{item.format(1, 'broken')}{item.format(2, '')}</channel></rss>"
    assert [entry.id for entry in read_feed(feed.encode()).entries] == ["2"]
    assert caplog.text.count("Cannot read an entry of ") == 2
    monkeypatch.setattr(
        "herald_spider.loaders.menu.sections.by_name", lambda label: broken() if label == "x" else None
    )
    menu = b'<ul class="gnb"><li><a href="/Business">x</a><a href="/National">National</a></ul>'
    assert [section.slug for section, _ in read_menu(Page(SITE, menu))] == ["national"]


def test_an_error_in_one_field_costs_that_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("herald_spider.loaders.article.parse_date", broken)
    page = b'<h1 class="view_tit">Ferry</h1><p class="view_tit_byline_r">Published : Apr 8, 2021</p><div class="view_con_t">It sails.</div>'
    item = read_article(Page(f"{SITE}/article/1", page))
    assert (item.headline, item.body, item.published_at) == ("Ferry", "It sails.", None)
    assert "Cannot read published_at by css text 'Published' of" in caplog.text
