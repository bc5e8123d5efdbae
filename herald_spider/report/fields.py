"""How well pages are read: per layout the fields that have a value, and the rules that won."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from herald_spider.extensions.observe import FIELDS
from herald_spider.loaders import LAYOUTS
from herald_spider.loaders.article import ArticleLoader
from herald_spider.loaders.generic import GenericLoader
from herald_spider.report.runs import Run, group

ENOUGH = 20  # articles, fewer of which say nothing of a layout
DROP = 0.1  # of the articles: so much less than before is pointed out
CHANCE = 3  # where it is also more standard deviations than this
_LAYOUTS: tuple[type[ArticleLoader], ...] = (*LAYOUTS, GenericLoader)
_TABLES = {layout.layout: layout.rules for layout in _LAYOUTS}


@dataclass(frozen=True)
class Cell:
    """A field of a layout: its share of the articles now, before, and in each run."""

    share: float
    before: float | None
    course: list[float]
    number: int

    @property
    def dropped(self) -> bool:
        if self.before is None or self.number < ENOUGH:
            return False
        chance = CHANCE * sqrt(self.before * (1 - self.before) / self.number)
        return self.before - self.share > max(DROP, chance)


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
    """What `current` runs found of each field, beside the `earlier` ones; both newest first."""
    found, past = _sum(current), _sum(earlier)
    read = group(found, "herald/read/")
    course = [run for run in reversed([*current, *earlier]) if run.group("herald/read/")]
    table = Coverage(dict(sorted(read.items(), reverse=True)))
    for name in FIELDS:
        row = {layout: _cell(layout, name, found, past, course) for layout in table.read}
        if any(row.values()):
            table.cells[name] = row
    return table


def _sum(runs: Sequence[Run]) -> Counter[str]:
    total = Counter[str]()
    for run in runs:
        total.update({name: run.number(name) for name in run.stats if name.startswith("herald/")})
    return total


def _cell(
    layout: str, name: str, found: Mapping[str, int], past: Mapping[str, int], course: Sequence[Run]
) -> Cell | None:
    """None for a field that this layout never had."""
    share, before = _share(found, layout, name), _share(past, layout, name)
    if not share and not before:
        return None
    shares = [_share(run.stats, layout, name) for run in course]
    return Cell(
        share or 0.0, before, [each for each in shares if each is not None], found[f"herald/read/{layout}"]
    )


def _share(stats: Mapping[str, int], layout: str, name: str) -> float | None:
    read = stats.get(f"herald/read/{layout}", 0)
    return stats.get(f"herald/field/{layout}/{name}", 0) / read if read else None


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
