"""Why a request brought no page, in a few words that the ledger, the log and reports share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.web._newclient import ParseError
from twisted.web.client import ResponseFailed

from herald_spider.text.terminal import printable

if TYPE_CHECKING:
    from twisted.python.failure import Failure

TOO_LARGE = "larger than DOWNLOAD_MAXSIZE"
CUT_SHORT = "cut short"
LOST = "connection lost"
NO_HTTP = "no HTTP answer"
TOO_MANY_REDIRECTS = "too many redirects"
_WORDS: dict[type[BaseException], str] = {
    DownloadTimeoutError: "timeout",
    DownloadConnectionRefusedError: "connection refused",
    CannotResolveHostError: "no such host",
    ResponseDataLossError: CUT_SHORT,
    DownloadCancelledError: TOO_LARGE,  # nothing else cancels a download
}
_SCRAPYS = {"max redirections reached": TOO_MANY_REDIRECTS}
_MOST = 200  # characters; an error may quote what a server sent


class TooLarge(IgnoreRequest):
    """An answer is larger than DOWNLOAD_MAXSIZE, once it is unpacked."""

    def __init__(self) -> None:
        super().__init__(TOO_LARGE)


def failure_reason(failure: Failure) -> str:
    """Why a request failed: ``"HTTP 500"``, ``"timeout"``, ``"redirect to another host: a.example"``.

    What stands before a colon is the kind, by which failures are counted.
    """
    error = failure.value
    assert error is not None
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    if isinstance(error, DownloadFailedError):
        return _of_connection(error.__cause__)
    if isinstance(error, IgnoreRequest):
        return _SCRAPYS.get(str(error)) or _short(str(error) or "not asked for")
    return _WORDS.get(type(error)) or _other(error)


def _of_connection(cause: BaseException | None) -> str:
    """What Twisted says of an answer that did not come whole."""
    inner = {type(each.value) for each in cause.reasons} if isinstance(cause, ResponseFailed) else set()
    if any(issubclass(each, ParseError | ValueError) for each in inner):
        return NO_HTTP
    return LOST


def _other(error: BaseException | None) -> str:
    lines = str(error).splitlines()
    name = type(error).__name__
    return _short(f"{name}: {lines[0]}" if lines else name)


def _short(text: str) -> str:
    return printable(text)[:_MOST]
