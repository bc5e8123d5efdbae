"""Reports: one self-contained HTML page about a run, or about a whole archive."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import quote

from herald_spider.archive.runs import Run
from herald_spider.archive.view import View
from herald_spider.report.figures import archive_figures, run_figures
from herald_spider.report.page import render
from herald_spider.text.console import destination

FOLDER = "reports"
ARCHIVE = "archive"
_LONGEST = 100  # characters of a job id in a file name


def write(view: View, run: Run | None, path: Path | None) -> None:
    """Write the report of a run, or of the archive if `run` is None, to `path`; None is standard output."""
    with view.snapshot() as connection:
        figures = run_figures(view, connection, run) if run else archive_figures(view, connection)
    if path and path.parent == view.folder / FOLDER:
        path.parent.mkdir(exist_ok=True)
    # Relative links to other reports need a place to start from, which standard output does not have.
    text = render(figures, _links(view, figures["runs"], path) if path else {})
    with destination(path) as file:
        file.write(text.encode("utf-8", "replace"))


def path_of(view: View, run: Run | None) -> Path:
    """Return the default path of a run's report, or of the archive's."""
    return view.folder / FOLDER / f"{file_name(run.job) if run else ARCHIVE}.html"


def file_name(job: str) -> str:
    """Return a job id as a file name; a hash keeps ids apart that are no plain file names.

    >>> file_name("365f660e"), file_name("../a b")
    ('365f660e', 'a_b-2c2c791a')
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", job).strip("._-")[:_LONGEST]
    if name and name == job and name != ARCHIVE:
        return name
    return f"{name or 'job'}-{hashlib.sha256(job.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _links(view: View, runs: list[Run], path: Path) -> dict[str, str]:
    """Return the relative URLs of the other reports that exist, by job; "" is the archive's."""
    start = path.resolve().parent
    paths = {run.job: path_of(view, run) for run in runs} | {"": path_of(view, None)}
    existing = {job: each.resolve() for job, each in paths.items() if each.is_file() or each == path}
    return {job: quote(os.path.relpath(each, start)) for job, each in existing.items()}
