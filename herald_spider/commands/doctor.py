"""``scrapy doctor``: check the installation, show how one page is read, check the assumptions about the site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.settings import SETTINGS_PRIORITIES

from herald_spider import options
from herald_spider.commands.base import OneLineCommand, check_log
from herald_spider.exits import FAILURES
from herald_spider.text.console import OptionError, say

if TYPE_CHECKING:
    from herald_spider.doctor.fetch import CannotCheck
    from herald_spider.doctor.output import Line
    from herald_spider.doctor.visit import Visit


class Command(OneLineCommand, ScrapyCommand):
    """Exit status 1 if something is wrong, 2 for bad input."""

    most_arguments = 1
    arguments = "[address or id]"
    summary = "Check the installation, a page or the site"
    description = (
        "Without an address: check this installation and say what to do about each problem. With an address "
        "(article, listing or feed) or an id: show how that page is read, and which rule gave each field. "
        "With --site: fetch about 40 pages and list which assumptions about the site are confirmed. Nothing "
        "is archived or changed."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--site", action="store_true", help="check the assumptions about the site")
        parser.add_argument("--file", metavar="FILE", help="read the page from this file, not from the site")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if (self.settings.getpriority("LOG_LEVEL") or 0) < SETTINGS_PRIORITIES["cmdline"]:
            self.settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")  # the output says it all
        check_log(self.settings)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        if opts.file is not None and not args:
            raise OptionError("--file also needs the address that the page was saved from")
        if opts.site and args:
            raise OptionError("--site checks the whole site; leave out the address, or --site")
        # Imported late: half a second, for which Scrapy's other commands should not wait.
        from herald_spider.doctor.fetch import CannotCheck

        self.base = str(self.settings["HERALD_BASE_URL"]).rstrip("/")
        try:
            if opts.site:
                is_ok = self.site()
            else:
                is_ok = self.page(args[0], opts.file) if args else self.installation()
            self.exitcode = 0 if is_ok else 1
        except CannotCheck as error:
            self.refuse(error)

    def refuse(self, error: CannotCheck) -> None:
        if FAILURES.get(error.reason) == 2:
            raise OptionError(str(error)) from None
        print(self.text_of(error), file=sys.stderr)
        self.exitcode = 1

    def installation(self) -> bool:
        from herald_spider.doctor import installation

        found = []
        for finding in installation.check(self.settings, self.crawler_process):
            found.append(finding)
            show([installation.line(finding)])
        show([installation.last_line(found)])
        return installation.is_ok(found)

    def page(self, text: str, file: str | None) -> bool:
        from herald_spider.doctor import page
        from herald_spider.doctor.fetch import CannotCheck, run

        try:
            found = page.Examination(page.parse_address(text, self.base))
            if file is None:
                run(self.crawler_process, found)
            else:
                keep_emails = options.read(self.settings).HERALD_KEEP_EMAILS
                found.read_file(file, self.base, keep_emails=keep_emails)
        except ValueError as error:
            raise OptionError(str(error)) from None
        if found.problem:
            raise CannotCheck("unreachable", found.problem)
        show(page.lines(found))
        return found.is_ok

    def site(self) -> bool:
        from herald_spider.doctor.fetch import CannotCheck, run
        from herald_spider.doctor.visit import LIST, Visit

        visit = Visit(self.base)
        try:
            run(self.crawler_process, visit)
        except KeyboardInterrupt:
            visit.ended = "interrupted"
            if visit.of(LIST):
                self.report(visit)
            raise
        if visit.ended and not visit.of(LIST):
            raise CannotCheck("unreachable", visit.ended)
        return self.report(visit)

    def report(self, visit: Visit) -> bool:
        from herald_spider.doctor import site

        found = site.check(visit)
        show(site.lines(found, visit))
        return site.is_ok(found, visit)


def show(lines: Iterable[Line]) -> None:
    from herald_spider.doctor.output import lay_out

    say(lay_out(lines))
