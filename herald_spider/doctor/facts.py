"""The table of assumptions about the live site, and the tests that confirm them on one page.

The site guide says where a fact comes from and how certain it is; certain facts were measured by
several people, or are in stored pages. A new fact is one line of `FACTS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import urlsplit

from herald_spider import sections, urls
from herald_spider.doctor import visit
from herald_spider.doctor.fetch import Fetch
from herald_spider.doctor.network import first_few
from herald_spider.loaders import menu, survey
from herald_spider.loaders.survey import TODAY

# The certainty of a fact: measured by several people, or never measured.
CERTAIN, GUESS = "certain", "guess"
ENOUGH = 0.8  # of the entries or pages: the paper has odd ones
PICTURE_HOST = "wimg.heraldcorp.com"
_FEED_SIZE = 50  # items
_SUMMARY = 1500  # characters; a longer text in a feed is the article itself
_ZONE_ERROR = 6 * 3600  # seconds; a wrong time zone gives nine hours
_MINUTE = len("2026-09-14T10:00")

# True if the page confirms the fact, and the text for the output; None if the page cannot show it.
Outcome: TypeAlias = "tuple[bool, str] | None"
Test: TypeAlias = Callable[[Fetch], Outcome]


@dataclass(frozen=True)
class Fact:
    """An assumption about the site, which `test` checks in each sample of `kind`.

    `file` is where to look if it is wrong.
    """

    subject: str
    name: str
    certainty: str
    kind: str
    test: Test
    file: str

    @property
    def path(self) -> str:
        """The path of `file` in the project."""
        return self.file if self.file.startswith("docs/") else f"herald_spider/{self.file}"


def equals(form: str, value: Callable[[Fetch], int], expected: int) -> Test:
    """Return the test whether a number is the expected one; `form` shows it."""
    return lambda s: (value(s) == expected, form.format(value(s)))


# The server and the menu -----------------------------------------------------------------


def robots_allow(s: Fetch) -> Outcome:
    forbidden = s.content.forbidden()
    return not forbidden, f"forbids {first_few(forbidden)}" if forbidden else "all of them"


def robots_delay(s: Fetch) -> Outcome:
    delay = s.content.delay
    return delay is None, "none" if delay is None else f"{delay:g} s between requests"


def robots_sitemaps(s: Fetch) -> Outcome:
    return bool(s.content.sitemaps), ", ".join(s.content.sitemaps) or "none; /sitemap.xml was tried"


def unmoved(s: Fetch) -> Outcome:
    return s.is_ok and not s.redirects, s.outcome + ", redirected" * bool(s.redirects)


def utf_8(s: Fetch) -> Outcome:
    kind = s.header("Content-Type").lower()
    return "utf-8" in kind, kind or "none"


def validators(s: Fetch) -> Outcome:
    names = [name for name in ("ETag", "Last-Modified") if s.header(name)]
    return bool(names), " and ".join(names) or "neither"


def old_address(s: Fetch) -> Outcome:
    assert s.response is not None
    landed = urls.classify(s.response.url, s.base)
    held = bool(s.redirects and landed.id and not landed.is_ud)
    return held, f"{s.outcome} at {landed.url}"


def menu_markup(s: Fetch) -> Outcome:
    if not s.is_ok:
        return False, s.outcome
    selector, count = menu.menu_selector(s.page), len(menu.read_menu(s.page))
    return count > 0 and selector == menu.MENUS[0], f"{selector}: {count} sections"


def menu_path(section: sections.Section) -> Test:
    """Return the test whether the menu has a section at its path."""

    def test(s: Fetch) -> Outcome:
        paths = [urlsplit(url).path for found, url in s.content if found.slug == section.slug]
        current = [path for path in paths if not path.endswith("/list.php")]
        if section.path in current:
            return True, "there"
        return False, f"the menu has {current[0]}" if current else "not in the menu"

    return test


def menu_known(s: Fetch) -> Outcome:
    new = {
        f"{each.name} {urlsplit(url).path}" for each, url in s.content if each.slug not in sections.BY_SLUG
    }
    return not new, f"new: {', '.join(sorted(new))}" if new else "none"


# Lists and feeds -------------------------------------------------------------------------


def list_markup(s: Fetch) -> Outcome:
    if not s.content:
        return False, s.outcome
    return s.content.selector == TODAY.listing.items[0] and bool(s.content.entries), s.content.selector


def links(s: Fetch) -> Outcome:
    entries = s.content.entries
    numbered = sum(not urls.is_ud(entry.id) for entry in entries)
    return numbered >= ENOUGH * len(entries) > 0, "/article/<number>" if numbered else "other addresses"


def dates(s: Fetch) -> Outcome:
    printed = [entry for entry in s.content.entries if entry.printed]
    unread = [entry for entry in printed if entry.date is None]
    text = f"as {(unread or printed)[0].printed}" if printed else "no dates"
    return not unread and bool(printed), f"unreadable {text}" if unread else text


def newest_first(s: Fetch) -> Outcome:
    """Check that the days are in order; one entry, which an editor moved, may be out of order."""
    days = [entry.date.date() for entry in s.content.entries if entry.date]
    breaks = sum(later > former for former, later in pairwise(days))
    return (breaks <= 1, f"{breaks} out of order" if breaks else "in order") if len(days) > 1 else None


def second_page(s: Fetch) -> Outcome:
    found = s.content.entries if s.content else []
    new = sum(entry.id not in s.context for entry in found)
    return new > len(found) / 2, f"{len(found)} entries, {new} of them not on page 1"


def feed_index(s: Fetch) -> Outcome:
    if not s.is_ok:
        return False, s.outcome
    wanted = {sections.ALL_STORIES_FEED, *(each.feed for each in sections.SECTIONS if each.feed)}
    found = {url.removeprefix(urls.SITE) for url in survey.feed_links(s.page)}
    changes = {"without": sorted(wanted - found), "new": sorted(found - wanted)}
    texts = [f"{len(found)} feeds", *(f"{name} {', '.join(each)}" for name, each in changes.items() if each)]
    return wanted == found, ", ".join(texts)


def rss_2(s: Fetch) -> Outcome:
    if not s.content or not s.content.feed:
        return False, f"no feed: {s.content.why}" if s.content else s.outcome
    cut = ", cut off" * (not s.content.feed.whole)
    return s.content.form.kind == "rss 2.0" and not cut, s.content.form.kind + cut


def summaries(s: Fetch) -> Outcome:
    form = s.content.form
    full = bool(form.parts["encoded"]) or form.longest > _SUMMARY
    return not full, "whole articles" if full else "summaries"


def map_read(s: Fetch) -> Outcome:
    if s.content is None:
        return False, f"no site map: {s.outcome}"
    dates = ", with lastmod" * any(each.modified for each in s.content.places)
    dates += ", with publication dates" * any(each.published for each in s.content.places)
    return bool(s.content.addresses), f"{s.content.kind} of {len(s.content.addresses):,}{dates}"


def map_articles(s: Fetch) -> Outcome:
    if s.content is None or s.content.kind != "urlset" or not s.content.addresses:
        return None
    kinds = [urls.classify(each, s.base).kind for each in s.content.addresses]
    count = kinds.count("article")
    return count > len(kinds) / 2, f"{count:,} articles of {len(kinds):,}"


# Articles --------------------------------------------------------------------------------


def current_layout(s: Fetch) -> Outcome:
    if not s.content:
        return None
    if s.content.item is None:
        return False, f"no article: {s.content.why}"
    return s.content.layout is TODAY, f"layout {s.content.layout.name}"


def no_scripts(s: Fetch) -> Outcome:
    shell = bool(s.content and s.content.needs_rendering)
    return (not shell, "a script shell" if shell else "text without scripts") if s.content else None


def main_markers(s: Fetch) -> Outcome:
    found = s.content.markers.get(TODAY.name, [])[:2]
    return found == list(TODAY.markers[:2]), ", ".join(found) or "none of them"


def valid(s: Fetch) -> Outcome:
    return not s.content.invalid, s.content.invalid or "valid"


def canonical(s: Fetch) -> Outcome:
    page = s.content.page
    if page.canonical is None:
        return False, "names no article"
    same = page.canonical.id == page.address(page.url).id
    return same, "the same article" if same else "another article"


def one_json_ld(s: Fetch) -> Outcome:
    scripts, things = len(s.content.page.ld_scripts), len(s.content.page.json_ld)
    return scripts == things == 1, f"{scripts} scripts, {things} of an article"


def rule(field: str, *texts: str) -> Test:
    """Return a test that a rule with one of these texts (any rule, without texts) finds the field.

    Headlines and times must be the same as the article's, times to the minute.
    """

    def test(s: Fetch) -> Outcome:
        found = s.content.fields[field]
        rules = [each for each in found.rules if not texts or each.text in texts]
        if all(each.source == "json-ld" for each in rules) and not s.content.page.json_ld:
            return None
        won = next((each for each in rules if each in found.matches), None)
        if won is None:
            return False, "not on the page"
        value = str(found.matches[won][0])[:_MINUTE]
        if field in ("headline", "published_at", "updated_at") and value != str(found.value)[:_MINUTE]:
            return False, f"{won.text} differs"
        return True, f"{won.source} {won.text}"

    return test


def same_time(s: Fetch) -> Outcome:
    """Check that the feed has the time of the page; a difference of nine hours is a wrong time zone."""
    if not s.content.item.published_at or not s.context:
        return None
    apart = abs((datetime.fromisoformat(s.content.item.published_at) - s.context).total_seconds())
    hours = round(apart / 3600)
    return apart < _ZONE_ERROR, f"{hours} h apart" if hours else "the same hour"


def picture_host(s: Fetch) -> Outcome:
    hosts = sorted({urlsplit(image.url).hostname or "" for image in s.content.item.images})
    return (hosts == [PICTURE_HOST], ", ".join(hosts)) if hosts else None


def credits(s: Fetch) -> Outcome:
    images = s.content.item.images
    if not any(image.caption or image.credit for image in images):
        return None
    named = any(image.credit for image in images)
    return named, "(credit) at the end" if named else "no credit found"


# fmt: off
_MENU = tuple(
    Fact("menu", f"{each.name} at {each.path}", GUESS if each.guess else CERTAIN, visit.MENU, menu_path(each), "sections.py")
    for each in sections.SECTIONS if each.path
)
_LAYOUT = TODAY.file
FACTS: tuple[Fact, ...] = (
    Fact("robots.txt", "allows the front page, sections, articles and feeds", CERTAIN, visit.ROBOTS, robots_allow, "sections.py"),
    Fact("robots.txt", "asks for no delay", GUESS, visit.ROBOTS, robots_delay, "settings.py"),

    Fact("server", "front page answers without a redirect", CERTAIN, visit.FRONT, unmoved, "urls.py"),
    Fact("server", "Content-Type says UTF-8", CERTAIN, visit.PAGE, utf_8, "loaders/page.py"),
    Fact("server", "sends ETag or Last-Modified", GUESS, visit.PAGE, validators, "spiders/base.py"),
    Fact("server", "answers 304 to a conditional request", GUESS, visit.AGAIN, equals("HTTP {}", lambda s: s.status, 304), "spiders/base.py"),
    Fact("server", "view.php?ud= redirects to /article/", GUESS, visit.OLD, old_address, "urls.py"),

    Fact("menu", "has the markup of the current layout", CERTAIN, visit.FRONT, menu_markup, _LAYOUT),
    *_MENU,
    Fact("menu", "has no section that sections.py lacks", GUESS, visit.MENU, menu_known, "sections.py"),

    Fact("lists", "have the markup of the current layout", CERTAIN, visit.LIST, list_markup, _LAYOUT),
    Fact("lists", "link to /article/<number>", CERTAIN, visit.ENTRIES, links, "urls.py"),
    Fact("lists", "have dates that can be read", CERTAIN, visit.ENTRIES, dates, "text/dates.py"),
    Fact("lists", "are sorted newest first", GUESS, visit.ENTRIES, newest_first, "spiders/listings.py"),
    Fact("lists", "have page 2 at ?page=2&pageTop=true", CERTAIN, visit.SECOND, second_page, "urls.py"),

    Fact("articles", "exist if a list shows them", CERTAIN, visit.ARTICLE, equals("HTTP {}", lambda s: s.status, 200), "spiders/site.py"),
    Fact("articles", "have the current layout", CERTAIN, visit.ARTICLE, current_layout, _LAYOUT),
    Fact("articles", "need no JavaScript", CERTAIN, visit.ARTICLE, no_scripts, "loaders/shell.py"),
    Fact("articles", "have the layout's first two markers", CERTAIN, visit.READ, main_markers, _LAYOUT),
    Fact("articles", "are valid", CERTAIN, visit.READ, valid, _LAYOUT),
    Fact("articles", "have a canonical link to themselves", GUESS, visit.READ, canonical, "loaders/page.py"),
    Fact("articles", "have one JSON-LD script with one object", CERTAIN, visit.READ, one_json_ld, "loaders/page.py"),
    Fact("articles", "have the headline in JSON-LD", CERTAIN, visit.READ, rule("headline", "headline"), _LAYOUT),
    Fact("articles", "have datePublished in JSON-LD", CERTAIN, visit.READ, rule("published_at", "datePublished"), _LAYOUT),
    Fact("articles", "have dateModified in JSON-LD", GUESS, visit.READ, rule("updated_at", "dateModified"), _LAYOUT),
    Fact("articles", "have author.name in JSON-LD", CERTAIN, visit.READ, rule("authors", "author.name"), _LAYOUT),
    Fact("articles", "have the headline in og:title", CERTAIN, visit.READ, rule("headline", "og:title"), _LAYOUT),
    Fact("articles", "have a summary in og:description", CERTAIN, visit.READ, rule("summary", "og:description"), _LAYOUT),
    Fact("articles", "have a picture in og:image", GUESS, visit.READ, rule("images", "og:image"), _LAYOUT),
    Fact("articles", "have the body in the layout's first selector", CERTAIN, visit.READ, rule("body", TODAY.rules["body"][0].text), _LAYOUT),
    Fact("articles", "print a byline", GUESS, visit.READ, rule("byline"), _LAYOUT),
    Fact("articles", "name their section", GUESS, visit.READ, rule("section"), _LAYOUT),
    Fact("articles", "have meta keywords", GUESS, visit.READ, rule("tags", "keywords"), _LAYOUT),
    Fact("articles", f"have pictures at {PICTURE_HOST}", CERTAIN, visit.READ, picture_host, "loaders/body.py"),
    Fact("articles", "have credits at the end of captions", GUESS, visit.READ, credits, "text/captions.py"),

    Fact("feeds", "/rss lists the eight known feeds", CERTAIN, visit.INDEX, feed_index, "sections.py"),
    Fact("feeds", "are RSS 2.0", CERTAIN, visit.FEED, rss_2, "loaders/feed.py"),
    Fact("feeds", f"have {_FEED_SIZE} items", GUESS, visit.READ_FEED, equals("{} items", lambda s: s.content.form.items, _FEED_SIZE), "docs/operating.md"),
    Fact("feeds", "link to /article/<number>", CERTAIN, visit.READ_FEED, links, "urls.py"),
    Fact("feeds", "have dates that can be read", CERTAIN, visit.READ_FEED, dates, "text/dates.py"),
    Fact("feeds", "are sorted newest first", CERTAIN, visit.READ_FEED, newest_first, "spiders/rss.py"),
    Fact("feeds", "have summaries only", CERTAIN, visit.READ_FEED, summaries, "loaders/feed.py"),
    Fact("feeds", "have the time of the page as pubDate", CERTAIN, visit.READ, same_time, "text/dates.py"),

    Fact("site maps", "are named in robots.txt", GUESS, visit.ROBOTS, robots_sitemaps, "spiders/sitemap.py"),
    Fact("site maps", "can be read", GUESS, visit.MAP, map_read, "loaders/sitemap.py"),
    Fact("site maps", "list articles", GUESS, visit.MAP, map_articles, "spiders/sitemap.py"),
)
# fmt: on
