"""Near-duplicates: wire copies are found, stories that share only a subject are not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import pytest
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from herald_spider.archive import Archive
from herald_spider.archive import near_duplicates as near
from herald_spider.demo import Newspaper
from herald_spider.items import Article
from herald_spider.pipelines.deduplicate import DeduplicatePipeline
from herald_spider.pipelines.export import ExportPipeline
from herald_spider.spiders.herald import HeraldSpider
from tests.demo import project_settings

NEWSPAPER = Newspaper(2000, 5)
TEXT = " ".join(f"word{number % 97} of line {number}" for number in range(60))
DAY = 20_000


@cache
def fingerprint(article: str) -> bytes | None:
    story = NEWSPAPER.by_id(article)
    assert story
    truth = story.truth()
    return near.fingerprint(truth["headline"], truth["body"] or "")


def similarities(pairs: list[tuple[str, str]]) -> list[float]:
    prints = [(fingerprint(one), fingerprint(other)) for one, other in pairs]
    return [near.similarity(one, other) for one, other in prints if one and other]


@pytest.fixture
def archive() -> Iterator[Archive]:
    archive = Archive("none")
    yield archive
    archive.close()


def remember(archive: Archive, article: str, text: str, day: int = DAY) -> bytes:
    signature = near.fingerprint("", text)
    assert signature
    with archive.ledger.transaction() as connection:
        archive.ledger.discover([(article, f"https://www.koreaherald.com/article/{article}", "x", None)])
        near.remember(connection, article, signature, day)
    return signature


def find(archive: Archive, signature: bytes, day: int = DAY, article: str = "9") -> str | None:
    with archive.ledger.transaction() as connection:
        return near.find(connection, signature, day, article)


def test_wire_copies_are_above_the_threshold() -> None:
    found = similarities(NEWSPAPER.near_duplicates)
    assert len(found) > 10
    assert min(found) > near.THRESHOLD + 0.1


@pytest.mark.parametrize("kind", ["same_event", "briefs"])
def test_other_stories_are_below(kind: str) -> None:
    found = similarities(getattr(NEWSPAPER, kind))
    assert len(found) > 10
    assert max(found) < near.THRESHOLD - 0.1


def test_found_within_the_window_alone(archive: Archive) -> None:
    signature = remember(archive, "1", TEXT)
    for distance in (-near.WINDOW_DAYS, 0, near.WINDOW_DAYS):
        assert find(archive, signature, DAY + distance) == "1"
    for distance in (-near.WINDOW_DAYS - 1, near.WINDOW_DAYS + 1):
        assert find(archive, signature, DAY + distance) is None


def test_not_of_itself_and_with_small_edits(archive: Archive) -> None:
    signature = remember(archive, "1", TEXT)
    assert find(archive, signature, article="1") is None
    edited = near.fingerprint("", TEXT.replace("word7 ", "number7 ") + " A new end (AP)")
    assert edited
    assert find(archive, edited) == "1"


def test_a_revision_takes_the_place_of_the_former(archive: Archive) -> None:
    signature = remember(archive, "1", TEXT)
    remember(archive, "1", TEXT[::-1], DAY + 1)
    assert find(archive, signature) is None
    with archive.ledger.transaction() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM bands").scalar_one() == near.BANDS


def test_a_duplicate_of_a_duplicate_leads_to_the_first(archive: Archive) -> None:
    remember(archive, "1", TEXT)
    signature = remember(archive, "2", TEXT)
    with archive.ledger.transaction() as connection:
        connection.exec_driver_sql("UPDATE articles SET duplicate_of = '1' WHERE id = '2'")
    assert find(archive, signature) == "1"


def test_short_texts_are_not_judged() -> None:
    assert near.fingerprint("Ferry stops", "The ferry stopped on Tuesday.") is None


def test_marked_within_one_batch_too(archive: Archive) -> None:
    archive.begin_run("herald", "a", {})
    items = [
        Article(id=str(number), url=f"https://www.koreaherald.com/article/{number}", headline="H", body=TEXT)
        for number in (1, 2)
    ]
    for item in items:
        assert archive.compare(item) == "new"
        archive.mark_near_duplicate(item)
        archive.add(item)
    assert [item.duplicate_of for item in items] == [None, "1"]


@pytest.mark.parametrize(("near_duplicates", "kept"), [("mark", 2), ("drop", 1), ("off", 2)])
def test_the_setting(near_duplicates: str, kept: int) -> None:
    crawler = get_crawler(HeraldSpider, project_settings(HERALD_NEAR_DUPLICATES=near_duplicates))
    crawler.spider = spider = HeraldSpider.from_crawler(crawler)
    crawler._apply_settings()
    spider.open_archive()
    steps = [step.from_crawler(crawler) for step in (DeduplicatePipeline, ExportPipeline)]
    for number in (1, 2):
        item = Article(
            id=str(number), url=f"https://www.koreaherald.com/article/{number}", headline="H", body=TEXT
        )
        spider.archive.ledger.discover([(str(number), item.url or "", "x", None)])
        with suppress(DropItem):
            for step in steps:
                item = step.process_item(item)
    spider.archive.commit()
    states = spider.archive.ledger.states()
    marked = crawler.stats.get_value("herald/near_duplicates", 0)
    spider.archive.close()
    assert (states["archived"], states["rejected"]) == (kept, 2 - kept)
    assert marked == (near_duplicates != "off")


def test_the_signature_is_the_same_everywhere() -> None:
    code = "from herald_spider.archive.near_duplicates import fingerprint; print(fingerprint('', '''%s''').hex())"
    signatures = {
        subprocess.run(
            [sys.executable, "-c", code % TEXT], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    here = near.fingerprint("", TEXT)
    assert here
    assert signatures == {here.hex()}


def test_the_most_similar_of_a_batch(archive: Archive) -> None:
    """The first one is near as well, and was the wrong one."""
    archive.begin_run("herald", "a", {})
    words = [f"word{number}" for number in range(300)]
    spans = {"1": (0, 200), "2": (80, 280), "3": (50, 250)}
    items = {
        each: Article(id=each, url=f"https://www.koreaherald.com/article/{each}", headline="H",
                      body=" ".join(words[slice(*span)]))
        for each, span in spans.items()
    }  # fmt: skip
    signatures = {each: near.fingerprint("H", item.body or "") or b"" for each, item in items.items()}
    assert near.similarity(signatures["1"], signatures["2"]) < near.THRESHOLD
    assert near.similarity(signatures["1"], signatures["3"]) >= near.THRESHOLD
    for item in items.values():
        archive.mark_near_duplicate(item)
        archive.add(item)
    assert [item.duplicate_of for item in items.values()] == [None, None, "2"]
