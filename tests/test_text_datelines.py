"""Datelines."""

from __future__ import annotations

import pytest

from herald_spider.text.datelines import parse_dateline


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
        ("BUSAN - The council met.", ("BUSAN", None)),
        ("KAIST - a university - said so.", (None, None)),
        ("INCHEON - The Bears won 2-1.", ("INCHEON", None)),
        ("LG - The company said so.", (None, None)),
        ("BUSAN-based fishers met.", (None, None)),
        ("Mayor Han -- a captain -- met.", (None, None)),
        ("", (None, None)),
    ],
)
def test_datelines_name_place_and_agency(body: str, expected: tuple[str | None, str | None]) -> None:
    assert parse_dateline(body) == expected
