"""The sections of the paper, in one table. A new section is one line here.

Names and ``ct`` codes are from the menus of 2018-03-20 and 2021-04-08, current paths from
the live site since December 2024. A path marked ``guess`` was never seen: the menu of the
site, read at the start of a crawl, is preferred to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Section:
    """One entry of the paper's menu.

    `names` are the labels in today's spelling and then earlier ones. `former_parent` is the
    parent in the menu before 2024, if that was another. `codes` are the ``ct`` codes of
    ``list.php`` (12 digits). The listing of a section marked ``render`` needs JavaScript.
    """

    slug: str
    names: tuple[str, ...]
    parent: str | None = None
    path: str | None = None
    guess: bool = False
    feed: str | None = None
    legacy_feed: str | None = None
    codes: tuple[str, ...] = ()
    series: str | None = None
    former_parent: str | None = None
    language: str = "en"
    render: bool = False

    @property
    def name(self) -> str:
        return self.names[0]


def _code(short: str) -> str:
    """Return ``"020101000000"`` for ``"0101"``: 02, section, subsection, zeros."""
    return f"02{short}".ljust(12, "0")


def _section(slug: str, *names: str, codes: str = "", **options: object) -> Section:
    return Section(slug, names, codes=tuple(map(_code, codes.split())), **options)  # type: ignore[arg-type]


def _rss(ct: str) -> str:
    return f"/common/rss_xml.php?ct={ct}"


# fmt: off
SECTIONS: tuple[Section, ...] = (
    _section("national", "National", codes="01", path="/National", feed="/rss/kh_National", legacy_feed=_rss("102")),
    _section("politics", "Politics", parent="national", codes="0101", path="/National/Politics"),
    _section("social-affairs", "Social Affairs", parent="national", codes="0102", path="/National/SocialAffairs"),
    _section("courts", "Courts", "Courts & Law", parent="national", path="/National/CourtsandLaw"),
    _section("foreign-affairs", "Foreign", "Foreign Affairs", parent="national", codes="0103", path="/National/ForeignAffairs", guess=True),
    _section("defense", "Military", "Defense", parent="national", codes="0106", path="/National/Defense", guess=True),
    _section("north-korea", "North Korea", parent="national", codes="0104", path="/National/NorthKorea", guess=True),
    _section("science", "Science", parent="national", codes="0107"),
    _section("diplomatic-circuit", "Diplomatic Circuit", parent="national", codes="0112"),
    _section("education", "Education", parent="national", codes="0109", path="/National/Education", guess=True),
    _section("seoul", "Seoul", parent="national", path="/National/Seoul", guess=True),

    _section("business", "Business", codes="02", path="/Business", feed="/rss/kh_Business", legacy_feed=_rss("103")),
    _section("industry", "Industry", parent="business", codes="0203", path="/Business/Industry", guess=True),
    _section("technology", "Technology", parent="business", codes="0206", path="/Business/Technology"),
    _section("transport", "Mobility", "Transport", "Automode", parent="business", codes="0205", path="/Business/Mobility", guess=True),
    _section("retail", "Consumer", "Retail", parent="business", codes="0210", path="/Business/Consumer", guess=True),

    _section("finance", "Finance", codes="19 0202", legacy_feed=_rss("305")),
    _section("economy", "Economy", parent="business", former_parent="finance", codes="1901 0201", path="/Business/Economy", guess=True),
    _section("market", "Market", parent="business", former_parent="finance", codes="1902", path="/Business/Market"),
    _section("money", "Money", parent="finance", codes="1903"),

    _section("life-culture", "Life&Culture", "Life&Style", codes="03", path="/LifenCulture", feed="/rss/kh_LifenCulture", legacy_feed=_rss("104")),
    _section("culture", "Culture", parent="life-culture", codes="0307", path="/LifenCulture/Culture"),
    _section("travel", "Travel", parent="life-culture", codes="0301", path="/LifenCulture/Travel"),
    _section("fashion", "Fashion", parent="life-culture", codes="0302"),
    _section("food", "Food", "Food & Beverage", parent="life-culture", codes="0303", path="/LifenCulture/Food"),
    _section("books", "Books", parent="life-culture", codes="0304", path="/LifenCulture/Books", guess=True),
    _section("people", "People", parent="life-culture", codes="0305", path="/LifenCulture/People"),
    _section("expat-living", "Expat Living", parent="life-culture", codes="0306"),
    _section("arts-design", "Arts & Design", parent="life-culture", codes="0308"),
    _section("health", "Health", parent="life-culture", codes="0309"),

    _section("entertainment", "Entertainment", codes="04", legacy_feed=_rss("105")),
    _section("film", "Film", parent="life-culture", former_parent="entertainment", codes="0401", path="/LifenCulture/Film", guess=True),
    _section("television", "Television", parent="life-culture", former_parent="entertainment", codes="0402", path="/LifenCulture/Television", guess=True),
    _section("music", "Music", parent="entertainment", codes="0403"),
    _section("theater", "Theater", "Performance", parent="entertainment", codes="0404"),
    _section("k-pop", "K-pop", former_parent="entertainment", codes="0409", path="/Kpop", feed="/rss/kh_Kpop"),

    _section("sports", "Sports", codes="05", path="/Sports", feed="/rss/kh_Sports", legacy_feed=_rss("106")),
    _section("soccer", "Soccer", parent="sports", codes="0501", path="/Sports/Soccer", guess=True),
    _section("baseball", "Baseball", parent="sports", codes="0502", path="/Sports/Baseball", guess=True),
    _section("golf", "Golf", parent="sports", codes="0503", path="/Sports/Golf", guess=True),
    _section("more-sports", "More Sports", parent="sports", codes="0504"),

    _section("world", "World", codes="12", path="/World", feed="/rss/kh_World", legacy_feed=_rss("107")),
    _section("world-news", "World News", parent="world", codes="1201", path="/World/WorldNews", guess=True),
    _section("world-business", "World Business", parent="world", codes="1202", path="/World/WorldBusiness", guess=True),
    _section("asia-news-network", "Asia News Network", parent="world", codes="1204"),

    _section("opinion", "Opinion", codes="06", path="/Opinion", feed="/rss/kh_Opinion", legacy_feed=_rss("108")),
    _section("editorial", "Editorial", parent="opinion", codes="0601", path="/Opinion/Editorial", guess=True),
    _section("viewpoints", "Viewpoints", parent="opinion", codes="0603 060301", path="/Opinion/Viewpoints", guess=True),

    _section("english-eye", "English Eye", codes="10"),
    _section("podcast", "Podcast", parent="english-eye", codes="1001"),
    _section("english-cafe", "English Cafe", "Powernote", parent="english-eye", codes="1003"),

    _section("topics", "Topics"),
    _section("weekender", "Weekender", parent="topics", codes="30", series="12"),
    _section("herald-interview", "Herald Interview", parent="topics", series="21"),
    _section("pr-newswire", "PR Newswire", parent="topics"),
    _section("hashtag-korea", "Hashtag Korea", "#Korea", path="/HashtagKorea"),
    _section("korean", "Korean", path="/Korean", language="ko"),
)
# fmt: on

BY_SLUG = {section.slug: section for section in SECTIONS}
ALL_STORIES_FEED = "/rss/newsAll"
ALL_STORIES_CODE = _code("00")


def _key(label: str) -> str:
    """Return one key for the spellings of a label: "Life & Style", "life&style", "Life&amp;Style"."""
    return re.sub(r"[^a-z0-9#]+", "", label.lower().replace("&amp;", "").replace(" and ", " "))


@cache
def _by_name() -> dict[str, Section]:
    """Return the sections by label, and by the last part of the path, which some pages print ("CourtsandLaw")."""
    table = {_key(section.path.rpartition("/")[2]): section for section in SECTIONS if section.path}
    return table | {_key(name): section for section in SECTIONS for name in section.names}


@cache
def _by_address() -> dict[str, Section]:
    table = {code: section for section in SECTIONS for code in section.codes}
    table |= {f"ctv={section.series}": section for section in SECTIONS if section.series}
    return table | {section.path.lower(): section for section in SECTIONS if section.path}


def by_name(label: str) -> Section | None:
    """Return the section with a label, in any spelling of the table.

    >>> by_name("National > Politics").slug
    'politics'
    """
    found = (_by_name().get(_key(part)) for part in reversed(label.split(">")))
    return next(filter(None, found), None)


def by_code(code: str) -> Section | None:
    """Return the section of a ``ct`` code (``"020104000000"``)."""
    return _by_address().get(code)


def by_series(number: str) -> Section | None:
    """Return the section of a ``ctv`` number (``"12"`` is the Weekender)."""
    return _by_address().get(f"ctv={number}")


def by_path(path: str) -> Section | None:
    """Return the section of a current path (``"/National/Politics"``) in any letter case."""
    return _by_address().get(path.rstrip("/").lower())


def name_of(slug: str | None) -> str:
    """Return the name of a section in the menu; the slug itself if it is unknown, "" for None."""
    known = BY_SLUG.get(slug or "")
    return known.name if known else slug or ""


def children(slug: str) -> list[Section]:
    """Return the sections below `slug`, in today's menu or the former one."""
    return [section for section in SECTIONS if slug in (section.parent, section.former_parent)]


def expand(slugs: Iterable[str]) -> frozenset[str] | None:
    """Return `slugs` with the sections below each; None, for any section, if ``all`` is among them.

    >>> sorted(expand(["sports"]))
    ['baseball', 'golf', 'more-sports', 'soccer', 'sports']
    >>> expand(["all", "sports"])
    """
    slugs = list(slugs)
    if "all" in slugs:
        return None
    return frozenset([*slugs, *(child.slug for slug in slugs for child in children(slug))])


def place(section: Section, *, former: bool = False) -> tuple[str, str | None]:
    """Return the item's section and subsection, in the menu before 2024 if `former`."""
    parent = (section.former_parent or section.parent) if former else section.parent
    return (parent, section.slug) if parent else (section.slug, None)


def by_url(url: str) -> Section | None:
    """Return the section of a canonical listing address; None for any other text."""
    try:
        parts = urlsplit(url)
    except ValueError:  # "http://["
        return None
    if not parts.path.endswith("/list.php"):
        return by_path(parts.path)
    query = parse_qs(parts.query)
    if "ctv" in query:
        return by_series(query["ctv"][0])
    return by_code(query["ct"][0]) if "ct" in query else None
