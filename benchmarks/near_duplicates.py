"""Precision and recall of near-duplicate marking: ``python -m benchmarks.near_duplicates``.

Labelled pairs of the demo newspaper. Positives: wire copies, and harder ones made of
them (a paragraph dropped, the lead rewritten, one added, figures updated, half of it cut).
Negatives: other stories of the same event, market briefs of one form, random pairs.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable, Iterator

from herald_spider.archive import near_duplicates as near
from herald_spider.demo import Newspaper

Edit = Callable[[list[str], random.Random], list[str]]
LEAD = "An update of the day's wire, with a lead that another desk wrote anew for the late edition."


def _drop(parts: list[str], dice: random.Random) -> list[str]:
    gone = dice.randrange(len(parts))
    return parts[:gone] + parts[gone + 1 :]


def _figures(parts: list[str], dice: random.Random) -> list[str]:
    return [re.sub(r"\d+", lambda _: str(dice.randrange(10, 99_999)), part) for part in parts]


EDITS: dict[str, Edit] = {
    "as printed": lambda parts, dice: parts,
    "paragraph dropped": _drop,
    "lead rewritten": lambda parts, dice: [LEAD, *parts[1:]],
    "paragraph added": lambda parts, dice: [*parts, LEAD],
    "figures updated": _figures,
    "last half cut": lambda parts, dice: parts[: max(1, len(parts) // 2)],
}


class Pairs:
    """Similarities of labelled pairs, and whether the bands would bring them together."""

    def __init__(self, newspaper: Newspaper, dice: random.Random):
        self.newspaper, self.dice = newspaper, dice
        self.milliseconds: list[float] = []

    def body(self, article: str) -> list[str]:
        story = self.newspaper.by_id(article)
        return (story.truth()["body"] or "").split("\n\n") if story else []

    def measure(self, one: list[str], other: list[str]) -> tuple[float, bool] | None:
        start = time.perf_counter()
        prints = [near.fingerprint("", "\n\n".join(parts)) for parts in (one, other)]
        self.milliseconds.append((time.perf_counter() - start) * 500)
        if not (prints[0] and prints[1]):
            return None
        shared = set(near.band_keys(prints[0])) & set(near.band_keys(prints[1]))
        return near.similarity(prints[0], prints[1]), bool(shared)

    def positives(self) -> Iterator[tuple[str, float, bool]]:
        for one, other in self.newspaper.near_duplicates:
            for name, edit in EDITS.items():
                edited = edit(self.body(other), self.dice)
                if found := self.measure(self.body(one), edited):
                    yield name, *found

    def negatives(self, count: int) -> Iterator[tuple[str, float, bool]]:
        ids = [story.id for story in self.newspaper.stories() if story.truth()["body"]]
        known = {frozenset(pair) for pair in self.newspaper.near_duplicates}
        chance = (tuple(self.dice.sample(ids, 2)) for _ in range(count))
        others = [pair for pair in chance if frozenset(pair) not in known]
        kinds = {
            "same event": self.newspaper.same_event,
            "market briefs": self.newspaper.briefs,
            "random": others,
        }
        for name, pairs in kinds.items():
            for one, other in pairs:
                if found := self.measure(self.body(one), self.body(other)):
                    yield name, *found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--random", type=int, default=3_000)
    options = parser.parse_args()
    good: list[tuple[str, float, bool]] = []
    bad: list[tuple[str, float, bool]] = []
    costs: list[float] = []
    for seed in options.seeds:
        pairs = Pairs(Newspaper(options.articles, seed), random.Random(seed))
        good += pairs.positives()
        bad += pairs.negatives(options.random)
        costs += pairs.milliseconds
    print(
        f"{len(good)} positive and {len(bad)} negative pairs; {sum(costs) / len(costs):.2f} ms a fingerprint"
    )
    print("threshold  precision  recall")
    for threshold in (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8):
        hits = sum(value >= threshold and met for _, value, met in good)
        false = sum(value >= threshold and met for _, value, met in bad)
        mark = "  <- THRESHOLD" if threshold == near.THRESHOLD else ""
        print(f"{threshold:9.2f} {hits / max(1, hits + false):10.3f} {hits / len(good):7.3f}{mark}")
    print("\nat the threshold            pairs   found   lowest   highest similarity")
    for name in dict.fromkeys(name for name, _, _ in (*good, *bad)):
        found = [(value, met) for each, value, met in (*good, *bad) if each == name]
        hits = sum(value >= near.THRESHOLD and met for value, met in found)
        values = [value for value, _ in found]
        print(f"{name:25} {len(found):7} {hits:7} {min(values):8.2f} {max(values):9.2f}")


if __name__ == "__main__":
    main()
