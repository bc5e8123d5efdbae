"""Near-duplicates: wire copies are found, stories that share only a subject are not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from herald_spider.archive import Archive
from herald_spider.archive import near_duplicates as near
from herald_spider.archive.schema import articles, bands, metadata, signatures
from herald_spider.demo import Newspaper
from herald_spider.items import Article
from herald_spider.pipelines.deduplicate import DeduplicatePipeline
from herald_spider.pipelines.export import ExportPipeline
from herald_spider.spiders.herald import HeraldSpider

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


def remember_plainly(connection: sa.Connection, article: str, text: str, day: int = DAY) -> bytes:
    """In the index alone: the ledger does not know of the article."""
    signature = near.fingerprint("", text)
    assert signature
    near.remember(connection, article, signature, day)
    return signature


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


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


def test_edited_copies_are_found_and_the_others_are_not(connection: sa.Connection) -> None:
    for copy, original in NEWSPAPER.near_duplicates[:20]:
        story = NEWSPAPER.by_id(original)
        assert story
        parts = (story.body or "").split("\n\n")
        edits = [parts[1:], ["A lead that another desk wrote.", *parts[1:]], [*parts, "(AFP-Yonhap)"]]
        remember_plainly(connection, copy, (getattr(NEWSPAPER.by_id(copy), "body", None)) or "")
        for edited in edits:
            signature = near.fingerprint("", "\n\n".join(edited))
            assert signature
            assert near.find(connection, signature, DAY, original) == copy
    for one, other in [*NEWSPAPER.same_event[:20], *NEWSPAPER.briefs[:20]]:
        first, second = fingerprint(one), fingerprint(other)
        assert first
        assert second
        near.remember(connection, one, first, DAY)
        assert near.find(connection, second, DAY, other) is None


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


def test_a_chain_leads_to_its_end_and_never_to_the_article_itself(connection: sa.Connection) -> None:
    signature = remember_plainly(connection, "3", TEXT)
    rows = [("1", None), ("2", "1"), ("3", "2")]
    connection.execute(
        articles.insert(),
        [{"id": article, "url": "", "state": "archived", "first_seen": 0, "last_seen": 0, "duplicate_of": original}
         for article, original in rows],
    )  # fmt: skip
    assert near.find(connection, signature, DAY, "9") == "1"
    assert near.find(connection, signature, DAY, "1") is None
    connection.execute(articles.update().where(articles.c.id == "1").values(duplicate_of="3"))
    assert near.find(connection, signature, DAY, "9") in {"1", "2", "3"}


def test_of_equals_the_earlier_then_the_lower_id(connection: sa.Connection) -> None:
    for article, day in (("1", DAY + 1), ("3", DAY), ("2", DAY)):
        signature = remember_plainly(connection, article, TEXT, day)
    assert near.find(connection, signature, DAY, "9") == "2"


def test_the_most_similar_wins(connection: sa.Connection) -> None:
    remember_plainly(connection, "1", TEXT + " and an end that the other has not got" * 3)
    signature = remember_plainly(connection, "2", TEXT, DAY + 2)
    assert near.find(connection, signature, DAY, "9") == "2"


def test_a_revision_leaves_nothing_of_the_former(connection: sa.Connection) -> None:
    remember_plainly(connection, "1", TEXT)
    signature = remember_plainly(connection, "1", TEXT, DAY + 9)
    assert connection.execute(sa.select(signatures)).all() == [("1", DAY + 9, signature)]
    rows = connection.execute(sa.select(bands)).all()
    assert sorted(rows) == sorted((key, DAY + 9, "1") for key in near.band_keys(signature))


def test_it_outlives_the_connection(tmp_path: Path) -> None:
    for turn in range(2):
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
        metadata.create_all(engine)
        with engine.begin() as connection:
            if not turn:
                signature = remember_plainly(connection, "1", TEXT)
            else:
                assert near.find(connection, signature, DAY, "9") == "1"
        engine.dispose()


def test_signatures_of_two_versions_never_meet(connection: sa.Connection) -> None:
    signature = remember_plainly(connection, "1", TEXT)
    other = bytes([signature[0] + 1]) + signature[1:]
    assert near.similarity(signature, other) == 0
    assert near.similarity(signature, signature[:-1]) == 0
    assert not set(near.band_keys(signature)) & set(near.band_keys(other))
    assert near.find(connection, other, DAY, "9") is None


def test_the_form_of_a_signature() -> None:
    signature = near.fingerprint("", TEXT)
    assert signature
    assert len(signature) == near.SIGNATURE_BYTES
    keys = near.band_keys(signature)
    assert len(set(keys)) == near.BANDS
    assert all(0 <= key < 2**31 for key in keys)


def test_print_and_case_make_no_difference() -> None:
    words = "The minister\u2019s \u201cplan\u201d of 2021 \uff0d a \ufb01rst one. " * 8
    plain = 'the MINISTER\'s "plan" of 2021 - a first one ' * 8
    assert near.fingerprint("", words) == near.fingerprint("Any headline", plain)


def test_short_texts_are_not_judged() -> None:
    assert near.fingerprint("Ferry stops", "The ferry stopped on Tuesday.") is None
    words = [f"word{number}" for number in range(near.MIN_WORDS)]
    assert near.fingerprint("A headline that does not count", " ".join(words[1:])) is None
    assert near.fingerprint("", " ".join(words)) is not None
    assert near.fingerprint("", "") is None


def test_marked_within_one_batch_too(archive: Archive) -> None:
    archive.begin_run("herald", "a", {})
    items = [
        Article(id=str(number), url=f"https://www.koreaherald.com/article/{number}", headline="H", body=TEXT)
        for number in (1, 2)
    ]
    for item in items:
        assert archive.compare(item)
        archive.mark_near_duplicate(item)
        archive.add(item)
    assert [item.duplicate_of for item in items] == [None, "1"]


@pytest.mark.parametrize(("near_duplicates", "kept"), [("mark", 2), ("drop", 1), ("off", 2)])
def test_the_setting(near_duplicates: str, kept: int) -> None:
    settings = {"HERALD_ARCHIVE": "none", "HERALD_BASE_URL": "http://127.0.0.1:1"}
    crawler = get_crawler(HeraldSpider, {**settings, "HERALD_NEAR_DUPLICATES": near_duplicates})
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
    printed = {
        subprocess.run(
            [sys.executable, "-c", code % TEXT], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    here = near.fingerprint("", TEXT)
    assert here
    assert printed == {here.hex()}
    # What ledgers hold: where rensa changes its digests, its ALGORITHM_VERSION must have changed too.
    assert here.hex().startswith("02f514b6f55cacde7736948dd400424d8e")
