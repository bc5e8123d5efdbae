"""The varieties of articles that are hard to read, and the slot of each.

Editions repeat every `PERIOD` articles. A slot is a position in that period and decides the section and
the varieties of an article. So each article follows from its position alone, and a hundred articles of an
edition hold every variety.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from herald_spider.sections import BY_SLUG, SECTIONS, Section

PERIOD = 90
EDITIONS = ("2024", "2023", "2021")
ALL = "all"  # the listing of the stories of all sections
_OLD = ("2023", "2021")


class Variety(NamedTuple):
    """A property of an article that makes it hard to read, its slot, and the editions that have it."""

    name: str
    slot: int
    editions: tuple[str, ...] = EDITIONS
    section: str | None = None  # where the article must be filed
    second: str | None = None  # another listing that shows the article


VARIETIES = (
    # Bylines, agencies, datelines
    Variety("two-authors", 1),
    Variety("three-authors", 2),
    Variety("role", 3),  # "By Kim Da-sol, Staff reporter"
    Variety("yonhap", 4),  # byline, and (Yonhap) at the end of the last paragraph
    Variety("afp-dateline", 5),  # London (AFP) – ...
    Variety("sign-off-only", 6),  # no byline; (AP) ends the story
    Variety("reuters-dateline", 7),  # WASHINGTON -- ...
    Variety("bloomberg", 8),
    Variety("xinhua", 9),
    Variety("dpa", 10),
    Variety("tns", 11),
    Variety("pr-newswire", 12),
    Variety("paper-byline", 13),  # "By Korea Herald", no person
    Variety("no-byline", 14),
    Variety("mail-in-body", 15),
    Variety("mail-in-box", 16),
    # Headlines and notes
    Variety("subheadline", 17),
    Variety("weekender", 18, _OLD, "culture", "weekender"),
    Variety("weekender", 18, ("2024",), "culture", "hashtag-korea"),
    Variety("two-labels", 19),  # [Newsmaker] [KH Explains] ...
    Variety("columnist", 20, section="viewpoints"),  # [Baek Min-ju] ...
    Variety("columnist-note", 21, section="viewpoints"),  # the last paragraph ends "-- Ed."
    Variety("first-note", 22, section="editorial"),  # the first ends "– Ed."
    Variety("herald-interview", 77, _OLD, "people", "herald-interview"),
    Variety("double-escaped", 37),
    Variety("curly-headline", 80),
    # Pictures and media
    Variety("several-images", 23),
    Variety("photo-only", 24),
    Variety("default-image", 25),
    Variety("og-image-only", 26),
    Variety("video", 27),
    Variety("podcast", 28, _OLD, "podcast"),
    Variety("podcast", 28, ("2024",), "culture"),
    Variety("bilingual", 29, _OLD, "english-cafe"),
    Variety("bilingual", 29, ("2024",), "people"),
    Variety("embeds", 30),
    Variety("credit-only", 60),  # a caption that is "(Yonhap)"
    Variety("lazy-image", 61),
    Variety("kcna-credit", 85, section="north-korea"),
    # Text
    Variety("table", 31),
    Variety("list", 32),
    Variety("subheads", 33),
    Variety("strong-subheads", 84),
    Variety("one-word", 34),
    Variety("invisible", 35),  # NBSP, zero-width characters, runs of spaces
    Variety("entities", 36),
    Variety("adverts", 38),
    Variety("related", 39),
    Variety("clutter", 74),  # "Link copied!", "Most Read" as paragraphs
    Variety("lines", 72),  # single <br> within a paragraph
    Variety("own-line-sign-off", 75),  # (Yonhap) as a paragraph of its own
    Variety("long", 81),
    Variety("decomposed", 82),  # NFD accents
    Variety("no-paragraphs", 83, ("2024", "2023")),  # <br><br> text, as in migrated stories
    Variety("broken-nesting", 71, ("2021",)),
    # Nearly the same text
    Variety("wire-copy", 40, section="world-news"),  # of slot 47
    Variety("wire-original", 47, section="world-news"),
    Variety("same-event", 41, section="politics"),  # the event of slot 44 in other words
    Variety("event", 44, section="politics"),
    Variety("brief", 42, section="market"),
    Variety("brief", 43, section="market"),
    # Metadata
    Variety("no-updated", 45),
    Variety("no-section", 46),
    Variety("impossible-date", 48),
    Variety("no-date", 49),
    Variety("own-description", 57),
    Variety("keywords", 59),
    Variety("ld-author-list", 50, ("2024",)),
    Variety("ld-author-string", 51, ("2024",)),
    Variety("ld-graph", 52, ("2024",)),
    Variety("ld-broken", 53, ("2024",)),
    Variety("ld-none", 54, ("2024",)),
    Variety("ld-byline-only", 55, ("2024",)),  # no printed byline
    Variety("ld-several", 56, ("2024",)),  # a breadcrumb script first
    # Addresses and bytes
    Variety("gone-404", 62),
    Variety("gone-410", 63, ("2024",)),
    Variety("gone-home", 63, _OLD),  # view.php redirects to the home page
    Variety("gone-soft", 64),  # 200, no article
    Variety("migrated", 65, ("2024",)),  # listed as view.php, which answers 301
    Variety("two-sections", 73, section="k-pop", second="culture"),
    Variety("cp949", 68),  # declares utf-8
    Variety("euc-kr-meta", 69),  # is utf-8
    Variety("euc-kr-header", 70),  # is utf-8
    Variety("markup-2014", 66, ("2021",)),
    Variety("markup-2018", 67, ("2021",)),
)

# Paths that only the menu shows: sections.py has others.
MENU_PATHS = {
    "north-korea": "/National/NKorea",
    "defense": "/National/Military",
    "world-business": "/World/Economy",
}
NEVER_FILLED = frozenset(
    "national business life-culture finance entertainment sports world opinion english-eye topics "
    "weekender herald-interview pr-newswire hashtag-korea korean".split()
)
PINNED = {"2024": "business"}


def current_path(section: Section) -> str | None:
    """Return the path of `section` in today's menu."""
    return MENU_PATHS.get(section.slug, section.path)


@cache
def of_slot(edition: str, slot: int) -> frozenset[str]:
    """Return the varieties of the article at `slot`."""
    return frozenset(v.name for v in VARIETIES if v.slot == slot and edition in v.editions)


@cache
def leaves(edition: str) -> tuple[str, ...]:
    """Return the slugs of the sections under which `edition` files articles."""
    current = edition == "2024"
    return tuple(
        section.slug
        for section in SECTIONS
        if section.slug not in NEVER_FILLED and (section.path if current else section.codes)
    )


@cache
def section_of(edition: str, slot: int) -> str:
    """Return the slug of the section under which the article at `slot` is filed."""
    for variety in VARIETIES:
        if variety.slot == slot and edition in variety.editions and variety.section:
            return variety.section
    if slot == 0:
        return "national"  # a section that has subsections: some articles are filed under one
    return leaves(edition)[slot * 7 % len(leaves(edition))]


@cache
def listed_in(edition: str, slot: int) -> tuple[str, ...]:
    """Return the slugs of the section listings that show the article at `slot`, sorted."""
    filed = [section_of(edition, slot)]
    filed += [v.second for v in VARIETIES if v.slot == slot and edition in v.editions and v.second]
    slugs = {slug for name in filed for slug in (name, *_parents(edition, BY_SLUG[name]))}
    return tuple(sorted(filter(lambda slug: is_listed(edition, slug), slugs)))


def _parents(edition: str, section: Section) -> list[str]:
    former = section.former_parent if edition != "2024" else None
    parent = former or section.parent
    return [parent] if parent else []


def is_listed(edition: str, slug: str) -> bool:
    """Return True if `edition` has a listing of the section."""
    section = BY_SLUG[slug]
    if edition == "2024":
        return bool(section.path) and section.language == "en"
    return bool(section.codes or section.series)


@cache
def slots_of(edition: str, slug: str) -> tuple[int, ...]:
    """Return the slots that the listing of section `slug` shows."""
    if slug == ALL:
        return tuple(range(PERIOD))
    return tuple(slot for slot in range(PERIOD) if slug in listed_in(edition, slot))
