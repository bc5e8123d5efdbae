"""Helpers that run Scrapy against the demo newspaper, in a process of its own as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from herald_spider import settings
from tests.launcher import launch
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[1]
FAST = {
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "0",
    "CONCURRENT_REQUESTS": "8",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "8",
    "STATS_DUMP": "1",  # many tests read the counts
}

# The report of a run takes half a second: only the tests of reports need it.
QUIET = {"HERALD_ARCHIVE": "none", "HERALD_REPORT": "off"}
SETTINGS = [part for name, value in FAST.items() for part in ("-s", f"{name}={value}")]


def scrapy(
    *arguments: str, base: str, timeout: float = PATIENCE, fresh: bool = False, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``scrapy`` in the project, with HERALD_ARCHIVE ``none`` unless it is given.

    `fresh` starts a new Python, for environment variables that Python reads at its start.
    """
    variables = {**os.environ, **QUIET, "HERALD_BASE_URL": base, **environment}
    if not fresh:
        return launch(arguments, ROOT, variables, timeout)
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT, env=variables, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def crawl(
    *arguments: str, base: str, fast: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``scrapy crawl herald``, without delays if `fast`."""
    return scrapy("crawl", "herald", *(SETTINGS if fast else []), *arguments, base=base, **environment)


NO_REVISITS = {"HERALD_REVISIT_HOURS": "0"}
ALL_REVISITS = {"HERALD_REVISIT_HOURS": "999999"}


def run(base: str, archive: Path, *arguments: str, spider: str = "herald", **environment: str) -> str:
    """Run a crawl that must succeed, without revisits unless `environment` has them; return its log."""
    variables = {**NO_REVISITS, "HERALD_ARCHIVE": str(archive), **environment}
    done = scrapy("crawl", spider, *SETTINGS, *arguments, base=base, **variables)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@contextmanager
def started(base: str, archive: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``scrapy crawl`` in the background; kill it at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", *arguments],
        cwd=ROOT,
        env={**os.environ, "HERALD_ARCHIVE": str(archive), "HERALD_BASE_URL": base, **environment},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def project_settings(**values: Any) -> dict[str, Any]:
    """Return the project's settings without archive and site, overridden by `values`."""
    own = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    return {**own, "HERALD_ARCHIVE": "none", "HERALD_BASE_URL": "http://127.0.0.1:1", **values}


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def fetch(url: str, *, post: bool = False) -> bytes:
    with urllib.request.urlopen(
        urllib.request.Request(url, method="POST" if post else "GET"), timeout=PATIENCE
    ) as answer:
        body: bytes = answer.read()
    return body


def replace(base: str, path: str, content: bytes, kind: str = "text/xml") -> None:
    """Let the faulty demo answer `content` at `path` from now on."""
    query = urllib.parse.urlencode({"path": path, "type": kind})
    request = urllib.request.Request(f"{base}/control/replace?{query}", content, method="POST")
    urllib.request.urlopen(request, timeout=PATIENCE).close()


def truth(base: str) -> dict[str, dict[str, Any]]:
    """Return the item that a faultless crawl makes of each article, by id."""
    items = map(json.loads, fetch(f"{base}/truth.jsonl").decode().splitlines())
    return {item["id"]: item for item in items}


def kept(archive: Path) -> list[dict[str, Any]]:
    """Return the lines of all segments of an archive, in the order of the segments."""
    return [line for path in sorted(archive.glob("articles/*.jsonl")) for line in read_lines(path)]


def exported(archive: Path) -> list[dict[str, Any]]:
    """Return what ``scrapy export`` writes of an archive: its lines, with all listings that were found later."""
    done = scrapy("export", base="http://127.0.0.1:1", HERALD_ARCHIVE=str(archive))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def differences(
    items: Iterable[dict[str, Any]], expected: dict[str, dict[str, Any]], apart: Collection[str]
) -> dict[tuple[str, str, str], tuple[Any, Any]]:
    """Return the pairs (item's value, true value) that differ, by layout, field and id. Skip the fields `apart`."""
    return {
        (item["layout"], field, item["id"]): (item[field], value)
        for item in items
        for field, value in expected[item["id"]].items()
        if item[field] != value and field not in apart
    }
