"""The one item of the project, and the only list of its fields.

The loaders fill an `Article`, validation takes its rules from the metadata
below, ``docs/article.schema.json`` is generated from it, and the field order
here is the key order of the exported JSON Lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KST_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+09:00$"
UTC_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
HTTPS_PATTERN = r"^https://[^\s]+$"


def _field(description: str, *, default: Any = None, factory: Any = None, **schema: Any) -> Any:
    """A dataclass field that carries its part of the published JSON Schema."""
    metadata = {"json_schema_extra": {"description": description, **schema}}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass
class Author:
    """One person of the byline. Agencies are not authors."""

    name: str = _field("The name as printed.", default="", minLength=1)
    email: str | None = _field("Address, kept only with HERALD_KEEP_EMAILS; else null.")
    role: str | None = _field('What the page says of the author: "Staff reporter"; else null.')


@dataclass
class Image:
    """One picture of the article, in page order."""

    url: str = _field("Absolute https address.", default="", pattern=HTTPS_PATTERN)
    caption: str | None = _field("Caption without its credit; null where there is none.")
    credit: str | None = _field('Who made it: "Yonhap", "KCNA-Yonhap"; null where not named.')


@dataclass
class Article:
    """One story of the paper. Every field has a default; what is required is validation's."""

    id: str | None = _field(
        "The site's own number: 14 digits (ud) or the /article/ number.",
        pattern=r"^\d{1,20}$",
        required=True,
    )
    url: str | None = _field(
        "Canonical address on www.koreaherald.com, whichever host served the page.",
        pattern=HTTPS_PATTERN,
        required=True,
    )
    aliases: list[str] = _field(
        "Other addresses seen for the same article, canonical form, sorted.", factory=list
    )
    headline: str | None = _field("One line, no markup.", minLength=1, pattern=r"^[^\n]+$", required=True)
    subheadline: str | None = _field("The deck below the headline, one line.")
    series: str | None = _field("The leading [label] of the headline where it names a series.")
    summary: str | None = _field(
        "The paper's description where it is more than the body's first lines cut off."
    )
    section: str | None = _field(
        "Slug of the section the page names; null where it names none.", pattern=SLUG_PATTERN
    )
    subsection: str | None = _field("Slug of the sub-section, likewise.", pattern=SLUG_PATTERN)
    listed_in: list[str] = _field(
        "Slugs of the section listings that showed it up to the export, sorted.", factory=list
    )
    byline: str | None = _field('The line as printed: "By Yonhap".')
    authors: list[Author] = _field("The people of the byline.", factory=list)
    agency: str | None = _field("News agency, from the byline or the sign-off of the body.")
    dateline: str | None = _field('Where the body opens with one: "WASHINGTON".')
    published_at: str | None = _field("ISO 8601 with +09:00.", pattern=KST_PATTERN)
    updated_at: str | None = _field("ISO 8601 with +09:00; null where not given.", pattern=KST_PATTERN)
    body: str | None = _field("Paragraphs joined by a blank line, nothing else; null if none.")
    images: list[Image] = _field("Pictures of the article, in page order.", factory=list)
    tags: list[str] = _field("Keywords of the page, without the paper's generic ones.", factory=list)
    language: str | None = _field(
        'BCP 47: "en", "ko", or "mul" for pages in both.', enum=["en", "ko", "mul", None]
    )
    word_count: int = _field("Words of headline and body.", default=0, minimum=0)
    content_hash: str | None = _field(
        "SHA-256 of the normalised headline and body.", pattern=r"^[0-9a-f]{64}$"
    )
    layout: str | None = _field("The generation of the site's markup that the page was read as.")
    extraction: dict[str, str] = _field(
        'Per field the source that won; of dates also why there is none: "missing", "invalid: Feb 30, 2024".',
        factory=dict,
    )
    revision: int = _field("1, 2, ...: how often the content has changed.", default=1, minimum=1)
    duplicate_of: str | None = _field("Id of the article that this one nearly repeats.")
    discovered_via: str | None = _field("Spider, and the listing that showed it.")
    fetched_at: str | None = _field("When the page was fetched, UTC.", pattern=UTC_PATTERN)
    fetched_from: str | None = _field(
        "The copy that was read: address of a web archive's capture, or file of a WARC; null for the site."
    )
    captured_at: str | None = _field("When the site served that copy, UTC; else null.", pattern=UTC_PATTERN)
    job: str | None = _field("The run that exported the line: scrapyd's job id or the run's own.")


def as_dict(item: Article) -> dict[str, Any]:
    """An article for JSON, to be read only: unlike `dataclasses.asdict` it copies nothing that need not be."""
    authors, images = list(map(vars, item.authors)), list(map(vars, item.images))
    return {**vars(item), "authors": authors, "images": images}


def from_dict(record: dict[str, Any]) -> Article:
    """The article of a dictionary as `as_dict` makes them. Raises TypeError for another one."""
    authors = [Author(**each) for each in record.get("authors", [])]
    images = [Image(**each) for each in record.get("images", [])]
    return Article(**{**record, "authors": authors, "images": images})
