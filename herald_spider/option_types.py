"""Types of settings: checks of single values, each with the remedy that its error names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from scrapy.settings import BaseSettings

from herald_spider import sections, urls
from herald_spider.text.suggest import suggest

NONE = "none"  # as HERALD_ARCHIVE: keep nothing
NOTIFIERS = ("mail", "slack", "telegram")
MAX_WAIT = 86_400.0  # seconds; longer delays and pauses are errors
_CONTACT = re.compile(r"\S*\w\.\w\S*")  # contains a host name, and no white space


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


def _render_host(url: str) -> str:
    if urls.origin(url) is None:
        raise ValueError(f"{url!r} is not an address; give each as https://cdn.example.org")
    return url


def _section(slug: str) -> str:
    if slug not in sections.BY_SLUG:
        raise ValueError(f"no section {slug!r}{suggest(slug, sections.BY_SLUG)}")
    return slug


def _notifier(name: str) -> str:
    if name not in NOTIFIERS and origin_of_webhook(name) is None:
        raise ValueError(f"give {', '.join(NOTIFIERS)} or the address of a webhook, separated by commas")
    return name


def origin_of_webhook(notifier: str) -> str | None:
    """Return the host of a notifier that is the address of a webhook; None for the name of another one."""
    found = urls.origin(notifier)
    return found[0] if found else None


def _valid(is_valid: Callable[[str], Any], *, may_be_empty: bool = True) -> AfterValidator:
    """Return a validator for text: `is_valid` returns False, or raises `ValueError`, for a wrong value."""

    def check(text: str) -> str:
        if (text or not may_be_empty) and not is_valid(text):
            raise ValueError
        return text

    return AfterValidator(check)


def _is_web_archive(url: str) -> bool:
    parts = urlsplit(url)
    return urls.origin(url) is not None and not parts.query and "@" not in parts.netloc


def _is_site(url: str) -> bool:
    return _is_web_archive(url) and not urlsplit(url).path.strip("/")


def _is_redis(url: str) -> bool:
    return urlsplit(url).scheme in ("redis", "rediss", "unix")


Switch = Annotated[bool, BeforeValidator(_switch), Give("0 or 1")]
Whole = Annotated[int, _number(int)]
Real = Annotated[float, _number(float), Field(allow_inf_nan=False)]
Seconds = Annotated[Real, Field(ge=0, le=MAX_WAIT), Give(f"a number of seconds from 0 to {MAX_WAIT:,.0f}")]
SPLIT = BeforeValidator(_split)  # for a list separated by commas
ArchiveName = Annotated[str, AfterValidator(_archive)]
_PAGE = Give("a mail address or the address of a page, as https://example.org/bot")
Contact = Annotated[str, _valid(_CONTACT.fullmatch), _PAGE]
_SITE = Give("scheme and host alone, as https://www.koreaherald.com")
SiteAddress = Annotated[str, _valid(_is_site, may_be_empty=False), _SITE]
_WEB_ARCHIVE = Give("an address of a web archive, as http://localhost:8080/collection/cdx")
WebArchive = Annotated[str, _valid(_is_web_archive, may_be_empty=False), _WEB_ARCHIVE]
RedisAddress = Annotated[str, _valid(_is_redis), Give("an address as redis://:password@host:6379/0")]
SplashAddress = Annotated[str, _valid(urls.origin), Give("an address as http://127.0.0.1:8050")]
_DAY = Give("a day or time, as 2026-09-14 or 2026-09-14T08:00")
DayOrTime = Annotated[str, _valid(datetime.fromisoformat), _DAY]
RenderHosts = Annotated[tuple[Annotated[str, AfterValidator(_render_host)], ...], SPLIT]
Notifiers = Annotated[tuple[Annotated[str, AfterValidator(_notifier)], ...], SPLIT]
SectionSlugs = Annotated[tuple[Annotated[str, AfterValidator(_section)], ...], SPLIT]
