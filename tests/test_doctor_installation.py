"""``scrapy doctor``: what is broken in an installation, really broken here, is told with what mends it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from demo.process import running_demo
from herald_spider.archive import Archive
from herald_spider.archive.schema import VERSION
from herald_spider.doctor import ledger, packages
from herald_spider.doctor.finding import OK, WARNING, WRONG, Checkup
from herald_spider.doctor.installation import LOCAL, run
from tests.archives import ITEMS, SITE, keep, overwrite, segments
from tests.demo import project_settings, scrapy
from tests.servers import postgres_server, redis_server
from tests.services import free_port
from tests.sites import Answer, running_site
from tests.splash_service import Splash

CHECKS = dict(LOCAL)


def findings(check: str, folder: Path | str = "none", **values: Any) -> list[tuple[str, str, str]]:
    """What a check says: level, what was found, what to do. The archive is first looked at by its own check."""
    settings = Settings(
        project_settings(**{"HERALD_ARCHIVE": str(folder), "HERALD_BASE_URL": SITE, **values})
    )
    checkup = Checkup(settings)
    names = ["ledger", check] if check != "ledger" else ["ledger"]
    found = [run(((name, CHECKS[name]),), checkup) for name in names]
    results = [each.finding for group in found for each in group if each.check == check]
    return [(each.level, each.found, each.todo) for each in results]


def finding(check: str, folder: Path | str = "none", **values: Any) -> tuple[str, str, str]:
    (only,) = findings(check, folder, **values)
    return only


# The command -----------------------------------------------------------------------------


def test_a_sound_installation(tmp_path: Path) -> None:
    with running_demo(articles=30) as base:
        values = {"HERALD_ARCHIVE": str(tmp_path / "archive"), "HERALD_CONTACT": "mailto:desk@example.org"}
        done = scrapy("doctor", base=base, **values)
        assert (done.returncode, done.stderr) == (0, "")
        told = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()[:-1]}
        assert set(told.values()) == {OK}
        wanted = {"Python", "packages", "settings", "contact", "politeness", "archive", "disk", "ledger"}
        assert wanted | {"renderer", "site", "robots.txt", "clock"} == set(told)
        assert not (tmp_path / "archive").exists()
        found = json.loads(scrapy("doctor", "--json", base=base, **values).stdout)
        assert found["is_wrong"] is False
        assert [each["check"] for each in found["checks"]] == list(told)


def test_much_that_is_wrong_is_all_told(folder: Path) -> None:
    """One check that fails does not stop the others; the site is not asked without a contact."""
    redis, splash = free_port(), free_port()
    values = {
        "HERALD_ARCHIVE": str(folder), "HERALD_CONTACT": "", "HERALD_NEAR_DUPLICATES": "perhaps",
        "HERALD_REDIS_URL": f"redis://:secret-of-redis@127.0.0.1:{redis}/0", "SPLASH_URL": f"http://me:secret-of-splash@127.0.0.1:{splash}",
    }  # fmt: skip
    done = scrapy("doctor", "-s", "DOWNLOAD_DELAY=soon", base=SITE, **values)
    assert done.returncode == 1
    assert done.stderr == ""
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    wrong = {name for level, name, _ in lines if level == WRONG}
    assert wrong == {"settings", "Redis", "renderer"}
    assert "DOWNLOAD_DELAY='soon': give a number" in done.stdout
    assert "give mark, drop or off" in done.stdout
    assert "set it to a mail address or page where its operators can reach you" in done.stdout
    assert [text for level, name, text in lines if name == "site"] == ["not asked: HERALD_CONTACT is not set"]
    assert "secret" not in done.stdout
    assert done.stdout.splitlines()[-1].endswith("wrong 4")


def test_a_site_that_is_down_is_wrong_and_the_rest_is_looked_at() -> None:
    done = scrapy("doctor", base=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "wrong    site        http://127.0.0.1:" in done.stdout
    assert "check HERALD_BASE_URL and the network" in done.stdout
    assert "ok       packages" in done.stdout


# Python, packages, settings --------------------------------------------------------------


def test_a_checkout_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "DISTRIBUTION", "herald-spider-that-nobody-installed")
    level, found, todo = finding("packages")
    assert level == WARNING
    assert "is not installed" in found
    assert "pip install --editable" in todo
    assert finding("Python")[0] == OK


def test_packages_that_are_old_or_missing_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "herald_spider-0.1.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(
        "Metadata-Version: 2.4\nName: herald-spider\nVersion: 0.1.0\nRequires-Python: >=3.99\n"
        "Requires-Dist: scrapy>=99\nRequires-Dist: lxml>=1\nProvides-Extra: cluster\n"
        'Requires-Dist: herald-no-such-thing>=1; extra == "cluster"\n'
        "Requires-Dist: herald-for-old-pythons; python_version < '3'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    level, found, todo = finding("packages")
    assert level == WRONG
    assert found.startswith("scrapy 2.")
    assert found.endswith(
        "is there, >=99 is needed"
    )  # and nothing of the extra, nor of what is for old Pythons
    assert todo == "pip install --upgrade '.' in its checkout"
    _, found, todo = finding("packages", HERALD_LEDGER_URL="postgresql://me:secret@127.0.0.1/x")
    assert "herald-no-such-thing is not there" in found
    assert todo == "pip install --upgrade '.[cluster]' in its checkout"
    level, found, todo = finding("Python")
    assert (level, "and >=3.99 is needed" in found) == (WRONG, True)


def test_extras_are_those_that_the_settings_need() -> None:
    wanted = packages.wanted_extras
    assert wanted(Settings(project_settings())) == set()
    assert wanted(Settings(project_settings(HERALD_REDIS_URL="redis://x"))) == {"cluster"}
    assert wanted(Settings(project_settings(HERALD_RENDERER="playwright"))) == {"playwright"}


def test_wrong_settings_are_told_as_spiders_tell_them() -> None:
    assert finding("settings")[0] == OK
    assert finding("settings", HERALD_COMPRESS="zip") == (
        WRONG,
        "HERALD_COMPRESS='zip': give off, zst or gz",
        "",
    )
    assert finding("contact", HERALD_CONTACT="mailto:x@example.org")[0] == OK
    assert finding("contact")[0] == WARNING
    assert finding("politeness")[0] == OK
    assert finding("politeness", ROBOTSTXT_OBEY=False)[1] == "robots.txt is not obeyed"
    assert finding("politeness", DOWNLOAD_DELAY=0.1)[1] == "one request at a time, 0.1 s apart"


def test_a_wrong_setting_of_scrapys_is_told_once() -> None:
    base = f"http://127.0.0.1:{free_port()}"
    for given, said in [
        ("ROBOTSTXT_OBEY=maybe", "ROBOTSTXT_OBEY='maybe': give 0 or 1"),
        ("SCHEDULER=mine.Scheduler", "SCHEDULER: No module named 'mine'"),
    ]:
        done = scrapy("doctor", "-s", given, base=base)
        assert (done.returncode, done.stderr) == (1, "")
        assert [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith(WRONG)] == [
            [WRONG, "settings", said]
        ]
        done = scrapy("doctor", "10618541", "-s", given, base=base)
        assert done.returncode == 2
        assert given.partition("=")[0] in done.stderr
        assert "Traceback" not in done.stderr


def test_how_many_requests_there_are_at_once_is_told_as_it_is() -> None:
    many = {
        "CONCURRENT_REQUESTS": 8,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
        "HERALD_BASE_URL": "http://127.0.0.1:1",
    }
    assert finding("politeness", **many)[:2] == (OK, "robots.txt obeyed, 4 requests at once, 1 s apart")
    few = {"CONCURRENT_REQUESTS": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}
    assert finding("politeness", **few)[:2] == (OK, "robots.txt obeyed, one request at a time, 1 s apart")


# The archive -----------------------------------------------------------------------------


def test_a_sound_archive_is_not_touched(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for check in ("archive", "ledger", "segments", "runs", "monitors"):
        assert [level for level, _, _ in findings(check, folder)] == [OK]
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path != folder}
    assert after == {path: moment for path, moment in before.items() if path != folder}
    assert finding("ledger", folder)[1].startswith("24 articles (archived 24); SQLite finds no fault")


def test_nothing_kept_yet(tmp_path: Path) -> None:
    place = tmp_path / "new" / "archive"
    assert finding("archive", place) == (OK, f"{place} is not there yet; the first crawl makes it", "")
    assert finding("ledger", place)[0] == OK
    assert findings("segments", place) == []
    assert finding("archive", "none")[0] == WARNING
    assert findings("disk", "none") == []


def test_an_archive_where_none_can_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    level, found, todo = finding("archive", file / "archive")
    assert (level, found) == (WRONG, f"{file} cannot be written (Not a directory)")
    assert "set HERALD_ARCHIVE" in todo


def test_an_archive_of_another_site(folder: Path) -> None:
    (level, found, todo), second = findings("ledger", folder, HERALD_BASE_URL="http://127.0.0.1:8642")
    assert (level, second[0]) == (WRONG, OK)
    assert found == f"the archive is of {SITE}, HERALD_BASE_URL is http://127.0.0.1:8642"
    assert todo == "give each site its own HERALD_ARCHIVE"


def test_a_damaged_ledger(folder: Path) -> None:
    size = (folder / "ledger.sqlite").stat().st_size
    overwrite(folder / "ledger.sqlite", 4096, b"\xff" * (size // 2))
    level, found, todo = finding("ledger", folder)
    assert level == WRONG
    assert "the ledger is damaged" in found
    assert "scrapy verify --repair" in todo
    assert findings("segments", folder) == findings("runs", folder) == []


def test_a_ledger_that_is_none(folder: Path) -> None:
    (folder / "ledger.sqlite").write_bytes(b"not a database" * 100)
    assert finding("ledger", folder)[:2] == (WRONG, "the ledger is damaged: file is not a database")
    (folder / "ledger.sqlite").unlink()
    level, found, todo = finding("ledger", folder)
    assert (level, found) == (WRONG, f"{folder} has segments, and no ledger")
    assert "scrapy verify --repair" in todo


@pytest.mark.parametrize(
    ("version", "level", "told"),
    [(VERSION + 1, WRONG, f"and this Herald Spider knows {VERSION}"), (1, OK, f"brings it up to {VERSION}")],
)
def test_a_ledger_of_another_version(folder: Path, version: int, level: str, told: str) -> None:
    alter(folder, f"UPDATE facts SET value = '{version}' WHERE name = 'schema_version'")
    found = finding("ledger", folder)
    assert found[0] == level
    assert told in found[1]
    assert findings("monitors", folder) == []


def test_states_that_are_none(folder: Path) -> None:
    alter(folder, "UPDATE articles SET state = 'lost' WHERE id = (SELECT min(id) FROM articles)")
    assert finding("ledger", folder) == (WRONG, "articles in states that are none: lost", "scrapy verify")


def test_a_long_check_is_broken_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "SECONDS", -1.0)
    monkeypatch.setattr(ledger, "_STEPS", 1)
    level, found, _ = finding("ledger", folder)
    assert level == OK
    assert "SQLite's check broken off" in found


def test_segments_that_are_short_or_missing(folder: Path) -> None:
    first, second = segments(folder)
    os.truncate(first, 10)
    level, found, todo = finding("segments", folder)
    assert level == WRONG
    assert found.startswith(f"1 of 2 segments: {first} has 10 bytes of ")
    assert "scrapy verify --repair" in todo
    second.unlink()
    assert finding("segments", folder)[1].startswith("2 of 2 segments: ")


def test_a_run_that_was_killed_and_one_that_goes_on(folder: Path) -> None:
    keep(folder, "dead", ITEMS[0], outcome=None)
    level, found, todo = finding("runs", folder)
    assert (level, found) == (WARNING, "never ended, so killed: herald (dead)")
    assert "the next crawl takes up what it left" in todo
    (folder / "locks").mkdir()
    holder = {"job": "dead", "process": os.getpid(), "began": "now"}
    (folder / "locks/herald").write_text(json.dumps(holder))
    assert finding("runs", folder) == (OK, "going on: herald (dead)", "")
    (folder / "locks/herald").unlink()
    alter(folder, "UPDATE runs SET started = (SELECT MAX(started) FROM runs) + 60 WHERE job = 'b'")
    assert finding("runs", folder) == (OK, "the last runs ended (3)", "")  # a later run has taken it up


@pytest.mark.parametrize("lock", [None, "[]", '{"job": "young", "process": 1e999}'])
def test_a_run_that_may_live_is_not_called_killed(folder: Path, lock: str | None) -> None:
    """With HERALD_OVERLAP=allow a run has no lock, and a segment when it has kept something."""
    if lock:
        (folder / "locks").mkdir()
        (folder / "locks/herald").write_text(lock)
    young = Archive(folder, SITE)
    young.begin_run("herald", "young", {})
    level, found, _ = finding("runs", folder)
    assert level == OK
    assert found.startswith("not ended: herald (young);")
    young.close()


def test_monitors_that_cried(folder: Path) -> None:
    assert finding("monitors", folder)[1].startswith("none looked at the last run")
    alter(folder, "UPDATE runs SET monitors = '{}'")
    assert finding("monitors", folder)[1].startswith("all was well with the last run")
    alter(folder, """UPDATE runs SET monitors = '{"bodies": "3 of 10 are empty"}'""")
    level, found, todo = finding("monitors", folder)
    assert level == WARNING
    assert "bodies: 3 of 10 are empty" in found
    assert "scrapy doctor" in todo


def alter(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_ledger_on_a_server(tmp_path: Path) -> None:
    with postgres_server() as server:
        url = server.make_database("new")
        assert finding("ledger", tmp_path, HERALD_LEDGER_URL=url)[1].startswith("none yet")
        Archive(str(tmp_path), SITE, ledger_url=url).close()
        assert finding("ledger", tmp_path, HERALD_LEDGER_URL=url)[1].startswith(
            "0 articles (no article yet); its server answers"
        )
        server.stop()
        level, found, todo = finding("ledger", tmp_path, HERALD_LEDGER_URL=url)
        server.start()
    assert level == WRONG
    assert "the ledger's server cannot be used" in found
    assert "HERALD_LEDGER_URL right?" in todo
    assert "secret" not in found


# Disk ------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own in `folder`."""
    if not shutil.which("mount") or os.geteuid() != 0:
        pytest.skip("a file system can be mounted by root alone")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(("size", "level"), [("50m", WRONG), ("500m", WARNING), ("3g", OK)])
def test_room_on_the_disk(tmp_path: Path, size: str, level: str) -> None:
    with small_disk(tmp_path, "-o", f"size={size}") as place:
        assert finding("disk", place / "archive")[0] == level


def test_inodes_on_the_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path, "-o", "size=3g,nr_inodes=50") as place:
        level, found, _ = finding("disk", place)
    assert level == WRONG
    assert "inodes" in found


def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    with small_disk(tmp_path, "-o", "ro") as place:
        level, found, _ = finding("archive", place)
    assert (level, found) == (WRONG, f"{tmp_path} cannot be written (Read-only file system)")


# Services --------------------------------------------------------------------------------


def test_redis_up_and_down() -> None:
    assert findings("Redis") == []
    with redis_server() as server:
        assert finding("Redis", HERALD_REDIS_URL=server.url) == (OK, "answers", "")
        wrong = server.url.replace("secret-of-redis", "other-secret")
        assert finding("Redis", HERALD_REDIS_URL=wrong)[0] == WRONG
        url = server.url
    level, found, todo = finding("Redis", HERALD_REDIS_URL=url)
    assert level == WRONG
    assert "Connection refused" in found
    assert "secret" not in found + todo


@pytest.mark.parametrize(
    "url",
    ["redis://:sec/ret@127.0.0.1:1", "redis://:sec?ret@127.0.0.1", "redis://me:secret@[::1:1", "secret://x"],
)
def test_no_part_of_a_password_is_shown(url: str) -> None:
    level, found, todo = finding("Redis", HERALD_REDIS_URL=url)
    assert level == WRONG
    assert "sec" not in found + todo


def test_splash_up_and_down(tmp_path: Path) -> None:
    server = Splash(tmp_path)
    server.start()
    try:
        level, found, _ = finding("renderer", SPLASH_URL=server.url)
        assert level == OK
        assert "answers, and uses" in found
    finally:
        server.kill()
    level, found, todo = finding("renderer", SPLASH_URL=server.url.replace("//", "//me:secret@"))
    assert level == WRONG
    assert "does not answer" in found
    assert todo == "start Splash, or mend SPLASH_URL"
    assert "secret" not in found


def test_what_is_no_splash() -> None:
    with small_site() as base:
        assert finding("renderer", SPLASH_URL=base)[0] == WRONG


def test_chromium_starts_or_says_why(tmp_path: Path) -> None:
    level, found, _ = finding("renderer", HERALD_RENDERER="playwright")
    assert (level, found.startswith("Chromium ")) == (OK, True)
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    level, found, todo = finding("renderer", HERALD_RENDERER="playwright", HERALD_CHROMIUM=str(broken))
    assert level == WRONG
    assert found.startswith(f"{broken} does not start: ")
    assert "HERALD_CHROMIUM" in todo


# The site --------------------------------------------------------------------------------


@contextmanager
def small_site(front: str = "", robots: str = "", ahead: float = 0) -> Iterator[str]:
    """A site of two pages, whose clock is `ahead` of ours by so many seconds."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (robots if self.path == "/robots.txt" else front).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate((timestamp or time.time()) + ahead, usegmt=True)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_clock_that_is_off_a_long_delay_and_another_site() -> None:
    robots = "User-agent: *\nCrawl-delay: 10\n"
    with small_site("<title>Elsewhere</title>", robots, ahead=7200) as base:
        done = scrapy("doctor", base=base)
    assert done.returncode == 1
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert "wrong    clock       the site's clock is 7200 s ahead of ours" in lines["clock"]
    assert "robots.txt asks for 10 s between requests, DOWNLOAD_DELAY is 1" in lines["robots.txt"]
    assert "set DOWNLOAD_DELAY=10" in lines["robots.txt"]
    assert "its menu has 0 sections of the paper" in lines["site"]


def test_robots_txt_that_forbids_articles() -> None:
    robots = "User-agent: *\nDisallow: /article/\nDisallow: /rss\n"
    with small_site(robots=robots, ahead=-300) as base:
        done = scrapy("doctor", base=base)
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert lines["robots.txt"].startswith(
        "wrong    robots.txt  robots.txt forbids us /article/10618541, /rss"
    )
    assert lines["clock"].startswith("warning  clock       the site's clock is 300 s behind ours")


def test_robots_txt_that_stands_elsewhere() -> None:
    """A crawl obeys what it is sent on to, and so it is what is told of."""
    with running_site() as site:
        site.answers["/robots.txt"] = Answer(status=301, headers={"Location": "/rules.txt"})
        site.answers["/rules.txt"] = Answer(b"User-agent: *\nDisallow: /article/\n")
        done = scrapy("doctor", base=site.url)
    assert "wrong    robots.txt  robots.txt forbids us /article/10618541" in done.stdout


def test_rules_of_a_robots_txt_that_is_an_error_page() -> None:
    """Scrapy obeys them whatever the status, and so it is what is told."""
    with running_site() as site:
        site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /article/\n", status=404)
        done = scrapy("doctor", base=site.url)
    assert "wrong    robots.txt  robots.txt forbids us /article/10618541" in done.stdout
