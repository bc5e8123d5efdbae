"""A Scrapy spider that requests pages and reads nothing: the upper limit of the speed of a crawl."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import scrapy


class BareSpider(scrapy.Spider):
    name = "bare"

    async def start(self) -> AsyncIterator[Any]:
        for url in Path(self.file).read_text().split():  # type: ignore[attr-defined]
            yield scrapy.Request(url, self.parse, dont_filter=True)

    def parse(self, response: Any) -> Iterator[Any]:
        yield from ()
