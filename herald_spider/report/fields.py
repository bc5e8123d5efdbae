"""How well pages are read: per layout the fields that have a value, and the rules that won."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from herald_spider.loaders.layouts import ALL
from herald_spider.monitors import coverage as analysis
from herald_spider.monitors.shares import Share
from herald_spider.report.runs import Run, group

_TABLES = {layout.name: layout.rules for layout in ALL}


@dataclass(frozen=True)
class Cell:
    """The share of a layout's articles that have a field: now, before (None without earlier runs), in each run."""

    share: float
    before: float | None
    course: list[float]
    dropped: bool


@dataclass
class Coverage:
    """The fields (rows) of the layouts (columns); `read` says how many articles each column is made of."""

    read: dict[str, int] = field(default_factory=dict)
    cells: dict[str, dict[str, Cell | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class FallBack:
    """A rule that won though it is not the first of its field."""

    layout: str
    field: str
    rule: str
    pages: int
    of: int

    @property
    def share(self) -> float:
        return self.pages / self.of


def coverage(current: Sequence[Run], earlier: Sequence[Run]) -> Coverage:
    """Return the coverage of fields in the `current` runs beside the `earlier` ones; both newest first."""
    found, past = analysis.coverage(_sum(current)), analysis.coverage(_sum(earlier))
    course = [analysis.coverage(run.stats) for run in reversed([*current, *earlier])]
    layouts = sorted(found, reverse=True)
    table = Coverage({layout: next(iter(found[layout].values())).size for layout in layouts})
    for name in analysis.WATCHED:
        row = {}
        for layout in layouts:
            before = past[layout][name] if layout in past else Share(0, 0)
            shares = [each[layout][name].value for each in course if layout in each]
            row[layout] = _cell(found[layout][name], before, shares)
        if any(row.values()):
            table.cells[name] = row
    return table


def _sum(runs: Sequence[Run]) -> Counter[str]:
    total = Counter[str]()
    for run in runs:
        total.update({name: run.number(name) for name in run.stats if name.startswith("herald/")})
    return total


def _cell(now: Share, past: Share, course: list[float]) -> Cell | None:
    """Return None for a field that no article of the layout has had."""
    if not now.hits and not past.hits:
        return None
    before = past.value if past.size else None
    return Cell(now.value, before, course, analysis.has_dropped(now, past))


def fall_backs(stats: Mapping[str, int]) -> list[FallBack]:
    """The rules that won in place of the first of their field, the largest share first."""
    fields: dict[tuple[str, str], dict[str, int]] = {}
    for name, pages in group(stats, "parser/").items():
        layout, _, rest = name.partition("/")
        key, _, rule = rest.partition("/")
        fields.setdefault((layout, key), {})[rule] = pages
    found = [
        FallBack(layout, key, rule.replace("/", ": ", 1), pages, sum(rules.values()))
        for (layout, key), rules in fields.items()
        for rule, pages in rules.items()
        if pages and rule != _first(layout, key, rules)
    ]
    return sorted(found, key=lambda each: (-each.share, each.layout, each.field, each.rule))


def _first(layout: str, name: str, rules: Mapping[str, int]) -> str:
    """The first rule of a field; of a layout that is no more, the most frequent one."""
    table = _TABLES.get(layout, {}).get(name)
    return f"{table[0].source}/{table[0].text}" if table else max(rules, key=rules.__getitem__)
