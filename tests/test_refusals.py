"""Refusals that look like pages: they fail the article and end the run as blocked; real articles are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from herald_spider.loaders import NoArticle, read_article
from herald_spider.loaders.page import Page
from herald_spider.loaders.refusals import refusal
from tests.demo import SETTINGS, kept, scrapy
from tests.sites import FixedResponse, running_site

SITE = "https://www.koreaherald.com"
URL = f"{SITE}/article/10000001"
STORY = "".join(
    f"<p>Sentence {number} is about the harbor council and its plan for a ferry.</p>" for number in range(9)
)
ARTICLE = f'<html><h1>Ferry</h1><article id="articleText">{STORY}</article></html>'

WALLS = {
    "a challenge": [
        "<title>One moment</title><h1>Please show that you are a human</h1><p>Unusual traffic.</p><div id=captcha></div>",
        "<title>Just a moment...</title><noscript>Enable JavaScript and cookies to continue</noscript>",
        "<title>Attention Required!</title><form><p>Complete the CAPTCHA to go on.</p></form>",
        "<p>Checking your browser before accessing the site.</p>",
        "<script src='/cdn-cgi/challenge-platform/h/g/orchestrate/x.js'></script><p>Wait</p>",
        "<script>window.awsWafCookieDomainList=[]; location.reload()</script><div>awswaf</div>",
        "<h1>Access to this page has been denied</h1><p>Reference 12.</p>",
        "<h1>Access Denied</h1>",
        "<p>Please enable JS and disable any ad blocker</p>",
        "<h1>Are you a robot?</h1>",
        "<p>비정상적인 접근이 감지되었습니다. 보안문자를 입력하세요.</p>",
        f'<link rel="canonical" href="{URL}"><h1>Verify you are human</h1>',
    ],
    "a login page": [
        "<h1>Members</h1><form><input name=id><input type=password></form>",
        "<p>Please log in to read this story.</p>",
        "<p>로그인이 필요한 서비스입니다.</p>",
        f'<link rel="canonical" href="{URL}"><p>You must sign in to continue.</p>',
    ],
    "a consent page": [
        "<h1>We value your privacy</h1><p>We and our partners use cookies.</p><button>Accept all</button>",
        "<p>Before you continue</p><button>Agree</button>",
        "<p>개인정보 수집에 동의해 주세요.</p>",
    ],
    "an empty answer": ["", " \n\t"],
}
EVERY_WALL = [(name, html) for name, pages in WALLS.items() for html in pages]


@pytest.mark.parametrize(("name", "html"), EVERY_WALL)
def test_refusal_is_no_statement_about_the_article(name: str, html: str) -> None:
    with pytest.raises(NoArticle) as error:
        read_article(Page(URL, html.encode()))
    assert str(error.value) == f"no page: {name}"


@pytest.mark.parametrize(
    "html",
    [
        ARTICLE,
        ARTICLE.replace("Ferry", "Are you a robot? The captcha and its cookies"),
        ARTICLE.replace("</article>", "</article><form><input type=password></form><script src=/recaptcha.js></script>"),
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Ferry"}}</script><p>Log in to comment</p>{STORY}',
        f'<meta property="og:type" content="article"><h1>Ferry</h1><p>Please sign in to comment.</p>{STORY}',
    ],
)  # fmt: skip
def test_article_beside_such_words_is_read(html: str) -> None:
    assert "Sentence 8" in (read_article(Page(URL, html.encode())).body or "")


def test_page_without_signs_is_no_refusal() -> None:
    assert refusal(Page(URL, b"<p>The page was not found.</p>")) is None


@pytest.mark.parametrize("where", ["head", "body"])
def test_scripts_do_not_hide_the_text_of_an_article(where: str) -> None:
    """Long scripts in the head once made a page of text look like a mere redirect."""
    script = f"<script>if (top != self) top.location.href = '/login'; {'x = 1;' * 2000}</script>"
    data = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Ferry"}</script>'
    head, body = (script, "") if where == "head" else ("", script)
    html = f"<html><head>{head}{data}</head><body>{body}<main><h1>Ferry</h1>{STORY}</main></body></html>"
    assert read_article(Page(URL, html.encode())).headline == "Ferry"


@pytest.mark.parametrize(
    ("target", "is_gone"),
    [("/", True), ("https://www.koreaherald.com/?x=1", True), ("/National", True), ("/login?next=1", False), ("/x.html", False)],
)  # fmt: skip
def test_only_a_redirect_to_the_front_page_or_a_section_tells_of_a_deleted_story(
    target: str, is_gone: bool
) -> None:
    with pytest.raises(NoArticle) as error:
        read_article(Page(URL, f"<script>location.href = '{target}'</script>".encode()))
    assert str(error.value).startswith("no page") is not is_gone
    with pytest.raises(NoArticle) as error:
        read_article(Page(f"{SITE}{target}" if target.startswith("/") else target, b"<p>Hello</p>"))
    assert str(error.value).startswith("no page") is not is_gone


# Crawls -------------------------------------------------------------------------------------------


def crawl(site_url: str, archive: Path, given: str, *, status: int = 0) -> str:
    settings = [*SETTINGS, "-s", "RETRY_TIMES=1"]
    done = scrapy(
        "crawl", "urls", *settings, "-a", f"url={given}", base=site_url, HERALD_ARCHIVE=str(archive)
    )
    assert done.returncode == status, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    return done.stderr


def reasons(site_url: str, archive: Path) -> dict[str, str]:
    found = json.loads(scrapy("status", "--json", base=site_url, HERALD_ARCHIVE=str(archive)).stdout)
    return {each["reason"]: each["state"] for each in found["reasons"]}


def test_refusals_fail_and_are_fetched_by_the_next_run(tmp_path: Path) -> None:
    wall = WALLS["a challenge"][0].encode()
    with running_site() as site:
        site.answers = {
            "/article/1": FixedResponse(wall),
            "/article/2": FixedResponse(wall, 202),
            "/article/3": FixedResponse(b"", 202),
            "/article/4": FixedResponse(b""),
            "/article/5": FixedResponse(ARTICLE.encode()),
            "/article/6": FixedResponse(status=302, headers={"Location": "/member/login"}),
            "/member/login": FixedResponse(WALLS["a login page"][0].encode()),
            "/article/7": FixedResponse(ARTICLE[:400].encode(), 206),
        }
        crawl(site.url, tmp_path, "1,2,5,3,4,6,7")
        assert [item["id"] for item in kept(tmp_path)] == ["5"]
        assert reasons(site.url, tmp_path) == {
            "refused: a challenge": "failed",
            "refused: an empty answer": "failed",
            "refused: a login page": "failed",
            "partial answer": "failed",
        }
        assert site.asked.count("/article/7") == 2  # and was asked for again
        site.answers = {f"/article/{number}": FixedResponse(ARTICLE.encode()) for number in range(1, 8)}
        crawl(site.url, tmp_path, "1,2,3,4,5,6,7")
        assert {item["id"] for item in kept(tmp_path)} == set("1234567")


def test_refusals_in_a_row_end_the_run_as_blocked(tmp_path: Path) -> None:
    with running_site() as site:
        for number, (_, html) in enumerate(EVERY_WALL, 1):
            site.answers[f"/article/{number}"] = FixedResponse(html.encode(), 200 + 2 * (number % 2))
        log = crawl(site.url, tmp_path, ",".join(map(str, range(1, len(EVERY_WALL)))), status=1)
        assert "The site answered a challenge to 5 requests in a row, the last for" in log
        assert "'finish_reason': 'blocked'" in log
        assert kept(tmp_path) == []
        assert set(reasons(site.url, tmp_path).values()) == {"failed"}
        assert len([path for path in site.asked if path.startswith("/article/")]) < 15
