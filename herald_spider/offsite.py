"""No request leaves the site: the spider's own hosts, at their ports, are all that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from scrapy.exceptions import IgnoreRequest

from herald_spider import urls

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request
    from typing_extensions import Self

# Whose hosts are asked where a spider says so.
_ADDRESSES = ("HERALD_BASE_URL", "HERALD_CDX_URL", "HERALD_MEMENTO_URL")
_PORTS = {"http": 80, "https": 443}
Place = tuple[str | None, int | None]


class OffsiteMiddleware:
    """In place of Scrapy's, which lets through what has ``dont_filter``, and any port of a host.

    It sees a request just before it would be sent, redirects too, so that an article that is
    sent elsewhere ends in the errback with the reason.
    """

    def __init__(self, crawler: Crawler):
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        for url in self.asked(request):
            if not self.is_ours(urlsplit(url)):
                self.crawler.stats.inc_value("herald/offsite")
                raise IgnoreRequest(_reason(request, urlsplit(url)))

    def asked(self, request: Request) -> list[str]:
        """The addresses that a request asks; one that Splash sends on asks its own too."""
        splash = request.meta.get("splash")
        if not splash or not self.crawler.settings["SPLASH_URL"]:
            return [request.url]
        url = splash.get("args", {}).get("url", request.url)
        return [url] if _place(urlsplit(request.url)) == self.splash else [url, request.url]

    @property
    def splash(self) -> Place:
        return _place(urlsplit(self.crawler.settings["SPLASH_URL"]))

    def is_ours(self, parts: SplitResult) -> bool:
        return parts.scheme in _PORTS and _place(parts) in self.places()

    def places(self) -> set[Place]:
        """The hosts and ports that are asked; all of the paper's, where one of them is."""
        hosts = set(getattr(self.crawler.spider, "allowed_domains", ()))
        places = {_place(urlsplit(str(self.crawler.settings[name]))) for name in _ADDRESSES}
        places = {place for place in places if place[0] in hosts}
        if any(host in urls.HOSTS for host, _ in places):
            places |= {(host, None) for host in urls.HOSTS}
        return places


def _place(parts: SplitResult) -> Place:
    """Host and port; None for the usual port, by which http and https are one site."""
    try:
        port = parts.port
    except ValueError:  # no number
        return (None, None)
    return (parts.hostname, None if port in (None, _PORTS.get(parts.scheme)) else port)


def _reason(request: Request, parts: SplitResult) -> str:
    """Host and port alone: the rest of an address may hold anything."""
    host, port = _place(parts)
    what = "redirect to another host" if request.meta.get("redirect_urls") else "another host"
    return f"{what}: {host}{f':{port}' if port else ''}"
