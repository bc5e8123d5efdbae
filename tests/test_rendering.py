"""Pages that need JavaScript, with a real Splash and a real Chromium."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.test import get_crawler
from twisted.python.failure import Failure

from herald_spider.loaders import NeedsRendering, NoArticle, read_article
from herald_spider.loaders.listing import Entry
from herald_spider.loaders.page import Page
from herald_spider.loaders.shell import is_bare, is_shell
from herald_spider.middlewares.offsite import Hosts
from herald_spider.middlewares.rendering import for_splash
from herald_spider.sections import BY_SLUG, expand
from herald_spider.spiders.herald import HeraldSpider
from herald_spider.spiders.urls import UrlsSpider
from tests.demo import (
    ROOT,
    SETTINGS,
    differences,
    fetch,
    kept,
    project_settings,
    replace,
    scrapy,
    started,
    truth,
)
from tests.faulty_demo import running_demo
from tests.services import missing
from tests.splash_service import Splash
from tests.waiting import wait_until

PATIENCE = ["-s", "HERALD_RENDER_SECONDS=20", "-s", "RETRY_TIMES=1"]
UNCOMPARED = {"duplicate_of", "listed_in", "aliases"}


@pytest.fixture(scope="module")
def splash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splash]:
    server = Splash(tmp_path_factory.mktemp("splash"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=700) as base:
        yield base


def chromium() -> dict[str, str]:
    """Return the settings that select Chromium."""
    if not shutil.which("chromium"):
        missing("no chromium: sh .ci/services installs it")
    return {"HERALD_RENDERER": "playwright"}


RENDERERS: dict[str, Callable[[Splash], dict[str, str]]] = {
    "splash": lambda server: {"SPLASH_URL": server.url},
    "playwright": lambda _: chromium(),
}


def make_shell(base: str, of: str, kind: str) -> None:
    fetch(f"{base}/control/shell?{urllib.parse.urlencode({'of': of, 'kind': kind})}", post=True)


@pytest.fixture(scope="module")
def shells(demo: str) -> dict[str, str]:
    """Turn some articles of the K-pop listing, and the listing, into shells; return the kinds by article."""
    section = sorted(
        key for key, item in truth(demo).items() if "k-pop" in item["listed_in"] and len(key) == 8
    )
    kinds = dict(zip(section[::3], ["xhr", "fetch", "xhr", "never", "xhr"], strict=False))
    for article, kind in kinds.items():
        make_shell(demo, f"/article/{article}", kind)
    make_shell(demo, "/Kpop", "list")
    return kinds


def crawled(
    base: str, archive: Path, *arguments: str, spider: str = "herald", status: int = 0, **settings: str
) -> tuple[dict[str, dict[str, Any]], str]:
    """Crawl; return the archived articles by id, and the log."""
    done = scrapy(
        "crawl", spider, *SETTINGS, *PATIENCE, *arguments, base=base, HERALD_ARCHIVE=str(archive), **settings
    )
    assert done.returncode == status, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    return {line["id"]: line for line in kept(archive)}, done.stderr


def stat(log: str, name: str) -> int:
    found = re.search(rf"'{name}': (\d+)", log)
    return int(found[1]) if found else 0


def failures(base: str, archive: Path) -> dict[str, int]:
    status = json.loads(scrapy("status", "--json", base=base, HERALD_ARCHIVE=str(archive)).stdout)
    return {each["reason"]: each["articles"] for each in status["reasons"] if each["state"] == "failed"}


# End to end --------------------------------------------------------------------------------


@pytest.mark.parametrize("renderer", RENDERERS)
def test_script_pages_equal_their_truth(
    renderer: str, demo: str, shells: dict[str, str], splash: Splash, tmp_path: Path
) -> None:
    items, log = crawled(demo, tmp_path, "-a", "sections=k-pop", **RENDERERS[renderer](splash))
    expected = {key: item for key, item in truth(demo).items() if "k-pop" in item["listed_in"]}
    cannot = {
        key for key, kind in shells.items() if kind == "never" or (kind == "fetch" and renderer == "splash")
    }
    assert set(items) == set(expected) - cannot
    assert len(items) > 20  # "more" was pressed: the list shows 15 before
    assert differences(items.values(), expected, UNCOMPARED) == {}
    rendered = {key for key, item in items.items() if "rendered" in item["extraction"]}
    assert rendered == set(shells) - cannot  # plain pages are not rendered
    assert {items[key]["extraction"]["rendered"] for key in rendered} == {renderer}
    # The listing is rendered once more for each page number until nothing new is found.
    assert len(shells) < stat(log, "herald/render/asked") <= len(shells) + 3
    ((reason, count),) = failures(demo, tmp_path).items()
    assert count == len(cannot)
    # On a busy machine the browser may give up before the page is complete.
    assert reason.startswith(
        (f"needs rendering: no article in the page from {renderer}", f"needs rendering: {renderer} failed")
    )
    assert ("try playwright" in reason) == (renderer == "splash")


def test_without_a_renderer_only_shells_fail(demo: str, shells: dict[str, str], tmp_path: Path) -> None:
    items, log = crawled(demo, tmp_path, "-a", "sections=k-pop,life-culture")
    slugs = expand(["k-pop", "life-culture"]) or frozenset()
    expected = {key: item for key, item in truth(demo).items() if slugs.intersection(item["listed_in"])}
    in_list = {key for key, item in expected.items() if "k-pop" in item["listed_in"]}
    assert set(items) >= set(expected) - in_list
    assert not set(items) & set(shells)
    found = stat(log, "herald/failed")  # found in other listings
    assert f"failed        {found} (needs rendering {found})" in log
    assert "/Kpop needs rendering: set SPLASH_URL" in log
    assert list(failures(demo, tmp_path)) == [
        "needs rendering: set SPLASH_URL, or HERALD_RENDERER=playwright"
    ]


def test_sections_of_the_setting_are_rendered(
    demo: str, shells: dict[str, str], splash: Splash, tmp_path: Path
) -> None:
    """If rendering fails, the static page is read."""
    settings = {"HERALD_RENDER_SECTIONS": "politics", "SPLASH_URL": splash.url}
    items, log = crawled(demo, tmp_path / "one", "-a", "sections=politics", "-a", "max_pages=1", **settings)
    assert items
    assert (
        stat(log, "herald/render/asked") == stat(log, "herald/listing/read") == 2
    )  # today's and the former listing
    settings["SPLASH_URL"] = "http://127.0.0.1:1"
    same, log = crawled(
        demo, tmp_path / "two", "-a", "sections=politics", "-a", "max_pages=1", status=1, **settings
    )
    assert set(same) == set(items)
    assert "ended         rendering_failed" in log


def test_articles_wait_for_a_splash_that_was_killed(tmp_path: Path) -> None:
    server = Splash(tmp_path)
    server.start()
    with running_demo(articles=40) as base:
        expected = truth(base)
        given = [key for key in expected if len(key) == 8]
        for article in given:
            make_shell(base, f"/article/{article}", "xhr")
        archive = tmp_path / "archive"
        addresses = "url=" + ",".join(given)
        arguments = ["urls", "-a", addresses, *SETTINGS, *PATIENCE, "-s", "HERALD_COMMIT_ARTICLES=1"]
        with started(base, archive, *arguments, SPLASH_URL=server.url) as process:
            rendered = server.folder / "splash.log"
            wait_until(lambda: rendered.read_text().count('"POST /execute') >= 4)
            server.kill()
            _, log = process.communicate(timeout=300)
        assert "Traceback" not in log
        assert stat(log, "herald/state/discovered") > 0
        states = [stat(log, f"herald/state/{each}") for each in ("archived", "discovered", "failed")]
        assert sum(states) == len(given)
        server.start()
        try:
            items, log = crawled(base, archive, "-a", addresses, spider="urls", SPLASH_URL=server.url)
        finally:
            server.kill()
    assert set(items) == set(given)
    assert stat(log, "herald/state/archived") == len(given)


def test_a_rise_of_rendered_articles_fails_a_monitor(splash: Splash, tmp_path: Path) -> None:
    with running_demo(articles=120) as base:
        given = [key for key in truth(base) if len(key) == 8]
        for start in (0, 12, 24):
            if start == 24:
                for article in given[24:]:
                    make_shell(base, f"/article/{article}", "xhr")
            addresses = "url=" + ",".join(given[start : start + 12])
            _, log = crawled(base, tmp_path, "-a", addresses, spider="urls", SPLASH_URL=splash.url)
            is_logged = "100 % of the articles needed rendering, 0 % in the last 2 runs" in log
            assert is_logged == (start == 24)


def test_a_wrong_number_of_seconds_is_refused(tmp_path: Path) -> None:
    wrong = ["-s", "HERALD_RENDER_SECONDS=0"]
    _, log = crawled("http://127.0.0.1:1", tmp_path, *wrong, status=2, SPLASH_URL="http://127.0.0.1:1")
    assert "HERALD_RENDER_SECONDS='0': give a number of seconds" in log
    wrong = ["-s", "HERALD_RENDER_SECONDS=long"]
    _, log = crawled("http://127.0.0.1:1", tmp_path, *wrong, status=2, **chromium())
    assert "HERALD_RENDER_SECONDS='long': give a number of seconds" in log


def test_a_run_that_rendered_nothing_fails(demo: str, shells: dict[str, str], tmp_path: Path) -> None:
    addresses = "url=" + ",".join(shells)
    items, log = crawled(
        demo, tmp_path, "-a", addresses, spider="urls", status=1, SPLASH_URL="http://127.0.0.1:1"
    )
    assert items == {}
    assert "splash has rendered no page. Is it running?" in log
    assert "ended         rendering_failed" in log
    assert stat(log, "herald/state/discovered") == len(shells)


def test_rendered_pages_keep_the_delay(splash: Splash, tmp_path: Path) -> None:
    with running_demo(articles=40) as base:
        given = [key for key in truth(base) if len(key) == 8][:3]
        for article in given:
            make_shell(base, f"/article/{article}", "xhr")
        begin = time.monotonic()
        items, _ = crawled(
            base, tmp_path, "-a", "url=" + ",".join(given), "-s", "DOWNLOAD_DELAY=0.7", "-s", "DOWNLOAD_DELAY_JITTER=0",
            "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=1", spider="urls", SPLASH_URL=splash.url,
        )  # fmt: skip
        assert set(items) == set(given)
        # robots.txt, three pages, three renders: seven requests to the site, six pauses.
        assert time.monotonic() - begin > 6 * 0.7


def test_rendering_obeys_robots_txt_and_loads_no_adverts(splash: Splash, tmp_path: Path) -> None:
    with running_demo(articles=40) as base:
        first, second = [key for key in truth(base) if len(key) == 8][:2]
        for article in (first, second):
            make_shell(base, f"/article/{article}", "xhr")
        robots = f"User-agent: *\nDisallow: /article/{first}\nDisallow: /National/Politics\n".encode()
        replace(base, "/robots.txt", robots, "text/plain")
        settings = {"SPLASH_URL": splash.url, "HERALD_RENDER_SECTIONS": "politics"}
        items, _ = crawled(base, tmp_path / "urls", "-a", f"url={first},{second}", spider="urls", **settings)
        assert set(items) == {second}
        crawled(
            base, tmp_path / "politics", "-a", "sections=politics", "-a", "max_pages=1", status=1, **settings
        )
        asked = json.loads(fetch(f"{base}/control/requests"))
        assert f"/article/{first}" not in asked
        assert "/National/Politics" not in asked
        assert f"/article/{second}" in asked
        assert not [path for path in asked if "advert" in path]


@pytest.mark.parametrize(
    ("status", "state"),
    [(503, "discovered"), (504, "failed"), (400, "failed")],  # busy; too slow; the script failed
)
def test_statuses_of_splash_become_states(status: int, state: str) -> None:
    crawler = get_crawler(UrlsSpider, project_settings())
    crawler.spider = spider = UrlsSpider.from_crawler(crawler, url="10871756")
    crawler._apply_settings()
    spider.open_archive()
    spider.note([Entry("10871756", "https://www.koreaherald.com/article/10871756", "")], None)
    request = spider.waiting["10871756"].replace(meta={"render": "article"})
    failure = Failure(HttpError(Response("http://127.0.0.1:8050/execute", status=status, request=request)))
    failure.request = request  # type: ignore[attr-defined]
    assert list(spider.failed(failure)) == []
    assert {name: count for name, count in spider.archive.ledger.states().items() if count} == {state: 1}
    spider.archive.close()


def test_a_section_with_render_is_always_rendered() -> None:
    crawler = get_crawler(HeraldSpider, project_settings(SPLASH_URL="http://127.0.0.1:8050"))
    spider = HeraldSpider.from_crawler(crawler)
    plain = BY_SLUG["politics"]
    assert not spider.is_always_rendered(plain)
    assert spider.is_always_rendered(dataclasses.replace(plain, render=True))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"SPLASH_URL": "localhost:8050"}, "SPLASH_URL: give an address as http://127.0.0.1:8050"),
        ({"HERALD_RENDERER": "firefox"}, "give splash or playwright"),
        ({"HERALD_RENDER_SECTIONS": "kpop"}, "did you mean k-pop"),
    ],
)
def test_wrong_settings_of_rendering_are_refused(
    settings: dict[str, str], error: str, tmp_path: Path
) -> None:
    _, log = crawled("http://127.0.0.1:1", tmp_path, status=2, **settings)
    assert error in log


# The parts ---------------------------------------------------------------------------------

SCRIPT = "<script>render()</script>"


@pytest.mark.parametrize(
    "html",
    [
        f"<body><div id=app></div>{SCRIPT}</body>",
        f"<body><p>Loading</p><noscript>Enable JavaScript</noscript>{SCRIPT}</body>",
        f'<h1>A story</h1><article id="articleText"> <div></div></article>{SCRIPT}',
        '<main></main><script src="/app.js"></script>',
    ],
)
def test_shells_are_recognised(html: str) -> None:
    page = Page("https://www.koreaherald.com/article/1", html.encode())
    assert is_shell(page)
    with pytest.raises(NeedsRendering):
        read_article(page)


@pytest.mark.parametrize(
    "html",
    [
        "<body><div id=app></div></body>",  # no script that could fill it
        '<body><main></main><script type="application/ld+json">{}</script></body>',
        f"<body><main><p>No such page</p></main>{SCRIPT}</body>",
        f'<body><main><img src="/a.jpg"></main>{SCRIPT}</body>',
    ],
)
def test_other_pages_are_no_shells(html: str) -> None:
    page = Page("https://www.koreaherald.com/article/1", html.encode())
    assert not is_shell(page)
    with pytest.raises(NoArticle):
        read_article(page)


def test_an_empty_listing_on_a_full_page_is_no_shell() -> None:
    menu = "".join(f"<a href='/National'>Section {number}</a>" for number in range(40))
    html = f'<body>{menu}<article class="recent_news"><ul class="news_list"></ul></article>{SCRIPT}</body>'
    assert not is_bare(Page("https://www.koreaherald.com/National", html.encode()))


def test_no_renderer_is_imported_unless_it_is_used() -> None:
    code = (
        "import sys; from scrapy.crawler import Crawler; from scrapy.utils.project import get_project_settings;"
        "from herald_spider.spiders.herald import HeraldSpider;"
        "from scrapy.utils.reactor import install_reactor;"
        "install_reactor('twisted.internet.asyncioreactor.AsyncioSelectorReactor');"
        "crawler = Crawler(HeraldSpider, get_project_settings()); crawler._apply_settings();"
        "print([name for name in sys.modules if name.startswith(('scrapy_splash', 'scrapy_playwright', 'playwright'))])"
    )
    environment = {**os.environ, "SPLASH_URL": "", "HERALD_ARCHIVE": "none"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_scrapy_splash_still_needs_each_adaptation() -> None:
    """If this fails, scrapy-splash has fixed a fault: delete the adaptation in splash.py."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import scrapy_splash"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot import name 'canonicalize_url'" in done.stderr, "delete the import shim"
    code = (
        "import herald_spider.middlewares.splash, inspect, scrapy_splash.middleware as middleware;"
        "cls = middleware.SplashMiddleware;"
        "print('spider' in inspect.signature(cls.process_request).parameters,"
        "      'spider' in inspect.signature(cls.process_response).parameters,"
        "      'downloader._get_slot_key' in inspect.getsource(cls._get_slot_key))"
    )
    shimmed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert shimmed.stdout.split() == ["True"] * 3, "delete what is no longer needed"


def test_the_lua_script_takes_all_values_as_arguments() -> None:
    hostile = '"] error("x") --[[ {} %s'
    request, hosts = (
        Request(f"https://www.koreaherald.com/?{hostile}"),
        Hosts(["https://www.koreaherald.com"]),
    )
    options = for_splash(request, hosts, hostile, 1, 2)["splash"]
    assert options["args"]["lua_source"] == (ROOT / "herald_spider/middlewares/render.lua").read_text()
    assert options["args"]["ready"] == hostile
