"""The last step: one line of JSON per article."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from scrapy.exceptions import CloseSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from typing_extensions import Self

    from herald_spider.items import Article
    from herald_spider.spiders.base import HeraldBaseSpider

NO_ARCHIVE = "none"


class ExportPipeline:
    """Writes ``HERALD_ARCHIVE/articles/<UTC time>-<spider>-<job>.jsonl``."""

    def __init__(self, crawler: Crawler):
        self.crawler = crawler
        self.folder = crawler.settings["HERALD_ARCHIVE"]
        self.file: IO[str] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        if self.folder == NO_ARCHIVE:
            return
        spider = cast("HeraldBaseSpider", self.crawler.spider)
        time = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        path = Path(self.folder, "articles", f"{time}-{spider.name}-{spider.job}.jsonl")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = path.open("x", encoding="utf-8")
        except OSError as error:
            spider.logger.error(
                "HERALD_ARCHIVE=%s cannot be written (%s). Set it to a folder that can.",
                self.folder, error.strerror,
            )  # fmt: skip
            raise CloseSpider("archive_not_writable") from None
        self.crawler.stats.set_value("herald/file", str(path))

    def process_item(self, item: Article) -> Article:
        if self.file:
            json.dump(asdict(item), self.file, ensure_ascii=False)
            self.file.write("\n")
        stats = self.crawler.stats
        stats.inc_value("herald/articles")
        stats.inc_value(f"herald/section/{item.subsection or item.section or 'none named'}")
        stats.inc_value(f"herald/layout/{item.layout}")
        return item

    def close_spider(self) -> None:
        if self.file:
            self.file.close()
