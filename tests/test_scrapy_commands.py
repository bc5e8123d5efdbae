"""Scrapy's own commands and options in the project, as somebody who knows Scrapy uses them."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest

from demo.process import running_demo
from herald_spider.commands.pages import spider_of
from tests.demo import FAST, SETTINGS, crawl, kept, read_lines, run, scrapy, truth

LIVE = "https://www.koreaherald.com"
QUICK = [part for name, value in FAST.items() if name != "STATS_DUMP" for part in ("-s", f"{name}={value}")]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running_demo(articles=60) as address:
        yield address


@pytest.fixture(scope="module")
def article(base: str) -> str:
    """Return the path of an article of the demo."""
    return next(item["url"] for item in truth(base).values() if "/article/" in item["url"]).removeprefix(LIVE)


# parse, fetch, shell --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "spider"),
    [
        (f"{LIVE}/article/1", "herald"),
        ("http://127.0.0.1:1/article/1", "herald"),
        ("http://127.0.0.1:1/view.php?ud=20210408000265", "herald"),
        ("http://127.0.0.1:1/National", "herald"),
        ("http://127.0.0.1:1/", "herald"),
        ("http://127.0.0.1:1/rss/kh_National", "rss"),
        ("http://127.0.0.1:1/sitemap.xml", "sitemap"),
        ("http://127.0.0.1:1/robots.txt", "sitemap"),
        ("http://127.0.0.1:1/search?q=x", None),
        ("https://www.example.org/article/1", None),
    ],
)
def test_an_address_of_the_paper_has_its_spider(url: str, spider: str | None) -> None:
    assert spider_of(url, "http://127.0.0.1:1") == spider


@pytest.mark.parametrize("host", [None, LIVE], ids=["of the demo", "of the paper"])
def test_parse_finds_the_spider_and_archives_nothing(
    base: str, article: str, tmp_path: Path, host: str | None
) -> None:
    archive = tmp_path / "archive"
    done = scrapy(
        "parse", f"{host or base}{article}", "--nocolour", "-L", "ERROR", base=base,
        HERALD_ARCHIVE=str(archive), HERALD_WARC="on",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert f"'url': '{LIVE}{article}'" in done.stdout
    assert not archive.exists()


def test_parse_shows_the_articles_of_a_listing_a_feed_and_a_site_map(base: str) -> None:
    for path in ("/National", "/rss/kh_National", "/sitemap.xml", "/robots.txt", "/"):
        done = scrapy("parse", f"{base}{path}", "--noitems", "--nocolour", "-L", "ERROR", base=base)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"<GET {base}/" in done.stdout, path


def test_fetch_and_shell_send_the_user_agent_of_the_spiders(base: str, article: str) -> None:
    expected = "(compatible; HeraldSpider/"
    contact = {"HERALD_CONTACT": "desk@a.example"}
    for path in (article, "/search"):
        done = scrapy("fetch", "--headers", "--nolog", f"{base}{path}", base=base, **contact)
        assert expected in done.stdout
        assert "+desk@a.example" in done.stdout
    code = "request.headers['User-Agent'].decode(), spider.name"
    done = scrapy("shell", "--nolog", "-c", code, f"{base}{article}", base=base, **contact)
    assert expected in done.stdout
    assert "herald" in done.stdout


@pytest.mark.parametrize("command", ["parse", "fetch", "shell"])
def test_without_a_contact_the_live_site_is_refused(command: str) -> None:
    for url in (f"{LIVE}/article/10871756", f"{LIVE}/search", "https://archive.example.org/"):
        done = scrapy(command, url, base=LIVE, HERALD_CONTACT="")
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"scrapy {command}: error: Requests to ")
        assert "set HERALD_CONTACT" in line


def test_the_console_refuses_the_live_site_too(base: str) -> None:
    done = scrapy("shell", "--nolog", "-c", f"fetch('{LIVE}/search')", base=base, HERALD_CONTACT="")
    assert (done.stdout, done.stderr) == ("None\n", ""), (
        "Scrapy's console reports a refused request as no response"
    )


# Errors before the engine starts ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["herald", "-a", "since=foo"], "since: 'foo' is no day; give a date (2021-04-08), today, yesterday"),
        (["herald", "-a", "colour=red"], "no argument 'colour'"),
        (["herald", "-s", "HERALD_STRICT=foo"], "HERALD_STRICT='foo': give 0 or 1"),
        (["herald", "-s", "RETRY_TIMES=foo"], "RETRY_TIMES='foo': give a whole number"),
        (["herlad"], "no spider 'herlad'; did you mean herald?"),
        (["herald", "-s", f"HERALD_BASE_URL={LIVE}"], "Requests to www.koreaherald.com must say who runs the crawler"),
    ],
)  # fmt: skip
def test_a_wrong_argument_or_setting_is_one_line(
    base: str, tmp_path: Path, arguments: list[str], line: str
) -> None:
    log = tmp_path / "log"
    for more in ([], ["-s", f"LOG_FILE={log}"]):
        done = scrapy("crawl", *arguments, *more, base=base, HERALD_CONTACT="")
        assert done.returncode == 2
        (said,) = done.stderr.splitlines()
        assert said.startswith("scrapy crawl: error: ")
        assert line in said
    assert line in log.read_text(), "the log file has the error as well"


# The log --------------------------------------------------------------------------------------


def test_the_log_of_a_healthy_crawl_is_short(base: str, tmp_path: Path) -> None:
    done = scrapy("crawl", "herald", *QUICK, base=base, HERALD_ARCHIVE=str(tmp_path))
    log, _, summary = done.stderr.partition("INFO: Summary\n")
    assert len(summary.splitlines()) <= 25
    assert len(log.splitlines()) <= 60, log
    assert "Dumping Scrapy stats" not in log


# Feeds ----------------------------------------------------------------------------------------


def test_feeds_in_parquet_and_packed_json_lines(base: str, tmp_path: Path) -> None:
    packed, parquet = tmp_path / "new.jsonl.gz", tmp_path / "new.parquet"
    run(base, tmp_path / "a", "-O", str(packed), "-O", str(parquet))
    lines = kept(tmp_path / "a")
    assert list(map(json.loads, gzip.decompress(packed.read_bytes()).splitlines())) == lines
    table = pyarrow.parquet.read_table(parquet).to_pylist()
    assert [row["body"] for row in table] == [line["body"] for line in lines]
    exported = tmp_path / "all.parquet"
    assert (
        scrapy("export", "-o", str(exported), base=base, HERALD_ARCHIVE=str(tmp_path / "a")).returncode == 0
    )
    assert pyarrow.parquet.read_table(exported).schema == pyarrow.parquet.read_table(parquet).schema

    done = crawl("-o", str(parquet), base=base)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nothing can be appended to Parquet: give -O to replace it" in done.stderr


def test_a_feed_is_not_emptied_by_a_run_that_finds_nothing_new(base: str, tmp_path: Path) -> None:
    feed, archive = tmp_path / "new.jsonl", tmp_path / "archive"
    run(base, archive, "-O", str(feed))
    before = list(read_lines(feed))
    assert len(before) == 60
    log = run(base, archive, "-O", str(feed))
    assert list(read_lines(feed)) == before
    assert (
        f"{feed} was not written: this run has no new article. 60 articles are archived already: "
        "scrapy export -o FILE writes them."
    ) in log


def test_the_archive_of_make_crawl_can_be_continued(tmp_path: Path) -> None:
    """The port is the one that `make crawl` and `scrapy demo` use."""
    archive = {"HERALD_ARCHIVE": str(tmp_path / "demo-archive")}
    articles = ["--articles", "40", "--", sys.executable, "-m", "scrapy", "crawl"]
    for spider, number in (("herald", 40), ("rss", 40)):
        done = scrapy("demo", *articles, spider, *SETTINGS, base="", **archive)
        if "is taken" in done.stderr or "in use" in done.stderr:
            pytest.skip("another process serves port 8642")
        assert done.returncode == 0, done.stderr
        assert f"archived {number}," in done.stderr
