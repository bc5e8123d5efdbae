"""The desk of the demo newspaper: writes the story of a position, with the varieties of its slot."""

from __future__ import annotations

import random
from datetime import timedelta

from markupsafe import Markup

from demo import varieties
from demo.bylines import sign
from demo.editions import Edition
from demo.extras import decorate
from demo.metadata import describe
from demo.prose import Writer
from demo.story import Block, State, Story
from demo.varieties import PERIOD
from demo.words import topic_of

COPY_DISTANCE = 7  # positions from a wire copy to its original
EVENT_DISTANCE = 3  # positions from a story to another one about the same event
_STATES: dict[str, State] = {"gone-404": "404", "gone-410": "410", "gone-soft": "soft", "gone-home": "home"}


def write(edition: Edition, position: int, revision: int = 0) -> Story:
    """Return the story at `position`, as it reads after `revision` changes."""
    story, writer = _draft(edition, position)
    sign(story, writer)
    decorate(story, writer)
    describe(story, writer)
    _close(story)
    if revision:
        _revise(story, edition, revision)
    return story


def _draft(edition: Edition, position: int) -> tuple[Story, Writer]:
    """Return the story with its headline and plain text alone, and its writer."""
    slot = position % PERIOD
    kinds = varieties.of_slot(edition.name, slot)
    writer = _writer(edition, position, kinds)
    story = Story(
        edition=edition.name,
        position=position,
        id=edition.id(position),
        filed=edition.filed(position),
        varieties=kinds,
        filed_under=varieties.section_of(edition.name, slot),
        listed_in=varieties.listed_in(edition.name, slot),
        headline=writer.headline(),
        blocks=[Block("text", text) for text in _texts(writer, kinds)],
        state=next((state for kind, state in _STATES.items() if kind in kinds), "ok"),
    )
    if "wire-copy" in kinds and position + COPY_DISTANCE in edition:
        _copy_wire_text(story, edition)
    if "migrated" in kinds:
        story.alias = f"https://www.koreaherald.com/view.php?ud={edition.ud(position)}"
    return story, writer


def _writer(edition: Edition, position: int, kinds: frozenset[str]) -> Writer:
    dice = random.Random(f"{edition.seed}/{edition.name}/{position}")  # not for cryptography  # nosec B311
    topic = topic_of(varieties.section_of(edition.name, position % PERIOD))
    facts = None
    if "same-event" in kinds and position + EVENT_DISTANCE in edition:
        facts = _writer(edition, position + EVENT_DISTANCE, frozenset()).facts
    return Writer(dice, topic, facts)


def _texts(writer: Writer, kinds: frozenset[str]) -> list[str]:
    if "brief" in kinds:
        return writer.form()
    fixed = {"long": 24, "wire-original": 14}
    drawn = writer.dice.randint(5, 12)
    return writer.paragraphs(next((count for kind, count in fixed.items() if kind in kinds), drawn))


def _copy_wire_text(story: Story, edition: Edition) -> None:
    """Give the story the text of its original, with the changes that a second desk makes."""
    original, other = _draft(edition, story.position + COPY_DISTANCE)
    story.headline = original.headline
    texts = [block.text for block in original.blocks]
    texts[1] = other.quote()
    texts[2] = texts[2].replace(".", ", officials confirmed.", 1) if len(texts[2]) > 200 else texts[2]
    story.blocks = [Block("text", text) for text in texts]


def _close(story: Story) -> None:
    """End the story with its sign-off and the reporter's email, which a reader must leave out."""
    texts = [block for block in story.blocks if block.kind == "text"]
    if story.sign_off and story.own_line_sign_off:
        story.blocks.append(Block("clutter", f"({story.sign_off})"))
    elif story.sign_off and texts:
        texts[-1].markup = Markup("{} ({})").format(texts[-1].html, story.sign_off)
    if "mail-in-body" in story.varieties:
        email = story.emails[0]
        forms = (email, f"({email})", f"{story.byline} ({email})")
        story.blocks.append(Block("clutter", forms[story.position // PERIOD % 3]))


def _revise(story: Story, edition: Edition, revision: int) -> None:
    """Change a paragraph and set a later time of update."""
    dice = random.Random(f"{edition.seed}/{story.id}/{revision}")  # not for cryptography  # nosec B311
    changed = Block("text", Writer(dice, topic_of(story.filed_under)).paragraphs(2)[1])
    places = [number for number, block in enumerate(story.blocks) if block.kind == "text"]
    if len(places) > 2:
        story.blocks[places[1]] = changed
    else:
        story.blocks.insert(places[-1] + 1 if places else 0, changed)
    if story.moment:
        story.updated = (story.updated or story.moment) + timedelta(hours=3 * revision)
