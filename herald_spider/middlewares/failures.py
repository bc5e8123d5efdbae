"""Short reasons for failed requests, for the ledger, the log and reports."""

from __future__ import annotations

import gzip
import zlib
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

CUT_SHORT, PARTIAL_ANSWER = "cut short", "partial answer"
TOO_MANY_REDIRECTS = "too many redirects"
_TOO_LARGE = "larger than DOWNLOAD_MAXSIZE"
_BY_TYPE: dict[type[BaseException], str] = {
    DownloadTimeoutError: "timeout",
    DownloadConnectionRefusedError: "connection refused",
    CannotResolveHostError: "no such host",
    DownloadCancelledError: _TOO_LARGE,  # nothing else cancels a download
    **dict.fromkeys((zlib.error, gzip.BadGzipFile, EOFError), "damaged compression"),
}
_MAX_LENGTH = 200  # characters; an error may quote what a server sent


def failure_reason(failure: Failure) -> str:
    """Return why a request failed: ``"HTTP 500"``, ``"timeout"``, ``"redirect to another host: a.example"``.

    Failures are counted by the text before the colon.
    """
    error = failure.value
    assert error is not None
    if isinstance(error, HttpError):
        return f"HTTP {error.response.status}"
    if isinstance(error, DownloadFailedError):
        return "no HTTP answer" if _is_no_http(error.__cause__) else "connection lost"
    if isinstance(error, ResponseDataLossError):
        return PARTIAL_ANSWER if str(error) == PARTIAL_ANSWER else CUT_SHORT
    if isinstance(error, IgnoreRequest):
        return _of_ignored(str(error))
    return _BY_TYPE.get(type(error)) or _of_other(error)


def _is_no_http(cause: BaseException | None) -> bool:
    reasons = cause.reasons if isinstance(cause, ResponseFailed) else ()
    return any(isinstance(each.value, ParseError | ValueError) for each in reasons)


def _of_ignored(text: str) -> str:
    if text == "max redirections reached":
        return TOO_MANY_REDIRECTS
    if "exceeded DOWNLOAD_MAXSIZE" in text:  # once it is unpacked
        return _TOO_LARGE
    return _shortened(text or "ignored")


def _of_other(error: BaseException) -> str:
    lines = str(error).splitlines()
    name = type(error).__name__
    return _shortened(f"{name}: {lines[0]}" if lines else name)


def _shortened(text: str) -> str:
    return printable(text)[:_MAX_LENGTH]
