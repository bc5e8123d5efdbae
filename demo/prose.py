"""A small grammar: templates with slots and choices, and a writer who fills them in."""

from __future__ import annotations

import random
import re
from functools import cache

from demo import phrases
from demo.lexicon import GIVEN, LEXICON, SURNAMES
from demo.topics import TOPICS, Topic

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)(?::(\d+)-(\d+))?\}")
_ORDINAL = re.compile(r"\b(\d+)th\b")


class Writer:
    """Writes one story: the same dice give the same words.

    `facts` hold what a story must not change its mind about: its place, its people.
    """

    def __init__(self, dice: random.Random, topic: str, facts: dict[str, str] | None = None):
        self.dice = dice
        self.topic: Topic = TOPICS[topic]
        self.facts = facts or self._draw()

    def _draw(self) -> dict[str, str]:
        facts = {name: self.person() for name in ("person", "person2", "person3")}
        return facts | {fact: self.dice.choice(LEXICON[words]) for fact, words in _FACTS.items()}

    def person(self) -> str:
        return f"{self.dice.choice(SURNAMES)} {self.dice.choice(GIVEN)}"

    def say(self, template: str) -> str:
        """`template` as a sentence of its own."""
        text = self.phrase(template)
        return text[:1].upper() + text[1:]

    def phrase(self, template: str) -> str:
        """`template` with its choices made and its slots filled."""
        while _CHOICE.search(template):
            template = _CHOICE.sub(lambda match: self.dice.choice(match[1].split("|")), template)
        return _ORDINAL.sub(lambda match: ordinal(int(match[1])), _SLOT.sub(self._fill, template))

    def _fill(self, match: re.Match[str]) -> str:
        name, low, high = match.groups()
        if name == "n":
            return str(self.dice.randint(int(low), int(high)))
        return self.facts.get(name) or self.dice.choice(LEXICON[name])

    def one_of(self, templates: tuple[str, ...]) -> str:
        return self.say(self.dice.choice(templates))

    def headline(self) -> str:
        return self.one_of(self.topic.headlines)

    def quote(self) -> str:
        sayings = self.topic.quotes if self.dice.random() < 0.4 else phrases.QUOTES
        return f"{self.one_of(sayings)} {self.phrase(self.dice.choice(phrases.ATTRIBUTION))}"

    def paragraphs(self, count: int) -> list[str]:
        """A lead and `count - 1` paragraphs, no template twice where the topic has enough."""
        facts = self._shuffled(self.topic.facts)
        context = self._shuffled(phrases.CONTEXT)
        result = [self.one_of(self.topic.leads)]
        while len(result) < count:
            kind = self.dice.random()
            if kind < 0.25:
                result.append(self.quote())
            else:
                pools = [facts if self.dice.random() < 0.5 else context for _ in range(kind < 0.7 or 2)]
                result.append(" ".join(self.say(_next(pool)) for pool in pools))
        return result

    def form(self) -> list[str]:
        """A brief that fills in the same sentences every day."""
        return [self.say(self.topic.leads[-1]), *map(self.say, self.topic.facts)]

    def _shuffled(self, templates: tuple[str, ...]) -> list[str]:
        return self.dice.sample(templates, len(templates))


# What a story must not change its mind about, and the list it is drawn from.
_FACTS = {
    "place": "town", "club": "club", "club2": "club", "band": "band", "show": "show", "rule": "rule",
    "country2": "country", "firm": "firm", "ship": "ship", "thing": "thing", "crop": "crop",
    "goods": "goods", "art": "art", "dish": "dish", "song": "song",
}  # fmt: skip


def _next(pool: list[str]) -> str:
    pool.append(pool.pop(0))
    return pool[-1]


@cache
def ordinal(number: int) -> str:
    """``2`` -> ``"2nd"``."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
