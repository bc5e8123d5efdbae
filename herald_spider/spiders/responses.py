"""Parts of HTTP that several spiders use: validators, conditional requests, missing pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.spidermiddlewares.httperror import HttpError

if TYPE_CHECKING:
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from herald_spider.archive.ledger import Validators

GONE_STATUSES = (404, 410)
NOT_MODIFIED = 304


def is_gone(failure: Failure) -> bool:
    """Return True if a request failed because the page does not exist (404, 410)."""
    return isinstance(failure.value, HttpError) and failure.value.response.status in GONE_STATUSES


def validators(response: Response) -> Validators:
    """Return the ETag and Last-Modified of a response, from which `conditional` makes headers."""
    if "rendered" in response.meta:  # they belong to the shell, not to what its script filled in
        return (None, None)
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return (etag.decode("latin-1") if etag else None, modified.decode("latin-1") if modified else None)


def conditional(etag: str | None, modified: str | None) -> dict[str, str]:
    """Return the headers that ask for a page only if it has changed since an earlier response."""
    headers = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {name: value for name, value in headers.items() if value}


def expects(headers: dict[str, str]) -> dict[str, list[int]]:
    """Return the meta of a request with `headers`: only a conditional one may be answered with 304."""
    return {"handle_httpstatus_list": [NOT_MODIFIED]} if headers else {}
