"""A redesign of the site becomes readable by one new module in ``loaders/layouts/``, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.newspaper import Newspaper
from demo.story import Story
from tests.demo import ROOT
from tests.faulty_demo.breakages import BREAKAGES, BreakableRouter

SITE = "https://www.koreaherald.com"
MODULE = Path(__file__).parent / "layouts" / "site_2027.py"
# Fields for which the pages of 2027 have what those of today's layout have.
FIELDS = ("id", "headline", "published_at", "body", "images")
WITH_BYLINE = f"""<link rel="canonical" href="{SITE}/article/7"><h1 class="read-head">Ferry stops</h1>
<div class="read-text"><p class="read-by">By Kim Da-sol and Lee On</p><p>The ferry stopped.</p>
<p>It will sail again.</p><div class="read-more">Sail with the paper</div></div>"""
READ = """
import json, sys
from dataclasses import asdict
from herald_spider.loaders import read_article
from herald_spider.loaders.listing import read_listing
from herald_spider.loaders.menu import read_menu
from herald_spider.loaders.page import Page
readers = {
    "article": lambda page: asdict(read_article(page)),
    "listing": lambda page: asdict(read_listing(page)),
    "menu": lambda page: [section.slug for section, _ in read_menu(page)],
}
for line in sys.stdin:
    kind, url, html = json.loads(line)
    print(json.dumps(readers[kind](Page(url, html.encode())), default=str))
"""


@pytest.fixture(scope="module")
def router() -> BreakableRouter:
    router = BreakableRouter(Newspaper(60, 1))
    router.break_by(BREAKAGES["redesign"])
    return router


@pytest.fixture(scope="module")
def stories(router: BreakableRouter) -> list[Story]:
    found = [each for each in router.newspaper.readable() if each.edition == "2024" and each.body]
    assert len(found) > 10
    return found


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the module of the new layout; the folder that holds it."""
    folder = tmp_path_factory.mktemp("redesign")
    copy = folder / "herald_spider"
    shutil.copytree(ROOT / "herald_spider", copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(MODULE, copy / "loaders" / "layouts")
    return folder


def read(package: Path, *pages: tuple[str, str, str]) -> list[Any]:
    """Return what a package reads on pages, each given as its kind, address and HTML."""
    lines = "".join(json.dumps(page) + "\n" for page in pages)
    done = subprocess.run(
        [sys.executable, "-c", READ], input=lines, cwd=package, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def html(router: BreakableRouter, path: str) -> str:
    return router.answer(path, {}, SITE).body.decode()


def test_articles_of_the_new_layout_are_read(
    package: Path, router: BreakableRouter, stories: list[Story]
) -> None:
    paths = [f"/article/{story.id}" for story in stories]
    items = read(package, *(("article", f"{SITE}{path}", html(router, path)) for path in paths))
    assert {item["layout"] for item in items} == {"2027"}
    assert {item["extraction"]["body"] for item in items} == {"css"}
    truths = [story.truth() for story in stories]
    for name in FIELDS:
        assert [item[name] for item in items] == [truth[name] for truth in truths], name


def test_listings_and_the_menu_of_the_new_layout_are_read(package: Path, router: BreakableRouter) -> None:
    page = html(router, "/National")
    listing, menu = read(package, ("listing", f"{SITE}/National", page), ("menu", f"{SITE}/", page))
    assert (listing["layout"], listing["credited"]) == ("2027", True)
    shown = [story for story in router.newspaper.listing("national", 1).stories]
    assert [entry["id"] for entry in listing["entries"]] == [story.id for story in shown]
    assert [entry["headline"] for entry in listing["entries"]] == [story.headline for story in shown]
    assert all(entry["date"] for entry in listing["entries"])
    assert {"national", "politics", "business"} <= set(menu)


def test_a_byline_inside_the_body_is_not_in_the_text(package: Path) -> None:
    (item,) = read(package, ("article", f"{SITE}/article/7", WITH_BYLINE))
    assert item["body"] == "The ferry stopped.\n\nIt will sail again."
    assert item["byline"] == "By Kim Da-sol and Lee On"
    assert [author["name"] for author in item["authors"]] == ["Kim Da-sol", "Lee On"]


def test_without_the_module_the_new_layout_is_not_known(router: BreakableRouter) -> None:
    (listing,) = read(ROOT, ("listing", f"{SITE}/National", html(router, "/National")))
    assert listing["credited"] is False
