"""Reports in a real browser: after crawls, and of archives with unusual or hostile content."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from lxml import html
from playwright.sync_api import Browser
from scrapy.exceptions import UsageError

from herald_spider.archive import Archive
from herald_spider.archive.ledger import FAILED, GONE, REJECTED
from herald_spider.archive.runs import Run, find
from herald_spider.archive.schema import articles, runs
from herald_spider.archive.view import View
from herald_spider.items import Article
from herald_spider.report import file_name, path_of, write
from herald_spider.report.days import SHADES, Days, shade
from herald_spider.report.fields import coverage_table, fall_backs
from herald_spider.report.page import link
from herald_spider.report.words import duration, percent, plain, span_name
from herald_spider.urls import article_url, is_web_address
from tests.archives import ITEMS, SITE, changed, keep, refused, run
from tests.browser import CONTRASTS, chromium, opened, screenshot
from tests.demo import crawl, fetch, kept, scrapy, truth
from tests.faulty_demo import running_demo
from tests.servers import postgres_server

SECTIONS = [
    "newest", "days", "not-archived", "read", "changes", "traffic", "runs", "states",
]  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>", "</title><script>alert(2)</script>", "</svg></style><img src=x onerror=alert(3)>",
    "\u202eright to left\u202d", "W" * 10_000, "{{7*7}} {% raw %}", '" onmouseover="alert(4)', "nul \x00 escape \x1b[31m",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two crawls of the demo; before the second, some articles were changed, published or removed."""
    folder = tmp_path_factory.mktemp("crawled") / "archive"
    environment = {"HERALD_ARCHIVE": str(folder), "HERALD_REPORT": "on", "HERALD_REVISIT_HOURS": "999999"}
    with running_demo(articles=60) as base:
        first = crawl(base=base, **environment)
        ids = sorted(truth(base), reverse=True)
        for number, each in enumerate(ids[:6]):
            fetch(f"{base}/control/{'update' if number < 4 else 'remove'}?id={each}", post=True)
        fetch(f"{base}/control/publish?n=3", post=True)
        second = crawl(base=base, **environment)
        for done in (first, second):
            assert done.returncode == 0
            assert re.findall(r"ERROR|Traceback", done.stderr) == []
        assert scrapy("report", base=base, **environment).stdout.strip() == str(
            folder / "reports/archive.html"
        )
    return folder


def jobs(folder: Path) -> list[str]:
    """Return the jobs of an archive, the last one first."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        return [job for (job,) in connection.execute("SELECT job FROM runs ORDER BY rowid DESC")]


def report(folder: Path, *arguments: str, **settings: str) -> Path:
    """Return the path of a report that the command writes."""
    target = folder / "out.html"
    assert run(folder, "report", *arguments, "-o", str(target), **settings) == 0
    return target


def text_of(path: Path) -> str:
    """Return the text of a report without its styles."""
    root = html.fromstring(path.read_text("utf-8"))
    for element in list(root.iter("style")):
        element.drop_tree()
    return " ".join(root.text_content().split())


def edit(folder: Path, *statements: Any) -> None:
    archive = Archive(str(folder), SITE)
    with archive.ledger.transaction() as connection:
        for statement in statements:
            connection.execute(statement)
    archive.close()


@pytest.fixture
def two_runs(folder: Path) -> Path:
    """An archive with two runs, a and b, that did not begin in the same second."""
    edit(folder, runs.update().where(runs.c.job == "a").values(started=runs.c.started - 60))
    return folder


def dated(number: int, day: date, **values: Any) -> Article:
    moment = f"{day}T10:00:00+09:00"
    item = replace(ITEMS[0], id=str(number), url=article_url(str(number)), aliases=[], published_at=moment)
    return changed(item, f"Body {number}.", **values)


# In a browser ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["run", "archive"])
def test_a_report_fits_every_screen(
    crawled: Path, browser: Browser, tmp_path: Path, kind: str, scheme: str, width: int
) -> None:
    path = crawled / "reports" / f"{'archive' if kind == 'archive' else jobs(crawled)[0]}.html"
    with opened(browser, path, scheme=scheme, width=width) as found:
        assert found.requests == [path.resolve().as_uri()], "the page loads one file"
        assert found.messages == []
        assert found.ask("document.documentElement.scrollWidth <= innerWidth")
        assert (
            found.ask(
                "[...document.querySelectorAll('[title]')].filter(each => each.checkVisibility()).length"
            )
            > 100
        )
        assert found.ask("document.querySelectorAll('script').length") == 0
        background = found.ask("getComputedStyle(document.body).backgroundColor")
        assert background == {"light": "rgb(246, 244, 239)", "dark": "rgb(20, 23, 26)"}[scheme]
        assert screenshot(found, tmp_path, f"report-{kind}-{scheme}-{width}").stat().st_size > 50_000
        found.ask("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert found.ask("document.documentElement.scrollWidth <= innerWidth")
        contrasts = found.ask(CONTRASTS)
        assert len(contrasts) > 200
        assert [each for each in contrasts if each[0] < 4.5] == []
    assert found.messages == []


def test_a_report_is_accessible_to_screen_readers(crawled: Path, browser: Browser) -> None:
    for path in (crawled / "reports").iterdir():
        with opened(browser, path) as found:
            ask = found.ask
            assert ask("document.documentElement.lang") == "en"
            assert ask("document.querySelectorAll('h1').length") == 1
            levels = ask("[...document.querySelectorAll('h1, h2, h3')].map(each => +each.tagName[1])")
            assert all(after <= before + 1 for before, after in pairwise(levels))
            for landmark in ("header", "nav[aria-label]", "main", "footer"):
                assert ask(f"document.querySelectorAll('{landmark}').length") == 1
            ids = ask("[...document.querySelectorAll('[id]')].map(each => each.id)")
            assert len(ids) == len(set(ids))
            named = ask(
                "[...document.querySelectorAll('[aria-labelledby]')].map(e => e.getAttribute('aria-labelledby'))"
            )
            assert set(named) <= set(ids)
            assert ask("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
            assert ask("[...document.querySelectorAll('figure')].every(f => f.ariaLabelledByElements?.length ?? "
                       "document.getElementById(f.getAttribute('aria-labelledby')))")  # fmt: skip
            assert ask("[...document.querySelectorAll('figure')].every(f => f.querySelector('table'))")
            charts = "document.querySelectorAll('.columns, .calendar')"
            assert ask(f"[...{charts}].every(each => each.closest('[aria-hidden=true]'))"), "tables stand in"
            assert ask("[...document.querySelectorAll('table')].every(t => t.querySelector('thead th[scope=col]') && "
                       "t.querySelector('tbody th[scope=row]') && (t.caption || t.getAttribute('aria-labelledby')))")  # fmt: skip


@pytest.mark.parametrize("width", [1400, 390])
def test_charts_fit_their_boxes(crawled: Path, browser: Browser, width: int) -> None:
    path = crawled / "reports" / f"{jobs(crawled)[0]}.html"
    with opened(browser, path, width=width) as found:
        outside = """[...document.querySelectorAll('figure .columns i, figure .columns span, figure .stack i')]
            .filter(each => each.getBoundingClientRect().right > each.closest('figure').getBoundingClientRect().right)
            .length"""
        assert found.ask("document.querySelectorAll('figure .columns i, figure .stack i').length") > 5
        assert found.ask(outside) == 0


def test_text_from_pages_is_never_markup(browser: Browser, tmp_path: Path) -> None:
    day = date(2026, 9, 1)
    items = [dated(100 + n, day, headline=text, job="x") for n, text in enumerate(HOSTILE)]
    copies = [
        replace(item, id=f"3{item.id}", url=article_url(f"3{item.id}"), duplicate_of=item.id)
        for item in items
    ]
    keep(tmp_path, "<b>job</b>", *items)
    keep(tmp_path, "../../x", *copies)
    archive = Archive(str(tmp_path), SITE)
    for number, text in enumerate(HOSTILE):
        archive.ledger.discover([(str(number), "javascript:alert(5)", "herald", None)])
        archive.ledger.set_state(str(number), (FAILED, REJECTED, GONE)[number % 3], text)
    archive.close()
    stats = {
        "herald/read/<i>layout</i>": 30, "herald/field/<i>layout</i>/headline": 30,
        "parser/<i>layout</i>/headline/css/</code><script>alert(6)</script>": 1, "parser/<i>layout</i>/headline/css/h1": 9,
        "downloader/exception_type_count/<img src=x onerror=alert(7)>": 3, "downloader/response_status_count/<u>200": 1,
        "herald/slowest": [[1.5, "javascript:alert(8)"], [1.2, f"{SITE}/article/1?<script>alert(9)</script>"]],
    }  # fmt: skip
    failed = {
        "<script>alert(10)</script>": f'see {SITE}/article/1"onmouseover=alert(11) and javascript:alert(12)\n\u202enext'
    }
    edit(
        tmp_path,
        runs.update().values(stats=json.dumps(stats), monitors=json.dumps(failed), spider="<s>herald</s>"),
        articles.update().where(articles.c.id == "107").values(section="</svg><script>alert(13)</script>"),
        articles.update().where(articles.c.duplicate_of.is_(None)).where(articles.c.id.like("3%")).values(duplicate_of="100"),
    )  # fmt: skip
    for job in ("<b>job</b>", "../../x", ""):
        path = report(tmp_path, *filter(None, [job]))
        with opened(browser, path, width=390) as found:
            assert found.messages == []
            assert found.requests == [path.resolve().as_uri()]
            assert found.ask("document.documentElement.scrollWidth <= innerWidth")
            assert (
                found.ask("document.querySelectorAll('script, img, iframe, object, svg, s, u').length") == 0
            )
            assert not {"job", "layout"} & set(
                found.ask("[...document.querySelectorAll('b, i')].map(e => e.textContent)")
            )
            assert found.ask(
                "[...document.querySelectorAll('*')].every(e => ![...e.attributes].some(a => a.name.startsWith('on')))"
            )
            links = found.ask("[...document.querySelectorAll('a')].map(each => each.protocol)")
            assert set(links) <= {"https:", "file:"}
            assert found.ask("document.title").count("\n") == 0
        text = text_of(path)
        assert not {"\u202e", "\u202d", "\x1b", "\x00"} & set(path.read_text("utf-8"))
        assert "javascript:alert(5)" in text
        if job == "<b>job</b>":
            for each in HOSTILE:
                assert plain(each) in text
            assert "W" * 301 not in text
            assert "alert(10)" in text
            assert "49" not in html.fromstring(path.read_text("utf-8")).findtext(".//h2")


# What it says ------------------------------------------------------------------------------


def test_a_run_report_lists_what_the_crawl_archived(crawled: Path) -> None:
    second, first = jobs(crawled)
    text = text_of(crawled / "reports" / f"{second}.html")
    assert "3 new articles and 4 revisions" in text
    assert "revision 2" in text
    assert "The sum holds" in text
    root = html.fromstring((crawled / "reports" / f"{second}.html").read_text("utf-8"))
    assert f"{first}.html" in root.xpath("//a/@href")
    assert [each.get("aria-labelledby") for each in root.iter("section")] == SECTIONS
    headlines = [each.text_content().strip() for each in root.find_class("headline")]
    assert len(headlines) == 7
    assert all(
        url.startswith("https://www.koreaherald.com/") for url in root.xpath("//*[@class='headline']/a/@href")
    )
    known = {line["headline"] for line in kept(crawled)}
    assert {plain(each) for each in known} >= set(headlines)


def test_failed_monitors_are_the_headline_and_their_messages_follow(tmp_path: Path) -> None:
    keep(tmp_path, "a", *ITEMS)
    for failed, headline in (
        ({}, "All monitors passed"),
        (None, "Finished"),
        ({"Fields": "x"}, "1 monitor failed"),
    ):
        edit(tmp_path, runs.update().values(monitors=None if failed is None else json.dumps(failed)))
        assert html.parse(report(tmp_path, "a")).findtext(".//h1") == headline
    edit(
        tmp_path,
        runs.update().values(
            monitors=json.dumps({"Fields": f"No byline:\n{SITE}/article/7, {SITE}/article/8."})
        ),
    )
    root = html.fromstring(report(tmp_path, "last").read_text("utf-8"))
    (item,) = root.find_class("failed")[0]
    assert item.xpath(".//a/@href") == [f"{SITE}/article/7", f"{SITE}/article/8"]
    assert "Fields" in item.text_content()


def test_a_crawl_with_a_failed_monitor_has_its_message_in_the_report(tmp_path: Path) -> None:
    with running_demo(articles=60) as base:
        fetch(f"{base}/control/break?how=future-dates", post=True)
        done = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), HERALD_REPORT="on")
    assert "Monitor future dates:" in done.stderr
    (path,) = tmp_path.glob("reports/*.html")
    root = html.fromstring(path.read_text("utf-8"))
    (failed,) = root.find_class("failed")
    assert "Future dates" in failed.text_content()
    assert re.search(r"\d+ of \d+ articles are dated after they were fetched", failed.text_content())
    assert failed.xpath(".//a/@href")
    assert re.fullmatch(r"\d monitors? failed", root.findtext(".//h1"))


def test_days_without_articles_are_listed_and_marked(tmp_path: Path) -> None:
    first = date(2024, 12, 20)
    missing = {*range(3, 10), 12, *range(20, 22)}
    keep(tmp_path, "a", *(dated(1000 + n, first + timedelta(days=n)) for n in range(30) if n not in missing))
    for arguments in (["a"], []):
        path = report(tmp_path, *arguments)
        text = text_of(path)
        assert "10 days of 30 without an article, in 3 gaps" in text
        assert "23–29 Dec 2024 (7 days)" in text
        assert "1 Jan 2025 (1 day)" in text
        assert "9–10 Jan 2025 (2 days)" in text
        marks = html.parse(path).xpath("//i[@class='empty']/@title")
        assert len(marks) == 10
        assert "29 Dec 2024: no article" in marks


def test_an_archive_has_a_calendar_for_each_year(tmp_path: Path) -> None:
    days = [date(2019, 5, 5), date(2021, 1, 1), date(2021, 12, 31), date(2024, 2, 29), date(2999, 1, 1)]
    keep(
        tmp_path,
        "a",
        *(dated(1000 + n, day) for n, day in enumerate(days)),
        replace(dated(2000, days[0]), published_at=None),
    )
    root = html.fromstring(report(tmp_path).read_text("utf-8"))
    figures = [each.get("aria-labelledby") for each in root.iter("figure")]
    assert [each for each in figures if "calendar" in each] == [
        "calendar-2024", "calendar-2021", "calendar-2019",
    ]  # fmt: skip
    assert [each.text for each in root.xpath("//details[@class='year']/summary")] == ["2021", "2019"]
    text = " ".join(root.text_content().split())
    assert "6 May 2019 – 31 Dec 2020 (606 days)" in text
    assert "1 article without a date is not shown" in text
    assert "1 article with a date in the future is not shown" in text


def test_an_empty_archive_says_so(tmp_path: Path) -> None:
    Archive(str(tmp_path), SITE).close()
    text = text_of(report(tmp_path))
    assert "No article has a date yet" in text
    assert "No run is on record" in text
    assert "The sum holds" in text


def test_a_run_that_brought_nothing_says_so(tmp_path: Path) -> None:
    keep(tmp_path, "a")
    text = text_of(report(tmp_path, "a"))
    assert re.search(r"It archived no article in \d+ s\.", text)
    assert "This is the first run on record" in text
    assert "read no article page" in text
    assert "No article in this run It found nothing new." in text
    keep(tmp_path, "b", *ITEMS)
    keep(tmp_path, "c")
    assert "Articles by section, the archive's last year" in text_of(report(tmp_path, "c"))


def test_a_killed_run_says_what_it_had_kept(tmp_path: Path) -> None:
    keep(tmp_path, "a", *ITEMS, outcome=None)
    text = text_of(report(tmp_path, "last"))
    assert "Killed, or still running" in text
    assert f"It archived {len(ITEMS)} new articles before it stopped reporting" in text
    assert "No statistics of requests are on record" in text


@pytest.mark.parametrize("outcome", ["blocked", "shutdown", "something_new"])
def test_a_run_that_ended_early_says_why(tmp_path: Path, outcome: str) -> None:
    keep(tmp_path, "a", *ITEMS, outcome=outcome)
    reasons = {"blocked": "the site refused its requests", "shutdown": "it was interrupted"}
    assert f"Ended early: {reasons.get(outcome, 'something new')}" in text_of(report(tmp_path, "a"))


def test_unexpected_stats_do_not_break_a_report(tmp_path: Path) -> None:
    keep(tmp_path, "a", *ITEMS)
    keep(tmp_path, "b", *(changed(item, "New.") for item in ITEMS[:3]))
    for stats in (
        "nonsense",
        "[]",
        '{"herald/slowest": 7, "herald/read/2024": "many", "herald/gone": null}',
        None,
    ):
        edit(tmp_path, runs.update().values(stats=stats, monitors="7", arguments="?"))
        assert "3 revisions" in text_of(report(tmp_path, "b"))
        assert f"{len(ITEMS)} articles" in text_of(report(tmp_path))


def test_an_article_in_an_unknown_state_is_reported(tmp_path: Path) -> None:
    keep(tmp_path, "a", *ITEMS)
    edit(tmp_path, articles.update().where(articles.c.id == ITEMS[0].id).values(state="lost"))
    text = text_of(report(tmp_path))
    assert "The sum does not hold" in text
    assert "scrapy verify" in text


def test_articles_of_a_missing_segment_are_listed_by_address(tmp_path: Path) -> None:
    keep(tmp_path, "a", *ITEMS)
    for path in tmp_path.glob("articles/*"):
        path.unlink()
    root = html.fromstring(report(tmp_path, "a").read_text("utf-8"))
    assert len(root.find_class("headline")) == len(ITEMS)
    assert root.find_class("headline")[0].text_content().startswith(("article/", "view.php"))


@pytest.mark.parametrize("packing", ["zst", "gz"])
def test_headlines_are_read_from_compressed_segments(tmp_path: Path, packing: str) -> None:
    keep(tmp_path, "a", *ITEMS, packing=packing)
    text = text_of(report(tmp_path, "a"))
    assert all(plain(item.headline) in text for item in ITEMS)


def test_a_report_is_the_same_on_postgresql(tmp_path: Path) -> None:
    with postgres_server() as server:
        url = server.make_database("report")
        archive = Archive(str(tmp_path), SITE, ledger_url=url)
        for job in ("a", "b"):
            archive.begin_run("herald", job, {"since": "2d"})
            for item in ITEMS:
                item = replace(item, updated_at=f"2026-09-1{'ab'.index(job)}T10:00:00+09:00")
                if archive.compare(item) == "new":
                    archive.add(item)
            archive.ledger.discover([(job, f"{SITE}/article/1", "herald", None)])
            archive.ledger.set_state(job, FAILED, "HTTP 500")
            archive.end_run("finished", {"herald/articles": len(ITEMS), "herald/delay/1": 2})
        archive.close()
        for arguments, expected in (
            (["b"], f"0 new articles and {len(ITEMS)} revisions"),
            ([], f"{len(ITEMS)} articles, "),
        ):
            text = text_of(report(tmp_path, *arguments, HERALD_LEDGER_URL=url))
            assert expected in text
            assert "HTTP 500" in text


# When it is written ------------------------------------------------------------------------


def test_no_report_without_an_archive_or_with_reports_off(tmp_path: Path) -> None:
    with running_demo(articles=12) as base:
        quiet = crawl(base=base, HERALD_ARCHIVE=str(tmp_path / "off"), HERALD_REPORT="off")
        none = crawl("-s", "HERALD_ARCHIVE=none", base=base, HERALD_REPORT="on")
        wrong = crawl(
            "-a", "since=soon", base=base, HERALD_REPORT="on", HERALD_ARCHIVE=str(tmp_path / "wrong")
        )
        choice = crawl(base=base, HERALD_REPORT="maybe", HERALD_ARCHIVE=str(tmp_path / "choice"))
    assert (quiet.returncode, none.returncode, wrong.returncode, choice.returncode) == (0, 0, 2, 2)
    assert "HERALD_REPORT='maybe': give on or off" in choice.stderr
    for done in (quiet, none, wrong, choice):
        assert "Report:" not in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.html"))


def test_a_report_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    tmp_path.joinpath("reports").write_text("in the way")
    with running_demo(articles=12) as base:
        done = crawl(base=base, HERALD_ARCHIVE=str(tmp_path), HERALD_REPORT="on")
    assert done.returncode == 0
    errors = [line for line in done.stderr.splitlines() if " ERROR: " in line and "Monitor " not in line]
    assert len(errors) == 1
    assert "No report of this run: " in errors[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "no run nope; the last are b, a"),
        (["\x1b[2J"], "no run \\x1b[2J; the last are b, a"),
        (["a", "b"], "unexpected argument b"),
        (["--otput=x"], "did you mean --output?"),
        (["-o", "/nowhere/x.html"], "/nowhere/x.html cannot be written: No such file"),
        (["-o", "/"], "give a file"),
        (["-o", ""], "give a file"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_one_line(two_runs: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        run(two_runs, "report", *arguments)
    assert message in str(error.value)
    assert str(error.value).isprintable()


def test_a_report_goes_to_the_standard_output(
    two_runs: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert run(two_runs, "report", "b", "-o", "-") == 0
    page, errors = capfdbinary.readouterr()
    assert errors == b""
    root = html.fromstring(page.decode("utf-8"))
    assert root.getroottree().docinfo.doctype == "<!DOCTYPE html>"
    assert "a.html" not in root.xpath("//a/@href")
    assert sorted(tmp_path.rglob("*")) == before


def test_an_unwritable_folder_is_an_error_with_its_remedy(
    two_runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = two_runs / "reports"
    reports.touch()
    assert f"{reports}/b.html cannot be written: File exists; -o" in refused(
        two_runs, capsys, "report", "last"
    )
    reports.unlink()
    reports.symlink_to("/proc")  # which takes no file, not even root's
    error = refused(two_runs, capsys, "report", "last")
    assert f"{reports}/b.html cannot be written: " in error
    assert error.endswith("; -o FILE puts it elsewhere\n")


def test_the_path_is_printed(two_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, name in (["a"], "a"), (["last"], "b"), ([], "archive"):
        assert run(two_runs, "report", *arguments) == 0
        assert capsys.readouterr().out == f"{two_runs}/reports/{name}.html\n"
        assert (two_runs / f"reports/{name}.html").is_file()
    assert sorted(path.name for path in (two_runs / "reports").iterdir()) == [
        "a.html",
        "archive.html",
        "b.html",
    ]
    root = html.fromstring((two_runs / "reports/b.html").read_text("utf-8"))
    assert "a.html" in root.xpath("//a/@href")


@pytest.mark.parametrize(
    "job", ["../../etc/passwd", "a/b", "", ".", "..", "archive", "한글", "x" * 500, "a b", "-o"]
)
def test_a_job_never_leaves_the_folder(tmp_path: Path, job: str) -> None:
    name = file_name(job)
    assert (tmp_path / f"{name}.html").parent == tmp_path
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", name)
    assert name not in {"archive", file_name(f"{job}!")}


# Costs -------------------------------------------------------------------------------------


def test_a_run_report_does_not_scan_the_whole_archive(folder: Path) -> None:
    """No query scans all articles, lines or runs, except the count of states, which uses its index."""
    view = View(folder)
    queries: list[tuple[str, Any]] = []
    with view.snapshot() as connection:
        found = find(connection, "b")
    assert found
    sa.event.listen(
        view.ledger.engine, "before_cursor_execute", lambda *event: queries.append((event[2], event[3]))
    )
    path_of(view, None).parent.mkdir(exist_ok=True)
    write(view, found, path_of(view, found))
    issued = list(queries)
    with view.ledger.engine.connect() as connection:
        plans = [
            step[3]
            for query, values in issued
            if query.startswith("SELECT")
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
        ]
    view.close()
    assert len(plans) > 20
    scans = {plan for plan in plans if re.match("SCAN (articles|lines|runs)", plan)}
    assert scans <= {
        "SCAN articles USING COVERING INDEX articles_by_state",
        "SCAN runs USING INDEX runs_by_started",  # with a limit
    }


# Words and numbers -------------------------------------------------------------------------


def a_run(job: str, **stats: int) -> Run:
    return Run(
        job, "herald", {}, 0, 5, "finished", {key.replace("_", "/"): n for key, n in stats.items()}, {}
    )


def test_a_field_that_falls_is_marked_unless_it_is_chance() -> None:
    before = [a_run("a", herald_read_2024=200, herald_field_2024_byline=190, herald_field_2024_tags=100)]
    now = [a_run("b", herald_read_2024=50, herald_field_2024_byline=30, herald_field_2024_tags=17)]
    table = coverage_table(now, before)
    byline, tags = table.cells["byline"]["2024"], table.cells["tags"]["2024"]
    assert byline
    assert tags
    assert (byline.now.value, byline.before.value, byline.course) == (0.6, 0.95, [0.95, 0.6])
    assert byline.dropped
    assert not tags.dropped, "34% of 50 in place of 50% may be chance"
    assert "summary" not in table.cells
    assert table.read == {"2024": 50}


def test_fall_backs_are_rules_other_than_the_first() -> None:
    stats = {
        "parser/2024/headline/json-ld/headline": 90, "parser/2024/headline/og/og:title": 10,
        "parser/2021/published_at/css/text 'Published'": 5, "parser/2024/authors/css/a[href*=\"/reporter/\"]": 3,
        "parser/1999/headline/css/h1": 9, "parser/1999/headline/css/h2": 1,
    }  # fmt: skip
    found = {(each.layout, each.field, each.rule): round(each.share, 2) for each in fall_backs(stats)}
    assert found == {
        ("2024", "headline", "og: og:title"): 0.1,
        ("2024", "authors", 'css: a[href*="/reporter/"]'): 1.0,
        ("1999", "headline", "css: h2"): 0.1,
    }


def test_consecutive_days_without_an_article_are_one_gap() -> None:
    first = date(2024, 2, 27)
    days = Days({first + timedelta(days=n): 1 for n in (1, 4)}, first, first + timedelta(days=6))
    assert [span_name(*gap) for gap in days.gaps] == ["27 Feb 2024", "29 Feb – 1 Mar 2024", "3–4 Mar 2024"]
    assert days.missing == 5


def test_shades_use_the_whole_scale() -> None:
    assert {shade(n, 100) for n in range(1, 101)} == set(range(1, SHADES + 1))
    assert (shade(1, 1000), shade(3, 3)) == (1, SHADES)


def test_durations_and_percentages() -> None:
    found = [duration(n) for n in (None, 0, 59, 60, 200, 3600, 7500, 86_400, 190_000)]
    assert found == [
        "–",
        "0 s",
        "59 s",
        "1 min",
        "3 min 20 s",
        "1 h",
        "2 h 5 min",
        "1 day",
        "2 days 4 h",
    ]
    assert [percent(share) for share in (0, 0.001, 0.934, 0.9999, 1)] == ["0%", "<1%", "93%", "99.9%", "100%"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "https:", "http://[", " ", "file:///etc"]
)
def test_only_web_addresses_are_links(url: str) -> None:
    assert not is_web_address(url)
    assert "<a" not in link(url)
