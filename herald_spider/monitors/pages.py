"""Monitors of the reading of articles, which fail if the site's markup no longer matches the layouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from herald_spider.loaders.layouts import GENERIC, file_of, rules_of
from herald_spider.monitors.base import RiseMonitor, RunMonitor
from herald_spider.monitors.counts import Counts, group, most_common
from herald_spider.monitors.coverage import LEAST_FALL, coverage, has_dropped
from herald_spider.monitors.shares import Share, has_fallen, has_risen, median

# Pages without a known layout, and their share, from which a redesign is reported.
UNKNOWN_LEAST, UNKNOWN_SHARE = 3, 0.2


class LayoutMonitor(RunMonitor):
    """Pages in no known layout: a redesign."""

    label = "layout"

    def problems(self) -> Iterator[str]:
        unknown, usual = _unknown(self.now), _unknown(self.past)
        if unknown.hits >= UNKNOWN_LEAST and unknown.value >= max(UNKNOWN_SHARE, 2 * usual.value):
            yield (
                f"{unknown.hits} of {unknown.size} articles were read without a known layout: the site has been "
                "redesigned. They were read from JSON-LD, Open Graph and the main text, so check their fields; "
                "a new layout is one module in herald_spider/loaders/layouts/ (see CONTRIBUTING.md)."
                f"{self.examples(f'read/{GENERIC.name}')}"
            )


class CoverageMonitor(RunMonitor):
    """A field that fewer articles of a layout have than in earlier runs."""

    label = "coverage"

    def problems(self) -> Iterator[str]:
        before = coverage(self.past)
        for layout, fields in sorted(coverage(self.now).items()):
            for field, now in fields.items():
                past = before[layout][field] if layout in before else Share(0, 0)
                if has_dropped(now, past):
                    yield (
                        f"{field}: {now.hits} of {now.size} articles of layout {layout} have it, {past} {self.when}. "
                        f"Its markup has changed: see {_file(layout)}.{self.examples(f'missing/{layout}/{field}')}"
                    )


class FallbackMonitor(RunMonitor):
    """A field whose usual rule matches less often than in earlier runs, while another one fills in."""

    label = "fall-backs"

    def problems(self) -> Iterator[str]:
        for layout in self.layouts():
            for field in rules_of(layout):
                name = f"parser/{layout}/{field}/"
                won, before = group(self.now, name), group(self.past, name)
                if not won.total() or not before:
                    continue
                main = max(before, key=before.__getitem__)
                now, past = Share(won[main], won.total()), Share(before[main], before.total())
                if has_fallen(now, past, LEAST_FALL):
                    yield (
                        f"{field}: its main rule, {_rule(main)}, matched on {now.hits} of "
                        f"{self.now[f'herald/read/{layout}']} pages of layout {layout}; it won {past} {self.when}. "
                        f"{self._instead(name, won, main)}"
                    )

    def _instead(self, name: str, won: Counts, main: str) -> str:
        others = Counter({_rule(rule): n for rule, n in won.items() if rule != main and n})
        examples = self.examples(*(f"{name}{rule}" for rule in won if rule != main))
        layout = name.split("/")[1]
        return (
            f"{most_common(others)} filled in: the site's markup has changed, see {_file(layout)}.{examples}"
        )


class BodyMonitor(RunMonitor):
    """Articles longer or shorter than in earlier runs: text is cut off, or is read that is no body."""

    label = "body length"

    def problems(self) -> Iterator[str]:
        for layout in self.layouts():
            words = f"herald/words/{layout}/"
            now, past = (_by_length(group(counts, words)) for counts in (self.now, self.past))
            middle = median(past)
            long, usual = (
                Share(sum(n for length, n in each.items() if length >= middle), each.total())
                for each in (now, past)
            )
            if has_fallen(long, usual, 2 * LEAST_FALL):
                change, cause = "shorter", "A part of the body is cut off"
                changed = [length for length in now if length < middle]
            elif has_risen(long, usual, 2 * LEAST_FALL):
                change, cause = "longer", "The body holds text of other parts of the page"
                changed = [length for length in now if length >= middle]
            else:
                continue
            yield (
                f"Articles of layout {layout} are {change}: {long} have {middle} words or more, {usual} {self.when}. "
                f"{cause}: see the rules for it in {_file(layout)}, and herald_spider/loaders/body.py."
                f"{self.examples(*(f'words/{layout}/{length}' for length in sorted(changed)))}"
            )


class RejectedMonitor(RiseMonitor):
    """Pages whose article fails validation."""

    label, least, least_hits = "rejected", 0.05, 3

    def share(self, counts: Counts) -> Share:
        rejected = counts["herald/rejected"]
        return Share(rejected, rejected + group(counts, "herald/read/").total())

    def message(self, now: Share, past: str) -> str:
        reasons = group(self.now, "herald/rejected/")
        return (
            f"{now.hits} of {now.size} pages gave no valid article ({past}); missing or invalid: "
            f"{most_common(reasons)}. They are kept in the ledger as rejected. No rule for the field matches: see "
            f"herald_spider/loaders/.{self.examples(*(f'rejected/{name}' for name in reasons))}"
        )


def _unknown(counts: Counts) -> Share:
    read = group(counts, "herald/read/")
    return Share(read[GENERIC.name], read.total())


def _file(layout: str) -> str:
    return f"herald_spider/{file_of(layout)}"


def _rule(rule: str) -> str:
    """Return ``json-ld headline`` for ``json-ld/headline``."""
    return rule.replace("/", " ", 1)


def _by_length(counts: Counts) -> Counter[int]:
    return Counter({int(length): n for length, n in counts.items()})
