"""Datasette's facets with the counts of a whole list, whichever of its pages is shown."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import re
from typing import Any

from datasette.facets import ArrayFacet, ColumnFacet
from datasette.utils import path_with_removed_args

COLUMNS = ["section", "subsection", "year", "month", "day", "agency"]
FACETS = [*({"whole": column} for column in COLUMNS), {"names": "authors"}]
ORDER = [*COLUMNS[:-1], "authors", "agency"]
# A facet is shown once a value of the column before it is selected; without that value it goes as well.
_BEFORE = {"subsection": ["section"], "month": ["year"], "day": ["year", "month"]}
# The condition by which Datasette leaves out the earlier pages of a list.
_EARLIER_PAGES = re.compile(
    r"\s(?:and|where) \((?:sort_key|word_count) (?:[<>] :p\d|is null and ).*$", re.DOTALL
)
Found = tuple[list[dict[str, Any]], list[str]]


class WholeFacet(ColumnFacet):  # type: ignore[misc]
    """A facet of a column."""

    type = "whole"

    def get_configs(self) -> list[dict[str, Any]]:
        chosen = dict(self.get_querystring_pairs())
        return [
            each
            for each in super().get_configs()
            if chosen.keys() >= set(_BEFORE.get(each["config"]["simple"], ()))
        ]

    async def facet_results(self) -> Found:
        self.sql: str = of_all_pages(self.sql)
        return _to_first_page(self.request, await super().facet_results())


class NamesFacet(ArrayFacet):  # type: ignore[misc]
    """A facet of a list of names, which reads no column but that list."""

    type = "names"

    async def facet_results(self) -> Found:
        self.sql: str = f"select id, authors from ({of_all_pages(self.sql)})"  # noqa: S608 - Datasette's own
        return _to_first_page(self.request, await super().facet_results())


def of_all_pages(sql: str) -> str:
    """Return the SQL of a list without the condition that leaves out its earlier pages.

    >>> of_all_pages("select id from articles where day = :p0 and (sort_key < :p1 or (sort_key = :p1))")
    'select id from articles where day = :p0'
    """
    return _EARLIER_PAGES.sub("", sql)


def _to_first_page(request: Any, results: Found) -> Found:
    """Return the facets with links to the first page of the list; drop values that need a removed facet."""
    for facet in results[0]:
        dependent = {column for column, before in _BEFORE.items() if facet["name"] in before}
        for value in facet["results"]:
            if "?" in value["toggle_url"]:
                removed = {"_next"} | (dependent if value["selected"] else set())
                value["toggle_url"] = path_with_removed_args(request, removed, path=value["toggle_url"])
    return results
