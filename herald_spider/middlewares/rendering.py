"""Rendering of pages that need JavaScript, by Splash or by Chromium.

The response to a request with ``meta["render"]`` (``"article"`` or ``"listing"``) is the page as a browser shows
it. Settings choose the browser; spiders need not know which one is used.
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

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import NotConfigured

from herald_spider.loaders.shell import MORE_BUTTONS, READY
from herald_spider.logs import without_traceback
from herald_spider.middlewares.offsite import Hosts, OffsiteRequest

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.settings import BaseSettings

SPLASH, PLAYWRIGHT = "splash", "playwright"
RENDERERS = (SPLASH, PLAYWRIGHT)
MAX_CLICKS = 20  # on "more", in a listing
_INTERVAL = 0.1  # seconds between two checks for the content
# Parts of the addresses of adverts and trackers.
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
    from herald_spider.middlewares.splash import SplashMiddleware

    settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", SplashMiddleware, 725)
    # Closer to the network than SplashMiddleware, which reads only unpacked responses.
    settings.set_in_component_priority_dict("DOWNLOADER_MIDDLEWARES", HttpCompressionMiddleware, 810)


def configure_playwright(settings: BaseSettings) -> None:
    from herald_spider.middlewares.playwright import aborts, resolver_rules

    handler = "herald_spider.middlewares.playwright.PacedPlaywrightHandler"
    settings.set("DOWNLOAD_HANDLERS", {"http": handler, "https": handler}, priority="project")
    hosts = render_hosts(settings)
    options: dict[str, Any] = {"args": ["--disable-dev-shm-usage", resolver_rules(hosts)]}
    if os.geteuid() == 0:
        options["args"].append("--no-sandbox")  # as root Chromium refuses to run with one
    if chromium := shutil.which("chromium"):
        options["executable_path"] = chromium
    given = settings.getdict("PLAYWRIGHT_LAUNCH_OPTIONS")
    options.update(given, args=[*options["args"], *given.get("args", ())])
    logging.getLogger("scrapy-playwright").addFilter(without_traceback)  # the spider logs the failure
    settings.set("PLAYWRIGHT_LAUNCH_OPTIONS", options, priority="cmdline")
    with suppress(ValueError):  # the spider reports a wrong value
        timeout = 1000 * settings.getfloat("HERALD_RENDER_SECONDS")
        settings.set("PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT", timeout, priority="addon")
    settings.set("PLAYWRIGHT_ABORT_REQUEST", aborts(hosts, BLOCKED), priority="addon")


def render_hosts(settings: BaseSettings) -> Hosts:
    """Return the hosts from which a rendered page and its resources may be loaded."""
    return Hosts([settings["HERALD_BASE_URL"], *settings.getlist("HERALD_RENDER_HOSTS")])


class RenderMiddleware:
    """Translates ``meta["render"]`` for the renderer, and reports redirects that the renderer refused."""

    def __init__(self, crawler: Crawler):
        self.settings = crawler.settings
        self.renderer = renderer_of(crawler.settings)
        self.hosts = render_hosts(crawler.settings)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        kind = request.meta.get("render")
        if kind is None or "splash" in request.meta or "playwright" in request.meta:
            return
        timeout = self.settings.getfloat("HERALD_RENDER_SECONDS")
        clicks = MAX_CLICKS if kind == "listing" else 0
        if self.renderer == SPLASH:
            meta = for_splash(request, self.hosts, READY[kind], timeout, clicks)
        else:
            meta = for_playwright(READY[kind], timeout, clicks)
        request.meta.update(meta, dont_redirect=True)  # the browser has followed the redirects

    async def process_response(self, request: Request, response: Response) -> Response:
        if "render" in request.meta:
            request.meta["rendered"] = self.renderer
            if refused := (getattr(response, "data", None) or {}).get("refused"):  # from render.lua
                raise OffsiteRequest(f"redirect to {self.hosts.refusal(refused)}")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        for url in request.meta.get("failed_navigations", ()):
            if reason := self.hosts.refusal(url):
                raise OffsiteRequest(f"redirect to {reason}")


def for_splash(request: Request, hosts: Hosts, ready: str, timeout: float, clicks: int) -> dict[str, Any]:
    """Return the meta that makes SplashMiddleware run render.lua, with all values as its arguments."""
    arguments = {
        "lua_source": _lua(),
        "url": request.url,
        "user_agent": (request.headers.get("User-Agent") or b"").decode("latin-1"),
        "allowed": hosts.prefixes,
        "blocked": BLOCKED,
        "ready": ready,
        "seconds": timeout,
        "interval": _INTERVAL,
        "more": MORE_BUTTONS,
        "clicks": clicks,
        "timeout": 2 * timeout + 5,  # Splash's own limit: for loading, waiting and the answer
    }
    options = {"magic_response": True, "http_status_from_error_code": True, "dont_send_headers": True}
    return {"splash": {"endpoint": "execute", "args": arguments, **options}}


@cache
def _lua() -> str:
    return files("herald_spider.middlewares").joinpath("render.lua").read_text("utf-8")


def for_playwright(ready: str, timeout: float, clicks: int) -> dict[str, Any]:
    """Return the meta that makes scrapy-playwright open a page, wait for its content and click "more"."""
    from scrapy_playwright.page import PageMethod

    from herald_spider.middlewares.playwright import record_failures, show_content

    failed: list[str] = []
    return {
        "playwright": True,
        "failed_navigations": failed,
        "playwright_page_event_handlers": {"requestfailed": record_failures(failed)},
        "playwright_page_goto_kwargs": {"timeout": timeout * 1000, "wait_until": "commit"},
        "playwright_page_methods": [PageMethod(show_content, ready, timeout, clicks)],
    }
