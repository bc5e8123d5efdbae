"""Several runs on one archive: after kills, repeated, at once, and after news."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.constants import replaced
from tests.demo import (
    ALL_REVISITS,
    NO_REVISITS,
    ROOT,
    SETTINGS,
    crawl,
    fetch,
    read_lines,
    run,
    started,
    truth,
)
from tests.faulty_demo import running_demo
from tests.torture import torture
from tests.waiting import wait_until


@pytest.fixture
def demo() -> Iterator[str]:
    with running_demo(articles=60) as base:
        yield base


def lines(archive: Path) -> list[dict[str, Any]]:
    return [line for path in sorted(archive.glob("articles/*.jsonl")) for line in read_lines(path)]


def requests(base: str) -> Counter[str]:
    """Return the requests since the last call, without the tests' own."""
    asked: dict[str, int] = json.loads(fetch(f"{base}/control/requests"))
    fetch(f"{base}/control/requests/reset", post=True)
    return Counter({path: count for path, count in asked.items() if not path.startswith("/truth")})


def of_articles(asked: Counter[str]) -> Counter[str]:
    return Counter({path: n for path, n in asked.items() if path.startswith(("/article/", "/view.php"))})


def test_killed_crawls_lose_and_repeat_nothing() -> None:
    assert "10 crawls killed" in torture(kills=10, seed=20261123)


def test_a_run_without_news_makes_one_request_per_listing(demo: str, tmp_path: Path) -> None:
    run(demo, tmp_path)
    before = lines(tmp_path)
    requests(demo)
    log = run(demo, tmp_path)
    asked = requests(demo)
    assert lines(tmp_path) == before
    assert not of_articles(asked)
    assert set(asked.values()) == {1}
    assert not [path for path in asked if "page=" in path or "np=" in path]
    assert "articles      0\n" in log


def test_revisits_of_unchanged_articles_are_not_parsed(demo: str, tmp_path: Path) -> None:
    run(demo, tmp_path)
    before = lines(tmp_path)
    log = run(demo, tmp_path, **ALL_REVISITS)
    assert lines(tmp_path) == before
    dated = sum(line["published_at"] is not None for line in before)
    assert f"'herald/not_modified': {dated}" in log
    assert "'parser/" not in log


def test_new_articles_take_one_request_each(demo: str, tmp_path: Path) -> None:
    run(demo, tmp_path)
    old = {line["id"] for line in lines(tmp_path)}
    requests(demo)
    fetch(f"{demo}/control/publish?n=10", post=True)
    run(demo, tmp_path)
    asked = of_articles(requests(demo))
    new = [line["id"] for line in lines(tmp_path) if line["id"] not in old]
    assert sorted(new) == sorted(set(truth(demo)) - old)
    assert len(asked) == 10
    assert set(asked.values()) == {1}


def test_only_updated_articles_get_a_revision(demo: str, tmp_path: Path) -> None:
    run(demo, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("articles/*.jsonl")}
    changed = sorted(line["id"] for line in lines(tmp_path) if line["body"] and line["published_at"])[::25]
    for each in changed:
        fetch(f"{demo}/control/update?id={each}", post=True)
    run(demo, tmp_path, **ALL_REVISITS)
    assert {path: path.read_bytes() for path in before} == before
    revisions = [(line["id"], line["revision"]) for line in lines(tmp_path) if line["revision"] > 1]
    assert sorted(revisions) == [(each, 2) for each in changed]
    expected = truth(demo)
    for line in lines(tmp_path):
        if line["revision"] == 2:
            assert line["body"] == expected[line["id"]]["body"]


def test_a_full_run_after_limited_ones_gets_every_article(demo: str, tmp_path: Path) -> None:
    """Limits of a run do not hide articles from the next one."""
    run(demo, tmp_path, "-a", "max_articles=5")
    run(demo, tmp_path, "-a", "max_pages=1")
    run(demo, tmp_path, "-a", "since=2024-01-01")
    run(demo, tmp_path)
    counts = Counter(line["id"] for line in lines(tmp_path))
    assert counts == Counter(list(truth(demo)))


def test_two_crawls_at_once_archive_each_article_once(demo: str, tmp_path: Path) -> None:
    arguments = ["herald", *SETTINGS, "-s", "HERALD_COMMIT_ARTICLES=5"]
    with (
        started(demo, tmp_path, *arguments, **NO_REVISITS) as one,
        started(demo, tmp_path, *arguments, **NO_REVISITS) as other,
    ):
        both = [one, other]
        logs = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], logs
    run(demo, tmp_path)
    assert Counter(line["id"] for line in lines(tmp_path)) == Counter(list(truth(demo)))


def test_server_errors_fail_articles_until_the_next_run(demo: str, tmp_path: Path) -> None:
    """An article with a response 500 is failed; a run after its pause archives it."""
    run(demo, tmp_path, "-a", "max_articles=1")
    fetch(f"{demo}/control/deny?status=500", post=True)
    options = ["-s", "RETRY_TIMES=0", "-s", "ROBOTSTXT_OBEY=0"]  # robots.txt fails too
    done = crawl(*options, base=demo, HERALD_ARCHIVE=str(tmp_path), **NO_REVISITS)
    assert "HTTP 500" in done.stderr
    assert "Traceback" not in done.stderr
    fetch(f"{demo}/control/deny?status=0", post=True)

    with sqlite3.connect(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.execute("SELECT COUNT(*) FROM articles WHERE state = 'failed'").fetchone()[0] > 0
        ledger.execute("UPDATE articles SET retry_at = 0")
    ledger.close()
    run(demo, tmp_path)
    assert Counter(line["id"] for line in lines(tmp_path)) == Counter(list(truth(demo)))


def test_an_archive_of_another_site_is_refused(demo: str, tmp_path: Path) -> None:
    run(demo, tmp_path, "-a", "max_articles=1")
    done = crawl(base="http://127.0.0.1:9", HERALD_ARCHIVE=str(tmp_path))
    assert done.returncode == 2
    assert f"The archive belongs to {demo}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_whose_last_batch_cannot_be_written_fails(demo: str, tmp_path: Path) -> None:
    """A file replaces the folder of segments before the first batch, which is written at the end."""
    fetch(f"{demo}/control/slow?ms=20", post=True)
    batches = {
        "HERALD_COMMIT_ARTICLES": "1000",
        **replaced({"herald_spider.spiders.base.COMMIT_SECONDS": 1000}),
    }
    with started(demo, tmp_path, "herald", *SETTINGS, **batches, **NO_REVISITS) as crawl:
        wait_until((tmp_path / "articles").is_dir)
        (tmp_path / "articles").rmdir()
        (tmp_path / "articles").touch()
        _, said = crawl.communicate(timeout=300)
    assert crawl.returncode == 1
    assert "Traceback" not in said
    assert re.search(r"^  articles +0$", said, re.MULTILINE)
    assert "ended         archive_not_writable" in said
    assert "Monitor conservation" not in said
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT outcome FROM runs").fetchall() == [("archive_not_writable",)]
    (tmp_path / "articles").unlink()
    run(demo, tmp_path)
    assert Counter(line["id"] for line in lines(tmp_path)) == Counter(list(truth(demo)))


def test_a_full_disk_ends_the_run_without_loss(demo: str, tmp_path: Path) -> None:
    """A limit on file sizes simulates the full disk; the next run archives the rest."""
    command = f"ulimit -f 200; exec {sys.executable} -m scrapy crawl herald {' '.join(SETTINGS)}"
    environment = {**os.environ, **NO_REVISITS, "HERALD_BASE_URL": demo, "HERALD_ARCHIVE": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "the disk full?" in done.stderr
    assert "Traceback" not in done.stderr
    assert f"  articles      {len(lines(tmp_path))}\n" in done.stderr, "only committed articles count"
    run(demo, tmp_path)
    assert Counter(line["id"] for line in lines(tmp_path)) == Counter(list(truth(demo)))
