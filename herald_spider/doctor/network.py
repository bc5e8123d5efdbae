"""The site as a crawl meets it: robots.txt, the front page, the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from herald_spider import sections, urls
from herald_spider.doctor.finding import Checkup, Finding, ok, warning, wrong
from herald_spider.doctor.spider import Answer, DoctorSpider
from herald_spider.loaders.menu import read_menu

SLOW = 5.0  # seconds for the front page
CLOCK, CLOCK_WRONG = 90, 3600  # seconds between our clock and the site's
_FEW_SECTIONS = 5
_SHOWN = 6
_FEEDS = ("/rss", sections.ALL_STORIES_FEED)
_EXAMPLE = "/article/10618541"


@dataclass
class Robots:
    """What robots.txt says to us; `rules` is None where there is none, and all is allowed."""

    status: int
    agent: str
    base: str
    rules: Any = None

    def allows(self, path: str) -> bool:
        return self.rules is None or bool(self.rules.can_fetch(f"{self.base}{path}", self.agent))

    @property
    def delay(self) -> float | None:
        found = self.rules.crawl_delay(self.agent) if self.rules else None
        return None if found is None else float(found)

    @property
    def maps(self) -> list[str]:
        return list(self.rules.sitemaps) if self.rules else []

    def forbidden(self) -> list[str]:
        """What crawls ask for and may not have."""
        pages = [urls.listing_page(f"{urls.SITE}/National", 2).removeprefix(urls.SITE)]
        listings = [section.path for section in sections.SECTIONS if section.path]
        feeds = [section.feed for section in sections.SECTIONS if section.feed]
        wanted = ["/", *listings, *pages, _EXAMPLE, *_FEEDS, *feeds]
        return [path for path in wanted if path and not self.allows(path)]


@dataclass
class SiteLook:
    """A first look at the site. `offset` is how many seconds its clock is ahead of ours."""

    front: Answer
    robots: Robots | None = None
    offset: float | None = None


class LookPlan:
    """Asks for the front page; Scrapy itself has asked for robots.txt then."""

    def __init__(self) -> None:
        self.look: SiteLook | None = None

    async def __call__(self, spider: DoctorSpider) -> None:
        began = time.time()
        front = await spider.ask(f"{urls.SITE}/")
        self.look = SiteLook(front, robots_of(spider), _offset(front, (began + time.time()) / 2))


def robots_of(spider: DoctorSpider) -> Robots | None:
    """What robots.txt said; None where it could not be had."""
    answer = spider.robots
    if answer is None:
        return None
    agent = str(spider.settings["ROBOTSTXT_USER_AGENT"] or spider.settings["USER_AGENT"])
    # What Scrapy takes for rules, whatever the status.
    rules = Protego.parse(answer.body.decode("utf-8-sig", "ignore"))
    return Robots(answer.status, agent, spider.base, rules)


def _offset(answer: Answer, moment: float) -> float | None:
    try:
        return parsedate_to_datetime(answer.header("Date")).timestamp() - moment
    except ValueError:
        return None


def some(names: list[str]) -> str:
    """The first of many names, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


# Checks ----------------------------------------------------------------------------------


def _look(checkup: Checkup) -> Iterator[SiteLook | Finding]:
    """The look at the site, or why there is none."""
    if checkup.site is not None:
        yield checkup.site
    elif checkup.problem and checkup.problem[0] == "no_contact":
        yield warning("not asked: HERALD_CONTACT is not set")
    else:
        yield warning("not asked: the settings are wrong")


def site(checkup: Checkup) -> Iterator[Finding]:
    for look in _look(checkup):
        yield look if isinstance(look, Finding) else _site(look)


def _site(look: SiteLook) -> Finding:
    front = look.front
    if front.forbidden:
        return wrong(f"robots.txt forbids us {front.url}", "ask the site's operators")
    if front.is_refused:
        return wrong(
            f"{front.url} answered {front.status}: it blocks this network, or wants us slower",
            "wait some hours, raise DOWNLOAD_DELAY, or ask the site's operators",
        )
    if not front.is_ok or front.response is None:
        what = "answered" if front.status else "cannot be reached:"
        return wrong(
            f"{front.url} {what} {front.status or front.error}", "check HERALD_BASE_URL and the network"
        )
    host, wanted = urlsplit(front.response.url).netloc, urlsplit(front.base).netloc
    if host != wanted:
        return wrong(f"{wanted} sends us to {host}", "set HERALD_BASE_URL to the host that answers")
    menu = {section.slug for section, _ in read_menu(front.page)} & set(sections.BY_SLUG)
    if len(menu) < _FEW_SECTIONS:
        text = f"{front.url} answers, and its menu has {len(menu)} sections of the paper"
        return wrong(text, "check HERALD_BASE_URL; if it is the paper, see the menus in loaders/layouts/")
    said = f"{front.url} answers in {front.seconds:.2f} s, {len(menu)} sections of the paper in its menu"
    return ok(said) if front.seconds < SLOW else warning(said, "the site is slow: raise DOWNLOAD_DELAY")


def robots(checkup: Checkup) -> Iterator[Finding]:
    for look in _look(checkup):
        yield from [look] if isinstance(look, Finding) else _robots(look, checkup)


def _robots(look: SiteLook, checkup: Checkup) -> Iterator[Finding]:
    found = look.robots
    if found is None and not look.front.status:
        yield warning("not seen: the site does not answer")
        return
    if found is None:
        yield warning("robots.txt could not be had: a crawl goes on as if all were allowed")
        return
    if forbidden := found.forbidden():
        text = f"robots.txt forbids us {some(forbidden)}"
        yield (wrong if "/" in forbidden or _EXAMPLE in forbidden else warning)(
            text, "ask the site's operators"
        )
        return
    if found.status != 200:
        yield warning(f"robots.txt answered {found.status}: a crawl goes on as if all were allowed")
        return
    delay = checkup.settings.getfloat("DOWNLOAD_DELAY")
    if found.delay is not None and found.delay > delay:
        text = f"robots.txt asks for {found.delay:g} s between requests, DOWNLOAD_DELAY is {delay:g}"
        yield warning(text, f"set DOWNLOAD_DELAY={found.delay:g}: Scrapy does not by itself")
        return
    maps = (
        f"{len(found.maps)} site maps named"
        if found.maps
        else "no site map named (spider sitemap tries /sitemap.xml)"
    )
    yield ok(f"robots.txt allows us /, our sections and /rss; {maps}")


def clock(checkup: Checkup) -> Iterator[Finding]:
    """The time that goes into records; Seoul's needs no time zone data."""
    for look in _look(checkup):
        if isinstance(look, Finding):
            yield look
        elif look.offset is None:
            what = "says no time to compare ours with" if look.front.status else "does not answer"
            yield warning(f"not compared: the site {what}")
        else:
            yield _clock(look.offset)


def _clock(offset: float) -> Finding:
    said = f"the site's clock is {abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} ours"
    todo = "set this machine's clock (timedatectl), if it is ours that is wrong"
    if abs(offset) > CLOCK_WRONG:
        return wrong(said, todo)
    return warning(said, todo) if abs(offset) > CLOCK else ok(f"as the site's, to {abs(offset):.0f} s")
