"""Selects the articles of an export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from herald_spider import sections
from herald_spider.archive.counts import midnight
from herald_spider.archive.schema import articles
from herald_spider.archive.view import View, records
from herald_spider.spiders.arguments import ArgumentError, Arguments, ListingArguments, parse_arguments
from herald_spider.text.console import OptionError
from herald_spider.text.suggest import suggest

LANGUAGES = ("en", "ko", "mul")


@dataclass(frozen=True)
class Selection:
    """A selection of articles. `slugs` is None for all sections; `revisions` includes earlier revisions."""

    slugs: frozenset[str] | None
    days: Arguments
    language: str | None = None
    revisions: bool = False

    def takes(self, record: dict[str, Any]) -> bool:
        """Return True if the selection includes a record."""
        if self.language and record["language"] != self.language:
            return False
        if not self.days.covers(_day(record["published_at"])):
            return False
        if self.slugs is None:
            return True
        return not self.slugs.isdisjoint([record["section"], record["subsection"], *record["listed_in"]])

    @property
    def condition(self) -> Any:
        """The part of the selection that the ledger can check, or None: earlier revisions may have other dates."""
        if self.revisions:
            return None
        published, parts = articles.c.published, []
        if self.days.since:
            parts.append(published >= midnight(self.days.since))
        if self.days.until and self.days.until < date.max:
            parts.append(published < midnight(self.days.until + timedelta(days=1)))
        return published.is_(None) | sa.and_(*parts) if parts else None


def select(
    slugs: str | None, since: str | None, until: str | None, language: str | None, revisions: bool
) -> Selection:
    """Return the selection for the options of the command. Raises `OptionError`."""
    if language and language not in LANGUAGES:
        raise OptionError(f"language: no language {language!r}{suggest(language, LANGUAGES)}")
    given = {"sections": slugs, "since": since, "until": until}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        checked = parse_arguments(ListingArguments, given)
    except ArgumentError as error:
        raise OptionError(str(error)) from None
    assert isinstance(checked, ListingArguments)
    return Selection(sections.expand(checked.sections), checked, language, revisions)


def _day(moment: str | None) -> date | None:
    try:
        return date.fromisoformat(moment[:10]) if moment else None
    except ValueError:  # damaged; articles without a date are selected
        return None


def selected(view: View, selection: Selection) -> Iterator[dict[str, Any]]:
    """Yield the records of a selection in the order of the segments."""
    with view.snapshot() as connection:
        found = records(view, connection, revisions=selection.revisions, where=selection.condition)
        yield from filter(selection.takes, found)
