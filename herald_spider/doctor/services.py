"""What a crawl needs beside the site: Redis, a renderer, room on the disk."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import BaseSettings
from w3lib.http import basic_auth_header

from herald_spider.cluster import has_redis
from herald_spider.doctor.finding import Checkup, Finding, existing, ok, warning, wrong
from herald_spider.middlewares.rendering import PLAYWRIGHT, SPLASH, configure_playwright, has_playwright
from herald_spider.text.terminal import size

PATIENCE = 4.0  # seconds
_MB = 1024 * 1024
LOW, TOO_LOW = 1024 * _MB, 100 * _MB  # bytes free
FEW, TOO_FEW = 1000, 100  # inodes free


# Redis -----------------------------------------------------------------------------------


def redis(checkup: Checkup) -> Iterator[Finding]:
    if problem := redis_problem(checkup.settings):
        yield wrong(problem, "start the server, or mend HERALD_REDIS_URL")
    elif checkup.settings["HERALD_REDIS_URL"] and has_redis():  # the check of the settings names the extra
        yield ok("answers")


def redis_problem(settings: BaseSettings) -> str | None:
    """Why Redis does not answer, without its address, which may hold a password; None where it need not."""
    if not settings["HERALD_REDIS_URL"] or not has_redis():
        return None
    import redis as client

    try:
        with client.Redis.from_url(
            settings["HERALD_REDIS_URL"], socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
        ) as connection:
            connection.ping()
    except ValueError:  # its text is a part of the address
        return "HERALD_REDIS_URL is no address of a Redis server"
    except (client.RedisError, OSError) as error:
        return f"Redis does not answer: {(str(error).splitlines() or [type(error).__name__])[0].rstrip('.')}"
    return None


# Renderers -------------------------------------------------------------------------------


def renderer(checkup: Checkup) -> Iterator[Finding]:
    settings = checkup.settings
    if settings["HERALD_RENDERER"] == PLAYWRIGHT:
        if has_playwright():  # the check of the settings names the extra
            yield from _chromium(settings)
    elif settings["HERALD_RENDERER"] == SPLASH and settings["SPLASH_URL"]:
        yield _splash(settings)
    else:
        yield ok("none is set; the site's pages need none")


def _splash(settings: BaseSettings) -> Finding:
    parts = urlsplit(settings["SPLASH_URL"])
    server = parts.netloc.rpartition("@")[2]
    request = urllib.request.Request(f"{parts.scheme}://{server}/_ping")  # noqa: S310 - see below
    if user := settings.get("SPLASH_USER"):
        request.add_header("Authorization", basic_auth_header(user, settings.get("SPLASH_PASS", "")).decode())
    try:
        # Not through a proxy, nor to a file: an address of http or https, or the settings were found wrong.
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            said: Any = json.load(answer)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return wrong(f"Splash at {server} does not answer: {reason}", "start Splash, or mend SPLASH_URL")
    if not isinstance(said, dict) or said.get("status") != "ok":
        return wrong(f"{server} answers, and not as Splash does", "mend SPLASH_URL")
    return ok(f"Splash at {server} answers, and uses {size(1024 * int(said.get('maxrss', 0)))}")


def _chromium(settings: BaseSettings) -> Iterator[Finding]:
    from playwright.sync_api import Error, sync_playwright

    settings = settings.copy()
    configure_playwright(settings)
    options = settings["PLAYWRIGHT_LAUNCH_OPTIONS"]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**options, timeout=1000 * 3 * PATIENCE)
            version = browser.version
            browser.close()
    except Error as error:
        name = options.get("executable_path", "playwright's own Chromium")
        said = next((line for line in str(error).splitlines() if line.strip()), "no reason given")
        yield wrong(
            f"{name} does not start: {said}",
            "playwright install chromium, or Debian's chromium, or set HERALD_CHROMIUM",
        )
    else:
        yield ok(f"Chromium {version} starts ({options.get('executable_path', 'that of playwright')})")


# Disk ------------------------------------------------------------------------------------


def disk(checkup: Checkup) -> Iterator[Finding]:
    """Room on the file system of the archive."""
    if checkup.folder is None:
        return
    place = existing(checkup.folder)
    free, inodes = shutil.disk_usage(place).free, os.statvfs(place)
    few = inodes.f_favail if inodes.f_files else None  # some file systems do not count them
    said = f"{size(free)} free on the disk of {checkup.folder}"
    if few is not None:
        said += f", {few:,} inodes"
    if free < TOO_LOW or (few is not None and few < TOO_FEW):
        yield wrong(said, "make room: a crawl ends where the disk is full (and loses nothing)")
    elif free < LOW or (few is not None and few < FEW):
        yield warning(said, "make room soon; HERALD_COMPRESS=zst makes new lines a fourth as large")
    else:
        yield ok(said)
