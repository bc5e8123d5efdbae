"""The head of a report: its headline, a sentence, and the key numbers."""

from __future__ import annotations

from dataclasses import dataclass

from herald_spider.report.figures import Figures
from herald_spider.report.runs import BAD, GOOD, Run
from herald_spider.report.words import day_name, duration, plain, plural, utc

UNKNOWN = "–"


@dataclass(frozen=True)
class Tile:
    """A key number; `level` colours it where it is to be looked at."""

    name: str
    value: str
    note: str = ""
    level: str = ""


@dataclass(frozen=True)
class Head:
    """What a report says first; `level` is that of a run, see `Run.level`."""

    title: str
    level: str
    headline: str
    lead: str
    tiles: list[Tile]


def head(figures: Figures) -> Head:
    return _of_run(figures, figures.run) if figures.run else _of_archive(figures)


# Of a run ----------------------------------------------------------------------------------


def _of_run(figures: Figures, run: Run) -> Head:
    title = f"{plain(run.headline, 80)}: {plain(run.spider)}, {utc(run.started)}"
    return Head(title, run.level, plain(run.headline), _lead(run), _run_tiles(figures, run))


def _lead(run: Run) -> str:
    kept = f"It kept {_kept(run)}"
    if run.ended is None:
        return f"{kept} before it fell silent. Nothing is lost: the next run takes up what it had found."
    took = f" in {duration(run.seconds)}."
    known = run.number("herald/duplicates") + run.number("herald/not_modified")
    unchanged = f" {plural(known, 'article')} that it looked at had not changed." if known else ""
    ends = [
        f"{run.number(f'herald/{name}'):,} {words}"
        for name, words in (("gone", "gone"), ("failed", "failed"), ("rejected", "rejected"))
        if run.number(f"herald/{name}")
    ]
    return kept + took + unchanged + (f" Not kept: {', '.join(ends)}." if ends else "")


def _kept(run: Run) -> str:
    if not run.lines:
        return "no article"
    new = plural(run.new, "new article")
    return f"{new} and {plural(run.revisions, 'revision')}" if run.revisions else new


def _run_tiles(figures: Figures, run: Run) -> list[Tile]:
    usual = figures.usual

    def compared(name: str) -> str:
        return f"usually {usual[name]:,}" if name in usual else ""

    def counted(name: str, title: str, level: str = "") -> Tile:
        """A number that stands in the stats alone, which a killed run has not left."""
        number = run.number(f"herald/{name}")
        return Tile(title, f"{number:,}" if run.stats else UNKNOWN, compared(name), level if number else "")

    took = f"usually {duration(usual['seconds'])}" if usual else ""
    return [
        Tile("New articles", f"{run.new:,}", compared("new")),
        Tile("Revisions", f"{run.revisions:,}", compared("revisions")),
        counted("near_duplicates", "Near-duplicates"),
        counted("failed", "Failed", "look"),
        counted("rejected", "Rejected", "look"),
        counted("gone", "Gone"),
        Tile("Time", duration(run.seconds) if run.ended is not None else UNKNOWN, took),
        _archived(figures),
    ]


# Of an archive -----------------------------------------------------------------------------


def _of_archive(figures: Figures) -> Head:
    count, days = plural(figures.states["archived"], "article"), figures.days
    level = figures.runs[0].level if figures.runs else GOOD
    headline = f"{count}, {days.first.year}–{days.last.year}" if days else count
    lead = f"Published from {day_name(days.first)} to {day_name(days.last)}. " if days else ""
    return Head(
        f"The archive: {count}",
        level if figures.holds else BAD,
        headline,
        lead + _last(figures),
        _archive_tiles(figures),
    )


def _last(figures: Figures) -> str:
    if not figures.runs:
        return "No run is on record."
    run = figures.runs[0]
    words = plain(run.headline)
    return f"The last run, of {plain(run.spider)} on {utc(run.started)}: {words[:1].lower()}{words[1:]}. It kept {_kept(run)}."


def _archive_tiles(figures: Figures) -> list[Tile]:
    days, counts = figures.days, figures.counts
    length = [Tile("Days", f"{days.length:,}", f"{days.missing:,} without an article")] if days else []
    ends = [
        Tile(state.capitalize(), f"{number:,}", level=level if number else "")
        for state, level in (("failed", "look"), ("rejected", "look"), ("gone", ""))
        for number in [figures.states[state]]
    ]
    return [
        _archived(figures), *length, Tile("Revisions", f"{counts['revisions']:,}"),
        Tile("Near-duplicates", f"{counts['near_duplicates']:,}"), *ends,
        Tile("Runs", f"{counts['runs']:,}", plural(counts["segments"], "segment")),
    ]  # fmt: skip


def _archived(figures: Figures) -> Tile:
    waiting = figures.states["discovered"] + figures.states["failed"]
    return Tile("In the archive", f"{figures.states['archived']:,}", f"{waiting:,} waiting")
