"""Field processors: pure functions from page text to field values.

No selectors here, no I/O, no state; each function is tested alone. The loaders use
them as itemloaders input and output processors.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from herald_spider.items import Author

KST = timezone(timedelta(hours=9), "KST")

# --- text -----------------------------------------------------------------------------

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
    "|(?<![\u2600-\U0001faff\ufe0f])\u200d"  # a joiner between emoji stays
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, from a JSON escape
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Numeric entities in the C1 range are Windows-1252 quotation marks and dashes.
_C1 = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}
# What one of these may mend; most text has none and is looked through once.
_ODD = re.compile("[\x80-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")


def clean_text(text: str) -> str:
    """`text` on one line: NFC, entities decoded (twice at most), ordinary spaces.

    >>> clean_text("Mayor&amp;#39;s  \\u200bplan")
    "Mayor's plan"
    """
    if "&" in text:
        for _ in range(2):
            text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if not text.isascii():
        if _ODD.search(text):
            text = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text.translate(_C1)))
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())


_SITE_SUFFIX = re.compile(r"\s+[-|–—]\s+(?:The )?Korea Herald$", re.IGNORECASE)


def clean_headline(text: str) -> str:
    """A headline on one line, without the paper's name that titles carry at the end."""
    return _SITE_SUFFIX.sub("", clean_text(text))


_HANGUL = re.compile("[\uac00-\ud7a3]")


def language_of(text: str) -> str:
    """``"en"``, ``"ko"``, or ``"mul"`` where Hangul is neither rare nor the rule."""
    hangul = 0 if text.isascii() else len(_HANGUL.findall(text))
    share = hangul / sum(map(str.isalpha, text)) if hangul else 0
    return "ko" if share > 0.6 else "mul" if share > 0.15 else "en"


_QUOTES = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "―": "-"}


def content_hash(headline: str, body: str) -> str:
    """SHA-256 of the words alone: a change of quotation marks, spaces or case is no change."""
    words = unicodedata.normalize("NFKC", f"{headline}\n{body}")
    for mark, plain in _QUOTES.items():  # sooner done than str.translate
        words = words.replace(mark, plain)
    return hashlib.sha256(" ".join(words.casefold().split()).encode()).hexdigest()


def count_words(headline: str, body: str) -> int:
    """Whitespace-separated words of headline and body."""
    return len(headline.split()) + len(body.split())


# --- dates ----------------------------------------------------------------------------


class ImpossibleDate(ValueError):
    """The text has the form of a date, and no calendar has that day."""


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
# Spelled out: "MarketMay 4" is a label and its date, no day in March.
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
_OFFSET = r"(?P<offset>z\b|utc|gmt|kst|[+-]\d{2}:?\d{2})"
_DATE_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2014-11-11 18:08, 2025.01.31 13:05, 2026-08-19T11:29:16+09:00
        rf"(?<!\d)(?P<year>\d{{4}})[-./]\s?(?P<month>\d{{1,2}})[-./]\s?(?P<day>\d{{1,2}})(?!\d)"
        rf"(?:\.?[T\s]+{_TIME}\s*{_OFFSET}?)?",
        # Wed, 19 Aug 2026 11:29:16 +09:00 (the colon is the site's own, seen 2026-08)
        rf"(?<!\d)(?P<day>\d{{1,2}})\s+{_MONTH}\s+(?P<year>\d{{4}})(?:\s+{_TIME}\s*{_OFFSET}?)?",
        # Sept. 30, 2023 - 20:50:00; no \b before the month: labels are glued to it
        rf"{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})"
        rf"(?:\s*[-–—―,]?\s*{_TIME}\s*(?P<noon>[ap]\.?m\b)?)?",
    )
)
# The paper went on line in the 1990s; an older date is an empty field (1970) or a typo.
_FIRST_YEAR = 1990


def parse_date(text: str) -> datetime | None:
    """The first date in `text`, in Seoul time; None where it holds none.

    A time without offset is Seoul's, a date without time its midnight. Raises
    `ImpossibleDate` for what looks like a date and is none ("Feb 30, 2021").

    >>> parse_date("WorldMarch 9, 2020").isoformat()
    '2020-03-09T00:00:00+09:00'
    """
    for form in _DATE_FORMS:
        if match := form.search(text):
            return _to_datetime(match)
    return None


def _to_datetime(match: re.Match[str]) -> datetime:
    part = match.groupdict()
    month = part["month"].lower()
    numbers = [
        int(part["year"]),
        int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1,
        int(part["day"]),
        int(part["hour"] or 0),
        int(part["minute"] or 0),
        int(part["second"] or 0),
    ]
    if noon := part.get("noon"):
        numbers[3] = numbers[3] % 12 + (12 if noon[0] in "pP" else 0)
    try:
        if numbers[0] < _FIRST_YEAR:
            raise ValueError("before the site")
        moment = datetime(*numbers, tzinfo=_zone(part.get("offset")))  # type: ignore[arg-type,misc]
        return moment.astimezone(KST)
    except (ValueError, OverflowError) as error:
        raise ImpossibleDate(clean_text(match[0])[:60]) from error


def _zone(offset: str | None) -> timezone:
    if offset is None or offset.lower() == "kst":
        return KST
    if offset[0] not in "+-":
        return timezone.utc
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


# --- agencies and bylines -------------------------------------------------------------

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
_HOUSE = re.compile(
    r"(?:the )?korea herald(?: online| staff)?|코리아\s?헤럴드|herald (?:corp(?:oration)?|desk)|kh\s?디지털.*"
    r"|kh digital.*|(?:(?:compiled )?from )?(?:news|wire) reports?|staff(?: reports?)?|editorial (?:desk|board)",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:reporter|writer|correspondent|editor|columnist|contributor|photographer|intern"
    r"|journalist|producer|researcher|illustrator|contributing)\b",
    re.IGNORECASE,
)
_POST = (
    rf"(?:(?:the )?korea herald )?(?:(?:staff|senior|chief|guest|contributing|intern) ){{0,3}}{_ROLE.pattern}"
)
# "Song Sang-ho Korea Herald correspondent", "Reporter Kim Da-sol"
_ROLE_TAIL = re.compile(rf"\s({_POST}.*|(?:the )?korea herald)\Z", re.IGNORECASE)
_ROLE_HEAD = re.compile(rf"({_POST})\s(.+)", re.IGNORECASE)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_BY = re.compile(r"^(?:(?:written|reported|compiled)\s+)?by\b[\s:]*", re.IGNORECASE)
_LABEL = re.compile(r"^(?:reporter|author|e-?mail)\s*:\s*", re.IGNORECASE)
# In a story, where others have addresses too.
_CREDIT_LABEL = re.compile(
    r"^(?:reporter\s*:|e-?mail\s*:(?=.*@(?:heraldcorp|koreaherald|heraldm)\.com\b))\s*", re.IGNORECASE
)
# A link to what else they wrote.
OTHER_STORIES = re.compile(r"\s*\b(?:more |other )?(?:articles|stories) by\b.*", re.IGNORECASE)
# Who had another part in it.
_HELPERS = re.compile(
    r"\b(?:edited|translated|photographed|illustrated|photos?|videos?|graphics?|illustrations?) by\b.*",
    re.IGNORECASE,
)
_NAMES = re.compile(r"\s*(?:,|;|·|\s&\s|\s+and\s+|\s+with\s+|\s+by\s+)\s*", re.IGNORECASE)
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
        names = [parse_agency(part) for part in parts if not _HOUSE.fullmatch(part)]
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
    line = _LABEL.sub("", _BY.sub("", line))
    found = Byline(agency=parse_agency(line))
    if found.agency:
        return found
    for part in _NAMES.split(line):
        _add_to_byline(found, part)
    emails = EMAIL.findall(line)
    if len(emails) == len(found.authors):  # they may stand together, behind all the names
        for author, email in zip(found.authors, emails, strict=True):
            author.email = email
    return found


def _add_to_byline(found: Byline, part: str) -> None:
    email = EMAIL.search(part)
    name = _BY.sub("", EMAIL.sub("", part).strip(" ()[]<>/|-.,"))
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
    if _ROLE.search(name):
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
    return is_name(name) and not _ROLE.search(name) and not _is_house(name)


def _is_author(name: str) -> bool:
    return 0 < len(name) <= 60 and bool(_NAME.match(name)) and not _HOUSE.fullmatch(name)


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


# --- headline labels ------------------------------------------------------------------

_BRACKET = re.compile(r"\s*\[([^\[\]]{2,40})\]")
_SERIES_WORD = re.compile(
    r"\b(?:news|newsmaker|herald|interview|kh|weekender|reviews?|graphic|photos?|video|explains?|reporter\w*"
    r"|notebook|business|diploma\w+|circuit|econom\w+|industry|culture|travel|food|style|history|science|health"
    r"|korean?|korea's|editorial|exclusive|feature|from|the|out|today|week|special|series|report"
    r"|contribution|advertorial|well|design|k-\w+|pop|behind|beyond|land|mind|bio|tech|eye|focus"
    r"|english|podcast|breaking|update|analysis|top|live|our|world|seoul|election|market)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Label:
    """The leading [labels] of a headline: the series, or the columnist they name."""

    series: str | None = None
    columnist: str | None = None


def parse_label(headline: str) -> Label:
    """What the leading ``[label]`` of a headline says.

    >>> parse_label("[Newsmaker] [KH Explains] Why the ferry stopped")
    Label(series='Newsmaker', columnist=None)
    >>> parse_label("[Kim Seong-kon] On walls")
    Label(series=None, columnist='Kim Seong-kon')
    """
    series = columnist = None
    position = 0
    while match := _BRACKET.match(headline, position):
        label, position = match[1].strip(), match.end()
        if is_name(label) and not _SERIES_WORD.search(label):
            columnist = columnist or label
        else:
            series = series or label
    return Label(series, columnist)


# --- the ends of a story --------------------------------------------------------------

_DATELINE = re.compile(
    r"(?P<place>[A-Z][\w.'’-]*(?:[ ,/]+(?:[A-Z][\w.'’-]*|de|of|da|al)){0,5})"
    r"(?:,? [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)?"
    r"(?:\s*(?:\((?P<agency>[^()]{2,40})\)|/(?P<wire>[^()/\n]{2,40})/))?"
    # A dash stands apart on one side at least; a hyphen, of which words are made, behind.
    r"\s*(?P<dash>--|[–—―-])(?:\s|(?<=[\s)/]--)|(?<=[\s)/][–—―]))(?P<rest>[^.\n]*)"
)


def parse_dateline(body: str) -> tuple[str | None, str | None]:
    """The place and the agency that a story opens with; the text itself keeps them.

    >>> parse_dateline("GENEVA (Yonhap) -- The council met.")
    ('GENEVA', 'Yonhap')
    """
    match = _DATELINE.match(body)
    if not match:
        return None, None
    source = match["agency"] or match["wire"]
    agency = _wire_of(source) if source else None
    place = match["place"].strip(" ,")
    if not agency and match["dash"] == "-":
        return None, None
    # "Mayor Han – a former captain – said" is a sentence: a place in small letters needs
    # its agency, or the wire's double hyphen that no second one closes. Behind brackets that
    # hold no agency it is the place's capitals and that double hyphen.
    capitals = place.split(",")[0].isupper()
    wired = match["dash"] == "--" and "--" not in match["rest"]
    certain = (wired and capitals) if source else (wired or capitals)
    return (place, agency) if agency or certain else (None, None)


def _wire_of(source: str) -> str | None:
    """The agency in a story's brackets; its network hands on what other papers wrote ("China Daily/ANN")."""
    paper, _, network = source.rpartition("/")
    return parse_agency(source) or ("ANN" if paper and parse_agency(network) == "ANN" else None)


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
    elif behind and _BY.match(first) and _is_mail_line(first):
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
    labelled = bool(_CREDIT_LABEL.match(text))
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
    if _is_role(line) and _BY.match(above) and _is_mail_line(above):
        _replace_last(ends, head)
        return True
    if "@" in last and (match := _TRAILING_MAIL.search(last)):
        mail = EMAIL.search(match[0])
        ends.authors.append(Author("", mail[0] if mail else None))
        _replace_last(ends, last[: match.start()].rstrip())
        return True
    if last.endswith((")", "]")) and (match := _SIGN_OFF.search(last)):
        agency = _wire_of(match[1])
        if agency or match[1] == "END" or _HOUSE.fullmatch(match[1]):
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
    if _BY.match(line) or (byline.authors and _CREDIT_LABEL.match(line)):
        ends.byline = without_addresses(_CREDIT_LABEL.sub("", line))


def _replace_last(ends: Endings, text: str) -> None:
    if text:
        ends.paragraphs[-1] = text
    else:
        del ends.paragraphs[-1]


def _is_mail_line(line: str) -> bool:
    """A line that holds nothing but who wrote the story: names after "By", or with an address."""
    if len(line) > _MAX_LINE:
        return False
    opening = _BY.match(line) or _CREDIT_LABEL.match(line)
    rest = without_addresses(line[opening.end() :] if opening else line).strip(" ()[]<>/|-.,")
    parts = [part for part in _NAMES.split(rest) if part]
    if EMAIL.search(line):
        return all(is_name(part) or _is_role(part) for part in parts)
    if opening:
        return bool(parts) and all(is_name(part) or _is_house(part) for part in parts)
    return parse_agency(line) is not None


def _is_house(text: str) -> bool:
    """Whether `text` names the paper or an agency."""
    return bool(_HOUSE.fullmatch(text)) or parse_agency(text) is not None


def _is_role(text: str) -> bool:
    """Whether `text` says what somebody is at the paper ("Korea Herald correspondent"), or names the paper."""
    return len(text) <= 60 and (_is_house(text) or bool(_ROLE.search(text)))


# --- pictures -------------------------------------------------------------------------

_CREDIT = re.compile(r"\s*[(\[]([^()\[\]]{2,80})[)\]]\.?\s*\Z")
_NUMBER = re.compile(r"\d(?!\d*[A-Z]{2})")  # an age or a year; (123RF) is an agency
_POSITION = re.compile(
    r"(?:from |second |third |fourth |far |top |bottom |above |below )*"
    r"(?:left|right|center|centre|middle|l|r|top|bottom|above|below)\b.*|from .*|pictured.*|\d+",
    re.IGNORECASE,
)
_DEFAULT_PICTURE = re.compile(r"/(?:sns|noimage|no_image|default|blank|logo)[\w-]*\.(?:png|gif|jpe?g|svg)$")


def split_credit(text: str) -> tuple[str | None, str | None]:
    """A caption and its credit.

    >>> split_credit("The harbor on Tuesday. (KCNA-Yonhap)")
    ('The harbor on Tuesday.', 'KCNA-Yonhap')
    """
    caption = clean_text(text)
    match = _CREDIT.search(caption)
    if match and not _POSITION.fullmatch(match[1]) and not _NUMBER.match(match[1]):
        return caption[: match.start()].strip() or None, clean_text(match[1]) or None
    if agency := parse_agency(caption):
        return None, agency
    return caption or None, None


@lru_cache(maxsize=1024)  # the same picture is asked for on its own and in its box
def picture_url(url: str, base: str) -> str | None:
    """The absolute https address of a picture without its size query; None for no picture."""
    try:
        parts = urlsplit(urljoin(base, clean_text(url)))
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc or " " in parts.geturl():
        return None
    if _DEFAULT_PICTURE.search(parts.path):
        return None
    query = "" if parts.query.startswith("type=") else f"?{parts.query}" if parts.query else ""
    return f"https://{parts.netloc}{parts.path}{query}"


# --- tags and summary -----------------------------------------------------------------

_GENERIC_TAGS = frozenset(
    {"the korea herald", "korea herald", "koreaherald", "koreaherald.com", "korea", "news",
     "herald", "korea news", "english news", "english newspaper", "코리아헤럴드"}
)  # fmt: skip


def split_tags(text: str) -> list[str]:
    """The keywords of a page, without the paper's own name.

    >>> split_tags("Ferry, The Korea Herald,  harbor,ferry")
    ['Ferry', 'harbor']
    """
    tags: dict[str, str] = {}
    for tag in map(clean_text, text.split(",")):
        if tag and tag.lower() not in _GENERIC_TAGS:
            tags.setdefault(tag.lower(), tag)
    return list(tags.values())


def own_summary(summary: str, body: str) -> str | None:
    """`summary`, or None where it is only the body's first lines cut off.

    >>> own_summary("The ferry sto...", "The ferry stopped.") is None
    True
    """
    text = " ".join(summary.rstrip(" .…").casefold().split())
    opening = " ".join(body[: 2 * len(text)].split()).casefold()  # paragraphs are parted by two line breaks
    return None if not text or opening.startswith(text) else summary
