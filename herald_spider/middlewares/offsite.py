"""Restricts requests to the hosts of the settings.

A host is a name with a port. Private addresses (of this machine and its networks) are only requested if the
settings name one: a public name that resolves to a private address is refused when it is connected to, so that
the owner of a name, or of its DNS, cannot direct a run into the local network.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
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

_REDIRECTS = (301, 302, 303, 307, 308)
# Names that the public DNS does not have: RFC 2606, 6761, 6762, 8375, and .internal.
_INTERNAL = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".test")
ADDRESS_SETTINGS = ("HERALD_BASE_URL", "HERALD_CDX_URL", "HERALD_MEMENTO_URL")


class OffsiteRequest(IgnoreRequest):
    """Raised for a request that this run must not send; the text says why."""


class Hosts:
    """The hosts of `addresses`. Port 80 or 443 allows both; one host of the paper allows all of them."""

    def __init__(self, addresses: Iterable[str]):
        self.origins: set[tuple[str, int]] = set()
        for host, port in filter(None, map(origin, addresses)):
            ports = set(PORTS.values()) if port in PORTS.values() else {port}
            names = urls.HOSTS if host in urls.HOSTS else {host}
            self.origins.update((name, each) for name in names for each in ports)

    @property
    def prefixes(self) -> list[str]:
        """The first part of every allowed address, up to the path, as browsers write it."""
        return sorted(
            f"{scheme}://{host}{f':{port}' * (port != usual)}/"
            for host, port in self.origins
            for scheme, usual in PORTS.items()
            if port == usual or port not in PORTS.values()
        )

    def refusal(self, url: str) -> str | None:
        """Return why `url` must not be requested; None if it may be."""
        found = origin(url)
        if found is None:
            return f"no address of the web: {url[:100]}"
        if found in self.origins:
            return None
        host, port = found
        return f"another host: {host}" + f":{port}" * (port not in PORTS.values())


def is_internal(host: str) -> bool:
    """Return True if a host, by its own name, belongs to this machine or its networks.

    >>> [is_internal(each) for each in ("0x7f.1", "2130706433", "::ffff:10.0.0.1", "splash", "example.org")]
    [True, True, True, True, False]
    """
    try:
        return _is_private(host)
    except ValueError:
        return "." not in host or host.endswith(_INTERNAL)


def contact_problem(addresses: Iterable[str], contact: str) -> str | None:
    """Return the error if one of `addresses` is public and no contact is given; None otherwise."""
    public = [host for host, _ in filter(None, map(origin, addresses)) if not is_internal(host)]
    if not public or contact:
        return None
    return (
        f"Requests to {public[0]} must say who runs the crawler: set HERALD_CONTACT to a mail address or page where "
        "its operators can reach you."
    )


def _is_private(address: str) -> bool:
    """Return True if an IP address, in any notation, is not a public one. Raises `ValueError`."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        try:  # decimal, octal or hexadecimal, which the system accepts too
            found = ipaddress.IPv4Address(socket.inet_aton(address))
        except OSError:
            raise ValueError(address) from None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return not found.is_global or found.is_multicast


class HostsMiddleware:
    """Drops requests to hosts that the spider must not request, also after redirects.

    It replaces Scrapy's OffsiteMiddleware, which ignores ports, lets requests with ``dont_filter`` through,
    and drops requests without a word to the spider, so that no state would be recorded for the article.
    """

    def __init__(self, crawler: Crawler):
        addresses = getattr(crawler.spider, "allowed_addresses", None)
        # None: not a spider of this project, as in scrapy shell, which may request any host.
        self.hosts = Hosts(addresses()) if addresses else None
        self.contact = crawler.settings["HERALD_CONTACT"]
        self.splash = origin(crawler.settings["SPLASH_URL"] or "")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        is_redirected = "redirect_urls" in request.meta
        # SplashMiddleware has replaced the address of a page that was let through. No page can redirect there.
        if request.meta.get("_splash_processed") and not is_redirected and origin(request.url) == self.splash:
            return
        if reason := self.refusal(request.url):
            raise OffsiteRequest(f"redirect to {reason}" if is_redirected else reason)

    def refusal(self, url: str) -> str | None:
        """Return why `url` must not be requested; None if it may be."""
        return self.hosts.refusal(url) if self.hosts else contact_problem([url], self.contact)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Refuse redirects to file: and the like: Scrapy does not follow them, and returns them as pages."""
        target = (response.headers.get("Location") or b"").decode("latin-1")
        if response.status in _REDIRECTS and target and not request.meta.get("dont_redirect"):
            raise OffsiteRequest(f"redirect to no address of the web: {target[:100]}")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        name = urlsplit(request.url).hostname
        if isinstance(exception, CannotResolveHostError) and name in _refused:
            raise OffsiteRequest(f"private address: {name} is {_refused[name]}")


# Public names that resolved to private addresses, with the address: Scrapy's exception does not carry it.
_refused: dict[str, str] = {}


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's resolver, which refuses private addresses for the public names in the settings.

    Only here is the address known before the connection is made.
    """

    guarded: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        resolver = super().from_crawler(crawler, reactor)
        named = Hosts(crawler.settings[name] or "" for name in ADDRESS_SETTINGS)
        resolver.guarded = frozenset(host for host, _ in named.origins if not is_internal(host))
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        found = super().getHostByName(name, timeout)
        return found.addCallback(self.check, name.lower()) if name.lower() in self.guarded else found

    @staticmethod
    def check(address: str, name: str) -> str:
        if _is_private(address):
            _refused[name] = address
            raise DNSLookupError(f"{name} is {address}")
        return address
