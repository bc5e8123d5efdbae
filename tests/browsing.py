"""Helpers of the tests of `scrapy browse`: the command as a process, and its pages in Chromium."""

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

from tests.browser import CONTRASTS
from tests.demo import ROOT

LEAST_CONTRAST = 4.5  # WCAG 2, 1.4.3, level AA


class Browsing:
    """A running `scrapy browse` and its output."""

    def __init__(self, archive: Path, *options: str, **environment: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "browse", *(options or ("--port", "0"))],
            cwd=ROOT,
            env={**os.environ, "HERALD_ARCHIVE": str(archive), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.output = ""

    def address(self) -> str:
        """Return the address once the server answers."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if found := re.search(r"http://\S+(?=/)", line):
                return found[0]
        raise AssertionError(self.output + self.end()[1])

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Send a signal; return the exit status and the standard error."""
        self.process.send_signal(number)
        try:
            _, errors = self.process.communicate(timeout=300)
        finally:
            self.process.kill()
        return self.process.returncode, errors


@contextmanager
def browsing(archive: Path, **environment: str) -> Iterator[str]:
    """Run `scrapy browse` in the block, yield its address, and check that it ends without an error."""
    running = Browsing(archive, **environment)
    try:
        yield running.address()
    finally:
        status, errors = running.end()
    assert status == 0, errors
    assert "Traceback" not in errors


class WatchedPage:
    """A page in Chromium, with its errors and its requests to other hosts."""

    def __init__(self, browser: Browser, base: str, *, width: int = 1400, scheme: Any = "light"):
        self.base = base
        self.errors: list[str] = []
        self.other_hosts: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(120_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            self.other_hosts.append(request.url)

    def go(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def follow(self, selector: str | Locator) -> None:
        """Click a link or button, and wait for the next page."""
        with self.page.expect_navigation():
            (self.page.locator(selector) if isinstance(selector, str) else selector).first.click()

    def texts(self, selector: str) -> list[str]:
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]

    def faint(self) -> list[Any]:
        """Return the texts with too little contrast, each after its ratio."""
        return [each for each in self.page.evaluate(CONTRASTS) if each[0] < LEAST_CONTRAST]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return wide

    def json(self, path: str) -> Any:
        return json.loads(self.context.request.get(self.base + path).text())

    def close(self) -> None:
        self.context.close()
        assert self.errors == []
        assert self.other_hosts == []
