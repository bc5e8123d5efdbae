"""How well near-duplicates are marked: ``python -m benchmarks.near_duplicates``.

Labelled pairs of the demo newspaper. Positives: wire copies, and harder ones made of
them (a paragraph dropped, the lead rewritten, one added, half of the figures updated, half of it cut).
Negatives: other stories of the same event, market briefs of one form, random pairs, and two days of a
template (`benchmarks.templates`).
Precision and recall are given for the true Jaccard similarity of the shingles, and for
what the index does: an estimate, of pairs that share a band.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import herald_spider.archive.near_duplicates as near
from benchmarks import templates
from demo import Newspaper

Edit = Callable[[list[str], random.Random], list[str]]
LEAD = "An update of the day's wire, with a lead that another desk wrote anew for the late edition."
TEMPLATES = 30  # pairs of each
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8)


def _drop(parts: list[str], dice: random.Random) -> list[str]:
    gone = dice.randrange(len(parts))
    return parts[:gone] + parts[gone + 1 :]


def _figures(parts: list[str], dice: random.Random) -> list[str]:
    """Change every second figure or so; a text with all of them changed is that of another day."""

    def change(match: re.Match[str]) -> str:
        return str(dice.randrange(10, 99_999)) if dice.random() < 0.5 else match[0]

    return [re.sub(r"\d+", change, part) for part in parts]


EDITS: dict[str, Edit] = {
    "as printed": lambda parts, dice: parts,
    "paragraph dropped": _drop,
    "lead rewritten": lambda parts, dice: [LEAD, *parts[1:]],
    "paragraph added": lambda parts, dice: [*parts, LEAD],
    "figures updated": _figures,
    "last half cut": lambda parts, dice: parts[: max(1, len(parts) // 2)],
}


@dataclass
class Pair:
    """Two texts, and whether they are copies of each other (`alike`)."""

    kind: str
    alike: bool
    words: tuple[list[str], list[str]]
    true: float = 0.0  # Jaccard similarity of the weighted shingles
    estimate: float = 0.0
    met: bool = False  # shares a band
    copies: bool = False  # by the rule that the archive has

    @property
    def is_template(self) -> bool:
        return self.kind.startswith(templates.PREFIX)

    def measure(self) -> bool:
        """False where a text is too short to judge."""
        one, other = (near.fingerprint(" ".join(words)) for words in self.words)
        if not (one and other):
            return False
        self.true = self.jaccard()
        self.estimate = near.similarity(one, other)
        self.met = bool(set(near.band_keys(one)) & set(near.band_keys(other)))
        self.copies = self.met and near.are_copies(one, other)
        return True

    def marked(self, threshold: float) -> bool:
        return self.met and self.estimate >= threshold

    def jaccard(self, length: int | None = None) -> float:
        """Of the first `length` words."""
        one, other = (set(near.weighted(words[:length])) for words in self.words)
        return len(one & other) / max(1, len(one | other))


def body(newspaper: Newspaper, article: str) -> list[str]:
    """The paragraphs of an article."""
    story = newspaper.by_id(article)
    return ((story and story.body) or "").split("\n\n")


def texts(newspaper: Newspaper, count: int, dice: random.Random) -> Iterator[Pair]:
    """All labelled pairs of a newspaper, and `count` random ones."""

    def pair(kind: str, alike: bool, one: list[str], other: list[str]) -> Pair:
        return Pair(kind, alike, (near.normal_words("\n".join(one)), near.normal_words("\n".join(other))))

    for copy, original in newspaper.near_duplicates:
        for name, edit in EDITS.items():
            yield pair(name, True, body(newspaper, copy), edit(body(newspaper, original), dice))
    known = {frozenset(each) for each in newspaper.near_duplicates}
    ids = [story.id for story in newspaper.readable() if story.body]
    chance = [(one, other) for one, other in (dice.sample(ids, 2) for _ in range(count))]
    others = [each for each in chance if frozenset(each) not in known]
    for name, one_day, next_day in templates.pairs(dice, TEMPLATES):
        yield pair(name, False, [one_day], [next_day])
    kinds = {"same event": newspaper.same_event, "market briefs": newspaper.briefs, "random": others}
    for name, pairs in kinds.items():
        for one, other in pairs:
            yield pair(name, False, body(newspaper, one), body(newspaper, other))


def rates(pairs: list[Pair], marked: list[bool]) -> str:
    """Precision and recall of a rule that marked some of the pairs."""
    hits = sum(mark and pair.alike for mark, pair in zip(marked, pairs, strict=True))
    false = sum(marked) - hits
    recall = hits / sum(pair.alike for pair in pairs)
    return f"{hits / max(1, hits + false):9.3f} {recall:6.3f}"


def print_curve(pairs: list[Pair]) -> None:
    print("           true Jaccard      estimate, and a band shared")
    print("threshold  precision recall  precision recall")
    for threshold in sorted({*THRESHOLDS, near.THRESHOLD}):
        true = rates(pairs, [pair.true >= threshold for pair in pairs])
        index = rates(pairs, [pair.marked(threshold) for pair in pairs])
        mark = "  <- THRESHOLD" if threshold == near.THRESHOLD else ""
        print(f"{threshold:9.2f}  {true}  {index}{mark}")


def print_kinds(pairs: list[Pair]) -> None:
    print("\nas marked             pairs  share a band  marked   true: low  high   estimate: low  high")
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        these = [pair for pair in pairs if pair.kind == kind]
        met = sum(pair.met for pair in these)
        marked = sum(pair.copies for pair in these)
        true = [pair.true for pair in these]
        guess = [pair.estimate for pair in these]
        print(
            f"{kind:20} {len(these):6} {met:13} {marked:7} {min(true):11.2f} {max(true):5.2f}"
            f" {min(guess):15.2f} {max(guess):5.2f}"
        )


def print_lengths(pairs: list[Pair]) -> None:
    """What only the first words of each text would give: the measure of `MIN_WORDS`."""
    print("\nfirst words  true: copies at the threshold  others at the threshold  highest of others")
    copies = [pair for pair in pairs if pair.kind == "as printed"]
    others = [pair for pair in pairs if not pair.alike and not pair.is_template]
    for length in (10, 20, 30, 40, 60, 100):
        high = [pair.jaccard(length) for pair in others]
        found = sum(pair.jaccard(length) >= near.THRESHOLD for pair in copies) / len(copies)
        false = sum(value >= near.THRESHOLD for value in high)
        mark = "  <- MIN_WORDS" if length == near.MIN_WORDS else ""
        print(f"{length:11} {found:30.2f} {false:24} {max(high):18.2f}{mark}")


def fingerprint_milliseconds(newspaper: Newspaper, words: int = 300) -> float:
    """CPU time for one text of `words` words, the median."""
    pool = [word for story in newspaper.readable() for word in (story.body or "").split()]
    costs = []
    for start in range(0, len(pool) - words, words):
        text = " ".join(pool[start : start + words])
        begun = time.process_time()
        near.fingerprint(text)
        costs.append((time.process_time() - begun) * 1e3)
    return statistics.median(costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=3_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--random", type=int, default=3_000)
    options = parser.parse_args()
    pairs = [
        pair
        for seed in options.seeds
        for pair in texts(Newspaper(options.articles, seed), options.random, random.Random(seed))
        if pair.measure()
    ]
    alike = sum(pair.alike for pair in pairs)
    print(f"{alike} pairs of copies, {len(pairs) - alike} of others")
    print_curve([pair for pair in pairs if not pair.is_template])
    print("\nas marked                                          precision recall")
    for title, with_templates in (
        ("edited copies and other articles", False),
        ("edited copies and templates", True),
    ):
        some = [pair for pair in pairs if pair.alike or pair.is_template == with_templates]
        print(f"{title + ', as marked:':50} {rates(some, [pair.copies for pair in some])}")
    print_kinds(pairs)
    print_lengths(pairs)
    print(f"\n{fingerprint_milliseconds(Newspaper(300, 99)):.2f} ms a fingerprint of 300 words")


if __name__ == "__main__":
    main()
