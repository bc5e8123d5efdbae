"""The project under a real scrapyd: deploying, scheduling, cancelling, restarting."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.demo import fetch, read_lines, truth
from tests.faulty_demo import running_demo
from tests.scrapyd_service import VERSION, Scrapyd
from tests.test_overlap import DELAY, check_pace, delay_answers, wait_for_requests
from tests.waiting import wait_until

SPIDERS = ["herald", "rss", "sitemap", "urls", "warc", "wayback"]
FAST = ["setting=DOWNLOAD_DELAY=0", "setting=AUTOTHROTTLE_ENABLED=0", "setting=CONCURRENT_REQUESTS=4",
        "setting=CONCURRENT_REQUESTS_PER_DOMAIN=4"]  # fmt: skip
FEW = [*FAST, "max_articles=3"]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running_demo(articles=60) as address:
        yield address


@pytest.fixture(scope="module")
def home(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    """Return a server with the project deployed."""
    folder = tmp_path_factory.mktemp("home")
    server = Scrapyd(folder, {"HERALD_BASE_URL": base, "HERALD_PACE_FOLDER": str(folder / "pace")})
    server.start()
    try:
        deployed = server.run("scrapyd-deploy")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert json.loads(deployed.stdout)["spiders"] == len(SPIDERS)
        yield server
    finally:
        server.stop()


@pytest.fixture
def archive(home: Scrapyd, tmp_path: Path) -> str:
    """Return a setting that gives a test its own archive."""
    return f"setting=HERALD_ARCHIVE={tmp_path / 'archive'}"


@pytest.fixture(autouse=True)
def _reset_demo(base: str) -> None:
    fetch(f"{base}/control/requests/reset", post=True)
    fetch(f"{base}/control/slow?ms=0", post=True)


def wait_for_lines(folder: Path, number: int) -> None:
    wait_until(lambda: sum(1 for path in folder.glob("articles/*.jsonl") for _ in read_lines(path)) >= number)


def test_all_spiders_are_deployed(home: Scrapyd) -> None:
    assert len(home.ask("listversions.json?project=herald_spider")["versions"]) == 1
    assert home.run("scrapyd-client", "spiders", "-p", "herald_spider").stdout.split() == [
        "herald_spider:",
        *SPIDERS,
    ]


def test_a_wrong_password_is_refused(home: Scrapyd) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        home.ask("listjobs.json?project=herald_spider", password="guessed")


def test_a_job_has_one_id_in_log_archive_and_ledger(home: Scrapyd, base: str) -> None:
    feed = home.home / "feed.jsonl"
    job = home.schedule(
        "herald", "sections=national", f'setting=FEEDS={{"{feed}": {{"format": "jsonlines"}}}}', *FAST
    )
    home.wait(job)
    log = home.log("herald", job)
    assert "ended         finished" in log
    assert f"HeraldSpider/{VERSION}" in log, "the job ran from the egg"
    assert "Traceback" not in log
    assert "'DOWNLOAD_DELAY': '0'" in log
    for port in ("Telnet console", "RemoteControl", "remote control"):
        assert port not in log

    (segment,) = home.archive.glob("articles/*.jsonl")
    assert segment.name.endswith(f"-herald-{job}.jsonl")
    assert str(segment) in log
    lines = list(read_lines(segment))
    assert {line["job"] for line in lines} == {job}
    assert {line["id"] for line in lines} < set(truth(base))
    with closing(sqlite3.connect(home.archive / "ledger.sqlite")) as ledger:
        rows = ledger.execute("SELECT job, spider, arguments, outcome FROM runs").fetchall()
    assert rows == [(job, "herald", '{"sections": ["national"]}', "finished")]
    assert [line["id"] for line in read_lines(feed)] == [line["id"] for line in lines], (
        "FEEDS writes the same articles"
    )
    assert home.scrapy("verify").returncode == 0
    assert job in home.scrapy("status").stdout

    again = home.schedule("herald", *FAST)
    home.wait(again)
    assert Counter(home.ids()) == Counter(list(truth(base)))


@pytest.mark.parametrize("times", [1, 2])
def test_a_cancelled_job_is_completed_by_the_next(home: Scrapyd, base: str, archive: str, times: int) -> None:
    """The first cancel waits for requests in flight (SIGINT); the second does not."""
    folder = Path(archive.rpartition("=")[2])
    fetch(f"{base}/control/slow?ms=100", post=True)
    job = home.schedule("herald", archive, "setting=HERALD_COMMIT_ARTICLES=5", *FAST)
    home.wait(job, "running")
    wait_for_lines(folder, 10)
    fetch(f"{base}/control/slow?ms=3000", post=True)
    home.cancel(job)
    if times == 2:  # an earlier second signal would be merged with the first
        wait_until(lambda: "shutting down gracefully" in home.log("herald", job))
        home.cancel(job)
    home.wait(job)
    log = home.log("herald", job)
    assert ("ended         shutdown" in log) if times == 1 else ("forcing unclean shutdown" in log)
    assert home.scrapy("verify", "-s", archive.removeprefix("setting=")).returncode == 0
    kept = sum(1 for path in folder.glob("articles/*.jsonl") for _ in read_lines(path))
    assert 10 <= kept < len(truth(base))

    fetch(f"{base}/control/slow?ms=0", post=True)
    home.wait(home.schedule("herald", archive, *FAST))
    counts = Counter(line["id"] for path in folder.glob("articles/*.jsonl") for line in read_lines(path))
    assert counts == Counter(list(truth(base)))
    assert home.scrapy("verify", "-s", archive.removeprefix("setting=")).returncode == 0


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        ("sections=natoinal", "no section 'natoinal'; did you mean national?"),
        ("setting=HERALD_ARCHIVE=archive", "HERALD_ARCHIVE='archive': give the whole path"),
    ],
)
def test_a_mistake_is_one_line_in_the_log(home: Scrapyd, base: str, argument: str, error: str) -> None:
    job = home.schedule("herald", argument)
    home.wait(job)
    log = home.log("herald", job)
    errors = re.findall(r"^.* (?:ERROR|CRITICAL): .*$", log, re.MULTILINE)
    assert len(errors) == 1
    assert error in errors[0]
    assert "Traceback" not in log
    assert json.loads(fetch(f"{base}/control/requests")) == {}, "no request was sent"


def test_scheduled_runs_share_one_pace(home: Scrapyd, base: str, archive: str) -> None:
    """Runs of two spiders fetch no article twice, and send no more requests than one run may."""
    slow = [archive, "sections=national", f"setting=DOWNLOAD_DELAY={DELAY}", "setting=AUTOTHROTTLE_ENABLED=0"]
    first = home.schedule("herald", *slow)
    wait_for_requests(base, 3)
    delay_answers(base, 20)
    second = home.schedule("herald", *slow)
    home.wait(second)
    feeds = home.schedule("rss", *slow)
    home.wait(feeds, "running")
    fetch(f"{base}/control/requests/reset", post=True)
    delay_answers(base, 0)
    home.wait(first)
    home.wait(feeds)
    assert "ended         finished" in home.log("rss", feeds)
    assert "ended         finished" in home.log("herald", first)
    assert "ended         already_running" in home.log("herald", second), "only one run of a spider works"
    folder = Path(archive.rpartition("=")[2])
    counts = Counter(line["id"] for path in folder.glob("articles/*.jsonl") for line in read_lines(path))
    assert counts
    assert set(counts.values()) == {1}
    check_pace(base)


def test_jobs_and_versions_survive_restarts_of_scrapyd(home: Scrapyd, archive: str) -> None:
    job = home.schedule("rss", archive, *FEW)
    home.wait(job)
    for number in (signal.SIGTERM, signal.SIGKILL):
        home.stop(number)
        home.start()
        assert home.state(job) == "finished"
        assert home.ask("listversions.json?project=herald_spider")["versions"]
        assert "ended         finished" in home.log("rss", job)
        assert [each.name for each in home.home.glob("scrapyd/*.pid")] == []


def test_the_next_job_runs_a_new_version(home: Scrapyd, archive: str) -> None:
    try:
        home.edit("herald_spider/__init__.py", VERSION, "0.1.99")
        time.sleep(1)  # versions are times in seconds
        done = home.run("scrapyd-deploy")
        assert done.returncode == 0
        version = json.loads(done.stdout)["version"]
        job = home.schedule("rss", archive, *FEW)
        home.wait(job)
        assert "HeraldSpider/0.1.99" in home.log("rss", job)
    finally:
        home.edit("herald_spider/__init__.py", "0.1.99", VERSION)
        home.ask("delversion.json", project="herald_spider", version=version)


# The schedule ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "spider", "settings"),
    [
        ("feeds", "rss", {}),
        ("sections", "herald", {"HERALD_REVISIT_HOURS": "6"}),
        ("revisits", "herald", {"HERALD_REVISIT_HOURS": "336", "HERALD_OVERLAP": "wait"}),
        ("sitemap", "sitemap", {}),
    ],
)
def test_an_entry_of_the_schedule(
    home: Scrapyd, archive: str, entry: str, spider: str, settings: dict[str, str]
) -> None:
    options = [part for each in (archive, *FEW) for part in ("--arg", each)]
    done = home.run(str(home.home / "src/deploy/schedule"), entry, *options)
    assert done.returncode == 0, done.stderr
    job = done.stdout.rpartition("=> ")[2].strip()
    home.wait(job)
    assert "ended         finished" in home.log(spider, job)
    (found,) = (
        each for each in home.ask("listjobs.json?project=herald_spider")["finished"] if each["id"] == job
    )
    assert found["spider"] == spider
    with closing(sqlite3.connect(f"{archive.rpartition('=')[2]}/ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT outcome FROM runs").fetchall() == [("finished",)]


def test_an_unknown_entry_of_the_schedule_is_refused(home: Scrapyd) -> None:
    done = home.run(str(home.home / "src/deploy/schedule"), "hourly")
    assert (done.returncode, done.stdout) == (2, "")
    assert "feeds|sections|revisits|sitemap" in done.stderr


def test_scheduling_without_a_deployed_project_fails(home: Scrapyd) -> None:
    home.edit("deploy/schedule", "-p herald_spider", "-p nothing")
    try:
        done = home.run(str(home.home / "src/deploy/schedule"), "feeds")
    finally:
        home.edit("deploy/schedule", "-p nothing", "-p herald_spider")
    assert done.returncode == 1
    assert "deploy the project first" in done.stderr


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("SCRAPYD_PASSWORD=", "SCRAPYD_PASSWORD: is not set in"),
        ("HERALD_ARCHIVE=", "HERALD_ARCHIVE: is not set in"),
        ("HERALD_ARCHIVE=archive", "give the whole path"),
    ],
)
def test_scrapyd_does_not_start_with_incomplete_settings(
    home: Scrapyd, tmp_path: Path, line: str, error: str
) -> None:
    for name in ("src", "venv"):
        (tmp_path / name).symlink_to(home.home / name)
    (tmp_path / "herald.env").write_text((home.home / "herald.env").read_text() + line + "\n")
    done = subprocess.run(
        [str(home.home / "src/deploy/run-scrapyd")],
        env={"HERALD_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert error in done.stderr


def test_the_egg_holds_data_files_but_no_demo(home: Scrapyd, tmp_path: Path) -> None:
    """The script for Splash is read from the zipped egg."""
    egg = tmp_path / "herald.egg"
    assert home.run("scrapyd-deploy", "--build-egg", str(egg)).returncode == 0
    program = (
        "import importlib.util, herald_spider.middlewares.rendering\n"
        "assert 'splash' in herald_spider.middlewares.rendering._lua()\n"
        "assert importlib.util.find_spec('demo') is None\n"
        "print(herald_spider.__file__)"
    )
    # -I: the working folder, which holds the project too, is not searched.
    program = f"import sys; sys.path.insert(0, {str(egg)!r})\n{program}"
    done = home.run(str(home.home / "venv/bin/python"), "-I", "-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(egg))
