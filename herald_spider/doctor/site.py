"""``scrapy doctor --site``: which of our beliefs about the site held on a visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from herald_spider.doctor.facts import FACTS
from herald_spider.doctor.output import Line, title
from herald_spider.doctor.seen import CERTAIN, HELD, NOT_HELD, NOT_SEEN, Fact, Seen
from herald_spider.doctor.visit import Visit

_WIDTHS = (14, 11)
_INDENT = 25


@dataclass(frozen=True)
class Result:
    fact: Fact
    seen: Seen

    @property
    def is_failure(self) -> bool:
        return self.seen.held is False and self.fact.certainty == CERTAIN


def results(visit: Visit) -> list[Result]:
    return [Result(fact, fact.check(visit)) for fact in FACTS]


def lines(found: list[Result], visit: Visit) -> Iterator[Line]:
    yield title(f"What we believe of the site, seen at {visit.base}")
    for subject, group in groupby(found, key=lambda each: each.fact.subject):
        yield Line(("",))
        yield title(subject)
        for each in group:
            yield from _result(each)
    yield Line(("",))
    yield from _count(found, visit)


def _result(result: Result) -> Iterator[Line]:
    fact, seen = result.fact, result.seen
    style = {HELD: "held", NOT_SEEN: "not seen"}.get(
        seen.outcome, "failed" if result.is_failure else "not so"
    )
    yield Line((seen.outcome, fact.certainty, f"{fact.name}: {seen.text}"), _WIDTHS, style=style, wrap=True)
    if seen.held is False:
        for example in seen.examples:
            yield Line(("", f"see {example}"), (_INDENT,), wrap=True)
        todo = f"change {fact.path}" if fact.path else "nothing depends on it"
        yield Line(("", todo), (_INDENT,), wrap=True)


def _count(found: list[Result], visit: Visit) -> Iterator[Line]:
    if visit.ended:
        yield Line(("cut short", visit.ended), (_WIDTHS[0],), style="failed", wrap=True)
    outcomes = Counter(each.seen.outcome for each in found)
    failed = Counter(each.fact.certainty for each in found if each.seen.held is False)
    which = f" ({', '.join(f'{name} {count}' for name, count in failed.items())})" if failed else ""
    yield title(
        f"{outcomes[HELD]} held, {outcomes[NOT_HELD]} did not hold{which}, {outcomes[NOT_SEEN]} could not be seen"
    )
    yield Line((f"{visit.requests} requests in {visit.seconds:.0f} s",))


def is_well(found: list[Result], visit: Visit) -> bool:
    """Whether all that is certain held, as far as it could be seen."""
    return not visit.ended and not any(each.is_failure for each in found)


def as_json(found: list[Result], visit: Visit) -> dict[str, Any]:
    return {
        "site": visit.base,
        "cut_short": visit.ended,
        "is_well": is_well(found, visit),
        "requests": visit.requests,
        "seconds": round(visit.seconds, 1),
        "counts": dict(Counter(each.seen.outcome for each in found)),
        "facts": [
            {
                "subject": each.fact.subject,
                "fact": each.fact.name,
                "certainty": each.fact.certainty,
                "outcome": each.seen.outcome,
                "seen": each.seen.text,
                "examples": each.seen.examples,
                "file": each.fact.path or None,
            }
            for each in found
        ],
    }
