"""``scrapy shell`` with the spider for an address of the paper."""

from __future__ import annotations

from scrapy.commands.shell import Command as _ShellCommand

from herald_spider.commands.pages import PageCommand


class Command(PageCommand, _ShellCommand):
    """Scrapy's command, which archives nothing."""
