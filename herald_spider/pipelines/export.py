"""The last step: an article goes into the archive, one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from herald_spider.archive import ArchiveError
from herald_spider.middlewares.archive_errors import archive_failed
from herald_spider.pipelines.base import ArchivePipeline

if TYPE_CHECKING:
    from herald_spider.items import Article


class ExportPipeline(ArchivePipeline):
    """Adds each article to the archive, which commits in batches, and counts what was committed."""

    def step(self, item: Article) -> Article:
        self.archive.add(item)
        self.count_committed()
        return item

    def close_spider(self) -> None:
        """Commit the last batch. If that fails, the next run fetches its articles again."""
        if not hasattr(self.spider, "archive"):  # it could not be opened
            return
        try:
            self.archive.commit()
        except ArchiveError as error:
            archive_failed(self.crawler, error)
            self.archive.discard_batch()
        self.count_committed()

    def count_committed(self) -> None:
        """Count the articles that were committed since the last call."""
        committed, duplicates = self.archive.take_committed()
        for item in (*committed, *duplicates):
            self.count_refused(item)
        for item in committed:
            section = item.subsection or item.section or "none named"
            for name in ("articles", f"section/{section}", f"layout/{item.layout}"):
                self.count(name)
            if item.revision > 1:
                self.count("revisions")
        for _ in duplicates:
            self.count("duplicates")
