"""The answers of the demo newspaper by address, without network."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime

from demo import feeds, varieties
from demo.newspaper import ListingPage, Newspaper
from demo.render import Pages
from demo.story import Story
from herald_spider import sections

Query = dict[str, list[str]]
HTML, XML, JSON, TEXT = (
    "text/html",
    "text/xml; charset=utf-8",
    "application/json",
    "text/plain; charset=utf-8",
)
_SECTIONS = {path: section for section in sections.SECTIONS if (path := varieties.current_path(section))}
_ARTICLE = re.compile(r"/article/(\d{1,20})/?")
_SITEMAP = re.compile(r"/sitemap/(\d{1,6})\.xml\.gz")
_UD = re.compile(r"\d{14}")
_MISSING = b"<html><head><title>Not found</title></head><body><h1>Not found</h1></body></html>"


@dataclass
class Answer:
    """A response. `type` is its Content-Type, `modified` its Last-Modified."""

    body: bytes = b""
    type: str = f"{HTML}; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    modified: datetime | None = None


class Router:
    """Finds the answer to an address."""

    def __init__(self, newspaper: Newspaper):
        self.newspaper = newspaper
        self.pages = Pages(newspaper)

    def answer(self, path: str, query: Query, base: str) -> Answer:
        """Return the answer to `path` and `query`. `base` is the scheme and host of the request."""
        if path in _SECTIONS:
            return self._section(path, query, base)
        if path == "/":
            return html(self.pages.home(base), self.newspaper.newest(1)[0].modified)
        if match := _ARTICLE.fullmatch(path):
            return self._article(self._by_number(match[1]))
        if path == "/view.php":
            return self._view(query)
        if path == "/list.php":
            return self._list(query, base)
        return self._other(path, query, base) or missing(404)

    # Articles -------------------------------------------------------------------------

    def _by_number(self, number: str) -> Story | None:
        return self.newspaper.by_id(number) if len(number) != 14 else None

    def _article(self, story: Story | None) -> Answer:
        if story is None or story.state in ("404", "410"):
            return missing(int(story.state) if story else 404)
        if story.state == "soft":
            return html(self.pages.missing(), story.modified)
        if story.state == "home":
            return _redirect("/", 302)
        return self.article_page(story)

    def article_page(self, story: Story) -> Answer:
        """Return the page of a story that has one."""
        body, content_type = encode(self.pages.article(story), story)
        return Answer(body, content_type, modified=story.modified)

    def _view(self, query: Query) -> Answer:
        ud = _UD.search(_first(query, "ud"))
        story = self.newspaper.by_id(ud[0]) if ud else None
        if story is None:
            return _redirect("/", 302)
        if story.alias and story.state == "ok":
            return _redirect(f"/article/{story.id}", 301)
        return self._article(story)

    # Listings -------------------------------------------------------------------------

    def _section(self, path: str, query: Query, base: str) -> Answer:
        section = _SECTIONS[path]
        if section.language != "en":
            page = ListingPage(section.slug, 1, 1, [])
        else:
            page = self.newspaper.listing(section.slug, _number(query, "page"))
        return self.listing_page(page, path, "2024", base)

    def _list(self, query: Query, base: str) -> Answer:
        code, series = _first(query, "ct"), _first(query, "ctv")
        if series and series != "0":
            section, address = sections.by_series(series), f"/list.php?ctv={series}"
        else:
            section, address = sections.by_code(code), f"/list.php?ct={code}"
        slug = varieties.ALL if code == sections.ALL_STORIES_CODE else section.slug if section else None
        if slug is None:
            return missing(404)
        page = self.newspaper.listing(slug, _number(query, "np"), "2021")
        return self.listing_page(page, address, "2021", base)

    def listing_page(self, page: ListingPage, path: str, edition: str, base: str) -> Answer:
        """Return a page of today's listing at `path`, or of ``list.php``."""
        modified = max((story.modified for story in page.stories), default=None)
        return html(self.pages.listing(page, path, edition, base), modified)

    # Feeds, site maps, truth ------------------------------------------------------------

    def _other(self, path: str, query: Query, base: str) -> Answer | None:
        if path == "/robots.txt":
            return Answer(feeds.robots(base).encode(), TEXT)
        if path.startswith("/sitemap"):
            return self._sitemap(path, base)
        if path.startswith("/truth/"):
            return self._truth(path.removeprefix("/truth/").removesuffix(".json"))
        if path.rstrip("/") == "/rss":
            return html(self.pages.feed_index(feeds.FEEDS), None)
        if path == "/common/rss_xml.php":
            return _feed(feeds.legacy_stories(self.newspaper, _first(query, "ct")), legacy=True)
        return _feed(feeds.current_stories(self.newspaper, path), legacy=False)

    def _sitemap(self, path: str, base: str) -> Answer | None:
        if path == "/sitemap.xml":
            return Answer(feeds.sitemap_index(self.newspaper, base).encode(), XML)
        if path == "/sitemap/news.xml":
            return Answer(feeds.news_sitemap(self.newspaper).encode(), XML)
        match = _SITEMAP.fullmatch(path)
        body = feeds.sitemap(self.newspaper, int(match[1])) if match else None
        return Answer(body, "application/x-gzip") if body else None

    def _truth(self, name: str) -> Answer | None:
        """Return the item that should be made of article `name`, or a list of ids for the tests."""
        newspaper = self.newspaper
        if name == "near_duplicates":
            return as_json(newspaper.near_duplicates)
        if name == "pairs":
            return as_json({"same_event": newspaper.same_event, "briefs": newspaper.briefs})
        if name == "gone":
            return as_json(newspaper.gone)
        story = newspaper.by_id(name) if name.isdigit() else None
        return as_json(story.truth()) if story and story.state == "ok" else None


def is_article(path: str) -> bool:
    """Return True if `path` can be that of an article."""
    return path == "/view.php" or bool(_ARTICLE.fullmatch(path))


def encode(page: str, story: Story) -> tuple[bytes, str]:
    """Return the bytes of a page and their Content-Type; for some varieties the two disagree."""
    if "cp949" in story.varieties:
        return page.encode("cp949", "xmlcharrefreplace"), f"{HTML}; charset=utf-8"
    if "euc-kr-meta" in story.varieties:
        return page.encode(), HTML
    charset = "euc-kr" if "euc-kr-header" in story.varieties else "utf-8"
    return page.encode(), f"{HTML}; charset={charset}"


def as_json(data: object) -> Answer:
    return Answer(json.dumps(data, ensure_ascii=False).encode(), JSON)


def html(page: str, modified: datetime | None) -> Answer:
    return Answer(page.encode(), modified=modified)


def missing(status: int) -> Answer:
    return Answer(_MISSING, status=status)


def _feed(stories: list[Story] | None, *, legacy: bool) -> Answer | None:
    if stories is None:
        return None
    modified = max((story.modified for story in stories), default=None)
    return Answer(feeds.rss(stories, "The Korea Herald", legacy=legacy).encode(), XML, modified=modified)


def _redirect(location: str, status: int) -> Answer:
    return Answer(status=status, headers={"Location": location})


def _first(query: Query, name: str) -> str:
    return query.get(name, [""])[0]


def _number(query: Query, name: str) -> int:
    """Return the page number of the query; 1 if it has none or a wrong one."""
    text = _first(query, name)
    return int(text) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else 1
