"""Looks at what concerns the whole site: robots.txt, the menu, how the server answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from statistics import median
from urllib.parse import urlsplit

from herald_spider import sections, urls
from herald_spider.doctor.network import SLOW, some
from herald_spider.doctor.seen import Look, Seen, share
from herald_spider.doctor.spider import Answer
from herald_spider.doctor.visit import Visit
from herald_spider.loaders.menu import MENUS, menu_selector
from herald_spider.loaders.survey import advertised_feeds
from herald_spider.sections import Section
from herald_spider.spiders.responses import GONE_STATUSES
from herald_spider.text.captions import picture_url

# robots.txt ------------------------------------------------------------------------------


def robots_is_there(visit: Visit) -> Seen:
    if visit.robots is None:
        return Seen(None, "it could not be had")
    return Seen(visit.robots.status == 200, f"answered {visit.robots.status}")


def robots_allows(visit: Visit) -> Seen:
    if visit.robots is None:
        return Seen(None, "it could not be had")
    forbidden = visit.robots.forbidden()
    return Seen(not forbidden, f"forbids us {some(forbidden)}" if forbidden else "all of them")


def robots_delay(visit: Visit) -> Seen:
    if visit.robots is None:
        return Seen(None, "it could not be had")
    delay = visit.robots.delay
    return Seen(
        delay is None, f"asks for {delay:g} s between requests" if delay is not None else "none asked for"
    )


# The menu --------------------------------------------------------------------------------


def menu_markup(visit: Visit) -> Seen:
    if visit.front is None or not visit.front.is_ok:
        return Seen(None, "no front page")
    selector = menu_selector(visit.front.page)
    text = f"{selector}: {len(visit.menu)} sections" if visit.menu else "no menu found"
    return Seen(bool(visit.menu) and selector == MENUS[0], text)


def in_menu(section: Section) -> Callable[[Visit], Seen]:
    """Whether a section stands in the menu where the table has it."""

    def check(visit: Visit) -> Seen:
        if not visit.menu:
            return Seen(None, "no menu was read")
        paths = [urlsplit(url).path for found, url in visit.menu if found.slug == section.slug]
        today = [path for path in paths if not path.endswith("/list.php")]
        if section.path in today:
            return Seen(True, "there")
        return Seen(False, f"the menu has {today[0]}" if today else "not in the menu")

    return check


def nothing_new_in_menu(visit: Visit) -> Seen:
    if not visit.menu:
        return Seen(None, "no menu was read")
    new = {
        f"{each.name} {urlsplit(url).path}" for each, url in visit.menu if each.slug not in sections.BY_SLUG
    }
    return Seen(not new, f"unknown to the table: {', '.join(sorted(new))}" if new else "all are in the table")


def advertised(visit: Visit) -> Seen:
    if visit.front is None or not visit.front.is_ok:
        return Seen(None, "no front page")
    found = [url.removeprefix(urls.SITE) for url in advertised_feeds(visit.front.page)]
    return Seen(sections.ALL_STORIES_FEED in found, ", ".join(found) or "no feed")


# The server ------------------------------------------------------------------------------


def front_page(visit: Visit) -> Seen:
    front = visit.front
    if front is None or front.forbidden or front.response is None:
        return Seen(None, front.said if front else "not asked")
    led = f", from {front.redirects[0]}" if front.redirects else ""
    return Seen(front.is_ok and not front.redirects, f"{front.status} at {front.response.url}{led}")


def charset(visit: Visit) -> Seen:
    def look(answer: Answer) -> Look:
        kind = answer.header("Content-Type").lower()
        return "utf-8" in kind, kind or "none"

    return share((answer.url, look(answer)) for answer in visit.answers)


def times(visit: Visit) -> Seen:
    seconds = [answer.seconds for answer in visit.answers]
    if not seconds:
        return Seen(None, "no answer")
    return Seen(
        median(seconds) < SLOW, f"{median(seconds):.2f} s in the middle, {max(seconds):.2f} s at most"
    )


def gives_validators(visit: Visit) -> Seen:
    given = Counter(_validators(answer) for answer in visit.answers)
    if not given:
        return Seen(None, "no answer")
    text = ", ".join(f"{what} ({count} of {given.total()})" for what, count in given.most_common())
    return Seen(given["neither"] < given.total(), text)


def _validators(answer: Answer) -> str:
    names = [name for name in ("ETag", "Last-Modified") if answer.header(name)]
    return " and ".join(names) or "neither"


def not_modified(visit: Visit) -> Seen:
    if visit.again is None:
        return Seen(None, "no page said how to ask")
    return Seen(visit.again.status == 304, visit.again.said, (visit.again.url,))


def old_address(visit: Visit) -> Seen:
    """Whether ``view.php?ud=`` leads to the story's address of today."""
    if visit.old is None or visit.old.response is None:
        return Seen(None, "no old address at hand" if visit.old is None else visit.old.said)
    landed = urls.classify(visit.old.response.url, visit.base)
    if visit.old.redirects and landed.id and len(landed.id) != 14:
        return Seen(True, f"leads to {landed.url}")
    return Seen(
        False, visit.old.said if visit.old.status in GONE_STATUSES else f"{visit.old.said} at {landed.url}"
    )


def default_picture(visit: Visit) -> Seen:
    """Whether pages that are no article carry the picture that stands for none."""

    def look(answer: Answer) -> Look:
        pictures = answer.page.meta.get("og:image", ())
        if not pictures:
            return None
        return picture_url(pictures[0], visit.base) is None, pictures[0]

    return share((sample.answer.url, look(sample.answer)) for sample in visit.lists if sample.answer.is_ok)
