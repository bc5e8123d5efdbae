"""Forms of web archives that other tools write: empty members, names in any case, interim answers, dates."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from herald_spider.spiders.captures import CaptureSpider
from herald_spider.warc.files import Source
from herald_spider.warc.http import parse_response
from herald_spider.warc.reader import Reader
from tests.demo import SETTINGS, kept, scrapy
from tests.warcs import record

SITE = "https://www.koreaherald.com"
URLS = [f"{SITE}/article/{number}" for number in range(1, 5)]
PAGE = b'<h1>Ferry</h1><article id="articleText"><p>The ferry stopped on Monday.</p></article>'
RECORDS = [record(url, PAGE) for url in URLS]
EMPTY = gzip.compress(b"")
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def read(data: bytes, name: str = "a.warc.gz") -> tuple[list[str], list[int]]:
    reader = Reader(Source(name, lambda: io.BytesIO(data)))
    return [each.url for each in reader.records() if parse_response(each.block()).body == PAGE], reader.broken


@pytest.mark.parametrize(
    "empty", [EMPTY, BGZF_END, EMPTY * 3, EMPTY + BGZF_END], ids=["empty", "bgzf", "three", "both"]
)
@pytest.mark.parametrize("place", range(6))
def test_empty_gzip_members_are_passed_over_wherever_they_are(empty: bytes, place: int) -> None:
    packed = [gzip.compress(each) for each in RECORDS]
    assert read(b"".join([*packed[:place], empty, *packed[place:]])) == (URLS, [])
    assert read(empty.join([b"", *packed, b""])) == (URLS, [])


def test_damage_after_an_empty_member_is_noted() -> None:
    packed = [gzip.compress(each) for each in RECORDS]
    found, broken = read(packed[0] + EMPTY + packed[1][:-20] + packed[2])
    assert (found[0], found[-1]) == (URLS[0], URLS[2])
    assert broken
    assert read(EMPTY) == ([], [0])


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title, str.swapcase])
@pytest.mark.parametrize(
    "names", ["[A-Za-z-]+", "Content-Length", "WARC-Type", "WARC-Date", "WARC-Target-URI"]
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_names_of_headers_are_read_in_any_case(
    change: Callable[[str], str], names: str, pack: Callable[[bytes], bytes]
) -> None:
    pattern = re.compile(rf"^({names})(?=:)".encode(), re.MULTILINE)
    changed = []
    for number, each in enumerate(RECORDS):
        head, end, block = each.partition(b"\r\n\r\n")
        if number in (0, 2):
            head = pattern.sub(lambda match: change(match[1].decode()).encode(), head)
        changed.append(pack(head + end + block))
    assert read(b"".join(changed), "a.warc.gz" if pack is not bytes else "a.warc") == (URLS, [])


@pytest.mark.parametrize(
    "interim",
    ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.0 100\n\n"],
)  # fmt: skip
def test_answer_behind_interim_answers_is_read(interim: str) -> None:
    block = interim.encode() + b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE
    response = parse_response(block)
    assert (response.status, response.body) == (200, PAGE)
    with pytest.raises(ValueError, match="no HTTP response"):
        parse_response(interim.encode())


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("2026-09-14T01:00:00Z", "2026-09-14T01:00:00Z"),
        ("2026-09-14T01:00:00.123456789Z", "2026-09-14T01:00:00Z"),
        ("2026-09-14T01:00:00.5Z", "2026-09-14T01:00:00Z"),
        ("2026-09-14T01:00Z", "2026-09-14T01:00:00Z"),
        ("2026-09-14T10:00:00+09:00", "2026-09-14T01:00:00Z"),
        ("2026-09-13T20:30:00-0430", "2026-09-14T01:00:00Z"),
        ("2026-09-14", "2026-09-14T00:00:00Z"),
        ("2026-09", "2026-09-01T00:00:00Z"),
        ("2026", "2026-01-01T00:00:00Z"),
        ("20260914010000", "2026-09-14T01:00:00Z"),
        ("2026-09-14t01:00:00z", "2026-09-14T01:00:00Z"),
        ("2026-13-14T01:00:00Z", ""),
        ("0001-01-01T00:00:00+09:00", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_date_of_a_record_may_have_any_precision(printed: str, date: str) -> None:
    data = RECORDS[0].replace(b"2026-09-14T01:00:00Z", printed.encode(), 1)
    (found,) = Reader(Source("a.warc", lambda: io.BytesIO(data))).records()
    assert found.date == date


def test_every_record_is_counted(tmp_path: Path) -> None:
    others = [record(URLS[1], PAGE, type=each) for each in ("resource", "metadata", "request", "conversion")]
    others += [record(f"{SITE}/National", PAGE), record("https://example.com/article/1", PAGE)]
    odd = record(URLS[1], PAGE, type="resource").replace(b"resource", b"whatever", 1)
    (tmp_path / "a.warc").write_bytes(b"".join([*RECORDS, *others, odd]))
    done = scrapy(
        "crawl",
        "warc",
        *SETTINGS,
        "-a",
        f"path={tmp_path / 'a.warc'}",
        base=SITE,
        HERALD_ARCHIVE=str(tmp_path / "x"),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(kept(tmp_path / "x")) == 4
    for name, number in {
        "pages": 4, "other_pages": 2, "left_out/resource": 1, "left_out/metadata": 1, "left_out/request": 1,
        "left_out/conversion": 1, "left_out/unknown": 1,
    }.items():  # fmt: skip
        assert f"'herald/warc/{name}': {number}," in done.stderr


@pytest.mark.parametrize(
    ("status", "body", "whole"),
    [
        (404, '{"message": "No captures found for: www.koreaherald.com/view.php*"}', True),
        (404, '{"message":"No Captures found for: koreaherald.com/*"}', True),
        (404, "<html>404 Not Found</html>", False),
        (200, "[]", True),
        (200, "", True),
    ],
)
def test_index_without_captures_is_an_empty_list(status: int, body: str, whole: bool) -> None:
    from scrapy.http import TextResponse

    response = TextResponse("https://archive.example/cdx", status, body=body.encode())
    found = CaptureSpider.read_index(None, response)  # type: ignore[arg-type]
    assert (found.captures, found.whole) == ([], whole)
