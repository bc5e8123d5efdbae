"""The page of a report: figures rendered into one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from herald_spider import __version__, sections, urls
from herald_spider.report import runs, words
from herald_spider.report.days import shade
from herald_spider.text.terminal import plural

_FILTERS = ("plain", "number", "day_name", "duration", "seoul", "utc", "iso", "percent")


def render(figures: Mapping[str, Any], links: Mapping[str, str]) -> str:
    """Return the HTML of a report. `links` are the URLs of other reports by job; "" is the archive's."""
    return _templates().get_template("report.html").render(figures, links=links)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("herald_spider.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {name: getattr(words, name) for name in _FILTERS}
    environment.filters |= {"link": link, "short": short, "section_name": sections.name_of, "plural": plural}
    environment.globals |= {
        "version": __version__,
        "level": runs.level,
        "headline": runs.headline,
        "span_name": words.span_name,
        "shade": shade,
    }
    return environment


def link(url: str | None, text: str | None = None) -> Markup:
    """Return a link to a page of the web, or its text alone for any other address."""
    shown = words.plain(url if text is None else text)
    if not url or not urls.is_web_address(url):
        return Markup("<bdi>{}</bdi>").format(shown)
    return Markup('<a href="{}" rel="noreferrer"><bdi>{}</bdi></a>').format(url, shown)


def short(url: str) -> str:
    """Return the path of a web address, which tells pages of one site apart."""
    return url.partition("://")[2].partition("/")[2] or url if urls.is_web_address(url) else url
