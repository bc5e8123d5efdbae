"""`scrapy browse` in Chromium: search, facets, article pages, hostile text, read-only access, the command."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from datasette.app import Datasette
from playwright.sync_api import Browser

from demo.process import running_demo
from herald_spider.browse import server
from herald_spider.browse.catalogue import NAME
from herald_spider.items import Article, Author, Image
from herald_spider.urls import article_url
from tests.archives import ITEMS, changed, keep, overwrite, segments
from tests.browser import chromium
from tests.browsing import Browsing, WatchedPage, browsing
from tests.demo import ROOT, crawl, fetch, kept, truth

SCRIPT = "<script>alert(1)</script>"
REVERSED = "\u202egnp.exe\u202c and \u2067on"
LONG = "monstrous" * 1111
Look = Callable[..., WatchedPage]


def article(number: int, headline: str, body: str, **values: object) -> Article:
    item = replace(ITEMS[0], id=str(number), url=article_url(str(number)), aliases=[], headline=headline)
    values = {"published_at": "2018-06-01T09:00:00+09:00", **values}
    return changed(replace(item, **values), body)  # type: ignore[arg-type]


HOSTILE = [
    article(901, SCRIPT, f"</article>{SCRIPT} gherkin", byline=SCRIPT, agency=SCRIPT, tags=[SCRIPT], subheadline=SCRIPT),
    article(902, "</title><img src=https://evil.example/x onerror=alert(2)>", "gherkin {{ 7 * 7 }} \x02 \x03 &amp;"),
    article(903, REVERSED, f"gherkin {REVERSED}"),
    article(904, LONG, f"gherkin {LONG}", authors=[Author("x" * 500)], byline="x" * 500),
    article(905, "A link", "gherkin", url="javascript:alert(3)", aliases=["javascript:alert(4)"],
         images=[Image("javascript:alert(5)", SCRIPT, SCRIPT), Image("https://evil.example/x.jpg", "Fine", "AP")]),
]  # fmt: skip
# All have the same time, as old articles of which only the day is known.
MANY = [article(1000 + n, f"Tide table {n}", f"Tide {n} of the turnip kind.", published_at="2019-01-01T00:00:00+09:00")
        for n in range(120)]  # fmt: skip

READ = article(
    1600, "Old \"sea charts\" go on view — 123 of them", "BUSAN — One.\n\nTwo & a half.\n\nThree.", subheadline="A deck",
    byline="By Kim Da-sol and Oh Tae-ho", tags=["sea charts", "R&D"], series="Weekender", agency="Yonhap",
    authors=[Author("Kim Da-sol"), Author("Oh Tae-ho")], published_at="2018-03-20T00:05:00+09:00",
    updated_at="2018-03-20T18:30:00+09:00", section="life-culture", subsection="culture",
    images=[Image("https://wimg.heraldcorp.com/x.jpg", "People in line.", "Jang Mi-rae/The Korea Herald")],
)  # fmt: skip
COPIES = [article(1500, "As others had it", (ITEMS[5].body or "").replace(".", ". So it was said.", 1),
               published_at=ITEMS[5].published_at)]  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browse")
    keep(folder, "a", *ITEMS, *HOSTILE, *MANY, *COPIES, READ)
    first, paragraphs = ITEMS[0], (ITEMS[0].body or "").split("\n\n")
    new = "\n\n".join([paragraphs[0], "Two ferries were late, the harbor said.", *paragraphs[2:]])
    keep(folder, "b", changed(first, new, headline="A changed headline", byline="By Kim Da-sol"))
    return folder


@pytest.fixture(scope="module")
def base(archive: Path) -> Iterator[str]:
    with browsing(archive) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def look(browser: Browser, base: str) -> Iterator[Look]:
    """Return a function that opens a page; at the end, no page may have an error or a request to another host."""
    opened: list[WatchedPage] = []

    def _look(path: str, address: str = base, **options: object) -> WatchedPage:
        opened.append(WatchedPage(browser, address, **options))  # type: ignore[arg-type]
        opened[-1].go(path)
        return opened[-1]

    yield _look
    for each in opened:
        each.close()


def rare_word(text: str) -> str:
    """Return a word of `text` that no other article has."""
    everywhere = Counter(
        word
        for item in ITEMS
        for word in set(re.findall(r"[a-z]{5,}", f"{item.headline} {item.body}".lower()))
    )
    return min(re.findall(r"[a-z]{5,}", text.lower()), key=lambda word: (everywhere[word], -len(word)))


# The list ----------------------------------------------------------------------------------


def test_the_first_page_lists_the_newest(look: Look) -> None:
    watched = look("/")
    assert urlsplit(watched.page.url).path == "/browse/articles"
    assert watched.page.title() == "Herald archive"
    assert watched.texts("h1") == [f"{len(ITEMS) + len(HOSTILE) + len(MANY) + len(COPIES) + 1} articles"]
    times = watched.texts(".list time")
    newest = max(item.published_at or "" for item in ITEMS)
    assert len(times) == 50
    assert times[0].endswith(f"{newest[:4]}, {newest[11:16]}")
    entries = dict(zip(watched.texts(".list h2"), watched.texts(".list article"), strict=True))
    for item in ITEMS[1:]:
        entry = entries[item.headline or ""]
        assert (item.byline or "") in entry
        assert len(entry) < 800, "the list shows a teaser, not the body"


@pytest.mark.parametrize("part", ["headline", "body"])
def test_words_are_found_in_headline_and_body(look: Look, part: str) -> None:
    item = ITEMS[3]
    watched = look("/")
    watched.page.fill("#_search", rare_word(getattr(item, part)).upper())
    with watched.page.expect_navigation():
        watched.page.press("#_search", "Enter")
    assert item.headline in watched.texts(".list h2")
    if part == "body":
        assert watched.page.locator(".list mark").count() >= 1
    watched.follow(f".list h2 a:text-is({json.dumps(item.headline)})")
    assert watched.texts("h1") == [item.headline]


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ('"turnip kind"', 120), ("turnip -kind", 120), ("kind turnip", 120), ('turnip "kind', 120), ("TURNIPS", 120),
        ("turnip*", 120), ("(turnip", 120), ('"kind turnip"', 0), ("turnip OR nowhere", 0), ("turnip's", 0),
        ('"', 151), ('"" "', 151), ("*", 0), ("-", 0), ("headline:turnip", 0), ("' OR 1=1 --", 0), ("봄", 0),
        ("\\", 0), ("%", 0), ("NEAR(turnip kind)", 0), ("^turnip", 120), ("x" * 4000, 0),
    ],
)  # fmt: skip
def test_searches_with_operators_and_quotes_are_answered(base: str, typed: str, finds: int) -> None:
    code, _, text = status(base, f"/browse/articles?_search={quote(typed)}", follow=True)
    assert code == 200
    assert f"<h1>{finds} articles</h1>" in text


def test_the_search_field_keeps_the_search(look: Look) -> None:
    watched = look("/")
    for typed in ('say "turnip', "it's <b>&amp;", '"turnip kind"'):
        watched.page.fill("#_search", typed)
        watched.follow(".field button")
        assert watched.page.input_value("#_search") == typed
    assert watched.texts("h1") == ["120 articles"]


def test_an_empty_search_lists_all_articles(look: Look) -> None:
    watched = look("/browse/articles?_search=&day__gte=&day__lte=")
    assert urlsplit(watched.page.url).query == ""
    assert watched.texts("h1") == ["151 articles"]


def facet(watched: WatchedPage, name: str, value: str) -> int:
    """Choose a value of a facet, and return its number of articles."""
    entry = watched.page.locator(f"#facet-{name} li", has=watched.page.get_by_text(value, exact=True))
    if not entry.is_visible():
        watched.page.click(f"#facet-{name} summary")
    count = int(entry.locator(".count").inner_text().replace(",", ""))
    watched.follow(entry.locator("a"))
    return count


def test_facets_filter_the_list(look: Look) -> None:
    """Each facet shows the number of its articles, and can be removed."""
    every = [*ITEMS, *HOSTILE, *MANY, *COPIES, READ]
    sub = next(item for item in ITEMS if item.subsection and item.agency)
    watched = look("/")
    count = facet(watched, "agency", sub.agency or "")
    assert count == sum(item.agency == sub.agency for item in every)
    assert watched.texts("h1")[0].split()[0] == str(count)
    assert f"Agency: {sub.agency}" in watched.texts(".filters")[0]
    both = [item for item in every if (item.agency, item.section) == (sub.agency, sub.section)]
    watched.page.goto(watched.base + f"/browse/articles?agency={sub.agency}&section={sub.section}")
    assert watched.page.locator(".list li").count() == len(both)
    assert watched.page.locator("#facet-subsection li").count() >= 1
    watched.follow("#facet-section .selected a")
    assert watched.page.locator(".list li").count() == count
    watched.follow("#facet-agency .selected a")
    assert urlsplit(watched.page.url).query == ""
    writer = next(item for item in ITEMS[1:] if item.authors).authors[0].name
    watched.page.goto(f"{watched.base}/browse/articles?authors__arraycontains={quote(writer)}")
    named = {item.headline for item in every if writer in [author.name for author in item.authors]}
    assert set(watched.texts(".list h2")) == named


def test_authors_are_a_facet(look: Look) -> None:
    watched = look("/browse/articles?_search=turnip")
    name = ITEMS[0].authors[0].name if ITEMS[0].authors else None
    counted = Counter(author.name for item in MANY for author in item.authors)
    assert watched.page.locator("#facet-authors li").count() == len(counted)
    if name:
        assert facet(watched, "authors", name) == len(MANY)
        assert watched.texts("h1") == [f"{len(MANY)} articles"]


def test_month_and_day_appear_once_the_year_is_chosen(look: Look) -> None:
    watched = look("/browse/articles?_search=turnip")
    watched.follow(".pages .next")
    assert watched.page.locator("#facet-month").count() == 0
    assert facet(watched, "year", "2019") == len(MANY), (
        "the count is that of the whole list, also on a later page"
    )
    assert "_next" not in watched.page.url, "a new selection begins at its first page"
    facet(watched, "month", "2019-01")
    assert facet(watched, "day", "2019-01-01") == len(MANY)
    assert watched.texts("h1") == [f"{len(MANY)} articles"]
    watched.follow("#facet-year .selected a")
    assert watched.page.locator("#facet-month, #facet-day").count() == 0
    assert urlsplit(watched.page.url).query.startswith("_search=turnip&_sort_desc=")


def test_articles_are_filtered_by_first_and_last_day(look: Look) -> None:
    watched = look("/")
    watched.page.fill("[name=day__gte]", "2018-12-31")
    watched.page.fill("[name=day__lte]", "2019-01-02")
    watched.follow(".field button")
    assert watched.texts("h1") == [f"{len(MANY)} articles"]
    watched.page.fill("[name=day__lte]", "")
    watched.follow(".field button")
    assert watched.texts("h1") == [f"{len(MANY) + len(ITEMS) + len(COPIES)} articles"]
    watched.follow(".filters a")
    assert urlsplit(watched.page.url).query == ""


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_no_article_is_lost_between_pages(look: Look, sort: str) -> None:
    """All articles have the same time, so that the sort key must also hold their id."""
    watched = look("/browse/articles?day=2019-01-01")
    if sort == "oldest":
        watched.follow(".sorts a:text-is('oldest')")
    seen = watched.texts(".list h2")
    while watched.page.locator(".pages .next").count():
        watched.follow(".pages .next")
        seen += watched.texts(".list h2")
    assert sorted(seen) == sorted(item.headline or "" for item in MANY)
    watched.follow("text=First page")
    assert watched.page.locator("text=First page").count() == 0


# An article --------------------------------------------------------------------------------


def test_an_article_page_shows_all_its_fields(look: Look) -> None:
    item = READ
    watched = look(f"/browse/articles/{item.id}")
    page = watched.page
    assert page.title().startswith((item.headline or "")[:60])
    assert watched.texts("h1") == [item.headline]
    assert watched.texts(".deck") == [item.subheadline]
    assert watched.texts(".byline") == [item.byline]
    dates = " ".join(watched.texts(".dates")[0].split())
    assert dates == "20 March 2018, 00:05 Seoul time · updated 20 March 2018, 18:30"
    assert " ".join(watched.texts(".over")[0].split()) == "Life&Culture › Culture Weekender"
    assert watched.texts(".body p") == (item.body or "").split("\n\n")
    assert [" ".join(text.split()) for text in watched.texts(".tags li")] == item.tags
    assert page.locator("img").count() == 0, "a picture would be a request to the paper"
    picture = page.locator(".pictures figure").first
    assert "People in line. (Jang Mi-rae/The Korea Herald)" in picture.inner_text()
    assert picture.locator("a").get_attribute("href") == item.images[0].url
    assert page.locator(f".facts a[href='{item.url}']").count() == 1


def test_the_changes_of_a_revision_are_shown(look: Look) -> None:
    watched = look(f"/browse/articles/{ITEMS[0].id}")
    assert watched.texts("h1") == ["A changed headline"]
    change = watched.page.locator(".change")
    assert change.locator("summary").inner_text().startswith("Revision 2, fetched 15 September 2026, 19:00")
    assert "Two ferries were late, the harbor said." in " ".join(change.locator("ins").all_inner_texts())
    assert change.locator("del").count() >= 1
    assert "paragraphs unchanged" in change.inner_text()


def test_near_duplicates_link_to_each_other(look: Look) -> None:
    watched = look("/browse/articles/1500")
    assert "came first" in watched.texts(".near")[0]
    watched.follow(".near a")
    assert watched.texts("h1") == [ITEMS[5].headline]
    assert [text.split("\n")[0][:16] for text in watched.texts(".near li")] == ["As others had it"]


# Layout ------------------------------------------------------------------------------------


def test_pages_fit_the_window_and_have_enough_contrast(look: Look) -> None:
    """With HERALD_SCREENSHOTS, pictures of the pages are saved in that folder."""
    pages = {
        "list": "/browse/articles",
        "search": f"/browse/articles?_search=harbor&section={ITEMS[0].section}",
        "article": f"/browse/articles/{ITEMS[0].id}",
        "picture": f"/browse/articles/{READ.id}",
        "nothing": "/browse/articles?_search=nowhere+to+be+found",
        "hostile": "/browse/articles?_search=gherkin",
        "long": "/browse/articles/904",
        "sql": "/browse",
        "query": "/browse?sql=select+id%2C+headline%2C+section+from+articles+limit+20",
        "revisions": "/browse/revisions",
    }
    watched = look("/")
    for name, path in pages.items():
        watched.go(path)
        assert_fits_with_contrast(watched, name, (1400, 390))
    page = watched.go("/browse/articles")
    assert not page.locator("#facet-section").is_visible()
    page.click(".switch-label")
    assert page.locator("#facet-section").is_visible()
    assert_fits_with_contrast(watched, "facets", (390,))


def assert_fits_with_contrast(watched: WatchedPage, name: str, widths: tuple[int, ...]) -> None:
    """Check the open page in windows of these widths, in both colour schemes."""
    folder = os.environ.get("HERALD_SCREENSHOTS")
    for width in widths:
        watched.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert watched.overflow() <= 0, (name, width)
            assert watched.faint() == [], (name, width, scheme)
            if folder:
                picture = Path(folder, f"browse-{name}-{scheme}-{width}.png")
                watched.page.screenshot(path=picture, full_page=name not in ("list", "facets"))


def test_a_hostile_headline_is_shown_as_text(look: Look) -> None:
    watched = look("/browse/articles?_search=gherkin")
    heads = watched.texts(".list h2")
    assert SCRIPT in heads
    assert REVERSED in heads
    assert any(text.startswith("monstrous") and len(text) <= 300 for text in heads)
    for item in HOSTILE:
        page = watched.go(f"/browse/articles/{item.id}")
        assert watched.texts("h1") == [item.headline]
        assert page.locator("script, img, iframe").count() == 0
        assert "evil.example" not in "".join(
            page.locator("link").evaluate_all("all => all.map(each => each.href)")
        )
    assert watched.texts(".body p") == ["gherkin"]
    for query in ("select * from articles where id > '900'", "select headline, body from articles"):
        page = watched.go(f"/browse?sql={quote(query)}")
        assert page.locator("script, img").count() == 0


def test_a_hostile_address_is_not_linked(look: Look) -> None:
    watched = look("/browse/articles/905")
    links = watched.page.locator("a").evaluate_all("all => all.map(each => each.href)")
    assert not [link for link in links if not link.startswith((watched.base, "https://"))]
    assert "https://evil.example/x.jpg" in links, "pictures are linked, not shown"
    assert "javascript:alert(3)" in watched.texts(".facts")[0]
    watched.go("/browse/articles?_search=gherkin")
    links = watched.page.locator("a").evaluate_all("all => all.map(each => each.href)")
    assert not [link for link in links if link.startswith("javascript")]


# Read-only, and only on this machine -------------------------------------------------------


def status(
    base: str, path: str, method: str = "GET", *, host: str = "", follow: bool = False, **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    parts = urlsplit(base)
    with closing(
        http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=300)
    ) as connection:
        connection.request(method, path, headers={"Host": host or parts.netloc, **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
    if follow and answer.status == 302:
        return status(base, answer.headers["Location"])
    return answer.status, answer.headers, text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/browse/articles", "/browse/articles/901", "/browse", "/-/messages"])
def test_nothing_is_written_by_request(base: str, path: str, method: str) -> None:
    code, headers, text = status(base, path, method)
    assert (code, headers["Allow"], text) == (405, "GET, HEAD", "The archive is read-only here.")


@pytest.mark.parametrize(
    "sql",
    [
        "delete from articles", "update articles set headline = 'x'", "drop table articles", "vacuum into '/tmp/x'",
        "with x as (select 1) delete from articles", "select 1; delete from articles", "pragma user_version = 7",
        "attach '/tmp/x' as y", "explain delete from articles",
    ],
)  # fmt: skip
def test_nothing_is_written_by_sql(base: str, archive: Path, sql: str) -> None:
    with closing(sqlite3.connect(archive / NAME)) as file:
        before = file.execute("SELECT count(*), sum(length(headline)) FROM articles").fetchone()
        code, _, _ = status(base, f"/browse.json?sql={quote(sql)}")
        assert code == 400 or sql.startswith("explain")
        assert file.execute("SELECT count(*), sum(length(headline)) FROM articles").fetchone() == before


def test_a_query_that_takes_too_long_is_ended(base: str) -> None:
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    code, _, text = status(base, f"/browse.json?sql={quote(endless)}")
    assert code == 400
    assert "interrupted" in text.lower() or "time limit" in text.lower()


def test_articles_are_available_as_sql_json_and_csv(base: str) -> None:
    query = "select count(*) as n from articles where body like '%turnip%'"
    _, _, text = status(base, f"/browse.json?_shape=array&sql={quote(query)}")
    assert json.loads(text) == [{"n": len(MANY)}]
    _, _, text = status(base, "/browse/articles.csv?_search=turnip&_stream=on")
    assert text.count("Tide table") == len(MANY)
    _, _, text = status(base, "/browse/articles/1001.json?_shape=array")
    assert json.loads(text)[0]["body"] == MANY[1].body


def test_headers_forbid_scripts_and_framing(base: str) -> None:
    for path in ("/browse/articles", "/browse/articles/901", "/browse", "/nowhere"):
        _, headers, _ = status(base, path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["Access-Control-Allow-Origin"] is None


def test_requests_with_another_host_name_are_refused(base: str) -> None:
    port = urlsplit(base).port
    assert status(base, "/browse/articles", host=f"rebound.example:{port}")[0] == 421
    assert status(base, "/browse/articles", host=f"localhost:{port}")[0] == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_requests_from_pages_of_other_sites_are_refused(base: str, headers: dict[str, str]) -> None:
    assert status(base, "/browse/articles", **headers)[0] == 403
    own = {"Origin": base.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert status(base, "/browse/articles", **own)[0] == 200


def test_a_query_cannot_take_more_memory_than_allowed(base: str) -> None:
    code, _, text = status(base, "/browse.json?sql=select+length(zeroblob(900000000))", follow=True)
    assert (code, "too big" in text) == (400, True)


@pytest.mark.parametrize("name", ["what?", "no #1", "100 %", "a%20b"])
def test_a_catalogue_in_a_folder_of_any_name_is_served(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "browse.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE found (x)")
    database = server._Catalogue(Datasette([]), str(path))
    with closing(database.connect()) as file:
        assert file.execute("SELECT name FROM sqlite_master").fetchall() == [("found",)]


def test_a_missing_article_is_a_404_page(base: str) -> None:
    code, _, text = status(base, "/browse/articles/31337")
    assert code == 404
    assert "browse.css" in text
    assert status(base, "/browse/articles?_col=headline")[0] == 200


# The command -------------------------------------------------------------------------------


def refused(*options: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "browse", *options],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr.strip()


def test_a_wrong_option_is_one_error_line(archive: Path) -> None:
    assert "did you mean --port?" in refused("--prt=1", HERALD_ARCHIVE=str(archive))[1]
    code, error = refused("--port", "65536", HERALD_ARCHIVE=str(archive))
    assert code == 2
    assert "not a number from 0 to 65535" in error


def test_a_port_in_use_is_one_error_line(archive: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, error = refused("--port", str(port), HERALD_ARCHIVE=str(archive))
    assert (code, error.count("\n")) == (1, 0)
    assert f"port {port} cannot be used: Address already in use" in error


def test_a_port_is_reserved_before_the_server_starts() -> None:
    with server.listener(0) as first:
        port = first.getsockname()[1]
        with pytest.raises(server.PortInUse, match=f"port {port} cannot be used"):
            server.listener(port)


def test_addresses_do_not_depend_on_the_file_of_option_o(archive: Path, tmp_path: Path) -> None:
    running = Browsing(archive, "--port", "0", "-o", str(tmp_path / "my.files.db"))
    try:
        address = running.address()
        code, _, text = status(address, "/browse/articles")
        assert (code, "browse.css" in text) == (200, True)
        assert status(address, "/_memory")[0] == 404
    finally:
        assert running.end() == (0, "")
    assert (tmp_path / "my.files.db").is_file()


def test_without_the_extra_one_line_names_it(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\nreal = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'datasette' else real(name, *rest)\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", str(ROOT))])
    code, error = refused(HERALD_ARCHIVE=str(archive), PYTHONPATH=path)
    assert code == 2
    assert error.splitlines()[-1].endswith(
        "scrapy browse needs the extra: pip install '.[browse]' in its checkout"
    )


def test_a_damaged_line_is_one_error_line(tmp_path: Path) -> None:
    keep(tmp_path, "a", *ITEMS)
    overwrite(segments(tmp_path)[0], 10, b"\0\0")
    code, error = refused("--port", "0", HERALD_ARCHIVE=str(tmp_path))
    assert (code, error.count("\n")) == (1, 0)
    assert error.startswith("scrapy browse: error: ")
    assert "Run scrapy verify --repair." in error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_without_an_error(archive: Path, number: int) -> None:
    running = Browsing(archive)
    base = running.address()
    with closing(http.client.HTTPConnection(urlsplit(base).netloc)) as connection:  # kept open by a browser
        connection.request("GET", "/browse/articles")
        connection.getresponse().read()
        code, errors = running.end(number)
    assert code in ((0,) if number == signal.SIGINT else (0, -number))
    assert errors == ""
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(base, timeout=5)


def test_the_next_start_shows_new_and_revised_articles(tmp_path: Path, look: Look) -> None:
    with running_demo(articles=40) as paper:
        options = ("-s", "HERALD_REVISIT_HOURS=99999", "-s", "HERALD_COMPRESS=zst")
        assert crawl(*options, base=paper, HERALD_ARCHIVE=str(tmp_path)).returncode == 0
        with browsing(tmp_path) as address:
            watched = look("/", address)
            before = int(watched.texts("h1")[0].split()[0])
            article = next(
                iter(watched.page.locator(".list h2 a").evaluate_all("all => all.map(each => each.href)"))
            )
        number = article.rpartition("/")[2]
        fetch(f"{paper}/control/update?id={number}", post=True)
        published = json.loads(fetch(f"{paper}/control/publish?n=3", post=True))
        assert crawl(*options, base=paper, HERALD_ARCHIVE=str(tmp_path)).returncode == 0
        headlines = {truth(paper)[each]["headline"] for each in published}
    assert not kept(tmp_path), "all segments are compressed"
    running = Browsing(tmp_path)
    try:
        address = running.address()
        assert "3 new and 1 revised since the last time" in running.output
        watched = look("/", address)
        assert int(watched.texts("h1")[0].split()[0]) == before + 3
        assert headlines <= set(watched.texts(".list h2"))
        watched.go(f"/browse/articles/{number}")
        assert watched.page.locator(".change").count() == 1
    finally:
        running.end()
