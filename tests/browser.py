"""Helpers of the tests of reports: files opened in Chromium, with the requests and messages of the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.services import missing

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# The ratio of contrast of each visible text, and the text (WCAG 2, 1.4.3).
CONTRASTS = """() => {
  const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(each => each.checkVisibility() && each.getClientRects().length && each.tagName !== 'title')
    .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .map(each => {
      const style = getComputedStyle(each);
      const front = luminance(parse(each instanceof SVGElement ? style.fill : style.color));
      const back = luminance(behind(each));
      const [dark, light] = front < back ? [front, back] : [back, front];
      return [(light + 0.05) / (dark + 0.05), each.textContent.trim().slice(0, 60)];
    });
}"""


@dataclass
class Opened:
    """A page, its requests, and its messages in the console, errors and dialogs."""

    page: Page
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if not path:
        missing("no chromium: sh .ci/services installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, path: Path, *, scheme: Any = "light", width: int = 1400) -> Iterator[Opened]:
    """Open the file at `path` in a browser without a network."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    found = Opened(page)
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("console", lambda message: found.messages.append(message.text))
    page.on("pageerror", lambda error: found.messages.append(str(error)))
    page.on("dialog", lambda dialog: found.messages.append(f"dialog: {dialog.message}"))
    page.goto(path.resolve().as_uri())
    yield found
    context.close()


def screenshot(found: Opened, tmp_path: Path, name: str) -> Path:
    """Save a picture of the whole page in the folder HERALD_SCREENSHOTS, and return its path."""
    folder = Path(os.environ.get("HERALD_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    found.page.screenshot(path=path, full_page=True)
    return path
