"""The invented redesign of 2027, as the faulty demo serves it."""

from __future__ import annotations

from herald_spider.loaders.bylines import bylines
from herald_spider.loaders.layout import Layout, ListMarkup
from herald_spider.loaders.rules import css, json_ld, labelled, meta


class Site2027(Layout):
    """The layout since an invented redesign in 2027."""

    name = "2027"
    markers = ("div.read-text", "h1.read-head")
    rules = {
        "headline": css("h1.read-head") + json_ld("headline"),
        "summary": meta("og:description"),
        "section": json_ld("articleSection"),
        "byline": bylines(".read-by"),
        "authors": json_ld("author.name"),
        "published_at": json_ld("datePublished") + labelled("Published", ".read-when") + css(".read-when"),
        "updated_at": json_ld("dateModified"),
        "body": css("div.read-text"),
        "images": meta("og:image"),
        "tags": json_ld("keywords"),
    }
    furniture = ("read-more",)
    listing = ListMarkup(items=(".river > .card",), headline=("b",), date=("small",))
    menu = ".topmenu a[href]"
