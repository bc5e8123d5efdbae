"""Monitors of how the site answered, and of what became of each article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from herald_spider.archive.ledger import STATES
from herald_spider.extensions.observe import WATCHED_STATUSES
from herald_spider.middlewares.archive_errors import closing_on_archive_error
from herald_spider.monitors.base import RunMonitor, group
from herald_spider.monitors.shares import Share, has_risen
from herald_spider.spiders.base import NEEDS_RENDERING, READER_FAILED
from herald_spider.spiders.site import SiteSpider

NOTICEABLE = 0.05
AGAIN = 2  # runs before this one in which a list failed too
_BLOCKED = [f"HTTP {status}" for status in WATCHED_STATUSES]
_ENDS = ("item_scraped_count", "item_dropped_count", *(
    f"herald/{name}" for name in ("gone", "failed", "not_modified", "out_of_range", "render/left")
))  # fmt: skip


class ListingMonitor(RunMonitor):
    """Listings that gave nothing, or whose list was not recognised; feeds and site maps likewise."""

    label = "listings"

    def complaints(self) -> Iterator[str]:
        if self.now["herald/menu/empty"]:
            yield "The front page gave no menu: its markup has changed? See herald_spider/loaders/listing.py."
        empty, read = self.now["herald/listing/empty"], self.now["herald/listing/read"]
        if emptied := self.now["herald/listing/emptied"]:
            yield (
                f"{emptied} listings that had entries in earlier runs gave none: their markup or address has changed, "
                f"see herald_spider/loaders/listing.py.{self.examples('listing/emptied')}"
            )
        elif empty > 1 and empty > read / 2:
            yield (
                f"{empty} of {read} listings gave no entries: see herald_spider/loaders/listing.py."
                f"{self.examples('listing/empty')}"
            )
        yield from self.loose()
        yield from self.failing()
        yield from self.broken()

    def failing(self) -> Iterator[str]:
        """What does not answer: much of it at once, or one and the same again and again."""
        names = group(self.now, "herald/list_failed/")
        now, usual = self.shares(_lists_failed)
        often = [
            name for name in names if self.history.always(self.label, f"herald/list_failed/{name}", AGAIN)
        ]
        examples = self.examples(*(f"list_failed/{name}" for name in often or names))
        todo = f'Their addresses have changed, or the site is in trouble: see "No page from" in the log.{examples}'
        if now.value > 0.5 or has_risen(now, usual, NOTICEABLE):
            yield (
                f"{now.hits} of {now.size} pages of listings, feeds or site maps could not be had ({usual} "
                f"{self.compared}), so that stories may be missing. {todo}"
            )
        elif often:
            yield f"No answer from {', '.join(sorted(often))}, nor in the last {AGAIN} runs. {todo}"

    def broken(self) -> Iterator[str]:
        """Feeds and site maps that answer with something else."""
        now, usual = self.shares(_lists_broken)
        if now.value > 0.5 or has_risen(now, usual, NOTICEABLE):
            yield (
                f"{now.hits} of {now.size} feeds or site maps were empty, cut off or none ({usual} {self.compared}): "
                "the log names them; see herald_spider/loaders/feed.py and herald_spider/loaders/sitemap.py."
            )

    def loose(self) -> Iterator[str]:
        """Pages on which every link to an article was taken for want of a list."""
        now, past = (
            Share(counts["herald/list_layout/generic"], group(counts, "herald/list_layout/").total())
            for counts in (self.now, self.past)
        )
        if now.hits > 1 and now.value > 0.5 > past.value:
            yield (
                f"On {now.hits} of {now.size} listings no list was recognised and every link to an article was "
                "taken, without its section: the markup of lists has changed, see "
                f"herald_spider/loaders/listing.py.{self.examples('list_layout/generic')}"
            )


class FailedMonitor(RunMonitor):
    """Articles that could not be fetched; refusals and scripts are for others to tell."""

    label = "failed"

    def complaints(self) -> Iterator[str]:
        if number := self.now[f"herald/failed/{READER_FAILED}"]:
            yield (
                f"{number} articles could not be read, by an error in their reader: the log has its traceback. They "
                f"are asked for again; mend it before that ends.{self.examples(f'failed/{READER_FAILED}')}"
            )
        now, usual = self.shares(lambda counts: _of_asked(counts, _failed(counts)))
        if now.hits >= 3 and has_risen(now, usual, NOTICEABLE):
            reasons = group(self.now, "herald/failed/")
            why = ", ".join(f"{name} ({n})" for name, n in reasons.most_common(3))
            yield (
                f"{now.hits} of {now.size} articles could not be fetched ({usual} {self.compared}): {why}. The site "
                "or the way to it is in trouble; the next runs ask for them again, later each time."
                f"{self.examples(*(f'failed/{name}' for name in reasons))}"
            )


class GoneMonitor(RunMonitor):
    """Articles that listings show and the site does not have; those that were known to be gone tell nothing new."""

    label = "gone"

    def complaints(self) -> Iterator[str]:
        now, usual = self.shares(
            lambda counts: _of_asked(counts, counts["herald/gone"] - counts["herald/gone/again"])
        )
        if now.hits >= 3 and has_risen(now, usual, NOTICEABLE):
            yield (
                f"{now.hits} of {now.size} articles are gone, though listings show them ({usual} {self.compared}): "
                "has the form of addresses changed? See herald_spider/urls.py, and _check_is_article in "
                f"herald_spider/loaders/__init__.py.{self.examples('gone')}"
            )


class BlockedMonitor(RunMonitor):
    """Answers 403 and 429."""

    label = "blocked"

    def complaints(self) -> Iterator[str]:
        counts = {
            status: self.now[f"downloader/response_status_count/{status}"] for status in WATCHED_STATUSES
        }
        if sum(counts.values()) >= 3:
            said = " and ".join(f"{status} {n} times" for status, n in counts.items() if n)
            yield (
                f"The site answered {said}: it blocks this network or wants us slower. Raise DOWNLOAD_DELAY, wait "
                "some hours, or ask its operators; nothing here gets around a block."
                f"{self.examples(*(f'status/{status}' for status in counts))}"
            )


class RenderingMonitor(RunMonitor):
    """Pages that hold nothing without a browser."""

    label = "rendering"

    def complaints(self) -> Iterator[str]:
        now, usual = self.shares(_rendered)
        if has_risen(now, usual, NOTICEABLE):
            yield (
                f"{now} of the articles needed rendering, {usual} {self.compared}: has the site moved its text into "
                f"scripts? See herald_spider/loaders/shell.py.{self.examples('render/asked', f'failed/{NEEDS_RENDERING}')}"
            )


class FeedMonitor(RunMonitor):
    """Feeds that no longer reach back to the last run."""

    label = "feed gaps"

    def complaints(self) -> Iterator[str]:
        if gaps := self.now["herald/feed/gaps"]:
            yield (
                f"{gaps} feeds begin after the newest story of the last run. What was missed has been looked for in "
                f"the listings; run rss more often.{self.examples('feed/gaps')}"
            )


class ConservationMonitor(RunMonitor):
    """Each article in exactly one state, and none lost on the way."""

    label = "conservation"

    def complaints(self) -> Iterator[str]:
        if self.spider.problem:  # the archive took no more, which was said
            return
        with closing_on_archive_error(self.spider.crawler):
            total = self.spider.archive.ledger.count_articles()
        summed = sum(self.now[f"herald/state/{state}"] for state in STATES)
        if total != summed:
            yield (
                f"The archive has {total:,} articles, but {summed:,} in a known state: the sum does not hold. Run "
                "scrapy verify."
            )
        asked, ended = self.now["herald/asked"], sum(self.now[name] for name in _ENDS)
        if self.is_whole() and asked != ended:
            yield (
                f"{asked:,} articles were asked for, {ended:,} came to an end. Look for errors in the log; "
                "what is missing waits for the next run."
            )

    def is_whole(self) -> bool:
        """Whether this process alone saw all requests to their end."""
        spider: Any = self.spider
        finished = self.data.crawler.stats.get_value("finish_reason") == "finished"
        return isinstance(spider, SiteSpider) and finished and not spider.shared


def _of_asked(counts: Any, hits: int) -> Share:
    """The share of what was asked for; what was known before and has not changed would only water it down."""
    known = sum(counts[f"herald/{name}"] for name in ("not_modified", "duplicates", "gone/again"))
    return Share(hits, max(hits, counts["herald/asked"] - known))


def _lists_read(counts: Any) -> int:
    return sum(counts[f"herald/{door}/read"] for door in ("listing", "feed", "sitemap"))


def _lists_failed(counts: Any) -> Share:
    failed = group(counts, "herald/list_failed/").total()
    return Share(failed, failed + _lists_read(counts))


def _lists_broken(counts: Any) -> Share:
    names = ("feed/broken", "feed/empty", "sitemap/broken")
    size = counts["herald/feed/read"] + counts["herald/sitemap/read"]
    return Share(min(size, sum(counts[f"herald/{name}"] for name in names)), size)


def _failed(counts: Any) -> int:
    elsewhere = sum(counts[f"herald/failed/{reason}"] for reason in (*_BLOCKED, NEEDS_RENDERING))
    return int(counts["herald/failed"] - elsewhere)


def _rendered(counts: Any) -> Share:
    """Of what was read or should have been, the share that needed a browser."""
    asked = counts["herald/render/asked"] + counts[f"herald/failed/{NEEDS_RENDERING}"]
    size = group(counts, "herald/read/").total() + counts["herald/failed"]
    return Share(min(asked, size), size)
