"""Datelines: the place and the agency at the start of a story."""

from __future__ import annotations

import re

from herald_spider.text.bylines import parse_agency

_DATELINE = re.compile(
    r"(?P<place>[A-Z][\w.'’-]*(?:[ ,/]+(?:[A-Z][\w.'’-]*|de|of|da|al)){0,5})"
    r"(?:,? [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)?"
    r"(?:\s*(?:\((?P<agency>[^()]{2,40})\)|/(?P<wire>[^()/\n]{2,40})/))?"
    # A dash has a space on one side at least, a hyphen behind it: words are joined by hyphens.
    r"\s*(?P<dash>--|[–—―-])(?:\s|(?<=[\s)/]--)|(?<=[\s)/][–—―]))(?P<rest>[^.\n]*)"
)


def parse_dateline(body: str) -> tuple[str | None, str | None]:
    """Return the place and the agency at the start of a story; the text itself keeps them.

    >>> parse_dateline("GENEVA (Yonhap) -- The council met.")
    ('GENEVA', 'Yonhap')
    """
    match = _DATELINE.match(body)
    if not match:
        return None, None
    source = match["agency"] or match["wire"]
    agency = wire_agency(source) if source else None
    place = match["place"].strip(" ,")
    if match["dash"] == "-" and not agency and not _is_place(place, match["rest"]):
        return None, None
    # "Mayor Han – a former captain – said" is a sentence. A place in small letters therefore
    # needs an agency, or a wire service's double hyphen without a second one in the sentence;
    # behind brackets that are not an agency, both capitals and the double hyphen.
    is_capitals = place.split(",")[0].isupper()
    is_wired = match["dash"] == "--" and "--" not in match["rest"]
    is_certain = (is_wired and is_capitals) if source else (is_wired or is_capitals)
    return (place, agency) if agency or is_certain else (None, None)


def _is_place(place: str, rest: str) -> bool:
    """Return True if a place before a single hyphen is certain: "INCHEON - The Bears won"."""
    is_aside = " - " in rest or " -- " in rest  # "KAIST - a university - said"
    return place.isupper() and len(place) > 4 and not is_aside and rest.lstrip("\"“‘'")[:1].isupper()


def wire_agency(source: str) -> str | None:
    """Return the agency in a story's brackets; "China Daily/ANN" is the ANN network's."""
    paper, _, network = source.rpartition("/")
    return parse_agency(source) or ("ANN" if paper and parse_agency(network) == "ANN" else None)
