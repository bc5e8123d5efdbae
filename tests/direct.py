"""Fetching for the doctor's plans without Scrapy: the same HTTP requests to a server, in the test's own process."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import Any

from scrapy import Request
from scrapy.http import HtmlResponse
from scrapy.settings import Settings

from herald_spider import urls
from herald_spider.doctor.fetch import Fetch
from tests.demo import project_settings


class Direct:
    """A substitute for `DoctorSpider` that obeys no robots.txt and has no delay."""

    keep_emails = False

    def __init__(self, base: str):
        self.base = base
        self.settings = Settings(project_settings())
        self.requests = 1
        self.robots = _get(f"{base}/robots.txt")

    async def fetch(self, url: str, **options: Any) -> Fetch:
        self.requests += 1
        address = urls.rebase(url, self.base)
        return Fetch(address, self.base, _get(address, options.get("headers", {})))


def _get(url: str, headers: dict[str, str] | None = None) -> HtmlResponse:
    try:
        answer: Any = urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        body, fields = answer.read(), dict(answer.headers.items())
    meta = {"redirect_urls": [url], "redirect_reasons": [301]} if answer.url != url else {}
    return HtmlResponse(answer.url, answer.status, fields, body, request=Request(url, meta=meta))


def carry_out(plan: Any, base: str) -> None:
    """Run a plan against the server at `base`."""
    asyncio.run(plan(Direct(base)))
