"""Datelines: the place and the agency that a story opens with."""

from __future__ import annotations

import re

from herald_spider.text.bylines import parse_agency

_DATELINE = re.compile(
    r"(?P<place>[A-Z][\w.'’-]*(?:[ ,/]+(?:[A-Z][\w.'’-]*|de|of|da|al)){0,5})"
    r"(?:,? [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)?"
    r"(?:\s*(?:\((?P<agency>[^()]{2,40})\)|/(?P<wire>[^()/\n]{2,40})/))?"
    # A dash stands apart on one side at least; a hyphen, of which words are made, behind.
    r"\s*(?P<dash>--|[–—―-])(?:\s|(?<=[\s)/]--)|(?<=[\s)/][–—―]))(?P<rest>[^.\n]*)"
)


def parse_dateline(body: str) -> tuple[str | None, str | None]:
    """The place and the agency that a story opens with; the text itself keeps them.

    >>> parse_dateline("GENEVA (Yonhap) -- The council met.")
    ('GENEVA', 'Yonhap')
    """
    match = _DATELINE.match(body)
    if not match:
        return None, None
    source = match["agency"] or match["wire"]
    agency = wire_agency(source) if source else None
    place = match["place"].strip(" ,")
    if not agency and match["dash"] == "-":
        return None, None
    # "Mayor Han – a former captain – said" is a sentence: a place in small letters needs
    # its agency, or the wire's double hyphen that no second one closes. Behind brackets that
    # hold no agency it is the place's capitals and that double hyphen.
    capitals = place.split(",")[0].isupper()
    wired = match["dash"] == "--" and "--" not in match["rest"]
    certain = (wired and capitals) if source else (wired or capitals)
    return (place, agency) if agency or certain else (None, None)


def wire_agency(source: str) -> str | None:
    """The agency in a story's brackets; its network hands on what other papers wrote ("China Daily/ANN")."""
    paper, _, network = source.rpartition("/")
    return parse_agency(source) or ("ANN" if paper and parse_agency(network) == "ANN" else None)
