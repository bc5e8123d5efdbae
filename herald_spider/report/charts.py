"""Vega-Lite specs of the plots. Colours are the page's CSS variables, so that they follow light and dark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import quantiles
from typing import Any

from herald_spider.report.days import Days
from herald_spider.report.words import day_name, plural

NARROW, WIDE = 318, 500
SHADES = 5
HOLE = "hole"
_STEP = 18
_WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_LEAST_COLUMNS = 20  # of a plot of columns: one alone would be a wall
_LETTER, _BETWEEN = 7.5, 26  # of a tick's name, in pixels
_CROSS = "M-1,-1L1,1M-1,1L1,-1"

CONFIG: dict[str, Any] = {
    "background": None,
    "padding": {"left": 8, "right": 12, "top": 2, "bottom": 2},
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)", "titleColor": "var(--soft)", "gridColor": "var(--line)",
        "domainColor": "var(--line)", "tickColor": "var(--line)", "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 170,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
}  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """A row of a plot of bars: pieces of a whole, each with what it is called."""

    name: str
    pieces: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(number for _, number in self.pieces)


@dataclass(frozen=True)
class Column:
    """A column of a plot along time: its layers from below, what it says, and whether it is marked."""

    name: str
    numbers: tuple[float, ...]
    label: str
    mark: str = ""


def bars(rows: Sequence[Bar], width: int) -> dict[str, Any]:
    """Bars from left to right, the longest first, each with its number at its end."""
    pieces = [
        {
            "row": row.name,
            "order": order,
            "number": number,
            "label": f"{row.name}{_part(row, name)}: {number:,}",
        }
        for row in rows
        for order, (name, number) in enumerate(row.pieces)
    ]
    ends = [{"row": row.name, "total": row.total, "text": f"{row.total:,}"} for row in rows]
    names = {"field": "row", "type": "nominal", "sort": None, "title": None}
    axis = {"domain": False, "ticks": False, "labelPadding": 6}
    return _spec(width, {
        "height": {"step": 24},
        "layer": [
            {
                "data": {"values": pieces},
                "mark": {"type": "bar", "color": "var(--accent)", "stroke": "var(--card)", "strokeWidth": 1},
                "encoding": {
                    "x": {"field": "number", "type": "quantitative", "axis": None, "scale": {"nice": False}},
                    "order": {"field": "order", "type": "ordinal"},
                    "description": {"field": "label"},
                },
            },
            {
                "data": {"values": ends},
                "mark": {"type": "text", "align": "left", "dx": 5, "aria": False},
                "encoding": {"x": {"field": "total", "type": "quantitative"}, "text": {"field": "text"}},
            },
        ],
        "encoding": {"y": {**names, "axis": axis}},
    })  # fmt: skip


def _part(row: Bar, name: str) -> str:
    return f", {name}" if name != row.name else ""


def columns(rows: Sequence[Column], title: str, colors: Sequence[str], width: int) -> dict[str, Any]:
    """Columns along time, stacked; a row that is marked carries a flag of that colour."""
    slots = max(len(rows), _LEAST_COLUMNS)
    first = slots - len(rows)
    places = {
        "field": "slot",
        "type": "ordinal",
        "scale": {"domain": list(range(slots)), "paddingInner": 0.25},
    }
    values = [
        {"slot": first + slot, "number": number, "layer": layer, "label": row.label}
        for slot, row in enumerate(rows)
        for layer, number in enumerate(row.numbers)
        if number
    ]
    flags = [
        {"slot": first + slot, "label": row.label, "color": row.mark}
        for slot, row in enumerate(rows)
        if row.mark
    ]
    ticks = _ticks([row.name for row in rows], first, width)
    return _spec(width, {
        "height": 150,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "bar"},
                "encoding": {
                    "y": {"field": "number", "type": "quantitative", "title": title, "axis": {"tickCount": 4, "domain": False, "ticks": False}},
                    "color": {"field": "layer", "type": "ordinal", "legend": None, "scale": {"domain": list(range(len(colors))), "range": list(colors)}},
                    "order": {"field": "layer", "type": "ordinal"},
                    "description": {"field": "label"},
                },
            },
            {
                "data": {"values": flags},
                "mark": {"type": "point", "shape": "triangle-down", "size": 60, "opacity": 1, "filled": True},
                "encoding": {
                    "y": {"value": -7},
                    "color": {"field": "color", "type": "nominal", "legend": None, "scale": None},
                    "description": {"field": "label"},
                },
            },
        ],
        "resolve": {"scale": {"color": "independent"}},
        "encoding": {"x": {**places, "axis": {"title": None, "aria": False, "ticks": False, "labelAngle": 0, "values": list(ticks), "labelPadding": 6,
                                              "labelExpr": f"{json.dumps(ticks)}[datum.value]"}}},
    })  # fmt: skip


def _ticks(names: Sequence[str], first: int, width: int) -> dict[int, str]:
    """As many names as there is room for, evenly spaced, the last one among them."""
    most = int(width * len(names) / (first + len(names)) / (max(map(len, names)) * _LETTER + _BETWEEN)) or 1
    step = max(1, -(-len(names) // most))
    return {first + place: names[place] for place in range(len(names) - 1, -1, -step)}


# Days --------------------------------------------------------------------------------------


def cuts_of(numbers: Sequence[int]) -> list[int]:
    """The least number of each shade but the first, so that all shades are about equally frequent."""
    if len(numbers) < 2:
        return []
    cuts = {max(2, round(cut)) for cut in quantiles(numbers, n=SHADES, method="inclusive")}
    return sorted(cut for cut in cuts if cut > min(numbers))


def shade(number: int, cuts: Sequence[int]) -> int:
    """The shade of a day, 1 to `SHADES`; few cuts use the ends of the scale."""
    rank = sum(number >= cut for cut in cuts)
    return 1 + round(rank * (SHADES - 1) / max(1, len(cuts))) if cuts else 3


def calendar(days: Days, cuts: Sequence[int]) -> dict[str, Any]:
    """Weeks from left to right, weekdays from top to bottom; a day without an article is crossed out."""
    monday = days.first - timedelta(days=days.first.weekday())
    cells = [_cell(days, monday, days.first + timedelta(days=step), cuts) for step in range(days.length)]
    weeks = max(cell["week"] for cell in cells) + 1
    shades = [str(each + 1) for each in range(SHADES)]
    fills = {"domain": [HOLE, *shades], "range": ["var(--gap)", *(f"var(--heat-{each})" for each in shades)]}
    return {
        "config": CONFIG, "width": {"step": _STEP}, "height": {"step": _STEP},
        "layer": [
            {
                "data": {"values": cells},
                "mark": {"type": "rect"},
                "encoding": {
                    "color": {"field": "shade", "type": "nominal", "legend": None, "scale": fills},
                    "description": {"field": "label"},
                },
            },
            {
                "data": {"values": [cell for cell in cells if cell["shade"] == HOLE]},
                "mark": {"type": "point", "shape": _CROSS, "size": 40, "stroke": "var(--hole)", "strokeWidth": 1.25, "opacity": 1, "aria": False},
            },
            {
                "data": {"values": _months(days, monday)},
                "mark": {"type": "text", "align": "left", "baseline": "bottom", "color": "var(--soft)", "aria": False, "dx": -_STEP / 2},
                "encoding": {"text": {"field": "month"}, "y": {"value": -5}},
            },
        ],
        "encoding": {
            "x": {"field": "week", "type": "ordinal", "axis": None, "scale": {"domain": list(range(weeks)), "padding": 0.06}},
            "y": {"field": "weekday", "type": "ordinal", "scale": {"domain": _WEEKDAYS, "padding": 0.06},
                  "axis": {"title": None, "domain": False, "ticks": False, "values": _WEEKDAYS[::2]}},
        },
    }  # fmt: skip


def _cell(days: Days, monday: date, day: date, cuts: Sequence[int]) -> dict[str, Any]:
    number = days.counts.get(day, 0)
    said = plural(number, "article") if number else "no article"
    return {
        "week": (day - monday).days // 7,
        "weekday": _WEEKDAYS[day.weekday()],
        "shade": str(shade(number, cuts)) if number else HOLE,
        "label": f"{day_name(day)}: {said}",
    }


def _months(days: Days, monday: date) -> list[dict[str, Any]]:
    """The name of each month above its first whole week, where there is room for it."""
    found: list[dict[str, Any]] = []
    free = 0
    for step in range(days.length):
        day = days.first + timedelta(days=step)
        week = (day - monday).days // 7
        if week >= free and (step == 0 or (day.day <= 7 and day.weekday() == 0)):
            name = day.strftime("%b %Y" if day.month == 1 or step == 0 else "%b")
            found.append({"week": week, "month": name})
            free = week + (3 if len(name) == 3 else 4)
    return found


def _spec(width: int, parts: dict[str, Any]) -> dict[str, Any]:
    return {"config": CONFIG, "width": width, "autosize": {"type": "fit", "contains": "padding"}, **parts}
