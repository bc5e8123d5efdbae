"""Near-duplicates: wire copies are found, stories that share only a subject are not."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache

import pytest
import sqlalchemy as sa
from scrapy.exceptions import DropItem
from scrapy.utils.test import get_crawler

from benchmarks import templates
from demo import Newspaper
from herald_spider.archive import Archive
from herald_spider.archive import near_duplicates as near
from herald_spider.archive.schema import articles, bands, signatures
from herald_spider.items import Article
from herald_spider.pipelines.deduplicate import DeduplicatePipeline
from herald_spider.pipelines.export import ExportPipeline
from herald_spider.spiders.herald import HeraldSpider
from tests.demo import project_settings

NEWSPAPER = Newspaper(2000, 5)
TEXT = " ".join(f"word{number % 97} of line {number}" for number in range(60))
LONGER = TEXT + " and an end that the other has not got" * 3
DAY = 20_000


@cache
def fingerprint(article: str) -> bytes | None:
    story = NEWSPAPER.by_id(article)
    assert story
    truth = story.truth()
    return near.fingerprint(truth["body"] or "")


def similarities(pairs: list[tuple[str, str]]) -> list[float]:
    prints = [(fingerprint(one), fingerprint(other)) for one, other in pairs]
    return [near.similarity(one, other) for one, other in prints if one and other]


@pytest.fixture
def archive() -> Iterator[Archive]:
    archive = Archive("none")
    yield archive
    archive.close()


def remember(archive: Archive, article: str, text: str, day: int = DAY) -> bytes:
    signature = near.fingerprint(text)
    assert signature
    with archive.ledger.transaction() as connection:
        archive.ledger.discover([(article, f"https://www.koreaherald.com/article/{article}", "x", None)])
        near.remember(connection, [(article, day, signature)])
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


def test_edited_copies_are_found_and_the_others_are_not(archive: Archive) -> None:
    def body(article: str) -> str:
        story = NEWSPAPER.by_id(article)
        return (story and story.body) or ""

    for copy, original in NEWSPAPER.near_duplicates[:20]:
        remember(archive, copy, body(copy))
        parts = body(original).split("\n\n")
        edits = [parts[1:], ["A lead that another desk wrote.", *parts[1:]], [*parts, "(AFP-Yonhap)"]]
        for edited in edits:
            signature = near.fingerprint("\n\n".join(edited))
            assert signature
            assert find(archive, signature, article=original) == copy
    for one, other in [*NEWSPAPER.same_event[:20], *NEWSPAPER.briefs[:20]]:
        remember(archive, one, body(one))
        signature = fingerprint(other)
        assert signature
        assert find(archive, signature, article=other) is None


def test_found_within_the_window_alone(archive: Archive) -> None:
    signature = remember(archive, "1", TEXT)
    for distance in (-near.WINDOW_DAYS, 0, near.WINDOW_DAYS):
        assert find(archive, signature, DAY + distance) == "1"
    for distance in (-near.WINDOW_DAYS - 1, near.WINDOW_DAYS + 1):
        assert find(archive, signature, DAY + distance) is None
    batch = {"2": near.Entry(DAY + near.WINDOW_DAYS + 1, signature, None)}
    with archive.ledger.transaction() as connection:
        assert near.find(connection, signature, DAY, "9", batch) == "1"
        assert near.find(connection, signature, DAY, "1", batch) is None


def test_shingles_are_of_one_length() -> None:
    words = [f"word{number}" for number in range(6)]
    assert near.shingles(words) == [" ".join(words[start : start + 3]) for start in range(4)]
    assert near.shingles(words[:2]) == []


def test_not_of_itself_and_with_small_edits(archive: Archive) -> None:
    signature = remember(archive, "1", TEXT)
    assert find(archive, signature, article="1") is None
    edited = near.fingerprint(TEXT.replace("word7 ", "number7 ") + " A new end (AP)")
    assert edited
    assert find(archive, edited) == "1"


def test_a_revision_takes_the_place_of_the_former(archive: Archive) -> None:
    signature = remember(archive, "1", TEXT)
    other = remember(archive, "1", TEXT[::-1], DAY + 1)
    assert find(archive, signature) is None
    with archive.ledger.transaction() as connection:
        assert connection.execute(sa.select(signatures)).all() == [("1", DAY + 1, other)]
        keys = connection.execute(sa.select(bands)).all()
    assert set(keys) == {(key, DAY + 1, "1") for key in near.band_keys(other)}


def test_a_chain_leads_to_its_end_and_never_to_the_article_itself(archive: Archive) -> None:
    def link(article: str, original: str) -> None:
        with archive.ledger.transaction() as connection:
            row = articles.update().where(articles.c.id == article)
            connection.execute(row.values(duplicate_of=original))

    for article in "123":
        signature = remember(archive, article, TEXT if article == "3" else TEXT[::-1])
    link("3", "2")
    link("2", "1")
    assert find(archive, signature) == "1"
    assert find(archive, signature, article="1") is None
    link("1", "3")
    assert find(archive, signature) in {"1", "2", "3"}


def test_of_equals_the_earlier_then_the_lower_id(archive: Archive) -> None:
    for article, day in (("1", DAY + 1), ("3", DAY), ("2", DAY)):
        signature = remember(archive, article, TEXT, day)
    assert find(archive, signature) == "2"


def test_the_most_similar_wins(archive: Archive) -> None:
    remember(archive, "1", LONGER)
    signature = remember(archive, "2", TEXT, DAY + 2)
    assert find(archive, signature) == "2"


def test_the_form_of_a_signature() -> None:
    signature = near.fingerprint(TEXT)
    assert signature
    assert len(signature) == near.PERMUTATIONS + 1
    assert len(set(near.band_keys(signature))) == near.BANDS
    assert len(set(near.band_keys(bytes(near.PERMUTATIONS)))) == near.BANDS


def test_print_and_case_make_no_difference() -> None:
    words = "The minister\u2019s \u201cplan\u201d of 2021 \uff0d a \ufb01rst one. " * 8
    plain = 'the MINISTER\'s "plan" of 2021 - a first one ' * 8
    assert near.fingerprint(words) == near.fingerprint(plain)


def test_short_texts_are_not_judged() -> None:
    assert near.fingerprint("The ferry stopped on Tuesday.") is None
    words = [f"word{number}" for number in range(near.MIN_WORDS)]
    assert near.fingerprint(" ".join(words[1:])) is None
    assert near.fingerprint(" ".join(words)) is not None
    assert near.fingerprint("") is None


def mark(archive: Archive, article: str, text: str, **values: object) -> str | None:
    """What the pipelines do, with a revision always; what the article nearly repeats."""
    address = f"https://www.koreaherald.com/article/{article}"
    item = Article(id=article, url=address, headline=f"H {article}", body=text, content_hash=text)
    item = replace(item, **values)  # type: ignore[arg-type]
    assert archive.compare(item) == "new"
    archive.add(item)
    return item.duplicate_of


def test_marked_within_one_batch_too(archive: Archive) -> None:
    assert [mark(archive, "1", TEXT), mark(archive, "2", TEXT)] == [None, "1"]


@pytest.mark.parametrize("committed", ["", "1", "2"])
@pytest.mark.parametrize("best", ["1", "2"])
def test_the_best_match_wins_wherever_it_is(archive: Archive, best: str, committed: str) -> None:
    """Of two that do not repeat each other; one may be in the ledger, the other in the batch."""
    words = [f"word{number}" for number in range(180)]
    texts = {"1": words[:120], "2": words[60:]}
    for article in sorted(texts, key=lambda each: each != committed):
        assert mark(archive, article, " ".join(texts[article])) is None
        if article == committed:
            archive.commit()
    assert set(archive.pending) == set(texts) - {committed}
    between = words[25:145] if best == "1" else words[35:155]
    assert mark(archive, "3", " ".join(between)) == best


def test_a_chain_goes_on_from_the_batch_into_the_ledger(archive: Archive) -> None:
    mark(archive, "1", TEXT)
    archive.commit()
    assert mark(archive, "2", LONGER) == "1"
    assert mark(archive, "3", LONGER) == "1"


def test_the_batch_goes_before_the_ledger(archive: Archive) -> None:
    mark(archive, "1", TEXT)
    archive.commit()
    assert mark(archive, "1", TEXT[::-1]) is None
    assert mark(archive, "2", TEXT) is None


def test_never_of_itself_under_another_id(archive: Archive) -> None:
    mark(archive, "20210408000001", TEXT)
    archive.commit()
    alias = "http://www.koreaherald.com/view.php?ud=20210408000001"
    assert mark(archive, "1234567", LONGER, aliases=[alias]) is None


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
    code = "from herald_spider.archive.near_duplicates import fingerprint; print(fingerprint('''%s''').hex())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code % TEXT], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }  # fmt: skip
    here = near.fingerprint(TEXT)
    assert here
    assert printed == {here.hex()}
    # Ledgers hold it: should rensa change its digests, the index starts anew.
    assert here.hex().startswith("fc45b688f1ac1fb136ed8dd400424d8e")


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
    signatures = {each: near.fingerprint(item.body or "") or b"" for each, item in items.items()}
    assert near.similarity(signatures["1"], signatures["2"]) < near.THRESHOLD
    assert near.similarity(signatures["1"], signatures["3"]) >= near.THRESHOLD
    for item in items.values():
        assert archive.compare(item) == "new"
        archive.add(item)
    assert [item.duplicate_of for item in items.values()] == [None, None, "2"]


def test_the_keys_of_a_signature_are_its_first_rows() -> None:
    keys = near.band_keys(bytes(range(128)))
    assert len(keys) == near.BANDS
    assert keys[:3] == [0x00_00_01, 0x01_02_03, 0x02_04_05]


def test_signatures_are_compared_byte_by_byte() -> None:
    one = bytes(range(128))
    other = bytes(each if each % 4 else 255 - each for each in one)
    assert near.similarity(one, other) == 96 / 128
    assert near.similarity(one, one) == 1
    assert near.similarity(one, b"") == near.similarity(b"", b"") == 0


@pytest.mark.parametrize("kind", sorted(templates.TEMPLATES))
def test_two_days_of_a_template_are_two_articles(archive: Archive, kind: str) -> None:
    pairs = [each for each in templates.pairs(random.Random(1), 20) if each[0] == templates.PREFIX + kind]
    for _, first, second in pairs:
        remember(archive, "1", first)
        signature = near.fingerprint(second)
        assert signature
        assert find(archive, signature, DAY + 1) is None


BRIEF = (
    "A ferry with 214 people on board ran onto a sandbank off Port Orro on Tuesday morning, and 9 of them were hurt, the "
    "coast guard said. Two patrol boats brought everybody to the harbor by 11:30 a.m. The ship, which is 27 years old, "
    "had left the island 40 minutes late because of fog. Its captain told officers that the radar had failed. Traffic to "
    "the islands will rest until Thursday, and 3 of the 5 lines will then run again, the harbor office said."
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("9 of them were hurt", "12 of them were hurt"),
        (" Its captain told officers that the radar had failed.", ""),
        (
            "ran onto a sandbank off Port Orro on Tuesday morning",
            "was stranded near Port Orro early on Tuesday",
        ),
        ("harbor office said.", "harbor office said. The owner did not answer calls on Tuesday. (Yonhap)"),
    ],
)
def test_short_wire_copy_with_an_edit_is_one_article(archive: Archive, old: str, new: str) -> None:
    remember(archive, "1", BRIEF)
    assert old in BRIEF
    signature = near.fingerprint(BRIEF.replace(old, new))
    assert signature
    assert find(archive, signature) == "1"


def test_numbers_weigh_more_than_words() -> None:
    words = "buying 1380 won for a dollar".split()
    assert near.weighted(words).count("buying 1380 won") == 1
    one, other = (near.weighted(f"the bank buys at {price} won today".split()) for price in (1380, 1391))
    assert len(set(one) & set(other)) < len(set(one)) / 4


def test_thin_texts_must_be_nearly_the_same(archive: Archive) -> None:
    text = " ".join(f"word{number} of the line" for number in range(15))
    signature = remember(archive, "1", text)
    assert find(archive, signature) == "1"
    edited = near.fingerprint(text.replace("word1 of the line word2", "other words"))
    assert edited
    assert near.similarity(signature, edited) > near.THRESHOLD
    assert find(archive, edited) is None
