"""What can be wrong with our settings, told in one line before the first request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings

from herald_spider import sections
from herald_spider.archive import NONE
from herald_spider.archive.packing import OFF, PACKINGS
from herald_spider.cluster import has_redis
from herald_spider.monitors import notify
from herald_spider.monitors.history import baseline
from herald_spider.pace import MachinePace, folder_of
from herald_spider.rendering import PLAYWRIGHT, RENDERERS, has_playwright
from herald_spider.spiders.arguments import suggest

CHOICES = {
    "HERALD_NEAR_DUPLICATES": ("mark", "drop", "off"),
    "HERALD_COMPRESS": (OFF, *PACKINGS),
    "HERALD_WARC": ("off", "on"),
    "HERALD_REPORT": ("on", "off"),
    "HERALD_RENDERER": RENDERERS,
    "HERALD_PROGRESS": ("auto", "off"),
    "HERALD_OVERLAP": ("exit", "wait", "allow"),
}
VALUES: dict[str, tuple[Callable[[BaseSettings, str], Any], str]] = {
    "HERALD_KEEP_EMAILS": (BaseSettings.getbool, "0 or 1"),
    "HERALD_REVISIT_HOURS": (BaseSettings.getfloat, "a number of hours"),
    "HERALD_COMMIT_ARTICLES": (BaseSettings.getint, "a number of articles"),
    "HERALD_COMMIT_SECONDS": (BaseSettings.getfloat, "a number of seconds"),
    "HERALD_WAITING_LIMIT": (BaseSettings.getint, "a number of articles"),
    "HERALD_READERS": (lambda settings, name: _natural(settings.getint(name)), "a number of processes"),
    "HERALD_MAX_LISTING_PAGES": (BaseSettings.getint, "a number of pages"),
    "HERALD_CDX_LIMIT": (BaseSettings.getint, "a number of rows"),
    "HERALD_RETRY_AFTER_LIMIT": (BaseSettings.getfloat, "a number of seconds"),
    "HERALD_RENDER_SECONDS": (BaseSettings.getfloat, "a number of seconds"),
    "HERALD_RENDER_PRESSES": (BaseSettings.getint, "how often to press"),
    "HERALD_BLOCKED_LIMIT": (BaseSettings.getint, "a number of answers"),
    "HERALD_OUTAGE_LIMIT": (BaseSettings.getint, "a number of pages"),
    "HERALD_WORKER_SECONDS": (BaseSettings.getfloat, "a number of seconds"),
    "HERALD_WARC_SIZE": (BaseSettings.getint, "a number of bytes"),
    "HERALD_STRICT": (BaseSettings.getbool, "0 or 1"),
    "HERALD_BASELINE": (
        lambda settings, _: baseline(settings),
        "a day or time, as 2026-09-14 or 2026-09-14T08:00",
    ),
}


def _natural(number: int) -> int:
    if number < 0:
        raise ValueError(number)
    return number


def check_values(settings: BaseSettings) -> str | None:
    """What is wrong with a setting that is a choice, a number, a switch or a name; None if nothing is."""
    for name, choices in CHOICES.items():
        if settings[name] not in choices:
            return f"{name}={settings[name]!r}: give {', '.join(choices[:-1])} or {choices[-1]}"
    for name, (read, wanted) in VALUES.items():
        try:
            read(settings, name)
        except (TypeError, ValueError):
            return f"{name}={settings[name]!r}: give {wanted}"
    if settings["HERALD_WARC"] == "on" and settings["HERALD_ARCHIVE"] == NONE:
        return "HERALD_WARC=on needs a HERALD_ARCHIVE to write to, not none"
    return notify.problem(settings) or _check_sharing(settings) or _check_rendering(settings)


def _check_sharing(settings: BaseSettings) -> str | None:
    """What this run has in common with others."""
    server = settings["HERALD_REDIS_URL"]
    if server and urlsplit(server).scheme not in ("redis", "rediss", "unix"):
        return "HERALD_REDIS_URL is no address of a Redis server; give one as redis://:password@host:6379/0"
    if server and not has_redis():
        return "HERALD_REDIS_URL needs the extra: pip install 'herald-spider[cluster]'"
    try:
        MachinePace(folder_of(settings))
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
