"""Which hosts a run may ask: those of its settings, and no others, wherever a page points.

A host is one with its port. Private addresses (of this machine and its networks) are asked
only where the settings name one: a public name that resolves to one is refused as it is
connected to, so that whoever owns the name, or its DNS, cannot lead a run inside.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import CannotResolveHostError, IgnoreRequest, NotConfigured
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

from herald_spider import urls
from herald_spider.urls import PORTS, origin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

Origin = tuple[str, int]
_REDIRECTS = (301, 302, 303, 307, 308)
# Names that no public DNS has: RFC 2606, 6761, 6762, 8375, and .internal.
_NEAR = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test")
# The addresses in the settings, for all spiders.
SETTINGS = ("HERALD_BASE_URL", "HERALD_CDX_URL", "HERALD_MEMENTO_URL")


class NotAsked(IgnoreRequest):
    """An address that this run does not ask; the text says why."""


class Hosts:
    """The hosts of `addresses`: each with its port, http and https where that is the usual one.

    One of the paper's hosts stands for all of them.
    """

    def __init__(self, addresses: Iterable[str]):
        self.origins: set[Origin] = set()
        for host, port in filter(None, map(origin, addresses)):
            ports = set(PORTS.values()) if port in PORTS.values() else {port}
            names = urls.HOSTS if host in urls.HOSTS else {host}
            self.origins.update((name, each) for name in names for each in ports)

    @property
    def prefixes(self) -> list[str]:
        """How the addresses of the hosts begin, as browsers write them."""
        return sorted(
            f"{scheme}://{host}{f':{port}' * (port != usual)}/"
            for host, port in self.origins
            for scheme, usual in PORTS.items()
            if port == usual or port not in PORTS.values()
        )

    def refusal(self, url: str) -> str | None:
        """Why `url` is not asked; None where it may be."""
        found = origin(url)
        if found is None:
            return f"no address of the web: {url[:100]}"
        if found in self.origins:
            return None
        host, port = found
        return f"another host: {host}" + f":{port}" * (port not in PORTS.values())


def asked_by(crawler: Crawler) -> Hosts | None:
    """The hosts that the spider of a run asks; None for a spider of others, as of ``scrapy shell``."""
    addresses = getattr(crawler.spider, "asked_addresses", None)
    return Hosts(addresses()) if addresses else None


def is_near(host: str) -> bool:
    """Whether a host is by its own name one of this machine or its networks.

    >>> [is_near(each) for each in ("0x7f.1", "2130706433", "::ffff:10.0.0.1", "splash", "example.org")]
    [True, True, True, True, False]
    """
    try:
        return is_private(host)
    except ValueError:
        return "." not in host or host.endswith(_NEAR)


def is_private(address: str) -> bool:
    """Whether an IP address, in any spelling, is none of the public internet. Raises ValueError."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        found = ipaddress.IPv4Address(_packed(address))
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return not found.is_global or found.is_multicast


def _packed(address: str) -> bytes:
    """The bytes of an IPv4 address in decimal, octal or hexadecimal, as the system's own functions take it."""
    try:
        return socket.inet_aton(address)
    except OSError:
        raise ValueError(address) from None


class HostsMiddleware:
    """Lets no request through to a host that the spider does not ask; first of all, also after redirects.

    In place of Scrapy's OffsiteMiddleware, which knows no ports, leaves out what has
    ``dont_filter``, and tells the spider nothing.
    """

    def __init__(self, crawler: Crawler):
        hosts = asked_by(crawler)
        if hosts is None:
            raise NotConfigured
        self.hosts = hosts
        self.splash = origin(crawler.settings["SPLASH_URL"] or "")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if self.is_for_splash(request):
            return
        if said := self.hosts.refusal(request.url):
            raise NotAsked(f"redirect to {said}" if "redirect_urls" in request.meta else said)

    def is_for_splash(self, request: Request) -> bool:
        """Whether our renderer is asked, for a page that was let through; no page can redirect there."""
        asked = request.meta.get("_splash_processed") and "redirect_urls" not in request.meta
        return bool(asked) and origin(request.url) == self.splash

    async def process_response(self, request: Request, response: Response) -> Response:
        """Scrapy follows no redirect to file: and the like, and takes it for the page."""
        target = (response.headers.get("Location") or b"").decode("latin-1")
        if response.status in _REDIRECTS and target and not request.meta.get("dont_redirect"):
            raise NotAsked(f"redirect to no address of the web: {target[:100]}")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        name = urlsplit(request.url).hostname
        if isinstance(exception, CannotResolveHostError) and name in REFUSED:
            raise NotAsked(f"private address: {name} is {REFUSED[name]}")


# The names that led inside, with the addresses: what comes of a name that is refused says no more.
REFUSED: dict[str, str] = {}


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's own; the public names in the settings resolve to public addresses, or to none."""

    guarded: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        resolver = super().from_crawler(crawler, reactor)
        asked = Hosts(crawler.settings[name] or "" for name in SETTINGS)
        resolver.guarded = frozenset(host for host, _ in asked.origins if not is_near(host))
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        found = super().getHostByName(name, timeout)
        return found.addCallback(self.check, name.lower()) if name.lower() in self.guarded else found

    @staticmethod
    def check(address: str, name: str) -> str:
        if is_private(address):
            REFUSED[name] = address
            raise DNSLookupError(f"{name} is {address}")
        return address
