"""What all spiders share: arguments, the site's address, and reading an article."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, DownloadConnectionRefusedError, DownloadFailedError
from scrapy.settings import BaseSettings
from scrapy.spidermiddlewares.httperror import HttpError

from herald_spider import __version__, sections, urls
from herald_spider.archive import NONE, Archive, ArchiveError, Known, published
from herald_spider.archive.ledger import FAILED, GONE, Validators
from herald_spider.archive.packing import OFF, PACKINGS
from herald_spider.loaders import Moved, NeedsRendering, NoArticle, read_article
from herald_spider.loaders.page import Page
from herald_spider.processors import without_addresses
from herald_spider.rendering import PLAYWRIGHT, RENDERERS, SPLASH, has_playwright
from herald_spider.spiders.arguments import ArgumentError, Arguments, parse_arguments, suggest

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from typing_extensions import Self

    from herald_spider.items import Article

GONE_STATUSES = (404, 410)
NOT_MODIFIED = 304
BUSY = 503
# What is compared before the share of rendered pages is called risen, and the least rise.
RUNS_TO_COMPARE, NOTICEABLE = 30, 0.05
CHOICES = {
    "HERALD_NEAR_DUPLICATES": ("mark", "drop", "off"),
    "HERALD_COMPRESS": (OFF, *PACKINGS),
    "HERALD_RENDERER": RENDERERS,
}
VALUES = {
    "HERALD_KEEP_EMAILS": (BaseSettings.getbool, "0 or 1"),
    "HERALD_REVISIT_HOURS": (BaseSettings.getfloat, "a number of hours"),
    "HERALD_COMMIT_ARTICLES": (BaseSettings.getint, "a number of articles"),
    "HERALD_COMMIT_SECONDS": (BaseSettings.getfloat, "a number of seconds"),
    "HERALD_WAITING_LIMIT": (BaseSettings.getint, "a number of articles"),
    "HERALD_MAX_LISTING_PAGES": (BaseSettings.getint, "a number of pages"),
    "HERALD_RENDER_SECONDS": (BaseSettings.getfloat, "a number of seconds"),
    "HERALD_RENDER_PRESSES": (BaseSettings.getint, "how often to press"),
    "HERALD_BLOCKED_LIMIT": (BaseSettings.getint, "a number of answers"),
}


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
        spider.problem = spider.problem or spider.check_settings() or spider.check_values()
        spider.allowed_domains = spider.asked_hosts()
        crawler.signals.connect(spider.open_archive, signals.spider_opened)
        crawler.signals.connect(spider.check_rendered, signals.spider_idle)
        crawler.signals.connect(spider.close_archive, signals.spider_closed)
        return spider

    def asked_hosts(self) -> list[str | None]:
        """The hosts that the spider asks; a spider of copies asks others, or none."""
        return [urlsplit(self.base).hostname]

    def check_settings(self) -> tuple[str, str] | None:
        """The reason and the text of what is wrong with the settings, if something is."""
        parts = urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            return "bad_settings", (
                f"HERALD_BASE_URL={self.base!r} is no address of a site; "
                "give scheme and host alone, as https://www.koreaherald.com"
            )
        if urls.HOSTS.intersection(self.asked_hosts()) and not self.settings["HERALD_CONTACT"]:
            return "no_contact", (
                "The live site is asked only by a crawler that says who runs it: set HERALD_CONTACT "
                "to a mail address or page where its operators can reach you."
            )
        for name, choices in CHOICES.items():
            if self.settings[name] not in choices:
                wanted = f"{', '.join(choices[:-1])} or {choices[-1]}"
                return "bad_settings", f"{name}={self.settings[name]!r}: give {wanted}"
        return self.check_rendering()

    def check_rendering(self) -> tuple[str, str] | None:
        """Likewise of the settings of the renderer."""
        splash = self.settings["SPLASH_URL"]
        if splash and urlsplit(splash).scheme not in ("http", "https"):
            return "bad_settings", f"SPLASH_URL={splash!r} is no address; give one as http://127.0.0.1:8050"
        if self.settings["HERALD_RENDERER"] == PLAYWRIGHT and not has_playwright():
            return "bad_settings", (
                "HERALD_RENDERER=playwright needs scrapy-playwright: pip install 'herald-spider[playwright]'"
            )
        for slug in self.settings.getlist("HERALD_RENDER_SECTIONS"):
            if slug not in sections.BY_SLUG:
                hint = suggest(slug, sections.BY_SLUG)
                return "bad_settings", f"HERALD_RENDER_SECTIONS: no section {slug!r}{hint}"
        return None

    def check_values(self) -> tuple[str, str] | None:
        """Likewise of the settings that are a number or a switch."""
        for name, (read, wanted) in VALUES.items():
            try:
                read(self.settings, name)
            except (TypeError, ValueError):
                return "bad_settings", f"{name}={self.settings[name]!r}: give {wanted}"
        self.keep_emails = self.settings.getbool("HERALD_KEEP_EMAILS")
        return None

    def open_archive(self) -> None:
        """Open the archive, or end the run with what is wrong."""
        if not self.problem:
            try:
                self.archive = self.make_archive()
            except ArchiveError as error:
                self.problem = (error.reason, str(error))
        if self.problem:
            reason, text = self.problem
            self.logger.error(text)
            raise CloseSpider(reason)
        self.archive.ledger.failure = self.archive_failed
        for problem in self.archive.problems:
            self.logger.error("%s. Run scrapy verify.", problem)
        self.archive.begin_run(self.name, self.job, self.args.model_dump(exclude_defaults=True))

    def make_archive(self) -> Archive:
        settings = self.settings
        return Archive(
            # Contracts try callbacks; nothing of that is to be kept.
            NONE if "SCRAPY_CHECK" in os.environ else settings["HERALD_ARCHIVE"],
            self.base,
            ledger_url=settings["HERALD_LEDGER_URL"] or None,
            batch=settings.getint("HERALD_COMMIT_ARTICLES"),
            seconds=settings.getfloat("HERALD_COMMIT_SECONDS"),
            near=settings["HERALD_NEAR_DUPLICATES"],
            packing=settings["HERALD_COMPRESS"],
        )

    def archive_failed(self, error: ArchiveError) -> CloseSpider:
        """The archive takes no more: say so once and end the run; the exception to raise."""
        if not self.problem:
            self.problem = (error.reason, str(error))
            self.logger.error(str(error))
            closing = self.crawler.engine.close_spider_async(reason=error.reason)
            self.closing = asyncio.ensure_future(closing)
        return CloseSpider(error.reason)

    def close_archive(self, reason: str) -> None:
        if not hasattr(self, "archive"):
            return
        try:
            self.finish_run(reason)
        except CloseSpider as failed:  # said already; the next run takes up what is missing
            self.crawler.stats.set_value("herald/archive_failed", failed.reason)
        self.archive.close()

    def finish_run(self, reason: str) -> None:
        stats = self.crawler.stats
        self.archive.commit()
        stats.set_value("herald/file", str(self.archive.segment or "none"))
        for state, number in self.archive.ledger.states().items():
            stats.set_value(f"herald/state/{state}", number)
        self.watch_rendering()
        self.archive.end_run(reason, stats.get_stats())
        stats.set_value("herald/file", str(self.archive.segment or "none"))  # compressed by now

    # Requests -------------------------------------------------------------------------

    @property
    def renderer(self) -> str:
        """What renders pages in this run; "" if nothing does."""
        name: str = self.settings["HERALD_RENDERING"]
        return name

    def request(self, url: str, callback: Any, **options: Any) -> Request:
        """A request for a canonical address, sent to the host that stands for the site."""
        return Request(urls.rebase(url, self.base), callback, errback=self.failed, **options)

    def article_request(self, url: str, **options: Any) -> Request:
        """A request for an article; ``cb_kwargs["listed_id"]`` is its id in the ledger."""
        # Spiders know what they asked for; a redirect to a page that was asked for already
        # (a dead story to the front page) must be seen, or the article would just vanish.
        return self.request(url, self.parse_article, dont_filter=True, **options)

    def page(self, response: Response) -> Page:
        return Page.from_response(response, self.base)

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        """What is said and counted of a request that brought no page."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = failure_reason(failure)
        gone = isinstance(failure.value, HttpError) and failure.value.response.status in GONE_STATUSES
        article = request.cb_kwargs.get("listed_id")
        if "render" in request.meta:
            reason = f"needs rendering: {self.renderer} failed, {reason}"
            self.count("render/failed")
            if is_down(failure):
                article = None  # no fault of the article's: it waits, and the next run asks at once
        if article:
            self.ended(article, GONE if gone else FAILED, reason)
        if not (article and gone):
            self.logger.warning("No page from %s: %s", request.url, reason)
        return
        yield

    def ended(self, article: str, state: str, reason: str) -> None:
        """An article came to an end without a line: tell the ledger and count it."""
        self.archive.ledger.set_state(article, state, reason)
        self.count(state)
        if state == FAILED:
            self.count(f"failed/{reason.partition(':')[0]}")

    def count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"herald/{name}")

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
            item = read_article(self.page(response), stats=self.crawler.stats)
        except NoArticle as error:
            self.ended(listed_id, GONE, str(error))
            return
        except NeedsRendering:
            yield from self.render(response, listed_id, found)
            return
        except Moved as moved:
            yield from self.follow(moved.url, listed_id, found)
            return
        if listed_id and listed_id != item.id:
            item.aliases = sorted({*item.aliases, urls.article_url(listed_id)})
        if not self.args.covers(_day(item.published_at)):
            self.count("out_of_range")
            self.archive.ledger.set_published(listed_id, published(item))
            return
        self.archive.draft(item.id).validators = validators(response)
        item.fetched_at = response.meta.get("fetched_at") or utc_now()
        item.fetched_from = found.get("fetched_from")
        item.captured_at = found.get("captured_at")
        if "render" in response.meta:
            self.count("render/brought")
            item.extraction["rendered"] = self.renderer
        item.job = self.job
        item.discovered_via = found.get("discovered_via", self.name)
        yield item if self.keep_emails else without_emails(item)

    def watch_rendering(self) -> None:
        """Say so where many more pages need a browser than in the last runs."""
        share = rendered_share(self.crawler.stats.get_stats())
        past = [rendered_share(stats) for stats in self.archive.ledger.past_stats(self.name, RUNS_TO_COMPARE)]
        usual = sum(past) / len(past) if past else 0.0
        if past and share > 2 * usual + NOTICEABLE:
            self.count("render/risen")
            self.logger.error(
                "%d %% of the articles needed rendering, %d %% in the last %d runs: has the site moved its text into "
                "scripts? See loaders/shell.py.", 100 * share, 100 * usual, len(past),
            )  # fmt: skip

    def check_rendered(self) -> None:
        """A run whose renders have all failed has not gone well, whatever else it brought."""
        count = self.crawler.stats.get_value
        if count("herald/render/asked", 0) and not count("herald/render/brought", 0):
            self.logger.error("Nothing that %s was asked to render came. Is it running?", self.renderer)
            raise CloseSpider("rendering_failed")

    def render(self, response: Response, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """Ask once more for a page that its scripts must fill, this time through a browser."""
        if "render" in response.meta:
            self.ended(listed_id, FAILED, f"needs rendering: {self.renderer} brought no article{_hint(self)}")
        elif not self.renderer:
            self.ended(listed_id, FAILED, "needs rendering: set SPLASH_URL, or HERALD_RENDERER=playwright")
        else:
            self.count("render/asked")
            found = {**found, "listed_id": listed_id}
            yield self.article_request(response.url, cb_kwargs=found, meta={"render": "article"})

    def follow(self, url: str, listed_id: str, found: dict[str, Any]) -> Iterator[Any]:
        """What to do with a page that only says where its article stands now."""
        yield self.article_request(url, cb_kwargs={**found, "listed_id": listed_id})


def utc_now() -> str:
    """The form of times in the item: ``2026-09-14T01:00:00Z``."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def validators(response: Response) -> Validators:
    """What a later request can ask "has it changed since" with."""
    if "render" in response.meta:  # those of a shell say nothing of what scripts fill in
        return (None, None)
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return (etag.decode("latin-1") if etag else None, modified.decode("latin-1") if modified else None)


def conditional(etag: str | None, modified: str | None) -> dict[str, str]:
    """The headers that ask "has it changed since", from the validators of an earlier answer."""
    headers = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {name: value for name, value in headers.items() if value}


def rendered_share(stats: Mapping[str, Any]) -> float:
    """Of what was read or should have been, the share that needed a browser: 0 to 1."""
    asked, left = stats.get("herald/render/asked", 0), stats.get("herald/failed/needs rendering", 0)
    read, failed = stats.get("herald/articles", 0), stats.get("herald/failed", 0)
    return float(min(1, (asked + left) / max(1, read + failed)))


def is_down(failure: Failure) -> bool:
    """Whether a server did not answer at all, or is full."""
    if isinstance(failure.value, HttpError):
        return failure.value.response.status == BUSY
    return isinstance(failure.value, DownloadConnectionRefusedError | DownloadFailedError)


def failure_reason(failure: Failure) -> str:
    """Why a request failed, in a few words: ``"HTTP 500"``, ``"timeout"``."""
    if isinstance(failure.value, HttpError):
        return f"HTTP {failure.value.response.status}"
    message = failure.getErrorMessage().splitlines()
    return f"{type(failure.value).__name__}: {message[0]}" if message else type(failure.value).__name__


def _hint(spider: HeraldBaseSpider) -> str:
    # Splash's WebKit knows no fetch, async or modules.
    return "; its script may be too new for it, try playwright" * (spider.renderer == SPLASH)


def without_emails(item: Article) -> Article:
    """`item` without staff addresses."""
    if item.byline:
        item.byline = without_addresses(item.byline) or None
    item.authors = [replace(author, email=None) for author in item.authors]
    return item


def _day(moment: str | None) -> date | None:
    return date.fromisoformat(moment[:10]) if moment else None
