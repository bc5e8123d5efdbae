"""The last resort: a page of no known layout, read by what most pages of the web carry.

JSON-LD, then Open Graph and other ``<meta>``, then the document's own heading; the
body by trafilatura (see `Page.main_text`).
"""

from __future__ import annotations

from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.bylines import bylines
from herald_spider.loaders.markup import Marker
from herald_spider.loaders.rules import css, json_ld, labelled, meta


class GenericLoader(ArticleLoader):
    layout = "generic"
    marker = Marker("html")
    rules = {
        "headline": json_ld("headline")
        + meta("og:title", "twitter:title")
        + css("article h1", "h1", "title"),
        "subheadline": json_ld("alternativeHeadline"),
        "summary": json_ld("description") + meta("og:description", "description", "twitter:description"),
        "section": json_ld("articleSection")
        + meta("article:section")
        + css("ul.gnb .on > a", "ul.gnb a.on", '[class*=category] a[href^="/"]'),
        "byline": bylines("[class*=byline]", "[rel=author]", story=("article h1", "h1")),
        "authors": json_ld("author.name") + meta("author", "article:author"),
        "published_at": json_ld("datePublished")
        + meta("article:published_time", "datepublished", "date")
        + labelled("Published")
        + css("time::attr(datetime)"),
        "updated_at": json_ld("dateModified")
        + meta("article:modified_time", "datemodified")
        + labelled("Updated"),
        "images": json_ld("image.url", "image") + meta("og:image", "twitter:image"),
        "tags": meta("keywords", "news_keywords") + json_ld("keywords"),
    }
