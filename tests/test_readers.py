"""Reading in other processes: the same articles and counts, whatever becomes of the readers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from herald_spider.demo.process import running_demo
from herald_spider.items import as_dict
from herald_spider.loaders import Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.listing import read_listing
from herald_spider.loaders.page import Page
from herald_spider.readers import AUTO, WORTH_IT, Reader, Reading, is_alone, read
from tests.demo import SETTINGS, crawl, differences, kept, project_settings, started, truth
from tests.waiting import wait_until

ARTICLES = 60


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=ARTICLES) as base:
        yield base


def counted(archive: Path) -> dict[str, Any]:
    """What a run has counted of its reading."""
    with sqlite3.connect(archive / "ledger.sqlite") as ledger:
        [(stats,)] = ledger.execute("SELECT stats FROM runs")
    ledger.close()
    names = ("parser/", "herald/gone", "herald/failed", "herald/articles", "herald/read/")
    return {name: value for name, value in json.loads(stats).items() if name.startswith(names)}


def readers_of(process: int) -> list[int]:
    """The children of a process that read."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(each) for each in children if b"herald_spider.readers" in _command(each)]


def _command(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has ended since
        return b""


def is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def started_with(
    readers: int | str, base: str, archive: Path, *arguments: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    settings = {"HERALD_READERS": str(readers), "HERALD_REPORT": "off"}
    return started(base, archive, "herald", *SETTINGS, *arguments, **settings)


# A crawl with readers ---------------------------------------------------------------------------


def test_it_brings_and_counts_the_same(demo: str, tmp_path: Path) -> None:
    for readers in ("0", "2"):
        done = crawl(base=demo, HERALD_ARCHIVE=str(tmp_path / readers), HERALD_READERS=readers)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert "A reader has ended" not in done.stderr
    items, expected = kept(tmp_path / "2"), truth(demo)
    assert sorted(item["id"] for item in items) == sorted(expected)
    assert differences(items, expected, set()) == {}
    assert counted(tmp_path / "2") == counted(tmp_path / "0")


def test_readers_that_are_killed_take_nothing_with_them(demo: str, tmp_path: Path) -> None:
    with started_with(2, demo, tmp_path, "-s", "DOWNLOAD_DELAY=0.02") as process:
        readers = wait_until(lambda: len(found := readers_of(process.pid)) == 2 and found)
        wait_until(lambda: list(tmp_path.glob("ledger.sqlite")))
        time.sleep(1)
        for reader in readers:
            os.kill(reader, signal.SIGKILL)
        _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert "A reader has ended: the crawl reads what it had not read yet." in log
    assert "Traceback" not in log
    items = kept(tmp_path)
    assert sorted(item["id"] for item in items) == sorted(truth(demo))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_readers_end_with_their_crawl(demo: str, tmp_path: Path, end: signal.Signals) -> None:
    with started_with(1, demo, tmp_path, "-s", "DOWNLOAD_DELAY=1") as process:
        [reader] = wait_until(lambda: readers_of(process.pid))
        wait_until(lambda: list(tmp_path.glob("ledger.sqlite")))
        process.send_signal(end)
        _, log = process.communicate(timeout=60)
    wait_until(lambda: not is_there(reader), 10)
    assert "KeyboardInterrupt" not in log


def test_no_reader_is_started_for_a_run_that_cannot_begin(demo: str, tmp_path: Path) -> None:
    for value in ("-1", "many"):
        done = crawl(base=demo, HERALD_ARCHIVE=str(tmp_path), HERALD_READERS=value)
        assert done.returncode == 2
        assert f"HERALD_READERS='{value}': give auto or a number of processes" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_long_crawl_without_a_delay_gets_a_reader_by_itself(tmp_path: Path) -> None:
    with running_demo(articles=WORTH_IT + 120) as base:
        with started_with(AUTO, base, tmp_path) as process:
            assert wait_until(lambda: readers_of(process.pid) or process.poll() is not None) is not True
            _, log = process.communicate(timeout=60)
        assert process.returncode == 0, log
        items, expected = kept(tmp_path), truth(base)
    assert sorted(item["id"] for item in items) == sorted(expected)
    assert differences(items, expected, {"duplicate_of"}) == {}


@pytest.mark.parametrize(
    ("values", "alone"),
    [
        ({}, True),  # the polite pace
        ({"DOWNLOAD_DELAY": 0}, True),  # throttled all the same
        ({"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False}, False),
        ({"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "HERALD_READERS": "0"}, True),
        ({"HERALD_READERS": "1"}, False),
    ],
)
def test_who_reads_alone(monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], alone: bool) -> None:
    settings = Settings(project_settings(**{"HERALD_READERS": AUTO, **values}))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert is_alone(settings) is alone
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert is_alone(settings) is (values.get("HERALD_READERS") != "1")


# A reader ---------------------------------------------------------------------------------------


class Stats:
    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def inc_value(self, key: str, count: int = 1) -> None:
        self.values[key] = self.values.get(key, 0) + count


def asked(work: Callable[[Reader], Awaitable[Any]]) -> Any:
    """What comes of `work` with a reader."""

    async def run() -> Any:
        reader = await Reader.start()
        try:
            return await work(reader)
        finally:
            await reader.stop()

    return asyncio.run(run())


URL = "https://www.koreaherald.com/article/1"
STORY = "<meta property='og:type' content='article'><h1>Ferry “stops”</h1><p>It did.</p>"


def test_articles_come_back_as_they_were_read() -> None:
    body = STORY.encode()

    async def work(reader: Reader) -> Any:
        return await asyncio.gather(*(reader.read("article", body, url=f"{URL}{each}") for each in range(5)))

    for number, reading in enumerate(asked(work)):
        stats, own = Stats(), Stats()
        expected = read_article(Page(f"{URL}{number}", body), stats=own)
        assert as_dict(reading.result(stats)) == as_dict(expected)
        assert stats.values == own.values != {}


@pytest.mark.parametrize(
    ("body", "reason", "said"),
    [
        ("<script>location.href='/article/7'</script>", Moved, "https://www.koreaherald.com/article/7"),
        ("\x00\x01" * 99, NoArticle, "no page: binary data"),
        ("<div id='root'></div><script src='a.js'></script>", NeedsRendering, ""),
    ],
)
def test_that_there_is_no_article_comes_back_too(body: str, reason: type[Exception], said: str) -> None:
    reading = asked(lambda reader: reader.read("article", body.encode(), url=URL))
    with pytest.raises(reason) as raised:
        reading.result(Stats())
    assert str(raised.value) == said
    if isinstance(raised.value, Moved):
        assert raised.value.url == said


@pytest.mark.parametrize(
    "html",
    [
        "<article class='recent_news'><ul class='news_list'>"
        "<li><a href='/article/1'><p class='news_title'>Ferry “stops”</p><span class='date'>Sep. 14, 2026 - 10:00</span></a>"
        "<li><a href='/article/2'>No date</a></ul></article>",
        "<a href='/article/5'>Loose</a>",
        "<p>Nothing here.",
        "<div id='root'></div><script src='a.js'></script>",
    ],
)
def test_listings_come_back_as_they_were_read(html: str) -> None:
    url = "https://www.koreaherald.com/National"
    reading = asked(lambda reader: reader.read("listing", html.encode(), url=url))
    expected = read_listing(Page(url, html.encode()))
    assert reading.listed() == expected
    assert any(entry.date for entry in expected.entries) == ("date" in html and "/article/1" in html)
    assert expected.is_bare == ("root" in html)


def test_a_reader_that_fails_leaves_the_page_to_the_crawl(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError

    assert isinstance(read("article", url=URL, body=STORY.encode()), Reading)
    monkeypatch.setattr("herald_spider.readers.read_article", broken)
    assert read("article", url=URL, body=STORY.encode()) is None


def test_a_reader_that_has_ended_reads_nothing() -> None:
    async def work(reader: Reader) -> list[Any]:
        first = reader.read("article", STORY.encode(), url=URL)
        waiting = asyncio.ensure_future(first)
        await asyncio.sleep(0)
        reader.process.kill()
        found = [await waiting, await reader.read("article", STORY.encode(), url=URL), reader.is_alive]
        return found

    assert asked(work) == [None, None, False]


@pytest.mark.parametrize(
    "said", ["struct.pack('!II', 3, 0) + b'???'", "struct.pack('!II', 2, 0) + b'[]'", "b'Warning: x'"]
)
def test_a_reader_that_says_something_else_is_ended(said: str) -> None:
    command = (
        f"import struct, sys, time; sys.stdout.buffer.write({said}); sys.stdout.flush(); sys.stdin.read()"
    )

    async def run() -> Any:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", command, stdin=-1, stdout=-1)
        reader = Reader(process)
        waiting = asyncio.ensure_future(reader.read("article", STORY.encode(), url=URL))
        await asyncio.sleep(0)
        reader.pages.close()  # the last of them waits for more than was ever said
        return await asyncio.wait_for(waiting, 30), await process.wait()

    found, _ = asyncio.run(run())
    assert found is None
