"""The result of a check of the installation, and what the checks have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from herald_spider.archive import NONE

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from herald_spider.doctor.network import FirstLook

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True)
class Finding:
    """A result of the check `check`; `todo` says what to do, and is empty if there is nothing to do."""

    level: str
    check: str
    found: str
    todo: str = ""


ok, warning, error = (partial(Finding, level) for level in (OK, WARNING, ERROR))


@dataclass
class Checkup:
    """The input of the checks.

    `problem` is the reason and the text of why the site must not be asked, `site` is what it answered.
    """

    settings: BaseSettings
    problem: tuple[str, str] | None = None
    site: FirstLook | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of the archive; None if nothing is archived."""
        name = self.settings["HERALD_ARCHIVE"]
        return Path(name).absolute() if name and name != NONE else None

    @property
    def existing_folder(self) -> Path:
        """The folder of the archive, or the nearest folder above it that exists."""
        assert self.folder
        return next(each for each in (self.folder, *self.folder.parents) if os.path.exists(each))


Check: TypeAlias = Callable[[Checkup], Iterator[Finding]]
