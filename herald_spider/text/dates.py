"""Dates and times as the site prints them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from herald_spider.text.cleaning import clean_text

KST = timezone(timedelta(hours=9), "KST")
_FIRST_YEAR = 1990  # the paper went online in the 1990s: an older date is an empty field (1970) or a typo

# Names of parts that date forms are made of.
_YEAR, _DAY = r"(?P<year>\d{4})", r"(?P<day>\d{1,2})"
_MONTH_NUMBER = r"(?P<month>\d{1,2})"
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
# Spelled out: "MarketMay 4" is a label and its date, not a day in March.
_MONTH_NAME = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
_OFFSET = r"(?P<offset>z\b|utc|gmt|kst|[+-]\d{2}:?\d{2})"
_NOON = r"(?P<noon>[ap]\.?m\b)"

# A form is one pattern; the first form that is found in a text is taken.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2014-11-11 18:08, 2025.01.31 13:05, 2026-08-19T11:29:16+09:00
        rf"(?<!\d){_YEAR}[-./]\s?{_MONTH_NUMBER}[-./]\s?{_DAY}(?!\d)(?:\.?[T\s]+{_TIME}\s*{_OFFSET}?)?",
        # Wed, 19 Aug 2026 11:29:16 +09:00
        rf"(?<!\d){_DAY}\s+{_MONTH_NAME}\s+{_YEAR}(?:\s+{_TIME}\s*{_OFFSET}?)?",
        # Sept. 30, 2023 - 20:50:00; no \b before the month, as labels have no space behind them
        rf"{_MONTH_NAME}\s+{_DAY},?\s+{_YEAR}(?:\s*[-–—―,]?\s*{_TIME}\s*{_NOON}?)?",
    )
)


class ImpossibleDate(ValueError):
    """The text has the form of a date, but no calendar has that day."""


def parse_date(text: str) -> datetime | None:
    """Return the first date in `text`, in Seoul time; None if it has none.

    A time without offset is Seoul's, a date without time its midnight. Raises
    `ImpossibleDate` for "Feb 30, 2021" and the like.

    >>> parse_date("WorldMarch 9, 2020").isoformat()
    '2020-03-09T00:00:00+09:00'
    """
    for form in _FORMS:
        if match := form.search(text):
            return _to_datetime(match)
    return None


def date_in(text: str) -> datetime | None:
    """Return the first date in `text` as `parse_date` does, and None for an impossible one."""
    try:
        return parse_date(text)
    except ImpossibleDate:
        return None


def utc_now() -> str:
    """Return the current time in the form of the item: ``2026-09-14T01:00:00Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _to_datetime(match: re.Match[str]) -> datetime:
    part = match.groupdict()
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if noon := part.get("noon"):
        hour = hour % 12 + (12 if noon[0] in "pP" else 0)
    try:
        if int(part["year"]) < _FIRST_YEAR:
            raise ValueError("before the site")
        month, zone = _month(part["month"].lower()), _zone(part.get("offset"))
        moment = datetime(int(part["year"]), month, int(part["day"]), hour, minute, second, tzinfo=zone)
        return moment.astimezone(KST)
    except (ValueError, OverflowError) as error:
        raise ImpossibleDate(clean_text(match[0])[:60]) from error


def _month(text: str) -> int:
    """Return the number of a month. Raises `ValueError` for letters that only resemble a name's ("ſept")."""
    return int(text) if text.isdigit() else _MONTHS.index(text[:3]) + 1


def _zone(offset: str | None) -> timezone:
    if offset is None or offset.lower() == "kst":
        return KST
    if offset[0] not in "+-":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
