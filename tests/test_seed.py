"""A real story of 8 April 2021, the first page that the project could read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from herald_spider.loaders import read_article
from herald_spider.loaders.page import Page

# Outside the checkout, because the text belongs to the paper.
FOLDER = Path(os.environ.get("HERALD_SEED_PAGES", Path(__file__).parents[2] / "shared" / "pages"))
NAME = "2021-04-08-seed"


@pytest.mark.skipif(
    not (FOLDER / f"{NAME}.html").exists(),
    reason=f"no seed page: {NAME}.html is missing in {FOLDER.name}/ (set HERALD_SEED_PAGES)",
)
def test_seed_page_has_the_expected_fields() -> None:
    expected = json.loads((FOLDER / f"{NAME}.json").read_text(encoding="utf-8"))
    page = Page(expected["url"], (FOLDER / f"{NAME}.html").read_bytes())
    item = asdict(read_article(page))
    assert {name: item[name] for name in expected} == expected
