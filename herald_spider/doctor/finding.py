"""What a check of the installation found, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from herald_spider.archive import NONE

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from herald_spider.doctor.network import SiteLook

OK, WARNING, WRONG = "ok", "warning", "wrong"


@dataclass(frozen=True)
class Finding:
    """`todo` is what mends it, empty where nothing has to be done."""

    level: str
    found: str
    todo: str = ""


def ok(found: str) -> Finding:
    return Finding(OK, found)


def warning(found: str, todo: str = "") -> Finding:
    return Finding(WARNING, found, todo)


def wrong(found: str, todo: str = "") -> Finding:
    return Finding(WRONG, found, todo)


@dataclass
class Checkup:
    """What checks look at. `problem` is what keeps us from asking the site: its reason and text."""

    settings: BaseSettings
    problem: tuple[str, str] | None = None
    site: SiteLook | None = None
    # Set by the check of the ledger; where it is not, that has said why, and checks that need them are silent.
    has_tables: bool = False

    @property
    def folder(self) -> Path | None:
        """The archive's; None where nothing is kept."""
        name = self.settings["HERALD_ARCHIVE"]
        return Path(name).absolute() if name and name != NONE else None


Check: TypeAlias = Callable[[Checkup], Iterable[Finding]]


def existing(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there, as far as we may look."""
    return next(each for each in (path, *path.parents) if os.path.exists(each))
