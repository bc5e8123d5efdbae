"""The live site, served since late December 2024.

What others measured: one JSON-LD object per page, Open Graph, and the body in
``article#articleText.article-view.article-body``. The markup of byline, caption and
section is not documented; those rules are lists, most likely first.
"""

from __future__ import annotations

from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.bylines import bylines, printed_above, reporters
from herald_spider.loaders.markup import Marker
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


class CurrentLoader(ArticleLoader):
    layout = "2024"
    marker = Marker(
        "article#articleText",
        "article.article-body",
        "section.section_view article",
        "[itemprop=articleBody]",
    )
    rules = {
        "headline": json_ld("headline") + meta("og:title") + css("h1") + meta("twitter:title"),
        "subheadline": css(
            "h2.news_title", "h2.subtitle", ".sub_title", ".article-subtitle", ".view_tit_sub"
        ),
        "summary": meta("og:description", "description", "twitter:description")
        + json_ld("description"),
        "section": meta("article:section")
        + css("div.nav_area > a.category", "a.category")
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
