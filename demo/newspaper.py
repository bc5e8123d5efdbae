"""The demo newspaper: returns any story by index, id or listing; writes each story when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from demo import desk, varieties
from demo.editions import Edition, make_editions
from demo.story import Story
from demo.varieties import EDITIONS, PERIOD, PINNED
from herald_spider import urls

PAGE_SIZE = 15


@dataclass
class ListingPage:
    """A page of a section listing. A pinned story is also the first of `stories`."""

    section: str
    number: int
    pages: int
    stories: list[Story]
    pinned: Story | None = None


class Newspaper:
    """`size` stories in three editions. Index 0 is the newest story, -1 the first one published later."""

    def __init__(self, size: int = 300, seed: int = 1, newest: str = "2026-09-14T18:00:00+09:00"):
        self.size = size
        self.seed = seed
        self.editions = make_editions(size, seed, datetime.fromisoformat(newest))
        self._by_name: dict[str, Edition] = {edition.name: edition for edition in self.editions}
        self._revisions: dict[str, int] = {}
        self._removed: set[str] = set()
        self._write = lru_cache(maxsize=512)(desk.write)

    # Stories --------------------------------------------------------------------------

    @property
    def indexes(self) -> range:
        return range(-self.editions[0].published, self.size)

    def article(self, index: int) -> Story:
        """Return the story at `index`; 0 is the newest, -1 the first one published later. Raise IndexError."""
        if index not in self.indexes:
            raise IndexError(index)
        return self._story(*self._locate(index))

    def _locate(self, index: int) -> tuple[Edition, int]:
        for edition in self.editions:
            if index in edition:
                return edition, index
            index -= edition.count
        raise IndexError(index)

    def address(self, index: int) -> tuple[str, datetime]:
        """Return the address and the last change of the story at `index`, without writing the story."""
        edition, position = self._locate(index)
        article_id = edition.id(position)
        changed = article_id in self._revisions
        modified = self._story(edition, position).modified if changed else edition.filed(position)
        return urls.article_url(article_id), modified

    def by_id(self, article_id: str) -> Story | None:
        """Return the story with this id, or with this former ``ud`` of a migrated story, or None."""
        for edition in self.editions:
            position = edition.position(article_id)
            if position is not None:
                story = self._story(edition, position)
                if article_id in (story.id, (story.alias or "")[-14:]):
                    return story
        return None

    def _story(self, edition: Edition, position: int) -> Story:
        revision = self._revisions.get(edition.id(position), 0)
        story: Story = self._write(edition, position, revision)
        if story.id in self._removed:
            story.state = "410"
        return story

    def stories(self) -> Iterator[Story]:
        return map(self.article, self.indexes)

    def readable(self) -> Iterator[Story]:
        """Yield the stories that a faultless crawl archives."""
        return (story for story in self.stories() if story.state == "ok")

    @property
    def gone(self) -> list[str]:
        """The ids of stories that are listed but have no page."""
        return [story.id for story in self.stories() if story.state != "ok"]

    # Listings -------------------------------------------------------------------------

    def listing(self, section_slug: str, page: int, edition: str = "2024") -> ListingPage:
        """Return page `page`, from 1, of a section's listing: today's one, or ``list.php`` for the other editions."""
        shown = self._shown(edition)
        total = sum(each.listed(section_slug) for each in shown)
        first = (page - 1) * PAGE_SIZE
        stories = [self._nth(shown, section_slug, nth) for nth in range(first, min(first + PAGE_SIZE, total))]
        pinned = self._pinned(section_slug, edition) if stories else None
        return ListingPage(
            section_slug, page, -(-total // PAGE_SIZE), [*filter(None, [pinned]), *stories], pinned
        )

    def _shown(self, edition: str) -> list[Edition]:
        names = ("2024",) if edition == "2024" else EDITIONS[1:]
        return [self._by_name[name] for name in names]

    def _nth(self, shown: list[Edition], slug: str, nth: int) -> Story:
        for edition in shown:
            if nth < edition.listed(slug):
                return self._story(edition, edition.nth(slug, nth))
            nth -= edition.listed(slug)
        raise IndexError(nth)

    def _pinned(self, slug: str, edition: str) -> Story | None:
        """Return the story that the section shows at the top of every page, if it has one."""
        if PINNED.get(edition) != slug:
            return None
        current = self._by_name[edition]
        position = PERIOD // 2 + varieties.slots_of(edition, slug)[0]
        while position in current and not self._listed_and_readable(current, position, slug):
            position += 1
        return self._story(current, position) if position in current else None

    def _listed_and_readable(self, edition: Edition, position: int, slug: str) -> bool:
        story = self._story(edition, position)
        return slug in story.listed_in and story.state == "ok"

    def newest(self, count: int, section: str | None = None, edition: str = "2024") -> list[Story]:
        """Return the newest `count` stories, of one section or of all."""
        shown = self._shown(edition)
        if section:
            total = sum(each.listed(section) for each in shown)
            return [self._nth(shown, section, nth) for nth in range(min(count, total))]
        indexes = self.indexes if edition == "2024" else range(self.editions[0].count, self.size)
        return [self.article(index) for index in indexes[:count]]

    # Truth ----------------------------------------------------------------------------

    def truth(self) -> Iterator[dict[str, Any]]:
        return (story.truth() for story in self.readable())

    @property
    def near_duplicates(self) -> list[tuple[str, str]]:
        """Pairs (copy, original) of ids of wire stories that are printed twice with slight changes."""
        return self._pairs("wire-copy", desk.COPY_DISTANCE)

    @property
    def same_event(self) -> list[tuple[str, str]]:
        """Pairs of ids of stories about one event in different words, which are not duplicates."""
        return self._pairs("same-event", desk.EVENT_DISTANCE)

    @property
    def briefs(self) -> list[tuple[str, str]]:
        """Pairs of ids of market briefs that follow one template, which are not duplicates."""
        return self._pairs("brief", 1)

    def _pairs(self, kind: str, distance: int) -> list[tuple[str, str]]:
        slot = next(v.slot for v in varieties.VARIETIES if v.name == kind)
        return [
            (edition.id(position), edition.id(position + distance))
            for edition in self.editions
            for position in range(-edition.published, edition.count - distance)
            if position % PERIOD == slot
        ]

    # Changes --------------------------------------------------------------------------

    def publish(self, count: int) -> list[str]:
        """Publish `count` more stories; return their ids, newest first."""
        current = self.editions[0]
        current.published += count
        return [current.id(position) for position in range(-current.published, count - current.published)]

    def update(self, article_id: str) -> None:
        """Change a paragraph of a story. Raise LookupError if there is no such story."""
        story = self._existing(article_id)
        self._revisions[story.id] = self._revisions.get(story.id, 0) + 1

    def remove(self, article_id: str) -> None:
        """Withdraw a story: its page answers 410. Raise LookupError if there is no such story."""
        story = self._existing(article_id)
        story.state = "410"
        self._removed.add(story.id)

    def _existing(self, article_id: str) -> Story:
        story = self.by_id(article_id)
        if story is None:
            raise LookupError(article_id)
        return story
