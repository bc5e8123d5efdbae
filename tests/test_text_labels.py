"""Labels of headlines."""

from __future__ import annotations

import pytest

from herald_spider.text.labels import parse_label


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
def test_labels_name_a_series_or_a_columnist(
    headline: str, series: str | None, columnist: str | None
) -> None:
    label = parse_label(headline)
    assert (label.series, label.columnist) == (series, columnist)
