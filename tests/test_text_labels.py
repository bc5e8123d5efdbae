"""Labels of headlines."""

from __future__ import annotations

import pytest

from herald_spider.text.labels import parse_label


@pytest.mark.parametrize(
    ("headline", "series", "columnists"),
    [
        ("[Weekender] A day at sea", "Weekender", []),
        ("[Herald Interview] The captain", "Herald Interview", []),
        ("[Newsmaker] [KH Explains] Why", "Newsmaker", []),
        ("[Kim Seong-kon] On walls", None, ["Kim Seong-kon"]),
        ("[H.R. McMaster] On tides", None, ["H.R. McMaster"]),
        ("[Andreas Kluth] On tides", None, ["Andreas Kluth"]),
        ("[Graphic News] Tides", "Graphic News", []),
        ("[Business Diplomacy] Tides", "Business Diplomacy", []),
        ("[Reporter’s Notebook] Tides", "Reporter’s Notebook", []),
        ("[Diplomatic Circuit] Tides", "Diplomatic Circuit", []),
        ("A day [at sea]", None, []),
        ("[] empty", None, []),
        ("[Hello Hangeul] Sharing the alphabet", "Hello Hangeul", []),
        ("[Home Cooking] A soup", "Home Cooking", []),
        ("[Subway Stories] The rise and fall of a station", "Subway Stories", []),
        ("[Scholars and their Spaces] A room with a view", "Scholars and their Spaces", []),
        ("[#WeFACE] Climate goals", "#WeFACE", []),
        ("[Seoul Struggles 7] Going meat-free", "Seoul Struggles 7", []),
        ("[팟캐스트] (536) A title", "팟캐스트", []),
        ("[Jonas Weber, Lena Hofmann] Re-envisioning principles", None, ["Jonas Weber", "Lena Hofmann"]),
        ("[Jonas Weber and Lena Hofmann] Tides", None, ["Jonas Weber", "Lena Hofmann"]),
        ("[H.R. Masters] A turn", None, ["H.R. Masters"]),
        ("[Timothy L. O’Bryan] A response", None, ["Timothy L. O’Bryan"]),
        ("[Park Min-ji & Lee Jaeeun] Tides", None, ["Park Min-ji", "Lee Jaeeun"]),
        ("[Travel Guide] [Jonas Weber] Tides", "Travel Guide", ["Jonas Weber"]),
        ("[Startup Voices] Tides", "Startup Voices", []),
        ("[Power Lunch] Tides", "Power Lunch", []),
    ],
)
def test_labels_name_a_series_or_a_columnist(
    headline: str, series: str | None, columnists: list[str]
) -> None:
    label = parse_label(headline)
    assert (label.series, list(label.columnists)) == (series, columnists)
