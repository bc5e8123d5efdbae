from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from herald_spider.loaders.page import Page

SITE = "https://www.koreaherald.com"
PAGES = Path(__file__).parent / "pages"


@pytest.fixture
def make_page() -> Callable[..., Page]:
    """A page from a snippet of HTML."""

    def make(html: str, path: str = "/article/1", **options: object) -> Page:
        return Page(SITE + path, html.encode(), **options)  # type: ignore[arg-type]

    return make
