"""Cleaning of text, hash, language, tags and summary."""

from __future__ import annotations

import pytest

from herald_spider.text.cleaning import (
    clean_headline,
    clean_text,
    content_hash,
    language_of,
    own_summary,
    split_tags,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u00a0b\u200bc", "a bc"),
        ("&amp;quot;Yes&amp;quot;", '"Yes"'),
        ("Q&amp;A", "Q&A"),
        ("AT&T and B&B", "AT&T and B&B"),
        ("It\x92s", "It’s"),
        ("e\u0301", "é"),
        ("a \ud800 b", "a \ufffd b"),
        ("a\r\n\tb\x00c", "a b c"),
        ("&#0; &#xFFFFFF;", "\ufffd \ufffd"),
    ],
)
def test_text_is_cleaned(text: str, expected: str) -> None:
    assert clean_text(text) == expected


def test_headlines_lose_the_name_of_the_paper() -> None:
    assert clean_headline("Ferry stops - The Korea Herald") == "Ferry stops"
    assert clean_headline("Ferry - stops") == "Ferry - stops"


def test_language_depends_on_the_share_of_hangul() -> None:
    assert language_of("The ferry stopped.") == "en"
    assert language_of("배가 멈췄다.") == "ko"
    assert language_of("The ferry stopped today. 배가 오늘 멈췄다고 합니다.") == "mul"
    assert language_of("The captain, Kim (김), spoke for an hour.") == "en"


def test_hash_ignores_typography() -> None:
    assert content_hash("A “plan”", "One.\n\nTwo.") == content_hash('A "plan"', "One. Two.")
    assert content_hash("A", "One.") != content_hash("A", "Two.")


def test_tags_are_distinct_and_without_those_of_all_pages() -> None:
    assert split_tags("Ferry, The Korea Herald, harbor ,ferry,,news") == ["Ferry", "harbor"]


def test_summary_is_kept_only_if_it_adds_to_the_body() -> None:
    assert own_summary("The ferry stopped on Tu...", "The ferry\n\nstopped on Tuesday.") is None
    assert own_summary("Why the ferry stopped.", "The ferry stopped.") == "Why the ferry stopped."
    assert own_summary("", "x") is None
