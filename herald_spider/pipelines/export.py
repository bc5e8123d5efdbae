"""The last step: into the archive, one line of JSON per article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from herald_spider.pipelines.base import ArchivePipeline

if TYPE_CHECKING:
    from herald_spider.items import Article


class ExportPipeline(ArchivePipeline):
    """Adds each article to the archive, which commits in batches."""

    def step(self, item: Article) -> Article:
        self.spider.count_article(item)
        self.archive.add(item)
        self.spider.recount()
        return item
