"""The last step: an article goes into the archive, one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from herald_spider.pipelines.base import ArchivePipeline

if TYPE_CHECKING:
    from herald_spider.items import Article


class ExportPipeline(ArchivePipeline):
    """Adds each article to the archive, which commits in batches, and counts what was committed."""

    def step(self, item: Article) -> Article:
        self.archive.add(item)
        self.spider.count_committed()
        return item
