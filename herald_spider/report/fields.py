"""Coverage of fields by layout, and the fall-back rules that were used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from herald_spider.archive.runs import Run
from herald_spider.loaders.layouts import rules_of
from herald_spider.monitors.counts import group
from herald_spider.monitors.coverage import WATCHED, coverage, has_dropped
from herald_spider.monitors.shares import Share
from herald_spider.report.runs import sums_of

COURSE = 20  # runs whose shares are drawn beside a field


@dataclass(frozen=True)
class Cell:
    """The share of a layout's articles that have a field: now, in earlier runs, and in each run."""

    now: Share
    before: Share
    course: list[float]

    @property
    def dropped(self) -> bool:
        return has_dropped(self.now, self.before)


@dataclass
class Table:
    """Coverage by field and layout. `read` is the number of articles of each layout.

    A cell is None if no article of the layout ever had the field.
    """

    read: dict[str, int] = field(default_factory=dict)
    cells: dict[str, dict[str, Cell | None]] = field(default_factory=dict)


def coverage_table(current: Sequence[Run], earlier: Sequence[Run]) -> Table:
    """Return the coverage of the `current` runs beside the `earlier` ones; both the newest first."""
    now, before = (coverage(sums_of([run.stats for run in runs]).stats) for runs in (current, earlier))
    course = [coverage(sums_of([run.stats]).stats) for run in [*current, *earlier][:COURSE]][::-1]
    layouts = sorted(now, reverse=True)
    table = Table({layout: max(share.size for share in now[layout].values()) for layout in layouts})
    for name in WATCHED:
        row = {
            layout: Cell(
                now[layout][name],
                before.get(layout, {}).get(name, Share(0, 0)),
                [each[layout][name].value for each in course if layout in each],
            )
            for layout in layouts
        }
        if any(cell.now.hits or cell.before.hits for cell in row.values()):
            table.cells[name] = {
                layout: cell if cell.now.hits or cell.before.hits else None for layout, cell in row.items()
            }
    return table


@dataclass(frozen=True)
class FallBack:
    """A rule that found a field's value where the first rule did not, and on how many pages of `of`."""

    layout: str
    field: str
    rule: str
    pages: int
    of: int

    @property
    def share(self) -> float:
        return self.pages / self.of


def fall_backs(stats: Mapping[str, int]) -> list[FallBack]:
    """Return the fall-back rules that were used, the largest share first."""
    fields: dict[tuple[str, str], dict[str, int]] = {}
    for name, pages in group(stats, "parser/").items():
        layout, _, rest = name.partition("/")
        key, _, rule = rest.partition("/")
        fields.setdefault((layout, key), {})[rule] = pages
    found = [
        FallBack(layout, key, rule.replace("/", ": ", 1), pages, sum(rules.values()))
        for (layout, key), rules in fields.items()
        for rule, pages in rules.items()
        if pages and rule != _first_rule(layout, key, rules)
    ]
    return sorted(found, key=lambda each: (-each.share, each.layout, each.field, each.rule))


def _first_rule(layout: str, name: str, used: Mapping[str, int]) -> str:
    """Return the first rule of a field; of a layout that no longer exists, the one used most."""
    table = rules_of(layout).get(name)
    return f"{table[0].source}/{table[0].text}" if table else max(used, key=used.__getitem__)
