"""What is told of a page that the doctor has read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from herald_spider.doctor.listed import portrait_lines
from herald_spider.doctor.output import Line, title
from herald_spider.doctor.page import Examination
from herald_spider.doctor.reading import FieldReading, Reading
from herald_spider.loaders.layouts import GENERIC, file_of
from herald_spider.text.terminal import size

_HEAD = (14,)
_WIDEST = 44  # columns for the rule that won


def lines(found: Examination) -> Iterator[Line]:
    """All that is told of a page that came."""
    yield title(found.answer.url if found.answer else found.address.url)
    yield from _origin(found)
    if found.feed:
        yield from found.feed.lines()
    if found.listing:
        yield from found.listing.lines()
    if found.reading and (found.reading.item or found.address.kind == "article"):
        yield from _article(found.reading)
    elif found.reading:
        if not found.is_well:
            text = f"neither an article ({found.reading.why}) nor the menu of the site"
            yield Line(("no use", text), _HEAD, style="wrong", wrap=True)
        yield from portrait_lines(found.reading.page)


def _origin(found: Examination) -> Iterator[Line]:
    answer = found.answer
    if answer is None or answer.response is None:
        return
    reasons = answer.response.meta.get("redirect_reasons", ())
    for url, reason in zip(answer.redirects, reasons, strict=False):
        yield Line(("redirected", f"{reason}, from {url}"), _HEAD, wrap=True)
    if answer.redirects:
        yield Line(("to", answer.response.url), _HEAD, wrap=True)
    kind = answer.header("Content-Type") or "no Content-Type"
    rendered = ", rendered" if found.rendered else ""
    said = f"{answer.status}, {size(len(answer.response.body))} in {answer.seconds:.2f} s, {kind}{rendered}"
    yield Line(("answered", said), _HEAD, wrap=True)


def _article(reading: Reading) -> Iterator[Line]:
    canonical = reading.page.canonical
    yield Line(("canonical", canonical.url if canonical else "names no article"), _HEAD, wrap=True)
    yield from _layout(reading)
    if reading.item is None:
        yield Line(("no article", reading.why), _HEAD, style="wrong", wrap=True)
        yield from portrait_lines(reading.page)
        yield from _advice(reading)
        return
    yield Line(("",))
    yield from _table(list(reading.fields.values()))
    yield Line(("",))
    if reading.invalid:
        yield Line(("rejected", f"validation says {reading.invalid}"), _HEAD, style="wrong", wrap=True)
    else:
        yield Line(("valid", "validation has nothing against it"), _HEAD, style="ok")
    yield from _advice(reading)


def _layout(reading: Reading) -> Iterator[Line]:
    own = ", ".join(reading.marks.get(reading.layout.name, ()))
    by = f", by {own}" if own else ": no marker of a known layout is on the page"
    yield Line(("layout", f"{reading.layout.name}{by}"), _HEAD, style="warning" * (not own), wrap=True)
    for layout, markers in reading.marks.items():
        if layout != reading.layout.name:
            yield Line(("", f"also marked as {layout}, by {', '.join(markers)}"), _HEAD, wrap=True)


def _table(fields: list[FieldReading]) -> Iterator[Line]:
    widths = (*_HEAD, min(_WIDEST, max(len(each.how) for each in fields) + 2))
    yield Line(("field", "won by", "value"), widths, style="title")
    for each in fields:
        style = "warning" if each.is_missing or each.main else ""
        yield Line((each.name, each.how, shown(each)), widths, style=style)
        if each.main:
            yield Line(("", f"  for want of {each.main.source} {each.main.text}"), _HEAD)


def shown(each: FieldReading) -> str:
    """A field's value on one line."""
    value = each.value
    if each.is_missing:
        return "–"
    if each.name == "body":
        paragraphs = value.split("\n\n")
        return f"[{len(value.split()):,} words, {len(paragraphs)} paragraphs] {value}"
    if isinstance(value, list):
        return "; ".join(_one(part) for part in value)
    return str(value)


def _one(part: Any) -> str:
    if isinstance(part, str):
        return part
    values = [value for value in vars(part).values() if value]
    return " | ".join(map(str, values))


def _advice(reading: Reading) -> Iterator[Line]:
    """Which file to change."""
    if reading.needs_rendering:
        text = "To render it: SPLASH_URL or HERALD_RENDERER. What a shell looks like: herald_spider/loaders/shell.py."
    elif reading.layout is GENERIC:
        known = "" if reading.item else "If a reader sees an article there (a crawl notes it as gone): "
        text = (
            f"{known}a redesign needs a module of its own in herald_spider/loaders/layouts/; "
            "a page that is just marked otherwise, one more marker in its module."
        )
    else:
        text = (
            f"herald_spider/{file_of(reading.layout.name)} has the rules, text/ what becomes of their values."
        )
    yield Line(("to change it", text), _HEAD, wrap=True)


def as_json(found: Examination) -> dict[str, Any]:
    """The same for programs."""
    answer, reading = found.answer, found.reading
    return {
        "address": found.address.url,
        "kind": found.address.kind,
        "id": found.address.id,
        "asked": answer.url if answer else None,
        "redirects": answer.redirects if answer else [],
        "status": answer.status if answer else None,
        "trouble": found.trouble or None,
        "is_well": found.is_well,
        "article": _reading_json(reading) if reading else None,
        "listing": found.listing.as_json() if found.listing else None,
        "feed": found.feed.as_json() if found.feed else None,
    }


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "layout": reading.layout.name,
        "file": f"herald_spider/{file_of(reading.layout.name)}",
        "markers": reading.marks,
        "no_article": reading.why or None,
        "rejected": reading.invalid,
        "fields": {name: _field_json(each) for name, each in reading.fields.items()},
    }


def _field_json(each: FieldReading) -> dict[str, Any]:
    value = each.value
    parts = (
        [part if isinstance(part, str) else vars(part) for part in value]
        if isinstance(value, list)
        else value
    )
    return {
        "value": parts,
        "source": each.source,
        "how": each.how,
        "rule": each.won.text if each.won else None,
        "in_vain": [f"{rule.source} {rule.text}" for rule in each.vain],
    }
