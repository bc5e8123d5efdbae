"""Spider `wayback`, with a real pywb and with a server that behaves as the Internet Archive."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from email.utils import formatdate
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import Request, Response
from scrapy.utils.test import get_crawler

from demo import Newspaper
from demo.process import running_demo
from demo.router import Router
from herald_spider.archive.ledger import DISCOVERED, FAILED, GONE, REJECTED
from herald_spider.middlewares.offsite import Hosts
from herald_spider.middlewares.pace import MachinePace
from herald_spider.middlewares.retry_after import RetryAfterMiddleware, retry_after
from herald_spider.spiders.wayback import WaybackSpider
from herald_spider.warc import cdx
from herald_spider.warc.cdx import Capture
from tests.constants import replaced
from tests.demo import (
    ROOT,
    SETTINGS,
    crawl,
    differences,
    fetch,
    kept,
    project_settings,
    scrapy,
    truth,
)
from tests.internet_archive import InternetArchive, Kept, Reply, internet_archive
from tests.pywb import Pywb, Warc, get, pywb_bin
from tests.waiting import wait_until

SITE = "https://www.koreaherald.com"
# Fields that depend on where a page was read, or on other articles of the archive.
OF_THE_WAY = {
    "listed_in",
    "duplicate_of",
    "discovered_via",
    "fetched_at",
    "fetched_from",
    "captured_at",
    "job",
}
SOFT_404 = b"<html><head><title>The Korea Herald</title></head><body>No such article.</body></html>"


def wayback(base: str, archive: Path, settings: dict[str, str], *arguments: str, status: int = 0) -> str:
    """Run the spider and return its log."""
    done = scrapy(
        "crawl", "wayback", *SETTINGS, *arguments, base=base, HERALD_ARCHIVE=str(archive), **settings
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def rows_of_the_index(number: int) -> dict[str, str]:
    return replaced({"herald_spider.spiders.captures.INDEX_ROWS": number})


def rows(archive: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as ledger:
        return ledger.execute(query).fetchall()


WORDS = ["id", "url", "headline", "byline", "published_at", "body", "images", "content_hash", "layout"]


def _id(line: dict[str, Any]) -> str:
    return str(line["id"])


def address(base: str, article: str) -> str:
    return f"{base}/view.php?ud={article}" if len(article) == 14 else f"{base}/article/{article}"


def of_captures(log: list[str]) -> list[str]:
    return [line for line in log if "id_/" in line]


# pywb -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=210) as base:
        yield base


@pytest.fixture
def pywb(tmp_path: Path) -> Iterator[Pywb]:
    folder = tmp_path / "pywb"
    folder.mkdir()
    archive = Pywb(folder, pywb_bin())
    yield archive
    archive.kill()


def moment(hour: int) -> str:
    return f"2026-09-{15 + hour // 24:02}T{hour % 24:02}:00:00Z"


def keep_all(warc: Warc, base: str, expected: dict[str, Any]) -> None:
    """Store captures of every article, and of redirects, missing pages and other sites."""
    for number, (article, item) in enumerate(expected.items()):
        url, hour = address(base, article), number // 4
        if number % 7 == 0:
            warc.keep(url, moment(hour), b"", 302, [("Location", base), ("Content-Type", "text/html")])
            warc.keep(url, moment(hour + 1), b"<p>Not found", 404)
        if number % 20 == 0:  # a page without an article at the address of one
            warc.keep(url, moment(hour + 2), SOFT_404)
            warc.keep(url, moment(hour + 3), SOFT_404 + b" ")
        warc.capture(url, moment(hour + 4))
        if number % 5 == 0:
            warc.capture(url, moment(hour + 30))
        for alias in item["aliases"]:
            warc.capture(address(base, alias.rpartition("=")[2]), moment(hour))
    for article in json.loads(fetch(f"{base}/truth/gone.json")):
        warc.capture(address(base, article), moment(10))
    for url in (f"{SITE}/article/10000001", "http://example.com/article/1", f"{base}/National"):
        warc.keep(url, moment(10), b"<h1>Elsewhere</h1>")


def test_every_article_of_a_pywb_is_archived_despite_kills(demo: str, pywb: Pywb, tmp_path: Path) -> None:
    """pywb is killed, then the crawl; after a third run every article is archived once."""
    expected = truth(demo)
    with Warc(tmp_path / "news.warc.gz") as warc:
        keep_all(warc, demo, expected)
    pywb.add(warc.path)
    pywb.start()
    archive = tmp_path / "archive"
    settings = {**pywb.settings, **rows_of_the_index(60)}

    run = start(demo, archive, settings)
    wait_until(lambda: len(of_captures(pywb.log)) > 60)
    pywb.kill()
    _, log = run.communicate(timeout=300)
    assert run.returncode == 1, log
    assert "cannot be reached" in log
    assert "'finish_reason': 'unreachable'" in log
    assert "Traceback" not in log
    assert rows(archive, "SELECT COUNT(*) FROM articles WHERE state = 'failed'") == [(0,)]

    pywb.start()
    run = start(demo, archive, settings)
    wait_until(lambda: len(of_captures(pywb.log)) > 120)
    run.kill()
    run.communicate(timeout=300)
    assert 0 < len(kept(archive)) < len(expected)
    (place,) = rows(archive, "SELECT COUNT(*) FROM listings WHERE place IS NOT NULL")
    assert place != (0,)

    log = wayback(demo, archive, settings)
    assert "herald/cdx/taken_up" in log
    assert rows(archive, "SELECT COUNT(*) FROM listings WHERE place IS NOT NULL") == [(0,)]
    found = kept(archive)
    assert Counter(line["id"] for line in found) == Counter(list(expected))
    for item in expected.values():  # captured redirects are not requested: their targets are unknown
        item["aliases"] = [url for url in item["aliases"] if get(url.replace(SITE, demo))[0] == 200]
    assert differences(found, expected, OF_THE_WAY) == {}
    for line in found:
        stamp = "".join(filter(str.isdigit, line["captured_at"]))
        assert line["fetched_from"] == f"{pywb.url}/news/{stamp}id_/{address(demo, line['id'])}"
        assert line["discovered_via"].startswith(f"wayback:{demo.removeprefix('http://')}/")
    pages = {line for line in pywb.log if "/news/cdx?" in line and "%2A&" in line}
    assert len(pages) >= 3
    assert scrapy("verify", base=demo, HERALD_ARCHIVE=str(archive)).returncode == 0

    asked = len(of_captures(pywb.log))
    wayback(demo, archive, settings)
    assert len(of_captures(pywb.log)) == asked, "a second run costs no capture"
    assert kept(archive) == found
    reasons = rows(archive, "SELECT DISTINCT reason FROM articles WHERE state = 'gone'")
    assert reasons
    assert all(reason.startswith("no capture holds the article: ") for (reason,) in reasons)


def test_articles_come_back_from_a_pywb_with_the_warc_files_of_a_crawl(pywb: Pywb, tmp_path: Path) -> None:
    """The files of HERALD_WARC=on are added to a pywb, from which the spider reads the same articles."""
    with running_demo(articles=90) as base:
        live = tmp_path / "live"
        done = scrapy("crawl", "herald", *SETTINGS, base=base, HERALD_ARCHIVE=str(live), HERALD_WARC="on")
        assert done.returncode == 0, done.stderr
        for file in (live / "warc").iterdir():
            pywb.add(file)
        pywb.start()
        archive = tmp_path / "archive"
        wayback(base, archive, {**pywb.settings, **rows_of_the_index(25)})
    before = [{name: line[name] for name in WORDS} for line in sorted(kept(live), key=_id)]
    assert [{name: line[name] for name in WORDS} for line in sorted(kept(archive), key=_id)] == before
    assert {line["captured_at"] for line in kept(archive)} <= {line["fetched_at"] for line in kept(live)}
    pages = {line for line in pywb.log if "/news/cdx?" in line and "%2A&" in line}
    assert len(pages) >= 3


def start(base: str, archive: Path, settings: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scrapy", "crawl", "wayback", *SETTINGS]
    return subprocess.Popen(
        [*command, "-s", "DOWNLOAD_DELAY=0.01", "-s", "HERALD_COMMIT_ARTICLES=7"],
        cwd=ROOT,
        env={**os.environ, **settings, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": str(archive)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_revisions_are_archived_in_order_and_lost_articles_found(pywb: Pywb, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with running_demo(articles=60) as base:
        first = truth(base)
        changed = [key for key, item in first.items() if item["body"] and item["published_at"]][::12]
        with Warc(tmp_path / "news.warc.gz") as warc:
            for article in first:
                warc.capture(address(base, article), "2026-09-20T00:00:00Z")
                warc.capture(address(base, article), "2026-09-20T06:00:00Z")
            for day in ("21", "22"):
                for article in changed:
                    fetch(f"{base}/control/update?id={article}", post=True)
                    warc.capture(address(base, article), f"2026-09-{day}T00:00:00Z")
            for article in changed:  # the page of a deleted article is no revision
                warc.keep(address(base, article), "2026-09-23T00:00:00Z", SOFT_404)
        last = truth(base)
        pywb.add(warc.path)
        pywb.start()
        settings = {**pywb.settings, **rows_of_the_index(25)}

        lost = next(iter(first))
        fetch(f"{base}/control/remove?id={lost}", post=True)
        assert crawl(base=base, HERALD_ARCHIVE=str(archive)).returncode == 0
        assert rows(archive, f"SELECT state FROM articles WHERE id = '{lost}'") == [("gone",)]
        wayback(base, archive, settings)
        (line,) = (line for line in kept(archive) if line["id"] == lost)
        assert line["captured_at"] == "2026-09-20T00:00:00Z"
        assert len(of_captures(pywb.log)) == 1, "what the archive has costs no request"

        archive = tmp_path / "revisions"
        wayback(base, archive, settings, "-a", "revisions=1", "-a", "captured_until=2026-09-21")
        assert Counter(line["revision"] for line in kept(archive)) == {1: len(first), 2: len(changed)}
        wayback(base, archive, settings, "-a", "revisions=1")
        before, asked = kept(archive), len(of_captures(pywb.log))
        wayback(base, archive, settings, "-a", "revisions=1")
        assert kept(archive) == before
        again = of_captures(pywb.log)[asked:]
        assert len(again) == len(changed)
        assert all("/20260923000000id_/" in line for line in again), "only what had no line may have one now"
    for article in changed:
        own = [line for line in before if line["id"] == article]
        assert [line["revision"] for line in own] == [1, 2, 3]
        assert [line["captured_at"] for line in own] == [f"2026-09-2{day}T00:00:00Z" for day in "012"]
        assert own[0]["body"] == first[article]["body"] != own[1]["body"]
        assert own[2]["body"] == last[article]["body"] != own[1]["body"]
    assert len(before) == len(first) + 2 * len(changed)
    assert rows(archive, "SELECT state, reason, COUNT(*) FROM articles") == [("archived", None, len(first))]


# The Internet Archive -------------------------------------------------------------------


@pytest.fixture(scope="module")
def articles() -> dict[str, bytes]:
    """Return article pages of the demo newspaper by id."""
    newspaper = Newspaper(size=45, seed=3)
    router = Router(newspaper)
    found = {}
    for story in newspaper.readable():
        path = address("", story.id)
        query = {"ud": [story.id]} if len(story.id) == 14 else {}
        found[story.id] = router.answer(path.partition("?")[0], query, SITE).body
    return found


@pytest.fixture
def archive_org(articles: dict[str, bytes]) -> Iterator[InternetArchive]:
    """A web archive with one or two captures of each article, at its several addresses."""
    captures = []
    for number, (article, body) in enumerate(articles.items()):
        host = ("http://www.koreaherald.com:80", "http://koreaherald.com", "http://m.koreaherald.com")[
            number % 3
        ]
        captures.append(Kept(f"202609{15 + number % 9:02}000000", address(host, article), body))
        if number % 4 == 0:
            captures.append(Kept("20260925000000", address(host, article), body))
            captures.append(Kept("20260801000000", address(host, article), b"", "-", "warc/revisit"))
    with internet_archive(captures) as archive:
        yield archive


def test_every_article_of_an_internet_archive_is_archived(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    """The index is read by resume keys, for all hosts of the paper; each article takes one request."""
    wayback(SITE, tmp_path, {**archive_org.settings, **rows_of_the_index(4)})
    assert Counter(line["id"] for line in kept(tmp_path)) == Counter(list(articles))
    assert len(archive_org.paths("/web/")) == len(articles)
    pages = archive_org.paths("/cdx/")
    assert len([path for path in pages if "resumeKey=" in path]) >= 6
    assert len(pages) == len(set(pages))
    hosts = {line["discovered_via"] for line in kept(tmp_path)}
    assert hosts == {
        f"wayback:{host}koreaherald.com/{path}*" for host in ("", "m.") for path in ("view.php", "article/")
    }
    assert rows(tmp_path, "SELECT COUNT(*) FROM articles WHERE etag IS NOT NULL") == [(0,)]


def test_only_captures_of_articles_in_range_are_requested(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    arguments = ("-a", "until=2023-08-13", "-a", "since=2023-08-01")
    wayback(SITE, tmp_path, archive_org.settings, *arguments)
    found = kept(tmp_path)
    assert found
    assert all(
        "2023-08-01" <= line["published_at"][:10] <= "2023-08-13" for line in found if line["published_at"]
    )
    asked = {path.rpartition("ud=")[2][:8] for path in archive_org.paths("/web/") if "ud=" in path}
    assert asked
    assert all("20230725" <= day <= "20230820" for day in asked)
    assert all("from=20230731150000" in path for path in archive_org.paths("/cdx/"))
    before = len(archive_org.paths("/web/"))
    wayback(SITE, tmp_path, archive_org.settings, *arguments)
    assert len(archive_org.paths("/web/")) == before, "what lay outside is not asked again"


def test_the_next_run_requests_the_articles_beyond_max_articles(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    settings = {**archive_org.settings, **rows_of_the_index(4)}
    wayback(SITE, tmp_path, settings, "-a", "max_articles=7")
    assert len(kept(tmp_path)) == 7
    wayback(SITE, tmp_path, settings)
    assert Counter(line["id"] for line in kept(tmp_path)) == Counter(list(articles))
    assert len(archive_org.paths("/web/")) == len(articles)


def test_max_articles_holds_without_statistics(archive_org: InternetArchive, tmp_path: Path) -> None:
    stats = ("-s", "STATS_CLASS=scrapy.statscollectors.DummyStatsCollector")
    wayback(SITE, tmp_path, archive_org.settings, "-a", "max_articles=5", *stats)
    assert len(kept(tmp_path)) == 5


def times(which: Callable[[str], bool], *numbers: int) -> Callable[[str], bool]:
    """Return a function that is True for the n-th path, n in `numbers`, for which `which` is."""
    counter = count(1)
    return lambda path: which(path) and next(counter) in numbers


def test_no_request_is_sent_during_retry_after(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    """It holds for requests to the index and for captures."""
    index = times(lambda path: path.startswith("/cdx/"), 2)
    capture = times(lambda path: path.startswith("/web/"), 5)
    until = []

    def trouble(path: str, _reply: Reply) -> Reply | None:
        busy = index(path) or capture(path)
        if busy:
            until.append(time.monotonic() + 1)
        return (503 if len(until) == 1 else 429, {"Retry-After": "1"}, b"Slow down") if busy else None

    archive_org.trouble = trouble
    log = wayback(SITE, tmp_path, archive_org.settings, "-s", "CONCURRENT_REQUESTS=1")
    assert Counter(line["id"] for line in kept(tmp_path)) == Counter(list(articles))
    assert log.count("asks for a pause of 1 seconds") == len(until) == 2
    for end in until:
        assert not [moment for moment, _ in archive_org.asked if end - 0.9 < moment < end - 0.1]
    assert "herald/cdx/broken" not in log


def test_a_retry_after_above_the_limit_ends_the_run(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    capture = times(lambda path: path.startswith("/web/"), 9)
    archive_org.trouble = lambda path, _: (503, {"Retry-After": "4000"}, b"") if capture(path) else None
    log = wayback(SITE, tmp_path, archive_org.settings, "-s", "CONCURRENT_REQUESTS=1", status=1)
    assert "asks for a pause of 4000 seconds, more than HERALD_RETRY_AFTER_LIMIT" in log
    assert "'finish_reason': 'retry_after'" in log
    assert len(archive_org.paths("/web/")) == 9, "nothing is asked after that"
    assert rows(tmp_path, "SELECT COUNT(*) FROM articles WHERE state = 'failed'") == [(0,)]
    archive_org.trouble = lambda *_: None
    wayback(SITE, tmp_path, archive_org.settings)
    assert Counter(line["id"] for line in kept(tmp_path)) == Counter(list(articles))


def cut(_path: str, reply: Reply) -> Reply:
    return 200, reply[1], reply[2][: len(reply[2]) * 2 // 3]


def lossy(_path: str, reply: Reply) -> Reply:
    """A response cut between two rows; its Content-Length shows it."""
    body = reply[2][: reply[2].rindex(b"\n", 0, -1) + 1]
    return 200, {**reply[1], "Content-Length": str(len(reply[2]))}, body


def page_of_html(_path: str, _reply: Reply) -> Reply:
    return 200, {"Content-Type": "text/html"}, b"<html><body>The service is being looked after.</body></html>"


def server_error(_path: str, _reply: Reply) -> Reply:
    return 504, {}, b"Gateway Time-out"


def test_a_bad_response_of_the_index_is_requested_again_in_parts(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    """Each of the four queries gets another kind of bad response twice, then a good one."""
    bad = {
        f"url={host}koreaherald.com%2F{path}%2A&": (answer, times(lambda _: True, 1, 2))
        for (host, path), answer in zip(
            [("", "view.php"), ("", "article%2F"), ("m.", "view.php"), ("m.", "article%2F")],
            [cut, lossy, page_of_html, server_error],
            strict=True,
        )
    }

    def trouble(path: str, reply: Reply) -> Reply | None:
        for query, (answer, is_bad) in bad.items():
            if query in path and is_bad(path):
                return answer(path, reply)
        return None

    archive_org.trouble = trouble
    log = wayback(SITE, tmp_path, archive_org.settings, "-s", "RETRY_TIMES=0")
    assert log.count("Unusable response of the index for ") == 8
    assert log.count(": HTTP 504.") == 2
    assert "'herald/cdx/broken': 8" in log
    for query in bad:
        asked = [path for path in archive_org.paths("/cdx/") if query in path]
        assert [path.partition("limit=")[2].partition("&")[0] for path in asked] == ["5000", "2500", "1250"]
    assert Counter(line["id"] for line in kept(tmp_path)) == Counter(list(articles))


def test_an_index_that_stays_bad_is_continued_by_the_next_run(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    archive_org.trouble = lambda path, reply: (
        cut(path, reply) if "url=koreaherald.com%2Fview" in path else None
    )
    log = wayback(SITE, tmp_path, archive_org.settings, status=1)
    assert "could not be read to the end: koreaherald.com/view.php*. The next run goes on there." in log
    assert "'finish_reason': 'index_unfinished'" in log
    assert len([path for path in archive_org.paths("/cdx/") if "url=koreaherald.com%2Fview" in path]) == 3
    some = Counter(line["id"] for line in kept(tmp_path))
    assert 0 < len(some) < len(articles), "the rows that could be read were used"
    archive_org.trouble = lambda *_: None
    wayback(SITE, tmp_path, archive_org.settings)
    assert Counter(line["id"] for line in kept(tmp_path)) == Counter(list(articles))


def test_redirects_are_followed_only_within_the_archive(
    archive_org: InternetArchive, articles: dict[str, bytes], tmp_path: Path
) -> None:
    """One capture redirects to another, one to the live site; one is missing."""
    other, outside, missing = list(articles)[:3]
    away = f"{archive_org.url}/live"

    def trouble(path: str, _reply: Reply) -> Reply | None:
        if outside in path:
            return 302, {"Location": away}, b""
        if missing in path:
            return 404, {}, b""
        if other in path and "20260925" not in path:
            return 302, {"Location": f"/web/20260925000000id_/{path.partition('id_/')[2]}"}, b""
        return None

    archive_org.trouble = lambda path, reply: trouble(path, reply) if path.startswith("/web/") else None
    wayback(SITE, tmp_path, archive_org.settings)
    found = {line["id"]: line for line in kept(tmp_path)}
    assert set(found) == set(articles) - {outside, missing}
    assert found[other]["captured_at"] == "2026-09-25T00:00:00Z"
    assert "/web/20260925000000id_/" in found[other]["fetched_from"]
    assert archive_org.paths("/live") == []
    assert rows(tmp_path, f"SELECT state, reason FROM articles WHERE id = '{outside}'") == [
        ("gone", f"no capture holds the article: a redirect to {away}")
    ]


def test_a_capture_that_redirects_by_script_leads_to_captures_of_its_target(
    articles: dict[str, bytes], tmp_path: Path
) -> None:
    """The walk through the index has not reached the target yet."""
    number = next(each for each in articles if len(each) != 14)
    script = f'<html><body><script>location.href = "/article/{number}";</script></body></html>'.encode()
    old = address("http://www.koreaherald.com", "20260914000265")
    captures = [
        Kept("20260920000000", old, script),
        Kept("20260920000000", address("http://www.koreaherald.com", number), articles[number]),
    ]
    with internet_archive(captures) as archive:
        wayback(SITE, tmp_path, archive.settings)
        assert len(archive.paths("/web/")) == 2
    (line,) = kept(tmp_path)
    assert line["id"] == number
    assert address(SITE, "20260914000265") in line["aliases"]
    assert rows(tmp_path, "SELECT state, COUNT(*) FROM articles") == [("archived", 1)]


def test_an_index_without_captures_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """pywb gives an empty index for a collection that does not exist."""
    crawler = get_crawler(WaybackSpider, project_settings())
    WaybackSpider.from_crawler(crawler).check_index()
    assert "lists no capture at all: check HERALD_CDX_URL" in caplog.text


def test_which_known_articles_are_read_from_captures(articles: dict[str, bytes]) -> None:
    """Articles that the site has lost are read, and those that another web archive did not have."""
    crawler = get_crawler(WaybackSpider, project_settings(HERALD_CONTACT="mailto:a@b.org"))
    crawler.spider = spider = WaybackSpider.from_crawler(crawler)
    crawler._apply_settings()
    spider.open_archive()
    ledger = spider.archive.ledger
    here = f"{spider.memento}/20240101000000id_/{SITE}/article/"
    for number, (url, via, state) in {
        1: ("", "", None),
        2: (f"{SITE}/article/2", "herald:national", DISCOVERED),
        3: (f"{SITE}/article/3", "herald:national", GONE),
        4: (f"{SITE}/article/4", "sitemap:1", FAILED),
        5: (f"{here}5", "wayback:x", GONE),
        6: (f"{here}6", "wayback:x", DISCOVERED),
        7: ("http://other/web/20240101000000id_/x", "wayback:x", GONE),
        8: (f"{SITE}/article/8", "herald:national", REJECTED),
        9: (
            f"{SITE}/article/9".replace(SITE, f"{spider.memento}/20240102000000id_/{SITE}"),
            "wayback:x",
            GONE,
        ),
    }.items():
        if state:
            ledger.discover([(str(number), url, via, None)])
            ledger.set_state(str(number), state, "said")
    captures = [
        Capture(moment, f"{SITE}/article/{number}", "text/html", "200", digest)
        for number in range(1, 10)
        for moment, digest in (("20230101000000", "A"), ("20240102000000", "B"))
    ]
    spider.note(captures, "wayback:y")
    assert {trail.article: trail.current.timestamp[:4] for trail in spider.waiting} == {
        "1": "2023", "3": "2023", "4": "2023", "7": "2023",
        "5": "2024",  # gone, according to a capture of an earlier day
    }  # fmt: skip
    taken = ledger.pending(9, copies="wayback")
    assert {known.id for known in taken if known.found_by == "wayback:y"} == {"1", "3", "4", "5", "7"}
    ledger.set_state("5", GONE, "said")
    spider.waiting.clear()
    spider.note(captures, "wayback:z")
    assert "5" not in {trail.article for trail in spider.waiting}, "each copy is tried once"
    assert all(cdx.parse_address(known.url, spider.memento) for known in taken)
    spider.archive.close()


# Settings and arguments -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "arguments", "reason", "said"),
    [
        ({"HERALD_CONTACT": ""}, {}, "no_contact", "Requests to web.archive.org must say who runs the crawler"),
        ({"HERALD_CDX_URL": "pywb/cdx"}, {}, "bad_settings", "HERALD_CDX_URL='pywb/cdx': give an address of a web"),
        ({"HERALD_MEMENTO_URL": "http://["}, {}, "bad_settings", "HERALD_MEMENTO_URL='http://[': give an address"),
        ({}, {"captured_until": "2020-01-01", "since": "2021-01-01"}, "bad_arguments", "since (2021-01-01) is after captured_until"),
        ({}, {"revisions": "often"}, "bad_arguments", "revisions: "),
    ],
)  # fmt: skip
def test_a_wrong_setting_or_argument_is_one_line(
    settings: dict[str, str], arguments: dict[str, str], reason: str, said: str
) -> None:
    crawler = get_crawler(WaybackSpider, project_settings(**{"HERALD_CONTACT": "mailto:a@b.org", **settings}))
    spider = WaybackSpider.from_crawler(crawler, **arguments)
    assert spider.problem
    assert spider.problem[0] == reason
    assert said in spider.problem[1]
    assert "\n" not in spider.problem[1]


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("pywb", False),
        ("web.archive.org", True),
        ("8.8.8.8", True),
    ],
)
def test_a_public_host_needs_a_contact_and_the_site_itself_is_not_requested(host: str, needed: bool) -> None:
    settings = {"HERALD_CDX_URL": f"http://{host}/cdx", "HERALD_MEMENTO_URL": f"http://{host}:8080/web"}
    spider = WaybackSpider.from_crawler(
        get_crawler(WaybackSpider, project_settings(HERALD_CONTACT="", **settings))
    )
    assert (spider.problem is not None) == needed
    asked = {name for name, _ in Hosts(spider.allowed_addresses()).origins}
    assert asked == {host}, "the site itself is never asked"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0), (formatdate(1, usegmt=True), 0), ("soon", 0), ("-5", 0), ("", 0)],
)
def test_retry_after_is_read_as_seconds_or_date(header: str, seconds: int) -> None:
    assert retry_after(busy(header)) == seconds
    assert retry_after(busy(formatdate(time.time() + 90, usegmt=True))) == pytest.approx(90, abs=10)


def busy(header: str) -> Response:
    return Response("http://127.0.0.1/a", status=429, headers={"Retry-After": header})


def test_retry_after_holds_for_its_host_only(tmp_path: Path) -> None:
    """The pace is shared by all runs of the machine."""
    settings = project_settings(HERALD_PACE_FOLDER=str(tmp_path))
    middleware = RetryAfterMiddleware(get_crawler(WaybackSpider, settings))
    asyncio.run(middleware.process_response(Request("http://127.0.0.1/a"), busy("10")))
    pace = MachinePace(tmp_path)
    assert pace.reserve("127.0.0.2", 0) == 0
    assert 9 < pace.reserve("127.0.0.1", 0) <= 10
