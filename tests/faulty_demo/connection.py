"""Answers that damage the connection: streams that are cut off or never end, and a closed port."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer  # type: ignore[import-untyped]

CLOSED_SECONDS = 8.0


@dataclass
class Stream:
    """A body in pieces. `length` is its Content-Length, which can be wrong."""

    chunks: Iterable[bytes]
    length: int | None = None
    pause: float = 0.0  # seconds before each piece
    end: Literal["finish", "close", "reset"] = "finish"
    headers: dict[str, str] = field(default_factory=dict)
    has_head: bool = True  # False: the pieces begin with the status line


@dataclass
class Closed:
    """A closed port: this connection is reset, and none is accepted for `seconds`."""

    seconds: float = CLOSED_SECONDS


@implementer(IPullProducer)
class StreamProducer:
    """Writes a stream to a request, piece by piece as the client takes them."""

    def __init__(self, request: Any, stream: Stream):
        self.request, self.stream = request, stream
        self.chunks = iter(stream.chunks)
        self.call: Any = None
        request.notifyFinish().addErrback(lambda _: self.stopProducing())
        for name, value in stream.headers.items():
            request.setHeader(name, value)
        if stream.length is not None:
            request.setHeader("content-length", str(stream.length))
        if stream.pause:
            self.write_slowly()
        else:
            request.registerProducer(self, False)

    def write_slowly(self) -> None:
        self.call = _later(self.stream.pause, self.write_slowly)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        chunk = next(self.chunks, None)
        if chunk is None:
            self.end()
        elif self.stream.has_head:
            self.request.write(chunk)
        else:
            self.request.channel.transport.write(chunk)

    def end(self) -> None:
        if self.call:
            self.call.cancel()
        else:
            self.request.unregisterProducer()
        if self.stream.end == "finish":
            self.request.finish()
        elif self.stream.end == "close":
            self.request.channel.loseConnection()
        else:
            _later(0.05, self.request.channel.transport.abortConnection)  # after the last piece

    def stopProducing(self) -> None:
        self.chunks = iter(())
        if self.call and self.call.active():
            self.call.cancel()


def close(port: Any, seconds: float) -> None:
    """Reset the connections to `port`, and listen again after `seconds`."""
    from twisted.internet import reactor

    number, interface, site = port.getHost().port, port.interface, port.factory
    port.stopListening()
    for reader in cast(Any, reactor).getReaders():
        if getattr(reader, "server", None) is port:
            reader.abortConnection()
    _later(seconds, lambda: cast(Any, reactor).listenTCP(number, site, interface=interface))


def _later(seconds: float, call: Callable[[], Any]) -> Any:
    from twisted.internet import reactor  # on import it installs the default reactor

    return cast(Any, reactor).callLater(seconds, call)
