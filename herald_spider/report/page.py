"""The page of a report: figures into one file of HTML that needs nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from herald_spider import __version__
from herald_spider.archive.ledger import STATES
from herald_spider.report import charts, plots, words
from herald_spider.report.figures import Figures
from herald_spider.report.head import head
from herald_spider.report.runs import group
from herald_spider.report.stories import section_name

HOLES = 12  # the longest, told in words
RUNS_SHOWN = 25  # in the table
_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+")
_SAID = 2_000  # characters of what a monitor says
_RESPONSES = "downloader/response_status_count/"
_EXCEPTIONS = "downloader/exception_type_count/"
_TRAFFIC = {
    "downloader/request_count": "requests sent",
    "retry/count": "of them once more after a failure",
    "downloader/response_count": "answers",
    "herald/not_modified": "articles that had not changed (304)",
    "robotstxt/forbidden": "addresses that robots.txt forbids",
    "downloader/exception_count": "requests without an answer",
}
_STATES = {
    "archived": "kept: at least one line in a segment",
    "discovered": "seen in a listing, not yet read: the next run's",
    "gone": "deleted by the paper",
    "rejected": "read, and no valid article",
    "failed": "could not be read yet",
}


def page(figures: Figures, links: Mapping[str, str]) -> str:
    """The report; `links` are the addresses of other reports by their job, "" is that of the archive."""
    return _templates().get_template("report.html").render(
        figures=figures, run=figures.run, head=head(figures), links=links, version=__version__,
        plots=_plots(figures), holes=_holes(figures), months=_months(figures),
        answers=sorted(_shares(group(figures.stats, _RESPONSES))),
        exceptions=_shares(group(figures.stats, _EXCEPTIONS)), traffic=_traffic(figures.stats),
        states=_shares({state: figures.states[state] for state in STATES}), state_words=_STATES, shown=RUNS_SHOWN,
    )  # fmt: skip


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("herald_spider.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    names = (
        "plain",
        "plural",
        "day_name",
        "span_name",
        "length_name",
        "duration",
        "seoul",
        "utc",
        "iso",
        "percent",
    )
    environment.filters |= {name: getattr(words, name) for name in names}
    environment.filters |= {"link": link, "linked": linked, "svg": Markup, "short": short, "course": course}
    environment.filters["section_name"] = section_name
    return environment


# Links -----------------------------------------------------------------------------------


def is_address(url: str) -> bool:
    """Whether `url` leads to a page: ``javascript:`` and the like do not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def link(url: str | None, text: str | None = None) -> Markup:
    """A link to a page, or its text alone."""
    shown = words.plain(url if text is None else text)
    if not url or not is_address(url):
        return Markup("<bdi>{}</bdi>").format(shown)
    return Markup('<a href="{}" rel="noreferrer"><bdi>{}</bdi></a>').format(url, shown)


def short(url: str) -> str:
    """What tells an address apart: its path."""
    return url.partition("://")[2].partition("/")[2] or url if is_address(url) else url


def linked(text: str) -> list[Markup]:
    """The lines of a text, their addresses made links."""
    return [_line(line) for line in text[:_SAID].splitlines()]


def _line(line: str) -> Markup:
    parts, end = Markup(), 0
    for match in _ADDRESS.finditer(line):
        url = match[0].rstrip(".,;:)]")
        parts += escape(words.plain(line[end : match.start()], _SAID)) + link(url)
        end = match.start() + len(url)
    return parts + escape(words.plain(line[end:], _SAID))


# What the template does not work out itself ----------------------------------------------


def _plots(figures: Figures) -> dict[str, Any]:
    what = "this run" if figures.run else f"the last {words.plural(figures.summed, 'run')}"
    whose = (
        "the archive's last year" if figures.recent_sections else "this run" if figures.run else "the archive"
    )
    days = figures.days
    cuts = charts.cuts_of(list(days.counts.values())) if days else []
    if days is None:
        years = []
    elif figures.run:
        years = [plots.calendar(days, cuts, f"{words.day_name(days.first)} to {words.day_name(days.last)}")]
    else:
        years = [plots.calendar(year, cuts, str(year.first.year)) for year in days.years()]
    return {
        "years": years, "shades": _shades(days.counts.values(), cuts) if days else [],
        "sections": plots.sections(figures.sections, whose), "runs": plots.runs(figures.runs),
        "revisions": plots.revisions(figures.revisions),
        "delays": plots.delays(group(figures.stats, "herald/delay/"), what),
    }  # fmt: skip


def _shades(numbers: Any, cuts: list[int]) -> list[tuple[int, str]]:
    """The legend of the calendar: each shade, and from how many articles up to how many."""
    edges = [min(numbers), *cuts, max(numbers) + 1]
    found = []
    for low, high in pairwise(edges):
        name = f"{low:,}" if high - low <= 1 else f"{low:,}–{high - 1:,}"
        found.append((charts.shade(low, cuts), name))
    return found


def _holes(figures: Figures) -> dict[str, Any]:
    """The holes of the corpus: the longest in the order of their days, and what else there is."""
    holes = figures.days.holes if figures.days else []
    longest = sorted(holes, key=lambda span: span[0] - span[1])[:HOLES]
    return {"all": len(holes), "longest": sorted(longest, reverse=True), "others": len(holes) - len(longest)}


def _shares(numbers: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """Each number with its share of all."""
    total = sum(numbers.values())
    return [(name, number, number / total if total else 0.0) for name, number in numbers.items()]


def _months(figures: Figures) -> list[tuple[int, list[tuple[int | None, int]], int]]:
    """Per year the articles of each month with their shade, and of the year; None outside the span."""
    days = figures.days
    if days is None or figures.run:
        return []
    table = days.months()
    cuts = charts.cuts_of([number for numbers in table.values() for number in numbers if number])
    span = (days.first.year, days.first.month), (days.last.year, days.last.month)
    return [
        (year, [
            (number if span[0] <= (year, month) <= span[1] else None, charts.shade(number, cuts) if number else 0)
            for month, number in enumerate(numbers, 1)
        ], sum(numbers))
        for year, numbers in table.items()
    ]  # fmt: skip


def _traffic(stats: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(words, stats[name]) for name, words in _TRAFFIC.items() if isinstance(stats.get(name), int)]


def course(shares: list[float], width: int = 64, height: int = 18) -> str:
    """The points of a line: the share of each run, from 0 below to 1 above."""
    step = width / max(1, len(shares) - 1)
    return " ".join(
        f"{place * step:.1f},{1 + (1 - share) * (height - 2):.1f}" for place, share in enumerate(shares)
    )
