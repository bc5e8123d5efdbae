"""Rendering with Chromium through scrapy-playwright. Imported only if HERALD_RENDERER selects it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from herald_spider.loaders.shell import MORE_BUTTONS
from herald_spider.middlewares.offsite import Hosts
from herald_spider.middlewares.pace import Paced

if TYPE_CHECKING:
    from playwright.async_api import Page, Request

_TEXTLESS = {"image", "media", "font"}
_COUNT = "selectors => document.querySelectorAll(selectors).length"
_HAS_MORE = "([selectors, before]) => document.querySelectorAll(selectors).length > before"


class PacedPlaywrightHandler(Paced, ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """scrapy-playwright's handler with the shared pace; a page with its resources takes one turn."""


def aborts(hosts: Hosts, blocked: Iterable[str]) -> Callable[[Request], bool]:
    """Return a function that returns True for a request that the browser must not send.

    These are requests to other hosts, those whose address contains a part of `blocked`, and pictures, media and fonts.
    """

    def is_aborted(request: Request) -> bool:
        is_needless = request.resource_type in _TEXTLESS or any(part in request.url for part in blocked)
        return is_needless or bool(hosts.refusal(request.url))

    return is_aborted


def record_failures(found: list[str]) -> Callable[[Request], None]:
    """Return a handler that adds to `found` the addresses of navigations that failed."""
    return lambda request: found.append(request.url) if request.is_navigation_request() else None


def resolver_rules(hosts: Hosts) -> str:
    """Return the option that makes Chromium resolve no other hosts.

    Playwright reports a redirect only after Chromium has followed it. If one port of a host is allowed, requests
    to its other ports go to that port.
    """
    ports: dict[str, set[int]] = {}
    for host, port in sorted(hosts.origins):
        ports.setdefault(host, set()).add(port)
    rules = [f"MAP {host} {host}" + f":{min(own)}" * (len(own) == 1) for host, own in ports.items()]
    return f"--host-resolver-rules={','.join([*rules, 'MAP * ~NOTFOUND'])}"


async def show_content(page: Page, ready: str, timeout: float, clicks: int) -> None:
    """Wait until something matches `ready`, then click "more" while that adds matches, at most `clicks` times.

    Each step takes at most `timeout` seconds.
    """
    if not await _has_more(page, ready, 0, timeout):
        return
    for _ in range(clicks):
        button = page.locator(MORE_BUTTONS).first
        if not await button.count():
            return
        before = await page.evaluate(_COUNT, ready)
        await button.click(timeout=timeout * 1000)
        if not await _has_more(page, ready, before, timeout):
            return


async def _has_more(page: Page, selectors: str, before: int, timeout: float) -> bool:
    try:
        await page.wait_for_function(_HAS_MORE, arg=[selectors, before], timeout=timeout * 1000)
    except PlaywrightTimeoutError:
        return False
    return True
