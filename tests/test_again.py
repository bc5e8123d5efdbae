"""Articles that a run requests again: recent ones, pending ones, and gone ones that are listed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scrapy.utils.test import get_crawler

from herald_spider.spiders.wayback import WaybackSpider
from herald_spider.urls import article_url
from tests.demo import ALL_REVISITS, fetch, kept, project_settings, run, truth
from tests.faulty_demo import running_demo


@pytest.fixture
def demo() -> Iterator[str]:
    with running_demo(articles=60) as base:
        yield base


def articles_asked(base: str) -> list[str]:
    """Return the addresses of the articles requested since the last call."""
    asked: Counter[str] = Counter(json.loads(fetch(f"{base}/control/requests")))
    fetch(f"{base}/control/requests/reset", post=True)
    return [path for path in asked.elements() if path.startswith(("/article/", "/view.php"))]


def edit(archive: Path, sql: str) -> None:
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as ledger, ledger:
        ledger.execute(sql)


def test_revisits_do_not_count_for_max_articles(demo: str, tmp_path: Path) -> None:
    """`max_articles` counts new articles only."""
    run(demo, tmp_path)
    before = {line["id"] for line in kept(tmp_path)}
    fetch(f"{demo}/control/publish?n=5", post=True)
    for number in (2, 4):
        log = run(demo, tmp_path, "-a", "max_articles=2", **ALL_REVISITS)
        assert len({line["id"] for line in kept(tmp_path)} - before) == number
        assert "'herald/revisited'" in log


def test_an_article_that_stays_gone_is_reported_once(demo: str, tmp_path: Path) -> None:
    """The monitor of gone articles fails in the first run only."""
    run(demo, tmp_path)
    removed = [line["id"] for line in kept(tmp_path) if line["published_at"]][:3]
    for each in removed:
        fetch(f"{demo}/control/remove?id={each}", post=True)
    for again in (0, 3):
        log = run(demo, tmp_path, **ALL_REVISITS)
        assert "'herald/gone': 3" in log
        assert ("'herald/gone/again': 3" in log) == bool(again)
        assert ("gone: 3 of 3 articles" in log) != bool(again)
        edit(tmp_path, "UPDATE articles SET retry_at = 0")


def test_pending_articles_and_revisits_out_of_range_are_not_requested(demo: str, tmp_path: Path) -> None:
    """The id of a pending article, or the date of an archived one, may show that it is out of range."""
    run(demo, tmp_path, "-a", "max_articles=1")
    articles_asked(demo)
    run(demo, tmp_path, "-a", "since=today")
    assert not [path for path in articles_asked(demo) if path.startswith("/view.php")]
    run(demo, tmp_path)
    days = [line["published_at"][:10] for line in kept(tmp_path) if line["published_at"]]
    articles_asked(demo)
    run(demo, tmp_path, "-a", f"until={min(days)}", **ALL_REVISITS)
    assert len(articles_asked(demo)) == days.count(min(days))


def test_a_gone_article_is_requested_again_when_a_listing_shows_it(demo: str, tmp_path: Path) -> None:
    lost = list(truth(demo))[:9]
    fetch(f"{demo}/control/deny?status=404", post=True)
    log = run(demo, tmp_path, "-a", f"url={','.join(lost)}", spider="urls")
    assert "gone          9" in log
    fetch(f"{demo}/control/deny?status=0", post=True)
    run(demo, tmp_path)
    assert {line["id"] for line in kept(tmp_path)} == set(truth(demo)) - set(lost)  # before their pause ends
    edit(tmp_path, "UPDATE articles SET retry_at = 0, last_seen = last_seen - 9, fetched = last_seen - 9")
    articles_asked(demo)
    run(demo, tmp_path)
    assert not articles_asked(demo)  # no listing shows them: all answer 304
    edit(tmp_path, "DELETE FROM listings")
    run(demo, tmp_path)
    assert {line["id"] for line in kept(tmp_path)} == set(truth(demo))


def test_pending_captures_out_of_range_are_not_requested() -> None:
    crawler = get_crawler(WaybackSpider, project_settings(HERALD_CONTACT="mailto:a@b.org"))
    crawler.spider = spider = WaybackSpider.from_crawler(crawler, since="2024-01-01")
    crawler._apply_settings()
    spider.open_archive()
    for article in ("20140203000001", "20240203000001"):
        copy = f"{spider.memento}/20240301000000id_/{article_url(article)}"
        spider.archive.ledger.discover([(article, copy, "wayback:x", None)])

    async def start() -> list[Any]:
        return [each async for each in spider.start()]

    assert asyncio.run(start()) == []
    assert [trail.article for trail in spider.waiting] == ["20240203000001"]
    spider.archive.close()
