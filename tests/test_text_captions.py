"""Captions, credits and addresses of pictures."""

from __future__ import annotations

import pytest

from herald_spider.text.captions import picture_url, split_credit


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
        ("The National Assembly on Dec. 31. Yonhap", "The National Assembly on Dec. 31.", "Yonhap"),
        ("The harbor. AFP-Yonhap", "The harbor.", "AFP-Yonhap"),
        ("The harbor. The Korea Herald", "The harbor.", "The Korea Herald"),
        ("The harbor. Im So-ra/The Korea Herald", "The harbor.", "Im So-ra/The Korea Herald"),
        ("He came by. Mary left", "He came by. Mary left", None),
        (
            "Ox head soup (Photo by Im So-ra / The Korea Herald)",
            "Ox head soup",
            "Im So-ra / The Korea Herald",
        ),
        ("Baek kimchi (white kimchi) (Korean Bapsang)", "Baek kimchi (white kimchi)", "Korean Bapsang"),
        ("[Photo credit : OSEN]", None, "OSEN"),
        ("The harbor. Photo by Kim Da-sol", "The harbor.", "Kim Da-sol"),
        ("The harbor. Photos: Yonhap", "The harbor.", "Yonhap"),
        ("The harbor (Photos: Yonhap)", "The harbor", "Yonhap"),
        ("Photo by Kim Da-sol / The Korea Herald", None, "Kim Da-sol / The Korea Herald"),
        ("The harbor. Courtesy of the harbor office", "The harbor.", "Courtesy of the harbor office"),
        ("The harbor / Yonhap", "The harbor", "Yonhap"),
        ("The harbor - Yonhap", "The harbor", "Yonhap"),
        ("The North - South talks", "The North - South talks", None),
        ("The harbor. Photograph by Kim Da-sol", "The harbor.", "Kim Da-sol"),
        ("A photo by Kim wins a prize.", "A photo by Kim wins a prize.", None),
    ],
)
def test_captions_are_split_from_credits(text: str, caption: str | None, credit: str | None) -> None:
    assert split_credit(text) == (caption, credit)


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
def test_addresses_of_pictures_are_absolute_without_size(url: str, expected: str | None) -> None:
    assert picture_url(url, "http://www.koreaherald.com/view.php?ud=1") == expected
