"""Reports: one self-contained page of HTML on a run, or on a whole archive."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import quote

from herald_spider.archive.view import View
from herald_spider.report.figures import Figures, of_archive, of_run
from herald_spider.report.page import page
from herald_spider.report.runs import Run
from herald_spider.text.output import destination

FOLDER = "reports"
ARCHIVE = "archive"
_MOST = 100  # characters of a job in a file's name


def write_run(view: View, run: Run) -> Path:
    """Write the report of a run into the archive; its path."""
    path = path_of(view, run)
    write(view, run, path)
    return path


def write(view: View, run: Run | None, path: Path | None) -> None:
    """Write the report of a run, or of the archive, to a file; None is the standard output."""
    with view.snapshot() as connection:
        figures = of_run(view, connection, run) if run else of_archive(view, connection)
    if path and path.parent == view.folder / FOLDER:
        path.parent.mkdir(exist_ok=True)
    # Who knows where the standard output is kept? No link would lead from there.
    text = page(figures, _links(view, figures, path) if path else {})
    with destination(path) as file:
        file.write(text.encode("utf-8", "replace"))


def path_of(view: View, run: Run | None) -> Path:
    """Where the report of a run is kept, or that of the archive."""
    return view.folder / FOLDER / f"{file_name(run.job) if run else ARCHIVE}.html"


def file_name(job: str) -> str:
    """A job as the name of a file: what is no plain word gets a name of its own.

    >>> file_name("365f660e"), file_name("../a b")
    ('365f660e', 'a_b-2c2c791a')
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", job).strip("._-")[:_MOST]
    if name and name == job and name != ARCHIVE:
        return name
    return f"{name or 'job'}-{hashlib.sha256(job.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _links(view: View, figures: Figures, path: Path) -> dict[str, str]:
    """The addresses of the other reports that are there, by job; "" is that of the archive."""
    start = path.resolve().parent
    known = {run.job: path_of(view, run) for run in figures.runs} | {"": path_of(view, None)}
    there = {job: each for job, each in known.items() if each.is_file() or each.resolve() == path.resolve()}
    return {job: quote(os.path.relpath(each.resolve(), start)) for job, each in there.items()}
