"""Python and the packages that Herald Spider was made for."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import scrapy
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from scrapy.settings import BaseSettings

import herald_spider
from herald_spider.doctor.finding import Checkup, Finding, ok, warning, wrong
from herald_spider.middlewares.rendering import PLAYWRIGHT

DISTRIBUTION = "herald-spider"
_OLDEST = ">=3.10"  # where no metadata says so


def python(_: Checkup) -> Iterator[Finding]:
    version, wanted = platform.python_version(), _OLDEST
    if found := distribution():
        wanted = (found.metadata.get_all("Requires-Python") or [_OLDEST])[0]
    if SpecifierSet(wanted).contains(version, prereleases=True):
        yield ok(f"{version}, {wanted} is needed")
    else:
        yield wrong(f"{version}, and {wanted} is needed", "make the virtual environment with a newer Python")


def packages(checkup: Checkup) -> Iterator[Finding]:
    """The packages that the installed metadata names, with the extras that the settings need."""
    here, found = Path(herald_spider.__file__).parent.parent, distribution()
    if found is None:
        yield warning(
            f"Herald Spider {herald_spider.__version__} runs from {here} and is not installed (Scrapy "
            f"{scrapy.__version__}): what it needs is not known",
            f"pip install --editable {here}, in a checkout; an egg has it from the one who made it",
        )
        return
    extras = wanted_extras(checkup.settings)
    faults = list(_faults(found, extras))
    if found.version != herald_spider.__version__:
        text = f"Herald Spider {herald_spider.__version__} runs from {here}, installed is {found.version}"
        yield warning(text, "pip install it again, or leave the folder of the other")
    if faults:
        names = f"[{','.join(sorted(extras))}]" if extras else ""
        yield wrong("; ".join(faults), f"pip install --upgrade '.{names}' in its checkout")
        return
    count, with_extras = (
        len(list(_wanted(found, extras))),
        f" (extras {', '.join(sorted(extras))})" * bool(extras),
    )
    yield ok(f"Herald Spider {found.version}, Scrapy {scrapy.__version__}, all {count} packages{with_extras}")


def distribution() -> metadata.Distribution | None:
    """The installed metadata; None in a checkout, or an egg that came without."""
    try:
        return metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return None


def wanted_extras(settings: BaseSettings) -> set[str]:
    """The extras of the package that the settings cannot do without."""
    ledger = str(settings["HERALD_LEDGER_URL"] or "")
    wants = {
        "cluster": bool(settings["HERALD_REDIS_URL"]) or ledger.startswith("postgres"),
        "playwright": settings["HERALD_RENDERER"] == PLAYWRIGHT,
        "notify": bool(settings.get("HERALD_NOTIFY")),
    }
    return {name for name, wanted in wants.items() if wanted}


def _wanted(found: metadata.Distribution, extras: set[str]) -> Iterator[Requirement]:
    for text in found.requires or ():
        requirement = Requirement(text)
        own = canonicalize_name(requirement.name) == DISTRIBUTION  # an extra made of others
        asked = (
            any(requirement.marker.evaluate({"extra": each}) for each in ("", *extras))
            if requirement.marker
            else True
        )
        if asked and not own:
            yield requirement


def _faults(found: metadata.Distribution, extras: set[str]) -> Iterator[str]:
    for requirement in _wanted(found, extras):
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{requirement.name} is not there"
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement.name} {version} is there, {requirement.specifier} is needed"
