"""What can be wrong with our settings, told in one line before the first request."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from herald_spider import sections
from herald_spider import settings as defaults
from herald_spider.archive import NONE
from herald_spider.archive.packing import OFF, PACKINGS
from herald_spider.cluster import has_redis
from herald_spider.monitors import notify
from herald_spider.monitors.history import baseline
from herald_spider.pace import LONGEST, check_folder, folder_of
from herald_spider.rendering import PLAYWRIGHT, RENDERERS, has_playwright
from herald_spider.spiders.arguments import suggest

_CONTACT = re.compile(r"\S*\w\.\w\S*")  # both hold a host; and it goes into a header
CHOICES = {
    "HERALD_NEAR_DUPLICATES": ("mark", "drop", "off"),
    "HERALD_COMPRESS": (OFF, *PACKINGS),
    "HERALD_WARC": ("off", "on"),
    "HERALD_REPORT": ("on", "off"),
    "HERALD_RENDERER": RENDERERS,
    "HERALD_PROGRESS": ("auto", "off"),
    "HERALD_OVERLAP": ("exit", "wait", "allow"),
}


@dataclass(frozen=True)
class Number:
    """What a number may be. `kind` is int or float; what is no number at all is in no range."""

    wanted: str
    least: float = 1
    most: float = 10**9
    kind: type[float] = int
    word: str | None = None  # may stand in its place

    def problem(self, given: Any) -> str | None:
        if self.word and given == self.word:
            return None
        try:
            number = self.kind(given)
        except (TypeError, ValueError, OverflowError):
            return self.wanted
        if self.least <= number <= self.most:
            return None
        return f"{self.wanted}, " + (
            f"{self.most:,.0f} at most" if number > self.most else f"{self.least:g} or more"
        )


_SECONDS = Number("a number of seconds", 0, LONGEST, float)
NUMBERS = {
    "HERALD_REVISIT_HOURS": Number("a number of hours", 0, 10**6, float),
    "HERALD_COMMIT_ARTICLES": Number("a number of articles"),
    "HERALD_COMMIT_SECONDS": _SECONDS,
    "HERALD_WAITING_LIMIT": Number("a number of articles"),
    "HERALD_READERS": Number("auto or a number of processes", 0, 1000, word="auto"),
    "HERALD_MAX_LISTING_PAGES": Number("a number of pages"),
    "HERALD_CDX_LIMIT": Number("a number of rows"),
    "HERALD_RETRY_AFTER_LIMIT": _SECONDS,
    "HERALD_RENDER_SECONDS": Number("a number of seconds", 0.1, 3600, float),
    "HERALD_RENDER_PRESSES": Number("how often to press", 0, 10_000),
    "HERALD_BLOCKED_LIMIT": Number("a number of answers"),
    "HERALD_OUTAGE_LIMIT": Number("a number of pages"),
    "HERALD_WORKER_SECONDS": Number("a number of seconds", 1, LONGEST, float),
    "HERALD_WARC_SIZE": Number("a number of bytes", 1, 10**15),
}
# Scrapy's, of which some values let it wait for ever, or end in a traceback.
SCRAPYS_NUMBERS = {
    "DOWNLOAD_DELAY": _SECONDS,
    "DOWNLOAD_TIMEOUT": Number("a number of seconds", 0.1, LONGEST, float),
    "CONCURRENT_REQUESTS": Number("a number of requests"),
    "CONCURRENT_REQUESTS_PER_DOMAIN": Number("a number of requests"),
    "AUTOTHROTTLE_START_DELAY": _SECONDS,
    "AUTOTHROTTLE_MAX_DELAY": _SECONDS,
}
VALUES: dict[str, tuple[Callable[[BaseSettings, str], Any], str]] = {
    "HERALD_KEEP_EMAILS": (BaseSettings.getbool, "0 or 1"),
    "HERALD_STRICT": (BaseSettings.getbool, "0 or 1"),
    "HERALD_BASELINE": (
        lambda settings, _: baseline(settings),
        "a day or time, as 2026-09-14 or 2026-09-14T08:00",
    ),
}


def check_values(settings: BaseSettings) -> str | None:
    """What is wrong with a setting that is a choice, a number, a switch or a name; None if nothing is."""
    return next(problems(settings), None)


def problems(settings: BaseSettings) -> Iterator[str]:
    """All that is wrong with such settings."""
    yield from _misspelt(settings)
    for name, choices in CHOICES.items():
        if settings[name] not in choices:
            yield f"{name}={settings[name]!r}: give {', '.join(choices[:-1])} or {choices[-1]}"
    yield from wrong_numbers(settings, NUMBERS | SCRAPYS_NUMBERS)
    for name, (read, wanted) in VALUES.items():
        try:
            read(settings, name)
        except (TypeError, ValueError, OverflowError):
            yield f"{name}={settings[name]!r}: give {wanted}"
    if settings["HERALD_WARC"] == "on" and settings["HERALD_ARCHIVE"] == NONE:
        yield "HERALD_WARC=on needs a HERALD_ARCHIVE to write to, not none"
    for check in (_check_contact, notify.problem, _check_sharing, _check_rendering):
        if problem := check(settings):
            yield problem


def wrong_numbers(settings: BaseSettings, numbers: dict[str, Number]) -> Iterator[str]:
    for name, number in numbers.items():
        if wanted := number.problem(settings[name]):
            yield f"{name}={settings[name]!r}: give {wanted}"


def _misspelt(settings: BaseSettings) -> Iterator[str]:
    """Names of settings that there are not: given, or in the environment where they look much like ours."""
    known = {name.removeprefix("HERALD_"): name for name in vars(defaults) if name.startswith("HERALD_")}
    given = {
        str(name) for name in settings if (settings.getpriority(name) or 0) > SETTINGS_PRIORITIES["addon"]
    }
    for name in sorted({*given, *os.environ}):
        if not name.startswith("HERALD_") or name in known.values():
            continue
        meant = get_close_matches(name.removeprefix("HERALD_"), known, 1, 0.85)
        if meant or name in given:
            hint = f"did you mean {known[meant[0]]}?" if meant else "see docs/settings.md"
            yield f"no setting {name}, {'given' if name in given else 'in the environment'}; {hint}"


def _check_contact(settings: BaseSettings) -> str | None:
    said = settings["HERALD_CONTACT"]
    if said and not _CONTACT.fullmatch(said):
        return f"HERALD_CONTACT={said!r}: give a mail address or the address of a page, as https://example.org/bot"
    return None


def _check_sharing(settings: BaseSettings) -> str | None:
    """What this run has in common with others."""
    server = settings["HERALD_REDIS_URL"]
    if server and urlsplit(server).scheme not in ("redis", "rediss", "unix"):
        return "HERALD_REDIS_URL is no address of a Redis server; give one as redis://:password@host:6379/0"
    if server and not has_redis():
        return "HERALD_REDIS_URL needs the extra: pip install 'herald-spider[cluster]'"
    try:
        check_folder(folder_of(settings))
    except OSError as error:
        folder = folder_of(settings)
        return f"{folder} cannot be written ({error.strerror}): set HERALD_PACE_FOLDER to a folder that can"
    return None


def _check_rendering(settings: BaseSettings) -> str | None:
    splash = settings["SPLASH_URL"]
    if splash and urlsplit(splash).scheme not in ("http", "https"):
        return f"SPLASH_URL={splash!r} is no address; give one as http://127.0.0.1:8050"
    if settings["HERALD_RENDERER"] == PLAYWRIGHT and not has_playwright():
        return "HERALD_RENDERER=playwright needs scrapy-playwright: pip install 'herald-spider[playwright]'"
    for slug in settings.getlist("HERALD_RENDER_SECTIONS"):
        if slug not in sections.BY_SLUG:
            return f"HERALD_RENDER_SECTIONS: no section {slug!r}{suggest(slug, sections.BY_SLUG)}"
    return None
