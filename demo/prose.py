"""The writer of the demo newspaper: fills in the phrases of `words`."""

from __future__ import annotations

import random
import re
from functools import cache

from demo.words import PHRASES, WORDS, Topic

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)(?::(\d+)-(\d+))?\}")
_ORDINAL = re.compile(r"\b(\d+)th\b")
# Facts that stay the same throughout a story, and the word list that each is drawn from.
_FACTS = {
    "place": "town", "club": "club", "club2": "club", "band": "band", "show": "show", "rule": "rule",
    "country2": "country", "firm": "firm", "ship": "ship", "thing": "thing", "crop": "crop",
    "goods": "goods", "art": "art", "dish": "dish", "song": "song",
}  # fmt: skip


class Writer:
    """Writes the words of one story; the same `dice` give the same words.

    `facts` are the people, the place and other words that stay the same throughout the story.
    """

    def __init__(self, dice: random.Random, topic: Topic, facts: dict[str, str] | None = None):
        self.dice = dice
        self.topic = topic
        self.facts = facts or self._draw_facts()

    def _draw_facts(self) -> dict[str, str]:
        people = {name: self.person() for name in ("person", "person2", "person3")}
        return people | {fact: self.dice.choice(WORDS[words]) for fact, words in _FACTS.items()}

    def person(self) -> str:
        return f"{self.dice.choice(WORDS['surname'])} {self.dice.choice(WORDS['given name'])}"

    def phrase(self, template: str) -> str:
        """Return `template` with its choices made and its slots filled."""
        while _CHOICE.search(template):
            template = _CHOICE.sub(lambda match: self.dice.choice(match[1].split("|")), template)
        return _ORDINAL.sub(lambda match: ordinal(int(match[1])), _SLOT.sub(self._fill, template))

    def _fill(self, match: re.Match[str]) -> str:
        name, low, high = match.groups()
        if name == "n":
            return str(self.dice.randint(int(low), int(high)))
        return self.facts.get(name) or self.dice.choice(WORDS[name])

    def say(self, template: str) -> str:
        """Return `template` filled in, with a capital letter at the start."""
        text = self.phrase(template)
        return text[:1].upper() + text[1:]

    def one_of(self, templates: tuple[str, ...]) -> str:
        return self.say(self.dice.choice(templates))

    def headline(self) -> str:
        return self.one_of(self.topic.headlines)

    def quote(self) -> str:
        quotes = self.topic.quotes if self.dice.random() < 0.4 else PHRASES["quotes"]
        return f"{self.one_of(quotes)} {self.phrase(self.dice.choice(PHRASES['attributions']))}"

    def paragraphs(self, count: int) -> list[str]:
        """Return a lead and `count - 1` paragraphs; a phrase recurs only when the topic has no other left."""
        facts = self._shuffled(self.topic.facts)
        context = self._shuffled(PHRASES["context"])
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
        """Return a brief: the same sentences every day, with other words filled in."""
        return [self.say(self.topic.leads[-1]), *map(self.say, self.topic.facts)]

    def _shuffled(self, templates: tuple[str, ...]) -> list[str]:
        return self.dice.sample(templates, len(templates))


def _next(pool: list[str]) -> str:
    pool.append(pool.pop(0))
    return pool[-1]


@cache
def ordinal(number: int) -> str:
    """Return ``"2nd"`` for 2."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
