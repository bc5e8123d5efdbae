"""Breakages of the faulty demo: changes of today's layout or its articles, one at a time, for monitors to find."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from demo.newspaper import ListingPage, Newspaper
from demo.render import Pages, templates
from demo.router import Answer, Router, encode, missing
from demo.story import Block, Story
from tests.faulty_demo.shells import shell

LAYOUT = "2024"


def _unchanged_story(story: Story) -> Story:
    return story


def _unchanged_page(page: str) -> str:
    return page


@dataclass(frozen=True)
class Breakage:
    """A change of the site: of stories, of their pages, of statuses and of listings."""

    story: Callable[[Story], Story] = _unchanged_story
    page: Callable[[str], str] = _unchanged_page
    status: Callable[[Story], int] = lambda _: 0  # 0: the page itself
    redesign: bool = False  # pages have a markup that no layout of the project reads
    lists: bool = True  # listings have entries
    scripted: bool = False  # article pages need JavaScript


def _without_byline(story: Story) -> Story:
    return replace(story, byline=None, authors=[], ld_authors=[], emails=[])


def _cut_body(story: Story) -> Story:
    """Keep the first and the last paragraph of the text alone."""
    texts = [block for block in story.blocks if block.kind == "text"]
    ends = {id(block) for block in (*texts[:1], *texts[-1:])}
    return replace(story, blocks=[each for each in story.blocks if _stays(each, ends)])


def _stays(block: Block, ends: set[int]) -> bool:
    return block.kind != "text" or id(block) in ends


def _ten_years_later(story: Story) -> Story:
    return replace(story, moment=story.moment and story.moment + timedelta(days=3650))


def _on_new_years_day(story: Story) -> Story:
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
    "cut-body": Breakage(story=_cut_body),
    "future-dates": Breakage(story=_ten_years_later),
    "same-dates": Breakage(story=_on_new_years_day),
    "gone": Breakage(status=lambda _: 404),
    "failing": Breakage(status=lambda story: 500 * (story.position % 3 == 0)),
    "forbidden": Breakage(status=lambda story: 403 * (story.position % 4 == 0)),
    "empty-lists": Breakage(lists=False),
    "shells": Breakage(scripted=True),
    "redesign": Breakage(redesign=True),
}
HEALTHY = Breakage()


class FaultyPages(Pages):
    """Pages with the templates of the faulty demo; `redesign` moves those of today's layout to ``2027/``."""

    packages = (__package__, "demo")
    redesign = False

    def render(self, template: str, context: dict[str, Any]) -> str:
        moved = template.replace(f"{LAYOUT}/", "2027/")
        return super().render(moved if self.redesign and moved in _REDESIGNED else template, context)


_REDESIGNED = {"2027/article.html", "2027/listing.html", "2027/home.html"}


class BreakableRouter(Router):
    """A router that applies a breakage to the pages of today's layout."""

    def __init__(self, newspaper: Newspaper):
        super().__init__(newspaper)
        self.pages: FaultyPages = FaultyPages(newspaper)
        self.breakage = HEALTHY

    def break_by(self, breakage: Breakage) -> None:
        self.breakage = breakage
        self.pages.redesign = breakage.redesign

    def article_page(self, story: Story) -> Answer:
        broken = self.breakage
        if story.edition != LAYOUT or broken is HEALTHY:
            return super().article_page(story)
        if status := broken.status(story):
            return missing(status)
        if broken.scripted:
            return Answer(shell(templates(*FaultyPages.packages), "xhr"))
        page = broken.page(self.pages.article(broken.story(story)))
        body, content_type = encode(page, story)
        return Answer(body, content_type, modified=story.modified)

    def listing_page(self, page: ListingPage, path: str, edition: str, base: str) -> Answer:
        if edition == LAYOUT and not self.breakage.lists:
            page = replace(page, stories=[])
        return super().listing_page(page, path, edition, base)
