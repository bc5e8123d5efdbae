"""``scrapy parse`` that finds the spider for an address of the paper."""

from __future__ import annotations

from scrapy.commands.parse import Command as _ParseCommand

from herald_spider.commands.pages import PageCommand


class Command(PageCommand, _ParseCommand):
    """Scrapy's command, which archives nothing."""
