"""The layout of pages that no other layout matches, read by what most pages of the web have.

JSON-LD, then Open Graph and other ``<meta>``, then the document's own heading; the body by
trafilatura (see `Page.main_text`).
"""

from __future__ import annotations

from herald_spider.loaders.bylines import bylines
from herald_spider.loaders.layout import Layout
from herald_spider.loaders.rules import css, json_ld, labelled, meta


class Generic(Layout):
    """Markup that is common on the web."""

    name = "generic"
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

    furniture = (
        "ad", "ads", r"advert\w*", "adsbygoogle", r"ad[-_]\S*", r"\S*_ad_\S*", "byline", r"journalist\S*", r"reporter\S*",
        r"share\S*", r"sns\S*", r"related\S*", r"rel_\S*", r"most_\S*", r"popular\S*", r"recommend\S*", r"newsletter\S*",
        r"subscribe\S*", "footer", "header", r"copyright\S*", r"comment\S*", "tool_?bar", "twitter-tweet", "instagram-media",
        r"fb-\S*", "tiktok-embed",
    )  # fmt: skip
    furniture_ids = (r"ad[-_\d]",)
    captions = ("figcaption", "[class*=caption]")

    menu = "nav a[href], header a[href], .header a[href]"
    box_words = ("most", r"rank\w*", "popular", "latest", "footer", "header", "nav")
    box_headings = ("h1, h2, h3, h4, h5, .tit, .title, strong",)

    script_places = ("#app", "#root", "#__next", "#__nuxt", "main")
    article_ready = ("article h1 ~ * p", "main p")
    listing_ready = ("main li a[href*='/article/']",)
    more_buttons = ("button.more", "a.more", "[class*=more] button")
