"""Cleaning of text: spaces, entities, invisible characters; the hash and the language of a text."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
    "|(?<![\u2600-\U0001faff\ufe0f])\u200d"  # a joiner between emoji stays
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, from a JSON escape
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Numeric entities in the C1 range are Windows-1252 quotation marks and dashes.
_C1 = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}
# All characters that the above change: most text has none, and is searched only once.
_ODD = re.compile("[\x80-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")
# Combining marks are no letters. Normalisation takes quadratic time for many in a row.
_MANY_MARKS = re.compile(r"[^\w\s]{31,}")
_MAX_MARKS = 30  # on one letter, as in Unicode's Stream-Safe Text Format
# Characters of a field on one line. A longer one is cut: reading it may take quadratic time.
MAX_FIELD = 5_000


def _few_marks(match: re.Match[str]) -> str:
    """Return some characters without the combining marks after the first 30 in a row."""
    kept, marks = [], 0
    for char in match[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def clean_text(text: str) -> str:
    """Return `text` on one line: NFC, entities decoded (twice at most), ordinary spaces.

    >>> clean_text("Mayor&amp;#39;s  \\u200bplan")
    "Mayor's plan"
    """
    if "&" in text:
        for _ in range(2):
            text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if not text.isascii():
        if _ODD.search(text):
            text = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text.translate(_C1)))
        text = unicodedata.normalize("NFC", _MANY_MARKS.sub(_few_marks, text))
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())


# By name: "<Parasite>" is a title.
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|center|cite|code|del|div|em|font|h[1-6]|i|img|ins|mark|p|q|s|small|span|strike|strong"
    r"|sub|sup|u|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"</?(?:br|div|h[1-6]|p)\b", re.IGNORECASE)


def without_tags(text: str) -> str:
    """Return `text` on one line without HTML tags, also those written as entities.

    >>> without_tags("The &lt;i&gt;mayor&lt;/i&gt;<br>of <Parasite>")
    'The mayor of <Parasite>'
    """
    text = clean_text(text)
    if "<" in text:
        text = clean_text(_TAG.sub(lambda tag: " " if _BREAK.match(tag[0]) else "", text))
    return text


_SITE_SUFFIX = re.compile(r"\s+[-|–—]\s+(?:The )?Korea Herald$", re.IGNORECASE)


def clean_headline(text: str) -> str:
    """Return a headline on one line, without the paper's name at its end."""
    return _SITE_SUFFIX.sub("", without_tags(text))


# With the paper's name behind the dots, too.
_CUT = re.compile(r"\s*(?:\.{2,}|…)$")


def uncut(headline: str, others: Iterable[str]) -> str | None:
    """Return the one of `others` that holds the whole of a headline that is cut off; None if it is whole.

    >>> uncut("The mayor of Seo...", ["The mayor of Seowol"])
    'The mayor of Seowol'
    """
    start = _key(_CUT.sub("", headline))
    is_marked = _CUT.search(headline) is not None
    for other in others:
        if not start or _CUT.search(other) or not _key(other).startswith(start):
            continue
        rest = _key(other)[len(start) :]
        # Without dots a headline counts as cut only in the middle of a word.
        if rest and (is_marked or (start[-1] + rest[0]).isalnum()):
            return other
    return None


def _key(text: str) -> str:
    return "".join(_QUOTES.get(each, each) for each in text).casefold()


_HANGUL = re.compile("[\uac00-\ud7a3]")


def language_of(text: str) -> str:
    """Return ``"en"``, ``"ko"``, or ``"mul"`` for 15 to 60 % Hangul among the letters."""
    hangul = 0 if text.isascii() else len(_HANGUL.findall(text))
    share = hangul / sum(map(str.isalpha, text)) if hangul else 0
    return "ko" if share > 0.6 else "mul" if share > 0.15 else "en"


_QUOTES = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "―": "-"}


def content_hash(headline: str, body: str) -> str:
    """Return the SHA-256 of the words: quotation marks, dashes, spaces and case do not count."""
    words = unicodedata.normalize("NFKC", f"{headline}\n{body}")
    for mark, plain in _QUOTES.items():  # faster than str.translate
        words = words.replace(mark, plain)
    return hashlib.sha256(" ".join(words.casefold().split()).encode("utf-8", "surrogatepass")).hexdigest()


def count_words(headline: str, body: str) -> int:
    """Return the number of words, separated by white space."""
    return len(headline.split()) + len(body.split())


_GENERIC_TAGS = frozenset(
    {"the korea herald", "korea herald", "koreaherald", "koreaherald.com", "korea", "news",
     "herald", "korea news", "english news", "english newspaper", "코리아헤럴드"}
)  # fmt: skip


def split_tags(text: str) -> list[str]:
    """Return the keywords in `text`, each once, without those that all pages have.

    >>> split_tags("Ferry, The Korea Herald,  harbor,ferry")
    ['Ferry', 'harbor']
    """
    tags: dict[str, str] = {}
    for tag in map(clean_text, text.split(",")):
        if tag and tag.lower() not in _GENERIC_TAGS:
            tags.setdefault(tag.lower(), tag)
    return list(tags.values())


def own_summary(summary: str, body: str) -> str | None:
    """Return `summary`, or None if it is only the start of the body.

    >>> own_summary("The ferry sto...", "The ferry stopped.") is None
    True
    """
    text = " ".join(summary.rstrip(" .…").casefold().split())
    opening = " ".join(body[: 2 * len(text)].split()).casefold()  # line breaks count as spaces
    return None if not text or opening.startswith(text) else summary
