"""What `scrapy status` counts, each sum by itself."""

from __future__ import annotations

import argparse
import io
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from herald_spider.archive import Archive
from herald_spider.archive.counts import REASONS, reasons
from herald_spider.archive.health import PLAN
from herald_spider.archive.invariants import QUESTIONS, misplaced
from herald_spider.archive.ledger import FAILED, GONE, MAX_ATTEMPTS, now
from herald_spider.archive.schema import articles, runs
from herald_spider.archive.status import DAYS, moment, status
from herald_spider.archive.view import View
from herald_spider.doctor.archive import plan
from herald_spider.doctor.finding import Checkup
from herald_spider.items import Article
from herald_spider.text.console import OptionError, forget_output, positionals, say
from herald_spider.text.terminal import printable, size, table
from herald_spider.urls import article_url
from tests.archives import ITEMS, SITE, keep
from tests.demo import ROOT, scrapy


def item(number: int, published: str | None = None, section: str | None = None) -> Article:
    url = article_url(str(number))
    return replace(
        ITEMS[0], id=str(number), url=url, aliases=[], published_at=published, section=section, subsection=None,
        headline=f"Headline {number}", body=f"Body {number}.", content_hash=f"{number:032}", listed_in=[],
    )  # fmt: skip


def said(folder: Path) -> dict[str, Any]:
    view = View(folder)
    try:
        return status(view)
    finally:
        view.close()


def write(folder: Path, *statements: Any) -> None:
    archive = Archive(str(folder))
    with archive.ledger.transaction() as connection:
        for statement in statements:
            connection.execute(statement)
    archive.close()


def discover(folder: Path, *ids: int) -> None:
    archive = Archive(str(folder), SITE)
    archive.ledger.discover([(str(each), article_url(str(each)), "herald", None) for each in ids])
    archive.close()


def test_sections_and_days_count_archived_articles(tmp_path: Path) -> None:
    kept = [
        item(1, "2026-09-14T00:00:00+09:00", "business"),
        item(2, "2026-09-14T23:59:59+09:00", "business"),
        item(3, "2026-09-13T23:59:59+09:00", "national"),
        item(4, None, "sports"),
        item(5, "2026-09-13T12:00:00+09:00", "sports"),
        item(6),
    ]
    keep(tmp_path, "a", *kept)
    discover(tmp_path, 9)
    write(tmp_path, articles.update().where(articles.c.id == "9").values(published=now(), section="world"))
    found = said(tmp_path)
    assert list(found["sections"])[:2] == ["business", "sports"]
    assert found["sections"] == {"business": 2, "sports": 2, "national": 1, "none named": 1}
    assert list(found["days"].items()) == [("2026-09-14", 2), ("2026-09-13", 2)]
    assert found["archive"] == str(tmp_path)
    assert (found["lines"], found["revisions"], found["segments"], found["listings"]) == (6, 0, 1, 0)
    keep(tmp_path, "b")  # a run that kept nothing has no segment to count
    assert said(tmp_path)["segments"] == 1


def test_only_the_last_days_and_largest_sections_are_shown(tmp_path: Path) -> None:
    kept = [item(day, f"2026-09-{day:02}T12:00:00+09:00", f"section-{day:02}") for day in range(1, 18)]
    keep(tmp_path, "a", *kept)
    found = said(tmp_path)
    assert list(found["days"]) == [f"2026-09-{day:02}" for day in range(17, 17 - DAYS, -1)]
    assert list(found["sections"]) == [f"section-{day:02}" for day in range(1, 11)]


def test_near_duplicates_count_archived_articles(tmp_path: Path) -> None:
    keep(tmp_path, "a", item(1), item(2))
    discover(tmp_path, 9)
    write(tmp_path, articles.update().where(articles.c.id.in_(["2", "9"])).values(duplicate_of="1"))
    assert said(tmp_path)["near_duplicates"] == 1


def test_pending_articles_are_due_later_or_given_up(tmp_path: Path) -> None:
    discover(tmp_path, *range(1, 9))
    rows = {
        2: (0, 1),
        3: (now() - 5, 1),
        4: (now() + 999, 1),
        5: (0, MAX_ATTEMPTS),
        6: (now() + 999, MAX_ATTEMPTS),
    }
    rows |= {7: (now() + 999, MAX_ATTEMPTS - 1), 8: (now() + 999, 1)}
    update = articles.update()
    write(
        tmp_path,
        *(
            update.where(articles.c.id == str(each)).values(state=FAILED, retry_at=due, attempts=attempts)
            for each, (due, attempts) in rows.items()
        ),
    )
    assert said(tmp_path)["waiting"] == {
        "discovered": 1,
        "failed_due": 2,
        "failed_later": 3,
        "failed_given_up": 2,
    }


def test_reasons_come_with_the_newest_examples(tmp_path: Path) -> None:
    discover(tmp_path, *range(1, 41))
    archive = Archive(str(tmp_path))
    for number in range(1, 6):
        archive.ledger.set_state(str(number), GONE, "HTTP 404")
    for number in range(6, 9):
        archive.ledger.set_state(str(number), GONE, f"nearly repeats 1087000{number}")
    for number in range(9, 11):
        archive.ledger.set_state(str(number), GONE)
    for number in range(11, 11 + REASONS):
        archive.ledger.set_state(str(number), GONE, f"reason {number}")
    archive.ledger.set_state("40", FAILED, "HTTP 404")
    with archive.ledger.transaction() as connection:
        for number in range(1, 6):
            row = articles.update().where(articles.c.id == str(number))
            connection.execute(row.values(last_seen=100 + number // 2))
        found = list(reasons(connection, GONE))
        some = list(reasons(connection, GONE, articles.c.id < "2"))
    archive.close()
    assert found[0] == {
        "state": GONE, "reason": "HTTP 404", "articles": 5, "examples": [article_url(n) for n in "452"],
    }  # fmt: skip
    assert (found[1]["reason"], found[1]["articles"]) == ("nearly repeats …", 3)
    assert found[1]["examples"] == [article_url(n) for n in "678"]
    assert (found[2]["reason"], found[2]["examples"]) == (
        "no reason noted",
        [article_url(n) for n in ("10", "9")],
    )
    assert [each["reason"] for each in found[3:-1]] == [f"reason {number}" for number in range(11, 18)]
    assert found[-1] == {"state": GONE, "reason": "3 other reasons", "articles": 3, "examples": []}
    assert {url for each in some for url in each["examples"]} <= {
        article_url(f"{n}") for n in (1, *range(10, 20))
    }
    assert sum(each["articles"] for each in some) == 11


def test_the_last_runs_are_shown_newest_first(tmp_path: Path) -> None:
    keep(tmp_path, "a", item(1))
    rows = [
        {"job": f"job {n}", "spider": "herald", "arguments": "{}", "started": 1_000_000_000 + n // 2,
         "ended": None, "outcome": None, "stats": None, "monitors": None}
        for n in range(6)
    ]  # fmt: skip
    rows[5] |= {"started": 2_000_000_000, "ended": 2_000_000_060, "outcome": "finished"}
    rows[5] |= {"stats": '{"herald/articles": 7}', "monitors": '{"Shares": "odd"}'}
    rows[4] |= {"started": 2_000_000_000, "stats": "[1]", "monitors": "{"}
    write(tmp_path, runs.delete(), runs.insert().values(rows))
    found = said(tmp_path)["runs"]
    assert [each["job"] for each in found] == ["job 4", "job 5", "job 2", "job 3", "job 0"]
    assert found[1] == {
        "job": "job 5", "spider": "herald", "arguments": "{}", "started": "2033-05-18T03:33:20Z",
        "ended": "2033-05-18T03:34:20Z", "outcome": "finished", "articles": 7, "monitors": {"Shares": "odd"},
        "version": None, "host": None,
    }  # fmt: skip
    assert (found[0]["ended"], found[0]["articles"], found[0]["monitors"]) == (None, 0, {})
    assert (found[2]["articles"], found[2]["monitors"]) == (0, {})


def test_bytes_on_disk_are_those_of_the_files(tmp_path: Path) -> None:
    keep(tmp_path, "a", item(1))
    (tmp_path / "ledger.sqlite.damaged").mkdir()
    (tmp_path / "articles" / "folder").mkdir()
    (tmp_path / "ledger.sqlite-wal").write_bytes(b"12345")
    view = View(tmp_path)
    disk = status(view)["disk"]
    ledger = [tmp_path / name for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm")]
    expected = sum(each.stat().st_size for each in ledger if each.exists())
    view.close()
    assert disk["segments"] == next((tmp_path / "articles").glob("*.jsonl")).stat().st_size
    assert disk["ledger"] == expected > 5


def test_times_are_written_in_utc() -> None:
    assert moment(1_789_376_400) == "2026-09-14T09:00:00Z"
    assert moment(0) == "1970-01-01T00:00:00Z"
    assert moment(None) is None


# What must hold ----------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["revision", "segment", "offset", "length", "content_hash"])
def test_an_article_that_does_not_point_to_its_newest_line_is_found(tmp_path: Path, column: str) -> None:
    keep(tmp_path, "a", item(1), item(2), item(3))
    keep(tmp_path, "b", replace(item(2), body="New.", content_hash="f" * 32))
    view = View(tmp_path)
    with view.snapshot() as connection:
        assert list(connection.scalars(misplaced())) == []
        connection.execute(
            articles.update()
            .where(articles.c.id == "2")
            .values({column: None if column != "revision" else 7})
        )
        assert list(connection.scalars(misplaced())) == ["2"]
        kind = "articles that do not point to their newest line"
        found = {name: list(connection.scalars(question)) for name, question in QUESTIONS.items()}
    assert {name: ids for name, ids in found.items() if ids} == {kind: ["2"]}
    view.close()


# Text for a terminal -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two lines"),
        ("\x1b[2J", "\\x1b[2J"),
        (
            "배\u3000\u00a0\U0001f468\u200d\U0001f469",
            "배\u3000\u00a0\U0001f468\u200d\U0001f469",
        ),  # wide spaces, emoji
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        (5, "5"),
    ],
)
def test_control_characters_are_escaped(text: object, shown: str) -> None:
    assert printable(text) == shown


def test_numbers_are_right_aligned() -> None:
    assert table([(1234, "a"), (5, "b\x1b"), ("n/a", "c")]) == ["  1,234  a", "      5  b\\x1b", "    n/a  c"]
    assert table([(1, "a")], indent="") == ["1  a"]
    assert table([]) == []


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (1024**2, "1.0 MB"),
        (1024**3, "1.0 GB"),
        (5 * 1024**4, "5.0 TB"),
    ],
)
def test_sizes_have_readable_units(count: int, shown: str) -> None:
    assert size(count) == shown


def test_output_to_a_closed_pipe_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    with target.open("w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdout", file)
        forget_output()
        print("what is left")
        file.flush()
    monkeypatch.undo()
    assert target.read_bytes() == b""


def test_a_failing_output_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, said in ((OSError(28, "No space left"), True), (BrokenPipeError(32, "Broken pipe"), False)):

        class Failing(io.StringIO):
            def flush(self, error: OSError = error) -> None:
                raise error

        forgotten: list[bool] = []
        with monkeypatch.context() as patch:
            patch.setattr(
                "herald_spider.text.console.forget_output", lambda found=forgotten: found.append(True)
            )
            patch.setattr(sys, "stdout", Failing())
            if said:
                with pytest.raises(OptionError, match="the output cannot be used: No space left"):
                    say(["x"])
            else:
                say(["x"])
        assert forgotten == [True]


@pytest.mark.parametrize(
    ("given", "most", "said"),
    [
        (["a", "-"], 2, None),
        (["a", "b"], 1, "unexpected argument b"),
        (["--jsno"], 0, "no option --jsno; did you mean --json?"),
        (["--jsonn=x=y"], 0, "no option --jsonn=x=y; did you mean --json?"),
        (["--zz"], 0, "no option --zz"),
        (["-x\x1b"], 0, "no option -x\\x1b"),
    ],
)
def test_unknown_options_are_a_clear_error(given: list[str], most: int, said: str | None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    if said is None:
        assert positionals(parser, given, most) == given
        return
    with pytest.raises(OptionError) as error:
        positionals(parser, given, most)
    assert str(error.value) == said


# The last good runs ---------------------------------------------------------------------------

SCHEDULED = "1f1a8c1ec8c411f1a2d602fc000000{:02}"  # an id of scrapyd's


def ended(job: str, spider: str, ago: int, outcome: str | None = "finished") -> dict[str, Any]:
    end = now() - ago
    return {
        "job": job, "spider": spider, "arguments": "{}", "started": end - 60, "ended": end if outcome else None,
        "outcome": outcome, "monitors": '{"gone": "x"}',
    }  # fmt: skip


@pytest.fixture
def scheduled(tmp_path: Path) -> Path:
    """An archive whose feeds are overdue since their runs fail, and whose sections are read in time."""
    keep(tmp_path, "a", item(1))
    rows = [
        ended(SCHEDULED.format(1), "rss", 10 * 3600),
        ended(SCHEDULED.format(2), "rss", 9 * 3600, "unreachable"),
        ended(SCHEDULED.format(3), "rss", 3600, "archive_not_writable"),
        ended(SCHEDULED.format(4), "rss", 600, "already_running"),
        ended(SCHEDULED.format(5), "herald", 1800),
        ended("by-hand", "sitemap", 90 * 86_400),
    ]
    write(tmp_path, runs.delete(), *(runs.insert().values(row) for row in rows))
    return tmp_path


def test_the_last_good_runs_and_what_is_overdue(scheduled: Path) -> None:
    found = {each["spider"]: each for each in said(scheduled)["spiders"]}
    assert {name for name, each in found.items() if each["overdue"]} == {"rss"}, "by hand, nothing is overdue"
    feeds = found["rss"]
    assert (feeds["failures"], feeds["seconds"], feeds["last_outcome"]) == (2, 60, "already_running")
    assert 10 * 3600 <= feeds["age"] < 11 * 3600
    shown = scrapy("status", base=SITE, HERALD_ARCHIVE=str(scheduled)).stdout
    assert (
        "  rss: 10 h ago, took 1 min; 2 runs failed since (already_running); OVERDUE: see the timers" in shown
    )
    assert "  herald: 30 min ago, took 1 min\n" in shown
    assert "  sitemap: 90 days ago, took 1 min\n" in shown


def test_the_doctor_warns_when_the_plan_is_overdue(scheduled: Path) -> None:
    checkup = Checkup(Settings({"HERALD_ARCHIVE": str(scheduled)}), None)
    found = list(plan(checkup))
    assert [(each.level, each.found) for each in found] == [
        ("ok", "the last good run of spider herald was 30 min ago"),
        ("warning", "the last good run of spider rss was 10 h ago: already_running since"),
    ]


def test_the_plan_of_the_doctor_is_that_of_the_crontab() -> None:
    lines = (ROOT / "deploy/crontab").read_text()
    assert re.search(r"^5,35 \* \* \* \* .* feeds ", lines, re.MULTILINE)
    assert re.search(r"^20 \* \* \* \* .* sections ", lines, re.MULTILINE)
    assert re.search(r"^50 4 \* \* 0 .* sitemap ", lines, re.MULTILINE)
    assert PLAN == {"rss": 1800, "herald": 3600, "sitemap": 7 * 86_400}


def test_figures_for_prometheus(scheduled: Path) -> None:
    done = scrapy("status", "--prometheus", base=SITE, HERALD_ARCHIVE=str(scheduled))
    assert done.returncode == 0
    samples = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines() if not line.startswith("#"))
    assert samples['herald_articles{state="archived"}'] == "1"
    assert samples['herald_overdue{spider="rss"}'] == "1"
    assert samples['herald_overdue{spider="herald"}'] == "0"
    assert samples['herald_failed_runs{spider="rss"}'] == "2"
    assert samples['herald_last_good_run_duration_seconds{spider="herald"}'] == "60"
    assert samples['herald_failed_monitors{spider="herald"}'] == "1"
    assert 36_000 <= int(samples['herald_last_good_run_age_seconds{spider="rss"}']) < 40_000
    names = [line.split("{")[0].split(" ")[0] for line in samples]
    for name in set(names):
        assert done.stdout.count(f"# TYPE {name} gauge\n") == 1
    assert scrapy("status", "--prometheus", "--json", base=SITE).returncode == 2
