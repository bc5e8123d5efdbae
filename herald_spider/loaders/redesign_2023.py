"""The redesign served from 14 August 2023 to late December 2024 (``view.php?ud=``).

`div.news_content` with a title area, text boxes and picture boxes; the byline and the
reporter's address stand in `.news_journalist_area` below the story.
"""

from __future__ import annotations

from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.bylines import bylines
from herald_spider.loaders.markup import Marker
from herald_spider.loaders.rules import css, json_ld, labelled, meta

_DATES = ("p.news_date", ".news_date")


class Redesign2023Loader(ArticleLoader):
    layout = "2023"
    former_menu = True
    marker = Marker("div.news_title_area", "div.news_text_area", "h1.news_title")
    rules = {
        "headline": css("h1.news_title") + meta("og:title") + json_ld("headline") + css("h1"),
        "subheadline": css("h2.news_title", ".news_title_area h2", ".news_subtitle"),
        "summary": meta("og:description", "description") + json_ld("description"),
        "section": css(
            ".news_title_area a.category",
            "a.category",
            '.news_content a[href*="list.php?ct="]',
            'a.on[href*="list.php?ct="]',
            'ul.gnb .on > a[href*="list.php?ct="]',
        )
        + meta("article:section"),
        "byline": bylines(
            ".news_journalist_area .byline",
            ".news_title_area .byline",
            ".news_journalist_area .name",
            ".news_journalist_area strong",
            ".news_journalist_area",
        ),
        "authors": json_ld("author.name") + meta("author"),
        "published_at": labelled("Published", *_DATES)
        + css(*_DATES)
        + meta("article:published_time")
        + json_ld("datePublished"),
        "updated_at": css("p.news_date.updated", ".news_date_updated")
        + labelled("Updated", *_DATES)
        + meta("article:modified_time")
        + json_ld("dateModified"),
        "body": css("div.news_text_area", "div.text_box", "#articleText", "[itemprop=articleBody]"),
        "images": meta("og:image") + json_ld("image.url", "image"),
        "tags": meta("keywords", "news_keywords"),
    }
