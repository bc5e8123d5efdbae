"""The base of all spiders: arguments, settings, the archive of the run, and reading an article."""

from __future__ import annotations

import os
import re
import secrets
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.settings import BaseSettings

from herald_spider import __version__, options, urls
from herald_spider.archive import NONE, Archive, ArchiveError
from herald_spider.archive.ledger import ARCHIVED, FAILED, GONE
from herald_spider.archive.values import published
from herald_spider.items import Article
from herald_spider.loaders import NO_PAGE, Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.page import Page
from herald_spider.middlewares.archive_errors import archive_failed, closes_on_archive_error
from herald_spider.middlewares.failures import TOO_MANY_REDIRECTS, failure_reason
from herald_spider.middlewares.offsite import contact_problem
from herald_spider.spiders.arguments import ArgumentError, Arguments, parse_arguments
from herald_spider.spiders.examples import Examples, PageStats
from herald_spider.spiders.responses import NOT_MODIFIED, is_gone, validators
from herald_spider.text.dates import KST, utc_now
from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

READER_FAILED = "reader failed"
COMMIT_SECONDS = 5.0  # after which a batch is committed, however small
NEEDS_RENDERING = "needs rendering"
T = TypeVar("T")
_JOB = re.compile(r"\w[\w.-]{0,99}", re.ASCII)


class HeraldBaseSpider(Spider):
    """The base of the spiders. A subclass decides which pages to request, and when to stop.

    A wrong argument or setting ends the run with one error line, before the first request.
    """

    arguments: ClassVar[type[Arguments]] = Arguments
    args: Arguments
    base: str
    keep_emails: bool
    archive: Archive
    ends_without_robots = True  # if the site's robots.txt answers 5xx
    waiting_limit = 5_000  # articles that wait in memory; others wait in the ledger

    def __init__(self, *args: Any, _job: str | None = None, **kwargs: Any):
        super().__init__(*args)
        self.job = _job or secrets.token_hex(4)
        self.is_scheduled = bool(_job)  # by scrapyd
        self.problem: tuple[str, str] | None = None
        self.failed_monitors: dict[str, str] = {}  # after the run: their problems, by label
        self.examples = Examples()
        # How many more new articles may be requested. One that turns out to be gone, or fails, does not count.
        self.articles_left = inf
        self.pages_rendered = 0
        try:
            self.args = parse_arguments(self.arguments, kwargs)
            self.articles_left = self.args.max_articles or inf
        except ArgumentError as error:
            self.problem = ("bad_arguments", str(error))
        if not _JOB.fullmatch(self.job):  # part of file names
            self.problem = (
                "bad_arguments",
                f"_job: {self.job!r} is no name of a job; give letters and digits",
            )

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        settings.set("USER_AGENT", user_agent(settings), priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.base = crawler.settings["HERALD_BASE_URL"].rstrip("/")
        spider.problem = spider.problem or spider.check_settings()
        crawler.signals.connect(spider.request_more, signals.spider_idle)
        # Connected first: monitors and reports read the ended run from the ledger.
        crawler.signals.connect(spider.end_run, signals.spider_closed)
        crawler.signals.connect(spider.close_archive, signals.engine_stopped)
        return spider

    def allowed_addresses(self) -> list[str]:
        """Return an address on each host that the spider sends requests to."""
        return [self.base]

    def check_settings(self) -> tuple[str, str] | None:
        """Return the finish reason and the error for wrong settings; None if they are right."""
        try:
            values = options.read(self.settings)
        except options.SettingsError as error:
            return "bad_settings", str(error)
        self.keep_emails = values.HERALD_KEEP_EMAILS
        archive = values.HERALD_ARCHIVE
        if self.is_scheduled and archive != NONE and not os.path.isabs(archive):
            return "bad_settings", (
                f"HERALD_ARCHIVE={archive!r}: give the whole path, because scrapyd runs spiders in a folder of its "
                "own. Set it in the environment of scrapyd, or give setting=HERALD_ARCHIVE=/path."
            )
        problem = contact_problem(self.allowed_addresses(), values.HERALD_CONTACT)
        return ("no_contact", problem) if problem else None

    def open_archive(self) -> None:
        """Open the archive; on a wrong argument, setting or archive raise `CloseSpider`."""
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
            # Contracts (scrapy check) must not write to the archive.
            NONE if "SCRAPY_CHECK" in os.environ else settings["HERALD_ARCHIVE"],
            self.base,
            ledger_url=settings["HERALD_LEDGER_URL"] or None,
            node=settings["HERALD_NODE"],
            batch=settings.getint("HERALD_COMMIT_ARTICLES"),
            seconds=COMMIT_SECONDS,
            near=settings["HERALD_NEAR_DUPLICATES"],
            packing=settings["HERALD_COMPRESS"],
        )

    def end_run(self, reason: str) -> None:
        if not hasattr(self, "archive"):
            return
        try:
            self.finish_run(reason)
        except ArchiveError as error:  # the next run requests the missing articles
            archive_failed(self.crawler, error)

    def close_archive(self) -> None:
        if hasattr(self, "archive"):
            self.archive.close()

    def finish_run(self, reason: str) -> None:
        """Enter the end of the run into the ledger; the last batch is committed already."""
        stats = self.crawler.stats
        for state, number in self.archive.ledger.states().items():
            stats.set_value(f"herald/state/{state}", number)
        self.archive.end_run(self.problem[0] if self.problem else reason, stats.get_stats())
        stats.set_value("herald/file", str(self.archive.segment or "none"))

    # Requests -------------------------------------------------------------------------

    @closes_on_archive_error
    def request_more(self) -> None:
        """Send the next requests when the spider is idle; the run ends if there are none."""
        is_open = hasattr(self, "archive") and not self.problem
        requests = list(self.more_requests()) if is_open else []
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def more_requests(self) -> Iterable[Request]:
        """Return the requests to send when all earlier ones are done."""
        return ()

    def article_request(self, url: str, **options: Any) -> Request:
        """Return a request for an article; ``cb_kwargs["listed_id"]`` is its id in the ledger.

        `url` is canonical; the request goes to the host that stands for the site.
        """
        # Spiders filter what they have requested. A redirect to a page that was requested before
        # (from a deleted article to the front page) must not be dropped.
        return Request(
            urls.rebase(url, self.base), self.parse_article, errback=self.failed, dont_filter=True, **options
        )

    def page(self, response: Response) -> Page:
        return Page.from_response(response, self.base)

    @closes_on_archive_error
    def failed(self, failure: Failure) -> Iterator[Any]:
        """Log and count a request that brought no page; an article ends as gone or failed."""
        if self.problem:  # the run ends, and the next one requests the article again
            return
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = failure_reason(failure)
        first_url = request.meta.get("redirect_urls", [request.url])[0]
        article = request.cb_kwargs.get("listed_id")
        if article:
            self.ended(article, GONE if is_gone(failure) else FAILED, reason)
        else:
            self.count(f"list_failed/{self.list_name(request)}", first_url)
        if not (article and is_gone(failure)):
            self.logger.warning("No page from %s: %s", first_url, reason)
        yield from ()

    def list_name(self, request: Request) -> str:
        """Return the name under which a failed listing is counted: the section of a listing or feed."""
        walk, feed = (request.cb_kwargs.get(name) for name in ("walk", "feed"))
        return str(walk.section.slug if walk else feed.slug if feed else self.name)

    def ended(self, article: str, state: str, reason: str) -> None:
        """Note in the ledger that a request for an article brought none, and count it.

        `state` is GONE or FAILED. A new article leaves its place under `max_articles` to another.
        """
        before = self.archive.ledger.set_state(article, state, reason)
        url = urls.article_url(article)
        self.count(state, url)
        is_archived = bool(before and before.state == ARCHIVED)
        if is_archived:
            self.count("revisited/in_vain", url)
        else:
            self.articles_left += 1
        if state == GONE and before and (before.reason if is_archived else before.state == GONE):
            self.count("gone/again", url)
        if state == FAILED:
            self.count(f"failed/{reason.partition(':')[0]}", url)

    def count(self, name: str, example: str | None = None) -> None:
        """Add 1 to the statistic ``herald/<name>``; `example` is an address to look at."""
        self.crawler.stats.inc_value(f"herald/{name}")
        self.examples.add(name, example)

    def moments(self) -> tuple[int | None, int | None]:
        """Return the start of `since` and the end of `until`, in seconds since 1970."""
        since, until = self.args.since, self.args.until
        return (midnight(since) if since else None, midnight(until + timedelta(1)) if until else None)

    def read(self, reader: Callable[..., T], *values: Any, url: str) -> T | None:
        """Return ``reader(*values)``; None, after an error line, if the reader raises an exception.

        Only the page, link or entry at `url` is lost then.
        """
        try:
            return reader(*values)
        except (CloseSpider, ArchiveError):
            raise
        except Exception as error:  # noqa: BLE001 - logged; the other pages must be read
            self.log_error(error, url)
            return None

    def log_error(self, error: Exception, url: str) -> None:
        """Log an error of the code in one line; its traceback goes to the debug log."""
        self.count("reader_errors", url)
        *_, last = traceback.extract_tb(error.__traceback__)
        place = f"{os.path.relpath(last.filename)}:{last.lineno}"
        problem = printable(f"{type(error).__name__}: {error}")
        self.logger.error("Cannot read %s: %s (%s). This is an error in the code.", url, problem, place)
        self.logger.debug("Traceback of the last error", exc_info=error)

    # Articles -------------------------------------------------------------------------

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
            item = read_article(
                self.page(response),
                self.new_item(response, listed_id, found),
                PageStats(self.crawler.stats, self.examples, response.url),
                keep_emails=self.keep_emails,
            )
        except NoArticle as error:
            yield from self.no_article(str(error), listed_id, found)
        except NeedsRendering:
            yield from self.render(response, listed_id, found)
        except Moved as moved:
            yield from self.follow(moved.url, listed_id, found)
        except Exception as error:  # noqa: BLE001 - logged; the article fails, and the others are read
            self.log_error(error, response.url)
            self.ended(listed_id, FAILED, f"{READER_FAILED}: {type(error).__name__}")
        else:
            if self.args.covers(_day(item.published_at)):
                self.note_rendered(response)
                yield item
            else:
                self.count("out_of_range")
                self.archive.ledger.set_published(listed_id, published(item))

    def new_item(self, response: Response, listed_id: str, found: dict[str, Any]) -> Article:
        """Return an article with the fields that its request and response give."""
        item = Article(
            discovered_via=found.get("discovered_via", self.name),
            fetched_at=response.meta.get("fetched_at") or utc_now(),
            fetched_from=found.get("fetched_from"),
            captured_at=found.get("captured_at"),
            job=self.job,
        )
        if listed_id:
            item.aliases = [urls.article_url(listed_id)]
        if rendered := response.meta.get("rendered"):
            item.extraction["rendered"] = rendered
        item.companions.validators = validators(response)
        return item

    def note_rendered(self, response: Response) -> None:
        """Count a page that the renderer has filled."""
        if "rendered" in response.meta:
            self.pages_rendered += 1
            self.count("render/brought")

    def no_article(self, reason: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """End an article whose page is none; a page that cannot be read is requested again."""
        self.ended(listed_id, FAILED if reason.startswith(NO_PAGE) else GONE, reason)
        yield from ()

    def render(self, response: Response, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """End an article whose page only a script can fill: a copy of the page stays empty."""
        yield from self.no_article(NEEDS_RENDERING, listed_id, found)

    def follow(self, url: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """Request the address that a page redirects to by script."""
        moves = found.get("moves", 0) + 1
        if moves > self.settings.getint("REDIRECT_MAX_TIMES"):
            self.ended(listed_id, FAILED, TOO_MANY_REDIRECTS)
            return
        yield self.article_request(url, cb_kwargs={**found, "listed_id": listed_id, "moves": moves})


def user_agent(settings: BaseSettings) -> str:
    """Return the user agent, which names the contact. The site refuses (403) the default names of HTTP libraries."""
    contact = settings["HERALD_CONTACT"]
    return f"Mozilla/5.0 (compatible; HeraldSpider/{__version__}{f'; +{contact}' * bool(contact)})"


def midnight(day: date) -> int:
    """Return the start of a day in Seoul, in seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=KST).timestamp())


def _day(moment: str | None) -> date | None:
    return date.fromisoformat(moment[:10]) if moment else None
