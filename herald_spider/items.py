"""The item of the project and the only declaration of its fields.

The metadata of each field drives the JSON Schema (``docs/article.schema.json``), validation, the columns of
CSV, Parquet and the catalogue of ``scrapy browse``, the coverage statistics, and how values are printed. The
order of the fields is the key order of the exported JSON Lines.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

KST_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+09:00$"
UTC_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
HTTPS_PATTERN = r"^https://[^\s]+$"


def _field(
    description: str,
    *,
    default: Any = None,
    factory: Any = None,
    zone: str | None = None,
    watched: bool = False,
    from_page: bool = False,
    browsed: bool = True,
    label: str | None = None,
    printed: tuple[str, str] | None = None,
    **schema: Any,
) -> Any:
    """Return a dataclass field; `schema` holds its rules in the JSON Schema, the rest is explained by `Field`."""
    metadata = {
        "json_schema_extra": {"description": description, **schema},
        "zone": zone,
        "watched": watched,
        "from_page": from_page,
        "browsed": browsed,
        "label": label,
        "printed": printed,
    }
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


def _seoul_time(description: str, **options: Any) -> Any:
    return _field(description, zone="Asia/Seoul", pattern=KST_PATTERN, **options)


def _utc_time(description: str, **options: Any) -> Any:
    return _field(description, zone="UTC", pattern=UTC_PATTERN, **options)


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
    caption: str | None = _field("Caption without its credit; null where there is none.", watched=True)
    credit: str | None = _field('Who made it: "Yonhap", "KCNA-Yonhap"; null where not named.', watched=True)


@dataclass
class Companions:
    """Data that belongs to an article until it is committed, and is not exported."""

    validators: tuple[str | None, str | None] = (None, None)  # ETag and Last-Modified of its page
    stated: list[str] = field(default_factory=list)  # other ids that its page states as its own
    ids: list[str] = field(default_factory=list)  # all that are believed to be the article's own
    refused: list[str] = field(default_factory=list)  # linked ids that are of another article
    judged: set[str] = field(default_factory=set)  # those of `ids` that had been read when it was compared
    owner: str = ""  # the id under which the ledger keeps it
    hash: str = ""  # of the revision
    signature: bytes | None = None  # by which near-duplicates are found


@dataclass
class Article:
    """One story of the paper. Every field has a default; validation decides which are required."""

    id: str | None = _field(
        "The site's own number: 14 digits (ud) or the /article/ number.",
        from_page=True,
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
    headline: str | None = _field(
        "One line, no markup.",
        watched=True,
        from_page=True,
        label="Headline",
        minLength=1,
        pattern=r"^[^\n]+$",
        required=True,
    )
    subheadline: str | None = _field(
        "The deck below the headline, one line.", watched=True, from_page=True, label="Deck"
    )
    series: str | None = _field(
        "The leading [label] of the headline where it names a series.", from_page=True
    )
    summary: str | None = _field(
        "The paper's description where it is more than the body's first lines cut off.",
        watched=True,
        from_page=True,
    )
    section: str | None = _field(
        "Slug of the section the page names; null where it names none.",
        watched=True,
        from_page=True,
        pattern=SLUG_PATTERN,
    )
    subsection: str | None = _field(
        "Slug of the sub-section the page names; null where it names none.",
        from_page=True,
        pattern=SLUG_PATTERN,
    )
    listed_in: list[str] = _field(
        "Slugs of the section listings that showed it up to the export, sorted.", factory=list
    )
    byline: str | None = _field(
        'The line as printed: "By Yonhap".', watched=True, from_page=True, label="Byline"
    )
    authors: list[Author] = _field(
        "The people of the byline.", watched=True, from_page=True, printed=("name", "; "), factory=list
    )
    agency: str | None = _field(
        "News agency, from the byline or the sign-off of the body.", watched=True, from_page=True
    )
    dateline: str | None = _field(
        'Where the body opens with one: "WASHINGTON".', watched=True, from_page=True
    )
    published_at: str | None = _seoul_time(
        "ISO 8601 with +09:00.", watched=True, from_page=True, label="Published"
    )
    updated_at: str | None = _seoul_time(
        "ISO 8601 with +09:00; null where not given.", watched=True, from_page=True, label="Updated"
    )
    body: str | None = _field(
        "Paragraphs joined by a blank line, nothing else; null if none.", watched=True, from_page=True
    )
    images: list[Image] = _field(
        "Pictures of the article, in page order.",
        watched=True,
        from_page=True,
        printed=("url", "\n"),
        factory=list,
    )
    tags: list[str] = _field(
        "Keywords of the page, without the paper's generic ones.", watched=True, from_page=True, factory=list
    )
    language: str | None = _field(
        'BCP 47: "en", "ko", or "mul" for pages in both.', from_page=True, enum=["en", "ko", "mul", None]
    )
    word_count: int = _field("Words of headline and body.", default=0, minimum=0)
    content_hash: str | None = _field(
        "SHA-256 of the normalised headline and body.", browsed=False, pattern=r"^[0-9a-f]{64}$"
    )
    layout: str | None = _field("The generation of the site's markup that the page was read as.")
    extraction: dict[str, str] = _field(
        'Per field the source that won; of dates also why there is none: "missing", "invalid: Feb 30, 2024".',
        browsed=False,
        factory=dict,
    )
    revision: int = _field("1, 2, ...: how often the content has changed.", default=1, minimum=1)
    duplicate_of: str | None = _field("Id of the article that this one nearly repeats.")
    discovered_via: str | None = _field("Spider, and the listing that showed it.", browsed=False)
    fetched_at: str | None = _utc_time("When the page was fetched, UTC.")
    fetched_from: str | None = _field(
        "The copy that was read: address of a web archive's capture, or file of a WARC; null for the site.",
        browsed=False,
    )
    captured_at: str | None = _utc_time("When the site served that copy, UTC; else null.", browsed=False)
    job: str | None = _field(
        "The run that exported the line: scrapyd's job id or the run's own.", browsed=False
    )

    def __post_init__(self) -> None:
        self.companions = Companions()  # no field: exports and the schema do not have it


@dataclass(frozen=True)
class Field:
    """A field of an item, as its declaration describes it."""

    name: str
    type: Any  # the Python type without None: str, int, list[str], list[Author], dict[str, str]
    zone: str | None  # time zone of a time
    watched: bool  # counted for each article, and reported when fewer articles than usual have it
    from_page: bool  # read from the article page, not known from elsewhere
    browsed: bool  # a column in the catalogue of scrapy browse
    label: str | None  # name under which readers are shown a change of it
    printed: tuple[str, str] | None  # how a list of parts is printed: attribute of each part, separator

    @property
    def parts(self) -> Any:
        """The dataclass of the list's entries; None for a field that is no list of dataclasses."""
        kind = get_args(self.type)[0] if get_origin(self.type) is list else None
        return kind if is_dataclass(kind) else None


def fields_of(item: type) -> dict[str, Field]:
    """Return the fields of an item class by name, in the order of declaration."""
    hints = get_type_hints(item)
    found = {}
    for each in fields(item):
        options = {name: value for name, value in each.metadata.items() if name != "json_schema_extra"}
        found[each.name] = Field(each.name, _without_none(hints[each.name]), **options)
    return found


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    return hint


FIELDS = fields_of(Article)
_PARTS = {name: each.parts for name, each in FIELDS.items() if each.parts}


def as_dict(item: Article) -> dict[str, Any]:
    """Return the article as JSON has it. Values are shared with the article, not copied: do not change them."""
    record = {name: getattr(item, name) for name in FIELDS}
    return record | {name: list(map(vars, record[name])) for name in _PARTS}


def from_dict(record: dict[str, Any]) -> Article:
    """Return the article of a dictionary that `as_dict` made. Raises TypeError for any other one."""
    parts = {name: [kind(**each) for each in record.get(name, [])] for name, kind in _PARTS.items()}
    return Article(**{**record, **parts})
