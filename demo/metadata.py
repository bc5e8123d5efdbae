"""The metadata of a story: dates, section, description, keywords, share picture."""

from __future__ import annotations

from datetime import timedelta

from demo.extras import picture_address
from demo.prose import Writer
from demo.story import Picture, Story
from demo.words import PHRASES, WORDS
from herald_spider.sections import BY_SLUG

DEFAULT_PICTURE = "https://static.heraldcorp.com/wbazic/kh/www/image/sns.png"
_GENERIC = ["The Korea Herald", "Korea Herald", "koreaherald", "korea", "news"]


def describe(story: Story, writer: Writer) -> None:
    """Set the metadata of the story; its varieties say what is missing."""
    _dates(story, writer)
    _section(story)
    _description(story, writer)
    _keywords(story, writer)
    _share_picture(story, writer)


def _dates(story: Story, writer: Writer) -> None:
    moment = story.filed
    if story.edition != "2024" or writer.dice.random() < 0.5:
        moment = moment.replace(second=0)
    later = moment + timedelta(minutes=writer.dice.choice([0, 0, 4, 35, 190]))
    if "impossible-date" in story.varieties:
        story.date_line = f"Feb 30, {moment.year} - 10:00"
    elif "no-date" not in story.varieties:
        story.moment = moment
        rare = story.edition == "2023" and writer.dice.random() < 0.6
        story.updated = None if "no-updated" in story.varieties or rare else later


def _section(story: Story) -> None:
    if "no-section" in story.varieties:
        return
    names = BY_SLUG[story.filed_under].names
    # Editions before 2024 used the earlier label.
    story.shown_section = names[0] if story.edition == "2024" else names[-1]


def _description(story: Story, writer: Writer) -> None:
    if "own-description" in story.varieties or story.body is None or writer.dice.random() < 0.12:
        story.description = story.summary = writer.one_of(PHRASES["summaries"])
        return
    length = writer.dice.randint(110, 300)
    ending = writer.dice.choice(["", "...", "…", " ..."])
    text = " ".join(story.body.split())
    story.description = text[:length].rstrip() + (ending if len(text) > length else "")


def _keywords(story: Story, writer: Writer) -> None:
    if "keywords" in story.varieties or writer.dice.random() < 0.4:
        words = ("town", "crop", "thing", "country", "firm")
        story.tags = list({writer.facts.get(word) or writer.dice.choice(WORDS[word]): None for word in words})
        story.keywords = [*story.tags[:3], "The Korea Herald", *story.tags[3:], "news", story.tags[0]]
    elif writer.dice.random() < 0.8:
        story.keywords = list(_GENERIC)


def _share_picture(story: Story, writer: Writer) -> None:
    if story.images:
        story.og_image = story.images[0].url
    elif "default-image" not in story.varieties and _has_share_picture(story, writer):
        story.og_image = picture_address(story, writer, 0)
        story.images = [Picture(story.og_image)]
    if story.og_image is None and (story.edition == "2024" or "default-image" in story.varieties):
        story.og_image = DEFAULT_PICTURE


def _has_share_picture(story: Story, writer: Writer) -> bool:
    return "og-image-only" in story.varieties or (story.edition != "2021" and writer.dice.random() < 0.3)
