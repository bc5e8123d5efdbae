"""The forms of CDX responses, and the windows of a walk through an index."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from herald_spider.warc import cdx
from herald_spider.warc.cdx import Capture, IndexPage, Window

HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
ROWS = [
    ["com,koreaherald)/article/1", "20240101000000", "http://www.koreaherald.com/article/1", "text/html", "200", "AAA", "9"],
    ["com,koreaherald)/article/2", "20240102000000", "http://www.koreaherald.com/article/2", "warc/revisit", "-", "BBB", "9"],
]  # fmt: skip
CAPTURES = [
    Capture("20240101000000", "http://www.koreaherald.com/article/1", "text/html", "200", "AAA"),
    Capture("20240102000000", "http://www.koreaherald.com/article/2", "warc/revisit", "-", "BBB"),
]
KEY = "com%2Ckoreaherald%29%2Farticle%2F3+20240103000000%21"
# As the Internet Archive prints it, one row a line.
ARRAY = "[" + ",\n".join(map(json.dumps, [HEADER, *ROWS])) + "]\n"
RESUMED = "[" + ",\n".join(map(json.dumps, [HEADER, *ROWS, [], [KEY]])) + "]\n"
# As pywb 2.10 prints it.
PYWB = "".join(
    json.dumps(dict(zip(["urlkey", "timestamp", "url", "mime", "status", "digest", "length"], row, strict=True)))
    + "\n"
    for row in ROWS
)  # fmt: skip
CDXJ = "".join(
    f"{row[0]} {row[1]} {json.dumps(dict(url=row[2], mime=row[3], status=row[4], digest=row[5]))}\n"
    for row in ROWS
)
PLAIN = "".join(" ".join(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    "text", [ARRAY, RESUMED, PYWB, CDXJ, PLAIN, f"{PLAIN}\n{KEY}\n", json.dumps([HEADER, *ROWS])]
)
def test_every_form_of_response_gives_the_same_captures(text: str) -> None:
    answer = cdx.read(text)
    assert answer.captures == CAPTURES
    assert answer.rows == 2
    assert answer.whole
    assert answer.resume_key == ("com,koreaherald)/article/3 20240103000000!" if KEY in text else None)


@pytest.mark.parametrize("text", ["", "\n", "[]", "[]\n", json.dumps([HEADER])])
def test_an_empty_response_is_whole(text: str) -> None:
    assert cdx.read(text) == IndexPage()


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>504 Gateway Time-out: the server did not answer in time</body></html>",
        "<!DOCTYPE html>\n<html>\n<title>Error</title>\n</html>",
        '{"message": "The url param is required"}',
        "[1, 2]",
        "[" * 100_000,
        "null",
    ],
)
def test_a_response_without_cdx_is_not_whole(text: str) -> None:
    answer = cdx.read(text)
    assert answer.captures == []
    assert not answer.whole


@pytest.mark.parametrize("text", [ARRAY, RESUMED, PYWB, CDXJ])
def test_a_response_cut_anywhere_gives_its_whole_rows(text: str) -> None:
    """An end inside a line makes it incomplete, and no row is invented."""
    for length in range(1, len(text.rstrip())):
        answer = cdx.read(text[:length])
        assert all(capture in CAPTURES for capture in answer.captures), length
        cut_between_lines = not text.startswith("[") and text[length - 1 : length + 1].count("\n")
        assert answer.whole == bool(cut_between_lines), length
    assert len(cdx.read(text[: text.rindex(ROWS[1][5])]).captures) == 1


@given(st.text())
def test_reading_never_raises(text: str) -> None:
    cdx.read(text)
    cdx.read("[" + text)
    cdx.read("{" + text)


def test_a_row_without_a_usable_time_is_left_out() -> None:
    odd = [*ROWS[0][:1], "20249901000000", *ROWS[0][2:]]
    answer = cdx.read(json.dumps([HEADER, odd, ROWS[0]]))
    assert (answer.captures, answer.rows, answer.whole) == (CAPTURES[:1], 2, True)


def test_only_html_captures_with_a_body_are_pages() -> None:
    assert [capture.is_page for capture in CAPTURES] == [True, False]
    assert not Capture("20240101000000", "http://x.org/", "image/png", "200").is_page
    assert not Capture("20240101000000", "http://x.org/", "text/html", "404").is_page


def test_changes_are_in_order_and_leave_repetitions_out() -> None:
    def at(day: int, digest: str) -> Capture:
        return Capture(f"202401{day:02}000000", "http://x.org/", "text/html", "200", digest)

    captures = [at(4, "A"), at(1, "A"), at(2, "A"), at(3, "B"), at(5, "-"), at(6, "-")]
    assert [each.timestamp[6:8] for each in cdx.changes(captures)] == ["01", "03", "04", "05", "06"]


def test_addresses_of_captures_are_made_and_read() -> None:
    capture = Capture("20240101000000", "http://x.org:80/view.php?ud=1&a=http://y.org/")
    url = cdx.address("http://a.org/web", capture)
    assert url == "http://a.org/web/20240101000000id_/http://x.org:80/view.php?ud=1&a=http://y.org/"
    assert cdx.parse_address(url, "http://a.org/web") == capture
    for other in (
        "http://b.org/web/20240101000000id_/http://x.org/",
        "http://a.org/web/",
        "http://a.org/web/*/x",
    ):
        assert cdx.parse_address(other, "http://a.org/web") is None


# Windows --------------------------------------------------------------------------------


def serve(window: Window, times: list[str]) -> IndexPage:
    """Return the response of pywb for captures at `times`, which are in the order of their addresses."""
    within = [each for each in times if window.first <= each <= window.last][: window.limit]
    captures = [Capture(each, f"http://x.org/{number}") for number, each in enumerate(within)]
    return IndexPage(captures, len(captures))


def walk(times: list[str], limit: int) -> tuple[list[str], int]:
    """Return the times that a walk finds, and its number of queries."""
    windows, seen, asked = [Window(cdx.EARLIEST, "20261231235959", limit)], [], 0
    while windows:
        window = windows.pop(0)
        answer = serve(window, times)
        asked += 1
        assert window.fault(answer) is None
        if not window.is_cut(answer):
            seen += [capture.timestamp for capture in answer.captures]
        windows[:0] = window.rest(answer)
    return seen, asked


@given(st.lists(st.integers(820_454_400, 1_798_761_599), max_size=60), st.integers(1, 9))
def test_a_walk_sees_every_capture_once(moments: list[int], limit: int) -> None:
    times = [cdx.timestamp(each) for each in moments]
    seen, _ = walk(times, limit)
    assert sorted(seen) == sorted(times)


def test_a_small_dense_collection_takes_few_queries() -> None:
    """All captures are of one hour in thirty years: halving the period would take thirty queries."""
    times = [cdx.timestamp(1_780_000_000 + 10 * number) for number in range(300)]
    seen, asked = walk(times, 100)
    assert len(seen) == 300
    assert asked <= 11


def test_a_second_with_more_rows_than_the_limit_is_read() -> None:
    seen, asked = walk(["20240101000000"] * 100, 10)
    assert len(seen) == 100
    assert asked <= 12


def test_a_walk_uses_resume_keys() -> None:
    window = Window("20240101000000", "20241231235959", 2)
    keyed = IndexPage(CAPTURES, 2, "key")
    (following,) = window.rest(keyed)
    assert (following.first, following.last, following.resume_key) == (window.first, window.last, "key")
    assert following.parameters("x.org/*")["resumeKey"] == "key"
    assert following.rest(IndexPage(CAPTURES, 2)) == [], "a full last page is the last"
    assert following.fault(keyed), "a key that leads nowhere"


def test_captures_outside_the_window_are_a_fault() -> None:
    window = Window("20250101000000", "20251231235959", 2)
    assert "outside the time" in (window.fault(IndexPage(CAPTURES, 2)) or "")
    assert "cut in the middle" in (window.fault(IndexPage(whole=False)) or "")
