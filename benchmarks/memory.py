"""Memory as a run grows: ``python -m benchmarks.memory``.

The peak of one crawl of 5,000 articles and of one of 100,000, everything on, from a local server in
another process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.crawling import FAST, ROOT


def crawl(articles: int) -> tuple[float, float]:
    """Seconds and peak (MB) of a crawl."""
    command = [sys.executable, "-m", "benchmarks.crawling", "--serve", "--articles", str(articles)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout
        base = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        found = measured(base, Path(folder))
        server.terminate()
    return found


def measured(base: str, folder: Path) -> tuple[float, float]:
    settings = [f"-s{name}={value}" for name, value in FAST.items()]
    began, log = time.monotonic(), folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", "herald", *settings],
            cwd=ROOT, stderr=file,
            env={**os.environ, "HERALD_BASE_URL": base, "HERALD_ARCHIVE": str(folder / "archive")},
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        sys.exit(log.read_text()[-3000:])
    return time.monotonic() - began, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=5_000)
    parser.add_argument("--large", type=int, default=100_000)
    options = parser.parse_args()
    print("articles  seconds  MB at most")
    peaks = []
    for articles in (options.small, options.large):
        seconds, peak = crawl(articles)
        peaks.append(peak)
        print(f"{articles:8} {seconds:8.0f} {peak:11.0f}", flush=True)
    print(f"{peaks[1] / peaks[0]:.2f} times as much")


if __name__ == "__main__":
    main()
