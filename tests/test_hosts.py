"""Requests are only sent to the hosts of the settings: real crawls, with other hosts that count requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from herald_spider import urls
from herald_spider.middlewares.offsite import Hosts, is_internal
from tests.demo import SETTINGS, scrapy
from tests.sites import FixedResponse, Site, running_site
from tests.splash_service import Splash
from tests.test_rendering import chromium

QUICK = [*SETTINGS, "-s", "RETRY_TIMES=0"]


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture
def stranger() -> Iterator[Site]:
    """Another host of this machine, which serves articles too."""
    with running_site("127.0.0.2") as site:
        yield site


@pytest.fixture
def neighbour() -> Iterator[Site]:
    """Another port of the site's own host."""
    with running_site() as site:
        yield site


def reasons(site: Site, archive: Path) -> dict[str, str]:
    """Return the states of articles that were not archived, by reason."""
    status = json.loads(scrapy("status", "--json", base=site.url, HERALD_ARCHIVE=str(archive)).stdout)
    return {each["reason"]: each["state"] for each in status["reasons"]}


def crawl(site: Site, archive: Path, spider: str, *arguments: str, **settings: str) -> str:
    done = scrapy("crawl", spider, *QUICK, *arguments, base=site.url, HERALD_ARCHIVE=str(archive), **settings)
    assert "Traceback" not in done.stderr
    return done.stderr


def moved(target: str, status: int = 302) -> FixedResponse:
    return FixedResponse(status=status, headers={"Location": target})


def test_redirects_to_other_hosts_are_refused(
    site: Site, stranger: Site, neighbour: Site, tmp_path: Path
) -> None:
    port = neighbour.port
    targets = {
        f"{stranger.url}/article/1": f"another host: {stranger.host}:{stranger.port}",
        f"//{stranger.host}:{stranger.port}/article/1": f"another host: {stranger.host}:{stranger.port}",
        f"{neighbour.url}/article/1": f"another host: {neighbour.host}:{port}",
        f"http://2130706433:{port}/": f"another host: 2130706433:{port}",
        f"http://0x7f.1:{port}/": f"another host: 0x7f.1:{port}",
        f"http://0177.0.0.1:{port}/": f"another host: 0177.0.0.1:{port}",
        f"http://localhost:{port}/": f"another host: localhost:{port}",
        f"http://[::ffff:127.0.0.1]:{port}/": f"another host: ::ffff:127.0.0.1:{port}",
        "http://169.254.169.254/latest/": "another host: 169.254.169.254",
        "https://example.com/article/1": "another host: example.com",
        "file:///etc/passwd": "no address of the web: file:///etc/passwd",
        "ftp://127.0.0.1/": "no address of the web: ftp://127.0.0.1/",
        "data:text/html,<p>x": "no address of the web: data:text/html,<p>x",
    }
    for number, target in enumerate(targets, 100):
        site.answers[f"/article/{number}"] = moved(target)
    given = ",".join(str(number) for number, _ in enumerate(targets, 100))
    log = crawl(site, tmp_path, "urls", "-a", f"url={given}")
    assert "redirect to another host: example.com" in log
    status = json.loads(scrapy("status", "--json", base=site.url, HERALD_ARCHIVE=str(tmp_path)).stdout)
    assert status["states"]["failed"] == len(targets)
    assert not stranger.asked
    assert not neighbour.asked
    for reason in targets.values():
        assert f"redirect to {reason}" in log


def test_redirects_by_markup_or_script_to_other_hosts_are_refused(
    site: Site, stranger: Site, tmp_path: Path
) -> None:
    target = f"{stranger.url}/article/1"
    site.answers |= {
        "/article/101": FixedResponse(f'<meta http-equiv="refresh" content="0; url={target}">'.encode()),
        "/article/102": FixedResponse(f"<script>location.href = '{target}'</script>".encode()),
        "/article/103": FixedResponse(b'<meta http-equiv="refresh" content="0; url=file:///etc/passwd">'),
        "/article/104": FixedResponse(
            f'<head><base href="{stranger.url}/"></head><script>location.replace("/article/1")</script>'.encode()
        ),
    }
    crawl(site, tmp_path, "urls", "-a", "url=101,102,103,104")
    found = reasons(site, tmp_path)
    assert found[f"redirect to another host: {stranger.host}:…"] == "failed"
    assert found["no page: a redirect by script to no article"] == "failed"
    assert not stranger.asked


def test_site_maps_on_other_hosts_are_refused(site: Site, stranger: Site, tmp_path: Path) -> None:
    lines = [
        f"Sitemap: {stranger.url}/a.xml",
        "Sitemap: http://[",
        "Sitemap: file:///etc/passwd",
        "Sitemap: /own.xml",
    ]
    site.answers["/robots.txt"] = FixedResponse(
        "\n".join(lines).encode(), headers={"Content-Type": "text/plain"}
    )
    places = (
        f"{stranger.url}/b.xml",
        f"{site.url}:1p/",
        "https://www.koreaherald.com.example.org/c.xml",
        "file:///etc/hosts",
    )
    named = "".join(f"<sitemap><loc>{place}</loc></sitemap>" for place in places)
    site.answers["/own.xml"] = FixedResponse(f"<sitemapindex>{named}</sitemapindex>".encode())
    log = crawl(site, tmp_path, "sitemap")
    assert f"No page from {stranger.url}/a.xml: another host: {stranger.host}:{stranger.port}" in log
    assert f"No page from {stranger.url}/b.xml: another host" in log
    assert "www.koreaherald.com.example.org/c.xml: another host: www.koreaherald.com.example.org" in log
    assert "/own.xml" in site.asked
    assert not stranger.asked


def test_robots_txt_is_not_requested_from_other_hosts(site: Site, stranger: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = moved(f"{stranger.url}/robots.txt")
    crawl(site, tmp_path, "urls", "-a", "url=101")
    assert "/robots.txt" in site.asked
    assert not stranger.asked


def test_a_redirect_of_a_web_archive_to_another_host_is_refused(
    site: Site, stranger: Site, tmp_path: Path
) -> None:
    row = f"k 20210408000000 {site.url}/article/101 text/html 200 A 1"
    with running_site() as archive:
        archive.answers[f"/web/20210408000000id_/{site.url}/article/101"] = moved(
            f"{stranger.url}/article/101"
        )
        settings = {"HERALD_CDX_URL": f"{archive.url}/cdx", "HERALD_MEMENTO_URL": f"{archive.url}/web"}

        class Index(dict[str, FixedResponse]):
            """The same row for every query of the index."""

            def get(self, path: str, default: FixedResponse = FixedResponse(status=404)) -> FixedResponse:  # type: ignore[override]  # noqa: B008
                is_index = path.startswith("/cdx") and "article" in path
                return FixedResponse(row.encode()) if is_index else super().get(path, default)

        archive.answers = Index(archive.answers)
        crawl(site, tmp_path, "wayback", **settings)
        assert archive.asked
    assert not site.asked, "copies are requested from the web archive only"
    assert not stranger.asked


# Replaces the DNS: a public name resolves to a private address.
FALSE_DNS = """
import socket
true = socket.gethostbyname
socket.gethostbyname = lambda name: {names}.get(name) or true(name)
"""


@pytest.mark.parametrize(
    ("name", "refused"),
    [("paper.example.org", True), ("www.koreaherald.com", True), ("paper.internal", False)],
)
def test_a_public_name_with_a_private_address_is_refused(
    name: str, refused: bool, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(FALSE_DNS.format(names={name: "127.0.0.1"}))
    monkeypatch.syspath_prepend(str(tmp_path))
    done = scrapy(
        "crawl", "urls", *QUICK, "-a", "url=101", base=f"http://{name}:{site.port}",
        HERALD_ARCHIVE=str(tmp_path / "archive"), HERALD_CONTACT="mailto:x@example.org",
        fresh=True, PYTHONPATH=f"{tmp_path}:{Path(__file__).parents[1]}",
    )  # fmt: skip
    assert bool(site.asked) is not refused, done.stderr
    assert (f"private address: {name} is 127.0.0.1" in done.stderr) is refused


@pytest.mark.parametrize(
    ("base", "url", "refusal"),
    [
        ("https://www.koreaherald.com", "http://www.koreaherald.com/", None),
        ("https://www.koreaherald.com", "https://m.koreaherald.com/", None),
        ("https://www.koreaherald.com", "https://www.koreaherald.com:8443/", "another host: www.koreaherald.com:8443"),
        ("https://www.koreaherald.com", "https://www.koreaherald.com@example.org/", "another host: example.org"),
        ("https://www.koreaherald.com", "https://evil.www.koreaherald.com.example.org/",
         "another host: evil.www.koreaherald.com.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/x", None),
        ("http://127.0.0.1:8000", "https://www.koreaherald.com/", "another host: www.koreaherald.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1/", "another host: 127.0.0.1"),
        ("http://127.0.0.1:8000", "gopher://127.0.0.1:8000/", "no address of the web: gopher://127.0.0.1:8000/"),
        ("http://127.0.0.1:8000", "http://[", "no address of the web: http://["),
    ],
)  # fmt: skip
def test_other_hosts_and_ports_are_refused(base: str, url: str, refusal: str | None) -> None:
    assert Hosts([base]).refusal(url) == refusal


@pytest.mark.parametrize(
    ("host", "internal"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("172.16.0.1", True), ("192.168.1.1", True), ("169.254.1.1", True),
        ("100.64.0.1", True), ("0.0.0.0", True), ("fd00::1", True), ("fe80::1", True), ("::1", True),
        ("::ffff:192.168.0.1", True), ("3232235777", True), ("0xc0a80101", True), ("0300.0250.1.1", True),
        ("localhost", True), ("db", True), ("splash.internal", True), ("8.8.8.8", False), ("2606:4700::1", False),
        ("www.koreaherald.com", False), ("local.example.org", False),
    ],
)  # fmt: skip
def test_internal_hosts(host: str, internal: bool) -> None:
    assert is_internal(host) is internal


def test_a_name_that_begins_with_the_papers_host_is_another_host() -> None:
    url = "https://www.koreaherald.com.example.org/article/1"
    assert urls.rebase(url, "http://127.0.0.1:8000") == url


# Browsers ---------------------------------------------------------------------------------

SHELL = """<html><body><div id="app"></div><script>{script}</script><noscript>Turn on JavaScript</noscript>
</body></html>"""


@pytest.fixture(params=["splash", "playwright"])
def renderer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    if request.param == "playwright":
        yield chromium()
        return
    server = Splash(tmp_path_factory.mktemp("splash"))
    server.start()
    yield {"SPLASH_URL": server.url}
    server.kill()


class Rendered(dict[str, FixedResponse]):
    """Script shells for the first request of each page; the second answer, to the browser, is a redirect."""

    def __init__(self, second: dict[str, FixedResponse]):
        super().__init__()
        self.second = second
        self.seen: set[str] = set()

    def get(self, path: str, default: FixedResponse = FixedResponse(status=404)) -> FixedResponse:  # type: ignore[override]  # noqa: B008
        if path not in self.second:
            return default
        first = path not in self.seen
        self.seen.add(path)
        return FixedResponse(SHELL.format(script="1").encode()) if first else self.second[path]


def test_a_browser_sends_no_requests_to_other_hosts(
    renderer: dict[str, str], site: Site, stranger: Site, neighbour: Site, tmp_path: Path
) -> None:
    away = f"{stranger.url}/article/1"
    scripts = {
        "/article/103": f"location.href = '{away}'",
        "/article/104": f'document.write(\'<img src="{stranger.url}/a.png"><script src="{stranger.url}/a.js"></scr\' + \'ipt>'
        f'<iframe src="{stranger.url}/frame"></iframe>\')',
        "/article/105": f"var x = new XMLHttpRequest(); x.open('GET', '{stranger.url}/x'); x.send()",
        "/article/106": "location.href = 'file:///etc/passwd'",
    }
    site.answers = Rendered(
        {
            "/article/101": moved(away),
            "/article/102": moved(f"{neighbour.url}/article/1"),
            **{path: FixedResponse(SHELL.format(script=script).encode()) for path, script in scripts.items()},
            "/article/107": FixedResponse(f'<meta http-equiv="refresh" content="0; url={away}">'.encode()),
        }
    )
    given = ",".join(str(number) for number in range(101, 108))
    name = renderer.get("HERALD_RENDERER", "splash")
    log = crawl(site, tmp_path, "urls", "-a", f"url={given}", "-s", "HERALD_RENDER_SECONDS=2", **renderer)
    assert "/article/107" in site.asked
    assert len(site.asked) > 12, "the browser has requested each page too"
    assert not stranger.asked
    assert not neighbour.asked
    assert "root:" not in log
    assert f"/article/101: needs rendering: {name} failed, redirect to another host: {stranger.host}" in log
    assert f"/article/102: needs rendering: {name} failed, redirect to another host: {neighbour.host}" in log
    assert f"/article/104: needs rendering: {name} failed" not in log, (
        "a refused resource does not fail the page"
    )
    states = json.loads(scrapy("status", "--json", base=site.url, HERALD_ARCHIVE=str(tmp_path)).stdout)[
        "states"
    ]
    assert states["archived"] == 0
    assert states["failed"] + states["gone"] == 7
