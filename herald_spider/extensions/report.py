"""The report of a run, written when it has ended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured
from sqlalchemy.exc import SQLAlchemyError

from herald_spider.archive import ArchiveError
from herald_spider.archive.view import opened

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

NEVER_BEGAN = "already_running"  # see overlap.py: a run that asked for nothing
logger = logging.getLogger(__name__)


class ReportExtension:
    """Writes ``reports/<job>.html`` into the archive, once the run's row and its monitors' words are there.

    A run without an archive, or one that never began, has none; and a disk that is full
    does not change how a run ended.
    """

    def __init__(self, crawler: Crawler):
        if crawler.settings["HERALD_REPORT"] == "off":
            raise NotConfigured
        self.crawler = crawler
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_closed(self, reason: str) -> None:
        spider: Any = self.crawler.spider
        archive = getattr(spider, "archive", None)
        if archive is None or archive.folder is None or reason == NEVER_BEGAN:
            return
        try:
            self.write(spider.job)
        except OSError as error:
            logger.error(
                "No report of this run: %s (%s)", error.strerror or error, error.filename or archive.folder
            )
        except (ArchiveError, SQLAlchemyError) as error:
            logger.error("No report of this run: %s", str(error).partition("\n")[0])

    def write(self, job: str) -> None:
        from herald_spider.report import write_run  # jinja2 and what plots: for runs that get so far
        from herald_spider.report.runs import find

        with opened(self.crawler.settings) as view:
            with view.snapshot() as connection:
                run = find(connection, job)
            if run:
                path = write_run(view, run)
                logger.info("Report: %s", path)
