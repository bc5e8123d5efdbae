"""The ends of a story: sign-offs, reporters' mail lines, editors' notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from herald_spider.items import Author
from herald_spider.text.bylines import (
    BY,
    EMAIL,
    NAME_SEPARATOR,
    PROTECTED,
    is_desk,
    is_house,
    is_name,
    is_role,
    parse_agency,
    parse_byline,
    without_addresses,
)
from herald_spider.text.datelines import wire_agency

# An address inside a story may be anybody's, so only one of the paper's makes a credit.
_CREDIT_LABEL = re.compile(
    r"^(?:reporter\s*:|e-?mail\s*:(?=.*@(?:heraldcorp|koreaherald|heraldm)\.com\b))\s*", re.IGNORECASE
)
_SIGN_OFF = re.compile(r"\s*[(\[]([^()\[\]]{2,40})[)\]]\s*\Z")
_ED = re.compile(r"(?:--|[–—―]|(?<![^\s(\[])-)\s?E[dD]\.?[)\]]?\Z")  # not "op-ed" or "co-ed"
_NOTE = re.compile(r"\W{0,2}editor[’']?s?[’']? note\b", re.IGNORECASE)
_NOTE_HEAD = re.compile(rf"{_NOTE.pattern}\W{{0,2}}", re.IGNORECASE)
# An address that ends a sentence ("or email info@...") belongs to the story.
_TRAILING_MAIL = re.compile(
    rf"\s*[(\[<]\s*{EMAIL.pattern}\s*[)\]>]\s*\Z|(?:\A|(?<=[.!?\"”’')\]])|\n)\s*{EMAIL.pattern}\s*\Z"
)
_ASIDE = re.compile(r"(?:photos?|videos?|graphics?|illustrations?) by\b|corrections?\s*:", re.IGNORECASE)
# "[Photo credit : ...]", "(Photos: ...)" below a story or behind its last sentence.
_PHOTO_CREDIT = re.compile(
    r"\s*[\[(]\s*(?:photos?|images?|pictures?|사진)\s*(?:credits?\s*)?(?::|=|by\b|courtesy\b|from\b)[^()\[\]]{1,80}[\])]\Z"
    r"|\A(?:(?:photos?|images?|pictures?|사진)\s*(?:credits?\s*)?(?::|=|courtesy of\b)|credits?\s*:)[^.!?]{1,60}\Z",
    re.IGNORECASE,
)
# A byline with an address, or without a space before it, behind the last sentence.
_GLUED = re.compile(
    r"(?<=[.!?\"”’')\]])(?P<space>\s*)(?P<line>(?:By\s)?[^.!?]{3,60}(?:[(<\[][^)>\]]*[)>\]]\s*)?)\Z"
)
_OWN_VIEWS = re.compile(r"\b(?:views?|opinions?)\b[^.]{0,80}\bown\b", re.IGNORECASE)
_MAX_NOTE = 500  # characters
_KOREAN_NAME = re.compile(r"[가-힣]{2,4}(?:\s?(?:인턴|선임)?\s?(?:기자|특파원))?")
_WRITER_NOTE = re.compile(r"[^.]{0,40}\s(?:is|was|are|teaches|writes|covers|can be reached)\b")
_FURNITURE_LINES = (
    r"(?:published|updated)\s*:.*", r"link copied(?: to (?:the |your )?clipboard)?[!.]?", r"print(?: this)? article",
    r"send feedback", r"subscribe(?: now| to .{1,40})?", r"(?:sign up for )?(?:our )?newsletters?",
    r"share(?: this)?(?: article| story| page)?(?: (?:on|via) (?:facebook|twitter|x|linkedin|email))?",
    r"most (?:read|popular)(?: .{1,20})?", r"latest news", r"related (?:articles?|stories|news|links?)",
    r"recommended(?: for you)?", r"advertisement", r"listen to (?:this )?article", r"back to top",
)  # fmt: skip
_FURNITURE = re.compile("|".join(_FURNITURE_LINES), re.IGNORECASE)
_AROUND_FURNITURE = " :|·>-–—[]▶►■"
_MAX_LINE = 120  # characters of a credit or a line of furniture


def is_furniture(paragraph: str) -> bool:
    """Return True if a whole short line belongs to the site ("Related articles"), not to the story."""
    return len(paragraph) <= _MAX_LINE and bool(_FURNITURE.fullmatch(paragraph.strip(_AROUND_FURNITURE)))


@dataclass
class Endings:
    """The paragraphs of a story without its ends, and what the ends say of its authors."""

    paragraphs: list[str]
    agency: str | None = None
    byline: str | None = None
    authors: list[Author] = field(default_factory=list)


def split_endings(paragraphs: Iterable[str], known: Iterable[str] = ()) -> Endings:
    """Split sign-offs, reporters' mail lines and notes from the ends of a story.

    `known` are the names of its authors: a last paragraph that begins with one of them and
    says who they are is a note on the writer.
    """
    ends = Endings([text for text in paragraphs if text and not is_furniture(text)])
    names = list(known)
    _take_first(ends)
    asides = []  # "Photos by ..." is kept, and may stand behind the sign-off
    while len(ends.paragraphs) > 1 and _ASIDE.match(ends.paragraphs[-1]):
        asides.append(ends.paragraphs.pop())
    while ends.paragraphs and _cut_last(ends, names):
        pass
    _take_credits(ends, names)
    ends.paragraphs.extend(reversed(asides))
    return ends


def _take_first(ends: Endings) -> None:
    """Take the editor's note or the byline off the start of a story."""
    opening, others = "".join(ends.paragraphs[:1]), ends.paragraphs[1:]
    first, _, rest = opening.partition("\n")
    behind = [rest, *others] if rest else others
    if _ED.search(opening) and (others or _NOTE.match(first)):
        ends.paragraphs = others
    elif _NOTE.match(first):
        # Behind a heading of its own the next paragraph is the note.
        has_heading = _NOTE_HEAD.fullmatch(first) and len(behind) > 1 and "\n" not in behind[0]
        ends.paragraphs = behind[1:] if has_heading else behind
    elif behind and BY.match(first) and _is_credit(first):
        _sign(ends, first)
        ends.paragraphs = behind


def _cut_last(ends: Endings, names: list[str]) -> bool:
    """Cut one ending off the last paragraph; return False if it has none."""
    for cut in _CUTS:
        rest = cut(ends, ends.paragraphs[-1], names)
        if rest is not None:
            ends.paragraphs[-1:] = [rest] if rest else []
            return True
    return False


# Each returns what is left of the last paragraph without one kind of ending, None if it has none.


def _cut_writer_note(_: Endings, last: str, names: list[str]) -> str | None:
    is_on_views = len(last) <= _MAX_NOTE and last[:4].lower() == "the " and _OWN_VIEWS.search(last)
    return "" if is_on_views or _is_on_writer(last, names) else None


def _cut_photo_credit(_: Endings, last: str, names: list[str]) -> str | None:
    match = _PHOTO_CREDIT.search(last) if last.endswith((")", "]")) or len(last) <= _MAX_LINE else None
    return last[: match.start()].rstrip() if match else None


def _cut_glued_credit(ends: Endings, last: str, names: list[str]) -> str | None:
    match = _GLUED.search(last, max(0, len(last) - _MAX_LINE))
    if match is None or not _is_credit(match["line"]):
        return None
    # One of these signs alone also stands in the last sentence of a story.
    signs = (BY.match(match["line"]), "@" in match["line"], not match["space"])
    if sum(map(bool, signs)) < 2:
        return None
    _sign(ends, match["line"])
    return last[: match.start()].rstrip()


def _cut_note_line(_: Endings, last: str, names: list[str]) -> str | None:
    head, _newline, line = last.rpartition("\n")
    return head if _ED.search(line) or _NOTE.match(line) or _is_on_writer(line, names) else None


def _cut_credit(ends: Endings, last: str, _: list[str]) -> str | None:
    head, _newline, line = last.rpartition("\n")
    if not _is_credit(line):
        return None
    _sign(ends, line)
    return head


def _cut_role(ends: Endings, last: str, _: list[str]) -> str | None:
    """Cut a role that stands below a byline; the next round cuts the byline."""
    head, _newline, line = last.rpartition("\n")
    above = (head or "\n".join(ends.paragraphs[-2:-1])).rpartition("\n")[2]
    return head if is_role(line) and BY.match(above) and _is_credit(above) else None


def _cut_address(ends: Endings, last: str, _: list[str]) -> str | None:
    match = _TRAILING_MAIL.search(last) if "@" in last else None
    if match is None:
        return None
    ends.authors.extend(Author("", mail) for mail in EMAIL.findall(match[0])[:1])
    return last[: match.start()].rstrip()


def _cut_sign_off(ends: Endings, last: str, _: list[str]) -> str | None:
    match = _SIGN_OFF.search(last) if last.endswith((")", "]")) else None
    agency = wire_agency(match[1]) if match else None
    if match is None or not (agency or match[1] == "END" or is_desk(match[1])):
        return None
    ends.agency = ends.agency or agency
    return last[: match.start()].rstrip()


_CUTS: tuple[Callable[[Endings, str, list[str]], str | None], ...] = (
    _cut_writer_note, _cut_note_line, _cut_credit, _cut_role, _cut_glued_credit, _cut_address, _cut_sign_off,
    _cut_photo_credit,
)  # fmt: skip


def _take_credits(ends: Endings, names: list[str]) -> None:
    """Take credits out of the middle of a story."""
    others = []
    for text in reversed(ends.paragraphs):
        if _is_inner_credit(text, names):
            _sign(ends, text)
        else:
            others.append(text)
    ends.paragraphs = others[::-1]


def _is_inner_credit(text: str, names: list[str]) -> bool:
    """Return True for a labelled name or address, and for "Written by ..." with an author of the story.

    A story may name other writers, as those of books.
    """
    if len(text) > _MAX_LINE or "\n" in text:
        return False
    is_labelled = bool(_CREDIT_LABEL.match(text))
    if not (is_labelled or text[:11].lower() == "written by ") or not _is_credit(text):
        return False
    return is_labelled or all(author.name in names for author in parse_byline(text).authors)


def _is_on_writer(text: str, names: Iterable[str]) -> bool:
    """Return True if `text` begins with one of `names` and says who that is."""
    return any(text.startswith(name) and _WRITER_NOTE.match(text, len(name)) for name in names)


def _sign(ends: Endings, line: str) -> None:
    """Add the authors and the agency of a credit."""
    byline = parse_byline(line)
    mail = EMAIL.search(line)
    named = byline.authors or ([Author("", mail[0])] if mail else [])
    ends.authors = named + ends.authors
    ends.agency = ends.agency or byline.agency
    if BY.match(line) or (byline.authors and _CREDIT_LABEL.match(line)):
        ends.byline = without_addresses(_CREDIT_LABEL.sub("", line))


def _is_credit(line: str) -> bool:
    """Return True for a line with nothing but authors: names behind "By", or with a mail address."""
    if len(line) > _MAX_LINE:
        return False
    line = PROTECTED.sub("", line)
    opening = BY.match(line) or _CREDIT_LABEL.match(line)
    rest = without_addresses(line[opening.end() :] if opening else line).strip(" ()[]<>/|-.,")
    parts = [part for part in NAME_SEPARATOR.split(rest) if part]
    if EMAIL.search(line):
        return all(is_name(part) or is_role(part) or _KOREAN_NAME.fullmatch(part) for part in parts)
    if opening:
        is_signed = any(is_name(part) or is_house(part) for part in parts)
        return is_signed and all(is_name(part) or is_house(part) or is_role(part) for part in parts)
    return parse_agency(line) is not None
