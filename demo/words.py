"""The word lists, phrases and topics of the demo newspaper, read from the text files in ``data/``.

A data file holds lists: a line ``# title``, then one entry per line. In phrases ``{town}`` is a word of the
list of that name or a fact of the story, ``{n:3-40}`` a number, ``[one|other]`` a choice.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

Lists = dict[str, tuple[str, ...]]
Pairs = tuple[tuple[str, str], ...]
_DATA = Path(__file__).parent / "data"


class Topic(NamedTuple):
    """The phrases for one kind of event, and the sections that report on it."""

    sections: tuple[str, ...]
    headlines: tuple[str, ...]
    leads: tuple[str, ...]
    facts: tuple[str, ...]
    quotes: tuple[str, ...]


def _read(path: Path) -> Lists:
    """Return the lists of a data file by title."""
    lists: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            entries = lists.setdefault(line.removeprefix("# "), [])
        elif line:
            entries.append(line)
    return {title: tuple(entries) for title, entries in lists.items()}


def _read_words() -> Lists:
    """Return ``words.txt``, with the names of towns, firms and clubs put together from their parts."""
    words = _read(_DATA / "words.txt")
    towns = [first + second for first in words["town, first part"] for second in words["town, second part"]]
    firms = [f"{name} {kind}" for name in words["firm, name"] for kind in words["firm, kind"]]
    clubs = [f"{town} {kind}" for town in towns[::7] for kind in words["club, kind"]]
    return words | {"town": tuple(towns), "firm": tuple(firms), "club": tuple(clubs)}


def _pairs(lines: tuple[str, ...]) -> Pairs:
    """Split lines ``Korean = English``."""
    return tuple((korean, english) for korean, _, english in (line.partition(" = ") for line in lines))


WORDS = _read_words()
PHRASES = _read(_DATA / "phrases.txt")
MARKUP = _read(_DATA / "markup.txt")
KOREAN = {title: _pairs(lines) for title, lines in _read(_DATA / "korean.txt").items()}
TOPICS = {path.stem: Topic(**_read(path)) for path in sorted((_DATA / "topics").glob("*.txt"))}
_TOPIC_OF_SECTION = {slug: topic for topic in TOPICS.values() for slug in topic.sections}


def topic_of(section: str) -> Topic:
    """Return the topic of a section's stories; a section that no topic file names gets the first topic."""
    return _TOPIC_OF_SECTION.get(section) or next(iter(TOPICS.values()))
