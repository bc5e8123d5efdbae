"""Dates and times as the site prints them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from herald_spider.text.cleaning import clean_text

KST = timezone(timedelta(hours=9), "KST")


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


def date_in(text: str) -> datetime | None:
    """Return the first date in `text` as `parse_date` does, also None for an impossible one."""
    try:
        return parse_date(text)
    except ImpossibleDate:
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
