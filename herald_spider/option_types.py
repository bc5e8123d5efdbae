"""Types of settings: checks of single values, each with the remedy that its error names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from scrapy.settings import BaseSettings

from herald_spider import sections, urls
from herald_spider.text.suggest import suggest

NONE = "none"  # as HERALD_ARCHIVE: keep nothing
MAX_WAIT = 86_400.0  # seconds; no delay or Retry-After is meant to be longer
_CONTACT = re.compile(r"\S*\w\.\w\S*")  # holds a host name, and fits into a header


@dataclass(frozen=True)
class Give:
    """The remedy in the error for a wrong value, as an annotation of a setting's type: what to give."""

    text: str


def _number(kind: type[float]) -> BeforeValidator:
    """Return a validator that accepts the numbers that Scrapy accepts."""

    def convert(value: Any) -> float:
        try:
            return kind(value)
        except (TypeError, OverflowError) as error:
            raise ValueError(str(error)) from None

    return BeforeValidator(convert)


def _switch(value: Any) -> bool:
    try:
        return BaseSettings({"value": value}).getbool("value")
    except TypeError as error:
        raise ValueError(str(error)) from None


def _split(value: Any) -> Any:
    parts = value.split(",") if isinstance(value, str) else value or ()
    return tuple(part.strip() for part in parts if part.strip())


def archive_problem(name: str) -> str | None:
    """Return what is wrong with `name` as a value of HERALD_ARCHIVE, and what to give; None if nothing is."""
    if not name:
        return "give a folder, or none to keep nothing"
    if name != NONE and name.lower() == NONE:
        return "give none in small letters to keep nothing, or a folder"
    if name.startswith("~"):
        return "give the whole path; only a shell replaces ~"
    return None


def _archive(name: str) -> str:
    if problem := archive_problem(name):
        raise ValueError(problem)
    return name


def _site(url: str) -> str:
    url = url.rstrip("/")
    parts = urlsplit(url)
    if urls.origin(url) is None or parts.path or parts.query or "@" in parts.netloc:
        raise ValueError
    return url


def _web_archive(url: str) -> str:
    parts = urlsplit(url)
    if urls.origin(url) is None or parts.query or "@" in parts.netloc:
        raise ValueError
    return url


def _contact(text: str) -> str:
    if text and not _CONTACT.fullmatch(text):
        raise ValueError
    return text


def _redis(url: str) -> str:
    if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ValueError
    return url


def _splash(url: str) -> str:
    if url and urls.origin(url) is None:
        raise ValueError
    return url


def _day_or_time(text: str) -> str:
    if text:
        datetime.fromisoformat(text)
    return text


def _render_host(url: str) -> str:
    if urls.origin(url) is None:
        raise ValueError(f"{url!r} is not an address; give each as https://cdn.example.org")
    return url


def _section(slug: str) -> str:
    if slug not in sections.BY_SLUG:
        raise ValueError(f"no section {slug!r}{suggest(slug, sections.BY_SLUG)}")
    return slug


Switch = Annotated[bool, BeforeValidator(_switch), Give("0 or 1")]
Whole = Annotated[int, _number(int)]
Real = Annotated[float, _number(float), Field(allow_inf_nan=False)]
Seconds = Annotated[Real, Field(ge=0, le=MAX_WAIT), Give(f"a number of seconds from 0 to {MAX_WAIT:,.0f}")]
_WEB_ARCHIVE = Give("an address of a web archive, as http://localhost:8080/collection/cdx")
WebArchive = Annotated[str, AfterValidator(_web_archive), _WEB_ARCHIVE]
SPLIT = BeforeValidator(_split)  # of a list separated by commas
ArchiveName = Annotated[str, AfterValidator(_archive)]
Contact = Annotated[
    str, AfterValidator(_contact), Give("a mail address or the address of a page, as https://example.org/bot")
]
SiteAddress = Annotated[
    str, AfterValidator(_site), Give("scheme and host alone, as https://www.koreaherald.com")
]
RedisAddress = Annotated[str, AfterValidator(_redis), Give("an address as redis://:password@host:6379/0")]
SplashAddress = Annotated[str, AfterValidator(_splash), Give("an address as http://127.0.0.1:8050")]
DayOrTime = Annotated[
    str, AfterValidator(_day_or_time), Give("a day or time, as 2026-09-14 or 2026-09-14T08:00")
]
RenderHosts = Annotated[tuple[Annotated[str, AfterValidator(_render_host)], ...], SPLIT]
SectionSlugs = Annotated[tuple[Annotated[str, AfterValidator(_section)], ...], SPLIT]
