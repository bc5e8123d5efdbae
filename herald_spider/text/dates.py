"""Dates and times as the site prints them, and in the forms of RFC 822, ISO 8601 and JavaScript."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from herald_spider.text.cleaning import clean_text

KST = timezone(timedelta(hours=9), "KST")
_FIRST_YEAR = 1990  # the paper went online in the 1990s: an older date is an empty field (1970) or a typo
_LONGEST_OFFSET = 14 * 60  # minutes; a larger one is no zone

# Hours east of UTC. CST is the American one; names that stand for several zones (IST, BST) are unknown.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "KST": 9, "JST": 9,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_AFTERNOON = ("p", "오후")

# Names of parts that date forms are made of.
_S = r"\s{0,3}"
_YEAR, _DAY, _NUMBER = r"(?P<year>\d{4})", r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})"
_WEEKDAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s"
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
# Spelled out: "MarketMay 4" is a label and its date, not a day in March.
_MONTH_NAME = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NOON = r"(?:[ap]\.?m\b\.?|오전|오후)"
_CLOCK = (
    rf"(?:(?P<noon_before>{_NOON}){_S})?"
    r"(?P<hour>\d{1,2})(?:(?::|시\s?)(?P<minute>\d{2})분?(?:(?::|\s)(?P<second>\d{2})(?!\d)초?(?:[.,]\d+)?)?"
    rf"|(?={_S}[ap]\.?m\b)|시)"
    rf"(?:{_S}(?P<noon>{_NOON}))?"
)
_NAMES = "|".join(sorted(_ZONES, key=len, reverse=True))
# Any other three or four capitals that are no agency, a place ("Europe/Paris") and "London time" are a zone too:
# an unknown one. GMT and UTC may have a space before their offset.
_OTHER_ZONE = (
    r"(?!AFP|UPI|EPA|TNS|ANN|DPA)[A-Z]{3,4}(?![\w-])|ET\b|CT\b|MT\b|PT\b|[A-Z]{4}T\b|[A-Z][a-z]+/[A-Z][A-Za-z_]+"
    r"|(?:local|(?!Seoul|Korea)[A-Z][a-z]+)(?:\s[A-Z][a-z]+)?\stime\b"
)
_ZONE = (
    rf"(?:\(?(?P<zone>(?i:{_NAMES})(?![A-Za-z])|(?-i:{_OTHER_ZONE}))?"
    r"(?P<offset>(?:(?<=GMT|UTC)\s(?=[+\-−]\d{1,2}(?::?\d{2})?\b(?!-)))?[+\-−]\d{1,2}(?::?\d{2})?(?![\d:]))?)"
)
_TIME = rf"{_CLOCK}{_S}{_ZONE}"
_THEN_TIME = rf"(?:(?:{_S}(?:[-–—―,|·]|at\b)|(?<=\d)T)?{_S}{_TIME})?"
# Before a date only a whole time counts: "Vol. 3, Aug 19, 2026".
_TIME_FIRST = rf"(?:(?<![\d:]){_TIME},?{_S}[-–—―,|·]?{_S}(?:on\s)?(?:{_WEEKDAY})?)?"
_BASIC = (
    r"(?<!\d)(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
    rf"(?:[.,]\d+)?{_ZONE}"
)

# The form that begins first in a text is taken.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2014-11-11 18:08, 2025.01.31 13:05, 2026-08-19T11:29:16+09:00, 2026년 8월 19일 (수) 오전 11:29
        rf"(?<!\d){_YEAR}(?:[-./]|년)\s?{_NUMBER}(?:[-./]|월)\s?{_DAY}(?!\d)\.?일?(?:\s?\([^\s()]{{1,9}}\))?{_THEN_TIME}",
        _BASIC,  # 20260819T112916+0900
        # Wed, 19 Aug 2026 11:29:16 +09:00, 19-Aug-2026
        rf"(?<![\d:]){_DAY}[\s-]{{1,3}}{_MONTH_NAME},?[\s-]{{1,3}}{_YEAR}(?!\d){_THEN_TIME}",
        # Wed, 19 Aug 26 11:29:16 +0900: two digits only before a time
        rf"(?<![\d:]){_DAY}[\s-]{_MONTH_NAME}[\s-](?P<year>\d{{2}})\s{_TIME}",
        # Sept. 30, 2023 - 20:50:00; no \b before the month, as labels have no space behind them
        rf"{_MONTH_NAME}\s{{1,3}}{_DAY}(?:st|nd|rd|th)?,?\s{{1,3}}{_YEAR}(?!\d){_THEN_TIME}",
        # Wed Aug 19 11:29:16 KST 2026
        rf"{_MONTH_NAME}\s{{1,3}}{_DAY},?\s{_TIME},?\s{_YEAR}(?!\d)",
        # 19/08/2026, 11:29:16: understood if only one of the numbers can be a month
        rf"(?<![\d./-])(?P<first>\d{{1,2}})(?P<sep>[-./])\s?(?P<other>\d{{1,2}})(?P=sep)\s?{_YEAR}(?!\d){_THEN_TIME}",
    )
)
_TIME_BEFORE = re.compile(rf"{_TIME_FIRST}\Z", re.IGNORECASE)
_REACH = 40  # characters before a date in which its time may stand


class ImpossibleDate(ValueError):
    """The text has the form of a date, but no calendar has that day, or its zone or day is not certain."""


class _UncertainDate(ValueError):
    """The text gives a date, but not which day or which zone."""


def parse_date(text: str) -> datetime | None:
    """Return the first date in `text`, in Seoul time; None if it has none.

    A time without a zone is Seoul's, a date without a time its midnight. Raises `ImpossibleDate` for
    "Feb 30, 2021", for an unknown zone, and for "3/4/2021", which is one day in America and another in Europe.

    >>> parse_date("WorldMarch 9, 2020").isoformat()
    '2020-03-09T00:00:00+09:00'
    >>> parse_date("Tue, Aug 18 2026 19:29:16 MST").isoformat()
    '2026-08-19T11:29:16+09:00'
    """
    found = [match for form in _FORMS if (match := form.search(text))]
    if not found:
        return None
    match = min(found, key=lambda each: each.start())
    part = match.groupdict()
    if part["hour"] is None:
        start = match.start()
        before = _TIME_BEFORE.search(text, max(0, start - _REACH), start)
        part |= before.groupdict() if before else {}
    try:
        return _to_datetime(part)
    except (ValueError, OverflowError) as error:
        reason = f": {error}" if isinstance(error, _UncertainDate) else ""
        raise ImpossibleDate(clean_text(match[0])[:60] + reason) from error


def date_in(text: str) -> datetime | None:
    """Return the first date in `text` as `parse_date` does, and None for an impossible one."""
    try:
        return parse_date(text)
    except ImpossibleDate:
        return None


def remove_dates(text: str) -> str:
    """Return `text` without its dates and the times behind them.

    >>> remove_dates("April 29, 2016 - 16:58 By Kim Da-sol")
    ' By Kim Da-sol'
    """
    for form in _FORMS:
        text = form.sub(" ", text)
    return text


def utc_now() -> str:
    """Return the current time in the form of the item: ``2026-09-14T01:00:00Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _to_datetime(part: dict[str, str | None]) -> datetime:
    """Return the moment that the parts of a form give. Raises `ValueError` if there is none."""
    year = int(part["year"] or 0)
    if year < 100:
        year += 2000 if year < 50 else 1900  # as RFC 2822 reads two digits
    if year < _FIRST_YEAR:
        raise ValueError("before the site")
    month, day = _day(part)
    hour, minute, second = (int(part.get(name) or 0) for name in ("hour", "minute", "second"))
    if noon := part.get("noon") or part.get("noon_before"):
        if not 1 <= hour <= 12 and not noon.lower().startswith(_AFTERNOON):
            raise ValueError("no hour of the morning")
        hour = hour if hour > 12 else hour % 12 + 12 * noon.lower().startswith(_AFTERNOON)
    zone = _zone(part.get("zone"), part.get("offset"))
    return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(KST)


def _day(part: dict[str, str | None]) -> tuple[int, int]:
    """Return month and day. Raises `_UncertainDate` if either of two numbers may be the month."""
    if part.get("first"):
        first, other = int(part["first"] or 0), int(part["other"] or 0)
        if first != other and max(first, other) <= 12:
            raise _UncertainDate("either number may be the month")
        return min(first, other), max(first, other)
    return _month((part["month"] or "").lower()), int(part["day"] or 0)


def _month(text: str) -> int:
    """Return the number of a month. Raises `ValueError` for letters that only resemble a name's ("ſept")."""
    return int(text) if text.isdigit() else _MONTHS.index(text[:3]) + 1


def _zone(name: str | None, offset: str | None) -> timezone:
    """Return a zone by name, by its offset, or by both ("GMT+9"). Raises `_UncertainDate` for an unknown one."""
    if name is None and offset is None:
        return KST
    if name and name.upper() not in _ZONES:
        raise _UncertainDate(f"unknown time zone {name}")
    if offset is None:
        return timezone(timedelta(hours=_ZONES[(name or "").upper()]))
    offset = offset.strip()
    digits = offset[1:].replace(":", "")
    hours, rest = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    minutes = int(hours) * 60 + int(rest)
    if minutes > _LONGEST_OFFSET or int(rest) > 59:
        raise _UncertainDate(f"unknown time zone {offset}")
    return timezone(timedelta(minutes=minutes if offset[0] == "+" else -minutes))
