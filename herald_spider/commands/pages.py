"""Base class of Scrapy's commands that look at one page: parse, shell and fetch."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import urlsplit

from herald_spider import options, urls
from herald_spider.commands.base import OneLineErrors, check_run, refusal
from herald_spider.option_types import NONE

# Nothing is kept, shared or reported.
_SETTINGS = {
    "HERALD_ARCHIVE": NONE,
    "HERALD_WARC": "off",
    "HERALD_REDIS_URL": "",
    "HERALD_LEDGER_URL": "",
    "EXTENSIONS": {},
}


class PageCommand(OneLineErrors):
    """A command of Scrapy's for one page, which a spider of this project reads if the page is the paper's.

    It sends the honest user agent, and asks no public host if HERALD_CONTACT is not set.
    """

    settings: Any

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here, so that Scrapy's other commands start without it.
        from herald_spider.middlewares.offsite import contact_problem
        from herald_spider.spiders.base import user_agent

        super().process_options(args, opts)
        for name, value in _SETTINGS.items():
            self.settings.set(name, value, priority="cmdline")
        for problem in options.problems(self.settings):
            raise refusal(self.settings, problem)
        check_run(self.settings)
        self.settings.set("USER_AGENT", user_agent(self.settings), priority="command")
        if args:
            base = self.settings["HERALD_BASE_URL"].rstrip("/")
            if found := spider_of(args[0], base):
                opts.spider = opts.spider or found
                args[0] = urls.rebase(urls.classify(args[0], base).url, base)
            if refused := contact_problem([args[0]], self.settings["HERALD_CONTACT"]):
                raise refusal(self.settings, refused)


def spider_of(url: str, base: str) -> str | None:
    """Return the name of the spider that reads `url`, a page of the paper; None for any other page.

    >>> spider_of("https://www.koreaherald.com/article/1", "http://127.0.0.1:8642")
    'herald'
    """
    path, kind = urlsplit(url).path, urls.classify(url, base).kind
    if kind == "feed":
        return "sitemap" if "sitemap" in path.lower() else "rss"
    if kind == "other" and (urls.origin(url) != urls.origin(base) or path not in ("", "/", "/robots.txt")):
        return None  # anything else, of the paper or of another site
    return "sitemap" if path == "/robots.txt" else "herald"
