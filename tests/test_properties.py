"""Readers return what they find on any page, and raise only documented exceptions."""

from __future__ import annotations

import contextlib
import datetime
import random
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from herald_spider import urls
from herald_spider.items import Article
from herald_spider.loaders import Moved, NoArticle, read_article
from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.layouts import ALL
from herald_spider.loaders.listing import read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.page import Page
from herald_spider.text.bylines import parse_byline
from herald_spider.text.captions import split_credit
from herald_spider.text.cleaning import clean_text
from herald_spider.text.datelines import parse_dateline
from herald_spider.text.dates import ImpossibleDate, parse_date
from herald_spider.text.endings import split_endings
from herald_spider.text.labels import parse_label
from tests.conftest import PAGES
from tests.fuzz.limits import nothing_isolated
from tests.test_layouts import EXPECTED

relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
names = st.sampled_from(sorted(EXPECTED))


@cache
def saved(name: str) -> bytes:
    return (PAGES / name / "page.html").read_bytes()


@nothing_isolated()
def read_all(body: bytes, url: str = "https://www.koreaherald.com/article/1") -> None:
    """Run every reader on one page; only the two exceptions for "no article" are allowed."""
    page = Page(url, body)
    with contextlib.suppress(NoArticle, Moved):
        assert isinstance(read_article(page), Article)
    for layout in ALL:
        item = ArticleLoader(Page(url, body), layout).load()
        assert item.layout == layout.name
    read_listing(page)
    read_menu(page)


@relaxed
@given(st.binary(max_size=2000))
def test_arbitrary_bytes_are_read(body: bytes) -> None:
    read_all(body)


@relaxed
@given(names, st.integers(0, 4000))
def test_truncated_pages_are_read(name: str, size: int) -> None:
    read_all(saved(name)[:size])


@relaxed
@given(names, st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=4)), max_size=30))
def test_pages_with_overwritten_bytes_are_read(name: str, damage: list[tuple[int, bytes]]) -> None:
    body = bytearray(saved(name))
    for position, junk in damage:
        body[position : position + len(junk)] = junk
    read_all(bytes(body))


@relaxed
@given(names, st.randoms(use_true_random=False))
def test_pages_with_damaged_elements_are_read(name: str, dice: random.Random) -> None:
    """Elements are removed, moved and emptied at random."""
    page = Page(EXPECTED[name]["url"], saved(name))
    for _ in range(dice.randint(1, 12)):
        elements = list(page.root.iter("*"))[1:]
        if not elements:
            break
        one, other = dice.choice(elements), dice.choice(elements)
        parent = one.getparent()
        action = dice.randrange(4)
        if action == 0 and parent is not None:
            parent.remove(one)
        elif action == 1:
            one.attrib.clear()
        elif action == 2 and other not in one.iter() and one not in other.iterancestors():
            other.append(one)
        else:
            one.text = one.tail = None
    with contextlib.suppress(NoArticle, Moved):
        read_article(page)
    read_listing(page)


@relaxed
@given(st.text(max_size=200))
def test_text_functions_accept_any_text(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(clean_text(clean_text(text)))
    assert "\n" not in clean_text(text)
    parse_byline(text)
    parse_dateline(text)
    parse_label(text)
    split_credit(text)
    split_endings([text, text])
    urls.classify(text)
    with contextlib.suppress(ImpossibleDate):
        parse_date(text)


@relaxed
@given(
    st.datetimes(min_value=datetime.datetime(1990, 1, 2)),
    st.sampled_from(
        ["%Y-%m-%d %H:%M:%S", "%b. %d, %Y - %H:%M:%S", "World%B %d, %Y - %H:%M:%S", "%Y.%m.%d %H:%M:%S",
         "Market%b. %d, %Y - %H:%M:%S", "Market%B %d, %Y - %H:%M:%S", "%a, %d %b %Y %H:%M:%S"]
    ),
)  # fmt: skip
def test_dates_are_read_back_from_each_form(moment: object, form: str) -> None:
    assert isinstance(moment, datetime.datetime)
    found = parse_date(moment.strftime(form))
    assert found is not None
    assert found.replace(tzinfo=None) == moment.replace(microsecond=0)


# How a zone may be written, by minutes east of UTC; "{}" stands for the offset.
_ZONE_FORMS = ["{sign}{h:02}:{m:02}", "{sign}{h:02}{m:02}", "GMT{sign}{h:02}{m:02}", "UTC{sign}{h:02}:{m:02}"]
_WHOLE_HOURS = [*_ZONE_FORMS, "GMT{sign}{h}", "UTC{sign}{h}", "{sign}{h:02}"]
_NAMED = {0: ["UTC", "GMT", "Z", "UT"], 540: ["KST", "JST", ""], -300: ["EST", "CDT"], -240: ["EDT"], -360: ["CST", "MDT"],
          -420: ["MST", "PDT"], -480: ["PST"]}  # fmt: skip
_TIMES = ["%H:%M:%S", "%I:%M:%S %p", "%I:%M:%S%p", "오전오후 %I:%M:%S", "%I:%M:%S a.m.p.m."]
_DAYS = ["%Y-%m-%d {}", "%Y-%m-%dT{}", "%Y.%m.%d {}", "%Y. %m. %d. {}", "%Y/%m/%d {}", "%Y년 %m월 %d일 {}",
         "%d %b %Y {}", "%a, %d %b %Y {}", "%A, %d %B %Y {}", "%a, %d %b %y {}", "%d-%b-%Y {}", "%b %d, %Y {}",
         "%b. %d, %Y - {}", "%B %d, %Y, {}", "%a %b %d %Y {}", "%a %b %d {} %Y", "{}, %b %d, %Y", "{} %Y-%m-%d"]  # fmt: skip


@relaxed
@given(
    st.datetimes(min_value=datetime.datetime(1990, 1, 3), max_value=datetime.datetime(2049, 12, 30)),
    st.sampled_from(_DAYS),
    st.sampled_from(_TIMES),
    st.integers(-12 * 4, 14 * 4),
    st.data(),
)
def test_an_instant_is_read_back_from_each_form_and_zone(
    moment: datetime.datetime, day: str, time: str, quarters: int, data: st.DataObject
) -> None:
    minutes = quarters * 15
    moment = moment.replace(microsecond=0)
    forms = [*(_ZONE_FORMS if minutes % 60 else _WHOLE_HOURS), *_NAMED.get(minutes, ())]
    sign, (h, m) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    zone = data.draw(st.sampled_from(forms)).format(sign=sign, h=h, m=m)
    afternoon = moment.hour >= 12
    time = time.replace("오전오후", "오후" if afternoon else "오전").replace(
        "a.m.p.m.", "p.m." if afternoon else "a.m."
    )
    text = moment.strftime(day.format(f"{time} {zone}".strip()))
    found = parse_date(text)
    assert found is not None
    assert found == moment.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=minutes))), text


@pytest.mark.parametrize("body", [b"<" * 50_000, b"<div>" * 20_000, b"<a href='/article/1'>" * 5_000,
                                  b"[" * 50_000, b"By " * 20_000, b"(" * 50_000, b"a@" * 30_000,
                                  b"<script type='application/ld+json'>" + b"[" * 100_000])  # fmt: skip
def test_extreme_pages_are_read(body: bytes) -> None:
    read_all(body)
    read_all(b"<article id=articleText><p>" + body)
