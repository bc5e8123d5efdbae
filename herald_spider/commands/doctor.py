"""``scrapy doctor``: what is wrong with the installation, a page, or what we believe of the site."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES

from herald_spider.archive.console import OptionError, positionals, printable, say
from herald_spider.commands.crawl import FAILURES
from herald_spider.doctor import installation, network, page, page_lines, site
from herald_spider.doctor.finding import WRONG, Check, Checkup
from herald_spider.doctor.ledger import old_article
from herald_spider.doctor.output import Line, show
from herald_spider.doctor.services import redis_problem
from herald_spider.doctor.spider import BriefDoctorSpider, DoctorSpider, Plan
from herald_spider.doctor.visit import SitePlan


class Failure(Exception):
    """What kept the doctor from its work, told in one line; the exit status is 1."""


class Interrupted(Failure):
    """Ctrl-C."""


class Command(ScrapyCommand):
    """Exit status 1 where something is wrong, 2 for bad input."""

    requires_project = True

    def syntax(self) -> str:
        return "[options] [address or id]"

    def short_desc(self) -> str:
        return "Say what is wrong: with the installation, a page, the site"

    def long_desc(self) -> str:
        return (
            "Without an address: check this installation and say what to mend. With an address (article, listing "
            "or feed) or an id: show how that page is read, and which rule won for each field. With --site: visit "
            "the site and say which of our beliefs about it hold. Nothing is kept, nothing in an archive changed."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--site", action="store_true", help="check what we believe of the site")
        parser.add_argument("--file", metavar="FILE", help="read the page from this file, not from the site")
        parser.add_argument("--json", action="store_true", help="print the same as JSON")
        self.parser = parser

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings
        if (self.settings.getpriority("LOG_LEVEL") or 0) < SETTINGS_PRIORITIES["cmdline"]:
            # The doctor says itself what it has seen.
            self.settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            positionals(self.parser, args, 1)
            if opts.file is not None and not args:
                raise OptionError("--file needs the address that the page was saved from as well")
            if opts.site and args:
                raise OptionError("--site visits the whole site; leave out the address, or --site")
            if opts.site:
                self.look_at_site(opts)
            elif args:
                self.look_at_page(args[0], opts)
            else:
                self.look_at_installation(opts)
        except OptionError as error:
            raise UsageError(str(error), print_help=False) from None
        except Failure as error:
            print(error, file=sys.stderr)
            self.exitcode = 1

    def look_at_installation(self, opts: argparse.Namespace) -> None:
        assert self.settings
        checkup = Checkup(self.settings, self.problem_with_site())
        results: list[installation.Result] = []
        self.check(installation.LOCAL, checkup, results, opts)
        if checkup.problem is None:
            checkup.site = self.first_look(results)
        self.check(installation.SITE, checkup, results, opts)
        self.tell(opts, installation.as_json(results), [installation.last_line(results)])
        self.exitcode = 1 if installation.is_wrong(results) else 0

    def first_look(self, results: list[installation.Result]) -> network.SiteLook | None:
        """A look at the site, whatever else is wrong; None where Scrapy cannot begin."""
        assert self.settings
        if any(each.check == "Redis" and each.finding.level == WRONG for each in results):
            self.settings.set("HERALD_REDIS_URL", "", priority="cmdline")  # the pace of this machine then
        plan = network.LookPlan()
        try:
            self.carry_out(plan, BriefDoctorSpider)
        except Interrupted:
            raise
        except Failure:  # a wrong setting, told by now
            return None
        return plan.look

    def check(
        self,
        checks: tuple[tuple[str, Check], ...],
        checkup: Checkup,
        results: list[installation.Result],
        opts: argparse.Namespace,
    ) -> None:
        """Make checks, and say what each finds at once."""
        for result in installation.run(checks, checkup):
            results.append(result)
            if not opts.json:
                show([installation.line(result)])

    def problem_with_site(self) -> tuple[str, str] | None:
        """What keeps us from asking the site, as its spiders say."""
        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(BriefDoctorSpider)
        return BriefDoctorSpider.from_crawler(crawler, plan=network.LookPlan()).check_settings()

    def look_at_page(self, text: str, opts: argparse.Namespace) -> None:
        assert self.settings
        base = self.settings["HERALD_BASE_URL"].rstrip("/")
        address = page.understood(text, base)
        if opts.file is not None:
            found = page.saved(address, opts.file, base, keep_emails=self.keep_emails())
        else:
            plan = page.PagePlan(address)
            self.carry_out(plan)
            found = plan.found
        if found.trouble and not opts.json:
            raise Failure(printable(found.trouble))
        self.tell(opts, page_lines.as_json(found), page_lines.lines(found))
        self.exitcode = 0 if found.is_well else 1

    def keep_emails(self) -> bool:
        assert self.settings
        try:
            return self.settings.getbool("HERALD_KEEP_EMAILS")
        except ValueError:
            raise OptionError(
                f"HERALD_KEEP_EMAILS={self.settings['HERALD_KEEP_EMAILS']!r}: give 0 or 1"
            ) from None

    def look_at_site(self, opts: argparse.Namespace) -> None:
        assert self.settings
        plan = SitePlan(self.settings["HERALD_BASE_URL"].rstrip("/"), old_article(self.settings))
        visit = plan.visit
        try:
            self.carry_out(plan)
        except Interrupted as end:
            visit.ended = str(end)
        if visit.ended and not visit.lists and not opts.json:
            raise Failure(printable(visit.ended))
        found = site.results(visit)
        self.tell(opts, site.as_json(found, visit), site.lines(found, visit))
        self.exitcode = 0 if site.is_well(found, visit) else 1

    def tell(self, opts: argparse.Namespace, data: Any, lines: Iterable[Line]) -> None:
        # JSON in ASCII: what a page wrote never steers a terminal.
        if opts.json:
            say([json.dumps(data, indent=2)])
        else:
            show(lines)

    def carry_out(self, plan: Plan, spider_class: type[DoctorSpider] = DoctorSpider) -> DoctorSpider:
        """Let the spider do what `plan` says; what is wrong with arguments or settings is told."""
        assert self.crawler_process
        crawler = self.crawler_process.create_crawler(spider_class)
        if problem := redis_problem(crawler.settings):  # Scrapy would wait long for what keeps the pace
            raise Failure(f"{problem}. It keeps the pace of all crawls: see HERALD_REDIS_URL.")
        self.crawler_process.crawl(crawler, plan=plan)
        self.crawler_process.start()
        spider = crawler.spider
        if not isinstance(spider, DoctorSpider):
            raise Failure("Scrapy cannot begin with these settings; scrapy doctor -L ERROR says why.")
        if spider.crash:
            raise spider.crash
        if spider.interrupted or crawler.stats.get_value("finish_reason") == "shutdown":
            raise Interrupted("interrupted")
        if spider.problem:
            _fail(*spider.problem)
        return spider


def _fail(reason: str, text: str) -> NoReturn:
    if FAILURES.get(reason) == 2:
        raise OptionError(text)
    raise Failure(text)
