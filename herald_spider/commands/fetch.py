"""``scrapy fetch`` with the user agent of the spiders."""

from __future__ import annotations

from scrapy.commands.fetch import Command as _FetchCommand

from herald_spider.commands.pages import PageCommand


class Command(PageCommand, _FetchCommand):
    """Scrapy's command, which archives nothing."""
