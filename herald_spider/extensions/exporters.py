"""Scrapy's item exporters for ``-o`` and FEEDS, which write lists and nulls in plain form, not as Python code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import IO, Any

from scrapy import exporters

from herald_spider.archive.formats import Parquet, cell, plain_text
from herald_spider.items import as_dict


class CsvItemExporter(exporters.CsvItemExporter):
    """CSV with the cells of ``scrapy export``."""

    def serialize_field(self, field: Mapping[str, Any], name: str, value: Any) -> Any:
        if isinstance(value, list):
            value = [vars(each) if is_dataclass(each) else each for each in value]
        return cell(name, value)


class ParquetItemExporter(exporters.BaseItemExporter):
    """Parquet with the columns of ``scrapy export``."""

    def __init__(self, file: IO[bytes], **options: Any):
        super().__init__(dont_fail=True, **options)
        self.writer = Parquet(file)

    def export_item(self, item: Any) -> None:
        self.writer.write(as_dict(item))

    def finish_exporting(self) -> None:
        self.writer.close()


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
