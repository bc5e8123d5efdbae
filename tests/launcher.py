"""Scrapy in processes that are forked where its imports end, which are half the time of a short run.

The server that they are forked from holds libraries alone: the project is imported by each
process, after its environment is set. Tests that send signals, or look at a terminal, start
``python -m scrapy`` themselves.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "scrapy.cmdline",
        "scrapy.core.downloader.handlers.http11",
        "spidermon.contrib.scrapy.extensions",
        "itemadapter",
        "itemloaders",
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql",
        "tldextract",
        "protego",
        "rich.live",
        "twisted.web.server",  # of the demo
    ]
)


def launch(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m scrapy`` with `arguments` in `folder`; what it printed, as of `subprocess.run`."""
    with tempfile.TemporaryDirectory() as kept:
        said, errors = Path(kept, "stdout"), Path(kept, "stderr")
        process = _CONTEXT.Process(
            target=_run, args=(list(arguments), folder, dict(environment), said, errors)
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout, said.read_text(), errors.read_text())
        return subprocess.CompletedProcess(
            list(arguments), process.exitcode, said.read_text("utf-8"), errors.read_text("utf-8")
        )


def _run(arguments: list[str], folder: Path, environment: dict[str, str], said: Path, errors: Path) -> None:
    for path, number in ((said, 1), (errors, 2)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["scrapy", *arguments]
    sys.path[:0] = [str(folder)]
    # The main module of a command of ours, which a new process imports first, brings the project in.
    for name in [each for each in sys.modules if each.partition(".")[0] in ("herald_spider", "demo")]:
        del sys.modules[name]
    runpy.run_module("scrapy", run_name="__main__", alter_sys=True)
