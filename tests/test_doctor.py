"""``scrapy doctor ADDRESS``: how a page is read, which rule gave each field, and what to change."""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from herald_spider import urls
from herald_spider.commands import doctor as commands
from herald_spider.doctor.output import Line, lay_out
from herald_spider.doctor.page import Examination, lines, parse_address
from herald_spider.doctor.reading import read
from herald_spider.loaders.page import Page
from tests.conftest import PAGES, SITE
from tests.demo import ROOT, fetch, project_settings, scrapy, truth
from tests.direct import carry_out
from tests.faulty_demo import running_demo

ESCAPE = "\x1b[2J\u202e"
# Full speed; one request at a time all the same.
SETTINGS = ["-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"]


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=300) as base:
        yield base


@pytest.fixture(scope="module")
def stories(demo: str) -> dict[str, dict[str, Any]]:
    return truth(demo)


def doctor(base: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return scrapy("doctor", *arguments, *SETTINGS, base=base, **environment)


def of_layout(stories: dict[str, dict[str, Any]], layout: str) -> dict[str, Any]:
    """Return an article of a layout that has the usual fields."""
    wanted = ("body", "byline", "published_at", "images", "section")
    return next(each for each in stories.values() if each["layout"] == layout and all(map(each.get, wanted)))


def fetched(base: str, address: str) -> Examination:
    """Return a page of the demo, fetched in this process."""
    found = Examination(parse_address(address, base))
    carry_out(found, base)
    return found


def examined(html: str | bytes, path: str = "/article/10900001") -> str:
    """Return the output about a page that is not fetched."""
    found = Examination(urls.classify(SITE + path))
    found.read(Page(SITE + path, html.encode() if isinstance(html, str) else html))
    return shown(found)


def shown(found: Examination) -> str:
    return "\n".join(lay_out(lines(found)))


def saved_page(name: str) -> str:
    return (PAGES / name / "page.html").read_text(encoding="utf-8")


# From the site ---------------------------------------------------------------------------


def test_an_article_is_shown_whole_and_no_file_is_written(
    demo: str, stories: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    story = of_layout(stories, "2024")
    done = doctor(demo, story["id"], HERALD_ARCHIVE=str(tmp_path / "archive"), HERALD_WARC="on")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert re.search(
        r"^answered      200, \d+\.\d KB in \d+\.\d\d s, text/html; charset=utf-8$", done.stdout, re.M
    )
    check_article(done.stdout, story)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layout", ["2023", "2021"])
def test_an_article_of_a_former_layout(demo: str, stories: dict[str, dict[str, Any]], layout: str) -> None:
    story = of_layout(stories, layout)
    found = fetched(demo, story["url"])
    assert found.is_ok
    check_article(shown(found), story)


def check_article(out: str, story: dict[str, Any]) -> None:
    assert f"layout        {story['layout']}, by " in out
    assert story["headline"] in out
    assert story["body"].replace("\n", " ") in out  # a pipe gets all of it
    assert story["published_at"] in out
    assert "valid         validation finds nothing wrong" in out
    assert f"herald_spider/loaders/layouts/site_{story['layout']}.py has the rules" in out


def test_the_rule_that_gave_each_field_is_named(demo: str, stories: dict[str, dict[str, Any]]) -> None:
    out = shown(fetched(demo, of_layout(stories, "2024")["id"]))
    assert re.search(r"^headline +json-ld headline \(rule 1 of 4\)", out, re.MULTILINE)
    assert re.search(r"^byline +css \.byline \(rule ", out, re.MULTILINE)
    assert re.search(r"^authors +[^@]+$", out, re.MULTILINE)  # HERALD_KEEP_EMAILS is off
    assert "layout        2024, by article#articleText" in out


def test_redirects_of_a_former_address_are_shown(demo: str, stories: dict[str, dict[str, Any]]) -> None:
    story = next(each for each in stories.values() if each["layout"] == "2024" and each["aliases"])
    done = doctor(demo, story["aliases"][0])
    assert f"redirected    301, from {demo}/view.php?ud=" in done.stdout
    assert f"canonical     {story['url']}" in done.stdout


def test_a_listing(demo: str) -> None:
    found = fetched(demo, f"{demo}/National?page=2&pageTop=true")
    assert found.is_ok
    out = shown(found)
    assert "section       National (national)" in out
    assert "layout        2024, by article.recent_news ul.news_list > li" in out
    assert "entries       15, 15 of them with a date" in out


def test_a_former_listing(demo: str) -> None:
    out = shown(fetched(demo, "/list.php?ct=020101000000"))
    assert "section       Politics (politics)" in out
    assert "layout        2023, by ul.category_detail_list > li" in out


def test_a_feed_and_the_index_of_feeds(demo: str) -> None:
    feed = fetched(demo, "/rss/newsAll")
    assert feed.is_ok
    assert "feed          rss 2.0, 50 items" in shown(feed)
    assert "entries       50, 50 of them with a date" in shown(feed)
    index = shown(fetched(demo, "/rss"))
    assert "index         of 8 feeds" in index
    assert "https://www.koreaherald.com/rss/kh_Kpop" in index


def test_a_feed_without_entries_says_why() -> None:
    feed = '<rss version="2.0"><channel><title>Politics</title>{}</channel></rss>'
    assert "no entries    it has no items: " in examined(feed.format(""), "/rss/newsAll")
    elsewhere = "<item><title>A</title><link>https://example.com/1</link></item>"
    out = examined(feed.format(elsewhere), "/rss/newsAll")
    assert "no entries    none of its items links to an article" in out


def test_a_page_without_article_and_menu_says_so() -> None:
    out = examined("<p>Hello.</p>", "/news/read/7")
    assert re.search("^no use +neither an article .* nor a page with the site's menu", out, re.M)


def test_the_front_page_shows_its_menu(demo: str) -> None:
    found = fetched(demo, f"{demo}/")
    assert found.is_ok
    assert "sections, by ul.gnb a[href]" in shown(found)


def test_a_page_that_is_gone_is_one_line(demo: str) -> None:
    done = doctor(demo, "/article/1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{demo}/article/1 answered 404: there is no such page; a crawl marks it as gone.\n"


def test_a_page_that_robots_txt_forbids_is_one_line(demo: str) -> None:
    done = doctor(demo, "/search/detail?q=x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"No page from {demo}/search/detail?q=x: forbidden by robots.txt.\n"


def test_a_site_that_is_down_is_one_line() -> None:
    done = doctor("http://127.0.0.1:1", "10870927")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("http://127.0.0.1:1/")
    assert "cannot be reached" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_site_that_blocks_the_network_is_one_line(demo: str) -> None:
    fetch(f"{demo}/control/deny?status=403", post=True)
    done = doctor(demo, "/National")
    fetch(f"{demo}/control/deny?status=0", post=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "answered 403: the site blocks this network or wants fewer requests" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_live_site_is_not_asked_without_a_contact() -> None:
    done = doctor("https://www.koreaherald.com", "--site", HERALD_CONTACT="")
    assert done.returncode == 2
    assert "set HERALD_CONTACT" in done.stderr.splitlines()[-1]


def test_scrapy_list_does_not_show_the_doctor() -> None:
    assert "doctor" not in SpiderLoader.from_settings(Settings(project_settings())).list()


def test_ctrl_c_prints_interrupted() -> None:
    with running_demo(articles=30) as base:
        fetch(f"{base}/control/slow?ms=20000", post=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "doctor", "/National"],
            cwd=ROOT, env={**os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": "none"}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        while not json.loads(fetch(f"{base}/control/requests")):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=300)
    assert (process.returncode, out, errors) == (130, "", "interrupted\n")


# Wrong arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["htps:/x"], "htps:/x is no page of http://127.0.0.1:1; give an id"),
        (["--stie"], "no option --stie; did you mean --site?"),
        (["--flie", "1"], "did you mean --file?"),
        (["1", "2"], "unexpected argument 2"),
        (["--site", "1"], "leave out the address"),
        (["--file", "page.html"], "also needs the address"),
        (["--file", "/nowhere/page.html", "1"], "/nowhere/page.html cannot be read: No such file"),
        (["--file", "/", "1"], "cannot be read: Is a directory"),
        (["--file", "README.md", "1"], "HERALD_KEEP_EMAILS='maybe': give 0 or 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_a_wrong_argument_is_one_line(arguments: list[str], message: str) -> None:
    command = commands.Command()
    command.settings = Settings(
        project_settings(HERALD_KEEP_EMAILS="maybe" if "README.md" in arguments else "0")
    )
    command.crawler_process = CrawlerProcess.__new__(CrawlerProcess)  # no test uses it
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    options, rest = parser.parse_known_args(arguments)
    with pytest.raises(UsageError) as error:
        command.run(rest, options)
    assert message in str(error.value)
    assert str(error.value).isprintable()
    assert not error.value.print_help


def test_the_exit_status_is_2_for_a_wrong_setting() -> None:
    done = scrapy("doctor", "/National", "-s", "HERALD_COMPRESS=zip", base="http://127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.endswith("HERALD_COMPRESS='zip': give off, zst or gz\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "kind", "url"),
    [
        ("10618541", "article", f"{SITE}/article/10618541"),
        ("20210408000265", "article", f"{SITE}/view.php?ud=20210408000265"),
        ("http://khnews.heraldcorp.com/view.php?ud=20210408000265", "article", f"{SITE}/view.php?ud=20210408000265"),
        ("m.koreaherald.com/article/7?utm_source=x", "article", f"{SITE}/article/7"),
        ("http://127.0.0.1:1/National/Politics", "listing", f"{SITE}/National/Politics"),
        ("/rss/newsAll", "feed", f"{SITE}/rss/newsAll"),
        ("/news/read/7?x=1", "other", f"{SITE}/news/read/7?x=1"),
    ],
)  # fmt: skip
def test_addresses_have_many_forms(text: str, kind: str, url: str) -> None:
    found = parse_address(text, "http://127.0.0.1:1")
    assert (found.kind, found.url) == (kind, url)


@pytest.mark.parametrize(
    "text", ["", "http://[", "https://example.com/article/7", ESCAPE, "ftp://127.0.0.1:1/"]
)
def test_an_address_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no page of") as error:
        parse_address(text, "http://127.0.0.1:1")
    assert str(error.value).isprintable()


# The output about a page -----------------------------------------------------------------


def test_a_fallback_names_the_rule_that_failed() -> None:
    out = examined(saved_page("2024-fallbacks"), "/article/10900002")
    assert "css h1 (rule 3 of 4)" in out
    assert "  no match: json-ld headline" in out


def test_missing_fields_are_marked() -> None:
    out = examined('<article id="articleText"><h1>Ferry</h1><p>It sails at night again.</p></article>')
    assert re.search(r"^published_at +missing: none of 5 rules +–$", out, re.MULTILINE)
    assert re.search(r"^agency +missing +–$", out, re.MULTILINE)
    assert "valid " in out


def test_a_rejected_article_says_why() -> None:
    out = examined('<article id="articleText"><p>Words without a headline.</p></article>')
    assert "rejected      validation says headline: data.headline must be string" in out


def test_an_unknown_layout_is_generic_and_says_what_to_do() -> None:
    html = saved_page("2024-council")
    for name in ("articleText", "article-view", "article-body", "section_view", "byline", "gnb", "most_read"):
        html = html.replace(name, f"v5-{len(name)}")
    out = examined(html)
    assert "layout        generic: no marker of a known layout is on the page" in out
    assert "json-ld headline (rule 2 of" in out
    assert "trafilatura" in out
    assert "a module of its own in herald_spider/loaders/layouts/" in out


def test_a_page_with_markers_of_two_layouts_names_both() -> None:
    out = examined('<article id="articleText"><h1 class="news_title">Ferry</h1><p>It sails.</p></article>')
    assert "layout        2024, by article#articleText" in out
    assert "also marked as 2023, by h1.news_title" in out


def test_a_page_without_an_article_shows_its_parts() -> None:
    out = examined("<title>Sorry</title><h1>Not here</h1><a href='/article/7'>Another</a>")
    assert "no article    no page: no article in it" in out
    assert "title         Sorry" in out
    assert "links         1 to articles, 0 to listings" in out


def test_an_error_in_a_loader_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("byline")

    monkeypatch.setattr("herald_spider.doctor.reading.read_article", broken)
    out = examined('<article id="articleText"><h1>Ferry</h1><p>It sails.</p></article>')
    assert "no article    an error in its loader: KeyError: 'byline'" in out


def test_a_shell_names_the_settings_that_render_it() -> None:
    out = examined('<div id="app"></div><script src="/app.js"></script>')
    assert "no article    a shell that its scripts must fill" in out
    assert "SPLASH_URL or HERALD_RENDERER" in out


def test_a_list_of_unknown_markup_explains_the_choice_of_links() -> None:
    out = examined('<main><a href="/article/7">Ferry sails again</a></main>', "/National")
    assert "no list of a known layout: every link to an article" in out
    assert "herald_spider/loaders/layouts/" in out


def test_an_empty_list_says_so() -> None:
    out = examined("<main>Nothing today</main>", "/National")
    assert "no entries    an empty section, a page past its last, or other markup" in out


def test_a_page_that_is_no_feed_shows_its_beginning() -> None:
    out = examined("Service Unavailable", "/rss/newsAll")
    assert "no feed       it begins 'Service Unavailable'" in out
    assert "herald_spider/loaders/feed.py" in out


def test_hostile_text_is_shown_as_text() -> None:
    html = f'<article id="articleText"><h1>{ESCAPE}[red]Ferry[/red]</h1><p>It\x9b31m sails.</p></article>'
    out = examined(html)
    assert "[red]Ferry[/red]" in out
    assert all(line.isprintable() for line in out.split("\n"))


def test_every_saved_page_can_be_shown() -> None:
    for folder in PAGES.iterdir():
        found = Examination(urls.classify(f"{SITE}/article/1"))
        page = Page(f"{SITE}/article/1", (folder / "page.html").read_bytes())
        found.read(page, keep_emails=True)
        assert "won by" in shown(found)


def test_the_doctor_reads_articles_as_a_crawl_does() -> None:
    for folder in PAGES.iterdir():
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        reading = read(Page(expected["url"], (folder / "page.html").read_bytes()))
        assert reading.layout.name == expected["layout"]
        assert reading.fields["headline"].value == expected["headline"]
        assert all(each.won is None or each.won in each.rules for each in reading.fields.values())


def test_a_saved_page_is_read_without_the_site(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(saved_page("2024-council"), encoding="utf-8")
    done = doctor("https://www.koreaherald.com", "10900001", "--file", str(file), HERALD_CONTACT="")
    assert done.returncode == 0
    assert "Council of Haneul votes for a night ferry" in done.stdout


def test_a_redesign_of_the_site_is_read_as_generic(demo: str, stories: dict[str, dict[str, Any]]) -> None:
    fetch(f"{demo}/control/break?how=redesign", post=True)
    found = fetched(demo, of_layout(stories, "2024")["id"])
    fetch(f"{demo}/control/break?how=", post=True)
    assert found.is_ok
    out = shown(found)
    assert "layout        generic: no marker" in out
    assert re.search(r"^headline +\S+ \S+ \(rule \d of \d\)", out, re.MULTILINE)
    assert re.search(r"^body +trafilatura", out, re.MULTILINE)
    assert "a module of its own in herald_spider/loaders/layouts/" in out


# On a terminal ---------------------------------------------------------------------------


def test_lines_fit_a_terminal_of_80_columns(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        saved_page("2024-council").replace("night ferry", "밤 연락선 항로 " * 20), encoding="utf-8"
    )
    shown = on_terminal("10900001", "--file", str(file))
    assert "\x1b[1mfield" in shown
    plain = [text.replace("\r", "") for text in strip_colours(shown).split("\n")]
    assert max(map(cell_len, plain)) <= 80
    assert any(text.endswith("…") for text in plain)


def on_terminal(*arguments: str) -> str:
    """Return the output of ``scrapy doctor`` on a terminal of 80 columns."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "doctor", *arguments], cwd=ROOT, stdout=follower, stderr=follower,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", "HERALD_ARCHIVE": "none"},
    )  # fmt: skip
    os.close(follower)
    parts = []
    while part := _read(leader):
        parts.append(part)
    os.close(leader)
    process.wait(120)
    return b"".join(parts).decode()


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65_536)
    except OSError:  # the other side is closed (Linux)
        return b""


def strip_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize(
    ("line", "width", "expected"),
    [
        (Line(("a", "one two three"), (4,), wrap=True), 24, ["a   one two three"]),
        (Line(("a", "one two three four five six"), (4,), wrap=True), 24, ["a   one two three four", "    five six"]),
        (Line(("a", "x" * 30), (4,), wrap=True), 24, ["a   " + "x" * 20, "    " + "x" * 10]),
        (Line(("a", "x" * 30), (4,)), 24, ["a   " + "x" * 19 + "…"]),
        (Line(("a", "x" * 30), (4,)), None, ["a   " + "x" * 30]),
        (Line(("abcdefgh", "x"), (4,)), None, ["abcdefgh  x"]),
        (Line(("abcdefgh", "x"), (6,)), 40, ["abc…  x"]),
        (Line(("한국어 신문", "x"), (8,)), 40, ["한국 …  x"]),
        (Line(("[red]a", "x"), (8,)), 40, ["[red]a  x"]),
        (Line(("",), wrap=True), 40, [""]),
    ],
)  # fmt: skip
def test_lines_are_laid_out(line: Line, width: int | None, expected: list[str]) -> None:
    console = Console(width=width or 80, force_terminal=width is not None, color_system=None)
    assert "\n".join(lay_out([line], console)).split("\n") == expected
