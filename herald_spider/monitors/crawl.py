"""Monitors of how the site answered, and of what became of each article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from herald_spider.archive.ledger import STATES
from herald_spider.extensions.observe import WATCHED_STATUSES
from herald_spider.monitors.base import RunMonitor, group
from herald_spider.monitors.shares import Share, has_risen
from herald_spider.spiders.rendered import NEEDS
from herald_spider.spiders.site import SiteSpider

NOTICEABLE = 0.05
_BLOCKED = [f"HTTP {status}" for status in WATCHED_STATUSES]
_ENDS = ("item_scraped_count", "item_dropped_count", *(
    f"herald/{name}" for name in ("gone", "failed", "not_modified", "out_of_range", "render/left")
))  # fmt: skip


class ListingMonitor(RunMonitor):
    """Listings that gave nothing, or whose list was not recognised."""

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
        now, usual = self.shares(lambda counts: Share(_failed(counts), counts["herald/asked"]))
        if now.hits >= 3 and has_risen(now, usual, NOTICEABLE):
            reasons = group(self.now, "herald/failed/")
            why = ", ".join(f"{name} ({n})" for name, n in reasons.most_common(3))
            yield (
                f"{now.hits} of {now.size} articles could not be fetched ({usual} {self.compared}): {why}. The site "
                "or the way to it is in trouble; the next runs ask for them again, later each time."
                f"{self.examples(*(f'failed/{name}' for name in reasons))}"
            )


class GoneMonitor(RunMonitor):
    """Articles that listings show and the site does not have."""

    label = "gone"

    def complaints(self) -> Iterator[str]:
        now, usual = self.shares(lambda counts: Share(counts["herald/gone"], counts["herald/asked"]))
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
                f"scripts? See herald_spider/loaders/shell.py.{self.examples('render/asked', f'failed/{NEEDS}')}"
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


def _failed(counts: Any) -> int:
    elsewhere = sum(counts[f"herald/failed/{reason}"] for reason in (*_BLOCKED, NEEDS))
    return int(counts["herald/failed"] - elsewhere)


def _rendered(counts: Any) -> Share:
    """Of what was read or should have been, the share that needed a browser."""
    asked = counts["herald/render/asked"] + counts[f"herald/failed/{NEEDS}"]
    size = group(counts, "herald/read/").total() + counts["herald/failed"]
    return Share(min(asked, size), size)
