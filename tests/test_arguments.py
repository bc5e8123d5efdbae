"""Spider arguments: valid values, and the messages for wrong ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from herald_spider.spiders.arguments import (
    FIRST_DAY,
    LAST_DAY,
    AddressArguments,
    ArgumentError,
    Arguments,
    ListingArguments,
    WaybackArguments,
    parse_arguments,
)
from herald_spider.spiders.base import midnight
from herald_spider.text.dates import KST


def parse(**values: str) -> ListingArguments:
    arguments = parse_arguments(ListingArguments, values)
    assert isinstance(arguments, ListingArguments)
    return arguments


def test_defaults_cover_everything() -> None:
    arguments = parse()
    assert arguments.sections == ["all"]
    assert arguments.covers(None)
    assert arguments.covers(date(1999, 1, 1))


def test_days_can_be_dates_or_relative() -> None:
    today = datetime.now(KST).date()
    arguments = parse(since="7d", until="today")
    assert (arguments.since, arguments.until) == (today - timedelta(7), today)
    assert parse(since="2021-04-08").since == date(2021, 4, 8)
    assert parse(since="yesterday").since == today - timedelta(1)
    assert parse(since="2w").since == today - timedelta(14)


def test_the_first_and_the_last_valid_day_are_usable() -> None:
    arguments = parse(since="1900-01-01", until="2199-12-31")
    assert (arguments.since, arguments.until) == (FIRST_DAY, LAST_DAY)
    assert arguments.until
    assert midnight(arguments.until + timedelta(1)) > 0
    assert all(map(arguments.may_cover, ("19000101000000", "21991231000000", "1")))


def test_range_includes_both_ends() -> None:
    arguments = parse(since="2021-04-08", until="2021-04-09")
    inside = [day for day in range(7, 11) if arguments.covers(date(2021, 4, day))]
    assert inside == [8, 9]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sections": "north-krea"}, "no section 'north-krea'; did you mean north-korea"),
        ({"sections": ","}, "sections"),
        ({"since": "2021-13-01"}, "since: '2021-13-01' is no day; give a date"),
        ({"since": "99999999999d"}, "since: '99999999999d' is no day"),
        ({"since": "99999w"}, "since: '99999w' is out of reach; give a day from 1900-01-01 to 2199-12-31"),
        ({"since": "9999-12-31"}, "since: '9999-12-31' is out of reach"),
        ({"since": "0001-01-01"}, "since: '0001-01-01' is out of reach"),
        ({"until": "0900-01-01"}, "until: '0900-01-01' is out of reach"),
        ({"until": "2200-01-01"}, "until: '2200-01-01' is out of reach"),
        ({"max_pages": "-1"}, "max_pages: give 1 or more, not '-1'"),
        ({"max_articles": "many"}, "max_articles: give a whole number, not 'many'"),
        ({"section": "politics"}, "no argument 'section'; did you mean sections"),
        ({"since": "2022-01-02", "until": "2022-01-01"}, "since (2022-01-02) is after until (2022-01-01)"),
    ],
)
def test_a_wrong_argument_gives_a_message_in_one_line(values: dict[str, str], said: str) -> None:
    with pytest.raises(ArgumentError) as error:
        parse(**values)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (WaybackArguments, {"revisions": "2"}, "revisions: give 0 or 1, not '2'"),
        (
            AddressArguments,
            {"since": "7d"},
            "neither url nor file is given: give url (addresses or ids) or file",
        ),
        (
            Arguments,
            {"since": "2022-01-02", "until": "2022-01-01"},
            "since (2022-01-02) is after until (2022-01-01)",
        ),
    ],
)
def test_a_message_begins_with_the_problem(model: type[Arguments], values: dict[str, str], said: str) -> None:
    with pytest.raises(ArgumentError) as error:
        parse_arguments(model, values)
    assert str(error.value).startswith(said)
