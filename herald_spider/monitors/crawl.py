"""Monitors of the responses of the site, and of the outcome of each article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from herald_spider.archive.counts import period
from herald_spider.archive.ledger import STATES
from herald_spider.middlewares.archive_errors import closing_on_archive_error
from herald_spider.monitors.base import RiseMonitor, RunMonitor
from herald_spider.monitors.counts import Counts, group, most_common
from herald_spider.monitors.shares import Share, has_risen
from herald_spider.spiders.base import NEEDS_RENDERING, READER_FAILED
from herald_spider.spiders.site import SiteSpider

LEAST_RISE = 0.05
REPEATED = 2  # earlier runs in which a listing failed too
BLOCKING_STATUSES = (403, 429)
_LISTINGS_SEE = "see herald_spider/loaders/listing.py."
_ENDS = ("item_scraped_count", "item_dropped_count", *(
    f"herald/{name}" for name in ("gone", "failed", "not_modified", "out_of_range", "render/left")
))  # fmt: skip


class ListingMonitor(RunMonitor):
    """Listings, feeds and site maps that were empty, not recognised or not fetched."""

    label = "listings"

    def problems(self) -> Iterator[str]:
        if self.now["herald/menu/empty"]:
            yield f"No menu was found on the front page; its markup has probably changed: {_LISTINGS_SEE}"
        yield from self._empty()
        yield from self._unrecognised()
        yield from self._failed()
        yield from self._broken()

    def _empty(self) -> Iterator[str]:
        empty, read = self.now["herald/listing/empty"], self.now["herald/listing/read"]
        if emptied := self.now["herald/listing/emptied"]:
            yield (
                f"{emptied} listings that had entries in earlier runs gave none: their markup or address has changed, "
                f"{_LISTINGS_SEE}{self.examples('listing/emptied')}"
            )
        elif empty > 1 and empty > read / 2:
            yield f"{empty} of {read} listings gave no entries: {_LISTINGS_SEE}{self.examples('listing/empty')}"

    def _unrecognised(self) -> Iterator[str]:
        now, past = (
            Share(counts["herald/list_layout/generic"], group(counts, "herald/list_layout/").total())
            for counts in (self.now, self.past)
        )
        if now.hits > 1 and now.value > 0.5 > past.value:
            yield (
                f"On {now.hits} of {now.size} listings no list was recognised and every link to an article was "
                f"taken, without its section: the markup of lists has changed, {_LISTINGS_SEE}"
                f"{self.examples('list_layout/generic')}"
            )

    def _failed(self) -> Iterator[str]:
        """Yield a problem if many listings failed, or one failed in several runs."""
        names = group(self.now, "herald/list_failed/")
        now, usual = self.shares(
            lambda counts: _of_lists(group(counts, "herald/list_failed/").total(), counts)
        )
        stat = "herald/list_failed/{}"
        again = [name for name in names if self.history.always(self.label, stat.format(name), REPEATED)]
        examples = self.examples(*(f"list_failed/{name}" for name in again or names))
        action = (
            f'Their addresses have changed, or the site has a fault: see "No page from" in the log.{examples}'
        )
        if now.value > 0.5 or has_risen(now, usual, LEAST_RISE):
            yield (
                f"{now.hits} of {now.size} pages of listings, feeds or site maps could not be fetched ({usual} "
                f"{self.when}), so that articles may be missing. {action}"
            )
        elif again:
            yield f"No answer from {', '.join(sorted(again))}, nor in the last {REPEATED} runs. {action}"

    def _broken(self) -> Iterator[str]:
        now, usual = self.shares(_broken)
        if now.value > 0.5 or has_risen(now, usual, LEAST_RISE):
            yield (
                f"{now.hits} of {now.size} feeds or site maps were empty, cut off or something else ({usual} "
                f"{self.when}): the log names them; see herald_spider/loaders/feed.py and "
                "herald_spider/loaders/sitemap.py."
            )


class FailedMonitor(RiseMonitor):
    """Articles that could not be fetched or read, apart from refusals and script shells."""

    label, least, least_hits = "failed", LEAST_RISE, 3

    def share(self, counts: Counts) -> Share:
        elsewhere = (*(f"HTTP {status}" for status in BLOCKING_STATUSES), NEEDS_RENDERING)
        others = sum(counts[f"herald/failed/{reason}"] for reason in elsewhere)
        return _of_requested(counts["herald/failed"] - others, counts)

    def problems(self) -> Iterator[str]:
        if number := self.now[f"herald/failed/{READER_FAILED}"]:
            yield (
                f"{number} articles could not be read because of an error in the code that reads pages: the log has "
                "the traceback. The next runs try them again; correct the error before they are given up."
                f"{self.examples(f'failed/{READER_FAILED}')}"
            )
        yield from super().problems()

    def message(self, now: Share, past: str) -> str:
        reasons = group(self.now, "herald/failed/")
        return (
            f"{now.hits} of {now.size} articles could not be fetched ({past}): {most_common(reasons)}. The site or "
            "the connection to it has a fault; the next runs try them again at growing intervals."
            f"{self.examples(*(f'failed/{name}' for name in reasons))}"
        )


class GoneMonitor(RiseMonitor):
    """Articles that listings show and the site does not have, apart from those known to be gone."""

    label, least, least_hits = "gone", LEAST_RISE, 3

    def share(self, counts: Counts) -> Share:
        return _of_requested(counts["herald/gone"] - counts["herald/gone/again"], counts)

    def message(self, now: Share, past: str) -> str:
        return (
            f"{now.hits} of {now.size} articles are gone, though listings show them ({past}). Perhaps the form of "
            "addresses has changed: see herald_spider/urls.py, and "
            f"herald_spider/loaders/checks.py.{self.examples('gone')}"
        )


class BlockedMonitor(RunMonitor):
    """Responses with status 403 or 429."""

    label = "blocked"

    def problems(self) -> Iterator[str]:
        counts = {
            status: self.now[f"downloader/response_status_count/{status}"] for status in BLOCKING_STATUSES
        }
        if sum(counts.values()) >= 3:
            times = " and ".join(f"{status} {n} times" for status, n in counts.items() if n)
            yield (
                f"The site answered {times}: it blocks this network or asks for fewer requests. Raise DOWNLOAD_DELAY, "
                "wait some hours, or ask its operators; this crawler does not circumvent blocks."
                f"{self.examples(*(f'status/{status}' for status in counts))}"
            )


class RenderingMonitor(RiseMonitor):
    """Pages that have no content without a browser."""

    label, least = "rendering", LEAST_RISE

    def share(self, counts: Counts) -> Share:
        needed = counts["herald/render/asked"] + counts[f"herald/failed/{NEEDS_RENDERING}"]
        size = group(counts, "herald/read/").total() + counts["herald/failed"]
        return Share(min(needed, size), size)

    def message(self, now: Share, past: str) -> str:
        return (
            f"{now} of the articles needed rendering, {past}: the site has probably moved its text into scripts. "
            f"See herald_spider/loaders/shell.py.{self.examples('render/asked', f'failed/{NEEDS_RENDERING}')}"
        )


class FeedMonitor(RunMonitor):
    """Feeds that no longer reach back to the last run."""

    label = "feed gaps"

    def problems(self) -> Iterator[str]:
        if gaps := self.now["herald/feed/gaps"]:
            yield (
                f"{gaps} feeds begin after the newest article of the last run. The listings were searched for the "
                f"articles between; run rss more often.{self.examples('feed/gaps')}"
            )


class ConservationMonitor(RunMonitor):
    """Articles without a state, and requested articles without an outcome."""

    label = "conservation"

    def problems(self) -> Iterator[str]:
        if self.spider.problem:  # the archive was not usable, which is reported already
            return
        with closing_on_archive_error(self.spider.crawler):
            total = self.spider.archive.ledger.count_articles()
        known = sum(self.now[f"herald/state/{state}"] for state in STATES)
        if total != known:
            yield f"The archive has {total:,} articles, but {known:,} in a known state. Run scrapy verify."
        requested, ended = self.now["herald/asked"], sum(self.now[name] for name in _ENDS)
        if self._is_complete() and requested != ended:
            yield (
                f"{requested:,} articles were requested, {ended:,} have an outcome. Look for errors in the log; the "
                "next run requests the others again."
            )

    def _is_complete(self) -> bool:
        """Return True if this process alone handled all requests of the run."""
        spider: Any = self.spider
        finished = self.data.crawler.stats.get_value("finish_reason") == "finished"
        return isinstance(spider, SiteSpider) and finished and not spider.shared


class MergeMonitor(RunMonitor):
    """Articles that a page or a redirect takes for one, though they are not."""

    label = "merges"

    def problems(self) -> Iterator[str]:
        if refused := self.now["herald/merges_refused"]:
            yield (
                f"{refused} ids were linked with articles that they do not belong to, by canonical links, og:url or "
                "redirects. Each article is kept under its own id; the site's template or its redirects are wrong."
                f"{self.examples('merges_refused')}"
            )


class WindowMonitor(RunMonitor):
    """A window of days that is newer than anything that the site lists or the archive has."""

    label = "window"

    def problems(self) -> Iterator[str]:
        spider: Any = self.spider
        since = spider.args.since
        if not since or not isinstance(spider, SiteSpider) or spider.problem or spider.name == "urls":
            return
        newest = spider.newest_listed
        if newest is None:  # all listings were unchanged
            with closing_on_archive_error(spider.crawler):
                days = spider.archive.ledger.transact(period)
            newest = days[1] if days else None
        if newest and newest < since:
            yield f"Nothing to fetch: newest story listed: {newest}, your window starts {since}"


def _of_requested(hits: int, counts: Counts) -> Share:
    """Return the share of the requested articles, without those that were known and have not changed."""
    known = sum(counts[f"herald/{name}"] for name in ("not_modified", "duplicates", "gone/again"))
    return Share(hits, max(hits, counts["herald/asked"] - known))


def _of_lists(failed: int, counts: Counts) -> Share:
    return Share(
        failed, failed + sum(counts[f"herald/{kind}/read"] for kind in ("listing", "feed", "sitemap"))
    )


def _broken(counts: Counts) -> Share:
    names = ("feed/broken", "feed/empty", "sitemap/broken")
    size = counts["herald/feed/read"] + counts["herald/sitemap/read"]
    return Share(min(size, sum(counts[f"herald/{name}"] for name in names)), size)
