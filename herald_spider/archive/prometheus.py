"""The figures of `scrapy status` in Prometheus' text format, for the textfile collector of its node exporter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_Samples = Iterable[tuple[dict[str, str], int | None]]


def metrics(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines for what `status` returned. All are gauges; what is not known is left out."""
    states = (({"state": name}, number) for name, number in found["states"].items())
    waiting = (({"reason": name}, number) for name, number in found["waiting"].items())
    disk = (({"part": name}, number) for name, number in found["disk"].items())
    spiders = found["spiders"]
    yield from _gauge("articles", "Articles by state.", states)
    yield from _gauge("waiting_articles", "Articles that are not archived yet.", waiting)
    yield from _gauge("lines", "Lines of all segments.", [({}, found["lines"])])
    yield from _gauge("disk_bytes", "Size of the segments and the ledger.", disk)
    for name, text, key in (
        ("last_good_run_timestamp_seconds", "End of the last run that finished.", "last_good_time"),
        ("last_good_run_age_seconds", "Time since then.", "age"),
        ("last_good_run_duration_seconds", "Length of that run.", "seconds"),
        ("failed_runs", "Runs since then that did not end well.", "failures"),
        ("overdue", "1 if the plan of the schedule is not kept.", "overdue"),
        ("failed_monitors", "Monitors that failed in the last run with monitors.", "failed_monitors"),
    ):
        yield from _gauge(name, text, (({"spider": each["spider"]}, each[key]) for each in spiders))


def _gauge(name: str, text: str, samples: _Samples) -> Iterator[str]:
    lines = [f"herald_{name}{_labels(labels)} {int(value)}" for labels, value in samples if value is not None]
    if lines:
        yield f"# HELP herald_{name} {text}"
        yield f"# TYPE herald_{name} gauge"
        yield from lines


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}" if labels else ""
