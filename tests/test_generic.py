"""The generic layout, which reads pages of no known markup."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from herald_spider.items import Article
from herald_spider.loaders import read_article
from herald_spider.loaders.page import Page

Make = Callable[..., Page]
STORY = "".join(
    f"<p>Paragraph number {number} tells at some length what the harbor council decided about the ferry.</p>"
    for number in range(12)
)
OWN = '<meta property="og:type" content="article">'


def read(
    make_page: Make, head: str = "", heading: str = "<h1>The ferry stops</h1>", body: str = STORY
) -> Article:
    item = read_article(
        make_page(f"<html><head>{OWN}{head}</head><body>{heading}<main>{body}</main></body></html>")
    )
    assert item.layout == "generic"
    return item


def ld(properties: str) -> str:
    return f'<script type="application/ld+json">{{"@type": "NewsArticle", {properties}}}</script>'


@pytest.mark.parametrize(
    ("stated", "title", "printed", "headline"),
    [
        # The site's name, and a deck, behind the printed headline.
        ("The ferry stops for good - Harbor News", "x", "The ferry stops for good", "The ferry stops for good"),
        ("The ferry stops for good: what to know", "x", "The ferry stops for good", "The ferry stops for good"),
        ("The ferry stops for...", "x", "The ferry stops for good", "The ferry stops for good"),
        # A headline for search engines, which is also the document's title.
        ("Ferry stops for good: dates", "Ferry stops for good: dates | News", "The ferry stops for good", "The ferry stops for good"),
        ("Ferry stops for good: dates", "Another", "The ferry stops for good", "Ferry stops for good: dates"),
        # A label before either of them.
        ("The ferry stops for good", "The ferry stops for good", "Opinion The ferry stops for good", "The ferry stops for good"),
        ("Harbor: The ferry stops", "Harbor: The ferry stops", "The ferry stops", "Harbor: The ferry stops"),
        # A heading that is the name of the site.
        ("The ferry stops for good", "The ferry stops for good", "Harbor News", "The ferry stops for good"),
        ("", "The ferry stops for good | Harbor News", "The ferry stops for good", "The ferry stops for good"),
    ],
)  # fmt: skip
def test_headline_is_the_one_that_readers_see(
    make_page: Make, stated: str, title: str, printed: str, headline: str
) -> None:
    head = f"<title>{title}</title>" + (ld(f'"headline": "{stated}"') if stated else "")
    assert read(make_page, head, f"<h1>{printed}</h1>").headline == headline


def test_authors_in_structured_data_are_all_authors(make_page: Make) -> None:
    byline = '<p class="byline">By Kim Da-sol, Follow the Harbor</p>'
    stated = read(make_page, ld('"author": {"name": "Kim Da-sol"}'), body=byline + STORY)
    assert [author.name for author in stated.authors] == ["Kim Da-sol"]
    nobody = read(
        make_page,
        ld('"author": {"name": ", Harbor News"}'),
        body=f'<p class="byline">By Kim Da-sol</p>{STORY}',
    )
    assert [author.name for author in nobody.authors] == ["Kim Da-sol"]


def test_body_repeats_no_headline_and_has_no_empty_paragraph(make_page: Make) -> None:
    item = read(make_page, body=f"<h2>The ferry stops</h2>{STORY}")
    assert item.body is not None
    assert item.body.startswith("Paragraph number 0")
    assert all(item.body.split("\n\n"))


def test_pictures_stand_between_headline_and_the_end_of_the_text(make_page: Make) -> None:
    first, _, rest = STORY.partition("</p>")
    picture = (
        '<figure><img src="/{0}.jpg"><figcaption>The {0} at the pier. (Harbor Office)</figcaption></figure>'
    )
    teaser = '<a href="/article/7"><img src="/teaser.jpg"></a>'
    item = read(
        make_page,
        heading=f'<img src="/logo.jpg"><h1>The ferry stops</h1>{picture.format("captain")}',
        body=f'{first}</p>{teaser}{picture.format("ferry")}{rest}<div><img src="/below.jpg"></div>',
    )  # fmt: skip
    found = [(image.url.rpartition("/")[2], image.caption, image.credit) for image in item.images]
    assert found == [
        ("captain.jpg", "The captain at the pier.", "Harbor Office"),
        ("ferry.jpg", "The ferry at the pier.", "Harbor Office"),
    ]


def test_text_in_structured_data_replaces_one_of_another_length(make_page: Make) -> None:
    whole = "\\n".join(
        f"Sentence {number} is only in the data of the page, which a script would show."
        for number in range(40)
    )
    item = read(make_page, ld(f'"articleBody": "{whole}"'))
    assert item.body is not None
    assert item.body.count("Sentence") == 40


def test_page_that_says_nothing_of_itself_is_read_if_it_has_a_story(make_page: Make) -> None:
    item = read_article(make_page(f"<h1>The ferry stops</h1><div>{STORY}</div>"))
    assert (item.headline, item.layout) == ("The ferry stops", "generic")


def test_article_body_of_schema_org_is_no_marker_of_a_known_layout(make_page: Make) -> None:
    assert read(make_page, body=f'<div itemprop="articleBody">{STORY}</div>').body
