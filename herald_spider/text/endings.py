"""The ends of a story: sign-offs, reporters' mail lines, editors' notes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from herald_spider.items import Author
from herald_spider.text.bylines import (
    BY,
    EMAIL,
    HOUSE,
    NAME_SEPARATOR,
    ROLE,
    is_house,
    is_name,
    parse_agency,
    parse_byline,
    without_addresses,
)
from herald_spider.text.datelines import wire_agency

# In a story, where others have addresses too.
CREDIT_LABEL = re.compile(
    r"^(?:reporter\s*:|e-?mail\s*:(?=.*@(?:heraldcorp|koreaherald|heraldm)\.com\b))\s*", re.IGNORECASE
)
_SIGN_OFF = re.compile(r"\s*[(\[]([^()\[\]]{2,40})[)\]]\s*\Z")
_ED = re.compile(r"(?:--|[–—―]|(?<![^\s(\[])-)\s?E[dD]\.?[)\]]?\Z")  # an op-ed or a co-ed is no note
_NOTE = re.compile(r"\W{0,2}editor[’']?s?[’']? note\b", re.IGNORECASE)
_NOTE_HEAD = re.compile(rf"{_NOTE.pattern}\W{{0,2}}", re.IGNORECASE)
# An address that ends a sentence of the story ("or email info@...") is the story's.
_TRAILING_MAIL = re.compile(
    rf"\s*[(\[<]\s*{EMAIL.pattern}\s*[)\]>]\s*\Z|(?:\A|(?<=[.!?\"”’')\]])|\n)\s*{EMAIL.pattern}\s*\Z"
)
_ASIDE = re.compile(r"(?:photos?|videos?|graphics?|illustrations?) by\b|corrections?\s*:", re.IGNORECASE)
_WRITER_NOTE = re.compile(r"[^.]{0,40}\s(?:is|was|are|teaches|writes|covers|can be reached)\b")
_CHROME = re.compile(
    r"(?:published|updated)\s*:.*|link copied(?: to (?:the |your )?clipboard)?[!.]?|print(?: this)? article"
    r"|send feedback|share(?: this)?(?: article| story| page)?(?: (?:on|via) (?:facebook|twitter|x|linkedin|email))?"
    r"|subscribe(?: now| to .{1,40})?"
    r"|(?:sign up for )?(?:our )?newsletters?|most (?:read|popular)(?: .{1,20})?|latest news"
    r"|related (?:articles?|stories|news|links?)|recommended(?: for you)?|advertisement"
    r"|listen to (?:this )?article|back to top",
    re.IGNORECASE,
)
_MAX_LINE = 120  # characters; more are no furniture and no byline
_AROUND_CHROME = " :|·>-–—[]▶►■"


def is_chrome(paragraph: str) -> bool:
    """Whether a whole short line is the site's furniture ("Related articles"), not the story's."""
    return len(paragraph) <= _MAX_LINE and bool(_CHROME.fullmatch(paragraph.strip(_AROUND_CHROME)))


@dataclass
class Endings:
    """What stood around the story's own paragraphs."""

    paragraphs: list[str]
    agency: str | None = None
    byline: str | None = None
    authors: list[Author] = field(default_factory=list)


def split_endings(paragraphs: Iterable[str], known: Iterable[str] = ()) -> Endings:
    """Take sign-offs, reporters' mail lines and notes off the ends of a story.

    `known` are the names of its authors: a last paragraph that opens with one of them
    and says who they are is a note on the writer.
    """
    ends = Endings([text for text in paragraphs if text and not is_chrome(text)])
    names = list(known)
    _take_first(ends)
    asides = []  # "Photos by ..." stays, and may stand behind the sign-off
    while len(ends.paragraphs) > 1 and _ASIDE.match(ends.paragraphs[-1]):
        asides.append(ends.paragraphs.pop())
    while ends.paragraphs and _take_last(ends, names):
        pass
    _take_credits(ends, names)
    ends.paragraphs.extend(reversed(asides))
    return ends


def _take_first(ends: Endings) -> None:
    """Take the editor's note off the start of a story, and the line that says who wrote it."""
    opening, others = "".join(ends.paragraphs[:1]), ends.paragraphs[1:]
    first, _, rest = opening.partition("\n")
    behind = [rest, *others] if rest else others
    if _ED.search(opening) and (others or _NOTE.match(first)):
        ends.paragraphs = others
    elif _NOTE.match(first):
        # What is behind a head that stands alone is the note.
        note = _NOTE_HEAD.fullmatch(first) and len(behind) > 1 and "\n" not in behind[0]
        ends.paragraphs = behind[1:] if note else behind
    elif behind and BY.match(first) and _is_mail_line(first):
        _sign(ends, first)
        ends.paragraphs = behind


def _take_credits(ends: Endings, names: list[str]) -> None:
    """Take the lines that say who wrote the story from amidst it."""
    others = []
    for text in reversed(ends.paragraphs):
        if _is_credit(text, names):
            _sign(ends, text)
        else:
            others.append(text)
    ends.paragraphs = others[::-1]


def _is_credit(text: str, names: list[str]) -> bool:
    """Whether a paragraph is a reporter's name or mail, with its label, or "Written by ...".

    Others than the story's authors write too: the books it tells of.
    """
    if len(text) > _MAX_LINE or "\n" in text:
        return False
    labelled = bool(CREDIT_LABEL.match(text))
    if not (labelled or text[:11].lower() == "written by ") or not _is_mail_line(text):
        return False
    return labelled or all(author.name in names for author in parse_byline(text).authors)


def _is_on_writer(text: str, names: Iterable[str]) -> bool:
    """Whether `text` opens with one of `names` and says who that is."""
    return any(text.startswith(name) and _WRITER_NOTE.match(text, len(name)) for name in names)


def _take_last(ends: Endings, names: Iterable[str]) -> bool:
    """Take one ending off the last paragraph; False where there is none."""
    last = ends.paragraphs[-1]
    head, _, line = last.rpartition("\n")
    if _is_on_writer(last, names):
        del ends.paragraphs[-1]
        return True
    if _ED.search(line) or _NOTE.match(line) or _is_on_writer(line, names):
        _replace_last(ends, head)
        return True
    if _is_mail_line(line):
        _sign(ends, line)
        _replace_last(ends, head)
        return True
    above = (head or "\n".join(ends.paragraphs[-2:-1])).rpartition("\n")[2]
    if _is_role(line) and BY.match(above) and _is_mail_line(above):
        _replace_last(ends, head)
        return True
    if "@" in last and (match := _TRAILING_MAIL.search(last)):
        mail = EMAIL.search(match[0])
        ends.authors.append(Author("", mail[0] if mail else None))
        _replace_last(ends, last[: match.start()].rstrip())
        return True
    if last.endswith((")", "]")) and (match := _SIGN_OFF.search(last)):
        agency = wire_agency(match[1])
        if agency or match[1] == "END" or HOUSE.fullmatch(match[1]):
            ends.agency = ends.agency or agency
            _replace_last(ends, last[: match.start()].rstrip())
            return True
    return False


def _sign(ends: Endings, line: str) -> None:
    """Note whom a line names that says who wrote the story."""
    byline = parse_byline(line)
    mail = EMAIL.search(line)
    named = byline.authors or ([Author("", mail[0])] if mail else [])
    ends.authors = named + ends.authors
    ends.agency = ends.agency or byline.agency
    if BY.match(line) or (byline.authors and CREDIT_LABEL.match(line)):
        ends.byline = without_addresses(CREDIT_LABEL.sub("", line))


def _replace_last(ends: Endings, text: str) -> None:
    if text:
        ends.paragraphs[-1] = text
    else:
        del ends.paragraphs[-1]


def _is_mail_line(line: str) -> bool:
    """A line that holds nothing but who wrote the story: names after "By", or with an address."""
    if len(line) > _MAX_LINE:
        return False
    opening = BY.match(line) or CREDIT_LABEL.match(line)
    rest = without_addresses(line[opening.end() :] if opening else line).strip(" ()[]<>/|-.,")
    parts = [part for part in NAME_SEPARATOR.split(rest) if part]
    if EMAIL.search(line):
        return all(is_name(part) or _is_role(part) for part in parts)
    if opening:
        return bool(parts) and all(is_name(part) or is_house(part) for part in parts)
    return parse_agency(line) is not None


def _is_role(text: str) -> bool:
    """Whether `text` says what somebody is at the paper ("Korea Herald correspondent"), or names the paper."""
    return len(text) <= 60 and (is_house(text) or bool(ROLE.search(text)))
