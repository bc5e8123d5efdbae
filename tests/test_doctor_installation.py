"""``scrapy doctor``: each problem of an installation, made here for real, is reported with what to do."""

from __future__ import annotations

import json
import os
import re
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
from herald_spider.doctor import archive, machine, network
from herald_spider.doctor.fetch import Fetch
from herald_spider.doctor.finding import ERROR, OK, WARNING, Checkup, Finding
from herald_spider.doctor.installation import findings
from tests.archives import SITE, overwrite
from tests.demo import project_settings, scrapy
from tests.direct import carry_out
from tests.servers import postgres_server, redis_server
from tests.services import free_port
from tests.sites import FixedResponse, running_site
from tests.splash_service import Splash

CHECKS = {
    "packages": machine.packages, "settings": machine.settings, "contact": machine.contact,
    "politeness": machine.politeness, "archive": archive.folder, "disk": machine.disk, "Redis": machine.redis,
    "renderer": machine.renderer,
}  # fmt: skip


def results(name: str, folder: Path | str = "none", **values: Any) -> list[tuple[str, str, str]]:
    """Return the findings of one check: level, what was found, what to do."""
    values = {"HERALD_ARCHIVE": str(folder), "HERALD_BASE_URL": SITE, **values}
    checkup = Checkup(Settings(project_settings(**values)))
    found = findings([CHECKS.get(name, archive.ledger)], checkup)
    return [(each.level, each.found, each.todo) for each in found if each.check == name]


def only_result(name: str, folder: Path | str = "none", **values: Any) -> tuple[str, str, str]:
    (only,) = results(name, folder, **values)
    return only


# The command -----------------------------------------------------------------------------


def test_a_sound_installation(tmp_path: Path) -> None:
    with running_demo(articles=30) as base:
        values = {"HERALD_ARCHIVE": str(tmp_path / "archive"), "HERALD_CONTACT": "mailto:desk@example.org"}
        done = scrapy("doctor", base=base, **values)
    assert (done.returncode, done.stderr) == (0, "")
    levels = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()[:-1]}
    assert set(levels.values()) == {OK}
    local = {
        "packages",
        "settings",
        "contact",
        "politeness",
        "archive",
        "disk",
        "ledger",
        "renderer",
    }
    assert set(levels) == local | {"site", "robots.txt", "clock"}
    assert done.stdout.splitlines()[-1] == "ok 11, warning 0, error 0"
    assert not (tmp_path / "archive").exists()


def test_each_error_is_reported(folder: Path) -> None:
    """One check that fails does not stop the others; the site is not asked with wrong settings."""
    redis, splash = free_port(), free_port()
    values = {
        "HERALD_ARCHIVE": str(folder), "HERALD_CONTACT": "", "HERALD_NEAR_DUPLICATES": "perhaps",
        "HERALD_REDIS_URL": f"redis://:secret-of-redis@127.0.0.1:{redis}/0", "SPLASH_URL": f"http://me:secret-of-splash@127.0.0.1:{splash}",
    }  # fmt: skip
    done = scrapy("doctor", "-s", "DOWNLOAD_DELAY=soon", base=SITE, **values)
    assert (done.returncode, done.stderr) == (1, "")
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert {name for level, name, _ in lines if level == ERROR} == {"settings", "Redis", "renderer"}
    assert "DOWNLOAD_DELAY='soon': give a number" in done.stdout
    assert "give mark, drop or off" in done.stdout
    assert "set it to a mail address or page where its operators can reach you" in done.stdout
    assert [text for level, name, text in lines if name == "site"] == ["not asked: the settings are wrong"]
    assert "secret" not in done.stdout
    assert done.stdout.splitlines()[-1].endswith("error 4")


def test_other_checks_go_on_if_the_site_is_down() -> None:
    done = scrapy("doctor", base=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert re.search(
        r"^error +site .* cannot be reached: .*Check HERALD_BASE_URL and the network\.$", done.stdout, re.M
    )
    assert re.search(r"^ok +packages ", done.stdout, re.M)


# Python, packages, settings --------------------------------------------------------------


def test_a_checkout_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "DISTRIBUTION", "herald-spider-that-nobody-installed")
    level, found, todo = only_result("packages")
    assert level == WARNING
    assert "is not installed" in found
    assert "pip install --editable" in todo


def test_old_and_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "herald_spider-0.1.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(
        "Metadata-Version: 2.4\nName: herald-spider\nVersion: 0.1.0\n"
        "Requires-Dist: scrapy>=99\nRequires-Dist: lxml>=1\nProvides-Extra: cluster\n"
        'Requires-Dist: herald-optional>=1; extra == "cluster"\n'
        "Requires-Dist: herald-required\n"
        "Requires-Dist: herald-for-old-pythons; python_version < '3'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    level, found, todo = only_result("packages")
    assert level == ERROR
    scrapy_fault, missing = found.split("; ")
    assert re.fullmatch(r"scrapy 2\..* is installed, >=99 is required", scrapy_fault)
    assert missing == "herald-required is not installed"
    assert todo == "pip install --upgrade . in its checkout"


def test_wrong_settings_have_the_messages_of_the_spiders() -> None:
    assert only_result("settings")[0] == OK
    wrong = only_result("settings", HERALD_COMPRESS="zip")
    assert wrong == (ERROR, "HERALD_COMPRESS='zip': give off, zst or gz", "")
    assert only_result("contact", HERALD_CONTACT="mailto:x@example.org")[0] == OK
    assert only_result("contact")[0] == WARNING


def test_impolite_settings_are_warnings() -> None:
    assert only_result("politeness")[0] == OK
    assert only_result("politeness", ROBOTSTXT_OBEY=False)[1] == "robots.txt is not obeyed"
    assert only_result("politeness", DOWNLOAD_DELAY=0.1)[1] == "one request at a time, 0.1 s apart"
    local = {
        "HERALD_BASE_URL": "http://127.0.0.1:1",
        "CONCURRENT_REQUESTS": 8,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
    }
    assert only_result("politeness", **local)[:2] == (OK, "robots.txt obeyed, 4 requests at once, 1 s apart")
    few = {"CONCURRENT_REQUESTS": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}
    assert only_result("politeness", **few)[:2] == (OK, "robots.txt obeyed, one request at a time, 1 s apart")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ROBOTSTXT_OBEY=maybe", "ROBOTSTXT_OBEY='maybe': give 0 or 1"),
        ("SCHEDULER=mine.Scheduler", "SCHEDULER: No module named 'mine'"),
    ],
)
def test_a_wrong_setting_of_scrapy_is_one_error(given: str, message: str) -> None:
    base = f"http://127.0.0.1:{free_port()}"
    done = scrapy("doctor", "-s", given, base=base)
    assert (done.returncode, done.stderr) == (1, "")
    errors = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith(ERROR)]
    assert errors == [[ERROR, "settings", message]]
    done = scrapy("doctor", "10618541", "-s", given, base=base)
    assert done.returncode == 2
    assert given.partition("=")[0] in done.stderr
    assert "Traceback" not in done.stderr


# The archive -----------------------------------------------------------------------------


def test_a_sound_archive_is_not_touched(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for check in ("archive", "ledger"):
        assert only_result(check, folder)[0] == OK
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path != folder}
    assert after == {path: moment for path, moment in before.items() if path != folder}
    assert only_result("ledger", folder)[1].startswith(
        "24 articles (archived 24); SQLite's quick check passed"
    )


def test_nothing_archived_yet(tmp_path: Path) -> None:
    place = tmp_path / "new" / "archive"
    assert only_result("archive", place) == (
        OK,
        f"{place} does not exist yet; the first crawl creates it",
        "",
    )
    assert only_result("ledger", place)[0] == OK
    assert only_result("archive", "none")[0] == WARNING
    assert results("disk", "none") == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    level, found, todo = only_result("archive", file / "archive")
    assert (level, found) == (ERROR, f"{file} cannot be written (Not a directory)")
    assert "set HERALD_ARCHIVE" in todo


def test_an_archive_of_another_site(folder: Path) -> None:
    level, found, todo = only_result("ledger", folder, HERALD_BASE_URL="http://127.0.0.1:8642")
    assert level == ERROR
    assert found == f"the archive belongs to {SITE}, HERALD_BASE_URL is http://127.0.0.1:8642"
    assert todo == "give each site its own HERALD_ARCHIVE"


def test_a_damaged_ledger(folder: Path) -> None:
    size = (folder / "ledger.sqlite").stat().st_size
    overwrite(folder / "ledger.sqlite", 4096, b"\xff" * (size // 2))
    level, found, todo = only_result("ledger", folder)
    assert level == ERROR
    assert "damaged" in found
    assert "scrapy verify --repair" in found + todo


def test_a_ledger_that_is_no_database_or_missing(folder: Path) -> None:
    (folder / "ledger.sqlite").write_bytes(b"not a database" * 100)
    level, found, _ = only_result("ledger", folder)
    assert level == ERROR
    assert "is damaged (file is not a database)" in found
    assert "scrapy verify --repair" in found
    (folder / "ledger.sqlite").unlink()
    level, found, _ = only_result("ledger", folder)
    assert level == ERROR
    assert f"knows none of the 2 segments in {folder}" in found
    assert "scrapy verify --repair" in found


@pytest.mark.parametrize(
    ("version", "level", "message"),
    [(VERSION + 1, ERROR, f"this Herald Spider supports {VERSION}"), (1, OK, f"upgrades it to {VERSION}")],
)
def test_a_ledger_of_another_version(folder: Path, version: int, level: str, message: str) -> None:
    alter(folder, f"UPDATE facts SET value = '{version}' WHERE name = 'schema_version'")
    found = only_result("ledger", folder)
    assert found[0] == level
    assert message in found[1]


def test_articles_in_unknown_states(folder: Path) -> None:
    alter(folder, "UPDATE articles SET state = 'lost' WHERE id = (SELECT min(id) FROM articles)")
    assert only_result("ledger", folder) == (ERROR, "1 articles are in no known state", "run scrapy verify")


def test_a_large_ledger_is_not_checked_by_sqlite(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_LARGE", 1)
    level, found, _ = only_result("ledger", folder)
    assert level == OK
    assert "too large for a quick check; scrapy verify checks every line" in found


def alter(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_ledger_on_a_server(tmp_path: Path) -> None:
    with postgres_server() as server:
        url = server.make_database("new")
        assert only_result("ledger", tmp_path, HERALD_LEDGER_URL=url)[1].startswith("none yet")
        Archive(str(tmp_path), SITE, ledger_url=url).close()
        assert only_result("ledger", tmp_path, HERALD_LEDGER_URL=url)[1].startswith(
            "0 articles (none yet); the database answers"
        )
        server.stop()
        level, found, _ = only_result("ledger", tmp_path, HERALD_LEDGER_URL=url)
        server.start()
    assert level == ERROR
    assert "cannot be used" in found
    assert "HERALD_LEDGER_URL right?" in found
    assert "secret" not in found


# Disk ------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a file system of its own in `folder`."""
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


@pytest.mark.parametrize(("size", "level"), [("50m", ERROR), ("500m", WARNING), ("3g", OK)])
def test_room_on_the_disk(tmp_path: Path, size: str, level: str) -> None:
    with small_disk(tmp_path, "-o", f"size={size}") as place:
        assert only_result("disk", place / "archive")[0] == level


def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    with small_disk(tmp_path, "-o", "ro") as place:
        level, found, _ = only_result("archive", place)
    assert (level, found) == (ERROR, f"{tmp_path} cannot be written (Read-only file system)")


# Services --------------------------------------------------------------------------------


def test_redis_up_and_down() -> None:
    assert results("Redis") == []
    with redis_server() as server:
        assert only_result("Redis", HERALD_REDIS_URL=server.url) == (OK, "answers", "")
        wrong = server.url.replace("secret-of-redis", "other-secret")
        assert only_result("Redis", HERALD_REDIS_URL=wrong)[0] == ERROR
        url = server.url
    level, found, todo = only_result("Redis", HERALD_REDIS_URL=url)
    assert level == ERROR
    assert "Connection refused" in found
    assert "secret" not in found + todo


@pytest.mark.parametrize(
    "url",
    ["redis://:sec/ret@127.0.0.1:1", "redis://:sec?ret@127.0.0.1", "redis://me:secret@[::1:1", "secret://x"],
)
def test_no_part_of_a_password_is_shown(url: str) -> None:
    level, found, todo = only_result("Redis", HERALD_REDIS_URL=url)
    assert level == ERROR
    assert "sec" not in found + todo


def test_splash_up_and_down(tmp_path: Path) -> None:
    server = Splash(tmp_path)
    server.start()
    try:
        level, found, _ = only_result("renderer", SPLASH_URL=server.url)
        assert level == OK
        assert re.fullmatch(r"Splash at .* answers", found)
    finally:
        server.kill()
    level, found, todo = only_result("renderer", SPLASH_URL=server.url.replace("//", "//me:secret@"))
    assert level == ERROR
    assert "does not answer" in found
    assert todo == "start Splash, or correct SPLASH_URL"
    assert "secret" not in found


def test_a_server_that_is_not_splash() -> None:
    with small_site() as base:
        assert only_result("renderer", SPLASH_URL=base)[0] == ERROR


def test_chromium_starts_or_says_why(tmp_path: Path) -> None:
    level, found, _ = only_result("renderer", HERALD_RENDERER="playwright")
    assert (level, found.startswith("Chromium ")) == (OK, True)
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o700)
    level, found, todo = only_result(
        "renderer",
        HERALD_RENDERER="playwright",
        PLAYWRIGHT_LAUNCH_OPTIONS=json.dumps({"executable_path": str(broken)}),
    )
    assert level == ERROR
    assert found.startswith(f"{broken} does not start: ")
    assert "executable_path" in todo


# The site --------------------------------------------------------------------------------


@contextmanager
def small_site(front: str = "", robots: str = "", ahead: float = 0) -> Iterator[str]:
    """Serve a site of two pages, whose clock is ahead of this machine's by `ahead` seconds."""

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


def first_look(base: str) -> dict[str, Finding]:
    """Return the findings about the site at `base`, by check."""
    settings = Settings(project_settings(HERALD_BASE_URL=base))
    look = network.FirstLook(Fetch(base))
    carry_out(look, base)
    return {each.check: each for each in network.site(Checkup(settings, site=look))}


def test_a_wrong_clock_a_long_delay_and_another_site() -> None:
    robots = "User-agent: *\nCrawl-delay: 10\n"
    with small_site("<title>Elsewhere</title>", robots, ahead=7200) as base:
        found = first_look(base)
    assert found["clock"].level == ERROR
    assert re.match(r"the site's clock is 7[12]\d\d s ahead of this machine's", found["clock"].found)
    assert found["robots.txt"].level == OK
    assert found["robots.txt"].found == (
        "it asks for 10 s between requests, DOWNLOAD_DELAY is 1; a crawl keeps the longer"
    )
    assert found["site"].level == ERROR
    assert "its menu has 0 sections of the paper" in found["site"].found


def test_robots_txt_that_forbids_articles() -> None:
    robots = "User-agent: *\nDisallow: /article/\nDisallow: /rss\n"
    with small_site(robots=robots, ahead=-1800) as base:
        found = first_look(base)
    assert found["robots.txt"].level == ERROR
    assert found["robots.txt"].found.startswith("it forbids /article/10618541, /rss")
    assert found["clock"].level == WARNING
    assert re.match(r"the site's clock is 1[78]\d\d s behind this machine's", found["clock"].found)


def test_a_redirected_robots_txt_and_an_error_page_with_rules_are_obeyed() -> None:
    """The check follows Scrapy, which obeys the rules after a redirect and with any status."""
    with running_site() as site:
        site.answers["/robots.txt"] = FixedResponse(status=301, headers={"Location": "/rules.txt"})
        site.answers["/rules.txt"] = FixedResponse(b"User-agent: *\nDisallow: /article/\n", status=404)
        done = scrapy("doctor", base=site.url)
    assert "error    robots.txt  it forbids /article/10618541" in done.stdout
