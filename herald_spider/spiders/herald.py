"""The main spider: walks the section listings and reads every article they show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from herald_spider.spiders.walks import WalkingSpider


class HeraldSpider(WalkingSpider):
    """Section listings of all generations, then the articles that they show.

    Arguments: ``sections`` (slugs, a parent means its children too), ``since``,
    ``until``, ``max_pages`` (per listing), ``max_articles``.
    """

    name = "herald"

    async def start(self) -> AsyncIterator[Any]:
        for request in self.pending_requests():
            yield request
        self.take_up_young()
        yield self.menu_request()
