"""The redesign served from 14 August 2023 to late December 2024 (``view.php?ud=``).

`div.news_content` with a title area, text boxes and picture boxes; the byline and the
reporter's address stand in `.news_journalist_area` below the story.
"""

from __future__ import annotations

from herald_spider.loaders.bylines import bylines, printed_above
from herald_spider.loaders.layout import Layout, ListMarkup
from herald_spider.loaders.rules import css, json_ld, labelled, meta

_DATES = ("p.news_date", ".news_date")
_BODY = ("div.news_text_area", "div.text_box", "#articleText", "[itemprop=articleBody]")


class Site2023(Layout):
    """The layout from August 2023 to December 2024."""

    name = "2023"
    markers = ("div.news_title_area", "div.news_text_area", "h1.news_title")
    uses_former_menu = True
    rules = {
        "headline": css("h1.news_title") + meta("og:title") + json_ld("headline") + css("h1"),
        "subheadline": css("h2.news_title", ".news_title_area h2", ".news_subtitle"),
        "summary": meta("og:description", "description") + json_ld("description"),
        "section": css(
            ".news_title_area .category",
            "a.category",
            '.news_content a[href*="list.php?ct="]',
            'a.on[href*="list.php?ct="]',
            'ul.gnb .on > a[href*="list.php?ct="]',
        )
        + meta("article:section"),
        "byline": bylines(".news_journalist_area .byline", ".news_title_area .byline")
        + printed_above(_BODY)  # on real pages; the foot has "Articles by ..." only
        + bylines(".news_journalist_area .name", ".news_journalist_area strong", ".news_journalist_area"),
        "authors": json_ld("author.name") + meta("author"),
        "published_at": labelled("Published", *_DATES)
        + css(*_DATES)
        + meta("article:published_time")
        + json_ld("datePublished"),
        "updated_at": css("p.news_date.updated", ".news_date_updated")
        + labelled("Updated", *_DATES)
        + meta("article:modified_time")
        + json_ld("dateModified"),
        "body": css(*_BODY),
        "images": meta("og:image") + json_ld("image.url", "image"),
        "tags": meta("keywords", "news_keywords"),
    }

    furniture = ("news_btn_wrap", "news_journalist_area", "thumimage")
    furniture_ids = (r"da\d*", "thumimage$")
    picture_boxes = ("img_box",)
    story_parts = ("text_box",)

    listing = ListMarkup(
        items=("ul.category_detail_list > li", "ul.category_detail_list li", "ul.sub_content_list > li"),
        headline=(".news_title", "strong.ellipsis", "strong"),
        date=("p.date", ".date"),
        # Entries have relative links; those of the Most Popular box begin with a slash.
        is_own=lambda href: not href.startswith("/"),
    )
    menu = "ul.gnb a[href]"

    script_places = (".news_text_area", "ul.news_list")
    article_ready = (".news_text_area p",)
    listing_ready = ("ul.category_detail_list li a[href]",)
