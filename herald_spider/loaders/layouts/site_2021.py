"""The old site, served until 13 August 2023 (``view.php?ud=``).

Four kinds of markup under one address: ``#contentLeft`` (until 2013), ``.nview`` (2014 to
August 2017), ``div.wrapDiv`` (until about 2019) and ``.view_bg .view`` (by 2020). Text is split
by ``<br><br>``, and the nesting around pictures is broken.
"""

from __future__ import annotations

from herald_spider.loaders.bylines import bylines, dated_above, printed_above
from herald_spider.loaders.layout import Layout, ListMarkup
from herald_spider.loaders.rules import css, json_ld, labelled, meta

# The elements with a story's dates: "Published : Apr 8, 2021 - 10:13   Updated : ...".
_DATES = (".view_tit_byline_r", ".nview .writedata .date", ".writedata")
_BODY = ("#articleText", ".view_con", ".view_con_t", ".nview .article", "#_article")


class Site2021(Layout):
    """The layout until August 2023."""

    name = "2021"
    markers = (
        "h1.view_tit",
        ".view_con_t",
        ".view_con",
        "div.nview",
        ".title_sec",
        ".wrapDiv #articleText",
        "div#articleText",
        "td#articleText",
        "#_article",
    )
    uses_former_menu = True
    rules = {
        "headline": css("h1.view_tit", ".nview .title_sec", ".wrapDiv h1", ".fontTitle", "#contentLeft h2")
        + meta("og:title")
        + json_ld("headline")
        + css("h1", "title"),
        "subheadline": css("h2.view_tit_sub", ".nview .stitle_sec", ".wrapDiv h2"),
        "summary": meta("og:description", "description"),
        "section": css(
            ".view_tit_icon a",
            ".fontGbn",
            ".nview .location a",
            'ul.gnb .on > a[href*="list.php?ct="]',
        )
        + meta("article:section"),
        "byline": bylines(
            ".view_tit_byline_l",
            'a[href*="/search/list_name.php?byline="]',
            ".nview .byline",
            ".wrapDiv .byline",
        )
        + printed_above(_BODY),
        "authors": json_ld("author.name") + meta("author"),
        "published_at": labelled("Published", *_DATES)
        + css(*_DATES)
        + dated_above(_BODY)
        + meta("article:published_time")
        + json_ld("datePublished"),
        "updated_at": labelled("Updated", *_DATES) + meta("article:modified_time") + json_ld("dateModified"),
        "body": css(*_BODY),
        "images": meta("og:image"),
        "tags": meta("keywords", "news_keywords"),
    }

    furniture = (r"khadv\S*", r"main_r\S*", "spot_li", "view_main_c_li", "view_tit_icon", "gnb")
    furniture_attributes = ("data-svcad",)
    deck_until = "2012-12-31"
    picture_boxes = ("photo_box", "image_box", "view_img")
    story_parts = ("view_con_t",)

    listing = ListMarkup(
        items=("ul.main_sec_li > li", "ul.main_sec_li_only li", "div.main_sec li", "ul.listDiv li"),
        headline=(".main_l_t1", ".fontTitle, .fontTitle3", "a"),
        date=(".main_l_t1_bg .main_l_t2 span", ".main_l_t2 span", ".main_l_t2", ".fontDesc2"),
    )
    menu = "ul.gnb a[href]"
    box_words = ("gnb",)

    article_ready = (".view_con_t",)
    listing_ready = ("ul.main_sec_li li a[href]",)
