"""What Chromium does with a page, through scrapy-playwright. Imported only where it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from herald_spider.loaders.shell import MORE_BUTTONS
from herald_spider.middlewares.offsite import Hosts
from herald_spider.middlewares.pace import Paced
from herald_spider.middlewares.rendering import BLOCKED

if TYPE_CHECKING:
    from playwright.async_api import Page, Request

_TEXTLESS = {"image", "media", "font"}
_COUNT = "selectors => document.querySelectorAll(selectors).length"
_GROWN = "([selectors, before]) => document.querySelectorAll(selectors).length > before"


class PacedPlaywrightHandler(Paced, ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """scrapy-playwright's own; a page and what it loads are one turn."""


def only(hosts: Hosts) -> Callable[[Request], bool]:
    """What tells of a request whether it is not sent: to another host, or needless."""
    return lambda request: bool(hosts.refusal(request.url)) or is_needless(request)


def is_needless(request: Request) -> bool:
    """Whether a reader of the text can do without: pictures, adverts, trackers."""
    return request.resource_type in _TEXTLESS or any(part in request.url for part in BLOCKED)


def tell_failures(found: list[str]) -> Callable[[Request], None]:
    """What adds to `found` the addresses that a page was led to, in vain."""
    return lambda request: found.append(request.url) if request.is_navigation_request() else None


def resolver_rules(hosts: Hosts) -> str:
    """What lets Chromium know no other hosts: playwright sees no redirect before it is followed.

    Where a host has a port of its own, its other ports lead there too.
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
