"""A limit on the size of response headers, which Twisted's client and Scrapy's lack."""

from __future__ import annotations

from typing import Any

from twisted.web._newclient import HEADER, STATUS

MAX_HEADERS = 2 * 1024 * 1024  # bytes; with a million of them a server could fill the memory


def limited(factory: type[Any]) -> type[Any]:
    """Return a subclass of a factory of HTTP clients whose connections end when headers exceed `MAX_HEADERS`."""

    class Limited(factory):  # type: ignore[misc]
        def buildProtocol(self, addr: Any) -> Any:
            protocol = super().buildProtocol(addr)
            protocol.dataReceived = _HeaderLimit(protocol).receive
            return protocol

    return Limited


class _HeaderLimit:
    """Counts what a connection receives before the headers of a response have ended."""

    def __init__(self, protocol: Any):
        self.protocol = protocol
        self.pass_on = protocol.dataReceived
        self.parser: Any = None
        self.size = 0

    def receive(self, data: bytes) -> None:
        parser = self.protocol._parser
        if parser is not self.parser:  # a new response
            self.parser, self.size = parser, 0
        if parser is not None and parser.state in (STATUS, HEADER):
            self.size += len(data)
            if self.size > MAX_HEADERS:
                self.protocol.transport.abortConnection()
                return
        self.pass_on(data)
