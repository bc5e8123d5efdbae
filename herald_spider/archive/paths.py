"""The paths of an archive: its folder, its ledger and the folder of its segments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from herald_spider.archive.database import ArchiveError
from herald_spider.option_types import NONE, archive_problem

LEDGER = "ledger.sqlite"
SEGMENTS = "articles"


def folder_of(settings: Mapping[str, Any]) -> Path:
    """Return the folder of the archive that HERALD_ARCHIVE names. Raises `ArchiveError` if there is none."""
    name = settings["HERALD_ARCHIVE"] or ""
    if problem := archive_problem(name):
        raise ArchiveError("bad_settings", f"HERALD_ARCHIVE={name!r}: {problem}.")
    if name == NONE:
        raise ArchiveError(
            "no_archive", "HERALD_ARCHIVE is none: nothing is kept. Set it to an archive's folder."
        )
    folder = Path(name)
    if not folder.is_dir():
        hint = (
            "it is a file; name a folder" if folder.exists() else "a crawl makes one; or name another folder"
        )
        raise ArchiveError("no_archive", f"No archive in {name} (HERALD_ARCHIVE): {hint}.")
    return folder


def ledger_file(folder: Path, url: str) -> Path | None:
    """Return the file of the ledger, or None if a database server has it."""
    if not url:
        return folder / LEDGER
    try:
        parts = sa.make_url(url)
    except ArgumentError:
        raise ArchiveError("bad_settings", "HERALD_LEDGER_URL is no address of a database.") from None
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None
