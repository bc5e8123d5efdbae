"""An archive that fails in the middle of a run ends it with one error line, wherever that is."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import isgeneratorfunction, signature
from pathlib import Path

import pytest
from pydispatch.dispatcher import getAllReceivers
from scrapy import signals
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.test import get_crawler

from demo.process import running_demo
from herald_spider.spiders.base import HeraldBaseSpider
from tests.demo import SETTINGS, project_settings, scrapy


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    with running_demo(articles=9) as base:
        yield base


@pytest.mark.parametrize("at", ["start", "callback", "generator", "errback", "idle", "pipeline"])
def test_a_ledger_that_fails_closes_the_spider_with_one_error_line(
    demo: str, tmp_path: Path, at: str
) -> None:
    command = ["crawl", "failing", "-a", f"at={at}", "-s", "SPIDER_MODULES=tests.failing_spider", *SETTINGS]
    done = scrapy(*command, base=demo, HERALD_ARCHIVE=str(tmp_path))
    assert done.returncode == 1, done.stderr
    errors = [line for line in done.stderr.splitlines() if " ERROR: " in line and "Monitor " not in line]
    assert len(errors) == 1, done.stderr
    assert "is damaged (no such table: articles)" in errors[0]
    assert "Traceback" not in done.stderr
    assert "'finish_reason': 'archive_damaged'" in done.stderr
    assert "'herald/ended_by': 'archive_damaged'" in done.stderr


def spider_classes() -> list[type[HeraldBaseSpider]]:
    loader = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["herald_spider.spiders"]}))
    return [loader.load(name) for name in loader.list()]  # type: ignore[misc]


@pytest.mark.parametrize("kind", spider_classes(), ids=lambda kind: kind.name)
def test_errbacks_and_idle_handlers_close_the_spider_when_the_archive_fails(
    kind: type[HeraldBaseSpider],
) -> None:
    errbacks = [
        method
        for name, method in ((name, getattr(kind, name)) for name in dir(kind))
        if isgeneratorfunction(method) and "failure" in signature(method).parameters
    ]
    assert errbacks
    spider = kind.from_crawler(get_crawler(kind, project_settings()))
    handlers = [
        receiver()
        for receiver in getAllReceivers(spider.crawler.signals.sender, signals.spider_idle)
        if getattr(receiver(), "__self__", None) is spider
    ]
    for method in [*errbacks, *handlers]:
        assert hasattr(method, "__wrapped__"), f"decorate {method} with closes_on_archive_error"
