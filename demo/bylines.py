"""Bylines, agencies, datelines, sign-offs and the labels of series and columnists."""

from __future__ import annotations

from demo.prose import Writer
from demo.story import Story
from demo.words import WORDS

_AGENCIES = {
    "yonhap": "Yonhap", "bloomberg": "Bloomberg", "xinhua": "Xinhua", "dpa": "dpa", "tns": "TNS",
    "afp-dateline": "AFP", "reuters-dateline": "Reuters", "pr-newswire": "PR Newswire",
    "wire-original": "AFP", "wire-copy": "Yonhap", "own-line-sign-off": "Yonhap",
}  # fmt: skip
_SIGNED_OFF = {"yonhap", "xinhua", "wire-copy", "own-line-sign-off"}
_SERIES = {
    "weekender": ("[Weekender] ", "Weekender"),
    "herald-interview": ("[Herald Interview] ", "Herald Interview"),
    "two-labels": ("[Newsmaker] [KH Explains] ", "Newsmaker"),
    "podcast": ("[Podcast] ", "Podcast"),
    "bilingual": ("[English Cafe] ", "English Cafe"),
}


def sign(story: Story, writer: Writer) -> None:
    """Put the label, byline, dateline and sign-off on the story that its varieties ask for."""
    _add_label(story)
    agency = next((name for kind, name in _AGENCIES.items() if kind in story.varieties), None)
    if {"columnist", "columnist-note"} & story.varieties:
        _sign_column(story, writer)
    elif agency:
        _sign_wire_story(story, writer, agency)
    elif "sign-off-only" in story.varieties:
        story.agency = story.sign_off = "AP"
    elif "paper-byline" in story.varieties:
        story.byline = "By Korea Herald"
        story.ld_authors = ["Korea Herald"]
    elif "no-byline" not in story.varieties and story.filed_under != "editorial":
        _sign_staff_story(story, writer)
    story.own_line_sign_off = "own-line-sign-off" in story.varieties


def _add_label(story: Story) -> None:
    for kind, (label, series) in _SERIES.items():
        if kind in story.varieties:
            story.headline = label + story.headline
            story.series = series


def _sign_column(story: Story, writer: Writer) -> None:
    name = writer.person()
    story.headline = f"[{name}] {story.headline}"
    story.authors = [_author(name)]
    story.ld_authors = [name]
    story.byline = f"By {name}"


def _sign_wire_story(story: Story, writer: Writer, agency: str) -> None:
    story.agency = agency
    story.byline = f"By {agency}"
    story.ld_authors = [agency]
    if _SIGNED_OFF & story.varieties:
        story.sign_off = agency
    if "afp-dateline" in story.varieties:
        _add_dateline(story, "London", "London (AFP) – ")
    elif "reuters-dateline" in story.varieties or writer.dice.random() < 0.3:
        place = writer.dice.choice(WORDS["dateline"])
        source = f" ({agency})" if agency == "Yonhap" and writer.dice.random() < 0.5 else ""
        _add_dateline(story, place, f"{place}{source} -- ")


def _add_dateline(story: Story, place: str, opening: str) -> None:
    story.dateline = place
    story.blocks[0].text = opening + story.blocks[0].text


def _sign_staff_story(story: Story, writer: Writer) -> None:
    names = _distinct_people(writer, _author_count(story, writer))
    role = "Staff reporter" if "role" in story.varieties else None
    story.authors = [_author(name, role) for name in names]
    story.ld_authors = names
    story.emails = [_email(name) for name in names]
    if "ld-byline-only" in story.varieties:
        story.printed_byline = False
        story.byline = ", ".join(names)
    else:
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        story.byline = f"By {listed}" + (f", {role}" if role else "")


def _author_count(story: Story, writer: Writer) -> int:
    if "three-authors" in story.varieties:
        return 3
    if {"two-authors", "ld-author-list"} & story.varieties:
        return 2
    if {"role", "mail-in-body", "mail-in-box", "ld-author-string"} & story.varieties:
        return 1
    return 1 if writer.dice.random() < 0.85 else 2


def _distinct_people(writer: Writer, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names[writer.person()] = None
    return list(names)


def _author(name: str, role: str | None = None) -> dict[str, str | None]:
    return {"name": name, "email": None, "role": role}


def _email(name: str) -> str:
    """Return ``"dasol@heraldcorp.com"`` for ``"Kim Da-sol"``."""
    return f"{name.split()[1].replace('-', '').lower()}@heraldcorp.com"
