"""`scrapy browse` as a process of its own, and a real Chromium that looks at it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from tests.demo import ROOT

# The text elements of a page whose contrast with what is behind them is less than WCAG's AA asks for.
FAINT = """
() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((each) => {
    const part = each / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = channels(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility()
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return texts.map((element) => {
    const [one, other] = [channels(getComputedStyle(element).color), behind(element)].map(luminance);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return [contrast, element.outerHTML.slice(0, 200)];
  }).filter(([contrast]) => contrast < 4.5);
}
"""


class Browsing:
    """A running `scrapy browse`: its address, what it said, how it ended."""

    def __init__(self, archive: Path, *options: str, **environment: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "browse", *(options or ("--port", "0"))],
            cwd=ROOT,
            env={**os.environ, "HERALD_ARCHIVE": str(archive), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""

    def address(self) -> str:
        """The address once it answers."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"http://\S+(?=/)", line):
                return found[0]
        raise AssertionError(self.said + self.end()[1])

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """The exit status, and what it wrote to its standard error."""
        self.process.send_signal(number)
        try:
            _, errors = self.process.communicate(timeout=300)
        finally:
            self.process.kill()
        return self.process.returncode, errors


@contextmanager
def browsing(archive: Path, **environment: str) -> Iterator[str]:
    """The address of a `scrapy browse` that runs until the block ends, quietly."""
    running = Browsing(archive, **environment)
    try:
        yield running.address()
    finally:
        status, errors = running.end()
    assert status == 0, errors
    assert "Traceback" not in errors


class Watched:
    """A page of Chromium, with what it complained of and where else it asked."""

    def __init__(self, browser: Browser, base: str, *, width: int = 1400, scheme: Any = "light"):
        self.base = base
        self.complaints: list[str] = []
        self.abroad: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(120_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            self.abroad.append(request.url)

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def follow(self, selector: str | Locator) -> None:
        """Click what leads to another page, and wait for that."""
        with self.page.expect_navigation():
            (self.page.locator(selector) if isinstance(selector, str) else selector).first.click()

    def texts(self, selector: str) -> list[str]:
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]

    def faint(self) -> list[Any]:
        found: list[Any] = self.page.evaluate(FAINT)
        return found

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return wide

    def json(self, path: str) -> Any:
        return json.loads(self.context.request.get(self.base + path).text())

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []
        assert self.abroad == []
