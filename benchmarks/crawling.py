"""Crawling a local server in another process: everything on, beside a bare Scrapy spider.

``python -m benchmarks.crawling``: Herald Spider walks the listings of the demo newspaper and keeps every
article (ledger, near-duplicates, segments, monitors, report); the bare spider asks for the same articles
and reads none. The server answers from memory what it has rendered in a first crawl, which is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from aiohttp import web

from herald_spider.demo import Newspaper
from herald_spider.demo.router import Answer, Router

ROOT = Path(__file__).parents[1]
FAST = {
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "0",
    "CONCURRENT_REQUESTS": "16",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "STATS_DUMP": "0",
}


def serve(articles: int) -> None:
    """Print the port, then answer until standard input is closed."""
    router = Router(Newspaper(articles))
    known: dict[str, Answer] = {}

    async def answer(request: web.Request) -> web.Response:
        path, base = request.path_qs, f"http://{request.host}"
        if path not in known:
            known[path] = router.answer(request.path, parse_qs(request.query_string), base)
        found = known[path]
        return web.Response(
            body=found.body, status=found.status, headers={"Content-Type": found.type, **found.headers}
        )

    async def run() -> None:
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    asyncio.run(run())


@dataclass
class Cost:
    """Of one run."""

    seconds: float
    cpu: float
    peak: float  # MB


def measured(*command: str, **environment: str) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "scrapy", *command, *(f"-s{name}={value}" for name, value in FAST.items())],
        cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    _, log = process.communicate()
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        sys.exit(log[-3000:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, cpu, after.ru_maxrss / 1024)


def crawl(base: str, folder: Path) -> Cost:
    shutil.rmtree(folder, ignore_errors=True)
    return measured("crawl", "herald", HERALD_BASE_URL=base, HERALD_ARCHIVE=str(folder))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=5000, help="default 5000")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.articles)
        return
    command = [sys.executable, "-m", "benchmarks.crawling", "--serve", "--articles", str(options.articles)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout
        compare(f"http://127.0.0.1:{server.stdout.readline().strip()}", Path(folder), options)
        server.terminate()


def compare(base: str, folder: Path, options: argparse.Namespace) -> None:
    crawl(base, folder / "archive")
    stories = [story.url for story in Newspaper(options.articles).readable()]
    given = folder / "urls"
    given.write_text("\n".join(url.replace("https://www.koreaherald.com", base) for url in stories))
    ours, bare = [], []
    for _ in range(options.rounds):
        bare.append(
            measured("runspider", "benchmarks/bare_spider.py", f"-afile={given}", HERALD_ARCHIVE="none")
        )
        ours.append(crawl(base, folder / "archive"))
    print(f"{len(stories)} articles, {options.rounds} rounds\n{'':22} articles/s  CPU ms each")
    rates = {}
    for name, costs in (("bare Scrapy spider", bare), ("Herald Spider", ours)):
        seconds = statistics.median(cost.seconds for cost in costs)
        cpu = statistics.median(cost.cpu for cost in costs)
        rates[name] = len(stories) / seconds
        print(f"{name:22} {rates[name]:10.0f} {1000 * cpu / len(stories):12.1f}")
    print(
        f"Herald Spider is {rates['Herald Spider'] / rates['bare Scrapy spider']:.2f} times as fast as the bare one"
    )


if __name__ == "__main__":
    main()
