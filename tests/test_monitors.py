"""Monitors against the demo newspaper: each fails for its own fault, and none fails without a fault."""

from __future__ import annotations

import email.policy
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import unquote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from spidermon import MonitorSuite
from spidermon.contrib.scrapy import monitors

from herald_spider import settings
from herald_spider.commands.crawl import MONITOR_FAILED
from herald_spider.items import Article
from herald_spider.monitors.suite import MONITORS
from herald_spider.pipelines.validate import ValidatePipeline
from herald_spider.sections import ALL_STORIES_FEED, SECTIONS
from tests.constants import replaced
from tests.demo import ROOT, SETTINGS, fetch, kept, read_lines, replace, scrapy, truth
from tests.faulty_demo import running_demo
from tests.services import free_port

pytestmark = pytest.mark.timeout(1200)  # the first test waits for seven crawls
STORIES, HEALTHY_RUNS = 40, 6
# The faults of the demo, the monitor that fails for each, and a pattern of its problem.
BREAKAGES = {
    "headless": ("rejected", r"gave no valid article .* missing or invalid: headline"),
    "no-json-ld": ("fall-backs", r"headline: its main rule, json-ld headline, matched on 0 of \d+ pages of layout 2024"),
    "no-byline": ("coverage", r"byline: [01] of \d+ articles of layout 2024 have it, \d+ % in the last \d+ runs"),
    "cut-body": ("body length", r"Articles of layout 2024 are shorter: .* cut off"),
    "future-dates": ("future dates", r"\d+ of \d+ articles are dated after they were fetched"),
    "same-dates": ("same dates", r"(\d+) of \d+ articles have the same date"),
    "gone": ("gone", r"\d+ of \d+ articles are gone, though listings show them"),
    "failing": ("failed", r"articles could not be fetched .*HTTP 500 \(\d+\)"),
    "forbidden": ("blocked", r"The site answered 403 \d+ times"),
    "empty-lists": ("listings", r"\d+ listings that had entries in earlier runs gave none"),
    "shells": ("rendering", r"\d+ % of the articles needed rendering, 0 % in the last \d+ runs"),
}  # fmt: skip
FILES = re.compile(r"herald_spider/[\w/]+\.(?:py|lua)")


FEW = ("-a", "sections=business", "-a", "max_articles=5")
PORT = free_port()  # the same for all runs: an archive belongs to one site


@dataclass
class Healthy:
    """An archive of seven runs without a fault, and these runs."""

    archive: Path
    runs: list[CompletedProcess[str]]


def crawl(
    archive: Path | str, *options: str, spider: str = "herald", **environment: str
) -> CompletedProcess[str]:
    environment = {"HERALD_STRICT": "1", "HERALD_ARCHIVE": str(archive), **environment}
    return scrapy("crawl", spider, *SETTINGS, *options, base=f"http://127.0.0.1:{PORT}", **environment)


def control(action: str) -> None:
    fetch(f"http://127.0.0.1:{PORT}/control/{action}", post=True)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    made = Healthy(tmp_path_factory.mktemp("healthy"), [])
    with running_demo(articles=120, port=PORT):
        made.runs.append(crawl(made.archive))
        for _ in range(HEALTHY_RUNS):
            control(f"publish?n={STORIES}")
            made.runs.append(crawl(made.archive))
    return made


@pytest.fixture
def archive(healthy: Healthy, tmp_path: Path) -> Path:
    """A copy of the healthy archive."""
    return shutil.copytree(healthy.archive, tmp_path / "archive")


@contextmanager
def broken(how: str) -> Iterator[None]:
    """Run the demo with new articles and a fault; "" for none."""
    with running_demo(articles=120, port=PORT):
        control(f"publish?n={STORIES * (HEALTHY_RUNS + 1)}")
        control(f"break?how={how}")
        yield


def problems(archive: Path) -> dict[str, str]:
    """Return the problems of the last run, by monitor."""
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as ledger:
        (words,) = ledger.execute("SELECT monitors FROM runs ORDER BY rowid DESC LIMIT 1").fetchone()
    found: dict[str, str] = json.loads(words)
    return found


def test_no_monitor_fails_without_a_fault(healthy: Healthy) -> None:
    assert [run.returncode for run in healthy.runs] == [0] * (HEALTHY_RUNS + 1), healthy.runs[-1].stderr
    with closing(sqlite3.connect(healthy.archive / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT DISTINCT monitors FROM runs").fetchall() == [("{}",)]
    assert all(f"{len(MONITORS)} monitors passed" in run.stderr for run in healthy.runs)
    assert len(kept(healthy.archive)) > HEALTHY_RUNS * STORIES * 0.9


@pytest.mark.parametrize("how", BREAKAGES)
def test_exactly_one_monitor_fails_for_each_fault(archive: Path, how: str) -> None:
    monitor, words = BREAKAGES[how]
    with broken(how):
        run = crawl(archive, **replaced({"herald_spider.middlewares.blocked.LIMIT": 1000}))
    outcome = problems(archive)
    assert list(outcome) == [monitor], json.dumps(outcome, indent=1)
    assert re.search(words, outcome[monitor])
    assert run.returncode == MONITOR_FAILED
    assert f"Monitor {monitor}: " in run.stderr
    assert f"1 of {len(MONITORS)} failed" in run.stderr
    for line in outcome[monitor].splitlines():
        examples = re.findall(r"https?://[^\s,]+", line.partition("For example:")[2])
        assert 1 <= len(examples) <= 3
        assert all((ROOT / name).is_file() for name in FILES.findall(line))


def test_unchanged_articles_do_not_lower_the_share_of_failures(archive: Path) -> None:
    """Of forty new articles, eight fail and sixteen are gone; hundreds that are requested again have not changed."""
    with broken(""):
        known = {line["id"] for line in kept(archive)}
        new = [each for each in truth(f"http://127.0.0.1:{PORT}") if each not in known]
        for article in new[-8:]:
            control(f"fault?of=/article/{article}&kind=redirect-loop")
        for article in new[-24:-8]:
            control(f"remove?id={article}")
        run = crawl(archive, HERALD_REVISIT_HOURS="999999")
    assert run.returncode == MONITOR_FAILED, run.stderr
    found = problems(archive)
    assert set(found) == {"failed", "gone"}
    for kind in found:
        assert re.match(r"\d+ of (\d\d) articles ", found[kind])


# Listings that fail ------------------------------------------------------------------


def test_a_listing_that_fails_in_three_runs_is_reported_until_it_answers(archive: Path) -> None:
    runs = []
    with broken(""):
        control("fault?of=/Business&kind=storm")
        for _ in range(4):
            runs.append(crawl(archive))
            control(f"publish?n={STORIES}")
        words = problems(archive)["listings"]
        control("fault?of=/Business&kind=")
        runs.append(crawl(archive))
    assert [run.returncode for run in runs] == [0, 0, MONITOR_FAILED, MONITOR_FAILED, 0]
    assert words.startswith("No answer from business, nor in the last 2 runs.")
    assert f"For example: http://127.0.0.1:{PORT}/Business" in words


PATHS = {
    "herald": [section.path for section in SECTIONS if section.path],
    "rss": [ALL_STORIES_FEED, *(section.feed for section in SECTIONS if section.feed)],
    "sitemap": ["/sitemap.xml"],
}


@pytest.mark.parametrize("spider", PATHS)
def test_listings_that_all_fail_are_reported_in_the_first_run(tmp_path: Path, spider: str) -> None:
    with running_demo(articles=120, port=PORT):
        for path in PATHS[spider]:
            control(f"fault?of={path}&kind=storm")
        run = crawl(tmp_path, spider=spider)
    assert run.returncode == MONITOR_FAILED
    assert list(problems(tmp_path)) == ["listings"]
    assert re.match(
        r"\d+ of \d+ pages of listings, feeds or site maps could not be fetched \(2 % is assumed, as there are no earlier runs",
        problems(tmp_path)["listings"],
    )


@pytest.mark.parametrize("spider", ["rss", "sitemap"])
def test_feeds_and_site_maps_with_other_content_are_reported(tmp_path: Path, spider: str) -> None:
    with running_demo(articles=120, port=PORT) as base:
        for path in PATHS[spider]:
            replace(base, str(path), b"<html><p>We have moved.</html>", "text/html")
        run = crawl(tmp_path, spider=spider)
    assert run.returncode == MONITOR_FAILED
    assert list(problems(tmp_path)) == ["listings"]
    assert re.match(
        r"(\d+) of \1 feeds or site maps were empty, cut off or something else",
        problems(tmp_path)["listings"],
    )


# A redesign overnight ----------------------------------------------------------------------


def test_a_redesign_is_read_generically_and_reported(archive: Path) -> None:
    """The run reads articles by the generic layout, and the monitors report a redesign."""
    with broken("redesign"):
        run = crawl(archive)
        expected = truth(f"http://127.0.0.1:{PORT}")
    new = list(read_lines(max(archive.glob("articles/*.jsonl"))))
    assert len(new) > 0.9 * STORIES
    assert {line["layout"] for line in new} == {"generic"}
    for field in ("headline", "published_at", "authors"):
        right = [line["id"] for line in new if line[field] == expected[line["id"]][field]]
        assert len(right) > 0.8 * len(new), field
    assert all(line["body"] or not expected[line["id"]]["body"] for line in new)
    outcome = problems(archive)
    assert (
        f"{len(new)} of {len(new)} articles were read without a known layout: the site has been redesigned"
        in outcome["layout"]
    )
    assert "no list was recognised and every link to an article was taken" in outcome["listings"]
    assert set(outcome) == {"layout", "listings"}
    assert run.returncode == MONITOR_FAILED


def test_a_redesign_is_reported_without_earlier_runs(tmp_path: Path) -> None:
    with broken("redesign"):
        run = crawl("none", "-a", "max_articles=20")
    assert run.returncode == MONITOR_FAILED
    assert "20 of 20 articles were read without a known layout" in run.stderr


# Faults without a fault of the newspaper ---------------------------------------------------------


def test_a_gap_in_the_feeds_is_reported(tmp_path: Path) -> None:
    with running_demo(articles=120, port=PORT):
        assert crawl(tmp_path, spider="rss").returncode == 0
        control("publish?n=20")
        assert crawl(tmp_path, spider="rss").returncode == 0
        control("publish?n=200")
        assert crawl(tmp_path, spider="rss").returncode == MONITOR_FAILED
    assert list(problems(tmp_path)) == ["feed gaps"]
    assert re.search(
        r"\d+ feeds begin after the newest article of the last run", problems(tmp_path)["feed gaps"]
    )


def test_articles_in_an_unknown_state_are_reported(archive: Path) -> None:
    with closing(sqlite3.connect(archive / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE articles SET state = 'lost' WHERE id IN (SELECT id FROM articles LIMIT 2)")
    with broken(""):
        run = crawl(archive)
    assert run.returncode == MONITOR_FAILED
    assert list(problems(archive)) == ["conservation"]
    assert re.fullmatch(
        r"The archive has .* articles, but .* in a known state. Run scrapy verify.",
        problems(archive)["conservation"],
    )


class Vanishing(ValidatePipeline):
    """A pipeline with a fault that loses articles."""

    def step(self, item: Article) -> Article:
        if item.layout == "2024" and item.section == "business":
            raise RuntimeError("a fault in a pipeline")
        return item


def test_articles_without_an_outcome_are_reported(archive: Path) -> None:
    pipelines = {f"{__name__}.Vanishing": 150, **settings.ITEM_PIPELINES}
    with broken(""):
        run = crawl(archive, "-s", f"ITEM_PIPELINES={json.dumps(pipelines)}")
    assert "a fault in a pipeline" in run.stderr
    assert list(problems(archive)) == ["conservation"]
    asked, ended = map(
        int,
        re.findall(r"(\d+) (?:articles were requested|have an outcome)", problems(archive)["conservation"]),
    )
    assert asked == STORIES > ended


# Consequences of failed monitors ---------------------------------------------------------------------------


def test_a_lasting_fault_does_not_become_the_norm(archive: Path) -> None:
    with broken("no-byline"):
        assert crawl(archive).returncode == MONITOR_FAILED
        control(f"publish?n={STORIES}")
        assert crawl(archive).returncode == MONITOR_FAILED
        control(f"publish?n={STORIES}")
        tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        assert crawl(archive, HERALD_BASELINE=tomorrow).returncode == 0
        control(f"publish?n={STORIES}")
        assert crawl(archive, HERALD_STRICT="0").returncode == 0
    assert list(problems(archive)) == ["coverage"]
    status = scrapy("status", base="http://127.0.0.1:1", HERALD_ARCHIVE=str(archive)).stdout
    assert "    coverage: byline: " in status


class Unset(monitors.BaseStatMonitor):  # type: ignore[misc]
    """A user's monitor that lacks its setting."""

    __test__ = False  # no test of this module

    stat_name, threshold_setting, assert_type = "item_scraped_count", "NOWHERE_SET", ">="


class UsersSuite(MonitorSuite):
    monitors = [Unset]


def test_monitors_run_although_those_of_another_suite_lack_a_setting() -> None:
    ours = settings.SPIDERMON_SPIDER_CLOSE_MONITORS[0]
    with running_demo(articles=120, port=PORT):
        run = crawl("none", *FEW, "-s", f"SPIDERMON_SPIDER_CLOSE_MONITORS={__name__}.UsersSuite,{ours}")
    assert "The monitors of UsersSuite cannot run: Configure NOWHERE_SET" in run.stderr
    assert f"{len(MONITORS)} monitors passed" in run.stderr


def test_a_run_without_monitors_is_an_error_in_the_log() -> None:
    with running_demo(articles=120, port=PORT):
        run = crawl("none", *FEW, "-s", "SPIDERMON_ENABLED=0")
    assert "No monitors have run" in run.stderr
    assert "monitors      not run" in run.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HERALD_NOTIFY", "pigeon", "no notifier 'pigeon'; give mail, slack, telegram"),
        ("HERALD_NOTIFY", "slack", "slack needs SPIDERMON_SLACK_SENDER_TOKEN, SPIDERMON_SLACK_SENDER_NAME"),
        ("HERALD_BASELINE", "last week", "give a day or time, as 2026-09-14"),
        ("HERALD_STRICT", "very", "give 0 or 1"),
    ],
)
def test_a_wrong_setting_gives_one_error_line(name: str, value: str, words: str) -> None:
    run = crawl("none", **{name: value})
    assert run.returncode == 2
    assert words in run.stderr
    assert "Traceback" not in run.stderr


def test_the_commands_of_the_documentation_break_and_heal_the_demo(tmp_path: Path) -> None:
    page = (ROOT / "docs/watching.md").read_text("utf-8").replace("8642", str(PORT))
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    monitor, message, fault = (each.replace(f"archive-{PORT}", str(tmp_path / "archive")) for each in blocks)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with running_demo(articles=90, port=PORT):
        run = subprocess.run(
            ["bash", "-c", f"{monitor}echo ended with $?\n{fault}"],
            cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert b"By Kwon Bo-reum" in fetch(f"http://127.0.0.1:{PORT}/article/10871756")
    assert f"ended with {MONITOR_FAILED}\n" in run.stdout
    # The page was written with a larger newspaper.
    expected = re.sub(r"\d+", r"\\d+", re.escape(" ".join(message.split()).removesuffix("…")))
    assert re.search(expected, run.stderr)
    assert f"No page from http://127.0.0.1:{PORT}/article/10871756: cut short" in run.stderr


# Notices --------------------------------------------------------------------------------------


class Mailbox:
    """A mail server that keeps the mails it accepts."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append((envelope.rcpt_tos, message))
        return "250 OK"


def _allowed(server: object, session: object, envelope: object, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"herald", b"secret-of-mail"))


def test_a_mail_has_the_problems(archive: Path) -> None:
    mailbox = Mailbox()
    server = Controller(mailbox, "127.0.0.1", free_port(), authenticator=_allowed, auth_require_tls=False)
    server.start()
    try:
        with broken("no-byline"):
            run = crawl(
                archive, HERALD_NOTIFY="mail", SPIDERMON_SMTP_HOST="127.0.0.1", SPIDERMON_SMTP_PORT=str(server.port),
                SPIDERMON_SMTP_USER="herald", SPIDERMON_SMTP_PASSWORD="secret-of-mail",
                SPIDERMON_EMAIL_SENDER="herald@a.example", SPIDERMON_EMAIL_TO="desk@a.example,night@a.example",
            )  # fmt: skip
    finally:
        server.stop()
    assert "secret-of-mail" not in run.stderr
    [(recipients, mail)] = mailbox.mails
    assert recipients == ["desk@a.example", "night@a.example"]
    assert re.fullmatch(r"Herald Spider: 1 monitor failed in run \w+ of herald on \S+", mail["Subject"])
    body = mail.get_body(("plain",))
    assert body is not None
    assert problems(archive)["coverage"] in body.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("notifier", ["slack", "telegram"])
def test_a_message_has_the_problems(archive: Path, notifier: str) -> None:
    kind = f"SPIDERMON_{notifier.upper()}"
    needed = {
        f"{kind}_SENDER_TOKEN": "secret-token",
        f"{kind}_SENDER_NAME": "herald",
        f"{kind}_RECIPIENTS": "#desk",
    }
    with broken("gone"):
        run = crawl(archive, HERALD_NOTIFY=notifier, **needed, **{f"{kind}_FAKE": "1"})
    assert "secret-token" not in run.stderr
    assert "articles are gone, though listings show them" in unquote(run.stderr).partition("gone: ")[2]


def test_a_notice_that_cannot_be_sent_is_logged(archive: Path) -> None:
    with broken("gone"):
        run = crawl(
            archive, HERALD_NOTIFY="mail", SPIDERMON_SMTP_HOST="127.0.0.1", SPIDERMON_SMTP_PORT=str(free_port()),
            SPIDERMON_SMTP_USER="u", SPIDERMON_SMTP_PASSWORD="p", SPIDERMON_EMAIL_SENDER="a@a.example",
            SPIDERMON_EMAIL_TO="b@a.example",
        )  # fmt: skip
    assert run.returncode == MONITOR_FAILED
    assert re.search(r"Mail failed: .*Connection refused", run.stderr)
    assert list(problems(archive)) == ["gone"]
