"""The base class of the monitors: the stats of the run, those of earlier runs, and examples for messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from spidermon import Monitor

from herald_spider.monitors.counts import Counts, counts_of, group
from herald_spider.monitors.shares import ASSUMED, Share, has_risen
from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from herald_spider.monitors.history import History
    from herald_spider.spiders.base import HeraldBaseSpider


class RunMonitor(Monitor):  # type: ignore[misc]
    """A monitor that fails if it finds problems; `label` names it in the log and in the ledger."""

    label: ClassVar[str]
    data: Any
    longMessage = False

    def problems(self) -> Iterator[str]:
        """Yield one line per problem: what is wrong, the probable cause, where to look."""
        raise NotImplementedError

    def test(self) -> None:
        if found := list(self.problems()):
            self.fail("\n".join(found))

    @property
    def spider(self) -> HeraldBaseSpider:
        return cast("HeraldBaseSpider", self.data.spider)

    @property
    def history(self) -> History:
        return cast("History", self.data.history)

    @cached_property
    def now(self) -> Counts:
        """The counts of this run; a missing one counts 0."""
        return counts_of(self.data.crawler.stats.get_stats())

    @cached_property
    def past(self) -> Counts:
        """The counts of the earlier runs, added up."""
        return self.history.sums(self.label)

    def shares(self, of: Callable[[Counts], Share]) -> tuple[Share, Share]:
        """Return a share in this run and in the earlier ones, or the assumed one if there are none."""
        past = of(self.past)
        return of(self.now), past if past.size else ASSUMED

    @property
    def when(self) -> str:
        """The words behind a share of the past: ``2 % in the last 20 runs``."""
        runs = self.history.count(self.label)
        return f"in the last {runs} runs" if runs else "is assumed, as there are no earlier runs"

    def layouts(self) -> list[str]:
        return sorted(group(self.now, "herald/read/"))

    def examples(self, *names: str) -> str:
        """Return up to three addresses counted under `names`: ``" For example: …"``; "" for none."""
        found = dict.fromkeys(url for name in names for url in self.spider.examples.of(name))
        return f" For example: {', '.join(map(printable, list(found)[:3]))}" if found else ""


class RiseMonitor(RunMonitor):
    """A monitor that fails if a share of the articles has risen."""

    least: ClassVar[float]  # the smallest rise that counts
    least_hits: ClassVar[int] = 1

    def share(self, counts: Counts) -> Share:
        raise NotImplementedError

    def message(self, now: Share, past: str) -> str:
        """Return the problem; `past` says what the share was in earlier runs."""
        raise NotImplementedError

    def problems(self) -> Iterator[str]:
        now, past = self.shares(self.share)
        if now.hits >= self.least_hits and has_risen(now, past, self.least):
            yield self.message(now, f"{past} {self.when}")
