"""The demo newspaper: its stories, pages, listings, feeds, controls and command line."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import demo
from demo import DemoError, Newspaper
from demo.editions import LARGEST
from demo.process import PORT
from demo.render import Pages
from demo.router import Router, encode
from demo.varieties import VARIETIES, current_path
from herald_spider import sections, urls
from herald_spider.commands.demo import NOT_INSTALLED
from herald_spider.exits import INTERRUPTED
from herald_spider.items import Article
from tests.demo import ROOT, kept, scrapy
from tests.faulty_demo import running_demo
from tests.waiting import wait_until

BASE = "http://127.0.0.1:1"
_HREF = re.compile(r"href=[\"']([^\"']+)[\"']")


class Client:
    """An HTTP client that follows no redirects. `ask` returns status, headers and body."""

    def __init__(self, base: str):
        self.host = urlsplit(base).netloc

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=120)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def status(self, path: str) -> int:
        return self.ask(path)[0]

    def json(self, path: str, method: str = "GET"):
        return json.loads(self.ask(path, method)[2])

    def truth(self) -> list[dict]:
        return [json.loads(line) for line in self.ask("/truth.jsonl")[2].splitlines()]


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """A demo that no test changes."""
    with demo.running_demo(articles=300) as base:
        yield Client(base)


@pytest.fixture(scope="module")
def changing() -> Iterator[Client]:
    """A demo that tests change; each leaves it without faults."""
    with running_demo(articles=90) as base:
        yield Client(base)


# The newspaper ------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_newspaper():
    first, second = Newspaper(300, seed=4), Newspaper(300, seed=4)
    assert list(first.truth()) == list(second.truth())
    page = Pages(first).article(first.article(7))
    assert page == Pages(second).article(second.article(7))
    assert page != Pages(Newspaper(300, seed=5)).article(Newspaper(300, seed=5).article(7))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_small_newspapers_have_the_asked_size(size):
    newspaper = Newspaper(size)
    assert len(list(newspaper.stories())) == size
    assert Router(newspaper).answer("/", {}, BASE).status == 200


@pytest.mark.parametrize("size", [0, LARGEST + 1])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(ValueError, match="size must be"):
        Newspaper(size)


@pytest.mark.parametrize("size", [300, LARGEST])
def test_stories_are_ordered_by_time_and_found_by_id(size):
    newspaper = Newspaper(size)
    third = size // 3
    for start in (0, third - 50, 2 * third - 50, size - 100):
        stories = [newspaper.article(index) for index in range(start, start + 100)]
        for newer, older in pairwise(stories):
            assert newer.filed > older.filed
            assert (newer.edition != older.edition) or int(newer.id) > int(older.id)
        assert all(newspaper.by_id(story.id).id == story.id for story in stories)


def test_a_newspaper_of_a_million_articles_writes_only_what_is_asked_for():
    tracemalloc.start()
    newspaper = Newspaper(LARGEST)
    last = newspaper.article(LARGEST - 1)
    assert newspaper.by_id(last.id).headline == last.headline
    deep = newspaper.listing("national", 5000, "2024")
    assert len(deep.stories) == 15
    assert all("national" in story.listed_in for story in deep.stories)
    assert len(newspaper.listing("politics", 900, "2021").stories) == 15
    assert Router(newspaper).answer("/sitemap/3999.xml.gz", {}, BASE).status == 200
    assert newspaper._write.cache_info().misses < 50
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_article_numbers_have_gaps():
    newspaper = Newspaper(300)
    numbers = {int(story.id) for story in newspaper.newest(100)}
    assert len(numbers) == 100
    assert max(numbers) - min(numbers) > 300
    assert newspaper.by_id(str(max(numbers) + 1)) is None
    assert newspaper.by_id("20231340000000") is None


def test_every_edition_has_all_its_varieties():
    newspaper = Newspaper(300)
    found = {(kind, story.edition) for story in newspaper.stories() for kind in story.varieties}
    wanted = {(variety.name, edition) for variety in VARIETIES for edition in variety.editions}
    assert found == wanted


def test_each_slot_has_one_variety():
    used = [(variety.slot, edition) for variety in VARIETIES for edition in variety.editions]
    assert len(used) == len(set(used))


def test_the_truth_has_the_fields_of_the_item():
    fields = set(Article.__dataclass_fields__)
    left_out = {"extraction", "discovered_via", "fetched_at", "fetched_from", "captured_at", "job", "revision",
                "content_hash"}  # fmt: skip
    for truth in Newspaper(300).truth():
        assert set(truth) == fields - left_out


def test_the_truth_is_clean_text():
    for truth in Newspaper(300).truth():
        text = f"{truth['headline']}\n{truth['body'] or ''}"
        assert not re.search("[\u00a0\u200b]|&[a-z#0-9]+;|  ", text), truth["id"]
        assert "@heraldcorp.com" not in json.dumps(truth)
        assert not re.search(r"\((Yonhap|AP|Xinhua)\)$", truth["body"] or "")
        assert truth["url"] == urls.article_url(truth["id"])
        assert truth["language"] in ("en", "mul")


def test_pairs_of_similar_stories_are_as_similar_as_they_should_be():
    newspaper = Newspaper(600)
    by_id = {story.id: story for story in newspaper.stories()}

    def likeness(pair: tuple[str, str]) -> float:
        first, second = (_shingles(by_id[one].body) for one in pair)
        return len(first & second) / len(first | second)

    assert len(newspaper.near_duplicates) == 6
    assert min(map(likeness, newspaper.near_duplicates)) > 0.7
    assert max(map(likeness, newspaper.same_event)) < 0.3
    assert max(map(likeness, newspaper.briefs)) < 0.6


def _shingles(text: str, size: int = 3) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


def test_some_pages_have_another_encoding_than_they_declare():
    newspaper = Newspaper(300)
    pages = Pages(newspaper)
    seen = set()
    for story in newspaper.stories():
        body, content_type = encode(pages.article(story), story)
        if "cp949" in story.varieties:
            with pytest.raises(UnicodeDecodeError):
                body.decode("utf-8")
            assert b'charset="utf-8"' in body
        elif "euc-kr-meta" in story.varieties:
            assert b'charset="euc-kr"' in body
            assert body.decode("utf-8")
        elif "euc-kr-header" in story.varieties:
            assert content_type.endswith("euc-kr")
        seen |= {"cp949", "euc-kr-meta", "euc-kr-header"} & story.varieties
    assert len(seen) == 3


# What is listed -----------------------------------------------------------------------


def _own_listings(client: Client) -> Iterator[tuple[str, list[str]]]:
    """(slug, article ids) of every page of every listing that the home page links."""
    lists = re.findall(r"<ul class='gnb'>.*?\n</ul>", client.ask("/")[2].decode(), re.DOTALL)
    menu = _HREF.findall("".join(lists))
    found = [urls.classify(href, "http://x") for href in menu]
    for start in sorted({address.url for address in found if address.kind == "listing"}):
        path = start.removeprefix(urls.SITE)
        for number in range(1, 30):
            page = client.ask(urls.listing_page(start, number).removeprefix(urls.SITE))[2].decode()
            ids = _listed_ids(page, path, f"http://{client.host}")
            yield _slug(path), ids
            if not ids:
                break


def _slug(path: str) -> str:
    for section in sections.SECTIONS:
        if current_path(section) == path:
            return section.slug
    found = sections.by_url(urls.SITE + path)
    assert found
    return found.slug


_LISTS = (
    r'<article class="recent_news">(.*?)</article>',
    r'<ul class="category_detail_list">(.*?)</ul>',
    r'<ul class="main_sec_li">(.*?)</ul>',
)


def _listed_ids(page: str, path: str, base: str) -> list[str]:
    match = next(filter(None, (re.search(pattern, page, re.DOTALL) for pattern in _LISTS)))
    hrefs = [href.replace("&amp;", "&") for href in _HREF.findall(match[1])]
    addresses = [urls.classify(href, base + path) for href in hrefs]
    return list(dict.fromkeys(address.id for address in addresses if address.id))


@pytest.fixture(scope="module")
def listings(shared) -> dict[str, set[str]]:
    """Slug of each listing -> the articles it shows."""
    found: dict[str, set[str]] = {}
    for slug, ids in _own_listings(shared):
        found.setdefault(slug, set()).update(ids)
    return found


def test_listings_show_each_article_where_the_truth_says(shared, listings):
    migrated = {truth["aliases"][0][-14:]: truth["id"] for truth in shared.truth() if truth["aliases"]}
    shown: dict[str, set[str]] = {}
    for slug, ids in listings.items():
        for article_id in ids:
            shown.setdefault(migrated.get(article_id, article_id), set()).add(slug)
    truth = {item["id"]: set(item["listed_in"]) for item in shared.truth()}
    gone = set(shared.json("/truth/gone.json"))
    assert {key: value for key, value in shown.items() if key not in gone} == truth
    assert gone <= set(shown)
    assert len(truth) + len(gone) == 300


def test_every_article_has_a_page_or_is_gone(shared):
    for truth in shared.truth():
        assert shared.status(truth["url"].removeprefix(urls.SITE)) == 200
        for alias in truth["aliases"]:
            status, headers, _ = shared.ask(alias.removeprefix(urls.SITE))
            assert (status, headers["location"]) == (301, f"/article/{truth['id']}")
    answers = {
        shared.status(urls.article_url(one).removeprefix(urls.SITE))
        for one in shared.json("/truth/gone.json")
    }
    assert answers == {404, 410, 200, 302}


def test_a_soft_404_is_canonical_to_the_home_page():
    newspaper = Newspaper(300)
    story = next(story for story in newspaper.stories() if story.state == "soft")
    page = Router(newspaper).answer(f"/article/{story.id}", {}, BASE)
    assert page.status == 200
    assert b"articleText" not in page.body
    assert b'og:url" content="https://www.koreaherald.com/"' in page.body


def test_some_section_paths_are_only_in_the_menu(shared):
    guessed = sections.BY_SLUG["north-korea"].path
    assert guessed
    assert shared.status(guessed) == 404
    assert shared.status("/National/NKorea") == 200


def test_tracking_parameters_change_nothing(shared):
    ud = Newspaper(300).newest(1, edition="2021")[0].id
    plain = shared.ask(f"/view.php?ud={ud}")
    assert plain[0] == 200
    assert shared.ask(f"/view.php?ud={ud}&md=20220325003058_BL&kr=1")[2] == plain[2]


def test_the_page_past_the_last_one_lists_nothing(shared):
    for path in ("/National/Politics?page=99&pageTop=true", "/list.php?ct=020101000000&np=99"):
        status, _, body = shared.ask(path)
        assert status == 200
        assert _listed_ids(body.decode(), path, f"http://{shared.host}") == []


def test_a_pinned_story_is_first_on_every_page():
    newspaper = Newspaper(600)
    pages = [newspaper.listing("business", number).stories for number in (1, 2, 3)]
    assert len({page[0].id for page in pages}) == 1
    assert len(pages[0]) == 16


# HTTP ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/article", "/National", "/list.php?ct=020100000000", "/rss/newsAll"])
def test_conditional_requests_are_answered_with_304(shared, path):
    if path == "/article":
        path = f"/article/{Newspaper(300).article(0).id}"
    status, headers, body = shared.ask(path)
    assert status == 200
    assert shared.ask(path, If_None_Match=headers["etag"])[::2] == (304, b"")
    assert shared.ask(path, If_Modified_Since=headers["last-modified"])[0] == 304
    assert shared.ask(path, If_None_Match='"other"', If_Modified_Since=headers["last-modified"])[0] == 200
    assert shared.ask(path, If_Modified_Since="no date")[0] == 200
    compressed = shared.ask(path, Accept_Encoding="gzip")
    assert compressed[1]["content-encoding"] == "gzip"
    assert gzip.decompress(compressed[2]) == body
    assert shared.ask(path, "HEAD")[::2] == (200, b"")


def test_feeds_and_site_maps_list_the_stories(shared):
    feed = shared.ask("/rss/newsAll")[2].decode()
    assert feed.count("<item>") == 50
    assert re.search(r"<pubDate>\w{3}, \d\d \w{3} 2026 [\d:]{8} \+09:00<", feed)
    assert "&amp;amp;" in feed or "&amp;#" in feed
    legacy = shared.ask("/common/rss_xml.php?ct=102")[2].decode()
    assert "+0900" in legacy
    assert shared.status("/rss/020000000000") == 404
    assert b"/rss/kh_Kpop" in shared.ask("/rss")[2]
    assert b"Sitemap: http://" in shared.ask("/robots.txt")[2]
    index = re.findall("<loc>([^<]+)</loc>", shared.ask("/sitemap.xml")[2].decode())
    maps = [shared.ask(urlsplit(loc).path)[2] for loc in index if loc.endswith(".gz")]
    assert sum(gzip.decompress(part).count(b"<url>") for part in maps) == 300


@pytest.mark.parametrize(
    "path",
    ["/article/1", "/article/99999999999999999999", "/view.php", "/view.php?ud=1", "/list.php", "/list.php?ct=9",
     "/nothing", "/rss/nothing", "/sitemap/0.xml.gz", "/sitemap/99.xml.gz", "/truth/x.json", "/National/", "/%00",
     "/National?page=-1", "/National?page=99999999999999999999"],
)  # fmt: skip
def test_odd_addresses_are_answered(shared, path):
    assert shared.status(path) in (200, 302, 404)


# Controls -----------------------------------------------------------------------------


def test_publish_adds_newer_stories(changing):
    before = changing.truth()
    new = changing.json("/control/publish?n=3", "POST")
    after = {truth["id"]: truth for truth in changing.truth()}
    assert len(new) == 3
    assert min(map(int, new)) > max(int(truth["id"]) for truth in before if len(truth["id"]) < 14)
    assert [after[truth["id"]] for truth in before] == before
    dates = [after[one]["published_at"] for one in new if one in after]
    assert all(
        datetime.fromisoformat(date) > datetime.fromisoformat(before[0]["published_at"]) for date in dates
    )
    feed = changing.ask("/rss/newsAll")[2].decode()
    assert all(f"/article/{one}" in feed for one in new)


def test_update_changes_a_story(changing):
    truth = changing.truth()[0]
    path = truth["url"].removeprefix(urls.SITE)
    etag = changing.ask(path)[1]["etag"]
    assert changing.json(f"/control/update?id={truth['id']}", "POST") is True
    assert changing.ask(path, If_None_Match=etag)[0] == 200
    changed = changing.json(f"/truth/{truth['id']}.json")
    assert changed["body"] != truth["body"]
    assert changed["updated_at"] > truth["updated_at"]
    assert {key: changed[key] for key in ("headline", "published_at")} == {
        key: truth[key] for key in ("headline", "published_at")
    }


def test_remove_makes_an_article_gone(changing):
    article_id = changing.truth()[3]["id"]
    changing.json(f"/control/remove?id={article_id}", "POST")
    assert changing.status(f"/article/{article_id}") == 410
    assert article_id in changing.json("/truth/gone.json")
    assert article_id not in {truth["id"] for truth in changing.truth()}


def test_deny_answers_with_an_error_and_requests_are_counted(changing):
    changing.json("/control/requests/reset", "POST")
    changing.status("/National?page=2&pageTop=true")
    changing.json("/control/deny?status=403", "POST")
    assert changing.status("/") == 403
    changing.json("/control/deny?status=0", "POST")
    assert changing.status("/") == 200
    assert changing.json("/control/requests") == {"/National?page=2&pageTop=true": 1, "/": 2}


@pytest.mark.parametrize(
    ("control", "words"),
    [
        ("publish?n=x", "publish takes n: the number of stories"),
        ("update?id=", "update takes id: of an article"),
        ("remove?id=1", "remove takes id: of an article"),
        (
            "nothing",
            "No such control. There are: break, deny, fault, publish, remove, replace, requests/reset, ",
        ),
        ("deny", "deny takes status"),
        ("break?how=nobyline", "break takes how: headless, no-json-ld, no-byline, "),
        ("fault?of=/&kind=bogus", "kind: refused, reset-in-headers, "),
        ("fault?kind=busy", "fault takes of: a path"),
        ("shell?of=/", "kind: xhr, fetch, never, list"),
    ],
)
def test_a_wrong_control_is_refused_with_the_right_parameters(changing, control, words):
    status, _, body = changing.ask(f"/control/{control}", "POST")
    assert status == 400
    assert words in body.decode()
    assert changing.status(f"/control/{control}") == 405


def test_controls_refuse_posts_from_pages_of_other_sites(changing):
    assert changing.ask("/control/requests/reset", "POST", Origin="https://example.org")[0] == 403
    assert changing.ask("/control/requests/reset", "POST", Origin=f"http://{changing.host}")[0] == 200


def test_breakages_and_faults_can_be_ended(changing):
    path = changing.truth()[0]["url"].removeprefix(urls.SITE)
    well = changing.ask(path)[2]
    for harm, cure in [
        ("break?how=gone", "break?how="),
        ("break?how=gone", "break"),
        (f"fault?of={path}&kind=binary", f"fault?of={path}&kind="),
        ("fault?of=*&kind=binary", "fault?of=*"),
    ]:
        assert changing.json(f"/control/{harm}", "POST") is True
        assert changing.ask(path)[2] != well
        assert changing.json(f"/control/{cure}", "POST") is True
        assert changing.ask(path)[2] == well


# The process --------------------------------------------------------------------------


def test_a_port_in_use_is_reported_in_one_line(shared):
    port = int(shared.host.rpartition(":")[2])
    with (
        pytest.raises(
            DemoError, match=f"cannot use port {port}: Address already in use. Give another one with --port"
        ),
        running_demo(port=port),
    ):
        pass


def test_sigterm_stops_the_demo():
    process = subprocess.Popen(
        [sys.executable, "-m", "demo", "--port", "0", "--articles", "3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    started = r"Demo newspaper: http://127\.0\.0\.1:\d+/ \(3 articles\); Ctrl-C stops it\n"
    assert re.fullmatch(started, process.stdout.readline())
    process.terminate()
    assert process.communicate(timeout=300)[1] == ""
    assert process.returncode == 0


_scrapy = partial(scrapy, base="http://elsewhere.invalid")  # replaced by the address of the demo


def test_scrapy_demo_runs_a_command_and_returns_its_status():
    ask = (
        "import os, sys, urllib.request as u; u.urlopen(os.environ['HERALD_BASE_URL'] + '/rss'); sys.exit(7)"
    )
    done = _scrapy("demo", "--port", "0", "--articles", "9", "--", sys.executable, "-c", ask)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize("command", [(), ("--", "true")])
def test_scrapy_demo_reports_a_port_in_use(shared, command):
    port = shared.host.rpartition(":")[2]
    done = _scrapy("demo", "--port", port, *command)
    line = (
        f"The demo newspaper cannot use port {port}: Address already in use. Give another one with --port\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)


def test_scrapy_demo_can_be_interrupted_while_it_starts():
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "demo", "--port", "0", "--", "sleep", "60"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )  # fmt: skip
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_until(children.read_text)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=300)
    assert (process.returncode, said, errors) == (INTERRUPTED, "", "interrupted\n")


def _makefile(variable: str) -> str:
    found = re.search(rf"^{variable} \?= (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found
    return found[1]


def test_make_crawl_uses_the_default_port_and_the_archive_that_scrapy_demo_names():
    """An archive belongs to one site: so later crawls of the demo continue the one of ``make crawl``."""
    assert _makefile("DEMO_PORT") == str(PORT)
    example = re.search(r"HERALD_ARCHIVE=(\S+)\s+scrapy\s+demo", _scrapy("demo", "--help").stdout)
    assert example
    assert example[1] == _makefile("DEMO_ARCHIVE")


def test_scrapy_demo_prints_the_command_that_crawls_it(tmp_path):
    shutil.copy(ROOT / "scrapy.cfg", tmp_path)
    environment = {
        **os.environ, "HERALD_REPORT": "off", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "demo", "--port", "0", "--articles", "9"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        process.stdout.readline()
        command = process.stdout.readline().removeprefix("To crawl it, in another shell: ")
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    finally:
        process.terminate()
        process.communicate()
    assert done.returncode == 0, done.stderr
    assert len(kept(tmp_path / _makefile("DEMO_ARCHIVE"))) == 9


def test_scrapy_demo_outside_a_checkout_says_that_it_needs_one(tmp_path):
    shutil.copy(ROOT / "scrapy.cfg", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", NOT_INSTALLED)
    assert NOT_INSTALLED.count("\n") == 1


def test_scrapy_demo_reports_a_command_that_does_not_exist():
    done = _scrapy("demo", "--port", "0", "--", "no-such-command")
    assert done.returncode == 2
    assert "no-such-command: No such file" in done.stderr


def test_scrapy_demo_refuses_unknown_options():
    done = _scrapy("demo", "--bogus")
    assert done.returncode == 2
    assert "unrecognized option: --bogus" in done.stderr
