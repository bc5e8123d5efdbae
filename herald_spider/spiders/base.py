"""What all spiders share: arguments, the site's address, and reading an article."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import __version__, urls
from herald_spider.loaders import Moved, NoArticle, read_article
from herald_spider.loaders.page import Page
from herald_spider.processors import without_addresses
from herald_spider.spiders.arguments import ArgumentError, Arguments, parse_arguments

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure
    from typing_extensions import Self

    from herald_spider.items import Article

GONE = (404, 410)


class HeraldBaseSpider(Spider):
    """A spider of the paper: a subclass decides where to look and when to stop.

    What is wrong with an argument or a setting is told in one line when the spider
    opens; the run then ends with that as its reason, before the first request.
    """

    arguments: ClassVar[type[Arguments]] = Arguments
    args: Arguments
    base: str
    keep_emails: bool
    allowed_domains: list[str | None]

    def __init__(self, *args: Any, _job: str | None = None, **kwargs: Any):
        super().__init__(*args)
        self.job = _job or secrets.token_hex(4)
        self.problem: tuple[str, str] | None = None
        try:
            self.args = parse_arguments(self.arguments, kwargs)
        except ArgumentError as error:
            self.problem = ("bad_arguments", str(error))

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        contact = settings["HERALD_CONTACT"]
        # A bare library's name is answered 403; this is the form of honest robots.
        agent = f"Mozilla/5.0 (compatible; HeraldSpider/{__version__}{f'; +{contact}' * bool(contact)})"
        settings.set("USER_AGENT", agent, priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.base = crawler.settings["HERALD_BASE_URL"].rstrip("/")
        spider.keep_emails = crawler.settings.getbool("HERALD_KEEP_EMAILS")
        spider.problem = spider.problem or spider.check_settings()
        spider.allowed_domains = [urlsplit(spider.base).hostname]
        crawler.signals.connect(spider.stop_on_problem, signals.spider_opened)
        return spider

    def check_settings(self) -> tuple[str, str] | None:
        """The reason and the text of what is wrong with the settings, if something is."""
        parts = urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            return "bad_settings", (
                f"HERALD_BASE_URL={self.base!r} is no address of a site; "
                "give scheme and host alone, as https://www.koreaherald.com"
            )
        if parts.hostname in urls.HOSTS and not self.settings["HERALD_CONTACT"]:
            return "no_contact", (
                "The live site is asked only by a crawler that says who runs it: set HERALD_CONTACT "
                "to a mail address or page where its operators can reach you."
            )
        return None

    def stop_on_problem(self) -> None:
        if self.problem:
            reason, text = self.problem
            self.logger.error(text)
            raise CloseSpider(reason)

    # Requests -------------------------------------------------------------------------

    def request(self, url: str, callback: Any, **options: Any) -> Request:
        """A request for a canonical address, sent to the host that stands for the site."""
        return Request(urls.rebase(url, self.base), callback, errback=self.failed, **options)

    def article_request(self, url: str, **options: Any) -> Request:
        # Spiders know what they asked for; a redirect to a page that was asked for already
        # (a dead story to the front page) must be seen, or the article would just vanish.
        return self.request(url, self.parse_article, dont_filter=True, **options)

    def page(self, response: Response) -> Page:
        return Page.from_response(response, self.base)

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        """What is said and counted of a request that brought no page."""
        request: Request = failure.request  # type: ignore[attr-defined]
        is_article = request.callback == self.parse_article
        reason = failure_reason(failure)
        if is_article and isinstance(failure.value, HttpError) and failure.value.response.status in GONE:
            self.count("gone")
        else:
            if is_article:
                self.count("failed")
                self.count(f"failed/{reason}")
            self.logger.warning("No page from %s: %s", request.url, reason)
        return
        yield

    def count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"herald/{name}")

    # Articles -------------------------------------------------------------------------

    def parse_article(self, response: Response, **found: Any) -> Iterator[Any]:
        """Read an article page.

        @url https://www.koreaherald.com/article/10871756
        @returns items 1 1
        @scrapes id url headline body published_at layout content_hash
        """
        try:
            item = read_article(self.page(response), stats=self.crawler.stats)
        except NoArticle as error:
            self.count("gone")
            self.logger.debug("Gone (%s): %s", error, response.url)
            return
        except Moved as moved:
            yield self.article_request(moved.url, cb_kwargs=found)
            return
        if not self.args.covers(_day(item.published_at)):
            self.count("out_of_range")
            return
        item.fetched_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        item.job = self.job
        item.discovered_via = found.get("discovered_via", self.name)
        yield item if self.keep_emails else without_emails(item)


def failure_reason(failure: Failure) -> str:
    """Why a request failed, in a few words: ``"HTTP 500"``, ``"timeout"``."""
    if isinstance(failure.value, HttpError):
        return f"HTTP {failure.value.response.status}"
    message = failure.getErrorMessage().splitlines()
    return f"{type(failure.value).__name__}: {message[0]}" if message else type(failure.value).__name__


def without_emails(item: Article) -> Article:
    """`item` without staff addresses."""
    if item.byline:
        item.byline = without_addresses(item.byline) or None
    item.authors = [replace(author, email=None) for author in item.authors]
    return item


def _day(moment: str | None) -> date | None:
    return date.fromisoformat(moment[:10]) if moment else None
