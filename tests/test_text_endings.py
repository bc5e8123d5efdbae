"""Ends of stories: sign-offs, credits, notes."""

from __future__ import annotations

import pytest

from herald_spider.text.endings import is_furniture, split_endings


@pytest.mark.parametrize(
    ("paragraphs", "kept", "agency"),
    [
        (["One.", "Two. (Yonhap)"], ["One.", "Two."], "Yonhap"),
        (["One.", "(AP)"], ["One."], "AP"),
        (["One.", "Two. (Korea Herald, Yonhap)"], ["One.", "Two."], "Yonhap"),
        (["One.", "Two. (The Korea Herald/ANN)"], ["One.", "Two."], "ANN"),
        (["One.", "Two. (China Daily/ANN)"], ["One.", "Two."], "ANN"),
        (["One.", "Two. (연합뉴스)"], ["One.", "Two."], "Yonhap"),
        (["One.", "Two. (Harbor/Sea)"], ["One.", "Two. (Harbor/Sea)"], None),
        (["One.", "Two. (END)"], ["One.", "Two."], None),
        (["One.", "Two (the second)"], ["One.", "Two (the second)"], None),
        (["One.", "dasol@heraldcorp.com"], ["One."], None),
        (["One.\nBy Kim Da-sol (dasol@heraldcorp.com)"], ["One."], None),
        (["One. (dasol@heraldcorp.com)"], ["One."], None),
        (["One. (Yonhap)", "Kim Da-sol (dasol@heraldcorp.com)"], ["One."], "Yonhap"),
        (["Write to the harbor office at office@harbor.example."],) * 2 + (None,),
        (["One.", "Call the harbor or email office@harbor.example"],) * 2 + (None,),
        (["One. dasol@heraldcorp.com"], ["One."], None),
        (["One.", "The school will turn co-ed."],) * 2 + (None,),
        (["He wrote it in an op-ed.", "One."],) * 2 + (None,),
        (["One.", "The views are his own. ― Ed."], ["One."], None),
        (["One.", "The views are his own. (-Ed.)"], ["One."], None),
        (["One.", "Two.\nThe views are his own. -- Ed."], ["One.", "Two."], None),
        (["Editor's note: a series.\nOne.", "Two."], ["One.", "Two."], None),
        (["Editor's note: a series.\nOf three parts. -- Ed.", "Two."], ["Two."], None),
        (["Editor's note: a series.", "One."], ["One."], None),
        (["Editor’s note", "A series.", "One."], ["One."], None),
        (["[Editor's note]", "A series.", "One.", "Two."], ["One.", "Two."], None),
        (["Editor's note", "One."], ["One."], None),
        (["Editor's note", "One.\nTwo.", "Three."], ["One.\nTwo.", "Three."], None),
        (["One.", "By Yonhap"], ["One."], "Yonhap"),
        (["One.", "Yonhap"], ["One."], "Yonhap"),
        (["One. (From news reports)"], ["One."], None),
        (["One.", "By Korea Herald staff (khnews@heraldcorp.com)"], ["One."], None),
        (["One.", "Photos by Park Si-woo"],) * 2 + (None,),
        (["The views are the writer's own. -- Ed.", "One."], ["One."], None),
        (["One.", "He teaches history at the harbor school. – Ed."], ["One."], None),
        (["One.", "Related articles", "Two."], ["One.", "Two."], None),
        (["Yes."], ["Yes."], None),
        ([], [], None),
        (
            ["One.", "By Yun Chae-ok, Intern reporter (ok@example.com)", "[Photo credit : OSEN]"],
            ["One."],
            None,
        ),
        (["One.", "(Yonhap)", "(Photos: Yonhap)"], ["One."], "Yonhap"),
        (["One. [Photo credit: OSEN]"], ["One."], None),
        (
            ["One centimeter is expected, the agency said.By Yun Chae-ok ( ok@example.com )"],
            ["One centimeter is expected, the agency said."],
            None,
        ),
        (["One is here.By Kim Da-sol"], ["One is here."], None),
        (["One is here. By Kim Da-sol (a@b.kr)"], ["One is here."], None),
        (["One.", "By Kim Da-sol (a@b.kr)", "[Photo credit: X]", "(Photos: Y)"], ["One."], None),
        (["One.", "Image credit: SM"], ["One."], None),
        (["One.", "Photos courtesy of the office"], ["One."], None),
        (["One is here.By Kim Da-sol, Intern reporter"], ["One is here."], None),
        (["One is here.Kim Da-sol (a@b.kr)"], ["One is here."], None),
        (["One.", "김다솔 기자 a@b.kr"], ["One."], None),
        (["One.", "He gave credit: none for her"],) * 2 + (None,),
        (["Photo: a short story."],) * 2 + (None,),
        (["The song was written. By Kim Da-sol"],) * 2 + (None,),
        (["One.", "It ended. By Monday."],) * 2 + (None,),
        (
            ['"We will go on," the official added. (Yonhap News)'],
            ['"We will go on," the official added.'],
            "Yonhap",
        ),
        (
            ["One.", "The writer teaches at the harbor school. The views expressed here are her own."],
            ["One."],
            None,
        ),
    ],
)
def test_endings_are_split_from_the_story(paragraphs: list[str], kept: list[str], agency: str | None) -> None:
    endings = split_endings(paragraphs)
    assert endings.paragraphs == kept
    assert endings.agency == agency


@pytest.mark.parametrize(
    ("lines", "authors", "byline"),
    [
        (["Story.", "By Kim Da-sol (a@heraldcorp.com)"], ["Kim Da-sol a@heraldcorp.com"], "By Kim Da-sol"),
        (
            ["Story.", "By Kim Da-sol (a@heraldcorp.com) and Lee Jaeeun (b@heraldcorp.com)"],
            ["Kim Da-sol a@heraldcorp.com", "Lee Jaeeun b@heraldcorp.com"],
            "By Kim Da-sol and Lee Jaeeun",
        ),
        (["Story.", "By Kim Da-sol and news reports (a@heraldcorp.com)"], ["Kim Da-sol a@heraldcorp.com"],
         "By Kim Da-sol and news reports"),
        (["Story.\nBy Kim Da-sol\nKorea Herald correspondent\n(a@heraldcorp.com)"],
         ["Kim Da-sol ", " a@heraldcorp.com"], "By Kim Da-sol"),
        (["Story.", "By Kim Da-sol", "Korea Herald correspondent"], ["Kim Da-sol "], "By Kim Da-sol"),
        (["Written by Kim Da-sol", "Story."], ["Kim Da-sol "], "Written by Kim Da-sol"),
        (["By Kim Da-sol\nStory."], ["Kim Da-sol "], "By Kim Da-sol"),
        (["Story.", "Reporter : Kim Da-sol", "Email : a@heraldcorp.com"],
         ["Kim Da-sol ", " a@heraldcorp.com"], "Kim Da-sol"),
        (["Reporter : Kim Da-sol", "Email : a@heraldcorp.com", "Story."],
         ["Kim Da-sol ", " a@heraldcorp.com"], "Kim Da-sol"),
        (["Reporter: Kim Da-sol", "Reporter: Lee Jaeeun", "Story."], ["Kim Da-sol ", "Lee Jaeeun "], "Kim Da-sol"),
        (["Story.\nReporter : Kim Da-sol\nEmail : a@heraldcorp.com"],
         ["Kim Da-sol ", " a@heraldcorp.com"], "Kim Da-sol"),
    ],
)  # fmt: skip
def test_signing_lines_name_authors(lines: list[str], authors: list[str], byline: str) -> None:
    endings = split_endings(lines)
    assert endings.paragraphs == ["Story."]
    assert [f"{author.name} {author.email or ''}" for author in endings.authors] == authors
    assert endings.byline == byline


@pytest.mark.parametrize(
    "line",
    ["Reporter: Did the ferry stop?", "Reporter: No.", "Email: office@harbor.example", "Email: call the harbor",
     "Written by Park Si-woo", "Written by hand"],
)  # fmt: skip
def test_lines_of_the_story_are_not_taken_for_credits(line: str) -> None:
    endings = split_endings(["One.", line, "Two."], ["Kim Da-sol"])
    assert endings.paragraphs == ["One.", line, "Two."]
    assert endings.authors == []


def test_credit_of_a_known_author_inside_the_story_is_taken_out() -> None:
    endings = split_endings(["One.", "Written by Kim Da-sol", "Two."], ["Kim Da-sol"])
    assert endings.paragraphs == ["One.", "Two."]
    assert endings.byline == "Written by Kim Da-sol"


@pytest.mark.parametrize("aside", ["Photos by Park Si-woo", "Correction: the ferry has two decks."])
def test_lines_behind_the_sign_off_are_kept(aside: str) -> None:
    endings = split_endings(["Story.", "By Kim Da-sol (a@heraldcorp.com)", aside])
    assert endings.paragraphs == ["Story.", aside]
    assert [author.name for author in endings.authors] == ["Kim Da-sol"]


@pytest.mark.parametrize("first", ["By the time the ferry came, it was late.", "By Kim Da-sol"])
def test_first_line_with_by_is_kept_unless_it_is_a_credit(first: str) -> None:
    """A line of names alone is no story's only one."""
    assert split_endings([first, "Two."] if "time" in first else [first]).paragraphs[:1] == (
        [first] if "time" in first else []
    )


def test_note_on_a_known_columnist_is_taken_off() -> None:
    endings = split_endings(["One.", "Baek Min-ju is a fisher."], ["Baek Min-ju"])
    assert endings.paragraphs == ["One."]
    endings = split_endings(["One.\nBaek Min-ju is a fisher. The views are hers. -- Ed."], ["Baek Min-ju"])
    assert endings.paragraphs == ["One."]
    endings = split_endings(["One.", "Baek Min-ju is a fisher.\nThe views are hers."], ["Baek Min-ju"])
    assert endings.paragraphs == ["One."]


@pytest.mark.parametrize("line", ["Most Read", "Related articles", "Published : Apr 8, 2021", "Link copied!",
                                  "Subscribe to our newsletter", "ADVERTISEMENT", "- Advertisement -",
                                  "Link copied to clipboard.", "Share on Facebook", "[Related Articles]",
                                  "▶ Related articles"])  # fmt: skip
def test_lines_of_furniture_are_recognised(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "No.",
        "Share prices fell.",
        "Most people read.",
        "Published poets met.",
        "Share on the left bank",
        "Reporter: No.",
        "- Advertisement\n- Print",
    ],
)
def test_lines_of_the_story_are_not_furniture(line: str) -> None:
    assert not is_furniture(line)
