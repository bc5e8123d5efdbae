"""How the revisions of an article are told apart, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError

from herald_spider.archive import history
from herald_spider.archive.database import ArchiveError
from herald_spider.archive.history import CAME, GONE, SAME, revisions, spans
from herald_spider.archive.view import View
from herald_spider.commands.history import article_id, changes, report
from herald_spider.text.console import OptionError
from herald_spider.urls import article_url
from tests.archives import ITEMS, SITE, changed, keep, overwrite, run, segments


def record(**values: Any) -> dict[str, Any]:
    return {
        "id": "1", "url": article_url("1"), "headline": "Ferry", "body": "One.\n\nTwo.", "revision": 1, "byline": None,
        "authors": [], "fetched_at": "2026-09-14T10:00:00Z", "updated_at": None, "captured_at": None, **values,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("10618541", "10618541"),
        (" 00100 ", "100"),
        ("000", "0"),
        ("20210408000265", "20210408000265"),
        ("http://m.koreaherald.com/article/7?a=b", "7"),
        ("/view.php?ud=20210408000265", "20210408000265"),
    ],
)
def test_an_article_is_found_by_number_ud_and_address(text: str, article: str) -> None:
    assert article_id(text) == article


@pytest.mark.parametrize("text", ["", "x", "https://example.com/article/1", "١٢٣"])
def test_text_that_names_no_article_is_a_clear_error(text: str) -> None:
    with pytest.raises(OptionError, match="is not an article; give"):
        article_id(text)


def test_the_host_of_the_base_url_counts_as_the_sites_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    article = ITEMS[0].id or ""
    for base, address in [
        ("http://127.0.0.1:8642", article_url(article).replace(SITE, "http://127.0.0.1:8642")),
        ("http://127.0.0.1:8642", article_url(article)),
        ("http://127.0.0.1:8642", article),
    ]:
        assert run(folder, "history", address, HERALD_BASE_URL=base) == 0
        assert capsys.readouterr().out.startswith(f"Article {article}: ")
    with pytest.raises(UsageError, match="is not an article"):
        run(folder, "history", "http://127.0.0.1:8643/article/1", HERALD_BASE_URL="http://127.0.0.1:8642")


def test_revisions_are_in_order(folder: Path) -> None:
    keep(folder, "c", changed(ITEMS[0], "A third."))
    view = View(folder)
    found = revisions(view, ITEMS[0].id or "")
    view.close()
    assert [each["revision"] for each in found] == [1, 2, 3]
    assert found[-1]["body"] == "A third."


def test_an_unreadable_line_of_a_revision_is_a_clear_error(folder: Path) -> None:
    overwrite(segments(folder)[0], 0, b"x" * 100)
    view = View(folder)
    with pytest.raises(ArchiveError) as error:
        revisions(view, ITEMS[0].id or "")
    view.close()
    assert error.value.reason == "archive_damaged"
    assert f" at byte 0: article {ITEMS[0].id} cannot be read (" in str(error.value)
    assert str(error.value).endswith("). Run scrapy verify --repair.")


def test_each_revision_shows_its_time_and_changes() -> None:
    second = record(
        revision=2, headline="Ship", body="One.\n\nThree.", byline="By Kim", url=article_url("2"),
        fetched_at="2026-09-15T10:00:00Z", updated_at="2026-09-15", captured_at="2026-09-13T00:00:00Z",
    )  # fmt: skip
    assert list(report([record(), second])) == [
        f"Article 1: {article_url('2')}",
        "2 revisions",
        "",
        "Revision 1, fetched 2026-09-14T10:00:00Z",
        "  Ferry",
        "",
        "Revision 2, fetched 2026-09-15T10:00:00Z from a copy of 2026-09-13T00:00:00Z, updated 2026-09-15",
        "  Ship",
        f"  url: {article_url('1')} → {article_url('2')}",
        "  byline: none → By Kim",
        "  updated_at: none → 2026-09-15",
        "  headline: [-Ferry-] {+Ship+}",
        "    (1 paragraph unchanged)",
        "  ~ [-Two.-] {+Three.+}",
    ]
    assert list(report([record()]))[1] == "1 revision"


def test_values_of_lists_and_authors_are_printed() -> None:
    kim = {"name": "Kim", "email": None, "role": "Staff"}
    latter = record(authors=[kim, {"name": "Lee\x1b", "email": "b@c", "role": None}])
    assert next(changes(record(), latter)) == "  authors: none → Kim Staff; Lee\\x1b b@c"
    former = record()
    del former["byline"]
    assert list(changes(former, record(byline="By Kim"))) == [
        "  byline: none → By Kim",
        "    (2 paragraphs unchanged)",
    ]


def test_an_added_or_removed_text_is_printed_whole() -> None:
    empty, full = record(headline=None, body=None), record()
    assert list(changes(empty, full)) == ["  headline: {+Ferry+}", "  + One.", "  + Two."]
    assert list(changes(full, empty)) == ["  headline: [-Ferry-]", "  - One.", "  - Two."]


def test_added_and_removed_paragraphs_beside_changed_ones() -> None:
    former, latter = record(body="One two.\n\nZ\x1b."), record(body="One three.")
    assert list(changes(former, latter)) == ["  ~ One [-two.-] {+three.+}", "  - Z\\x1b."]
    assert list(changes(latter, former)) == ["  ~ One [-three.-] {+two.+}", "  + Z\\x1b."]


def test_words_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(spans("the old big ferry", "the new ferry sails on")) == [
        (SAME, "the"),
        (GONE, "old big"),
        (CAME, "new"),
        (SAME, "ferry"),
        (CAME, "sails on"),
    ]
    monkeypatch.setattr(history, "_MOST_WORDS", 6)
    assert list(spans("a b", "a b c")) == [(SAME, "a b"), (CAME, "c")]
    assert list(spans("a b c", "a b c d")) == [(GONE, "a b c"), (CAME, "a b c d")]


def test_frequent_words_are_compared() -> None:
    """Where difflib would take it for noise: from 200 words on."""
    same = " ".join(["the ferry"] * 150)
    assert list(spans(f"Once {same}", f"And again {same}")) == [
        (GONE, "Once"),
        (CAME, "And again"),
        (SAME, same),
    ]
    body = "\n\n".join(["Again."] * 250)
    assert list(changes(record(body=f"One.\n\n{body}"), record(body=f"Two.\n\nThree.\n\n{body}"))) == [
        "  ~ [-One.-] {+Two.+}",
        "  + Three.",
        "    (250 paragraphs unchanged)",
    ]
