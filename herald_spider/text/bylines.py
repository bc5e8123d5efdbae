"""Bylines and news agencies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from herald_spider.items import Author
from herald_spider.text.cleaning import MAX_FIELD, clean_text
from herald_spider.text.dates import remove_dates

# The spelling in the item, and the pattern of all spellings.
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
_HOUSE_NAMES = (
    r"(?:the )?korea herald(?: online| staff)?", r"코리아\s?헤럴드", r"herald (?:corp(?:oration)?|desk)",
    r"kh\s?(?:디지털|digital).*", r"(?:(?:compiled )?from )?(?:news|wire) reports?", r"staff(?: reports?)?",
    r"editorial board", r"herald digital", r"admin", r"khnews", r".{0,40}(?:desk|team|newsroom|bureau|department)", r".{0,20}(?:디지털|편집국|뉴스팀|취재팀|데스크).{0,20}",
)  # fmt: skip
_ROLES = (
    "reporter", "writer", "correspondent", "editor", "columnist", "contributor", "photographer", "intern", "journalist",
    "producer", "researcher", "illustrator", "contributing", "special (?:to|for)",
)  # fmt: skip
_HELPERS = (
    "edited",
    "translated",
    "photographed",
    "illustrated",
    "photos?",
    "videos?",
    "graphics?",
    "illustrations?",
)
_SEPARATORS = (r"[,;|/·•∙・‧、]", r"(?<=\s)[&+](?=\s)", r"\b(?:and|with|by)(?=\s)")


def _any(patterns: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(patterns)})"


_AGENCY_PATTERNS = {name: re.compile(rf"(?:{form})\Z", re.IGNORECASE) for name, form in _AGENCIES.items()}
_HOUSE = re.compile(_any(_HOUSE_NAMES), re.IGNORECASE)
_ROLE = re.compile(rf"\b{_any(_ROLES)}s?\b", re.IGNORECASE)
_POST = (
    rf"(?:(?:the )?korea herald )?(?:(?:staff|senior|chief|guest|contributing|intern) ){{0,3}}{_ROLE.pattern}"
)
# "Song Sang-ho Korea Herald correspondent", "Reporter Kim Da-sol"
_POST_AFTER_NAME = re.compile(rf"\s({_POST}.*|(?:the )?korea herald)\Z", re.IGNORECASE)
_KOREAN_POST = re.compile(r"\s*((?:인턴|선임|전문|객원)?\s?(?:기자|특파원))\Z")
_POST_BEFORE_NAME = re.compile(rf"({_POST})\s(.+)", re.IGNORECASE)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
BY = re.compile(r"^(?:(?:written|reported|compiled|text|words|story)\s+)?by\b[\s:]*", re.IGNORECASE)
_LABEL = re.compile(r"^(?:reporter|author|e-?mail)\s*:\s*", re.IGNORECASE)
OTHER_STORIES = re.compile(
    r"\s*\b(?:more |other )?(?:articles|stories) by\b.*", re.IGNORECASE
)  # a link's text
_HELPED_BY = re.compile(rf"\b(?:{_any(_HELPERS)} by|reporting (?:from|in))\b.*", re.IGNORECASE)
_DETAILS = re.compile(r"(\([^(),@]{1,60}),[^()@]{0,60}(?=\))")  # "(Reporter, Seoul)"

NAME_SEPARATOR = re.compile(rf"(?:\s*{_any(_SEPARATORS)})+\s*", re.IGNORECASE)
_WORD = r"[^\W\d_](?:[^\W\d_]|[.'’-])*"
_NAME = re.compile(rf"{_WORD}(?: {_WORD}){{0,5}}\Z")
# The first belongs to a name, the second does not.
_GENERATION = re.compile(r"(?:Jr|Sr)\.?\Z|I{2,3}\Z|IV\Z")
_DEGREES = re.compile(r"(?:(?:\A|[\s,]+)(?:Ph\.?\s?D|M\.?D|M\.A|B\.A|MBA|J\.D|Esq)\.?)+\Z")
# "in Washington", "in Washington, D.C."
_PLACE = re.compile(
    r"\s+in\s+[A-Z][\w.'’-]*(?:\s[A-Z][\w.'’-]*)*(?:,\s?(?:D\.C\.?|[A-Z][a-z]+\.?(?=\s*\Z)))?(?=\s*(?:\Z|[(<]|\W|and\b|with\b))"
)
PROTECTED = re.compile(
    r"[(<\[]?\[email\s?protected\][)>\]]?", re.IGNORECASE
)  # an address that a script shows
_DATE_LABEL = re.compile(r"\b(?:published|updated|posted|modified|입력|수정|등록)\b\s*:?", re.IGNORECASE)
_MAX_NAME = 60  # characters
_MAX_AGENCY = 100  # characters, of several agencies


def parse_agency(text: str) -> str | None:
    """Return the agency that `text` names, in one spelling; None if it is not an agency's name.

    >>> parse_agency("yonhap news agency"), parse_agency("KCNA-Yonhap"), parse_agency("Korea Herald, Yonhap")
    ('Yonhap', 'KCNA-Yonhap', 'Yonhap')
    """
    text = clean_text(text).strip("()[] .")
    return _agency_of(text) if len(text) <= _MAX_AGENCY else None


@lru_cache(maxsize=2048)  # most stories are signed by the same few
def _agency_of(text: str) -> str | None:
    for name, pattern in _AGENCY_PATTERNS.items():
        if pattern.match(text):
            return name
    parts = re.split(r"\s*[-/,]\s*", text)
    if 1 < len(parts) < 4:
        names = [parse_agency(part) for part in parts if not _HOUSE.fullmatch(part)]
        return "-".join(filter(None, names)) if names and all(names) else None
    return None


@dataclass
class Byline:
    """The authors of a byline in printed order, and the agency if it names one."""

    authors: list[Author] = field(default_factory=list)
    agency: str | None = None

    def __bool__(self) -> bool:
        return bool(self.authors or self.agency)


def parse_byline(line: str) -> Byline:
    """Return the authors and the agency of a byline.

    >>> [author.name for author in parse_byline("By Kim Da-sol and Lee Jaeeun").authors]
    ['Kim Da-sol', 'Lee Jaeeun']
    >>> parse_byline("By Yonhap")
    Byline(authors=[], agency='Yonhap')
    """
    line = clean_text(without_dates(PROTECTED.sub("", clean_text(line[:MAX_FIELD]))))
    line = _DETAILS.sub(r"\1", _HELPED_BY.sub("", OTHER_STORIES.sub("", line)))
    line = _PLACE.sub("", _LABEL.sub("", BY.sub("", line)))
    found = Byline(agency=parse_agency(line))
    if found.agency:
        return found
    for part in NAME_SEPARATOR.split(line):
        _add_part(found, part)
    emails = EMAIL.findall(line)
    if len(emails) == len(found.authors):  # the addresses may stand together behind all names
        for author, email in zip(found.authors, emails, strict=True):
            author.email = email
    return found


def _add_part(found: Byline, part: str) -> None:
    """Add one part of a line: a name, an agency, or the role or address of the names before it."""
    email = EMAIL.search(part)
    name = BY.sub("", _DEGREES.sub("", EMAIL.sub("", part).strip()).strip(" ()[]<>/|-.,"))
    if found.authors and _GENERATION.match(name):  # ", Jr."
        found.authors[-1].name += f" {_with_stop(name)}"
        name = ""
    # ", Editor At Large" is the role of the name before it.
    follows_name = any(author.role is None for author in found.authors)
    name, role = _split_role(_with_stop(name.strip()), follows_name=follows_name)
    head, _, tail = name.rpartition(" ")
    if _names_agency(tail) and is_name(head.rstrip(" -")):  # "Kim Da-sol Yonhap"
        name, found.agency = head.rstrip(" -"), found.agency or parse_agency(tail)
    if agency := parse_agency(name):
        found.agency = "-".join(dict.fromkeys(filter(None, [found.agency, agency])))
    elif _ROLE.search(name):
        for author in found.authors:
            author.role = author.role or name
    elif _is_author(name):
        if name not in (author.name for author in found.authors):
            found.authors.append(Author(name, email[0] if email else None, role))
        return
    if email and found.authors:  # an address apart from its name
        found.authors[-1].email = found.authors[-1].email or email[0]


def _with_stop(name: str) -> str:
    return f"{name}." if name.endswith(("Jr", "Sr")) and _GENERATION.match(name[-2:]) else name


def without_dates(line: str) -> str:
    """Return a byline without the dates and times in the same line, and their labels."""
    if not any(map(str.isdigit, line)):
        return line
    found = remove_dates(line)
    return line if found == line else _DATE_LABEL.sub(" ", found).strip(" |-–—·:")


def _split_role(name: str, *, follows_name: bool) -> tuple[str, str | None]:
    """Return a name and the role in brackets, behind or before it."""
    if bracket := re.fullmatch(r"(.+?)\s*\((.+)\)?", name):
        return bracket[1], bracket[2].rstrip(")")
    if post := _KOREAN_POST.search(name):
        return name[: post.start()], post[1]
    if (tail := _POST_AFTER_NAME.search(name)) and _is_person(name[: tail.start()]):
        return name[: tail.start()], tail[1]
    if not follows_name and (head := _POST_BEFORE_NAME.fullmatch(name)) and _is_person(head[2]):
        return head[2], head[1]
    return name, None


def _is_person(name: str) -> bool:
    return (
        is_name(name)
        and not _ROLE.search(name)
        and not is_house(name)
        and not _names_agency(name.partition(" ")[0])  # "AP Sports Writer"
    )


def _names_agency(word: str) -> bool:
    """Return True if a word beside a name is an agency: "AP", "Yonhap", but not "Ann"."""
    return (word.isupper() or len(word) > 4) and parse_agency(word) is not None


def _is_author(name: str) -> bool:
    return 0 < len(name) <= _MAX_NAME and bool(_NAME.match(name)) and not _HOUSE.fullmatch(name)


def without_addresses(line: str) -> str:
    """Return a printed line without mail addresses and their brackets.

    >>> without_addresses("By Kim Da-sol and Lee Jaeeun (a@b.kr, c@b.kr)")
    'By Kim Da-sol and Lee Jaeeun'
    """
    return " ".join(re.sub(r"[(<\[][\s,;/]*[)>\]]", "", EMAIL.sub("", line)).split()).strip(" ,;")


def is_name(text: str) -> bool:
    """Return True if `text` looks like a person's name: two to four capitalised words.

    >>> is_name("Kim Seong-kon"), is_name("H.R. McMaster"), is_name("the mayor")
    (True, True, False)
    """
    words = text.split()
    return 2 <= len(words) <= 4 and all(
        re.fullmatch(r"(?:[A-Z][\w.'’]*(?:-\w+)*|de|van|von|bin|al|di|da)", word) for word in words
    )


def is_house(text: str) -> bool:
    """Return True if `text` names the paper, one of its desks, or an agency."""
    return is_desk(text) or parse_agency(text) is not None


def is_desk(text: str) -> bool:
    """Return True if `text` names the paper or one of its desks."""
    return bool(_HOUSE.fullmatch(text))


def is_role(text: str) -> bool:
    """Return True if `text` is a role at the paper ("Korea Herald correspondent"), or names the paper."""
    return len(text) <= _MAX_NAME and (is_house(text) or bool(_ROLE.search(text)))
