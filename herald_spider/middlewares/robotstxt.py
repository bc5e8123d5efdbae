"""Scrapy's robots.txt middleware, with short log messages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware as _RobotsTxtMiddleware

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class RobotsTxtMiddleware(_RobotsTxtMiddleware):
    """Scrapy's own, with one line for a robots.txt that cannot be had."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        logging.getLogger(_RobotsTxtMiddleware.__module__).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    """A filter for loggers of others, whose message says it all."""
    record.exc_info = None
    return True
