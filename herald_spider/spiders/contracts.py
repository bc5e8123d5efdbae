"""Contracts for ``scrapy check``."""

from __future__ import annotations

from typing import Any

from scrapy.contracts.default import UrlContract
from scrapy.utils.project import get_project_settings

from herald_spider import urls


class SiteUrlContract(UrlContract):
    """``@url`` with an address of the paper, requested from the host in HERALD_BASE_URL."""

    def adjust_request_args(self, args: dict[str, Any]) -> dict[str, Any]:
        args = super().adjust_request_args(args)
        args["url"] = urls.rebase(args["url"], get_project_settings()["HERALD_BASE_URL"])
        return args
