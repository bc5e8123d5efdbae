"""JSON-LD of today's layout, in the forms that a reader must expect."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from markupsafe import Markup

from demo.story import Story

_AGENCIES = {"Yonhap", "AFP", "AP", "Reuters", "Bloomberg", "Xinhua", "dpa", "TNS", "PR Newswire"}
_BREADCRUMB = {
    "@context": "https://schema.org",
    "@type": "BreadcrumbList",
    "itemListElement": [
        {"@type": "ListItem", "position": 1, "name": "Home", "item": "https://www.koreaherald.com"}
    ],
}


def scripts(story: Story) -> list[Markup]:
    """Return the contents of the page's ``application/ld+json`` scripts."""
    if "ld-none" in story.varieties:
        return []
    data = _article(story)
    if "ld-graph" in story.varieties:
        site = {"@type": "WebSite", "name": "The Korea Herald", "url": "https://www.koreaherald.com"}
        return [_dump({"@context": "https://schema.org", "@graph": [site, data]})]
    if "ld-several" in story.varieties:
        return [_dump(_BREADCRUMB), _dump(data)]
    if "ld-broken" in story.varieties:
        return [_break(_dump(data))]
    return [_dump(data)]


def _article(story: Story) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": story.url},
        # A title that is escaped twice in HTML is escaped once in JSON-LD.
        "headline": story.title_html.unescape(),
        "image": [story.og_image],
        "publisher": {"@type": "Organization", "name": "The Korea Herald",
                      "logo": {"@type": "ImageObject", "url": "https://static.heraldcorp.com/wbazic/kh/www/image/logo.png"}},
    }  # fmt: skip
    if story.description:
        data["description"] = story.description
    if story.moment:
        data["datePublished"] = _time(story, story.moment)
    if story.updated:
        data["dateModified"] = _time(story, story.updated)
    if story.ld_authors:
        data["author"] = _authors(story)
    return data


def _time(story: Story, moment: datetime) -> str:
    """Return the time in ISO 8601, without its offset on every other page, as the site did in December 2024."""
    return moment.replace(tzinfo=None).isoformat() if story.position % 2 else moment.isoformat()


def _authors(story: Story) -> Any:
    if "ld-author-string" in story.varieties:
        return story.ld_authors[0]
    people = [
        {"@type": "Organization" if name in _AGENCIES else "Person", "name": name}
        for name in story.ld_authors
    ]
    return people if len(people) > 1 or "ld-author-list" in story.varieties else people[0]


def _dump(data: dict[str, Any]) -> Markup:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    return Markup(text.replace("</", "<\\/"))  # noqa: S704 - its end tags are escaped  # nosec B704


def _break(script: Markup) -> Markup:
    """Damage the JSON as hand-written JSON often is: a raw newline in a string, a trailing comma."""
    text = script.replace("The Korea Herald", "The Korea\nHerald", 1)
    return Markup(text.rstrip().removesuffix("}").rstrip() + ",\n}")  # noqa: S704 - of safe markup  # nosec B704
