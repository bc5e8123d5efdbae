"""Captions, credits and addresses of pictures."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from herald_spider.text.bylines import is_house, parse_agency
from herald_spider.text.cleaning import clean_text

_CREDIT = re.compile(r"\s*[(\[]([^()\[\]]{2,80})[)\]]\.?\s*\Z")
# What stands before the name in a credit; "Courtesy of" belongs to the name.
_CREDIT_MARK = re.compile(
    r"(?:(?:photos?|photograph(?:s|er)?|images?|pictures?|videos?|graphics?|illustrations?|사진)\s*(?:credits?\s*)?"
    r"(?::|=|by\b)|credits?\s*:)\s*",
    re.IGNORECASE,
)
# Without brackets: "Photo by ..." as a whole, or behind a sentence; or an agency behind a sentence.
_MARKED = re.compile(
    rf"(?:\A|(?<=[.!?\"”’')\]])\s)(?:{_CREDIT_MARK.pattern}|(?=courtesy of\b))(?P<name>[^()\[\].]{{2,60}})\.?\Z",
    re.IGNORECASE,
)
_LAST_WORDS = re.compile(r"(?:(?<=[.!?\"”’')\]])\s+|\s[/|–—-]\s)([^.!?()\[\]]{2,40})\Z")
_NUMBER = re.compile(r"\d(?!\d*[A-Z]{2})")  # an age or a year; (123RF) is an agency
_POSITION = re.compile(
    r"(?:from |second |third |fourth |far |top |bottom |above |below )*"
    r"(?:left|right|center|centre|middle|l|r|top|bottom|above|below)\b.*|from .*|pictured.*|\d+",
    re.IGNORECASE,
)
_DEFAULT_PICTURE = re.compile(r"/(?:sns|noimage|no_image|default|blank|logo)[\w-]*\.(?:png|gif|jpe?g|svg)$")


def split_credit(text: str) -> tuple[str | None, str | None]:
    """Return a caption and its credit.

    >>> split_credit("The harbor on Tuesday. (KCNA-Yonhap)")
    ('The harbor on Tuesday.', 'KCNA-Yonhap')
    """
    caption = clean_text(text)
    match = _CREDIT.search(caption)
    if match and not _POSITION.fullmatch(match[1]) and not _NUMBER.match(match[1]):
        return caption[: match.start()].strip() or None, _CREDIT_MARK.sub("", clean_text(match[1]), 1) or None
    if match := _MARKED.search(caption):
        return caption[: match.start()].strip() or None, match["name"].strip()
    if agency := parse_agency(caption):
        return None, agency
    match = _LAST_WORDS.search(caption)
    if match and (is_house(match[1].rpartition("/")[2].strip())):
        return caption[: match.start()].strip(), match[1].strip()
    return caption or None, None


@lru_cache(maxsize=1024)  # a picture in a box is looked up twice
def picture_url(url: str, base: str) -> str | None:
    """Return the absolute https address of a picture without its size query; None if it is not a picture."""
    try:
        parts = urlsplit(urljoin(base, clean_text(url.strip().replace(" ", "%20"))))
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc or " " in parts.netloc:
        return None
    if _DEFAULT_PICTURE.search(parts.path):
        return None
    query = "" if parts.query.startswith("type=") else f"?{parts.query}" if parts.query else ""
    return f"https://{parts.netloc}{parts.path}{query}"
