"""Whether the settings are sane, and polite."""

from __future__ import annotations

from collections.abc import Iterator

from herald_spider import urls
from herald_spider.doctor.finding import Checkup, Finding, ok, warning, wrong
from herald_spider.spiders.checks import check_values

_NUMBERS = ("DOWNLOAD_DELAY", "DOWNLOAD_TIMEOUT", "CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN")


def settings(checkup: Checkup) -> Iterator[Finding]:
    """Numbers, choices and names, as a spider checks them when it opens."""
    problems = [problem for problem in (_numbers(checkup), check_values(checkup.settings)) if problem]
    if checkup.problem and checkup.problem[0] != "no_contact":
        problems.insert(0, checkup.problem[1])
    for problem in problems:
        yield wrong(problem)
    if not problems:
        yield ok(
            f"HERALD_BASE_URL {checkup.settings['HERALD_BASE_URL']}, HERALD_ARCHIVE {checkup.folder or 'none'}"
        )


def _numbers(checkup: Checkup) -> str | None:
    for name in _NUMBERS:
        try:
            checkup.settings.getfloat(name)
        except (TypeError, ValueError):
            return f"{name}={checkup.settings[name]!r}: give a number"
    return None


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
    if not values.getbool("ROBOTSTXT_OBEY"):
        found.append(warning("robots.txt is not obeyed", "leave ROBOTSTXT_OBEY on"))
    is_live = any(host in str(values["HERALD_BASE_URL"]) for host in urls.HOSTS)
    if _numbers(checkup) is None:
        delay, at_once = values.getfloat("DOWNLOAD_DELAY"), values.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        if is_live and (delay < 1 or at_once > 1):
            text = f"{at_once} requests at once, {delay:g} s apart"
            found.append(warning(text, "one at a time, a second or more apart, is what the site can expect"))
    yield from found or [ok("robots.txt obeyed, one request at a time")]
