"""Checks of the site as a crawl meets it: the front page, robots.txt, the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from protego import Protego

from herald_spider import sections, urls
from herald_spider.doctor.fetch import DoctorSpider, Fetch
from herald_spider.doctor.finding import Checkup, Finding, error, ok, warning
from herald_spider.loaders.menu import read_menu

SLOW = 5.0  # seconds for the front page
_CLOCK_WARNING, _CLOCK_ERROR = 90, 3600  # seconds of difference
_FEW_SECTIONS = 5
_SHOWN = 6
_ARTICLE = "/article/10618541"  # an example
_OPERATORS = "ask the site's operators"


@dataclass
class Robots:
    """The rules of robots.txt for this crawler."""

    status: int
    agent: str
    base: str
    rules: Protego

    @property
    def delay(self) -> float | None:
        found = self.rules.crawl_delay(self.agent)
        return None if found is None else float(found)

    @property
    def sitemaps(self) -> list[str]:
        return list(self.rules.sitemaps)

    def forbidden(self) -> list[str]:
        """Return the paths that crawls fetch and the rules forbid."""
        second = urls.listing_page(f"{urls.SITE}/National", 2).removeprefix(urls.SITE)
        listed = [path for each in sections.SECTIONS for path in (each.path, each.feed) if path]
        paths = ["/", _ARTICLE, "/rss", sections.ALL_STORIES_FEED, second, *listed]
        return [path for path in paths if not self.rules.can_fetch(f"{self.base}{path}", self.agent)]


@dataclass
class FirstLook:
    """The first answers of the site; `offset` is how many seconds its clock is ahead of this machine's."""

    front: Fetch
    robots: Robots | None = None
    offset: float | None = None

    async def __call__(self, spider: DoctorSpider) -> None:
        began = time.time()
        self.front = await spider.fetch(f"{urls.SITE}/")
        self.robots = robots_of(spider)
        moment = (began + time.time()) / 2
        try:
            self.offset = parsedate_to_datetime(self.front.header("Date")).timestamp() - moment
        except ValueError:
            self.offset = None


def robots_of(spider: DoctorSpider) -> Robots | None:
    """Return the rules that Scrapy obeys, whatever their HTTP status; None if there was no answer."""
    if spider.robots is None:
        return None
    agent = str(spider.settings["ROBOTSTXT_USER_AGENT"] or spider.settings["USER_AGENT"])
    rules = Protego.parse(spider.robots.body.decode("utf-8-sig", "ignore"))
    return Robots(spider.robots.status, agent, spider.base, rules)


def first_few(names: list[str]) -> str:
    """Return the first of many names, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def site(checkup: Checkup) -> Iterator[Finding]:
    if checkup.site is not None:
        yield _front(checkup.site.front)
        yield _robots(checkup.site, checkup.settings.getfloat("DOWNLOAD_DELAY"))
        yield _clock(checkup.site)
        return
    contact = bool(checkup.problem and checkup.problem[0] == "no_contact")
    yield warning(
        "site", f"not asked: {'HERALD_CONTACT is not set' if contact else 'the settings are wrong'}"
    )


def _front(front: Fetch) -> Finding:
    if not front.is_ok or front.response is None:
        return error("site", front.problem)
    host, expected = urlsplit(front.response.url).netloc, urlsplit(front.base).netloc
    if host != expected:
        text = f"{expected} redirects to {host}"
        return error("site", text, "set HERALD_BASE_URL to the host that answers")
    menu = {section.slug for section, _ in read_menu(front.page)} & set(sections.BY_SLUG)
    if len(menu) < _FEW_SECTIONS:
        text = f"{front.url} answers, but its menu has {len(menu)} sections of the paper"
        todo = "check HERALD_BASE_URL; if it is the paper, its menu has changed: see herald_spider/loaders/layouts/"
        return error("site", text, todo)
    text = f"{front.url} answers in {front.seconds:.2f} s, {len(menu)} sections of the paper in its menu"
    return ok("site", text) if front.seconds < SLOW else warning("site", text, "raise DOWNLOAD_DELAY")


def _robots(look: FirstLook, delay: float) -> Finding:
    name, robots = "robots.txt", look.robots
    if robots is None:
        consequence = "a crawl fetches nothing"
        return error(name, f"no answer: {consequence}" if look.front.status else "the site does not answer")
    if forbidden := robots.forbidden():
        is_central = not {"/", _ARTICLE}.isdisjoint(forbidden)
        return (error if is_central else warning)(name, f"it forbids {first_few(forbidden)}", _OPERATORS)
    if robots.status != 200:
        if robots.status >= 500:
            return error(name, f"answered {robots.status}: a crawl fetches nothing")
        return warning(name, f"answered {robots.status}: a crawl continues as if everything were allowed")
    if robots.delay is not None and robots.delay > delay:
        text = f"it asks for {robots.delay:g} s between requests, DOWNLOAD_DELAY is {delay:g}; a crawl keeps the longer"
        return ok(name, text)
    count = len(robots.sitemaps)
    maps = f"{count} site maps named" if count else "no site map named (spider sitemap tries /sitemap.xml)"
    return ok(name, f"it allows the front page, sections, articles and feeds; {maps}")


def _clock(look: FirstLook) -> Finding:
    """Compare the clocks: records hold the time of this machine."""
    if look.offset is None:
        what = "sends no Date header" if look.front.status else "does not answer"
        return warning("clock", f"not compared: the site {what}")
    seconds = f"{abs(look.offset):.0f} s"
    if abs(look.offset) <= _CLOCK_WARNING:
        return ok("clock", f"it agrees with the site's, to {seconds}")
    text = f"the site's clock is {seconds} {'ahead of' if look.offset > 0 else 'behind'} this machine's"
    level = error if abs(look.offset) > _CLOCK_ERROR else warning
    return level("clock", text, "if this machine's clock is wrong, set it (timedatectl)")
