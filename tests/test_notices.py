"""Notices of runs that did not end well, to a webhook; and runs that found nothing."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from demo.process import running_demo
from herald_spider import __version__
from tests.demo import SETTINGS, run, scrapy

LIVE = "https://www.koreaherald.com"


class Webhook:
    """A server that keeps what is posted to it."""

    def __init__(self, status: int = 200):
        self.received: list[dict[str, Any]] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.headers["Content-Type"] == "application/json"
                webhook.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/secret-path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    yield server
    server.close()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running_demo(articles=60) as address:
        yield address


def test_a_run_that_ends_well_sends_no_notice(base: str, tmp_path: Path, webhook: Webhook) -> None:
    run(base, tmp_path / "archive", HERALD_NOTIFY=webhook.url)
    assert webhook.received == []


@pytest.mark.parametrize("job", [[], ["-a", "_job=7"]], ids=["by hand", "by scrapyd"])
@pytest.mark.parametrize(
    ("arguments", "outcome", "error"),
    [
        (["-a", "since=foo"], "bad_arguments", "since: 'foo' is no day"),
        (["-s", f"HERALD_BASE_URL={LIVE}"], "no_contact", "set HERALD_CONTACT"),
        (["-s", "RETRY_TIMES=foo"], "bad_settings", "RETRY_TIMES='foo': give a whole number"),
    ],
)
def test_a_run_that_cannot_start_is_reported(
    base: str, webhook: Webhook, arguments: list[str], outcome: str, error: str, job: list[str]
) -> None:
    done = scrapy(
        "crawl", "herald", *arguments, *job, base=base, HERALD_NOTIFY=webhook.url, HERALD_CONTACT=""
    )
    assert done.returncode == 2
    (notice,) = webhook.received
    assert error in notice["error"]
    assert notice["outcome"] == outcome
    assert notice["host"] == socket.gethostname()
    assert notice["host"] in notice["title"]
    assert notice["version"] == __version__
    assert "secret-path" not in done.stderr


def test_a_full_disk_is_reported(base: str, tmp_path: Path, webhook: Webhook) -> None:
    """A limit on the size of files makes the writes of the segment fail, as a full disk does."""
    from resource import RLIM_INFINITY, RLIMIT_FSIZE, getrlimit

    _, hard = getrlimit(RLIMIT_FSIZE)
    assert hard == RLIM_INFINITY
    archive = tmp_path / "archive"
    run(base, archive, "-a", "max_articles=1")
    limited = f"import resource; resource.setrlimit({RLIMIT_FSIZE}, (300_000, 300_000))\n"
    (tmp_path / "sitecustomize.py").write_text(limited)
    done = scrapy(
        "crawl", "herald", *SETTINGS, base=base, fresh=True, HERALD_ARCHIVE=str(archive), HERALD_NOTIFY=webhook.url,
        HERALD_NODE="news", PYTHONPATH=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    (notice,) = webhook.received
    assert notice["outcome"] == "archive_not_writable"
    assert notice["host"] == "news"
    assert notice["title"].endswith(" of herald on news")


def test_an_exception_is_reported(base: str, tmp_path: Path, webhook: Webhook) -> None:
    (tmp_path / "broken_spiders.py").write_text(
        "from herald_spider.spiders.herald import HeraldSpider\n"
        "class InACallback(HeraldSpider):\n"
        "    name = 'callback'\n"
        "    def parse_menu(self, response):\n"
        "        raise KeyError('menu')\n"
        "class AtTheStart(HeraldSpider):\n"
        "    name = 'start'\n"
        "    async def start(self):\n"
        "        raise KeyError('start')\n"
        "        yield\n"
    )
    for name, error in (("callback", "KeyError (1)"), ("start", "")):
        scrapy(
            "crawl", name, *SETTINGS, "-s", "SPIDER_MODULES=broken_spiders", base=base, fresh=True,
            HERALD_NOTIFY=webhook.url, PYTHONPATH=str(tmp_path),
        )  # fmt: skip
        notice = webhook.received.pop()
        assert webhook.received == []
        assert error in notice["error"], name


def test_a_webhook_that_fails_is_an_error_in_the_log(base: str) -> None:
    failing = Webhook(status=500)
    done = scrapy("crawl", "herald", "-a", "since=foo", base=base, HERALD_NOTIFY=failing.url)
    failing.close()
    assert "127.0.0.1 failed: HTTP Error 500" in done.stderr
    assert done.returncode == 2


# Runs that find nothing -------------------------------------------------------------------------


def test_a_window_newer_than_all_stories_is_a_failed_monitor(
    base: str, tmp_path: Path, webhook: Webhook
) -> None:
    """The newest story of the demo is of 2026-09-14."""
    archive = tmp_path / "archive"
    for _ in range(2):  # in the second run the listings are unchanged
        log = run(base, archive, "-a", "since=7d", HERALD_NOTIFY=webhook.url, HERALD_REPORT="on")
        assert "Monitor window: Nothing to fetch: newest story listed: 2026-09-14, your window starts " in log
        notice = webhook.received.pop()
        assert list(notice["monitors"]) == ["window"]
        run(base, archive)
    reports = sorted((archive / "reports").glob("*.html"), key=lambda path: path.stat().st_mtime)
    assert "<h1>Nothing to fetch: newest story listed: 2026-09-14" in "".join(
        reports[-1].read_text().split("\n")
    )


def test_a_run_in_which_all_was_known_says_so(base: str, tmp_path: Path) -> None:
    assert "nothing new" not in run(base, tmp_path)
    assert "nothing new   60 articles archived already; scrapy export -o FILE writes them" in run(
        base, tmp_path
    )
    found = json.loads(scrapy("status", "--json", base=base, HERALD_ARCHIVE=str(tmp_path)).stdout)
    assert {(each["version"], each["host"]) for each in found["runs"]} == {
        (__version__, socket.gethostname())
    }
