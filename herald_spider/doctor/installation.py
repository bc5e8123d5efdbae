"""``scrapy doctor``: what is wrong with an installation, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from herald_spider.doctor import archives, ledger, network, packages, services, settings
from herald_spider.doctor.finding import OK, WARNING, WRONG, Check, Checkup, Finding, wrong
from herald_spider.doctor.output import Line
from herald_spider.logs import without_secrets

# A new check is one line here; each says nothing of what does not concern it.
LOCAL: tuple[tuple[str, Check], ...] = (
    ("Python", packages.python),
    ("packages", packages.packages),
    ("settings", settings.settings),
    ("contact", settings.contact),
    ("politeness", settings.politeness),
    ("archive", archives.folder),
    ("disk", services.disk),
    ("ledger", ledger.ledger),
    ("segments", archives.segment_files),
    ("runs", archives.unended),
    ("monitors", archives.monitors),
    ("Redis", services.redis),
    ("renderer", services.renderer),
)
SITE: tuple[tuple[str, Check], ...] = (
    ("site", network.site),
    ("robots.txt", network.robots),
    ("clock", network.clock),
)
_WIDTHS = (9, 12)


@dataclass(frozen=True)
class Result:
    """A finding and the check that found it."""

    check: str
    finding: Finding


def run(checks: tuple[tuple[str, Check], ...], checkup: Checkup) -> Iterator[Result]:
    """The findings of each check, whatever becomes of the others."""
    for name, check in checks:
        try:
            for finding in check(checkup):
                yield Result(name, _told(finding))
        except Exception as error:  # noqa: BLE001 - a check that fails must not stop the others; it is told
            text = f"this check failed itself: {type(error).__name__}: {error}"
            yield Result(name, _told(wrong(text, "a mistake of Herald Spider's: report it")))


def _told(finding: Finding) -> Finding:
    """The finding as it may be told: a setting that is wrong may be an address with a password."""
    return replace(finding, found=without_secrets(finding.found), todo=without_secrets(finding.todo))


def line(result: Result) -> Line:
    finding = result.finding
    todo = f" → {finding.todo}" if finding.todo else ""
    return Line(
        (finding.level, result.check, f"{finding.found}{todo}"), _WIDTHS, style=finding.level, wrap=True
    )


def last_line(results: list[Result]) -> Line:
    counts = {level: sum(each.finding.level == level for each in results) for level in (OK, WARNING, WRONG)}
    text = ", ".join(f"{level} {count}" for level, count in counts.items())
    return Line((text,), style="title")


def is_wrong(results: list[Result]) -> bool:
    return any(each.finding.level == WRONG for each in results)


def as_json(results: list[Result]) -> dict[str, Any]:
    checks = [{"check": each.check, **asdict(each.finding)} for each in results]
    return {"is_wrong": is_wrong(results), "checks": checks}
