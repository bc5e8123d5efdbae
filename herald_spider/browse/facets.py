"""Facets of Datasette that fit an archive: those that open step by step, and authors, quickly."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import re
from typing import Any

from datasette.facets import ArrayFacet, ColumnFacet
from datasette.utils import path_with_removed_args

# What a table's metadata asks for; the order in which a page shows them.
STEPS = [["section", "subsection"], ["year", "month", "day"], ["agency"]]
FACETS = [*({"steps": {"columns": columns}} for columns in STEPS), {"names": "authors"}]
ORDER = ["section", "subsection", "year", "month", "day", "authors", "agency"]
# The condition by which Datasette leaves out the pages before; it would count what is left.
_BEFORE = re.compile(r"\s(?:and|where) \((?:sort_key|word_count) (?:[<>] :p\d|is null and ).*$", re.DOTALL)
Found = tuple[list[dict[str, Any]], list[str]]


class StepsFacet(ColumnFacet):  # type: ignore[misc]
    """Year, then the months of the one that was chosen, then its days."""

    type = "steps"

    def get_configs(self) -> list[dict[str, Any]]:
        configs = []
        chosen = dict(self.get_querystring_pairs())
        for given in super().get_configs():
            for column in given["config"]["columns"]:
                configs.append({"source": given["source"], "config": {"simple": column}})
                if column not in chosen:
                    break
        return configs

    async def facet_results(self) -> Found:
        """As Datasette gives them; who leaves a step leaves those below it."""
        self.sql: str = _of_all_pages(self.sql)
        found, late = await super().facet_results()
        for facet in found:
            steps = next(columns for columns in STEPS if facet["name"] in columns)
            below = set(steps[steps.index(facet["name"]) :])
            for value in filter(_is_selected, facet["results"]):
                value["toggle_url"] = path_with_removed_args(self.request, below)
        return _from_first_page(self.request, found), late


class NamesFacet(ArrayFacet):  # type: ignore[misc]
    """A facet of a list, which reads no other column than that list."""

    type = "names"

    async def facet_results(self) -> Found:
        self.sql: str = f"select id, authors from ({_of_all_pages(self.sql)})"  # noqa: S608 - Datasette's own
        found, late = await super().facet_results()
        return _from_first_page(self.request, found), late


def _of_all_pages(sql: str) -> str:
    """
    >>> _of_all_pages("select id from articles where day = :p0 and (sort_key < :p1 or (sort_key = :p1))")
    'select id from articles where day = :p0'
    """
    return _BEFORE.sub("", sql)


def _is_selected(value: dict[str, Any]) -> bool:
    return bool(value["selected"])


def _from_first_page(request: Any, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Another selection is another list: its place in this one says nothing."""
    for value in (value for facet in found for value in facet["results"]):
        if "?" in value["toggle_url"]:
            value["toggle_url"] = path_with_removed_args(request, {"_next"}, path=value["toggle_url"])
    return found
