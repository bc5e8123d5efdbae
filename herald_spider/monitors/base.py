"""What the monitors have in common: the run's stats, its past, and how they speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from spidermon import Monitor

from herald_spider.loaders.layouts import file_of
from herald_spider.monitors.shares import FEW, Share
from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from herald_spider.monitors.history import History
    from herald_spider.spiders.base import HeraldBaseSpider


class RunMonitor(Monitor):  # type: ignore[misc]
    """A monitor with a `label`, which says one complaint a line where something is wrong."""

    label: ClassVar[str]
    data: Any
    longMessage = False

    def complaints(self) -> Iterator[str]:
        """What is wrong, why probably, and what to do; nothing where all is well."""
        raise NotImplementedError

    def test(self) -> None:
        if said := list(self.complaints()):
            self.fail("\n".join(said))

    @property
    def spider(self) -> HeraldBaseSpider:
        return cast("HeraldBaseSpider", self.data.spider)

    @property
    def history(self) -> History:
        return cast("History", self.data.history)

    @cached_property
    def now(self) -> Counter[str]:
        """The numbers of this run by the name of their stat; what is not there is 0."""
        stats = self.data.crawler.stats.get_stats()
        return Counter({name: value for name, value in stats.items() if isinstance(value, int)})

    @cached_property
    def past(self) -> Counter[str]:
        """Likewise of the runs that it is compared with, added up."""
        return self.history.counted(self.label)

    def shares(self, of: Callable[[Counter[str]], Share]) -> tuple[Share, Share]:
        """A share of this run's, and what it usually is."""
        past = of(self.past)
        return of(self.now), past if past.size else FEW

    @property
    def compared(self) -> str:
        runs = self.history.runs(self.label)
        return f"in the last {runs} runs" if runs else "is taken for usual, as there is no past"

    def layouts(self) -> list[str]:
        return sorted(
            name.removeprefix("herald/read/") for name in self.now if name.startswith("herald/read/")
        )

    def examples(self, *names: str) -> str:
        """Three addresses to look at: ``" For example: …"``."""
        found = dict.fromkeys(url for name in names for url in self.spider.examples.of(name))
        return f" For example: {', '.join(map(printable, list(found)[:3]))}" if found else ""


def group(counts: Counter[str], prefix: str) -> Counter[str]:
    """The counts whose names begin with `prefix`, by the rest of their names."""
    return Counter({name.removeprefix(prefix): n for name, n in counts.items() if name.startswith(prefix)})


def file(layout: str) -> str:
    """Where the rules of a layout stand."""
    return f"herald_spider/{file_of(layout)}"
