"""``scrapy doctor``: the problems of the installation, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from herald_spider import urls
from herald_spider.doctor import archive, machine, network
from herald_spider.doctor.fetch import CannotCheck, DoctorSpider, Fetch, run
from herald_spider.doctor.finding import ERROR, OK, WARNING, Check, Checkup, Finding, error
from herald_spider.doctor.network import FirstLook
from herald_spider.doctor.output import Line, title
from herald_spider.logs import without_secrets

if TYPE_CHECKING:
    from scrapy.crawler import CrawlerProcessBase
    from scrapy.settings import BaseSettings

# A new check is a line here. A check yields nothing if it does not apply to this installation.
LOCAL: tuple[Check, ...] = (
    machine.packages,
    machine.settings,
    machine.contact,
    machine.politeness,
    archive.folder,
    machine.disk,
    archive.ledger,
    archive.plan,
    machine.redis,
    machine.renderer,
)
_WIDTHS = (9, 12)


def check(settings: BaseSettings, process: CrawlerProcessBase) -> Iterator[Finding]:
    """Check this machine, then ask the site for its front page."""
    spider = DoctorSpider.from_crawler(process.create_crawler(DoctorSpider), plan=None)
    checkup = Checkup(settings, spider.check_settings())
    wrong = set()
    for finding in findings(LOCAL, checkup):
        wrong |= {finding.check} if finding.level == ERROR else set()
        yield finding
    if checkup.problem is None:
        if "Redis" in wrong:
            settings.set("HERALD_REDIS_URL", "", priority="cmdline")  # this machine's own pace instead
        look = FirstLook(Fetch(urls.SITE))
        try:
            run(process, look)
            checkup.site = look
        except CannotCheck as problem:
            if "settings" not in wrong:
                yield shown(error("settings", str(problem)))
    yield from findings((network.site,), checkup)


def findings(checks: Iterable[Check], checkup: Checkup) -> Iterator[Finding]:
    """Yield the findings of each check; one that fails does not stop the others."""
    for each in checks:
        try:
            yield from map(shown, each(checkup))
        except Exception as problem:  # noqa: BLE001 - the failure is a finding
            text = f"the check failed: {type(problem).__name__}: {problem}"
            yield shown(error(each.__name__, text, "report this error of Herald Spider"))


def shown(finding: Finding) -> Finding:
    """Return the finding without secrets: a wrong setting may be an address with a password."""
    return replace(finding, found=without_secrets(finding.found), todo=without_secrets(finding.todo))


def line(finding: Finding) -> Line:
    todo = f" → {finding.todo}" if finding.todo else ""
    cells = (finding.level, finding.check, finding.found + todo)
    return Line(cells, _WIDTHS, style=finding.level, wrap=True)


def last_line(found: list[Finding]) -> Line:
    levels = [each.level for each in found]
    return title(", ".join(f"{level} {levels.count(level)}" for level in (OK, WARNING, ERROR)))


def is_ok(found: list[Finding]) -> bool:
    return all(each.level != ERROR for each in found)
