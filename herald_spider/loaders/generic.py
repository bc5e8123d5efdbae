"""The layout of pages that no other layout matches, read by what most pages of the web have.

JSON-LD, then Open Graph and other ``<meta>``, then the document's own heading; the body by
trafilatura (see `Page.main_text`).
"""

from __future__ import annotations

from herald_spider.loaders.bylines import bylines, people
from herald_spider.loaders.headlines import printed_headline
from herald_spider.loaders.layout import Layout
from herald_spider.loaders.rules import css, json_ld, labelled, meta

# Parts of the names of boxes: "share_buttons", "relatedNews"; "shareholders" and "reporter-notebook" are story.
_PARTS = (
    r"(?:[-_]*(?:aside|area|articles?|banner|bar|block|bottom|box(?:es)?|btns?|buttons?|card|cards|container|contents?"
    r"|detail|facebook|form|group|icons?|info|inner|items?|kakao|layer|left|links?|lists?|mail|menu|module|news|panel"
    r"|place(?:holder|ment)?|popup|posts?|profile|read|right|section|signup|sl[io](?:de|der|t)|sns|social|space|stor(?:y|ies)"
    r"|swiper|tab|text|titles?|tit|tools?|top|twitter|ul|unit|view|widget|wrap(?:per)?|zone|\d))*"
)


def _named(*names: str) -> tuple[str, ...]:
    """Return patterns for classes made of a name and parts of the names of boxes."""
    return tuple(name + _PARTS for name in names)


_STATED_HEADLINE = json_ld("headline") + meta("og:title", "twitter:title")


class Generic(Layout):
    """Markup that is common on the web."""

    name = "generic"
    stated_authors_are_all = True
    rules = {
        "headline": printed_headline(_STATED_HEADLINE) + _STATED_HEADLINE + css("article h1", "h1", "title"),
        "subheadline": json_ld("alternativeHeadline"),
        "summary": json_ld("description") + meta("og:description", "description", "twitter:description"),
        "section": json_ld("articleSection")
        + meta("article:section")
        + css("ul.gnb .on > a", "ul.gnb a.on", '[class*=category] a[href^="/"]'),
        "byline": bylines(
            "[itemprop=author] [itemprop=name]",
            "[class*=byline]",
            "[rel=author]",
            "[class*=author]",
            'a[href*="/author/"]',
            story=("article h1", "h1"),
        ),
        "authors": people(json_ld("author.name") + meta("author", "article:author")),
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
        *_named(
            "ads?", "advert(?:s|isements?|ising)?", "journalists?", "reporters?", "share", "sharing", "sns", "related",
            "rel(?=[-_])", "most(?:[-_](?:popular|read|viewed))+", "popular", "recommend(?:ed|ations?)?", "newsletter",
            "subscribe", "copyright", "comments?",
        ),
        "adsbygoogle", r"ad[-_](?!hoc)\S*", r"\S*_ad_\S*", "byline", "footer", "header", "tool_?bar", "twitter-tweet",
        "instagram-media", r"fb-\S*", "tiktok-embed",
    )  # fmt: skip
    furniture_ids = (r"ad[-_\d]",)

    menu = "nav a[href], header a[href], .header a[href]"
    box_words = ("most", r"rank\w*", "popular", "latest", "footer", "header", "nav")
    box_headings = ("h1, h2, h3, h4, h5, .tit, .title, strong",)

    script_places = ("#app", "#root", "#__next", "#__nuxt", "main")
    article_ready = ("article h1 ~ * p", "main p")
    listing_ready = ("main li a[href*='/article/']",)
    more_buttons = ("button.more", "a.more", "[class*=more] button")
