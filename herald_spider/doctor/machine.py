"""Checks of this machine: packages, settings, disk, Redis, the renderer."""

from __future__ import annotations

import json
import platform
import shutil
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import scrapy
from packaging.requirements import Requirement
from scrapy.settings import BaseSettings
from w3lib.http import basic_auth_header

import herald_spider
from herald_spider import options, scrapy_settings, urls
from herald_spider.cluster import has_redis
from herald_spider.doctor.finding import Checkup, Finding, error, ok, warning
from herald_spider.middlewares import pace
from herald_spider.middlewares.rendering import PLAYWRIGHT, SPLASH, configure_playwright, has_playwright
from herald_spider.monitors import notify
from herald_spider.text.terminal import size

DISTRIBUTION = "herald-spider"
_TIMEOUT = 4.0  # seconds
_MB = 1024 * 1024
_LOW_SPACE, _NO_SPACE = 1024 * _MB, 100 * _MB  # bytes free

# Packages --------------------------------------------------------------------------------


def packages(_: Checkup) -> Iterator[Finding]:
    """Check the packages that the metadata requires; a setting that needs an extra names it itself."""
    own = f"Herald Spider {herald_spider.__version__}, Python {platform.python_version()}, Scrapy {scrapy.__version__}"
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # a checkout, or an egg without metadata
        here = Path(herald_spider.__file__).parent.parent
        text = f"{own}, runs from {here} and is not installed: its requirements are not known"
        yield warning("packages", text, f"in a checkout, pip install --editable {here}")
        return
    if faults := list(filter(None, map(_fault, map(Requirement, required)))):
        yield error("packages", "; ".join(faults), "pip install --upgrade . in its checkout")
    else:
        yield ok("packages", f"{own}, and all that they require")


def _fault(requirement: Requirement) -> str | None:
    if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        return None
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if requirement.specifier.contains(version, prereleases=True):
        return None
    return f"{requirement.name} {version} is installed, {requirement.specifier} is required"


# Settings --------------------------------------------------------------------------------


def settings(checkup: Checkup) -> Iterator[Finding]:
    """Check the values and names of settings, as a spider does when it opens."""
    found = [*options.problems(checkup.settings), *scrapy_settings.problems(checkup.settings)]
    found += filter(None, (check(checkup.settings) for check in (pace.folder_problem, notify.problem)))
    if checkup.problem and checkup.problem[0] != "no_contact":
        found.insert(0, checkup.problem[1])
    for text in dict.fromkeys(found):
        yield error("settings", text)
    if not found:
        site, archive = checkup.settings["HERALD_BASE_URL"], checkup.folder or "none"
        yield ok("settings", f"HERALD_BASE_URL {site}, HERALD_ARCHIVE {archive}")


def contact(checkup: Checkup) -> Iterator[Finding]:
    if address := checkup.settings["HERALD_CONTACT"]:
        yield ok("contact", f"requests name {address}")
        return
    is_live = checkup.problem is not None and checkup.problem[0] == "no_contact"
    text = "HERALD_CONTACT is not set: the live site is not asked" + " now, nor by crawls" * is_live
    yield warning("contact", text, "set it to a mail address or page where its operators can reach you")


def politeness(checkup: Checkup) -> Iterator[Finding]:
    values = checkup.settings
    try:
        obeys = values.getbool("ROBOTSTXT_OBEY")
        delay = values.getfloat("DOWNLOAD_DELAY")
        count = min(map(values.getint, ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN")))
    except (TypeError, ValueError):  # an error of the check of the settings
        return
    if not obeys:
        yield warning("politeness", "robots.txt is not obeyed", "leave ROBOTSTXT_OBEY on")
    pace = f"{f'{count} requests at once' if count > 1 else 'one request at a time'}, {delay:g} s apart"
    is_live = any(host in str(values["HERALD_BASE_URL"]) for host in urls.HOSTS)
    if is_live and (delay < 1 or count > 1):
        todo = "set CONCURRENT_REQUESTS=1 and DOWNLOAD_DELAY to 1 or more"
        yield warning("politeness", pace, todo)
    elif obeys:
        yield ok("politeness", f"robots.txt obeyed, {pace}")


# Services --------------------------------------------------------------------------------


def disk(checkup: Checkup) -> Iterator[Finding]:
    """Check the free space on the file system of the archive."""
    if checkup.folder is None:
        return
    free = shutil.disk_usage(checkup.existing_folder).free
    text = f"{size(free)} free on the disk of {checkup.folder}"
    if free < _NO_SPACE:
        yield error("disk", text, "free some space: a crawl stops when the disk is full (and loses nothing)")
    elif free < _LOW_SPACE:
        todo = "free some space soon; HERALD_COMPRESS=zst makes new segments a quarter as large"
        yield warning("disk", text, todo)
    else:
        yield ok("disk", text)


def redis(checkup: Checkup) -> Iterator[Finding]:
    if problem := redis_problem(checkup.settings):
        yield error("Redis", problem, "start the server, or correct HERALD_REDIS_URL")
    elif checkup.settings["HERALD_REDIS_URL"] and has_redis():  # a missing extra is an error of the settings
        yield ok("Redis", "answers")


def redis_problem(settings: BaseSettings) -> str | None:
    """Return why Redis does not answer; None if it does, or is not used.

    The text never contains the address, which may hold a password.
    """
    if not settings["HERALD_REDIS_URL"] or not has_redis():
        return None
    import redis as client

    options: dict[str, Any] = {"socket_timeout": _TIMEOUT, "socket_connect_timeout": _TIMEOUT, "retry": None}
    try:
        with client.Redis.from_url(settings["HERALD_REDIS_URL"], **options) as connection:
            connection.ping()
    except ValueError:  # its text quotes a part of the address
        return "HERALD_REDIS_URL is no address of a Redis server"
    except (client.RedisError, OSError) as problem:
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        return f"Redis does not answer: {first.rstrip('.')}"
    return None


def renderer(checkup: Checkup) -> Iterator[Finding]:
    settings = checkup.settings
    if settings["HERALD_RENDERER"] == PLAYWRIGHT:
        if has_playwright():  # a missing extra is an error of the settings
            yield _chromium(settings.copy())
    elif settings["HERALD_RENDERER"] == SPLASH and settings["SPLASH_URL"]:
        yield _splash(settings)
    else:
        yield ok("renderer", "none is set; the site's pages need none")


def _splash(settings: BaseSettings) -> Finding:
    parts = urlsplit(settings["SPLASH_URL"])
    server = parts.netloc.rpartition("@")[2]
    request = urllib.request.Request(f"{parts.scheme}://{server}/_ping")  # noqa: S310 - http or https, see settings
    if user := settings.get("SPLASH_USER"):
        request.add_header("Authorization", basic_auth_header(user, settings.get("SPLASH_PASS", "")).decode())
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            status: Any = json.load(answer)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "reason", None) or problem
        text = f"Splash at {server} does not answer: {reason}"
        return error("renderer", text, "start Splash, or correct SPLASH_URL")
    if not isinstance(status, dict) or status.get("status") != "ok":
        return error("renderer", f"{server} answers, but is not Splash", "correct SPLASH_URL")
    return ok("renderer", f"Splash at {server} answers")


def _chromium(settings: BaseSettings) -> Finding:
    from playwright.sync_api import Error, sync_playwright

    configure_playwright(settings)
    options = settings["PLAYWRIGHT_LAUNCH_OPTIONS"]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**options, timeout=3000 * _TIMEOUT)
            version = browser.version
            browser.close()
    except Error as problem:
        name = options.get("executable_path", "Playwright's own Chromium")
        reason = next((line for line in str(problem).splitlines() if line.strip()), "no reason given")
        todo = "playwright install chromium, or install Debian's chromium, or set executable_path in PLAYWRIGHT_LAUNCH_OPTIONS"
        return error("renderer", f"{name} does not start: {reason}", todo)
    path = options.get("executable_path", "Playwright's own")
    return ok("renderer", f"Chromium {version} starts ({path})")
