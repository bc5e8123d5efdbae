"""Pages that need JavaScript, rendered by Splash or by Chromium.

A request with ``meta["render"]`` (``"article"`` or ``"listing"``) comes back as the page
that a browser shows. Which engine does it is a setting; spiders do not know.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import NotConfigured

from herald_spider.loaders.shell import MORE_BUTTONS, READY
from herald_spider.middlewares.offsite import Hosts, NotAsked
from herald_spider.middlewares.robotstxt import without_traceback

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.settings import BaseSettings

SPLASH, PLAYWRIGHT = "splash", "playwright"
RENDERERS = (SPLASH, PLAYWRIGHT)
PRESSES = 20  # of "more", on a listing
_STEP = 0.1  # seconds between two looks at a page that is being filled
# Parts of addresses that a reader of the text can do without.
BLOCKED = (
    "doubleclick.net", "googlesyndication", "googletagmanager", "google-analytics", "googletagservices",
    "adservice.", "facebook.net", "connect.facebook", "taboola", "criteo", "scorecardresearch",
)  # fmt: skip


def has_playwright() -> bool:
    """Return True if the extra is installed that Chromium needs."""
    return find_spec("scrapy_playwright") is not None


def renderer_of(settings: BaseSettings) -> str:
    """Return what renders pages in a run, `SPLASH` or `PLAYWRIGHT`; "" if nothing does."""
    if settings["HERALD_RENDERER"] == PLAYWRIGHT:
        return PLAYWRIGHT if has_playwright() else ""
    return SPLASH if settings["SPLASH_URL"] else ""


def extra_problem(settings: BaseSettings) -> str | None:
    """Return what is missing for the renderer that the settings choose; None if nothing is."""
    if settings["HERALD_RENDERER"] == PLAYWRIGHT and not has_playwright():
        return "HERALD_RENDERER=playwright needs the extra: pip install '.[playwright]' in its checkout"
    return None


class RenderingAddon:
    """Installs the renderer that the settings choose."""

    def update_settings(self, settings: BaseSettings) -> None:
        if problem := extra_problem(settings):
            raise NotConfigured(problem)
        renderer = renderer_of(settings)
        if not renderer:
            return
        configure = configure_playwright if renderer == PLAYWRIGHT else configure_splash
        configure(settings)
        # Before Splash's own.
        settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", RenderMiddleware, 720)


def configure_splash(settings: BaseSettings) -> None:
    from herald_spider.middlewares.httpcompression import HttpCompressionMiddleware
    from herald_spider.middlewares.splash import SplashMiddleware

    settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", SplashMiddleware, 725)
    # Splash's answers are compressed like others: they must be unpacked before it reads them.
    settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", HttpCompressionMiddleware, 810)


def configure_playwright(settings: BaseSettings) -> None:
    handler = "herald_spider.middlewares.playwright.PacedPlaywrightHandler"
    # In place of what settings.py has there.
    settings.set("DOWNLOAD_HANDLERS", {"http": handler, "https": handler}, priority="project")
    from herald_spider.middlewares.playwright import aborts, resolver_rules

    hosts = loaded_from(settings)
    options: dict[str, Any] = {"args": ["--disable-dev-shm-usage", resolver_rules(hosts)]}
    if os.geteuid() == 0:
        options["args"].append("--no-sandbox")  # Chromium refuses to run as root with one
    if chromium := shutil.which("chromium"):
        options["executable_path"] = chromium
    given = settings.getdict("PLAYWRIGHT_LAUNCH_OPTIONS")
    options.update(given, args=[*options["args"], *given.get("args", ())])
    logging.getLogger("scrapy-playwright").addFilter(without_traceback)  # the spider says what failed
    settings.set("PLAYWRIGHT_LAUNCH_OPTIONS", options, priority="cmdline")
    with suppress(ValueError):  # the spider says what is wrong with it
        patience = 1000 * settings.getfloat("HERALD_RENDER_SECONDS")
        settings.set("PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT", patience, priority="addon")
    settings.set("PLAYWRIGHT_ABORT_REQUEST", aborts(hosts, BLOCKED), priority="addon")


def loaded_from(settings: BaseSettings) -> Hosts:
    """The hosts from which a page and all that belongs to it is loaded."""
    return Hosts([settings["HERALD_BASE_URL"], *settings.getlist("HERALD_RENDER_HOSTS")])


class RenderMiddleware:
    """Turns ``meta["render"]`` into what the renderer understands."""

    def __init__(self, crawler: Crawler):
        settings = crawler.settings
        self.settings = settings
        self.renderer = renderer_of(settings)
        self.hosts = loaded_from(settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response:
        if "render" in request.meta:
            request.meta["rendered"] = self.renderer
            if refused := (getattr(response, "data", None) or {}).get("refused"):  # of render.lua
                raise NotAsked(f"redirect to {self.hosts.refusal(refused)}")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        for url in request.meta.get("failed_navigations", ()):
            if said := self.hosts.refusal(url):
                raise NotAsked(f"redirect to {said}")

    async def process_request(self, request: Request) -> None:
        kind = request.meta.get("render")
        if kind is None or "splash" in request.meta or "playwright" in request.meta:
            return
        patience = self.settings.getfloat("HERALD_RENDER_SECONDS")
        presses = PRESSES if kind == "listing" else 0
        make = for_splash if self.renderer == SPLASH else for_playwright
        request.meta.update(make(request, READY[kind], patience, presses))
        request.meta["dont_redirect"] = True  # the browser has gone where the page leads
        if self.renderer == SPLASH:
            request.meta["splash"]["args"]["allowed"] = self.hosts.prefixes


def for_splash(request: Request, there: str, patience: float, presses: int) -> dict[str, Any]:
    """What tells SplashMiddleware to run our script, all values as its arguments."""
    arguments = {
        "lua_source": _lua(),
        "url": request.url,
        "user_agent": (request.headers.get("User-Agent") or b"").decode("latin-1"),
        "there": there,
        "blocked": BLOCKED,
        "patience": patience,
        "step": _STEP,
        "more": MORE_BUTTONS,
        "presses": presses,
        "timeout": 2 * patience + 5,  # loading, waiting, and time to say so
    }
    options = {"magic_response": True, "http_status_from_error_code": True, "dont_send_headers": True}
    return {"splash": {"endpoint": "execute", "args": arguments, **options}}


@cache
def _lua() -> str:
    return files("herald_spider.middlewares").joinpath("render.lua").read_text("utf-8")


def for_playwright(_: Request, there: str, patience: float, presses: int) -> dict[str, Any]:
    """What tells scrapy-playwright to open a page, wait for its content and press "more"."""
    from herald_spider.middlewares.playwright import page_methods, record_failures

    failed: list[str] = []
    return {
        "playwright": True,
        "failed_navigations": failed,
        "playwright_page_event_handlers": {"requestfailed": record_failures(failed)},
        "playwright_page_goto_kwargs": {"timeout": patience * 1000, "wait_until": "commit"},
        "playwright_page_methods": page_methods(there, patience, presses),
    }
