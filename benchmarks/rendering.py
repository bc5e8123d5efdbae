"""Time and memory for a rendered page, compared with a plain page: python -m benchmarks.rendering [--pages 40]

Needs the services that .ci/services installs. Each run is a crawl of the demo newspaper in its own process. Memory
is that of the renderer with all its child processes; memory pages that they share are counted once (PSS).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from pathlib import Path

from tests.demo import ROOT, SETTINGS, fetch, truth
from tests.faulty_demo import running_demo
from tests.splash_service import Splash


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder, running_demo(articles=pages * 4) as base:
        given = [key for key, item in truth(base).items() if len(key) == 8 and item["body"]][:pages]
        server = Splash(Path(folder))
        server.start()
        try:
            assert server.process
            plain = crawl(base, given, Path(folder) / "plain")
            for article in given:
                query = urllib.parse.urlencode({"of": f"/article/{article}", "kind": "xhr"})
                fetch(f"{base}/control/shell?{query}", post=True)
            by_splash = crawl(base, given, Path(folder) / "splash", server.process.pid, SPLASH_URL=server.url)
            by_chromium = crawl(base, given, Path(folder) / "playwright", HERALD_RENDERER="playwright")
        finally:
            server.kill()
    print(f"{len(given)} articles, one at a time")
    print(f"{'':12}{'ms a page':>10}{'ratio':>8}{'renderer MB':>13}")
    for name, (seconds, memory) in {"plain": plain, "splash": by_splash, "playwright": by_chromium}.items():
        each = f"{memory / 1e6:13.0f}" if memory else f"{'-':>13}"
        print(f"{name:12}{1000 * seconds / len(given):10.0f}{seconds / plain[0]:8.1f}{each}")


def crawl(
    base: str, given: list[str], archive: Path, renderer: int = 0, **settings: str
) -> tuple[float, int]:
    """Return the seconds of a crawl, and the peak memory of the renderer in bytes."""
    command = [sys.executable, "-m", "scrapy", "crawl", "urls", "-a", "url=" + ",".join(given), *SETTINGS]
    command += ["-s", "CONCURRENT_REQUESTS=1"]
    environment = {**os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": str(archive), **settings}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            # Chromium and its driver are children of the crawl, whose own memory is not counted.
            watched = [renderer, *children(renderer)] if renderer else children(process.pid)
            most[0] = max(most[0], sum(map(memory_of, watched)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, log = process.communicate()
    done.set()
    watcher.join()
    articles = re.search(r"'herald/articles': (\d+)", log)
    assert articles, log[-3000:]
    assert int(articles[1]) == len(given), log[-3000:]
    seconds = re.search(r"'elapsed_time_seconds': ([\d.]+)", log)
    assert seconds
    return float(seconds[1]), most[0]


def children(pid: int) -> list[int]:
    try:
        own = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return own + [below for each in own for below in children(each)]


def memory_of(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    if not shutil.which("chromium"):
        sys.exit("no chromium: sh .ci/services installs it")
    main()
