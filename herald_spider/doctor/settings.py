"""Whether the settings are sane, and polite."""

from __future__ import annotations

from collections.abc import Iterator

from herald_spider import urls
from herald_spider.doctor.finding import Checkup, Finding, ok, warning, wrong
from herald_spider.spiders.checks import problems


def settings(checkup: Checkup) -> Iterator[Finding]:
    """Numbers, choices and names, as a spider checks them when it opens."""
    found = list(problems(checkup.settings))
    if checkup.problem and checkup.problem[0] != "no_contact":
        found.insert(0, checkup.problem[1])
    yield from map(wrong, found)
    if not found:
        yield ok(
            f"HERALD_BASE_URL {checkup.settings['HERALD_BASE_URL']}, HERALD_ARCHIVE {checkup.folder or 'none'}"
        )


def contact(checkup: Checkup) -> Iterator[Finding]:
    """The site's operators must be able to reach who runs the crawler."""
    said = checkup.settings["HERALD_CONTACT"]
    if said:
        yield ok(f"the site is told {said}")
        return
    is_live = checkup.problem is not None and checkup.problem[0] == "no_contact"
    text = "HERALD_CONTACT is not set: the live site is not asked" + " now, nor by crawls" * is_live
    yield warning(text, "set it to a mail address or page where its operators can reach you")


def politeness(checkup: Checkup) -> Iterator[Finding]:
    values, found = checkup.settings, []
    try:
        if not values.getbool("ROBOTSTXT_OBEY"):
            found.append(warning("robots.txt is not obeyed", "leave ROBOTSTXT_OBEY on"))
        delay = values.getfloat("DOWNLOAD_DELAY")
        at_once = min(map(values.getint, ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN")))
    except (TypeError, ValueError):  # told by the check of the settings
        yield from found
        return
    text = (
        f"{at_once} requests at once, {delay:g} s apart"
        if at_once > 1
        else f"one request at a time, {delay:g} s apart"
    )
    is_live = any(host in str(values["HERALD_BASE_URL"]) for host in urls.HOSTS)
    if is_live and (delay < 1 or at_once > 1):
        found.append(warning(text, "one at a time, a second or more apart, is what the site can expect"))
    yield from found or [ok(f"robots.txt obeyed, {text}")]
