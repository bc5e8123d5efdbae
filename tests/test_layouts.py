"""Saved pages, one folder each: `page.html` as served, `expected.json` typed from reading it.

The tests fail for a layout with fewer than two pages, and for a field that differs.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from herald_spider.loaders import read_article
from herald_spider.loaders.layouts import LAYOUTS
from herald_spider.loaders.page import Page
from tests.conftest import PAGES

FOLDERS = sorted(path.parent for path in PAGES.glob("*/expected.json"))
EXPECTED = {path.name: json.loads((path / "expected.json").read_text(encoding="utf-8")) for path in FOLDERS}
FIELDS = [(name, field) for name, expected in EXPECTED.items() for field in expected]


def read(name: str) -> dict[str, Any]:
    page = Page(EXPECTED[name]["url"], (PAGES / name / "page.html").read_bytes())
    return asdict(read_article(page))


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[f"{name}-{field}" for name, field in FIELDS])
def test_saved_page_has_the_expected_field(name: str, field: str) -> None:
    assert read(name)[field] == EXPECTED[name][field]


def test_every_layout_has_two_pages() -> None:
    pages = Counter(expected["layout"] for expected in EXPECTED.values())
    assert all(pages[layout.name] >= 2 for layout in LAYOUTS)


@pytest.mark.parametrize("name", EXPECTED)
def test_saved_page_matches_one_layout_only(name: str) -> None:
    page = Page(EXPECTED[name]["url"], (PAGES / name / "page.html").read_bytes())
    assert [layout.name for layout in LAYOUTS if layout.matches(page)] == [EXPECTED[name]["layout"]]


def test_page_with_all_names_changed_is_read_by_the_generic_layout() -> None:
    """With all class names and ids changed, structured data and trafilatura still find the article."""
    html = (PAGES / "2024-council" / "page.html").read_text(encoding="utf-8")
    for name in ("articleText", "article-view", "article-body", "section_view", "byline", "gnb", "most_read"):
        html = html.replace(name, f"v5-{len(name)}")
    item = read_article(Page("https://www.koreaherald.com/article/10900001", html.encode()))
    assert item.layout == "generic"
    assert item.headline == "Council of Haneul votes for a night ferry"
    assert item.published_at == "2026-09-14T10:00:05+09:00"
    assert [author.name for author in item.authors] == ["Kim Da-sol", "Lee Jaeeun"]  # the second one signed
    assert "The council voted 7 to 2 on Monday for a night ferry." in (item.body or "")
    assert "whole answer of the two" in (item.body or "")
    assert (item.section, item.subsection) == ("national", "politics")
    sources = {
        name: item.extraction[name] for name in ("headline", "published_at", "authors", "body", "section")
    }
    assert sources == {
        "headline": "json-ld",
        "published_at": "json-ld",
        "authors": "json-ld",
        "body": "generic",
        "section": "meta",
    }


def test_stats_count_the_rules_that_were_tried() -> None:
    class Stats(dict[str, int]):
        def inc_value(self, key: str, count: int = 1) -> None:
            self[key] = self.get(key, 0) + count

    stats = Stats()
    html = (PAGES / "2024-fallbacks" / "page.html").read_bytes()
    read_article(Page("https://www.koreaherald.com/article/10900002", html), stats=stats)
    assert stats["parser/2024/headline/json-ld/headline"] == 0
    assert stats["parser/2024/headline/css/h1"] == 1
    assert stats["parser/2024/body/css/[itemprop=articleBody]"] == 1
