"""The published schema, and validation by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from scrapy.crawler import Crawler
from scrapy.utils.test import get_crawler

from herald_spider.items import Article, Author, Image
from herald_spider.pipelines.deduplicate import DeduplicatePipeline
from herald_spider.pipelines.export import ExportPipeline
from herald_spider.pipelines.validate import InvalidArticle, ValidatePipeline
from herald_spider.schema import article_schema
from herald_spider.spiders.herald import HeraldSpider
from tests.demo import project_settings

ROOT = Path(__file__).parents[1]


@pytest.fixture
def crawler() -> Iterator[Crawler]:
    """A crawler whose spider has an archive in memory."""
    crawler = get_crawler(HeraldSpider, project_settings())
    crawler.spider = spider = HeraldSpider.from_crawler(crawler)
    crawler._apply_settings()
    spider.open_archive()
    yield crawler
    spider.archive.close()


def article(**values: object) -> Article:
    defaults = {"id": "1", "url": "https://www.koreaherald.com/article/1", "headline": "H", "body": "B"}
    return Article(**{**defaults, **values})  # type: ignore[arg-type]


def test_the_published_schema_is_up_to_date() -> None:
    published = json.loads((ROOT / "docs" / "article.schema.json").read_text(encoding="utf-8"))
    assert published == article_schema(), "stale: run make schema"


def test_every_field_is_described() -> None:
    properties = article_schema()["properties"]
    assert list(properties) == [field.name for field in fields(Article)]
    assert all(rules["description"] for rules in properties.values())
    assert article_schema()["required"] == ["id", "url", "headline"]


def test_a_good_article_passes(crawler: Crawler) -> None:
    pipeline = ValidatePipeline.from_crawler(crawler)
    item = article(
        authors=[Author("Kim Da-sol")],
        images=[Image("https://a.example/1.jpg", None, "AP")],
        published_at="2026-09-14T10:00:05+09:00",
        extraction={"id": "url"},
    )
    assert pipeline.process_item(item) is item


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"id": None}, "id"),
        ({"id": "abc"}, "id"),
        ({"headline": None}, "headline"),
        ({"headline": ""}, "headline"),
        ({"headline": "two\nlines"}, "headline"),
        ({"url": "http://127.0.0.1/article/1"}, "url"),
        ({"published_at": "2026-09-14"}, "published_at"),
        ({"published_at": "2026-09-14T10:00:05Z"}, "published_at"),
        ({"section": "No Slug"}, "section"),
        ({"language": "fr"}, "language"),
        ({"revision": 0}, "revision"),
        ({"images": [Image("ftp://a/1.jpg")]}, "images"),
        ({"authors": [Author("")]}, "authors"),
        ({"body": None}, "empty"),
    ],
)
def test_an_invalid_article_is_rejected_and_counted_by_reason(
    crawler: Crawler, values: dict[str, object], reason: str
) -> None:
    pipeline = ValidatePipeline.from_crawler(crawler)
    item = article(**values)
    with pytest.raises(InvalidArticle, match=re.escape(str(item.url))):
        pipeline.process_item(item)
    assert crawler.stats.get_value(f"herald/rejected/{reason}") == 1


def test_a_known_article_is_dropped_by_any_alias(crawler: Crawler) -> None:
    pipeline = DeduplicatePipeline.from_crawler(crawler)
    ud = "https://www.koreaherald.com/view.php?ud=20210408000265"
    export = ExportPipeline.from_crawler(crawler)
    export.process_item(pipeline.process_item(article(content_hash="a" * 64, aliases=[ud])))
    with pytest.raises(Exception, match="is same"):
        pipeline.process_item(article(id="20210408000265", url=ud, content_hash="a" * 64))
    changed = export.process_item(pipeline.process_item(article(content_hash="b" * 64)))
    assert changed.revision == 2
    assert crawler.stats.get_value("herald/duplicates") == 1
    assert crawler.stats.get_value("herald/articles") == 1, "articles count when they are committed"
    export.close_spider()
    counts = {name: crawler.stats.get_value(f"herald/{name}") for name in ("articles", "revisions")}
    assert counts == {"articles": 2, "revisions": 1}
