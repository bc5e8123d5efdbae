"""Dates and times in each printed form."""

from __future__ import annotations

import pytest

from herald_spider.text.dates import ImpossibleDate, date_in, parse_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Apr 8, 2021 - 10:13", "2021-04-08T10:13:00+09:00"),
        ("Apr 8, 2021", "2021-04-08T00:00:00+09:00"),
        ("Sept. 30, 2023 - 20:50", "2023-09-30T20:50:00+09:00"),
        ("Nov. 13, 2025 - 10:00:00", "2025-11-13T10:00:00+09:00"),
        ("March 9, 2020", "2020-03-09T00:00:00+09:00"),
        ("WorldMarch 9, 2020", "2020-03-09T00:00:00+09:00"),
        ("ViewpointsNov. 22, 2022", "2022-11-22T00:00:00+09:00"),
        ("MarketMay 4, 2020", "2020-05-04T00:00:00+09:00"),
        ("MarketNov. 22, 2022", "2022-11-22T00:00:00+09:00"),
        ("MarketMarch 9, 2020", "2020-03-09T00:00:00+09:00"),
        ("Food May 24, 2019", "2019-05-24T00:00:00+09:00"),
        ("July 1, 2026 - 3:05 p.m.", "2026-07-01T15:05:00+09:00"),
        ("2014-11-11 18:08", "2014-11-11T18:08:00+09:00"),
        ("2025.01.31 13:05", "2025-01-31T13:05:00+09:00"),
        ("2025-01-31", "2025-01-31T00:00:00+09:00"),
        ("2026-08-19T11:29:16", "2026-08-19T11:29:16+09:00"),
        ("2026-08-19T11:29:16+09:00", "2026-08-19T11:29:16+09:00"),
        ("2026-08-19T02:29:16.250Z", "2026-08-19T11:29:16+09:00"),
        ("2026-08-19T02:29:16+0000", "2026-08-19T11:29:16+09:00"),
        ("Wed, 19 Aug 2026 11:29:16 +09:00", "2026-08-19T11:29:16+09:00"),
        ("Wed, 19 Aug 2026 11:29:16 +0900", "2026-08-19T11:29:16+09:00"),
        ("Wed, 19 Aug 2026 02:29:16 GMT", "2026-08-19T11:29:16+09:00"),
        ("Tue, 18 Aug 2026 22:29:16 -04:00", "2026-08-19T11:29:16+09:00"),
    ],
)
def test_dates_are_read_in_each_form(text: str, expected: str) -> None:
    moment = parse_date(text)
    assert moment is not None
    assert moment.isoformat(timespec="seconds") == expected


@pytest.mark.parametrize("text", ["", "yesterday", "Page 3 of 12", "12:30", "Smarch 40"])
def test_text_without_a_date_has_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    ["Feb 30, 2021 - 10:00", "2021-13-01", "0000-00-00 00:00", "1970-01-01T00:00:00", "2026-01-01T25:00:00",
     "9999-12-31T23:59:59-23:59", "Aug. 0, 2024"],
)  # fmt: skip
def test_impossible_dates_raise_an_error(text: str) -> None:
    with pytest.raises(ImpossibleDate):
        parse_date(text)


def test_an_impossible_date_counts_as_none_where_dates_are_optional() -> None:
    assert date_in("Feb 30, 2021") is None
    assert date_in("") is None
    assert date_in("Feb 28, 2021") == parse_date("2021-02-28")
