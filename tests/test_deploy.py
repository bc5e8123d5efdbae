"""The scripts of deploy/ with a real scrapyd."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.process import running_demo
from tests.demo import kept
from tests.scrapyd_service import Scrapyd

QUICK = [
    part for each in ("DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0") for part in ("--arg", f"setting={each}")
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    with running_demo(articles=40) as base:
        folder = tmp_path_factory.mktemp("home")
        server = Scrapyd(folder, {"HERALD_BASE_URL": base, "HERALD_PACE_FOLDER": str(folder / "pace")})
        server.start()
        try:
            deployed = server.run("deploy/deploy", base)
            assert deployed.returncode == 0, deployed.stdout + deployed.stderr
            assert "has the spiders herald, rss, sitemap, urls, warc, wayback" in deployed.stdout
            assert "ended         finished" in deployed.stdout, "the smoke run"
            yield server
        finally:
            server.stop()


def versions(home: Scrapyd) -> list[str]:
    return list(home.ask("listversions.json?project=herald_spider")["versions"])


def test_a_broken_version_is_removed(home: Scrapyd) -> None:
    before = versions(home)
    assert len(before) == 1
    home.edit("herald_spider/urls.py", "SITE = ", "SITE == ")
    try:
        done = home.run("deploy/deploy")
    finally:
        home.edit("herald_spider/urls.py", "SITE == ", "SITE = ")
    assert done.returncode == 1
    assert "does not work, see above. It was removed" in done.stderr
    assert versions(home) == before


def test_schedule_waits_for_the_job_and_ends_as_it_did(home: Scrapyd) -> None:
    wrong = home.run("deploy/schedule", "sections", "--wait", "--arg", "since=foo")
    assert wrong.returncode == 2, wrong.stdout + wrong.stderr
    assert "ended         bad_arguments" in wrong.stdout
    job = wrong.stdout.splitlines()[0].rpartition("=> ")[2]
    assert "ERROR: since: 'foo' is no day" in home.log("herald", job), "the error is in the job's log"

    wrong = home.run("deploy/schedule", "sections", "--wait", "--arg", "setting=RETRY_TIMES=foo")
    assert wrong.returncode == 1
    job = wrong.stdout.splitlines()[0].rpartition("=> ")[2]
    assert "RETRY_TIMES='foo': give a whole number" in home.log("herald", job)


def test_schedule_waits_until_scrapyd_answers(home: Scrapyd) -> None:
    home.stop()
    with subprocess.Popen(
        ["deploy/schedule", "feeds", "--wait", *QUICK], cwd=home.home / "src", env=home.environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        home.start()
        said, errors = process.communicate(timeout=300)
    assert process.returncode == 0, said + errors
    assert "ended         finished" in said
    assert kept(Path(home.archive))
