"""What all spiders share: arguments, the site's address, and reading an article."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import __version__, urls
from herald_spider.archive import NONE, Archive, ArchiveError, Known, name_problem
from herald_spider.archive.ledger import ARCHIVED, FAILED, GONE, Validators
from herald_spider.archive.values import published
from herald_spider.loaders import NO_PAGE, Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.page import Page
from herald_spider.middlewares.archive_errors import archive_failed, closes_on_archive_error
from herald_spider.middlewares.failures import TOO_MANY_REDIRECTS, failure_reason
from herald_spider.middlewares.offsite import Hosts, origin
from herald_spider.spiders.arguments import ArgumentError, Arguments, parse_arguments
from herald_spider.spiders.checks import check_values
from herald_spider.spiders.examples import Examples, PageStats
from herald_spider.text.bylines import without_addresses
from herald_spider.text.dates import KST

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self

    from herald_spider.items import Article

GONE_STATUSES = (404, 410)
READER_FAILED = "reader failed"
NOT_MODIFIED = 304
_JOB = re.compile(r"\w[\w.-]{0,99}", re.ASCII)


class HeraldBaseSpider(Spider):
    """A spider of the paper: a subclass decides where to look and when to stop.

    What is wrong with an argument or a setting is told in one line when the spider
    opens; the run then ends with that as its reason, before the first request.
    """

    arguments: ClassVar[type[Arguments]] = Arguments
    args: Arguments
    base: str
    keep_emails: bool
    archive: Archive

    def __init__(self, *args: Any, _job: str | None = None, **kwargs: Any):
        super().__init__(*args)
        self.job = _job or secrets.token_hex(4)
        self.is_scheduled = bool(_job)  # scrapyd's
        self.problem: tuple[str, str] | None = None
        self.examples = Examples()
        try:
            self.args = parse_arguments(self.arguments, kwargs)
        except ArgumentError as error:
            self.problem = ("bad_arguments", str(error))
        if not _JOB.fullmatch(self.job):  # it is a part of file names
            self.problem = (
                "bad_arguments",
                f"_job: {self.job!r} is no name of a job; give letters and digits",
            )

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
        spider.problem = spider.problem or spider.check_settings() or spider.check_values()
        crawler.signals.connect(spider.open_archive, signals.spider_opened)
        # The first of these handlers; monitors and reports, which come after, find the run in the ledger.
        crawler.signals.connect(spider.end_run, signals.spider_closed)
        crawler.signals.connect(spider.close_archive, signals.engine_stopped)
        return spider

    def asked_addresses(self) -> list[str]:
        """Addresses on all hosts that the spider asks; a spider of copies asks others, or none."""
        return [self.base]

    def check_settings(self) -> tuple[str, str] | None:
        """The reason and the text of what is wrong with the settings, if something is."""
        parts = urlsplit(self.base)
        if origin(self.base) is None or parts.path or parts.query or "@" in parts.netloc:
            return "bad_settings", (
                f"HERALD_BASE_URL={self.base!r} is no address of a site; "
                "give scheme and host alone, as https://www.koreaherald.com"
            )
        archive = self.settings["HERALD_ARCHIVE"] or ""
        if wrong := name_problem(archive):
            return "bad_settings", wrong
        if self.is_scheduled and archive != NONE and not os.path.isabs(archive):
            return "bad_settings", (
                f"HERALD_ARCHIVE={archive!r}: give the whole path, a run of scrapyd is in a folder of scrapyd's. "
                "It stands in the environment that scrapyd is started with, or in setting=HERALD_ARCHIVE=/path."
            )
        asked = {host for host, _ in Hosts(self.asked_addresses()).origins}
        if urls.HOSTS & asked and not self.settings["HERALD_CONTACT"]:
            return "no_contact", (
                "The live site is asked only by a crawler that says who runs it: set HERALD_CONTACT "
                "to a mail address or page where its operators can reach you."
            )
        return None

    def check_values(self) -> tuple[str, str] | None:
        """Likewise of the settings that are a number, a switch or a choice."""
        wrong = check_values(self.settings)
        if wrong is None:
            self.keep_emails = self.settings.getbool("HERALD_KEEP_EMAILS")
        return ("bad_settings", wrong) if wrong else None

    def open_archive(self) -> None:
        """Open the archive, or end the run with what is wrong."""
        if not self.problem:
            try:
                self.archive = self.make_archive()
                self.archive.begin_run(self.name, self.job, self.args.model_dump(exclude_defaults=True))
            except ArchiveError as error:
                self.problem = (error.reason, str(error))
        if self.problem:
            reason, text = self.problem
            self.logger.error(text)
            raise CloseSpider(reason)
        for problem in self.archive.problems:
            self.logger.error("%s. Run scrapy verify.", problem)

    def make_archive(self) -> Archive:
        settings = self.settings
        return Archive(
            # Contracts try callbacks; nothing of that is to be kept.
            NONE if "SCRAPY_CHECK" in os.environ else settings["HERALD_ARCHIVE"],
            self.base,
            ledger_url=settings["HERALD_LEDGER_URL"] or None,
            node=settings["HERALD_NODE"],
            batch=settings.getint("HERALD_COMMIT_ARTICLES"),
            seconds=settings.getfloat("HERALD_COMMIT_SECONDS"),
            near=settings["HERALD_NEAR_DUPLICATES"],
            packing=settings["HERALD_COMPRESS"],
        )

    def end_run(self, reason: str) -> None:
        if not hasattr(self, "archive"):
            return
        try:
            self.finish_run(reason)
        except ArchiveError as error:  # the next run takes up what is missing
            archive_failed(self.crawler, error)

    def close_archive(self) -> None:
        if hasattr(self, "archive"):
            self.archive.close()

    def finish_run(self, reason: str) -> None:
        stats = self.crawler.stats
        try:
            self.archive.commit()
        except ArchiveError as error:
            archive_failed(self.crawler, error)
            self.archive.discard_batch()
            reason = error.reason
        self.count_committed()
        stats.set_value("herald/file", str(self.archive.segment or "none"))
        for state, number in self.archive.ledger.states().items():
            stats.set_value(f"herald/state/{state}", number)
        self.archive.end_run(reason, stats.get_stats())
        stats.set_value("herald/file", str(self.archive.segment or "none"))  # compressed by now

    def count_committed(self) -> None:
        """Count the articles that were committed since the last call."""
        committed, duplicates = self.archive.take_committed()
        for item in committed:
            self.count_article(item)
        for _ in duplicates:
            self.count("duplicates")

    def count_article(self, item: Article) -> None:
        kinds = [f"section/{item.subsection or item.section or 'none named'}", f"layout/{item.layout}"]
        for name in ("articles", *kinds, *["revisions"] * (item.revision > 1)):
            self.crawler.stats.inc_value(f"herald/{name}")

    # Requests -------------------------------------------------------------------------

    def request(self, url: str, callback: Any, errback: Any = None, **options: Any) -> Request:
        """A request for a canonical address, sent to the host that stands for the site."""
        return Request(urls.rebase(url, self.base), callback, errback=errback or self.failed, **options)

    def article_request(self, url: str, **options: Any) -> Request:
        """A request for an article; ``cb_kwargs["listed_id"]`` is its id in the ledger."""
        # Spiders know what they asked for; a redirect to a page that was asked for already
        # (a dead story to the front page) must be seen, or the article would just vanish.
        return self.request(url, self.parse_article, dont_filter=True, **options)

    def page(self, response: Response) -> Page:
        return Page.from_response(response, self.base)

    @closes_on_archive_error
    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        """What is said and counted of a request that brought no page."""
        if self.problem:  # the run ends: what it drops is asked for by the next
            return
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = failure_reason(failure)
        gone = isinstance(failure.value, HttpError) and failure.value.response.status in GONE_STATUSES
        asked = request.meta.get("redirect_urls", [request.url])[0]
        if article := request.cb_kwargs.get("listed_id"):
            self.ended(article, GONE if gone else FAILED, reason)
        else:
            self.count(f"list_failed/{self.list_of(request)}", asked)
        if not (article and gone):
            self.logger.warning("No page from %s: %s", asked, reason)
        return
        yield

    def list_of(self, request: Request) -> str:
        """Of a listing or feed its section; site maps count as one."""
        walk, feed = (request.cb_kwargs.get(name) for name in ("walk", "source"))
        return str(walk.section.slug if walk else feed.slug if feed else self.name)

    def ended(self, article: str, state: str, reason: str) -> None:
        """An article came to an end without a line: tell the ledger and count it."""
        before = self.archive.ledger.set_state(article, state, reason)
        url = urls.article_url(article)
        self.count(state, url)
        is_archived = bool(before and before.state == ARCHIVED)
        if is_archived:
            self.count("revisited/in_vain", url)
        if state == GONE and before and (before.reason if is_archived else before.state == GONE):
            self.count("gone/again", url)  # no news
        if state == FAILED:
            self.count(f"failed/{reason.partition(':')[0]}", url)

    def count(self, name: str, example: str | None = None) -> None:
        self.crawler.stats.inc_value(f"herald/{name}")
        self.examples.add(name, example)

    def moments(self) -> tuple[int | None, int | None]:
        """`since` and the end of `until`, in seconds since 1970."""
        since, until = self.args.since, self.args.until
        return (midnight(since) if since else None, midnight(until + timedelta(1)) if until else None)

    def has_room(self) -> bool:
        return self.room() > 0

    def room(self) -> float:
        """How many more articles `max_articles` lets be asked for.

        Neither those that are asked again count, nor pages that brought none.
        """
        count = self.crawler.stats.get_value
        barren = count("herald/gone", 0) + count("herald/failed", 0) - count("herald/revisited/in_vain", 0)
        asked = count("herald/asked", 0) - count("herald/revisited", 0)
        limit = inf if self.args.max_articles is None else self.args.max_articles
        return float(limit + barren - asked)

    # Articles -------------------------------------------------------------------------

    def revisit_request(self, known: Known) -> Request:
        """A request for an archived article, which the site may answer with "not modified"."""
        return self.article_request(
            known.url,
            headers=conditional(known.etag, known.last_modified),
            cb_kwargs={"discovered_via": known.found_by, "listed_id": known.id},
            meta={"handle_httpstatus_list": [NOT_MODIFIED]},
        )

    def parse_article(self, response: Response, listed_id: str = "", **found: Any) -> Iterator[Any]:
        """Read an article page.

        @url https://www.koreaherald.com/article/10871756
        @returns items 1 1
        @scrapes id url headline body published_at layout content_hash
        """
        if response.status == NOT_MODIFIED:
            self.count("not_modified")
            self.archive.ledger.touch(listed_id)
            return
        try:
            item = self.read_article(response)
        except NoArticle as error:
            yield from self.no_article(str(error), listed_id, found)
            return
        except NeedsRendering:
            yield from self.render(response, listed_id, found)
            return
        except Moved as moved:
            yield from self.follow(moved.url, listed_id, found)
            return
        except Exception as error:  # the article must come to an end, and the others be read
            self.logger.exception("Cannot read %s: this is an error in its reader.", response.url)
            self.ended(listed_id, FAILED, f"{READER_FAILED}: {type(error).__name__}")
            return
        if listed_id and listed_id != item.id:
            item.aliases = sorted({*item.aliases, urls.article_url(listed_id)})
        if not self.args.covers(_day(item.published_at)):
            self.count("out_of_range")
            self.archive.ledger.set_published(listed_id, published(item))
            return
        item.companions.validators = validators(response)
        item.fetched_at = response.meta.get("fetched_at") or utc_now()
        item.fetched_from = found.get("fetched_from")
        item.captured_at = found.get("captured_at")
        if rendered := response.meta.get("rendered"):
            self.count("render/brought")
            item.extraction["rendered"] = rendered
        item.job = self.job
        item.discovered_via = found.get("discovered_via", self.name)
        yield item if self.keep_emails else without_emails(item)

    def read_article(self, response: Response) -> Article:
        """Return the article of a page, and count which rules found its fields."""
        stats = PageStats(self.crawler.stats, self.examples, response.url)
        return read_article(self.page(response), stats=stats)

    def no_article(self, reason: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """What to do with a page that holds no article."""
        self.ended(listed_id, FAILED if reason.startswith(NO_PAGE) else GONE, reason)
        yield from ()

    def render(self, response: Response, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """What to do with a page that its scripts must fill: a copy of one stays empty."""
        yield from self.no_article("needs rendering", listed_id, found)

    def follow(self, url: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """What to do with a page that only says where its article stands now."""
        moves = found.get("moves", 0) + 1
        if moves > self.settings.getint("REDIRECT_MAX_TIMES"):
            self.ended(listed_id, FAILED, TOO_MANY_REDIRECTS)
            return
        yield self.article_request(url, cb_kwargs={**found, "listed_id": listed_id, "moves": moves})


def midnight(day: date) -> int:
    """The start of a day in Seoul, in seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=KST).timestamp())


def utc_now() -> str:
    """The form of times in the item: ``2026-09-14T01:00:00Z``."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def validators(response: Response) -> Validators:
    """What a later request can ask "has it changed since" with."""
    if "rendered" in response.meta:  # those of a shell say nothing of what scripts fill in
        return (None, None)
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return (etag.decode("latin-1") if etag else None, modified.decode("latin-1") if modified else None)


def conditional(etag: str | None, modified: str | None) -> dict[str, str]:
    """The headers that ask "has it changed since", from the validators of an earlier answer."""
    headers = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {name: value for name, value in headers.items() if value}


def without_emails(item: Article) -> Article:
    """`item` without staff addresses."""
    if item.byline:
        item.byline = without_addresses(item.byline) or None
    item.authors = [replace(author, email=None) for author in item.authors]
    return item


def _day(moment: str | None) -> date | None:
    return date.fromisoformat(moment[:10]) if moment else None
