"""The live site, served since late December 2024 (``/article/<number>``).

Each page has one JSON-LD object, Open Graph, and the body in
``article#articleText.article-view.article-body``. The markup of byline, caption and section is
not documented anywhere; those rules are lists, most likely first.
"""

from __future__ import annotations

from herald_spider.loaders.bylines import bylines, printed_above, reporters
from herald_spider.loaders.layout import Layout, ListMarkup
from herald_spider.loaders.rules import css, json_ld, labelled, meta

_BODY = (
    "article#articleText",
    "article.article-body",
    "#articleText",
    "[itemprop=articleBody]",
    ".article-body",
    ".news_text_area",
    ".view_con_t",
)


class Site2024(Layout):
    """The layout since December 2024."""

    name = "2024"
    markers = (
        "article#articleText",
        "article.article-body",
        "section.section_view article",
        "div.nav_area > .category",
    )
    rules = {
        "headline": json_ld("headline") + meta("og:title") + css("h1") + meta("twitter:title"),
        "subheadline": css(
            "h2.news_title", "h2.subtitle", ".sub_title", ".article-subtitle", ".view_tit_sub"
        ),
        "summary": meta("og:description", "description", "twitter:description")
        + json_ld("description"),
        "section": meta("article:section")
        + css("div.nav_area > .category")
        + css(".category", pick=lambda page, found: found[:1])  # a second one is a format: "Quick Read"
        + json_ld("articleSection")
        + css("ul.gnb .on > a", "ul.gnb a.on", "ul.gnb .on > div > a:first-child", "ul.gnb span.on"),
        "byline": bylines(
            ".byline", ".news_writer", ".article-byline", ".reporter_name", ".writer", story=_BODY
        )
        + printed_above(_BODY),
        "authors": json_ld("author.name")
        + reporters('a[href*="/reporter/"]', story=_BODY)
        + meta("author", "dable:author"),
        "published_at": json_ld("datePublished")
        + meta("article:published_time", "date")
        + labelled("Published")
        + css("time::attr(datetime)"),
        "updated_at": json_ld("dateModified") + meta("article:modified_time") + labelled("Updated"),
        "body": css(*_BODY),
        "images": meta("og:image") + json_ld("image.url", "image") + meta("twitter:image"),
        "tags": meta("keywords", "news_keywords") + json_ld("keywords"),
    }  # fmt: skip

    furniture = ("link_copied", r"recommended_swiper\S*", "div_layout")
    furniture_ids = (r"category-\d",)
    picture_boxes = ("article-photo-wrap", "article-img")

    listing = ListMarkup(
        items=(
            "article.recent_news ul.news_list > li",
            "article.recent_news li",
            "section.section_list ul.news_list > li",
        ),
        headline=(".news_title", ".title", "h2, h3, h4, strong"),
        date=(".date", "time"),
        mixed=("section.section_list ul.news_list > li",),
        loose=".news_list li",
    )
    menu = "ul.gnb a[href]"
    whole_lists = ("section_list",)
    box_words = ("headline_item", r"recommended_swiper\w*")
    box_headings = ("[class*=_tit]:not(.news_title)",)  # a news_title is an article's headline

    script_places = (
        "#articleText",
        ".article-body",
        "[itemprop=articleBody]",
        "article.recent_news",
        "ul.news_list",
    )
    article_ready = ("#articleText p", "[itemprop=articleBody] p")
    listing_ready = ("article.recent_news li a[href]", "ul.news_list li a[href]")
    more_buttons = ("article.recent_news .more", ".btn_more")
