"""Scrapy's item exporters for ``-o`` and FEEDS, which write lists and nulls in plain form, not as Python code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from scrapy import exporters

from herald_spider.archive.formats import cell, plain_text


class CsvItemExporter(exporters.CsvItemExporter):
    """CSV with the cells of ``scrapy export``."""

    def serialize_field(self, field: Mapping[str, Any], name: str, value: Any) -> Any:
        if isinstance(value, list):
            value = [vars(each) if is_dataclass(each) else each for each in value]
        return cell(name, value)


class XmlItemExporter(exporters.XmlItemExporter):
    """XML with an element for each part of an author or picture; an empty one where a value is missing."""

    def serialize_field(self, field: Mapping[str, Any], name: str, value: Any) -> Any:
        return _for_xml(value)


def _for_xml(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {name: _for_xml(each) for name, each in value.items()}
    if isinstance(value, list):
        return list(map(_for_xml, value))
    return "" if value is None else plain_text(str(value))
