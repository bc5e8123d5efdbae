"""Monitors of how article pages were read: is the markup still what the loaders expect?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from herald_spider.extensions.observe import WORD_EDGES
from herald_spider.loaders.layouts import GENERIC, rules_of
from herald_spider.monitors.base import RunMonitor, file, group
from herald_spider.monitors.coverage import coverage, has_dropped
from herald_spider.monitors.shares import Share, has_fallen, has_risen, median, moved_at

NOTICEABLE = 0.15
# Of pages without a known layout; that many are no longer a stray few.
UNKNOWN_LEAST, UNKNOWN_SHARE = 3, 0.2


class LayoutMonitor(RunMonitor):
    """Pages in no layout that we know: a redesign."""

    label = "layout"

    def complaints(self) -> Iterator[str]:
        read = group(self.now, "herald/read/")
        unknown = Share(read[GENERIC.name], read.total())
        before = group(self.past, "herald/read/")
        usual = Share(before[GENERIC.name], before.total())
        if unknown.hits < UNKNOWN_LEAST or unknown.value < max(UNKNOWN_SHARE, 2 * usual.value):
            return
        yield (
            f"{unknown.hits} of {unknown.size} articles were read without a known layout: the site has been "
            "redesigned. They were read from JSON-LD, Open Graph and the main text, so look at their fields; "
            "a new layout is one module in herald_spider/loaders/ (see README, The map)."
            f"{self.examples(f'read/{GENERIC.name}')}"
        )


class CoverageMonitor(RunMonitor):
    """A field that fewer articles have than usual, by layout."""

    label = "coverage"

    def complaints(self) -> Iterator[str]:
        usual = coverage(self.past)
        for layout, fields in sorted(coverage(self.now).items()):
            for field, now in fields.items():
                past = usual[layout][field] if layout in usual else Share(0, 0)
                if has_dropped(now, past):
                    yield (
                        f"{field}: {now.hits} of {now.size} articles of layout {layout} have it, {past} "
                        f"{self.compared}. Its markup has changed: see {file(layout)}."
                        f"{self.examples(f'missing/{layout}/{field}')}"
                    )


class FallbackMonitor(RunMonitor):
    """A field that its usual rule does not find any more, while another one fills in."""

    label = "fall-backs"

    def complaints(self) -> Iterator[str]:
        for layout in self.layouts():
            for field in rules_of(layout):
                prefix = f"parser/{layout}/{field}/"
                yield from self.about(layout, field, group(self.now, prefix), group(self.past, prefix))

    def about(self, layout: str, field: str, won: Counter[str], before: Counter[str]) -> Iterator[str]:
        if not before:
            return
        main = max(before, key=before.__getitem__)
        now, past = (Share(counts[main], counts.total()) for counts in (won, before))
        if not won.total() or not has_fallen(now, past, NOTICEABLE):
            return
        pages = self.now[f"herald/read/{layout}"]
        instead = Counter({rule: n for rule, n in won.items() if rule != main and n})
        filled = ", ".join(f"{_rule(rule)} ({n})" for rule, n in instead.most_common(2))
        yield (
            f"{field}: its main rule, {_rule(main)}, matched on {now.hits} of {pages} pages of layout {layout}; it "
            f"won {past} {self.compared}. {filled} filled in: the site's markup has changed, see {file(layout)}."
            f"{self.examples(*(f'parser/{layout}/{field}/{rule}' for rule in instead))}"
        )


class BodyMonitor(RunMonitor):
    """Articles of another length than usual: a part is cut off, or something is read that is no body."""

    label = "body length"

    def complaints(self) -> Iterator[str]:
        for layout in self.layouts():
            now, past = (_by_edge(counts, layout) for counts in (self.now, self.past))
            edge = moved_at(now, past, WORD_EDGES[1:], 2 * NOTICEABLE)
            if edge is None:
                continue
            shorter = sum(n for key, n in now.items() if key < edge) / now.total()
            cut = shorter > sum(n for key, n in past.items() if key < edge) / past.total()
            examples = (f"words/{layout}/{key}" for key in sorted(now) if (key < edge) == cut)
            yield (
                f"Articles of layout {layout} are {'shorter' if cut else 'longer'}: half have fewer than some "
                f"{_after(median(now))} words, {_after(median(past))} {self.compared}. "
                f"{'A part of the body is cut off' if cut else 'The body holds what is no text of the article'}: see "
                f"the rules for it in {file(layout)}, and herald_spider/loaders/body.py.{self.examples(*examples)}"
            )


class RejectedMonitor(RunMonitor):
    """Pages whose article breaks a rule of the schema."""

    label = "rejected"

    def complaints(self) -> Iterator[str]:
        now, usual = self.shares(_rejected)
        if now.hits >= 3 and has_risen(now, usual, NOTICEABLE / 3):
            reasons = group(self.now, "herald/rejected/")
            why = ", ".join(f"{name} ({n})" for name, n in reasons.most_common(3))
            yield (
                f"{now.hits} of {now.size} pages gave no valid article ({usual} {self.compared}), for want of: {why}. "
                "Nothing is lost: they are kept as rejected. None of the field's rules matches: see "
                f"herald_spider/loaders/.{self.examples(*(f'rejected/{name}' for name in reasons))}"
            )


def _rejected(counts: Counter[str]) -> Share:
    rejected = counts["herald/rejected"]
    return Share(rejected, rejected + group(counts, "herald/read/").total())


def _rule(rule: str) -> str:
    """``json-ld headline`` of ``json-ld/headline``."""
    return rule.replace("/", " ", 1)


def _by_edge(counts: Counter[str], layout: str) -> Counter[int]:
    return Counter({int(edge): n for edge, n in group(counts, f"herald/words/{layout}/").items()})


def _after(edge: int) -> int:
    """The edge that follows."""
    return next((each for each in WORD_EDGES if each > edge), edge)
