"""Logs and files without control characters and secrets: real crawls, and all that they write."""

from __future__ import annotations

import gzip
import io
import json
import logging
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.settings import Settings

from herald_spider import logs
from tests.demo import SETTINGS, fetch, replace, scrapy, truth
from tests.faulty_demo import running_demo
from tests.servers import PostgresServer, RedisServer
from tests.sites import FixedResponse, running_site

# Colour, an 8-bit control, a title, a bell, right-to-left override.
EVIL = "\x1b[31m\x9b2J\x1b]0;mine\x07\u202e"
ENTITIES = "&#27;[31m&#155;2J\u202e&#x1b;]0;mine&#7;"
FORGED = "2026-01-01 00:00:00 [herald] INFO: forged"


def assert_harmless(text: str) -> None:
    found = {char for char in text if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t\r"}
    assert not found - {"\u200d"}, found  # the joiner of emoji


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=45) as base:
        yield base


def test_a_hostile_page_cannot_control_a_terminal(demo: str, tmp_path: Path) -> None:
    """Control characters in headlines, menu labels and addresses; the log and every command."""
    items = truth(demo)
    victims = [key for key, item in sorted(items.items()) if item["layout"] == "2024" and item["headline"]][
        :3
    ]
    for key in victims:
        page = fetch(f"{demo}/article/{key}").decode("utf-8")
        assert page.count(items[key]["headline"].split()[0]) > 1
        first = items[key]["headline"].split()[0]
        hostile = page.replace(first, f"{first}{ENTITIES}{EVIL}").encode()
        replace(demo, f"/article/{key}", hostile, "text/html; charset=utf-8")
    label = f"Evil{EVIL}{ENTITIES}\n{FORGED}"
    home = fetch(f"{demo}/").decode()
    home = home.replace("<ul class='gnb'>", f"<ul class='gnb'><li><a href='/Evil'>{label}</a></li>", 1)
    assert "/Evil" in home
    replace(demo, "/", home.encode(), "text/html; charset=utf-8")
    replace(
        demo, "/Evil", f'<ul class="gnb"></ul><a href="/article/%1b[2J{EVIL}">x</a>'.encode(), "text/html"
    )
    log = tmp_path / "log"
    environment = {"HERALD_ARCHIVE": str(tmp_path / "archive")}
    done = scrapy(
        "crawl", "herald", *SETTINGS, "-s", "LOG_LEVEL=DEBUG", "--logfile", str(log), base=demo, **environment
    )
    assert done.returncode == 0, log.read_text()[-3000:]
    assert_harmless(log.read_text("utf-8"))
    assert "DEBUG: Crawled (200) <GET " in log.read_text("utf-8")
    assert "DEBUG: Scraped from <200 " in log.read_text("utf-8")
    assert "a section that sections.py lacks: Evil" in log.read_text("utf-8")
    assert f"\n{FORGED}" not in log.read_text("utf-8")
    [segment] = (tmp_path / "archive/articles").glob("*.jsonl")
    with segment.open("r+b") as file:
        file.seek(100)
        file.write(b"\x1b[2J")
    for command in (["status"], ["status", "--json"], ["history", victims[0]], ["verify"], ["export"],
                    ["export", "--format", "csv"], ["history", f"x{EVIL}"], ["status", f"--x{EVIL}"]):  # fmt: skip
        said = scrapy(*command, base=demo, **environment)
        assert said.stdout + said.stderr
        assert_harmless(said.stdout + said.stderr)


def test_a_hostile_server_cannot_control_a_terminal(tmp_path: Path) -> None:
    """Control characters in reason phrases, headers and rows of an index."""
    evil = "\x1b[31m\x9b2J"  # what a header can hold
    with running_site() as site:
        row = {
            "urlkey": "k",
            "timestamp": "20210408000000",
            "mime": "text/html",
            "status": "200",
            "digest": "A",
        }
        rows = [{**row, "url": f"{site.url}/article/{number}?{EVIL}\n{FORGED}"} for number in (101, 102)]
        index = "\n".join(map(json.dumps, rows)).encode()

        class Hostile(dict[str, FixedResponse]):
            """A different faulty answer for each path."""

            def get(self, path: str, default: FixedResponse = FixedResponse()) -> FixedResponse:  # type: ignore[override]  # noqa: B008
                if path.startswith("/cdx"):
                    return FixedResponse(index if "article" in path else b"")
                if path.startswith("/article/103"):
                    return FixedResponse(status=302, headers={"Location": f"http://example.com/{evil}"})
                if path.startswith("/article/104"):
                    return FixedResponse(status=429, headers={"Retry-After": evil}, reason=evil)
                return FixedResponse(
                    status=500, reason=evil, headers={"Server": evil, "ETag": evil, "Content-Type": evil}
                )

        site.answers = Hostile()
        environment = {"HERALD_ARCHIVE": str(tmp_path), "HERALD_CDX_URL": f"{site.url}/cdx",
                       "HERALD_MEMENTO_URL": f"{site.url}/web"}  # fmt: skip
        quick = [*SETTINGS, "-s", "RETRY_TIMES=0", "-s", "LOG_LEVEL=DEBUG"]
        given = ["-a", "url=103,104,105"]
        for spider, arguments in (("urls", given), ("wayback", []), ("rss", []), ("sitemap", [])):
            done = scrapy("crawl", spider, *quick, *arguments, base=site.url, **environment)
            assert_harmless(done.stderr)
            assert f"\n{FORGED}" not in done.stderr
        for command in (["status"], ["status", "--json"], ["history", "101"], ["history", "103"], ["verify"]):
            said = scrapy(*command, base=site.url, **environment)
            assert said.stdout + said.stderr
            assert_harmless(said.stdout + said.stderr)


# Secrets ----------------------------------------------------------------------------------

SECRETS = {
    "SPIDERMON_SLACK_SENDER_TOKEN": "xoxb-slack-of-ours", "SPIDERMON_TELEGRAM_SENDER_TOKEN": "telegram-of-ours",
    "SPIDERMON_SMTP_PASSWORD": "smtp-of-ours", "SPIDERMON_AWS_SECRET_KEY": "aws-of-ours",
}  # fmt: skip


def written(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield path, data
            if path.suffix == ".gz":
                yield path, gzip.GzipFile(fileobj=io.BytesIO(data)).read()


@pytest.mark.parametrize("by_environment", [True, False])
def test_secrets_are_never_written(
    by_environment: bool, demo: str, redis: RedisServer, postgres: PostgresServer, tmp_path: Path
) -> None:
    """Secrets of the environment and of the command line; all files of a crawl, and the database."""
    database = postgres.make_database(f"secrets{by_environment}".lower())
    settings = {**SECRETS, "HERALD_REDIS_URL": redis.url, "HERALD_LEDGER_URL": database,
                "HERALD_WARC": "on", "HERALD_ARCHIVE": str(tmp_path / "archive"), "AWS_SECRET_ACCESS_KEY": "s3-of-ours",
                "no_proxy": "127.0.0.1", "https_proxy": "http://me:proxy-of-ours@127.0.0.1:1"}  # fmt: skip
    given = {name: settings.pop(name) for name in SECRETS} if not by_environment else {}
    log = tmp_path / "log"
    done = scrapy(
        "crawl", "herald", *SETTINGS, *(part for name, value in given.items() for part in ("-s", f"{name}={value}")),
        "-s", "LOG_LEVEL=DEBUG", "--logfile", str(log), "-a", "sections=k-pop",
        "-s", "FTP_PASSWORD=ftp-of-ours", "-O", f"{tmp_path}/out.jsonl", base=demo, **settings,
    )  # fmt: skip
    assert done.returncode == 0, log.read_text()[-3000:]
    assert "'FTP_PASSWORD': '***'" in log.read_text()
    said = [scrapy(*command, base=demo, **settings) for command in (["status"], ["verify"])]
    output = "".join(each.stdout + each.stderr for each in [done, *said])
    assert "of-ours" not in output
    assert "secret-of" not in output
    files = list(written(tmp_path))
    assert any(path.name.endswith(".warc.gz") for path, _ in files)
    for path, data in files:
        assert b"of-ours" not in data, path
        assert b"secret-of" not in data, path
    import psycopg

    with psycopg.connect(database) as connection:
        for table in ("runs", "articles", "facts", "listings", "segments"):
            rows = str(connection.execute(f"SELECT * FROM {table}").fetchall())
            assert "of-ours" not in rows
            assert "secret-of" not in rows


@pytest.mark.parametrize(
    "name",
    [
        "HERALD_BASE_URL",
        "HERALD_CDX_URL",
        "HERALD_MEMENTO_URL",
        "HERALD_LEDGER_URL",
        "HERALD_REDIS_URL",
        "SPLASH_URL",
    ],
)
def test_a_password_in_a_wrong_address_is_masked(name: str, tmp_path: Path) -> None:
    values = {"HERALD_ARCHIVE": str(tmp_path), name: "http://me:pass/of-ours@127.0.0.1:1x/"}
    base = values.pop("HERALD_BASE_URL", "http://127.0.0.1:1")
    done = scrapy("crawl", "wayback", *SETTINGS, "-s", "RETRY_TIMES=0", base=base, **values)
    assert "of-ours" not in done.stdout + done.stderr
    said = scrapy("status", base=base, **values)
    assert "of-ours" not in said.stdout + said.stderr


@pytest.mark.parametrize("name", ["HERALD_BASE_URL", "HERALD_CDX_URL", "HERALD_MEMENTO_URL"])
def test_an_address_with_a_user_is_refused(name: str, tmp_path: Path) -> None:
    """It would be written to the archive."""
    values = {"HERALD_ARCHIVE": str(tmp_path / "archive"), name: "http://me:pass-of-ours@127.0.0.1:1"}
    done = scrapy(
        "crawl", "wayback", *SETTINGS, base=values.pop("HERALD_BASE_URL", "http://127.0.0.1:1"), **values
    )
    assert done.returncode == 2
    assert "of-ours" not in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("password", ["pass-of-ours", "pass\\\\of-ours"], ids=["plain", "with a backslash"])
@pytest.mark.parametrize(
    "command",
    [
        ["doctor"], ["doctor", "--site"], ["doctor", "-L", "DEBUG", "--site"],
        ["doctor", "no page"], ["check", "herald"], ["check"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_commands_mask_passwords(command: list[str], password: str, folder: Path) -> None:
    base = f"http://me:{password}@127.0.0.1:1"
    done = scrapy(*command, base=base, HERALD_ARCHIVE=str(folder))
    assert done.returncode in (1, 2), done.stderr
    assert "http://me:***@127.0.0.1:1" in done.stdout + done.stderr
    assert "of-ours" not in done.stdout + done.stderr


@pytest.mark.parametrize("job", ["../../evil", "a\nb"])
def test_a_job_name_that_leads_to_another_folder_is_refused(job: str, tmp_path: Path) -> None:
    done = scrapy("crawl", "urls", "-a", f"_job={job}", "-a", "url=1", base="http://127.0.0.1:1",
                  HERALD_ARCHIVE=str(tmp_path / "archive"))  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "is no name of a job" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Summary\n  articles 1\n", "Summary\n  articles 1\n"),
        ("a\tb", "a   b"),
        ("한글 — “quoted” 👩\u200d🚀", "한글 — “quoted” 👩\u200d🚀"),
        ("x\x1b[2J\r\x9b", "x\\x1b[2J\\r\\x9b"),
        ("x\n2026-01-01 forged", "x\n 2026-01-01 forged"),
        ("x\u20282026", "x\\u20282026"),
        ("postgresql://host/db?user=me&password=x%20y&z=1", "postgresql://host/db?user=me&password=***&z=1"),
        ("-a url=https://me:pa$s@host/article/1", "-a url=https://me:***@host/article/1"),
        (
            "'SPLASH_URL': 'http://splash:8050/?api_token=abc'",
            "'SPLASH_URL': 'http://splash:8050/?api_token=***'",
        ),
        ("http://host:80/a@b?page=2&sort=token", "http://host:80/a@b?page=2&sort=token"),
        ("{'A_TOKEN': 'ab', 'B': 'c'}", "{'A_TOKEN': '***', 'B': 'c'}"),
    ],
)
def test_text_is_cleaned(text: str, cleaned: str) -> None:
    assert logs.clean(text) == cleaned


def test_a_traceback_is_cleaned_and_keeps_its_lines() -> None:
    record = logs.Record("x", logging.ERROR, "f", 1, "It failed", (), None)
    try:
        raise ValueError(f"{EVIL}\n{FORGED}")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    text = logging.Formatter("%(message)s").format(record)
    assert text.startswith("It failed\nTraceback (most recent call last):\n  File ")
    assert f"\n {FORGED}" in text
    assert_harmless(text)


def test_secrets_are_found_in_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings(
        {
            "HERALD_LEDGER_URL": "postgresql://me:p%40ss/word@host/db", "SPIDERMON_SMTP_PASSWORD": "geheim",
            "FEEDS": {"ftp://me:feed-pass@host/x": {"format": "jsonl"}}, "X_TOKENS": ["one-token"], "SHORT_TOKEN": "x",
            "AN_API_KEY": "back\\slash", "HERALD_ARCHIVE": "archive", "FILES": {"a/my_secret.jsonl": "jsonl"}, "BOT_NAME": "token",
        }
    )  # fmt: skip
    assert logs.secrets_of(settings) == {
        "p%40ss/word", "p@ss/word", "geheim", "feed-pass", "one-token", "back\\slash", "back\\\\slash",
    }  # fmt: skip


def test_every_value_in_the_query_of_a_service_is_a_secret() -> None:
    given = {
        "SPLASH_URL": "http://splash:8050/?k=abcdefgh12&wait=true",
        "HERALD_CDX_URL": "https://a.kr/cdx?zugang=wert9876",
    }
    found = logs.secrets_of(Settings(given))
    assert {"abcdefgh12", "wait=true", "wert9876"} <= found
    assert "true" not in found
