"""Bylines and news agencies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from herald_spider.items import Author
from herald_spider.text.cleaning import clean_text

_AGENCIES = {
    "Yonhap": r"yonhap(?: news)?(?: agency)?|연합뉴스",
    "KCNA": r"kcna|korean central news agency",
    "AFP": r"afp|agence france[- ]presse",
    "AP": r"ap|(?:the )?associated press",
    "Reuters": r"(?:thomson )?reuters",
    "Bloomberg": r"bloomberg(?: news| opinion)?",
    "Xinhua": r"xinhua(?: news agency)?",
    "dpa": r"dpa",
    "UPI": r"upi|united press international",
    "Kyodo": r"kyodo(?: news)?",
    "TNS": r"tns|tribune news service|tribune content agency",
    "PR Newswire": r"pr ?newswire",
    "ANN": r"ann|asia news network",
    "Project Syndicate": r"project syndicate",
    "Newsis": r"newsis|뉴시스",
    "News1": r"news1|뉴스1",
    "EPA": r"epa",
}
_AGENCY = {name: re.compile(rf"(?:{form})\Z", re.IGNORECASE) for name, form in _AGENCIES.items()}
HOUSE = re.compile(
    r"(?:the )?korea herald(?: online| staff)?|코리아\s?헤럴드|herald (?:corp(?:oration)?|desk)|kh\s?디지털.*"
    r"|kh digital.*|(?:(?:compiled )?from )?(?:news|wire) reports?|staff(?: reports?)?|editorial (?:desk|board)",
    re.IGNORECASE,
)
ROLE = re.compile(
    r"\b(?:reporter|writer|correspondent|editor|columnist|contributor|photographer|intern"
    r"|journalist|producer|researcher|illustrator|contributing)\b",
    re.IGNORECASE,
)
_POST = (
    rf"(?:(?:the )?korea herald )?(?:(?:staff|senior|chief|guest|contributing|intern) ){{0,3}}{ROLE.pattern}"
)
# "Song Sang-ho Korea Herald correspondent", "Reporter Kim Da-sol"
_ROLE_TAIL = re.compile(rf"\s({_POST}.*|(?:the )?korea herald)\Z", re.IGNORECASE)
_ROLE_HEAD = re.compile(rf"({_POST})\s(.+)", re.IGNORECASE)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
BY = re.compile(r"^(?:(?:written|reported|compiled)\s+)?by\b[\s:]*", re.IGNORECASE)
_LABEL = re.compile(r"^(?:reporter|author|e-?mail)\s*:\s*", re.IGNORECASE)
# A link to what else they wrote.
OTHER_STORIES = re.compile(r"\s*\b(?:more |other )?(?:articles|stories) by\b.*", re.IGNORECASE)
# Who had another part in it.
_HELPERS = re.compile(
    r"\b(?:edited|translated|photographed|illustrated|photos?|videos?|graphics?|illustrations?) by\b.*",
    re.IGNORECASE,
)
NAME_SEPARATOR = re.compile(r"\s*(?:,|;|·|\s&\s|\s+and\s+|\s+with\s+|\s+by\s+)\s*", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,5}\Z")
_LONG = 100  # characters, beyond which no text is kept in mind


def parse_agency(text: str) -> str | None:
    """The agency that `text` names, in one spelling; None where it names none.

    >>> parse_agency("yonhap news agency"), parse_agency("KCNA-Yonhap"), parse_agency("Korea Herald, Yonhap")
    ('Yonhap', 'KCNA-Yonhap', 'Yonhap')
    """
    text = clean_text(text).strip("()[] .")
    return _agency_of(text) if len(text) <= _LONG else _agency_of.__wrapped__(text)


@lru_cache(maxsize=2048)  # desks and staff sign one story after the other
def _agency_of(text: str) -> str | None:
    for name, form in _AGENCY.items():
        if form.match(text):
            return name
    parts = re.split(r"\s*[-/,]\s*", text)
    if 1 < len(parts) < 4:
        names = [parse_agency(part) for part in parts if not HOUSE.fullmatch(part)]
        return "-".join(filter(None, names)) if names and all(names) else None
    return None


@dataclass
class Byline:
    """A byline understood: `authors` in printed order, and the agency if it names one."""

    authors: list[Author] = field(default_factory=list)
    agency: str | None = None

    def __bool__(self) -> bool:
        return bool(self.authors or self.agency)


def parse_byline(line: str) -> Byline:
    """The authors and the agency of a byline.

    >>> [author.name for author in parse_byline("By Kim Da-sol and Lee Jaeeun").authors]
    ['Kim Da-sol', 'Lee Jaeeun']
    >>> parse_byline("By Yonhap")
    Byline(authors=[], agency='Yonhap')
    """
    line = _HELPERS.sub("", OTHER_STORIES.sub("", clean_text(line)))
    line = _LABEL.sub("", BY.sub("", line))
    found = Byline(agency=parse_agency(line))
    if found.agency:
        return found
    for part in NAME_SEPARATOR.split(line):
        _add_to_byline(found, part)
    emails = EMAIL.findall(line)
    if len(emails) == len(found.authors):  # they may stand together, behind all the names
        for author, email in zip(found.authors, emails, strict=True):
            author.email = email
    return found


def _add_to_byline(found: Byline, part: str) -> None:
    email = EMAIL.search(part)
    name = BY.sub("", EMAIL.sub("", part).strip(" ()[]<>/|-.,"))
    name, _, house = name.partition("/")  # "Kim Da-sol/The Korea Herald"
    name = name.strip()
    role = None
    # "..., Editor At Large" says what the one before is.
    roleless = any(author.role is None for author in found.authors)
    if bracket := re.fullmatch(r"(.+?)\s*\((.+)\)?", name):
        name, role = bracket[1], bracket[2].rstrip(")")
    elif (tail := _ROLE_TAIL.search(name)) and _is_person(name[: tail.start()]):
        name, role = name[: tail.start()], tail[1]
    elif not roleless and (head := _ROLE_HEAD.fullmatch(name)) and _is_person(head[2]):
        role, name = head[1], head[2]
    found.agency = found.agency or parse_agency(name) or (parse_agency(house) if house else None)
    if ROLE.search(name):
        for author in found.authors:
            author.role = author.role or name
    elif _is_author(name) and not parse_agency(name):
        if name not in (author.name for author in found.authors):
            found.authors.append(Author(name, email[0] if email else None, role))
        return
    if email and found.authors:  # it stands apart from its name
        found.authors[-1].email = found.authors[-1].email or email[0]


def _is_person(name: str) -> bool:
    """Whether what stands beside a role is who has it."""
    return is_name(name) and not ROLE.search(name) and not is_house(name)


def _is_author(name: str) -> bool:
    return 0 < len(name) <= 60 and bool(_NAME.match(name)) and not HOUSE.fullmatch(name)


def without_addresses(line: str) -> str:
    """A printed line without its mail addresses and their brackets.

    >>> without_addresses("By Kim Da-sol and Lee Jaeeun (a@b.kr, c@b.kr)")
    'By Kim Da-sol and Lee Jaeeun'
    """
    return " ".join(re.sub(r"[(<\[][\s,;/]*[)>\]]", "", EMAIL.sub("", line)).split()).strip(" ,;")


def is_name(text: str) -> bool:
    """Whether `text` looks like a person's name: two to four capitalised words.

    >>> is_name("Kim Seong-kon"), is_name("H.R. McMaster"), is_name("the mayor")
    (True, True, False)
    """
    words = text.split()
    return 2 <= len(words) <= 4 and all(
        re.fullmatch(r"(?:[A-Z][\w.'’]*(?:-\w+)*|de|van|von|bin|al|di|da)", word) for word in words
    )


def is_house(text: str) -> bool:
    """Whether `text` names the paper or an agency."""
    return bool(HOUSE.fullmatch(text)) or parse_agency(text) is not None
