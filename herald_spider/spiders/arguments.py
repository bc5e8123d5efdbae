"""Spider arguments: their types, checks and error messages."""

from __future__ import annotations

import re
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from herald_spider import sections, urls
from herald_spider.text.dates import KST
from herald_spider.text.suggest import suggest
from herald_spider.warc.files import find_files

# The largest difference between the day of filing, in an id, and the printed day.
UD_MARGIN = timedelta(days=7)
# Days outside these are typing errors: the paper began in 1953.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


class ArgumentError(ValueError):
    """A wrong spider argument; the message is one line."""


def _sections(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    slugs = [part.strip().lower() for part in value.split(",") if part.strip()]
    for slug in slugs:
        if slug != "all" and slug not in sections.BY_SLUG:
            raise ValueError(f"no section {slug!r}{suggest(slug, ['all', *sections.BY_SLUG])}")
    return slugs


_AGO = re.compile(r"(\d{1,5})\s*([dw])")


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        day = _day_of(value.strip().lower(), datetime.now(KST).date())
    except (ValueError, OverflowError):
        raise ValueError(
            f"{value!r} is no day; give a date (2021-04-08), today, yesterday, or a time back (7d, 2w)"
        ) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{value!r} is out of reach; give a day from {FIRST_DAY} to {LAST_DAY}")
    return day


def _day_of(text: str, today: date) -> date:
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    if ago := _AGO.fullmatch(text):
        return today - timedelta(days=int(ago[1]) * (7 if ago[2] == "w" else 1))
    return date.fromisoformat(text)


Day = Annotated[date | None, BeforeValidator(_day)]
Count = Annotated[int | None, Field(gt=0)]


class Arguments(BaseModel):
    """The arguments of every spider.

    `since` and `until` are days in Seoul, both included.
    """

    model_config = ConfigDict(extra="forbid")

    since: Day = None
    until: Day = None
    max_articles: Count = None

    @model_validator(mode="after")
    def _in_order(self) -> Arguments:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"since ({self.since}) is after until ({self.until})")
        if self.since and self.since > (today := datetime.now(KST).date()):
            raise ValueError(f"since ({self.since}) is in the future: today in Seoul is {today}")
        return self

    def covers(self, day: date | None, margin: timedelta = timedelta(0)) -> bool:
        """Return True if `day` is in the range widened by `margin`, or None."""
        if day is None:
            return True
        is_early = self.since is not None and day < self.since - margin
        is_late = self.until is not None and day > self.until + margin
        return not (is_early or is_late)

    def may_cover(self, article: str) -> bool:
        """Return False if the id of an article, which may begin with a day, shows that it is out of range."""
        return self.covers(urls.filed(article), UD_MARGIN)


class ListingArguments(Arguments):
    """The arguments of spiders that read section listings."""

    sections: Annotated[list[str], BeforeValidator(_sections), Field(min_length=1)] = ["all"]
    max_pages: Count = None


class FeedArguments(ListingArguments):
    """The arguments of spider `rss`; its sections must have a feed."""

    @field_validator("sections")
    @classmethod
    def _has_feed(cls, slugs: list[str]) -> list[str]:
        feeds = [each.slug for each in sections.SECTIONS if each.feed or each.legacy_feed]
        for slug in slugs:
            if slug not in ("all", *feeds):
                raise ValueError(f"section {slug!r} has no feed{suggest(slug, ['all', *feeds])}")
        return slugs


def _words(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _file(value: str) -> str:
    if value == "-" and sys.stdin is None:
        raise ValueError("the standard input is closed")
    if value != "-" and not Path(value).is_file():
        raise ValueError(f"no file {value!r}; give one that can be read, or - for the standard input")
    return value


class AddressArguments(Arguments):
    """The arguments of spider `urls`."""

    url: Annotated[list[str], BeforeValidator(_words)] = []
    file: Annotated[str, AfterValidator(_file)] | None = None

    @model_validator(mode="after")
    def _something(self) -> AddressArguments:
        if not self.url and self.file is None:
            raise ValueError(
                "neither url nor file is given: give url (addresses or ids) "
                "or file (one a line; - is the standard input)"
            )
        return self


class WaybackArguments(Arguments):
    """The arguments of spider `wayback`; `captured_until` is the last day, in Seoul, of the captures to use."""

    captured_until: Day = None
    revisions: bool = False

    @model_validator(mode="after")
    def _captured_later(self) -> WaybackArguments:
        if self.since and self.captured_until and self.since > self.captured_until:
            raise ValueError(f"since ({self.since}) is after captured_until ({self.captured_until})")
        return self


def _paths(value: str) -> str:
    find_files(value)
    return value


class WarcArguments(Arguments):
    """The arguments of spider `warc`; `path` gives files, folders and globs."""

    path: Annotated[str, AfterValidator(_paths), Field(validate_default=True)] = ""


def parse_arguments(model: type[Arguments], values: dict[str, Any]) -> Arguments:
    """Return the checked arguments of the command line or scrapyd.

    Raises `ArgumentError` with the name of each wrong argument and the values it can have.
    """
    try:
        return model(**values)
    except ValidationError as error:
        raise ArgumentError("; ".join(_explain(model, each) for each in error.errors())) from None


def _explain(model: type[Arguments], error: Any) -> str:
    if error["loc"] == ("",):
        return "an argument has no name; give -a NAME=VALUE"
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"no argument {name!r}{suggest(name, model.model_fields)}"
    if error["type"] == "too_short":
        return f"{name}: give one or more"
    if error["type"].startswith("int_"):
        return f"{name}: give a whole number, not {error['input']!r}"
    if error["type"] == "greater_than":
        return f"{name}: give 1 or more, not {error['input']!r}"
    if error["type"].startswith("bool_"):
        return f"{name}: give 0 or 1, not {error['input']!r}"
    message = error["msg"].removeprefix("Value error, ")
    given = "" if error["type"] == "value_error" else f", not {error['input']!r}"
    return (
        f"{name}: {message}{given}" if name else message
    )  # without a name: a message about several arguments
