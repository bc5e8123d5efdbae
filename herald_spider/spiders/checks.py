"""What can be wrong with our settings, told in one line before the first request."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from traceback import walk_tb
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, default_settings
from scrapy.utils.misc import load_object

from herald_spider import sections
from herald_spider import settings as defaults
from herald_spider.archive import NONE
from herald_spider.archive.packing import OFF, PACKINGS
from herald_spider.cluster import has_redis
from herald_spider.middlewares.offsite import origin
from herald_spider.middlewares.pace import LONGEST, check_folder, folder_of
from herald_spider.middlewares.rendering import PLAYWRIGHT, RENDERERS, has_playwright
from herald_spider.monitors import notify
from herald_spider.monitors.history import baseline
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
# Scrapy's, which are of the kind of their default: it ends in a traceback where one is not.
_SCRAPYS = {name: value for name, value in vars(default_settings).items() if name.isupper()}
SCRAPYS_SWITCHES = [
    name for name, value in _SCRAPYS.items() if isinstance(value, bool) or name.endswith("_ENABLED")
]
_KINDS = {
    int: Number("a whole number", -(10**9), 10**15),
    float: Number("a number", 0, kind=float),
}
SCRAPYS_CODES = [name for name in _SCRAPYS if name.endswith(("_HTTP_CODES", "_ALLOWED_CODES"))]
SCRAPYS_NUMBERS = {
    name: _KINDS[type(value)]
    for name, value in _SCRAPYS.items()
    if type(value) in _KINDS and name not in SCRAPYS_SWITCHES
}
# Some values of these let it wait for ever.
SCRAPYS_NUMBERS |= {
    "DOWNLOAD_DELAY": _SECONDS,
    "DOWNLOAD_TIMEOUT": Number("a number of seconds", 0.1, LONGEST, float),
    "CONCURRENT_REQUESTS": Number("a number of requests"),
    "CONCURRENT_REQUESTS_PER_DOMAIN": Number("a number of requests"),
    "AUTOTHROTTLE_START_DELAY": _SECONDS,
    "AUTOTHROTTLE_MAX_DELAY": _SECONDS,
    "DNS_TIMEOUT": _SECONDS,
}
# How the settings begin of packages that may be installed beside Scrapy.
_OTHERS = (
    "SPIDERMON_", "PLAYWRIGHT_", "SPLASH_", "SCRAPY_SPLASH_", "REDIS_", "SCHEDULER_", "DUPEFILTER_",
    "FILES_", "IMAGES_", "MEDIA_",
)  # fmt: skip
_Value: TypeAlias = tuple[Callable[[BaseSettings, str], Any], str]
_SWITCH: _Value = (BaseSettings.getbool, "0 or 1")
_CODES: _Value = (lambda settings, name: list(map(int, settings.getlist(name))), "numbers, as 500,503")
VALUES: dict[str, _Value] = {
    "HERALD_KEEP_EMAILS": _SWITCH,
    "HERALD_STRICT": _SWITCH,
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
    yield from _wrong_numbers(settings, NUMBERS)
    yield from _wrong_values(settings, VALUES)
    yield from wrong_scrapys(settings)
    if settings["HERALD_WARC"] == "on" and settings["HERALD_ARCHIVE"] == NONE:
        yield "HERALD_WARC=on needs a HERALD_ARCHIVE to write to, not none"
    for check in (_check_contact, notify.problem, _check_sharing, _check_rendering):
        if problem := check(settings):
            yield problem


def wrong_scrapys(settings: BaseSettings) -> Iterator[str]:
    """What is wrong with Scrapy's own numbers and switches."""
    yield from _wrong_numbers(settings, SCRAPYS_NUMBERS)
    yield from _wrong_values(settings, dict.fromkeys(SCRAPYS_SWITCHES, _SWITCH))
    yield from _wrong_values(settings, dict.fromkeys(SCRAPYS_CODES, _CODES))


def _wrong_numbers(settings: BaseSettings, numbers: dict[str, Number]) -> Iterator[str]:
    for name, number in numbers.items():
        if wanted := number.problem(settings[name]):
            yield f"{name}={settings[name]!r}: give {wanted}"


def _wrong_values(settings: BaseSettings, values: dict[str, _Value]) -> Iterator[str]:
    for name, (read, wanted) in values.items():
        try:
            read(settings, name)
        except (TypeError, ValueError, OverflowError):
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


def unknown_names(settings: BaseSettings) -> Iterator[str]:
    """Names on the command line that neither Scrapy nor we know; another package may."""
    known = {*_SCRAPYS, *filter(str.isupper, vars(defaults))}
    for name in map(str, settings):
        is_given = settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]
        if is_given and name not in known and not name.startswith(("HERALD_", *_OTHERS)):
            meant = get_close_matches(name.upper(), known, 1, 0.8)
            yield f"Scrapy and Herald Spider know no setting {name}" + (
                f"; did you mean {meant[0]}?" if meant else ""
            )


def setting_at_fault(error: Exception, settings: BaseSettings) -> str | None:
    """What is wrong with the setting over which Scrapy stumbled; None where it was none: a mistake in code.

    Told by where it stumbled: as it read a setting, loaded what one names, or opened a file that one names.
    """
    given = [name for name in settings if settings.getpriority(name)]
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    for frame in reversed(frames):  # the innermost first: what is loaded may itself be broken
        name, path = frame.f_locals.get("name"), frame.f_locals.get("path")
        if frame.f_globals.get("__name__") == "scrapy.settings" and name in given:
            return f"{name}={settings[name]!r}: {error}"
        if frame.f_code is load_object.__code__ and isinstance(path, str):
            if frame is not frames[-1] and not _is_missing(error, path):
                return None
            named = [each for each in given if path in _shown(settings[each])]
            return f"{max(named, key=lambda each: settings.getpriority(each) or 0, default=path)}: {error}"
    if isinstance(error, OSError) and error.filename:
        for name in _SCRAPYS:
            folder = settings[name]
            if folder and isinstance(folder, str) and Path(str(error.filename)).is_relative_to(folder):
                return f"{name}={folder!r}: {error.strerror}"
    return None


def _shown(value: Any) -> str:
    return str(dict(value) if isinstance(value, Mapping) else value)


def _is_missing(error: Exception, path: str) -> bool:
    """Whether there is no module of `path`, rather than one that a module in turn imports."""
    return isinstance(error, ModuleNotFoundError) and path.startswith(f"{error.name}.")


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
        return "HERALD_REDIS_URL needs the extra: pip install '.[cluster]' in its checkout"
    try:
        check_folder(folder_of(settings))
    except OSError as error:
        folder = folder_of(settings)
        return f"{folder} cannot be written ({error.strerror}): set HERALD_PACE_FOLDER to a folder that can"
    return None


def _check_rendering(settings: BaseSettings) -> str | None:
    for host in settings.getlist("HERALD_RENDER_HOSTS"):
        if host.strip() and origin(host) is None:
            return f"HERALD_RENDER_HOSTS: {host!r} is no address; give each as https://cdn.example.org"
    chromium = settings["HERALD_CHROMIUM"]
    if chromium and not (os.path.isfile(chromium) and os.access(chromium, os.X_OK)):
        return f"HERALD_CHROMIUM={chromium!r} is no program; give the path of Chromium's"
    splash = settings["SPLASH_URL"]
    if splash and urlsplit(splash).scheme not in ("http", "https"):
        return f"SPLASH_URL={splash!r} is no address; give one as http://127.0.0.1:8050"
    if settings["HERALD_RENDERER"] == PLAYWRIGHT and not has_playwright():
        return (
            "HERALD_RENDERER=playwright needs scrapy-playwright: pip install '.[playwright]' in its checkout"
        )
    for slug in settings.getlist("HERALD_RENDER_SECTIONS"):
        if slug not in sections.BY_SLUG:
            return f"HERALD_RENDER_SECTIONS: no section {slug!r}{suggest(slug, sections.BY_SLUG)}"
    return None
