from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from herald_spider import urls
from herald_spider.loaders.page import Page
from tests.archives import ITEMS, changed, keep
from tests.servers import PostgresServer, RedisServer, postgres_server, redis_server

SITE = "https://www.koreaherald.com"
PAGES = Path(__file__).parent / "pages"
# The longest files run first, so that the processes end at about the same time.
LONGEST = (
    "operating",
    "cluster",
    "monitors",
    "scrapyd",
    "wayback",
    "rendering",
    "resume",
    "browse",
    "overlap",
)
collect_ignore = ["splash_server.py"]  # run by Splash's own Python, which has its Qt


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@pytest.fixture(autouse=True)
def empty_url_cache() -> None:
    """Forget the links that earlier tests have classified: else mutmut's mutants are not called for them."""
    urls._of_menu.cache_clear()


@pytest.fixture
def make_page() -> Callable[..., Page]:
    """Return a function that makes a page from a snippet of HTML."""

    def make(html: str, path: str = "/article/1", **options: object) -> Page:
        return Page(SITE + path, html.encode(), **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


def _scope(fixture_name: str, config: pytest.Config) -> Literal["session", "function"]:
    """Return ``session``, or ``function`` while mutmut records which tests call a function."""
    return "function" if os.environ.get("MUTANT_UNDER_TEST") == "stats" else "session"


@pytest.fixture(scope=_scope)
def made_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two runs: all items, then a revision of the first two items."""
    folder = tmp_path_factory.mktemp("made")
    keep(folder, "a", *ITEMS)
    first, second = ITEMS[:2]
    keep(folder, "b", changed(first, "All is new.", byline="By Kim Da-sol"), changed(second, "Likewise."))
    return folder


@pytest.fixture
def folder(made_archive: Path, tmp_path: Path) -> Path:
    """A copy of that archive, for tests that change it."""
    return shutil.copytree(made_archive, tmp_path / "archive")
