"""The figures of a report, of a run or of a whole archive, as the variables of its templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from herald_spider.archive import counts
from herald_spider.archive.ledger import now
from herald_spider.archive.runs import Run, latest
from herald_spider.archive.schema import articles, facts, lines, runs, segments
from herald_spider.archive.view import View
from herald_spider.monitors.counts import group
from herald_spider.report.articles import articles_of, clusters, newest, section_tree
from herald_spider.report.charts import delay_bars, revision_chart, run_charts, section_bars
from herald_spider.report.days import all_days, last_year
from herald_spider.report.fields import coverage_table, fall_backs
from herald_spider.report.runs import Sums, archive_sums, sums_of, usual

RUNS = 50  # in charts
POOLED = 20  # runs whose coverage the report of an archive adds up
_READ = "herald/read/"
_TRAFFIC = {
    "downloader/request_count": "requests sent",
    "retry/count": "of these, retries",
    "downloader/response_count": "responses",
    "herald/not_modified": "articles not modified (304)",
    "robotstxt/forbidden": "addresses forbidden by robots.txt",
    "downloader/exception_count": "requests without a response",
}


def run_figures(view: View, connection: sa.Connection, run: Run) -> dict[str, Any]:
    """Return the figures of one run. Their cost grows with the run, not with the archive."""
    known, base = latest(connection, RUNS, until=run), articles_of(connection, run.job)
    days, tree = last_year(connection), section_tree(connection, base)
    recent = not tree and days is not None
    if recent and days:
        window = counts.published_between(days.first, days.last)
        tree = section_tree(connection, articles_of(connection, None).where(window))
    ended = now() if run.ended is None else run.ended
    fetched = articles.c.fetched.between(run.started, ended)
    return {
        **_common(view, connection, known, base, sums_of([run.stats])),
        "run": run,
        "usual": usual(run, known),
        "newest": newest(view, connection, base),
        "days": days,
        "sections": tree,
        "section_bars": section_bars(tree),
        "recent_sections": recent,
        "coverage": coverage_table([run], known[1:]),
        "revisions": revision_chart(_by_day((each.started, each.revisions) for each in known)),
        "own_reasons": counts.all_reasons(connection, fetched),
    }


def archive_figures(view: View, connection: sa.Connection) -> dict[str, Any]:
    """Return the figures of a whole archive."""
    known, base = latest(connection, RUNS), articles_of(connection, None)
    tree = section_tree(connection, base)
    pooled = [run for run in known if any(name.startswith(_READ) for name in run.stats)]
    return {
        **_common(view, connection, known, base, archive_sums(connection)),
        "run": None,
        "totals": counts.totals(connection),
        "number_of_runs": counts.count(connection, sa.select(sa.func.count()).select_from(runs)),
        "days": all_days(connection),
        "sections": tree,
        "section_bars": section_bars(tree),
        "recent_sections": False,
        "coverage": coverage_table(pooled[:POOLED], []),
        "revisions": revision_chart(_by_day(_revisions(connection))),
    }


def _common(
    view: View, connection: sa.Connection, known: list[Run], base: sa.Select[Any], sums: Sums
) -> dict[str, Any]:
    """Return the figures that both reports have."""
    states, total = counts.states(connection)
    stats = sums.stats
    return {
        "site": connection.scalar(sa.select(facts.c.value).where(facts.c.name == "site")),
        "written": now(),
        "runs": known,
        "run_charts": run_charts(known),
        "summed": sums.runs,
        "slowest": sums.slowest,
        "fall_backs": fall_backs(stats),
        "delay_bars": delay_bars(group(stats, "herald/delay/")),
        "traffic": [(words, stats[name]) for name, words in _TRAFFIC.items() if name in stats],
        "responses": dict(sorted(group(stats, "downloader/response_status_count/").items())),
        "exceptions": group(stats, "downloader/exception_type_count/"),
        "clusters": clusters(view, connection, base),
        "states": states,
        "total": total,
        "undated": counts.undated(connection),
        "reasons": counts.all_reasons(connection),
    }


def _revisions(connection: sa.Connection) -> Iterable[tuple[int, int]]:
    """Return the start of each run that found revisions, and their number."""
    query = sa.select(runs.c.started, sa.func.count()).select_from(lines)
    query = query.join(segments, segments.c.number == lines.c.segment)
    query = query.join(runs, runs.c.job == segments.c.run)
    found = connection.execute(query.where(lines.c.revision > 1).group_by(runs.c.started))
    return [(started, number) for started, number in found]


def _by_day(found: Iterable[tuple[int, int]]) -> Counter[date]:
    """Return numbers by the day in Seoul of their moments."""
    days = Counter[date]()
    for moment, number in found:
        days[counts.day_of(moment)] += number
    return days
