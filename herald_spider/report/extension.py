"""Extension that writes the report of a run when the run has ended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy import signals
from scrapy.exceptions import NotConfigured
from sqlalchemy.exc import SQLAlchemyError

from herald_spider.archive import ArchiveError
from herald_spider.archive.runs import find
from herald_spider.archive.view import opened

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

NOT_STARTED = "already_running"  # the reason of a run that overlap.py stopped before its first request
logger = logging.getLogger(__name__)


class ReportExtension:
    """Writes ``reports/<job>.html`` into the archive after the monitors have run.

    There is none for a run without an archive or one that never started. An error is logged and does
    not change how the run ended.
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
        if archive is None or archive.folder is None or reason == NOT_STARTED:
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
        # Imported late because Jinja2 takes time to load, and many runs end without a report.
        from herald_spider.report import path_of, write

        with opened(self.crawler.settings) as view:
            with view.snapshot() as connection:
                run = find(connection, job)
            if run:
                path = path_of(view, run)
                write(view, run, path)
                logger.info("Report: %s", path)
