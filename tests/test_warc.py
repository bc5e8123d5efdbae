"""Web archives: the files that a crawl writes, the reader, and spider `warc`."""

from __future__ import annotations

import gzip
import io
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import brotli
import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy.exceptions import NotConfigured
from scrapy.utils.test import get_crawler

from herald_spider.archive import Archive
from herald_spider.middlewares.warc import WarcMiddleware
from herald_spider.spiders.herald import HeraldSpider
from herald_spider.spiders.warc import WarcSpider
from herald_spider.warc.files import Source, find_files, sources
from herald_spider.warc.http import parse_response
from herald_spider.warc.reader import BrokenRecord, Reader
from herald_spider.warc.writer import Exchange, WarcFiles
from tests.constants import replaced
from tests.demo import ROOT, SETTINGS, crawl, differences, fetch, kept, project_settings, scrapy, truth
from tests.faulty_demo import running_demo
from tests.waiting import wait_until
from tests.warcs import HTML, as_arc, gzipped, members, record, with_dictionary, write, zstd

# Fields that the ledger of the crawl adds.
PROVENANCE = {"listed_in", "duplicate_of"}
SITE = "https://www.koreaherald.com"
PACKINGS = [
    "0.warc.gz", "a.warc", "a.warc.zst", "dictionary.warc.zst", "a.arc", "a.arc.gz", "a.wacz",
]  # fmt: skip


class Crawled:
    """A crawl with HERALD_WARC=on, after one that could not write its files."""

    def __init__(self, folder: Path, articles: int):
        self.folder = folder
        small = replaced({"herald_spider.middlewares.warc.FILE_SIZE": 300_000})
        with running_demo(articles=articles) as self.base:
            run = partial(crawl, base=self.base, HERALD_WARC="on", **small)
            (folder / "warc").write_bytes(b"no folder")
            self.failed = run(HERALD_ARCHIVE=str(folder))
            self.kept_by_failed = kept(folder)
            (folder / "warc").unlink()
            done = run(HERALD_ARCHIVE=str(folder))
            self.truth = truth(self.base)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        self.log = done.stderr
        self.files = sorted((folder / "warc").iterdir())
        self.records = [each for file in self.files for each in members(file.read_bytes())]
        self.whole = write(folder / "whole.warc.gz", self.records)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    return Crawled(tmp_path_factory.mktemp("crawled"), 60)


def id_of(url: str) -> str:
    return url.rpartition("/")[2].rpartition("=")[2]


def read(path: Path | str, archive: Path | str, base: str, *arguments: str) -> str:
    """Run the spider and return its log."""
    given = ("-a", f"path={path}", *arguments, "-s", "STATS_DUMP=1")
    done = scrapy("crawl", "warc", *given, base=base, HERALD_ARCHIVE=str(archive))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "downloader/request_count" not in done.stderr
    return done.stderr


def assert_true(items: list[dict[str, Any]], expected: dict[str, dict[str, Any]]) -> None:
    assert {item["id"] for item in items} == set(expected)
    assert len(items) == len(expected)
    assert differences(items, expected, PROVENANCE) == {}


def read_all(reader: Reader) -> list[tuple[str, str, bytes]]:
    """Return the address, time and content of each whole response."""
    found = []
    for each in reader.records():
        if each.type == "response":
            try:
                found.append((each.url, each.date, each.block()))
            except BrokenRecord:
                continue
    return found


def reader_of(data: bytes, name: str = "a.warc.gz") -> Reader:
    return Reader(Source(name, lambda: io.BytesIO(data)))


# What a crawl writes -----------------------------------------------------------------------


def test_a_crawl_writes_valid_warc_files(crawled: Crawled) -> None:
    """Digests are right; a large file is followed by another; each has a warcinfo record, then pairs."""
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", *map(str, crawled.files)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("digest pass") == len(crawled.records)
    assert "no digest" not in done.stdout
    assert [path.name[-13:-8] for path in crawled.files] == ["00000", "00001", "00002"]
    assert all(path.stat().st_size >= 300_000 for path in crawled.files[:-1])
    pairs = sum(pairs_of(file) for file in crawled.files)
    assert f"'herald/warc/written': {pairs}," in crawled.log


def pairs_of(file: Path) -> int:
    """Check the order and the headers of the records of a file; return the number of pairs."""
    (first, info), *rest = [
        (str(each.record_type), dict(each.headers)) for each in ArchiveIterator(str(file))
    ]
    assert (first, info["WARC-Filename"]) == ("warcinfo", file.name)
    said = members(file.read_bytes())[0].decode()
    assert said.startswith("WARC/1.1\r\n")
    for field in (
        "software: Herald Spider/",
        "http-header-user-agent: Mozilla/5.0",
        "robots: obey",
        "format: ",
    ):
        assert field in said
    for (one, response), (other, request) in zip(rest[::2], rest[1::2], strict=True):
        assert (one, other) == ("response", "request")
        assert request["WARC-Concurrent-To"] == response["WARC-Record-ID"]
        assert request["WARC-Target-URI"] == response["WARC-Target-URI"]
        assert response["WARC-IP-Address"] == "127.0.0.1"
        assert {"WARC-Payload-Digest", "WARC-Block-Digest"} <= response.keys()
    return len(rest) // 2


def test_bodies_are_stored_as_the_server_sent_them(crawled: Crawled) -> None:
    coded = 0
    for raw in ArchiveIterator(str(crawled.whole)):
        if str(raw.record_type) == "response":
            headers, body = raw.http_headers, raw.reader.read()
            assert int(headers["Content-Length"]) == len(body)
            assert "Transfer-Encoding" not in headers
            if headers.get("Content-Encoding") == "gzip":
                coded += 1
                assert gzip.decompress(body)
    assert coded > 60


def test_fetched_at_equals_the_date_of_the_record(crawled: Crawled) -> None:
    dates = {url: date for url, date, _ in read_all(Reader(next(sources(crawled.whole))))}
    items = kept(crawled.folder)
    assert len(items) == len(crawled.truth)
    for item in items:
        assert dates[item["url"].replace(SITE, crawled.base)] == item["fetched_at"]


def test_the_middleware_is_off_by_default() -> None:
    with pytest.raises(NotConfigured):
        WarcMiddleware.from_crawler(get_crawler(settings_dict=project_settings()))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"HERALD_WARC": "yes"}, "HERALD_WARC='yes': give off or on"),
        ({"HERALD_WARC": "on"}, "HERALD_WARC='on': needs a HERALD_ARCHIVE to write to, not none"),
    ],
)
def test_a_wrong_setting_is_one_line(values: dict[str, str], said: str) -> None:
    crawler = get_crawler(settings_dict=project_settings(**values))
    assert HeraldSpider.from_crawler(crawler).problem == ("bad_settings", said)


def test_a_killed_crawl_leaves_a_readable_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scrapy", "crawl", "herald", *SETTINGS]
    with running_demo(articles=120) as base:
        environment = {
            **os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": str(tmp_path), "HERALD_WARC": "on"
        }  # fmt: skip
        fetch(f"{base}/control/slow?ms=20", post=True)  # so that the crawl is not over before it is killed
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        wait_until(lambda: sum(path.stat().st_size for path in tmp_path.glob("warc/*")) > 500_000)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    (file,) = find_files(str(tmp_path))
    reader = Reader(next(sources(file)))
    assert len(read_all(reader)) > 20
    assert reader.broken == []


def test_a_disk_that_cannot_be_written_ends_the_run_without_loss(crawled: Crawled) -> None:
    """A page that could not be stored is not archived; the next run archives every article."""
    log = crawled.failed.stderr
    assert crawled.failed.returncode == 1, log
    assert "Traceback" not in log
    (line,) = [line for line in log.splitlines() if "] ERROR: " in line]
    assert "warc cannot be written (File exists): is the disk full? Nothing is lost" in line
    assert "'finish_reason': 'archive_not_writable'" in log
    assert crawled.kept_by_failed == []
    assert_true(kept(crawled.folder), crawled.truth)


def test_an_exchange_that_does_not_fit_leaves_no_part(tmp_path: Path) -> None:
    """A limit on file sizes simulates the full disk."""
    files = WarcFiles(tmp_path, "herald-1", {"software": "Herald"}, 10**9)
    noise = random.Random(1).randbytes(4000)
    exchange = Exchange("http://a.example/", "2026-09-14T01:00:00Z", "GET / HTTP/1.1", [], "HTTP/1.1 200 OK", [], noise)  # fmt: skip
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            files.write(exchange)
        assert list(tmp_path.iterdir()) == []
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
        for _ in range(4):
            files.write(exchange)
        with pytest.raises(OSError, match="File too large"):
            files.write(exchange)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    files.write(exchange)
    files.close()
    (path,) = tmp_path.iterdir()
    reader = Reader(next(sources(path)))
    # Four files within the limit, and one after it was lifted.
    assert [block[-4000:] for _, _, block in read_all(reader)] == [noise] * 5
    assert reader.broken == []


# What the spider reads ---------------------------------------------------------------------


def test_every_file_format_gives_the_truth(crawled: Crawled, tmp_path: Path) -> None:
    """The first file gives the articles, the others duplicates."""
    for name in PACKINGS:
        write(tmp_path / name, crawled.records)
    log = read(tmp_path, tmp_path / "archive", crawled.base)
    items = kept(tmp_path / "archive")
    assert_true(items, crawled.truth)
    fetched = {item["id"]: item["fetched_at"] for item in kept(crawled.folder)}
    assert {item["id"]: item["captured_at"] for item in items} == fetched
    assert f"'herald/warc/pages': {len(items) * len(PACKINGS)}," in log
    assert f"'herald/duplicates': {len(items) * (len(PACKINGS) - 1)}," in log
    assert "'herald/warc/broken'" not in log
    assert_places(items, tmp_path / PACKINGS[0], crawled.base)


def assert_places(items: list[dict[str, Any]], path: Path, base: str) -> None:
    """Check that `fetched_from` leads to the record of each item."""
    data = path.read_bytes()
    for item in items:
        file, _, offset = item["fetched_from"].partition("#")
        assert (file, item["discovered_via"]) == (path.name, f"warc:{path.name}")
        member = zlib.decompressobj(31).decompress(data[int(offset) :])
        assert f"WARC-Target-URI: {item['url'].replace(SITE, base)}\r\n".encode() in member


def test_reading_again_adds_only_changed_articles(crawled: Crawled, tmp_path: Path) -> None:
    """The files are read into the archive of the crawl that wrote them."""
    with (
        sqlite3.connect(crawled.folder / "ledger.sqlite") as source,
        sqlite3.connect(tmp_path / "ledger.sqlite") as copy,
    ):
        source.backup(copy)
    source.close()
    copy.close()
    (tmp_path / "articles").mkdir()
    for path in crawled.folder.glob("articles/*"):
        (tmp_path / "articles" / path.name).write_bytes(path.read_bytes())

    before = kept(tmp_path)
    # As if an older version had read other text from these pages.
    changed = sorted(item["id"] for item in before)[::10]
    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger:
        for each in changed:
            ledger.execute("UPDATE articles SET content_hash = 'other' WHERE id = ?", (each,))
    ledger.close()
    log = read(crawled.folder / "warc", tmp_path, crawled.base)
    new = kept(tmp_path)[len(before) :]
    assert sorted((line["id"], line["revision"]) for line in new) == [(each, 2) for each in changed]
    assert f"'herald/duplicates': {len(before) - len(changed)}," in log


def test_since_until_and_max_articles_limit_the_articles(crawled: Crawled, tmp_path: Path) -> None:
    days = sorted({item["published_at"][:10] for item in crawled.truth.values() if item["published_at"]})
    since, until = days[len(days) // 4], days[len(days) // 2]
    expected = {
        key
        for key, item in crawled.truth.items()
        if not item["published_at"] or since <= item["published_at"][:10] <= until
    }
    limit = len(expected) - 1
    within = ("-a", f"since={since}", "-a", f"until={until}")
    read(crawled.whole, tmp_path, crawled.base, *within, "-a", f"max_articles={limit}")
    first = {item["id"] for item in kept(tmp_path)}
    assert len(first) == len(kept(tmp_path)) == limit > 5
    assert first < expected
    log = read(crawled.whole, tmp_path, crawled.base, *within)
    assert {item["id"] for item in kept(tmp_path)} == expected
    assert "'herald/out_of_range': " in log


def test_max_articles_holds_without_statistics(crawled: Crawled, tmp_path: Path) -> None:
    stats = ("-s", "STATS_CLASS=scrapy.statscollectors.DummyStatsCollector")
    read(crawled.whole, tmp_path, crawled.base, "-a", "max_articles=5", *stats)
    assert len(kept(tmp_path)) == 5


@pytest.mark.parametrize(
    ("article", "may"),
    [
        ("20210407000265", True),  # filed the day before
        ("20210301000265", False),
        ("20210601000265", False),
        ("20211399000265", True),  # no date
        ("10871756", True),  # a number without a date
    ],
)
def test_the_day_in_an_id_decides_whether_a_record_is_read(tmp_path: Path, article: str, may: bool) -> None:
    (tmp_path / "a.warc").touch()
    crawler = get_crawler(settings_dict=project_settings(HERALD_BASE_URL=SITE))
    day = {"since": "2021-04-08", "until": "2021-04-08"}
    assert WarcSpider.from_crawler(crawler, path=str(tmp_path), **day).args.may_cover(article) is may


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 700] for start in range(0, len(body), 700)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


def deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


CODINGS = {
    "gzip": gzip.compress, "deflate": zlib.compress, "raw deflate": deflated, "br": brotli.compress,
    "zstd": zstd.compress, "identity": bytes,
}  # fmt: skip


def test_content_codings_are_read_and_pages_without_article_counted(crawled: Crawled, tmp_path: Path) -> None:
    """One file has pages of every content coding, and records without an article."""
    pages = pages_of(crawled)
    codings = [(name, code, join) for name, code in CODINGS.items() for join in (bytes, chunked)]
    good, last = list(pages.items())[: len(codings)], list(pages.items())[len(codings) :]
    records, broken = [], 0
    for (name, code, join), (url, page) in zip(codings, good, strict=True):
        chunks = (("Transfer-Encoding", "chunked"),) if join is chunked else ()
        coding = (("Content-Encoding", name.split()[-1]),)
        records.append(record(f"<{url}>", join(code(page)), *HTML, *coding, *chunks))
    # Crawlers that undo a coding and leave its header.
    for coding in ("gzip", "br", "zstd"):
        url, page = last.pop()
        records.append(
            record(url, page, *HTML, ("Content-Encoding", coding), ("Transfer-Encoding", "chunked"))
        )
        good.append((url, page))
    for body, headers in (
        (chunked(last[0][1])[:-900], [*HTML, ("Transfer-Encoding", "chunked")]),
        (b"\x1f\x8b\x08damaged", [*HTML, ("Content-Encoding", "gzip")]),
    ):
        records.append(record(last[0][0], body, *headers))
        broken += 1
    url, page = last[1]
    revisit = record(url, b"", type="revisit", WARC_Payload_Digest="sha1:" + "A" * 32)
    no_page = [
        record(url, page, status="404 Not Found"),
        record(url, b"\x89PNG\r\n\x1a\n\0\0", ("Content-Type", "image/png")),
        record(url, page, *HTML, WARC_Truncated="length"),
    ]
    elsewhere = [
        record("https://news.example/article/1", page),
        record(f"{crawled.base}/National", page),
        record(url, page, type="resource"),
    ]
    script = b"<script>location.href = '/article/10999999'</script>"
    moved = record(f"{crawled.base}/view.php?ud=20210408000001", script)
    stray = record(f"{crawled.base}/article/10999998", b"<html><body>Nothing here</body></html>")
    records += [revisit, *no_page, *elsewhere, moved, stray]
    (tmp_path / "mixed.warc.gz").write_bytes(gzipped(records))
    log = read(tmp_path / "mixed.warc.gz", tmp_path / "archive", crawled.base)
    ids = {id_of(url) for url, _ in good}
    assert len(ids) == len(CODINGS) * 2 + 3
    assert_true(kept(tmp_path / "archive"), {each: crawled.truth[each] for each in ids})
    for name, count in {
        "revisits": 1, "no_page": len(no_page), "broken": broken, "moved": 1, "no_article": 2,
    }.items():  # fmt: skip
        assert f"'herald/warc/{name}': {count}," in log
    assert f"archive       archived {len(ids)}, failed 1, gone 1, discovered 0, rejected 0" in log


def pages_of(crawled: Crawled) -> dict[str, bytes]:
    """Return the article pages by address, decoded."""
    found = {}
    for url, _, block in read_all(Reader(next(sources(crawled.whole)))):
        response = parse_response(block)
        if "/article/" in url or "/view.php?ud=" in url:
            found[url] = gzip.decompress(response.body)
    return found


def test_a_copy_without_the_article_does_not_change_known_articles(crawled: Crawled, tmp_path: Path) -> None:
    """An archived article stays archived, and one that a listing has shown stays pending."""
    (url, page), (other, _), *_ = pages_of(crawled).items()
    archive = Archive(str(tmp_path / "archive"), crawled.base)
    archive.ledger.discover([(id_of(other), other, "herald:national", None)])
    archive.close()
    later = {"date": "2026-10-01T00:00:00Z"}
    strays = [record(each, b"<html>no article</html>", **later) for each in (url, other)]
    (tmp_path / "a.warc").write_bytes(record(url, page))
    (tmp_path / "b.warc").write_bytes(b"".join(strays))
    log = read(f"{tmp_path}/b.warc,{tmp_path}/a.warc", tmp_path / "archive", crawled.base, "-s", "HERALD_COMMIT_ARTICLES=1")  # fmt: skip
    with sqlite3.connect(tmp_path / "archive" / "ledger.sqlite") as ledger:
        states = dict(ledger.execute("SELECT id, state || coalesce(reason, '') FROM articles"))
    ledger.close()
    assert states == {id_of(url): "archived", id_of(other): "discovered"}
    assert "'herald/warc/no_article': 2," in log


# Broken files -----------------------------------------------------------------------------


def test_broken_files_are_logged_and_their_whole_records_read(crawled: Crawled, tmp_path: Path) -> None:
    data = crawled.whole.read_bytes()
    third = len(data) // 3
    broken = {
        "cut.warc.gz": data[: third + 20],
        "garbage.warc.gz": data[:third] + random.Random(1).randbytes(2000) + data[third + 2000 :],
        "empty.warc.gz": b"",
        "page.warc.gz": b"<!doctype html><html><body>404 Not Found</body></html>",
        "page.wacz": b"<!doctype html><html><body>404 Not Found</body></html>",
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    log = read(tmp_path, tmp_path / "archive", crawled.base)
    warnings = [line for line in log.splitlines() if "] WARNING: " in line]
    assert len(warnings) == len(broken)
    for name in broken:
        (line,) = [line for line in warnings if f"{name}: broken or cut off (1), first at offset " in line]
        assert "Get a whole copy of the file" in line
    assert f"'herald/warc/broken': {len(broken)}," in log
    items = kept(tmp_path / "archive")
    lost = len(crawled.truth) - len(items)
    assert lost <= 1
    assert_true(items, {item["id"]: crawled.truth[item["id"]] for item in items})


SMALL = [
    record(f"{SITE}/article/{number}", random.Random(number).randbytes(300).hex().encode() * 3)
    for number in range(1, 7)
]
WHOLE = read_all(reader_of(gzipped(SMALL)))


@pytest.mark.parametrize("damage", ["frame", "dictionary", "cut dictionary"])
def test_damage_after_a_dictionary_costs_few_records(damage: str) -> None:
    """The frames after the damage need the dictionary at the start of the file."""
    data = with_dictionary(SMALL * 20)
    whole = read_all(reader_of(data, "a.warc.zst"))
    places = [record.offset for record in reader_of(data, "a.warc.zst").records()]
    assert len(whole) == len(places) == 120
    end = places[0]
    if damage == "frame":
        for broken in (0, 1, 60, 118):
            start = places[broken] + 20
            reader = reader_of(data[:start] + b"\0garbage" * 4 + data[start + 32 :], "a.warc.zst")
            assert [record.offset for record in reader.records()] == [
                place for place in places if place != places[broken]
            ]
            reader = reader_of(data[:start] + b"\0garbage" * 4 + data[start + 32 :], "a.warc.zst")
            assert read_all(reader) == whole[:broken] + whole[broken + 1 :]
            assert reader.broken == [places[broken - 1] if broken else 0]
    else:
        data = data[:100] + bytes(200) + data[300:] if damage == "dictionary" else data[: end - 50]
        reader = reader_of(data, "a.warc.zst")
        assert set(map(repr, read_all(reader))) <= set(map(repr, whole))
        assert reader.broken


@pytest.mark.parametrize("pack", [gzipped, b"".join], ids=["gz", "plain"])
def test_a_file_cut_anywhere_gives_its_whole_records(pack: Any) -> None:
    """Whole records are read, others are counted as broken."""
    data = pack(SMALL)
    ends = {len(pack(SMALL[:number])) for number in range(1, 7)}
    for cut in range(1, len(data) - 4, 3):  # the last four bytes are empty lines
        reader = reader_of(data[:cut], "a.warc.gz" if pack is gzipped else "a.warc")
        assert read_all(reader) == WHOLE[: len(read_all(reader_of(data[:cut])))]
        if cut in ends:
            assert reader.broken == []
        elif pack is gzipped:
            assert len(reader.broken) == 1
    assert reader_of(data[:-1]).broken == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.warc.gz", gzipped(SMALL)),
        ("a.warc", b"".join(SMALL)),
        ("a.warc.zst", b"".join(map(zstd.compress, SMALL))),
        ("a.arc", b"".join(as_arc(SMALL))),
        ("a.arc.gz", gzipped(as_arc(SMALL))),
    ],
)
def test_damage_costs_only_the_damaged_records(name: str, data: bytes) -> None:
    whole = read_all(reader_of(data, name))
    assert len(whole) == 6
    middle = len(data) // 2
    reader = reader_of(data[:middle] + b"\0garbage" * 9 + data[middle + 72 :], name)
    found = read_all(reader)
    assert set(map(repr, whole[:2] + whole[4:])) <= set(map(repr, found))
    reader = reader_of(data[:middle] + b"garbage" * 999 + data[middle:], name)
    assert set(map(repr, whole[:2] + whole[4:])) <= set(map(repr, read_all(reader)))
    assert len(reader.broken) == 1


def packed_zip(**options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as packed:
        packed.writestr("archive/a.warc.gz", gzipped(SMALL))
    return buffer.getvalue()


DAMAGED = {
    "a.warc.gz": gzipped(SMALL),
    "one-member.warc.gz": gzip.compress(b"".join(SMALL)),
    "a.warc": b"".join(SMALL),
    "a.warc.zst": b"".join(map(zstd.compress, SMALL)),
    "dictionary.warc.zst": with_dictionary(SMALL * 20),
    "a.arc": b"".join(as_arc(SMALL)),
    "a.arc.gz": gzipped(as_arc(SMALL)),
    "a.wacz": packed_zip(compression=zipfile.ZIP_DEFLATED),
}


@pytest.mark.parametrize("name", DAMAGED)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damage_never_raises(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    content = bytearray(DAMAGED[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    for source in sources(path):
        for _, _, block in read_all(Reader(source)):
            try:
                parse_response(block)
            except ValueError:
                continue


# Paths -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.warc.gz", "a.warc", "notes.txt", "deep/c.WACZ", "deep/d.arc.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "bare").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("{0}", ["a.warc", "b.warc.gz", "c.WACZ", "d.arc.gz"]),
        ("{0}/*", ["a.warc", "b.warc.gz"]),
        ("{0}/**", ["a.warc", "b.warc.gz", "c.WACZ", "d.arc.gz"]),
        ("{0}/deep, {0}/a.warc, {0}/?.warc", ["a.warc", "c.WACZ", "d.arc.gz"]),
    ],
)
def test_paths_name_files_folders_and_globs(folder: Path, path: str, names: list[str]) -> None:
    assert [each.name for each in find_files(path.format(folder))] == names


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "give a file, a folder or a glob"),
        ("{0}/no.warc", "{0}/no.warc does not exist"),
        ("{0}/bare", "{0}/bare has no web archive; their names end in .warc, .warc.gz"),
        ("{0}/*.zst", "{0}/*.zst has no web archive"),
        ("{0}/a.warc,{0}/notes.txt", "{0}/notes.txt does not have the name of a web archive"),
    ],
)
def test_a_wrong_path_is_one_line(folder: Path, path: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is what is tested
        find_files(path.format(folder))
    assert said.format(folder) in str(caught.value)


def test_a_wrong_path_ends_the_run_before_the_first_record(folder: Path) -> None:
    """No contact is needed for the live site, as no request is sent."""
    crawler = get_crawler(settings_dict=project_settings(HERALD_BASE_URL=SITE, HERALD_CONTACT=""))
    for path, problem in {
        "/no/such/*.warc.gz": ("bad_arguments", "path: /no/such/*.warc.gz has no web archive"),
        str(folder): None,
    }.items():
        spider = WarcSpider.from_crawler(crawler, path=path)
        assert (spider.problem and (spider.problem[0], spider.problem[1].partition(";")[0])) == problem
    assert WarcSpider.from_crawler(crawler).problem == (
        "bad_arguments", "path: give a file, a folder or a glob of web archives, or several with commas"
    )  # fmt: skip


def test_an_interrupted_run_ends_in_the_middle_of_a_file(tmp_path: Path) -> None:
    """Ctrl-C ends a run that reads records of other sites, before it has read the last one."""
    other = gzip.compress(record("https://news.example/1", b"<html>" + b" " * 300_000))
    broken = gzip.compress(record(f"{SITE}/article/1", b"<html>", date="none"))
    last = gzip.compress(record(f"{SITE}/article/2", b"<html>"))
    (tmp_path / "a.warc.gz").write_bytes(broken)
    (tmp_path / "b.warc.gz").write_bytes(other * 40_000 + last)
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "warc", "-a", f"path={tmp_path}", "-s", "STATS_DUMP=1"],
        cwd=ROOT, env={**os.environ, "HERALD_ARCHIVE": "none"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    log = list(iter_until(process.stderr, "a.warc.gz: broken or cut off"))
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=300)[1]
    assert "'finish_reason': 'shutdown'" in rest
    assert "herald/warc/pages" not in rest, "the last record was read"
    assert "Traceback" not in "".join(log) + rest


def iter_until(lines: Any, text: str) -> Iterator[str]:
    for line in lines:
        yield line
        if text in line:
            return


@pytest.mark.parametrize("records", [1, 3, 200])
def test_an_arc_file_gzipped_as_a_whole_is_read(records: int) -> None:
    """A cut file loses its last records only."""
    pages = [
        record(f"{SITE}/article/{each}", os.urandom(2000).hex().encode()) for each in range(1, records + 1)
    ]
    plain = b"".join(as_arc(pages))
    whole, reader = reader_of(plain, "a.arc"), reader_of(gzip.compress(plain), "a.arc.gz")
    expected = read_all(whole)
    assert len(expected) == records
    assert read_all(reader) == expected
    assert reader.broken == []
    cut = reader_of(gzip.compress(plain)[:-1000], "a.arc.gz")
    found = read_all(cut)
    assert found == expected[: len(found)]
    assert records * 0.9 - 3 <= len(found) < records
    assert len(cut.broken) == 1
