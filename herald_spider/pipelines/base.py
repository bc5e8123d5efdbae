"""The base of the pipelines: the run's archive and its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from scrapy.exceptions import DropItem

from herald_spider.archive import ArchiveError
from herald_spider.middlewares.archive_errors import archive_failed

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from herald_spider.archive import Archive
    from herald_spider.items import Article
    from herald_spider.spiders.base import HeraldBaseSpider


MAX_LOGGED = 10  # refused merges


class ArchivePipeline:
    """A pipeline that uses the spider's archive."""

    refused = 0  # merges that this pipeline has counted in the run

    def __init__(self, crawler: Crawler):
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def spider(self) -> HeraldBaseSpider:
        return cast("HeraldBaseSpider", self.crawler.spider)

    @property
    def archive(self) -> Archive:
        return self.spider.archive

    def process_item(self, item: Article) -> Article:
        """Take the step. An archive that fails drops the item and closes the spider."""
        try:
            return self.step(item)
        except ArchiveError as error:
            archive_failed(self.crawler, error)
            raise DropItem(f"Not archived: {item.url}", log_level="DEBUG") from None

    def step(self, item: Article) -> Article:
        raise NotImplementedError

    def count(self, name: str, example: str | None = None) -> None:
        self.spider.count(name, example)

    def count_refused(self, item: Article) -> None:
        """Count the ids that are linked with an article but are of another; log the first ones of a run."""
        for other in item.companions.refused:
            self.count("merges_refused", item.url)
            self.refused += 1
            if self.refused <= MAX_LOGGED:
                self.spider.logger.warning(
                    "Article %s is not merged with %s, though a page or a redirect says that they are one: they have "
                    "different texts, or other articles claim the same id.",
                    item.id, other,
                )  # fmt: skip
        item.companions.refused = []
