"""Scrapy commands in processes forked from one that has imported everything, which saves most of their time.

Each process imports the settings itself, after its environment is set. Tests that send signals or need a
terminal start ``python -m scrapy`` themselves.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from pkgutil import walk_packages

import herald_spider

_SETTINGS = "herald_spider.settings"  # reads the environment
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "scrapy.cmdline",
        "scrapy.commands.check",
        "scrapy.commands.crawl",
        "scrapy.commands.shell",
        "scrapy.core.downloader.handlers.http11",
        "scrapy.downloadermiddlewares.httpcompression",
        "scrapy.downloadermiddlewares.robotstxt",
        "scrapy.extensions.telnet",
        "scrapy.extensions.throttle",
        "scrapy.spidermiddlewares.referer",
        "scrapy.squeues",
        "scrapy.utils.test",
        "spidermon.contrib.scrapy.extensions",
        "fastjsonschema",
        "fastwarc",
        "itemadapter",
        "itemloaders",
        "jinja2",
        "platformdirs",
        "protego",
        "pydantic.fields",
        "pydantic.types",
        "rensa",
        "rich.live",
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql",
        "tldextract",
        "twisted.web.server",  # of the demo
        "warcio",
        *(
            each.name
            for each in walk_packages(herald_spider.__path__, "herald_spider.")
            if each.name != _SETTINGS
        ),
    ]
)


def start(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path, errors: Path
) -> ForkServerProcess:
    """Start ``python -m scrapy`` with `arguments` in `folder`; it writes into the files `output` and `errors`."""
    process = _CONTEXT.Process(target=_run, args=(list(arguments), folder, dict(environment), output, errors))
    process.start()
    return process


def launch(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m scrapy`` with `arguments` in `folder`; return its status and output. Raise TimeoutExpired."""
    with tempfile.TemporaryDirectory() as kept:
        output, errors = Path(kept, "stdout"), Path(kept, "stderr")
        process = start(arguments, folder, environment, output, errors)
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout, output.read_text(), errors.read_text())
        return subprocess.CompletedProcess(
            list(arguments), process.exitcode, output.read_text("utf-8"), errors.read_text("utf-8")
        )


def _run(arguments: list[str], folder: Path, environment: dict[str, str], output: Path, errors: Path) -> None:
    for path, number in ((output, 1), (errors, 2)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["scrapy", *arguments]
    sys.path[:0] = [str(folder)]
    sys.modules.pop(_SETTINGS, None)
    vars(herald_spider).pop("settings", None)
    runpy.run_module("scrapy", run_name="__main__", alter_sys=True)
