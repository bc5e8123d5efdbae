"""Reports: one self-contained page of HTML on a run, or on a whole archive."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import quote

from herald_spider.archive.formats import destination
from herald_spider.archive.view import View
from herald_spider.report.figures import Figures, of_archive, of_run
from herald_spider.report.page import page
from herald_spider.report.runs import Run

FOLDER = "reports"
ARCHIVE = "archive"
_MOST = 100  # characters of a job in a file's name


def write_run(view: View, run: Run, path: Path | None = None) -> Path:
    """Write the report of a run; its path."""
    with view.snapshot() as connection:
        figures = of_run(view, connection, run)
    return _write(view, figures, path or path_of(view, run.job))


def write_archive(view: View, path: Path | None = None) -> Path:
    """Write the report of an archive; its path."""
    with view.snapshot() as connection:
        figures = of_archive(view, connection)
    return _write(view, figures, path or path_of(view, None))


def path_of(view: View, job: str | None) -> Path:
    """Where the report of a job is kept, or that of the archive."""
    return view.folder / FOLDER / f"{ARCHIVE if job is None else file_name(job)}.html"


def file_name(job: str) -> str:
    """A job as the name of a file: what is no plain word gets a name of its own.

    >>> file_name("365f660e"), file_name("../a b")
    ('365f660e', 'a_b-2c2c791a')
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", job).strip("._-")[:_MOST]
    if name and name == job and name != ARCHIVE:
        return name
    return f"{name or 'job'}-{hashlib.sha256(job.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _write(view: View, figures: Figures, path: Path) -> Path:
    if path.parent == view.folder / FOLDER:
        path.parent.mkdir(exist_ok=True)
    text = page(figures, _links(view, figures, path))
    with destination(path) as file:
        file.write(text.encode("utf-8", "replace"))
    return path


def _links(view: View, figures: Figures, path: Path) -> dict[str, str]:
    """The addresses of the other reports that are there, by job; "" is that of the archive."""
    start = path.resolve().parent
    known = {run.job: path_of(view, run.job) for run in figures.runs} | {"": path_of(view, None)}
    there = {job: each for job, each in known.items() if each.is_file() or each.resolve() == path.resolve()}
    return {job: quote(os.path.relpath(each.resolve(), start)) for job, each in there.items()}
