"""Rendering with Chromium through scrapy-playwright. Imported only if it is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from herald_spider.loaders.shell import MORE_BUTTONS
from herald_spider.middlewares.offsite import Hosts
from herald_spider.middlewares.pace import Paced

if TYPE_CHECKING:
    from playwright.async_api import Page, Request

_TEXTLESS = {"image", "media", "font"}
_COUNT = "selectors => document.querySelectorAll(selectors).length"
_GROWN = "([selectors, before]) => document.querySelectorAll(selectors).length > before"


class PacedPlaywrightHandler(Paced, ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """scrapy-playwright's handler, with the pace; a page and its resources are one request."""


def aborts(hosts: Hosts, blocked: Iterable[str]) -> Callable[[Request], bool]:
    """Return a function that returns True for a request that must not be sent.

    These are requests to other hosts, those whose address holds a part of `blocked`, and pictures, media and fonts.
    """

    def is_aborted(request: Request) -> bool:
        is_needless = request.resource_type in _TEXTLESS or any(part in request.url for part in blocked)
        return is_needless or bool(hosts.refusal(request.url))

    return is_aborted


def record_failures(found: list[str]) -> Callable[[Request], None]:
    """Return a handler that adds to `found` the addresses of navigations that failed."""
    return lambda request: found.append(request.url) if request.is_navigation_request() else None


def resolver_rules(hosts: Hosts) -> str:
    """Return the option that lets Chromium resolve no other hosts.

    Playwright sees a redirect only after it is followed. All ports of a host lead to its one allowed port.
    """
    ports: dict[str, set[int]] = {}
    for host, port in sorted(hosts.origins):
        ports.setdefault(host, set()).add(port)
    rules = [f"MAP {host} {host}" + f":{min(own)}" * (len(own) == 1) for host, own in ports.items()]
    return f"--host-resolver-rules={','.join([*rules, 'MAP * ~NOTFOUND'])}"


def page_methods(there: str, patience: float, presses: int) -> list[PageMethod]:
    """Wait for what matches `there`, at most `patience` seconds, then press "more" for each further part."""
    return [PageMethod(_settle, there, patience, presses)]


async def _settle(page: Page, there: str, patience: float, presses: int) -> None:
    """Wait until `there` is there, then until each press of "more" has brought some."""
    if not await _grown(page, there, 0, patience):
        return
    for _ in range(presses):
        button = page.locator(MORE_BUTTONS).first
        if not await button.count():
            return
        before = await page.evaluate(_COUNT, there)
        await button.click(timeout=patience * 1000)
        if not await _grown(page, there, before, patience):
            return


async def _grown(page: Page, selectors: str, before: int, patience: float) -> bool:
    try:
        await page.wait_for_function(_GROWN, arg=[selectors, before], timeout=patience * 1000)
    except PlaywrightTimeoutError:
        return False
    return True
