"""Wrong arguments and settings, and failures outside the crawl: one line with a remedy, and an exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import HtmlResponse
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from demo.process import running_demo
from herald_spider import options, scrapy_settings
from herald_spider.archive import Archive, ArchiveError
from herald_spider.archive.ledger import FAILED
from herald_spider.monitors import crawl as monitors
from herald_spider.spiders import base
from herald_spider.spiders.herald import HeraldSpider
from tests.archives import ITEMS, keep
from tests.demo import QUIET, ROOT, SETTINGS, kept, project_settings, scrapy, truth
from tests.sites import running_site
from tests.waiting import wait_until

NOWHERE = "http://127.0.0.1:9"
SUITE = "herald_spider.monitors.suite.RunSuite"


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=30) as base:
        yield base


def refused(*arguments: str, base: str, status: int = 2, **environment: str) -> str:
    """Run a command that must end with `status`; return its standard error."""
    done = scrapy(*arguments, base=base, **environment)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


# Arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["urls", "-a", "url=foo"], "Nothing to request: none of the given addresses is of an article"),
        (["urls", "-a", "file={folder}/empty"], "Nothing to request"),
        (["warc", "-a", "path={folder}/junk.warc"], "Nothing to read: the given files hold no record"),
        (["herald", "-a", "since=2190-01-01"], "since (2190-01-01) is in the future: today in Seoul is 20"),
        (["herald", "-a", "sections="], "sections: give one or more"),
        (["herald", "-a", "max_pages=1.5"], "max_pages: give a whole number, not '1.5'"),
        (["herald", "-a", "=3"], "an argument has no name; give -a NAME=VALUE"),
        (["herald", "-s", "DOWNLOAD_DELAY=abc"], "DOWNLOAD_DELAY='abc': give a number of seconds"),
        (
            ["herald", "-s", "LOG_LEVEL=loud"],
            "LOG_LEVEL='loud': give DEBUG, INFO, WARNING, ERROR or CRITICAL",
        ),
        (["herald", "-s", "LOG_FILE=/proc/x/y"], "LOG_FILE='/proc/x/y' cannot be written: No such file"),
        (["herald", "-s", "JOBDIR=/proc/x"], "JOBDIR='/proc/x': No such file or directory"),
        (["herald", "-s", "COOKIES_ENABLED=maybe"], "COOKIES_ENABLED='maybe': give 0 or 1"),
        (["herald", "-s", "SPIDERMON_ENABLED=maybe"], "SPIDERMON_ENABLED='maybe': Supported values"),
        (
            ["herald", "-s", f"SPIDERMON_SPIDER_CLOSE_MONITORS={SUITE},mine.Suite"],
            "SPIDERMON_SPIDER_CLOSE_MONITORS: No module named 'mine'",
        ),
        (["herald", "-s", "SCHEDULER=mine"], "SCHEDULER: Error loading object 'mine': not a full path"),
        (
            ["herald", "-s", "STATS_CLASS=herald_spider.logs.Mine"],
            "STATS_CLASS: Module 'herald_spider.logs' doesn't define any object named 'Mine'",
        ),
        (
            ["herald", "-s", 'ITEM_PIPELINES={"mine.Pipeline": 5}'],
            "ITEM_PIPELINES: No module named 'mine'",
        ),
    ],
)
def test_a_wrong_argument_is_refused(tmp_path: Path, arguments: list[str], error: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "junk.warc").write_text("junk\n")
    arguments = [each.replace("{folder}", str(tmp_path)) for each in arguments]
    assert error in refused("crawl", *arguments, base=NOWHERE)


def test_a_file_with_byte_order_mark_and_crlf_is_read(demo: str, tmp_path: Path) -> None:
    first, second = list(truth(demo))[:2]
    given = tmp_path / "given"
    given.write_text(f"\ufeff{first}\r\n{second}\r\n", encoding="utf-8")
    for file in (str(given), "-"):
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "urls", *SETTINGS, "-a", f"file={file}"],
            cwd=ROOT, env={**os.environ, "HERALD_BASE_URL": demo, "HERALD_ARCHIVE": str(tmp_path / f"of{file[-1]}")},
            input=given.read_bytes(), capture_output=True, check=True,
        )  # fmt: skip
        assert b"skipped" not in done.stderr
    for folder in ("ofn", "of-"):
        assert {line["id"] for line in kept(tmp_path / folder)} == {first, second}


def test_a_run_that_waits_for_its_input_can_be_stopped() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "urls", "-a", "file=-"],
        cwd=ROOT, env={**os.environ, **QUIET, "HERALD_BASE_URL": NOWHERE}, text=True,
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stderr
        for line in process.stderr:
            if "Spider opened" in line:
                break
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        log = process.stderr.read()
        assert process.wait(300) == 0
    assert "ended         shutdown" in log
    assert "Traceback" not in log


# Settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"HERALD_ARCHIV": "x"}, "unknown setting HERALD_ARCHIV; did you mean HERALD_ARCHIVE?"),
        ({"HERALD_QQQQ": "x"}, "unknown setting HERALD_QQQQ; docs/settings.md lists all"),
        ({"HERALD_CONTACT": "me"}, "HERALD_CONTACT='me': give a mail address or the address of a page"),
        ({"HERALD_CONTACT": "two words.org"}, "give a mail address or the address of a page"),
        ({"HERALD_CONTACT": "desk@a.example"}, None),
        ({"HERALD_CONTACT": "https://a.example/bot"}, None),
    ],
)
def test_wrong_values_and_unknown_names_of_settings_are_refused(
    values: dict[str, str], line: str | None
) -> None:
    assert_problem(values, line)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("AUTOTHROTTLE_ENABLED", "maybe", "give 0 or 1"),
        ("ROBOTSTXT_OBEY", "maybe", "give 0 or 1"),
        ("STATS_DUMP", "", "give 0 or 1"),
        ("TELNETCONSOLE_ENABLED", "false", None),
        ("RETRY_TIMES", "x", "give a whole number"),
        ("RETRY_PRIORITY_ADJUST", "-2", None),
        ("DOWNLOAD_MAXSIZE", "1.5", "give a whole number"),
        ("DOWNLOAD_MAXSIZE", "100000000000", None),
        ("CLOSESPIDER_PAGECOUNT", "x", "give a whole number"),
        ("LOGSTATS_INTERVAL", "0.5", None),
        ("LOGSTATS_INTERVAL", "-1", "give a number, 0 or more"),
        ("DNS_TIMEOUT", "0.5", None),
        ("RETRY_HTTP_CODES", "500,5xx", "give numbers, as 500,503"),
        ("RETRY_HTTP_CODES", "500, 503", None),
    ],
)
def test_wrong_values_of_scrapys_settings_are_refused(name: str, value: str, remedy: str | None) -> None:
    found = list(scrapy_settings.problems(Settings(project_settings(**{name: value}))))
    assert found == ([f"{name}={value!r}: {remedy}"] if remedy else [])


def test_unknown_settings_on_the_command_line_are_logged() -> None:
    settings = Settings(project_settings())
    for name in ("DOWNLOAD_DELY", "herald_archive", "MINE", "RETRY_TIMES", "HERALD_WARC", "SPIDERMON_X"):
        settings.set(name, "1", priority="cmdline")
    assert list(scrapy_settings.unknown_names(settings)) == [
        "Scrapy and Herald Spider have no setting DOWNLOAD_DELY; did you mean DOWNLOAD_DELAY?",
        "Scrapy and Herald Spider have no setting herald_archive; did you mean HERALD_ARCHIVE?",
        "Scrapy and Herald Spider have no setting MINE",
    ]
    given = ["-s", "DOWNLOAD_DELY=3", "-s", "RETRY_TIMES=0"]
    said = refused("crawl", "urls", "-a", "url=1", *given, base=NOWHERE, status=1)
    assert "WARNING: Scrapy and Herald Spider have no setting DOWNLOAD_DELY;" in said


BROKEN = {
    "at its top": "import nothing_of_this_name",
    "in its constructor": "class Broken:\n    def __init__(self, *_):\n        int('x')",
}


@pytest.mark.parametrize("code", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    "setting", ['EXTENSIONS={"broken.Broken": 1}', "STATS_CLASS=broken.Broken"], ids=["many", "one"]
)
def test_an_error_in_code_is_a_traceback_and_no_wrong_setting(
    tmp_path: Path, setting: str, code: str
) -> None:
    (tmp_path / "broken.py").write_text(code + "\n")
    done = scrapy(
        "crawl", "urls", "-a", "url=1", "-s", setting, base=NOWHERE, fresh=True, PYTHONPATH=str(tmp_path)
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "broken.py" in done.stderr


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"HERALD_RENDER_HOSTS": "cdn.example.org"},
            "'cdn.example.org' is not an address; give each as https",
        ),
        ({"HERALD_RENDER_HOSTS": "https://a.example, cdn"}, "'cdn' is not an address; give each as https"),
        ({"HERALD_RENDER_HOSTS": "https://a.example, http://b.example:8000,"}, None),
        (
            {"HERALD_RENDER_SECTIONS": "kpop"},
            "HERALD_RENDER_SECTIONS='kpop': no section 'kpop'; did you mean",
        ),
        ({"HERALD_RENDERER": "lynx"}, "HERALD_RENDERER='lynx': give splash or playwright"),
        ({"SPLASH_URL": "127.0.0.1:8050"}, "SPLASH_URL: give an address as http://127.0.0.1:8050"),
        ({"HERALD_REDIS_URL": "http://:secret@a"}, "HERALD_REDIS_URL: give an address as redis://"),
        (
            {"HERALD_NOTIFY": "mail,pigeon"},
            "HERALD_NOTIFY: give mail, slack, telegram or the address of a webhook",
        ),
        ({"HERALD_BASELINE": "Monday"}, "HERALD_BASELINE='Monday': give a day or time, as 2026-09-14"),
        ({"HERALD_BASELINE": "2026-09-14T08:00"}, None),
        ({"HERALD_STRICT": "perhaps"}, "HERALD_STRICT='perhaps': give 0 or 1"),
        ({"HERALD_PROGRESS": "loud"}, "HERALD_PROGRESS='loud': give auto or off"),
        ({"HERALD_WARC": "on"}, "HERALD_WARC='on': needs a HERALD_ARCHIVE to write to, not none"),
    ],
)
def test_wrong_choices_lists_and_addresses_are_refused(values: dict[str, str], line: str | None) -> None:
    assert_problem(values, line)


def assert_problem(values: dict[str, str], line: str | None) -> None:
    found = options.problems(Settings(project_settings(**values)))
    assert len(found) == (line is not None)
    assert line is None or line in found[0]


NUMBERS = [name for name, value in options.defaults().items() if type(value) in (int, float)]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["inf", "nan", "-1", "-inf", "1e300", "9" * 400, "x"])
def test_numbers_are_finite_and_not_negative(name: str, value: str) -> None:
    assert_problem({name: value}, f"{name}={value!r}: give a number of ")


def test_numbers_that_would_stop_a_run_are_refused() -> None:
    for name in ("HERALD_RENDER_SECONDS", "HERALD_COMMIT_ARTICLES"):
        assert_problem({name: "0"}, f"{name}='0': give a number of ")
    assert_problem({"HERALD_REVISIT_HOURS": "0"}, None)
    assert "CONCURRENT_REQUESTS='0': give a number of requests, 1 or more" in refused(
        "crawl", "herald", "-s", "CONCURRENT_REQUESTS=0", base=NOWHERE
    )


def test_values_are_converted() -> None:
    values = {"HERALD_RENDER_HOSTS": "https://a.example, https://b.example", "HERALD_STRICT": "1"}
    found = options.read(Settings({**values, "HERALD_RENDER_SECONDS": "2.5"}))
    assert found.HERALD_RENDER_HOSTS == ("https://a.example", "https://b.example")
    assert (found.HERALD_STRICT, found.HERALD_RENDER_SECONDS) == (True, 2.5)
    with pytest.raises(options.SettingsError, match="HERALD_STRICT='x': give 0 or 1"):
        options.read(Settings({"HERALD_STRICT": "x"}))


def test_every_default_is_valid() -> None:
    assert options.problems(Settings(options.defaults())) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("HERALD_CONTCT", "unknown setting HERALD_CONTCT in the environment; did you mean HERALD_CONTACT?"),
        ("HERALD_HOME", None),  # of an installation: see docs/operating.md
        ("HERALD_PORT", None),  # Kubernetes sets it for a service
    ],
)
def test_only_similar_unknown_names_in_the_environment_are_reported(
    monkeypatch: pytest.MonkeyPatch, name: str, line: str | None
) -> None:
    monkeypatch.setenv(name, "x")
    assert_problem({}, line)


def test_settings_are_read_from_the_environment() -> None:
    done = scrapy(
        "settings", "--get", "HERALD_COMMIT_ARTICLES", base=NOWHERE, HERALD_COMMIT_ARTICLES="7", fresh=True
    )
    assert done.stdout.strip() == "7"
    done = scrapy(
        "settings", "--get", "HERALD_COMMIT_ARTICLES", base=NOWHERE, HERALD_COMMIT_ARTICLES="", fresh=True
    )
    assert done.stdout.strip() == "100"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("", "give a folder"), ("None", "none in small letters"), ("~/corpus", "give the whole path"),
     ("none", None), ("corpus", None), ("/none", None)],
)  # fmt: skip
def test_wrong_names_of_an_archive_are_refused(name: str, remedy: str | None) -> None:
    assert_problem({"HERALD_ARCHIVE": name}, remedy)


def test_an_empty_archive_accepts_another_site(tmp_path: Path) -> None:
    """The correct address must be accepted after a mistyped one."""
    mistyped = Archive(str(tmp_path), "http://127.0.0.1:1")
    mistyped.ledger.discover([("7", "/7", "herald", "national")])
    mistyped.ledger.finish_walk("/National", "national", 0, (None, None))
    mistyped.close()
    right = Archive(str(tmp_path), "https://www.koreaherald.com")
    assert right.ledger.count_articles() == 0
    assert right.ledger.listing("/National") is None
    right.close()
    keep(tmp_path, "a", ITEMS[0])
    with pytest.raises(ArchiveError, match="belongs to"):
        Archive(str(tmp_path), "http://127.0.0.1:1")


# Failures outside the crawl ---------------------------------------------------------------------------


@pytest.mark.parametrize("spider", [["rss"], ["sitemap"], ["urls", "-a", "url=10871756"]])
def test_a_site_that_is_down_fails_the_run(spider: list[str]) -> None:
    said = refused("crawl", *spider, *SETTINGS, "-s", "RETRY_TIMES=0", base=NOWHERE, status=1)
    assert "No page could be fetched: the site is down, or HERALD_BASE_URL is wrong." in said
    assert "ended         unreachable" in said


@pytest.mark.parametrize("feed", ["/proc/feed.jsonl", "/dev/full"])
def test_a_feed_that_cannot_be_written_fails_the_run(demo: str, feed: str) -> None:
    said = refused("crawl", "sitemap", *SETTINGS, "-O", f"{feed}:jsonlines", base=demo, status=1)
    assert said.count(f"{feed} cannot be written (") == 1
    assert "ended         feed_not_writable" in said


def test_a_failed_feed_leaves_other_feeds_complete(demo: str, tmp_path: Path) -> None:
    feeds = ["-O", "/dev/full:jsonlines", "-O", f"{tmp_path / 'whole.json'}"]
    said = refused("crawl", "sitemap", *SETTINGS, *feeds, base=demo, status=1)
    assert "whole.json cannot be written" not in said
    assert json.loads((tmp_path / "whole.json").read_text())


def test_check_reports_why_a_spider_cannot_start() -> None:
    live = "https://www.koreaherald.com"
    assert "no spider 'herlad'; did you mean herald?" in refused("check", "herlad", base=NOWHERE)
    assert "herald: no argument 'foo'" in refused("check", "herald", "-a", "foo=1", base=NOWHERE)
    assert "set HERALD_CONTACT" in refused("check", "herald", base=live, HERALD_CONTACT="")
    assert "parse_article" in scrapy("check", "--list", base=live, HERALD_CONTACT="").stdout


def test_check_fails_if_no_spider_starts() -> None:
    assert "COOKIES_ENABLED='maybe': give 0 or 1" in refused(
        "check", "herald", "-s", "COOKIES_ENABLED=maybe", base=NOWHERE
    )
    said = refused("check", "herald", "-s", "SCHEDULER=mine.Scheduler", base=NOWHERE, status=1)
    assert said.endswith("A spider failed to start; scrapy check -L ERROR says why.\n")


def test_check_fails_if_it_is_interrupted() -> None:
    with (
        running_site() as site,
        subprocess.Popen(
            [sys.executable, "-m", "scrapy", "check", "herald"],
            cwd=ROOT, env={**os.environ, **QUIET, "HERALD_BASE_URL": site.url}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process,
    ):  # fmt: skip
        wait_until(lambda: site.asked)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=300)
    assert (process.returncode, out) == (130, "")
    assert errors.endswith("interrupted\n")
    assert "Ran" not in errors


def test_scrapy_fetch_works_in_the_project(demo: str) -> None:
    done = scrapy("fetch", "--nolog", f"{demo}/robots.txt", base=demo)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("User-agent: *")


def test_an_error_in_the_loader_fails_one_article_and_a_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    spider = HeraldSpider.from_crawler(get_crawler(HeraldSpider, project_settings()))
    spider.open_archive()
    spider.archive.ledger.discover([("7", "/article/7", "herald", None)])

    def broken(*_: Any) -> None:
        raise KeyError("table")

    monkeypatch.setattr(base, "read_article", broken)
    response = HtmlResponse("https://www.koreaherald.com/article/7", body=b"<p>x</p>")
    assert list(spider.parse_article(response, listed_id="7")) == []
    assert spider.archive.ledger.states()[FAILED] == 1
    assert spider.crawler.stats.get_value("herald/failed/reader failed") == 1
    spider.close_archive()

    monitor = monitors.FailedMonitor()
    monitor.data = type("Data", (), {"crawler": spider.crawler, "spider": spider, "history": None})
    said = next(monitor.problems())
    assert said.startswith("1 articles could not be read because of an error")
    assert "/article/7" in said
