"""Looks at the pages of sections that list articles."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from herald_spider import sections
from herald_spider.doctor.seen import Look, Seen, share
from herald_spider.doctor.visit import ListSample, Visit
from herald_spider.loaders.listing import Entry, Listing
from herald_spider.loaders.survey import TODAY, list_markup, section_names

PAGE = 15  # entries
_TODAY = TODAY.listing
_FORMS = {
    "Nov. 14, 2025": re.compile(r"[A-Z][a-z]+\.? \d{1,2}, \d{4}"),
    "Nov. 13, 2025 - 10:00:00": re.compile(r"[A-Z][a-z]+\.? \d{1,2}, \d{4} - \d{2}:\d{2}(:\d{2})?"),
    "2025.01.31 13:05": re.compile(r"\d{4}[.-]\d{2}[.-]\d{2}( \d{2}:\d{2})?"),
}


def on_lists(test: Callable[[Listing, ListSample], Look]) -> Callable[[Visit], Seen]:
    """Whether most lists bear a fact out; those that did not come are left out."""

    def check(visit: Visit) -> Seen:
        samples = [sample for sample in visit.lists if sample.answer.status]
        return share((each.answer.url, _look(test, each)) for each in samples)

    return check


def _look(test: Callable[[Listing, ListSample], Look], sample: ListSample) -> Look:
    return test(sample.listing, sample) if sample.listing else (False, sample.answer.said)


def container(listing: Listing, _: ListSample) -> Look:
    return listing.selector == _TODAY.items[0] and bool(listing.entries), listing.selector


def known_list(test: Callable[[Listing, ListSample], Look]) -> Callable[[Visit], Seen]:
    """The same of lists that were found as such; the fact of the container tells of the others."""
    return on_lists(
        lambda listing, sample: test(listing, sample) if listing.credited and listing.entries else None
    )


def links(listing: Listing, _: ListSample) -> Look:
    numbered = sum(len(entry.id) != 14 for entry in listing.entries)
    return numbered >= 0.8 * len(listing.entries), "/article/<number>" if numbered else "other addresses"


def headlines(_: Listing, sample: ListSample) -> Look:
    return _in_first(sample, _TODAY.headline[0])


def dates(_: Listing, sample: ListSample) -> Look:
    return _in_first(sample, _TODAY.date[0])


def _in_first(sample: ListSample, selector: str) -> Look:
    found = list_markup(sample.answer.page)
    held = found.get(selector, 0) >= 0.8 * found["items"] > 0
    return held, selector if held else f"not in {selector}"


def dates_read(listing: Listing, _: ListSample) -> Look:
    printed = [entry for entry in listing.entries if entry.printed]
    unread = next((entry.printed for entry in printed if entry.date is None), None)
    if not printed:
        return None
    return unread is None, _form(printed[0]) if unread is None else f"{unread!r} is not read"


def date_form(listing: Listing, _: ListSample) -> Look:
    printed = [entry for entry in listing.entries if entry.printed]
    if not printed:
        return None
    form = _form(printed[0])
    return form == "Nov. 14, 2025", form


def _form(entry: Entry) -> str:
    text = entry.printed or ""
    return next((name for name, form in _FORMS.items() if form.fullmatch(text)), text)


def page_size(listing: Listing, _: ListSample) -> Look:
    return len(listing.entries) == PAGE, f"{len(listing.entries)} entries"


def newest_first(listing: Listing, _: ListSample) -> Look:
    days = [entry.date.date() for entry in listing.entries if entry.date]
    if len(days) < 2:
        return None
    breaks = sum(later > former for former, later in pairwise(days))
    return breaks <= 1, "in order" if not breaks else "in order but for one" if breaks == 1 else "in no order"


def names_section(_: Listing, sample: ListSample) -> Look:
    """What we would go by, had the menu not told us already."""
    names = section_names(sample.answer.page)
    right = [selector for selector, name in names.items() if sections.by_name(name) == sample.section]
    return bool(right), ", ".join(right) or "named nowhere"


def paging(visit: Visit) -> Seen:
    second = visit.second
    if second is None or not second.answer.status:
        return Seen(None, "no list to turn the page of" if second is None else second.answer.said)
    first = next(sample for sample in visit.lists if sample.section is second.section)
    known = {entry.id for entry in first.listing.entries} if first.listing else set()
    found = second.listing.entries if second.listing else []
    new = [entry for entry in found if entry.id not in known]
    text = f"{len(found)} entries, {len(new)} of them not on page 1" if found else second.answer.said
    return Seen(len(new) > len(found) / 2, text, (second.answer.url,))
