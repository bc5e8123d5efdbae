"""Scrapy's item exporters for ``-o`` and FEEDS, where they would write lists and nulls as Python has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from scrapy import exporters

from herald_spider.archive.formats import cell, plain_text
from herald_spider.items import Author, Image


class CsvItemExporter(exporters.CsvItemExporter):
    """With the cells of ``scrapy export``."""

    def serialize_field(self, field: Mapping[str, Any], name: str, value: Any) -> Any:
        return cell(name, list(map(vars, value)) if name in ("authors", "images") else value)


class XmlItemExporter(exporters.XmlItemExporter):
    """With an element for each part of an author or picture, and empty ones for what is not there."""

    def serialize_field(self, field: Mapping[str, Any], name: str, value: Any) -> Any:
        return _for_xml(value)


def _for_xml(value: Any) -> Any:
    if isinstance(value, (Author, Image)):
        value = asdict(value)
    if isinstance(value, dict):
        return {name: _for_xml(each) for name, each in value.items()}
    if isinstance(value, list):
        return list(map(_for_xml, value))
    return "" if value is None else plain_text(str(value))
