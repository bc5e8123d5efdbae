"""Spider `herald`, the main one: the articles in the section listings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from herald_spider.spiders.listings import ListingSpider


class HeraldSpider(ListingSpider):
    """Reads the section listings of all generations of the site, then the articles in them.

    Arguments: ``sections`` (slugs; a parent means its children too), ``since``, ``until``,
    ``max_pages`` (per listing), ``max_articles``.
    """

    name = "herald"

    async def start(self) -> AsyncIterator[Any]:
        yield self.menu_request()
        for request in self.pending_requests():
            yield request
        self.load_revisits()
