"""Other news crawlers on the same articles, each run by the Python of an environment of its own.

``python -m benchmarks.peers TITLE SITEMAP URLS``: the addresses are in a site map and in a file; each crawler
takes one of them. It prints a line of JSON: the number of articles with headline and body, seconds, and CPU
seconds with those of child processes. Imports are not counted, because the sample is small.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

from benchmarks import readers

Crawl = Callable[[], int]


def fundus(site_map: str, urls: list[str], threading: bool) -> Crawl:
    """Return a crawl by Fundus, with a publisher for the site written like its own publishers."""
    from fundus import Crawler, Requires, Sitemap
    from fundus.publishers.base_objects import Publisher

    publisher = Publisher(
        name="The Korea Herald",
        domain=urljoin(site_map, "/"),
        parser=readers.fundus_parser(),
        sources=[Sitemap(site_map)],
    )
    crawler = Crawler(publisher, delay=0.0, threading=threading)

    def crawl() -> int:
        # only_unique ignores queries: all articles of view.php would count as one.
        found = crawler.crawl(only_complete=Requires("title", "body"), only_unique=False)
        return sum(1 for _ in found)

    return crawl


def news_please(site_map: str, urls: list[str]) -> Crawl:
    """Return a crawl by news-please."""
    from newsplease import NewsPlease

    def crawl() -> int:
        # Without request_args news-please fails on its own timeout and returns nothing.
        found = NewsPlease.from_urls(urls, request_args={"timeout": 60}, fetch_images=False)
        return sum(bool(article and article.title and article.maintext) for article in found.values())

    return crawl


# Title: environment and crawler. By default Fundus runs a thread for each publisher; here there is one publisher.
CRAWLERS: dict[str, tuple[str, Callable[[str, list[str]], Crawl]]] = {
    "Fundus": ("fundus", partial(fundus, threading=True)),
    "Fundus, no threads": ("fundus", partial(fundus, threading=False)),
    "news-please": ("news-please", news_please),
}


def main(title: str, site_map: str, file: str) -> None:
    crawl = CRAWLERS[title][1](site_map, Path(file).read_text().split())
    began, before = time.monotonic(), sum(os.times()[:4])
    archived = crawl()
    seconds, cpu = time.monotonic() - began, sum(os.times()[:4]) - before
    print(json.dumps({"seconds": seconds, "cpu": cpu, "archived": archived}))


if __name__ == "__main__":
    main(*sys.argv[1:])
