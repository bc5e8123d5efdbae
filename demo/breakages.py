"""Ways in which the demo newspaper breaks, one at a time, for those who must notice.

Each concerns today's layout alone, as a change of the site's would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from demo.story import Block, Story

LAYOUT = "2024"


def _same(story: Story) -> Story:
    return story


def _as_it_is(page: str) -> str:
    return page


@dataclass(frozen=True)
class Breakage:
    """What becomes of stories, of their pages, of answers (0: none) and of the lists."""

    story: Callable[[Story], Story] = _same
    page: Callable[[str], str] = _as_it_is
    status: Callable[[Story], int] = lambda _: 0
    edition: str = LAYOUT  # whose templates are used
    lists: bool = True  # whether lists have entries
    scripted: bool = False  # whether a script must fill the pages


def _without_byline(story: Story) -> Story:
    return replace(story, byline=None, authors=[], ld_authors=[], mails=[])


def _cut(story: Story) -> Story:
    """The first and the last paragraph remain of the text."""
    texts = [block for block in story.blocks if block.kind == "text"]
    ends = {id(block) for block in (*texts[:1], *texts[-1:])}
    return replace(story, blocks=[each for each in story.blocks if _stays(each, ends)])


def _stays(block: Block, ends: set[int]) -> bool:
    return block.kind != "text" or id(block) in ends


def _postponed(story: Story) -> Story:
    return replace(story, moment=story.moment and story.moment + timedelta(days=3650))


def _at_one_moment(story: Story) -> Story:
    moment = story.moment and story.moment.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return replace(story, moment=moment)


_HEADLINE = re.compile(
    r'<title>.*?</title>|<meta (?:property|name)="(?:og|twitter):title"[^>]*>|<h1 class="news_title">.*?</h1>'
    r'|"headline": "(?:[^"\\]|\\.)*",',
    re.DOTALL,
)
_SCRIPT = re.compile(r'<script type="application/ld\+json">.*?</script>', re.DOTALL)

BREAKAGES = {
    "headless": Breakage(page=lambda page: _HEADLINE.sub("", page)),
    "no-json-ld": Breakage(page=lambda page: _SCRIPT.sub("", page)),
    "no-byline": Breakage(story=_without_byline),
    "cut-body": Breakage(story=_cut),
    "future-dates": Breakage(story=_postponed),
    "same-dates": Breakage(story=_at_one_moment),
    "gone": Breakage(status=lambda _: 404),
    "failing": Breakage(status=lambda story: 500 * (story.position % 3 == 0)),
    "forbidden": Breakage(status=lambda story: 403 * (story.position % 4 == 0)),
    "empty-lists": Breakage(lists=False),
    "shells": Breakage(scripted=True),
    "redesign": Breakage(edition="2027"),
}
HEALTHY = Breakage()
