"""Bylines and agencies."""

from __future__ import annotations

import pytest

from herald_spider.items import Author
from herald_spider.text.bylines import Byline, parse_agency, parse_byline


@pytest.mark.parametrize(
    ("line", "names", "agency"),
    [
        ("By Kim Da-sol", ["Kim Da-sol"], None),
        ("By Kim Da-sol and Lee Jaeeun", ["Kim Da-sol", "Lee Jaeeun"], None),
        ("By Kim Da-sol, Lee Jaeeun and Park Si-woo", ["Kim Da-sol", "Lee Jaeeun", "Park Si-woo"], None),
        ("By Yonhap", [], "Yonhap"),
        ("Yonhap News Agency", [], "Yonhap"),
        ("By AFP-Yonhap", [], "AFP-Yonhap"),
        ("By Associated Press", [], "AP"),
        ("By PR Newswire", [], "PR Newswire"),
        ("By Bloomberg News", [], "Bloomberg"),
        ("By dpa", [], "dpa"),
        ("By Xinhua", [], "Xinhua"),
        ("By Kim Da-sol and Yonhap", ["Kim Da-sol"], "Yonhap"),
        ("By Korea Herald", [], None),
        ("By The Korea Herald", [], None),
        ("From news reports", [], None),
        ("Kim Da-sol/The Korea Herald", ["Kim Da-sol"], None),
        ("Kim Da-sol/Yonhap", ["Kim Da-sol"], "Yonhap"),
        ("By Kim Da-sol (dasol@heraldcorp.com)", ["Kim Da-sol"], None),
        ("Reporter : Kim Da-sol", ["Kim Da-sol"], None),
        ("By H.R. McMaster", ["H.R. McMaster"], None),
        ("By 김다솔", ["김다솔"], None),
        ("By Kim Da-sol, By Lee Jaeeun", ["Kim Da-sol", "Lee Jaeeun"], None),
        ("By Kim Da-sol dasol@heraldcorp.com Articles by Kim Da-sol", ["Kim Da-sol"], None),
        ("Reporter Kim Da-sol", ["Kim Da-sol"], None),
        ("By Reporter Kim Da-sol and Reporter Lee Jaeeun", ["Kim Da-sol", "Lee Jaeeun"], None),
        ("By Kim Da-sol, Editor At Large", ["Kim Da-sol"], None),
        ("By Kim Da-sol, Editor Social Affairs", ["Kim Da-sol"], None),
        ("By Kim Da-sol, Korea Herald correspondent", ["Kim Da-sol"], None),
        ("By Kim Da-sol, Contributing Senior Staff Writer", ["Kim Da-sol"], None),
        ("Written by Kim Da-sol, edited by Park Si-woo", ["Kim Da-sol"], None),
        ("By Kim Da-sol and Lee Jaeeun; Photos by Park Si-woo", ["Kim Da-sol", "Lee Jaeeun"], None),
        ("By Kim Da-sol (translated by Park Si-woo)", ["Kim Da-sol"], None),
        ("Edited by Park Si-woo", [], None),
        ("코리아헤럴드", [], None),
        ("Korea Herald Staff", [], None),
        ("Compiled from news reports", [], None),
        ("", [], None),
        (
            "By Kim Min-joo, Ryu Min-hee, and Park Jun-hee",
            ["Kim Min-joo", "Ryu Min-hee", "Park Jun-hee"],
            None,
        ),
        ("By Ann One, Bo Two, & Cy Three", ["Ann One", "Bo Two", "Cy Three"], None),
        ("By Ann One, and Yonhap", ["Ann One"], "Yonhap"),
        ("By Kim Da-sol, Lee Jaeeun, Yonhap", ["Kim Da-sol", "Lee Jaeeun"], "Yonhap"),
        ("By AFP and Yonhap", [], "AFP-Yonhap"),
        *(
            (f"By Kim Da-sol{each}Lee Jaeeun", ["Kim Da-sol", "Lee Jaeeun"], None)
            for each in (
                "/",
                " / ",
                " | ",
                "、",
                " + ",
                " ∙ ",
                "・",
                " • ",
                " · ",
                "; ",
                " & ",
                " with ",
                ", with ",
                ", and by ",
            )
        ),
        ("By Andy Brand and Sandy With", ["Andy Brand", "Sandy With"], None),
        ("By Bo Two Jr.", ["Bo Two Jr."], None),
        ("By Bo Two, Jr., and Ann One", ["Bo Two Jr.", "Ann One"], None),
        ("By Bo Two, Sr.", ["Bo Two Sr."], None),
        ("By Bo Two III and Ann One", ["Bo Two III", "Ann One"], None),
        ("By Ann One, Ph.D.", ["Ann One"], None),
        ("By Ann One, M.D., and Bo Two, Ph.D.", ["Ann One", "Bo Two"], None),
        ("By Kim Da-sol in Washington", ["Kim Da-sol"], None),
        ("By Kim Da-sol in Washington, D.C.", ["Kim Da-sol"], None),
        ("By Kim Da-sol in Washington and Lee Jaeeun in Seoul", ["Kim Da-sol", "Lee Jaeeun"], None),
        ("By Kim Da-sol, reporting from Busan", ["Kim Da-sol"], None),
        ("By Kim Da-sol (Reporter, Seoul)", ["Kim Da-sol"], None),
        ("April 29, 2016 - 16:58 By 윤채옥", ["윤채옥"], None),
        ("By Kim Da-sol Published : Apr 8, 2021 - 10:13", ["Kim Da-sol"], None),
        ("Kim Da-sol 2026-08-19 10:00", ["Kim Da-sol"], None),
        ("By Kim Da-sol [email protected]", ["Kim Da-sol"], None),
        ("By Mary Lee Ann", ["Mary Lee Ann"], None),
        ("Text by Kim Da-sol", ["Kim Da-sol"], None),
        ("By Kim Da-sol Yonhap", ["Kim Da-sol"], "Yonhap"),
        ("By Ann One - AP", ["Ann One"], "AP"),
        ("By Ann One, AP Sports Writer", ["Ann One"], None),
        ("김다솔 기자", ["김다솔"], None),
        ("By Newsdesk", [], None),
        ("By Herald Digital", [], None),
        ("khnews", [], None),
        ("By KH디지털2", [], None),
        ("By Business Desk", [], None),
        ("By Digital news team", [], None),
        ("온라인뉴스팀", [], None),
    ],
)
def test_bylines_name_authors_and_agency(line: str, names: list[str], agency: str | None) -> None:
    byline = parse_byline(line)
    assert [author.name for author in byline.authors] == names
    assert byline.agency == agency


def test_bylines_have_addresses_and_roles() -> None:
    assert parse_byline("By Kim Da-sol (dasol@heraldcorp.com)").authors == [
        Author("Kim Da-sol", "dasol@heraldcorp.com")
    ]
    assert parse_byline("By Kim Da-sol, Staff reporter").authors == [
        Author("Kim Da-sol", None, "Staff reporter")
    ]
    assert parse_byline("By Song Sang-ho Korea Herald correspondent").authors == [
        Author("Song Sang-ho", None, "Korea Herald correspondent")
    ]
    assert parse_byline("By Choi He-suk, Korea Herald correspondent").authors == [
        Author("Choi He-suk", None, "Korea Herald correspondent")
    ]
    assert parse_byline("Korea Herald Correspondent Choi He-suk").authors == [
        Author("Choi He-suk", None, "Korea Herald Correspondent")
    ]
    assert parse_byline("Senior reporter Kim Da-sol").authors == [
        Author("Kim Da-sol", None, "Senior reporter")
    ]
    assert parse_byline("Kim Da-sol reporter").authors == [Author("Kim Da-sol", None, "reporter")]
    assert parse_byline("By Kim Da-sol Korea Herald").authors == [Author("Kim Da-sol", None, "Korea Herald")]
    for role in ("Intern reporter", "Special to The Korea Herald", "Korea Herald correspondent", "AP Writer"):
        assert parse_byline(f"By Ann One, {role}").authors == [Author("Ann One", None, role)]
    assert parse_byline("By Ann One Special to The Korea Herald").authors == [
        Author("Ann One", None, "Special to The Korea Herald")
    ]
    assert [author.role for author in parse_byline("By Ann One & Bo Two, Korea Herald correspondents").authors] == [
        "Korea Herald correspondents", "Korea Herald correspondents",
    ]  # fmt: skip
    assert parse_byline("By Yun Chae-ok, Intern reporter (ok@example.com)").authors == [
        Author("Yun Chae-ok", "ok@example.com", "Intern reporter")
    ]
    assert parse_byline("By Park Min, Contributing writer") == Byline(
        [Author("Park Min", None, "Contributing writer")]
    )


@pytest.mark.parametrize(
    ("line", "emails"),
    [
        ("By Kim Da-sol, Lee Jaeeun (a@b.kr) (c@b.kr)", ["a@b.kr", "c@b.kr"]),
        ("By Kim Da-sol and Lee Jaeeun (a@b.kr, c@b.kr)", ["a@b.kr", "c@b.kr"]),
        ("By Kim Da-sol (a@b.kr), Lee Jaeeun (c@b.kr)", ["a@b.kr", "c@b.kr"]),
        ("By Kim Da-sol, Staff reporter (a@b.kr)", ["a@b.kr"]),
        ("By Kim Da-sol (a@b.kr) and Lee Jaeeun", ["a@b.kr", None]),
        ("By Kim Da-sol and Lee Jaeeun (c@b.kr)", [None, "c@b.kr"]),
    ],
)
def test_addresses_go_to_their_authors(line: str, emails: list[str | None]) -> None:
    assert [author.email for author in parse_byline(line).authors] == emails


@pytest.mark.parametrize(
    ("text", "expected"),
    [("YONHAP", "Yonhap"), ("(AP)", "AP"), ("TNS", "TNS"), ("KCNA-Yonhap", "KCNA-Yonhap"), ("Apple", None),
     ("Kim Da-sol", None), ("AP-Korea", None), ("", None), ("연합뉴스", "Yonhap"), ("Korea Herald, Yonhap", "Yonhap"),
     ("The Korea Herald/ANN", "ANN"), ("Kim Da-sol/ANN", None), ("Korea Herald, staff", None), ("-", None)],
)  # fmt: skip
def test_agencies_have_one_spelling(text: str, expected: str | None) -> None:
    assert parse_agency(text) == expected
