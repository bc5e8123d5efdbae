"""Looks at the pages of articles."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from herald_spider.doctor.reading import Reading
from herald_spider.doctor.seen import Look, Seen, share
from herald_spider.doctor.visit import ArticleSample, Visit
from herald_spider.items import Article
from herald_spider.loaders.survey import TODAY, caption_markup, paragraphs

PICTURES = "wimg.heraldcorp.com"
_PARAGRAPHS = 3
_CLOCK = re.compile(r"T\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?P<offset>Z|[+-]\d{2}:?\d{2})?$")
_TO_THE_MINUTE = 16  # characters of 2026-09-14T10:00:05+09:00


def on_articles(test: Callable[[Reading], Look]) -> Callable[[Visit], Seen]:
    """Whether most articles bear a fact out; those that are gone are left out."""

    def check(visit: Visit) -> Seen:
        return share((each.answer.url, test(each.reading)) for each in visit.articles if each.reading)

    return check


def on_items(test: Callable[[Article, Reading], Look]) -> Callable[[Visit], Seen]:
    """The same of pages that could be read."""
    return on_articles(lambda reading: test(reading.item, reading) if reading.item else None)


def answered(visit: Visit) -> Seen:
    """Whether what the lists show is there."""

    def look(sample: ArticleSample) -> Look:
        if not sample.answer.status:
            return None
        return sample.answer.is_ok, sample.answer.said

    return share((each.answer.url, look(each)) for each in visit.articles)


# The whole page --------------------------------------------------------------------------


def layout(reading: Reading) -> Look:
    if reading.item is None:
        return False, f"no article: {reading.why}"
    return reading.layout is TODAY, f"layout {reading.layout.name}"


def served_whole(reading: Reading) -> Look:
    return (
        not reading.needs_rendering,
        "a script shell" if reading.needs_rendering else "text without scripts",
    )


def markers(reading: Reading) -> Look:
    found = reading.marks.get(TODAY.name, [])
    return set(TODAY.markers[:2]) <= set(found), ", ".join(found[:2]) or "no marker of 2024"


def valid(_: Article, reading: Reading) -> Look:
    return reading.invalid is None, reading.invalid or "valid"


def canonical(reading: Reading) -> Look:
    own, stated = reading.page.address(reading.page.url), reading.page.canonical
    if stated is None:
        return False, "names no article"
    return (
        stated.id == own.id,
        "the same article" if stated.id == own.id else f"another article: {stated.url}",
    )


# Structured data -------------------------------------------------------------------------


def one_json_ld(reading: Reading) -> Look:
    scripts, things = reading.page.ld_scripts, reading.page.json_ld
    if len(scripts) != 1 or len(things) != 1:
        return False, f"{len(scripts)} scripts, {len(things)} of an article"
    return things[0] is scripts[0], "one script, one object" if things[0] is scripts[
        0
    ] else "one script, nested"


def ld_property(name: str) -> Callable[[Reading], Look]:
    """Whether the JSON-LD object has a property, where there is an object."""

    def test(reading: Reading) -> Look:
        things = reading.page.json_ld
        return (bool(things[0].get(name)), name if things[0].get(name) else f"no {name}") if things else None

    return test


def ld_author_named(_: Article, reading: Reading) -> Look:
    found = [values for rule, values in reading.others("authors") if rule.source == "json-ld"]
    if not reading.page.json_ld:
        return None
    return bool(found), "named" if found else "not named"


def ld_author_form(reading: Reading) -> Look:
    things = reading.page.json_ld
    if not things or not things[0].get("author"):
        return None
    author = things[0]["author"]
    one = isinstance(author, dict)
    return one, "one object" if one else f"{len(author)} in a list" if isinstance(author, list) else "a text"


def date_zone(reading: Reading) -> Look:
    """No offset, which means Seoul, or Seoul's."""
    text = next(
        (str(each["datePublished"]) for each in reading.page.json_ld if each.get("datePublished")), None
    )
    if text is None:
        return None
    clock = _CLOCK.search(text)
    if clock is None:
        return False, f"as {text}"
    offset = clock["offset"]
    return offset in (None, "+09:00", "+0900"), f"offset {offset}" if offset else "no offset"


def has_meta(*names: str) -> Callable[[Reading], Look]:
    def test(reading: Reading) -> Look:
        missing = [name for name in names if name not in reading.page.meta]
        return not missing, f"without {', '.join(missing)}" if missing else "all"

    return test


# Fields ----------------------------------------------------------------------------------


def won_by(name: str, *texts: str) -> Callable[[Article, Reading], Look]:
    """Whether one of the rules `texts` won a field; any that won, where none is named."""

    def test(_: Article, reading: Reading) -> Look:
        won = reading.fields[name].won
        what = f"{won.source} {won.text}" if won else "no rule"
        return won is not None and (not texts or won.text in texts), what

    return test


def has_rule(name: str, text: str) -> Callable[[Article, Reading], Look]:
    """Whether a rule would give something, though it was not asked."""

    def test(_: Article, reading: Reading) -> Look:
        found = any(rule.text == text for rule, _ in reading.others(name))
        return found, "there" if found else "not on the page"

    return test


def second(name: str, *texts: str) -> Callable[[Article, Reading], Look]:
    """Whether rules that stand in for the first one would say the same as it; dates to the minute."""

    def test(item: Article, reading: Reading) -> Look:
        value = getattr(item, name)
        if not value:
            return None
        found = {rule.text: values for rule, values in reading.others(name)}
        text = next((each for each in texts if each in found), None)
        if text is None:
            return False, "not on the page"
        same = _short(name, found[text][0]) == _short(name, value)
        return same, text if same else f"{text} says something else"

    return test


def _short(name: str, value: Any) -> str:
    return str(value)[:_TO_THE_MINUTE] if name.endswith("_at") else str(value)


def body_paragraphs(item: Article, reading: Reading) -> Look:
    if not item.body:
        return None
    count = paragraphs(reading.page)
    return count >= _PARAGRAPHS, f"{_PARAGRAPHS} or more" if count >= _PARAGRAPHS else f"{count}"


def picture_host(item: Article, _: Reading) -> Look:
    hosts = sorted({urlsplit(image.url).hostname or "" for image in item.images})
    return (hosts == [PICTURES], ", ".join(hosts)) if hosts else None


def captions(item: Article, reading: Reading) -> Look:
    if not item.images or reading.fields["images"].won:  # those of the body alone can have one
        return None
    markup = caption_markup(reading.page)
    return markup is not None, markup or "no known markup"


def credits(item: Article, _: Reading) -> Look:
    if not any(image.caption or image.credit for image in item.images):
        return None
    named = any(image.credit for image in item.images)
    return named, "(credit) at the end" if named else "no credit found"
