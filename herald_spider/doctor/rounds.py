"""The doctor's three rounds: an installation, a page, the site. Each says whether all is well."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from herald_spider.commands.console import OptionError, say
from herald_spider.commands.exits import FAILURES, raise_failure
from herald_spider.doctor import installation, network, page, page_lines, site
from herald_spider.doctor.finding import WRONG, Check, Checkup, wrong
from herald_spider.doctor.ledger import old_article
from herald_spider.doctor.output import Line, show
from herald_spider.doctor.services import redis_problem
from herald_spider.doctor.spider import BriefDoctorSpider, DoctorSpider, Plan
from herald_spider.doctor.visit import SitePlan, Visit
from herald_spider.spiders.checks import setting_at_fault
from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from scrapy.crawler import CrawlerProcessBase
    from scrapy.settings import BaseSettings


class Failure(Exception):
    """What kept the doctor from its work, told in one line."""


def make_round(
    settings: BaseSettings, process: CrawlerProcessBase, address: str | None, opts: argparse.Namespace
) -> bool:
    """Whether all is well. Raises `OptionError` and `Failure`, and KeyboardInterrupt after Ctrl-C."""
    if opts.site:
        return SiteRound(settings, process, opts).make()
    if address is not None:
        return PageRound(settings, process, opts).make(address)
    return InstallationRound(settings, process, opts).make()


class Round:
    """What the rounds share: a spider that carries out a plan, and a way to tell."""

    def __init__(self, settings: BaseSettings, process: CrawlerProcessBase, opts: argparse.Namespace):
        self.settings, self.process, self.opts = settings, process, opts
        self.base = str(settings["HERALD_BASE_URL"]).rstrip("/")

    def tell(self, data: Any, lines: Iterable[Line]) -> None:
        # JSON in ASCII: what a page wrote never steers a terminal.
        if self.opts.json:
            say([json.dumps(data, indent=2)])
        else:
            show(lines)

    def carry_out(self, plan: Plan, spider_class: type[DoctorSpider] = DoctorSpider) -> None:
        """Let the spider do what `plan` says; what is wrong with the settings is raised."""
        crawler = self.process.create_crawler(spider_class)
        if problem := redis_problem(crawler.settings):  # Scrapy would wait long for what keeps the pace
            raise Failure(f"{problem}. It keeps the pace of all crawls: see HERALD_REDIS_URL.")
        crawling = self.process.crawl(crawler, plan=plan)
        self.process.start()
        try:
            raise_failure(crawling)
        except Exception as error:
            if said := setting_at_fault(error, crawler.settings):
                raise OptionError(said) from None
            raise
        spider = crawler.spider
        if not isinstance(spider, DoctorSpider):
            raise Failure("Scrapy cannot begin with these settings; scrapy doctor -L ERROR says why.")
        if spider.crash:
            raise spider.crash
        if spider.interrupted or crawler.stats.get_value("finish_reason") == "shutdown":
            raise KeyboardInterrupt  # which the reactor has taken for a wish to stop
        if spider.problem:
            _fail(*spider.problem)


def _fail(reason: str, text: str) -> NoReturn:
    if FAILURES.get(reason) == 2:
        raise OptionError(text)
    raise Failure(text)


class InstallationRound(Round):
    """Checks this machine, then has a look at the site."""

    def make(self) -> bool:
        checkup = Checkup(self.settings, self.problem_with_site())
        results: list[installation.Result] = []
        self.check(installation.LOCAL, checkup, results)
        if checkup.problem is None:
            checkup.site = self.first_look(results)
        self.check(installation.SITE, checkup, results)
        self.tell(installation.as_json(results), [installation.last_line(results)])
        return not installation.is_wrong(results)

    def check(
        self, checks: tuple[tuple[str, Check], ...], checkup: Checkup, results: list[installation.Result]
    ) -> None:
        """Make checks, and say what each finds at once."""
        for result in installation.run(checks, checkup):
            results.append(result)
            if not self.opts.json:
                show([installation.line(result)])

    def problem_with_site(self) -> tuple[str, str] | None:
        """What keeps us from asking the site, as its spiders say."""
        crawler = self.process.create_crawler(BriefDoctorSpider)
        return BriefDoctorSpider.from_crawler(crawler, plan=network.LookPlan()).check_settings()

    def first_look(self, results: list[installation.Result]) -> network.SiteLook | None:
        """A look at the site, whatever else is wrong; None where Scrapy cannot begin."""
        if any(each.check == "Redis" and each.finding.level == WRONG for each in results):
            self.settings.set("HERALD_REDIS_URL", "", priority="cmdline")  # the pace of this machine then
        plan = network.LookPlan()
        try:
            self.carry_out(plan, BriefDoctorSpider)
        except Failure:  # told by now
            return None
        except OptionError as error:
            if not any(each.check == "settings" and each.finding.level == WRONG for each in results):
                told = str(error)
                self.check((("settings", lambda _: [wrong(told)]),), Checkup(self.settings), results)
            return None
        return plan.look


class PageRound(Round):
    """Reads one page."""

    def make(self, text: str) -> bool:
        address = page.understood(text, self.base)
        if self.opts.file is not None:
            found = page.saved(address, self.opts.file, self.base, keep_emails=self.keep_emails())
        else:
            plan = page.PagePlan(address)
            self.carry_out(plan)
            found = plan.found
        if found.trouble and not self.opts.json:
            raise Failure(printable(found.trouble))
        self.tell(page_lines.as_json(found), page_lines.lines(found))
        return found.is_well

    def keep_emails(self) -> bool:
        name = "HERALD_KEEP_EMAILS"
        try:
            return self.settings.getbool(name)
        except ValueError:
            raise OptionError(f"{name}={self.settings[name]!r}: give 0 or 1") from None


class SiteRound(Round):
    """Visits the site."""

    def make(self) -> bool:
        plan = SitePlan(self.base, old_article(self.settings))
        visit = plan.visit
        try:
            self.carry_out(plan)
        except KeyboardInterrupt:
            visit.ended = "interrupted"
            if visit.lists or self.opts.json:
                self.tell_all(visit)
            raise
        if visit.ended and not visit.lists and not self.opts.json:
            raise Failure(printable(visit.ended))
        return site.is_well(self.tell_all(visit), visit)

    def tell_all(self, visit: Visit) -> list[site.Result]:
        found = site.results(visit)
        self.tell(site.as_json(found, visit), site.lines(found, visit))
        return found
