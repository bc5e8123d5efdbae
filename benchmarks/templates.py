"""Stories made from a template: two days of one are two articles, however alike their words are."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta

PREFIX = "template: "
_SLOT = re.compile(r"#(\d+)-(\d+)#")

# Each "#low-high#" is a number of the day, "@" the day, "?" the question of the day.
TEMPLATES = {
    "exchange rates": (
        "The won opened at the following rates on @, the currency desk of the harbor exchange said. US dollar: "
        "#1300-1450# won to buy, #1300-1450# won to sell. Euro: #1400-1600# won to buy, #1400-1600# won to sell. "
        "Yen, for 100: #880-960# won to buy, #880-960# won to sell. Pound: #1650-1850# won to buy, #1650-1850# won to "
        "sell. Yuan: #180-210# won to buy, #180-210# won to sell. Banks add a fee of their own, which may reach "
        "2 percent, and change their boards several times a day. Rates for larger sums are agreed at the counter."
    ),
    "weather": (
        "Forecast for @. Port Orro: #0-18# degrees in the morning, #12-29# degrees in the afternoon, rain #0-90# percent. "
        "Seowol: #0-18# degrees in the morning, #12-29# degrees in the afternoon, rain #0-90# percent. Hills in the "
        "north: #0-12# degrees in the morning, #8-22# degrees in the afternoon, rain #0-90# percent. Winds will be "
        "light near the coast and stronger over open water, the weather office said. Drivers should expect fog in "
        "valleys before sunrise. People with weak lungs are asked to follow the reports on dust through the day."
    ),
    "lottery": (
        "The numbers of the weekly draw on @ are #1-45#, #1-45#, #1-45#, #1-45#, #1-45# and #1-45#, and the bonus number "
        "is #1-45#. #2-20# players had all six and receive #1-4#.#1-9# billion won each, the operator said. #40-90# players "
        "had five and the bonus number and receive #40-80# million won each. Winners of the first prize collect it at "
        "the head office within a year; all other prizes are paid by every shop that sells tickets, on any weekday."
    ),
    "markets": (
        "Shares in Seoul closed #1-3#.#10-99# percent from the day before on @, as investors waited for figures from "
        "abroad. The main index ended at #2400-2900#.#10-99# points after #300-900# million shares had changed hands. "
        "Foreigners bought for #100-900# billion won and institutions sold for #100-900# billion won. The largest maker "
        "of chips moved by #1-4#.#1-9# percent to #60000-90000# won, and the largest maker of cars by #1-4#.#1-9# percent to "
        "#180000-260000# won. The local currency was at #1300-1450# won to the dollar at the close of trading, against "
        "#1300-1450# won the day before. Bond yields were little changed, dealers at several houses said by telephone."
    ),
    "quiz": (
        "Readers of this page are invited to our daily quiz on the history of the harbor. Send the answer by mail or on a "
        "card, with your name and your school, until the evening; it is printed here on the day after tomorrow. Among "
        "all right answers the desk draws a winner of two tickets for the museum ferry. Here is the question of @: ?"
    ),
}  # fmt: skip
_QUESTIONS = (
    "Who drew the first chart of the bay, and for which ruler was it made?",
    "What did the old lighthouse burn before it was given electric lamps?",
    "Which guild paid for the stone bridge that still leads to the fish market?",
    "Why were ships from the south kept outside the breakwater for forty nights?",
    "How did the islanders send word to the mainland when the ice was too thin to cross?",
    "Which family of shipwrights built the ferry that is shown on the seal of the town?",
)


def pairs(dice: random.Random, count: int) -> Iterator[tuple[str, str, str]]:
    """Yield `count` pairs of each template: its name and the texts of two days."""
    for name, template in TEMPLATES.items():
        for _ in range(count):
            day = date(2026, 1, 5) + timedelta(dice.randrange(300))
            questions = dice.sample(_QUESTIONS, 2)
            texts = [
                _filled(template, day + timedelta(later), question, dice)
                for later, question in zip((0, dice.choice((1, 2))), questions, strict=True)
            ]
            yield PREFIX + name, texts[0], texts[1]


def _filled(template: str, day: date, question: str, dice: random.Random) -> str:
    text = _SLOT.sub(lambda slot: str(dice.randint(int(slot[1]), int(slot[2]))), template)
    return text.replace("@", f"{day:%A}").replace("?", question)
