"""``scrapy doctor --site``: the assumptions about the site, confirmed or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from herald_spider.doctor.facts import CERTAIN, ENOUGH, FACTS, Fact, Outcome
from herald_spider.doctor.output import Line, title
from herald_spider.doctor.visit import Visit

CONFIRMED, NOT_CONFIRMED, NOT_CHECKED = "confirmed", "not confirmed", "not checked"
_WIDTHS = (15, 11)
_INDENT = (sum(_WIDTHS),)
_KINDS, _EXAMPLES = 3, 2  # shown


@dataclass(frozen=True)
class Result:
    """The status of a fact, what was seen, and examples of pages that do not confirm it."""

    fact: Fact
    status: str
    seen: str
    examples: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.status == NOT_CONFIRMED and self.fact.certainty == CERTAIN


def check(visit: Visit) -> list[Result]:
    """Check each fact in the samples of its kind."""
    return [
        result(fact, [(sample.url, fact.test(sample)) for sample in visit.of(fact.kind)]) for fact in FACTS
    ]


def result(fact: Fact, outcomes: list[tuple[str, Outcome]]) -> Result:
    """Return the result of a fact, which most pages must confirm; `outcomes` are by address."""
    seen = [(address, *outcome) for address, outcome in outcomes if outcome is not None]
    if not seen:
        return Result(fact, NOT_CHECKED, "no page to check")
    counts = Counter(text for _, _, text in seen).most_common()
    text = ", ".join(f"{text} ({count} of {len(seen)})" for text, count in counts[:_KINDS])
    if rest := sum(count for _, count in counts[_KINDS:]):
        text += f", other ({rest})"
    held = sum(good for _, good, _ in seen) >= ENOUGH * len(seen)
    examples = tuple(address for address, good, _ in seen if not good)[:_EXAMPLES]
    return Result(
        fact, CONFIRMED if held else NOT_CONFIRMED, seen[0][2] if len(seen) == 1 else text, examples
    )


def is_ok(found: list[Result], visit: Visit) -> bool:
    """Return True if the visit was not cut short, and no certain fact is not confirmed."""
    return not visit.ended and not any(each.is_error for each in found)


def lines(found: list[Result], visit: Visit) -> Iterator[Line]:
    yield title(f"Assumptions about the site, checked at {visit.base}")
    for subject, group in groupby(found, key=lambda each: each.fact.subject):
        yield Line(("",))
        yield title(subject)
        for each in group:
            yield from _result(each)
    yield Line(("",))
    if visit.ended:
        yield Line(("cut short", visit.ended), _WIDTHS[:1], style="error", wrap=True)
    counts = Counter(each.status for each in found)
    missed = Counter(each.fact.certainty for each in found if each.status == NOT_CONFIRMED)
    which = f" ({', '.join(f'{name} {count}' for name, count in missed.items())})" if missed else ""
    yield title(
        f"{counts[CONFIRMED]} confirmed, {counts[NOT_CONFIRMED]} not confirmed{which}, "
        f"{counts[NOT_CHECKED]} not checked"
    )
    yield Line((f"{visit.requests} requests in {visit.seconds:.0f} s",))


def _result(found: Result) -> Iterator[Line]:
    fact, is_missed = found.fact, found.status == NOT_CONFIRMED
    style = "error" if found.is_error else "warning" if is_missed else found.status
    yield Line((found.status, fact.certainty, f"{fact.name}: {found.seen}"), _WIDTHS, style=style, wrap=True)
    if is_missed:
        yield from (Line(("", f"see {example}"), _INDENT, wrap=True) for example in found.examples)
        yield Line(("", f"look at {fact.path}"), _INDENT, wrap=True)
