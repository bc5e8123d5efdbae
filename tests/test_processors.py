"""Field processors: one small table per function."""

from __future__ import annotations

import pytest

from herald_spider.items import Author
from herald_spider.text.bylines import Byline, parse_agency, parse_byline
from herald_spider.text.captions import picture_url, split_credit
from herald_spider.text.cleaning import (
    clean_headline,
    clean_text,
    content_hash,
    language_of,
    own_summary,
    split_tags,
)
from herald_spider.text.datelines import parse_dateline
from herald_spider.text.dates import ImpossibleDate, parse_date
from herald_spider.text.endings import is_furniture, split_endings
from herald_spider.text.labels import parse_label


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Apr 8, 2021 - 10:13", "2021-04-08T10:13:00+09:00"),
        ("Apr 8, 2021", "2021-04-08T00:00:00+09:00"),
        ("Sept. 30, 2023 - 20:50", "2023-09-30T20:50:00+09:00"),
        ("Nov. 13, 2025 - 10:00:00", "2025-11-13T10:00:00+09:00"),
        ("March 9, 2020", "2020-03-09T00:00:00+09:00"),
        ("WorldMarch 9, 2020", "2020-03-09T00:00:00+09:00"),
        ("ViewpointsNov. 22, 2022", "2022-11-22T00:00:00+09:00"),
        ("MarketMay 4, 2020", "2020-05-04T00:00:00+09:00"),
        ("MarketNov. 22, 2022", "2022-11-22T00:00:00+09:00"),
        ("MarketMarch 9, 2020", "2020-03-09T00:00:00+09:00"),
        ("Food May 24, 2019", "2019-05-24T00:00:00+09:00"),
        ("July 1, 2026 - 3:05 p.m.", "2026-07-01T15:05:00+09:00"),
        ("2014-11-11 18:08", "2014-11-11T18:08:00+09:00"),
        ("2025.01.31 13:05", "2025-01-31T13:05:00+09:00"),
        ("2025-01-31", "2025-01-31T00:00:00+09:00"),
        ("2026-08-19T11:29:16", "2026-08-19T11:29:16+09:00"),
        ("2026-08-19T11:29:16+09:00", "2026-08-19T11:29:16+09:00"),
        ("2026-08-19T02:29:16.250Z", "2026-08-19T11:29:16+09:00"),
        ("2026-08-19T02:29:16+0000", "2026-08-19T11:29:16+09:00"),
        ("Wed, 19 Aug 2026 11:29:16 +09:00", "2026-08-19T11:29:16+09:00"),
        ("Wed, 19 Aug 2026 11:29:16 +0900", "2026-08-19T11:29:16+09:00"),
        ("Wed, 19 Aug 2026 02:29:16 GMT", "2026-08-19T11:29:16+09:00"),
        ("Tue, 18 Aug 2026 22:29:16 -04:00", "2026-08-19T11:29:16+09:00"),
    ],
)
def test_parse_date(text: str, expected: str) -> None:
    moment = parse_date(text)
    assert moment is not None
    assert moment.isoformat(timespec="seconds") == expected


@pytest.mark.parametrize("text", ["", "yesterday", "Page 3 of 12", "12:30", "Smarch 40"])
def test_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    ["Feb 30, 2021 - 10:00", "2021-13-01", "0000-00-00 00:00", "1970-01-01T00:00:00", "2026-01-01T25:00:00",
     "9999-12-31T23:59:59-23:59", "Aug. 0, 2024"],
)  # fmt: skip
def test_impossible_date(text: str) -> None:
    with pytest.raises(ImpossibleDate):
        parse_date(text)


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
    ],
)
def test_parse_byline(line: str, names: list[str], agency: str | None) -> None:
    byline = parse_byline(line)
    assert [author.name for author in byline.authors] == names
    assert byline.agency == agency


def test_byline_gives_mail_and_role() -> None:
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
def test_each_author_has_their_mail(line: str, emails: list[str | None]) -> None:
    assert [author.email for author in parse_byline(line).authors] == emails


@pytest.mark.parametrize(
    ("text", "expected"),
    [("YONHAP", "Yonhap"), ("(AP)", "AP"), ("TNS", "TNS"), ("KCNA-Yonhap", "KCNA-Yonhap"), ("Apple", None),
     ("Kim Da-sol", None), ("AP-Korea", None), ("", None), ("연합뉴스", "Yonhap"), ("Korea Herald, Yonhap", "Yonhap"),
     ("The Korea Herald/ANN", "ANN"), ("Kim Da-sol/ANN", None), ("Korea Herald, staff", None), ("-", None)],
)  # fmt: skip
def test_parse_agency(text: str, expected: str | None) -> None:
    assert parse_agency(text) == expected


@pytest.mark.parametrize(
    ("text", "caption", "credit"),
    [
        ("The harbor on Tuesday. (KCNA-Yonhap)", "The harbor on Tuesday.", "KCNA-Yonhap"),
        ("The harbor(Lee Min/The Korea Herald)", "The harbor", "Lee Min/The Korea Herald"),
        ("(Yonhap)", None, "Yonhap"),
        ("Yonhap", None, "Yonhap"),
        ("Mayor Han (left) with fishers", "Mayor Han (left) with fishers", None),
        ("Mayor Han and Kim Da-sol (right)", "Mayor Han and Kim Da-sol (right)", None),
        ("The club's first cup (1987)", "The club's first cup (1987)", None),
        ("The mayor (2nd from left)", "The mayor (2nd from left)", None),
        ("A walk at low tide. (123RF)", "A walk at low tide.", "123RF"),
        ("", None, None),
    ],
)
def test_split_credit(text: str, caption: str | None, credit: str | None) -> None:
    assert split_credit(text) == (caption, credit)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("WASHINGTON -- The council met.", ("WASHINGTON", None)),
        ("TOKYO – The council met.", ("TOKYO", None)),
        ("MONTEREY PARK, California -- The council met.", ("MONTEREY PARK, California", None)),
        ("London (AFP) – The council met.", ("London", "AFP")),
        ("GENEVA (Yonhap) -- The council met.", ("GENEVA", "Yonhap")),
        ("The mayor – a former captain – met.", (None, None)),
        ("Mayor Han (right) — a captain", (None, None)),
        ("Canberra -- The council met.", ("Canberra", None)),
        ("LOS ANGELES ― The council met.", ("LOS ANGELES", None)),
        ("SEOUL, Nov. 18 (Yonhap) -- The council met.", ("SEOUL", "Yonhap")),
        ("SEOUL, March 1 (Yonhap) -- The council met.", ("SEOUL", "Yonhap")),
        ("PARIS (AFP) - The council met.", ("PARIS", "AFP")),
        ("SEOUL, Nov. 18, 2026 (AFP) -- The council met.", ("SEOUL", "AFP")),
        (
            "BUSAN, South Korea, Nov. 18, 2026 /PRNewswire/ -- A ferry sails.",
            ("BUSAN, South Korea", "PR Newswire"),
        ),
        ("BUSAN/JEJU (Reuters) - The council met.", ("BUSAN/JEJU", "Reuters")),
        ("BEIJING (China Daily/ANN) -- The council met.", ("BEIJING", "ANN")),
        ("BUSAN (Joint Harbor Press) -- The council met.", ("BUSAN", None)),
        ("BUSAN (AP)--The council met.", ("BUSAN", "AP")),
        ("BUSAN —The council met.", ("BUSAN", None)),
        ("KPA (Korea Port Authority) -- the harbor's owner -- met.", (None, None)),
        ("KPA (Korea Port Authority) – the harbor's owner – met.", (None, None)),
        ("Harbor (the east one) -- met.", (None, None)),
        ("BUSAN (Joint Harbor Press) - The council met.", (None, None)),
        ("BUSAN–JEJU ferries stopped.", (None, None)),
        ("BUSAN -based fishers met.", (None, None)),
        ("BUSAN - The council met.", (None, None)),
        ("BUSAN-based fishers met.", (None, None)),
        ("Mayor Han -- a captain -- met.", (None, None)),
        ("", (None, None)),
    ],
)
def test_parse_dateline(body: str, expected: tuple[str | None, str | None]) -> None:
    assert parse_dateline(body) == expected


@pytest.mark.parametrize(
    ("headline", "series", "columnist"),
    [
        ("[Weekender] A day at sea", "Weekender", None),
        ("[Herald Interview] The captain", "Herald Interview", None),
        ("[Newsmaker] [KH Explains] Why", "Newsmaker", None),
        ("[Kim Seong-kon] On walls", None, "Kim Seong-kon"),
        ("[H.R. McMaster] On tides", None, "H.R. McMaster"),
        ("[Andreas Kluth] On tides", None, "Andreas Kluth"),
        ("[Graphic News] Tides", "Graphic News", None),
        ("[Business Diplomacy] Tides", "Business Diplomacy", None),
        ("[Reporter’s Notebook] Tides", "Reporter’s Notebook", None),
        ("[Diplomatic Circuit] Tides", "Diplomatic Circuit", None),
        ("A day [at sea]", None, None),
        ("[] empty", None, None),
    ],
)
def test_parse_label(headline: str, series: str | None, columnist: str | None) -> None:
    label = parse_label(headline)
    assert (label.series, label.columnist) == (series, columnist)


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
    ],
)
def test_split_endings(paragraphs: list[str], kept: list[str], agency: str | None) -> None:
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
def test_who_signed_a_story(lines: list[str], authors: list[str], byline: str) -> None:
    endings = split_endings(lines)
    assert endings.paragraphs == ["Story."]
    assert [f"{author.name} {author.email or ''}" for author in endings.authors] == authors
    assert endings.byline == byline


@pytest.mark.parametrize(
    "line",
    ["Reporter: Did the ferry stop?", "Reporter: No.", "Email: office@harbor.example", "Email: call the harbor",
     "Written by Park Si-woo", "Written by hand"],
)  # fmt: skip
def test_lines_of_the_story_are_no_credits(line: str) -> None:
    endings = split_endings(["One.", line, "Two."], ["Kim Da-sol"])
    assert endings.paragraphs == ["One.", line, "Two."]
    assert endings.authors == []


def test_a_known_author_is_credited_amidst_the_story() -> None:
    endings = split_endings(["One.", "Written by Kim Da-sol", "Two."], ["Kim Da-sol"])
    assert endings.paragraphs == ["One.", "Two."]
    assert endings.byline == "Written by Kim Da-sol"


@pytest.mark.parametrize("aside", ["Photos by Park Si-woo", "Correction: the ferry has two decks."])
def test_what_stands_behind_the_sign_off_stays(aside: str) -> None:
    endings = split_endings(["Story.", "By Kim Da-sol (a@heraldcorp.com)", aside])
    assert endings.paragraphs == ["Story.", aside]
    assert [author.name for author in endings.authors] == ["Kim Da-sol"]


@pytest.mark.parametrize("first", ["By the time the ferry came, it was late.", "By Kim Da-sol"])
def test_a_story_may_open_with_by(first: str) -> None:
    """A line of names alone is no story's only one."""
    assert split_endings([first, "Two."] if "time" in first else [first]).paragraphs[:1] == (
        [first] if "time" in first else []
    )


def test_endings_know_the_columnist() -> None:
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
def test_chrome(line: str) -> None:
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
def test_no_chrome(line: str) -> None:
    assert not is_furniture(line)


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
def test_clean_text(text: str, expected: str) -> None:
    assert clean_text(text) == expected


def test_clean_headline_drops_the_paper() -> None:
    assert clean_headline("Ferry stops - The Korea Herald") == "Ferry stops"
    assert clean_headline("Ferry - stops") == "Ferry - stops"


def test_language() -> None:
    assert language_of("The ferry stopped.") == "en"
    assert language_of("배가 멈췄다.") == "ko"
    assert language_of("The ferry stopped today. 배가 오늘 멈췄다고 합니다.") == "mul"
    assert language_of("The captain, Kim (김), spoke for an hour.") == "en"


def test_content_hash_ignores_typography() -> None:
    assert content_hash("A “plan”", "One.\n\nTwo.") == content_hash('A "plan"', "One. Two.")
    assert content_hash("A", "One.") != content_hash("A", "Two.")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("//res.heraldm.com/a.jpg", "https://res.heraldm.com/a.jpg"),
        ("https://wimg.heraldcorp.com/a_P1.jpg?type=w&w=640", "https://wimg.heraldcorp.com/a_P1.jpg"),
        ("/a.jpg", "https://www.koreaherald.com/a.jpg"),
        ("https://static.heraldcorp.com/wbazic/kh/www/image/sns.png", None),
        ("data:image/gif;base64,R0lGOD", None),
        ("http://[broken", None),
    ],
)
def test_picture_url(url: str, expected: str | None) -> None:
    assert picture_url(url, "http://www.koreaherald.com/view.php?ud=1") == expected


def test_tags() -> None:
    assert split_tags("Ferry, The Korea Herald, harbor ,ferry,,news") == ["Ferry", "harbor"]


def test_own_summary() -> None:
    assert own_summary("The ferry stopped on Tu...", "The ferry\n\nstopped on Tuesday.") is None
    assert own_summary("Why the ferry stopped.", "The ferry stopped.") == "Why the ferry stopped."
    assert own_summary("", "x") is None
