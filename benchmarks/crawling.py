"""Crawling a local server in another process: everything on, beside a bare Scrapy spider.

``python -m benchmarks.crawling``: Herald Spider walks the listings of the demo newspaper and keeps every
article (ledger, near-duplicates, segments, monitors, report); the bare spider asks for the same articles
and reads none. The server answers from memory what it has rendered in a first crawl, which is not counted.
Fundus and news-please (benchmarks/peers.py) fetch and read a sample from the whole list, and keep nothing;
their start is not counted. They run in environments of their own, made in .bench at the first time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from aiohttp import web

from benchmarks.peers import CRAWLERS
from benchmarks.reading import environment
from herald_spider.archive import LEDGER
from herald_spider.demo import Newspaper
from herald_spider.demo.router import XML, Answer, Router

ROOT = Path(__file__).parents[1]
FAST = {
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "0",
    "CONCURRENT_REQUESTS": "16",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "STATS_DUMP": "0",
}
_MAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def addresses(newspaper: Newspaper, base: str) -> list[str]:
    """Of all that can be read."""
    return [story.url.replace("https://www.koreaherald.com", base) for story in newspaper.readable()]


def sample(urls: list[str], count: int) -> list[str]:
    """`count` of them, spread over the whole."""
    return [urls[each * len(urls) // count] for each in range(count)]


def site_map(urls: list[str]) -> Answer:
    entries = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return Answer(_MAP.format(entries).encode(), XML)


def serve(articles: int) -> None:
    """Print the port, then answer until standard input is closed."""
    router = Router(Newspaper(articles))
    known: dict[str, Answer] = {}

    def page(request: web.Request) -> Answer:
        base = f"http://{request.host}"
        if request.path == "/sample.xml":
            return site_map(sample(addresses(router.newspaper, base), int(request.query["count"])))
        return router.answer(request.path, parse_qs(request.query_string), base)

    async def answer(request: web.Request) -> web.Response:
        path = request.path_qs
        found = known[path] = known.get(path) or page(request)
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


@contextmanager
def serving(articles: int) -> Iterator[str]:
    """The address of a server in a process of its own, as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks.crawling", "--serve", "--articles", str(articles)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        if server.poll() is not None:
            sys.exit(f"The server ended (status {server.returncode}) before the crawls: nothing is counted.")
        server.terminate()


@dataclass
class Cost:
    """Of one run: seconds, those of the processor, articles, and MB at most."""

    seconds: float
    cpu: float
    brought: int | None = None
    peak: float | None = None


def measured(*command: str, **environment: str) -> Cost:
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", *command, *(f"-s{name}={value}" for name, value in FAST.items())],
            cwd=ROOT, env={**os.environ, **environment}, stderr=log,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        if status:
            log.seek(0)
            sys.exit(log.read()[-3000:])
    return Cost(seconds, used.ru_utime + used.ru_stime, peak=used.ru_maxrss / 1024)


def crawl(base: str, folder: Path) -> Cost:
    shutil.rmtree(folder, ignore_errors=True)
    cost = measured("crawl", "herald", HERALD_BASE_URL=base, HERALD_ARCHIVE=str(folder))
    with closing(sqlite3.connect(folder / LEDGER)) as ledger:
        [(cost.brought,)] = ledger.execute("SELECT count(*) FROM articles WHERE state = 'archived'")
    return cost


def bare(given: Path) -> Cost:
    return measured("runspider", "benchmarks/bare_spider.py", f"-afile={given}", HERALD_ARCHIVE="none")


def peer(title: str, base: str, urls: list[str], folder: Path) -> Cost:
    given = listed(folder / "sample", urls)
    python, site_map = environment(CRAWLERS[title][0]), f"{base}/sample.xml?count={len(urls)}"
    command = [str(python), "-m", "benchmarks.peers", title, site_map, str(given)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{title} failed:\n{done.stderr[-3000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def listed(file: Path, urls: list[str]) -> Path:
    file.write_text("\n".join(urls))
    return file


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=5000, help="default 5000")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    parser.add_argument("--peers", type=int, default=300, help="articles for them (default 300; 0: without)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.articles)
        return
    with tempfile.TemporaryDirectory() as folder, serving(options.articles) as base:
        found = compare(base, Path(folder), options)
    tell(found)


def compare(base: str, folder: Path, options: argparse.Namespace) -> dict[str, tuple[int, list[Cost]]]:
    """For each crawler, how many articles it is asked for and what its runs cost."""
    urls = addresses(Newspaper(options.articles), base)
    some = sample(urls, min(options.peers, len(urls)))
    given = listed(folder / "urls", urls)
    runs: dict[str, tuple[int, Callable[[], Cost]]] = {
        "bare Scrapy spider": (len(urls), lambda: bare(given)),
        "Herald Spider": (len(urls), lambda: crawl(base, folder / "archive")),
    }
    for title, (name, _) in CRAWLERS.items() if some else ():
        environment(name)
        runs[title] = len(some), partial(peer, title, base, some, folder)
    crawl(base, folder / "archive")
    found: dict[str, tuple[int, list[Cost]]] = {title: (count, []) for title, (count, _) in runs.items()}
    for _ in range(options.rounds):
        for title, (_, run) in runs.items():
            found[title][1].append(run())
    return found


def tell(found: dict[str, tuple[int, list[Cost]]]) -> None:
    rates = {}
    count, costs = found["Herald Spider"]
    print(f"{count} articles, {len(costs)} rounds\n{'':22} articles/s  CPU ms each  brought")
    for title, (count, costs) in found.items():
        rates[title] = count / statistics.median(cost.seconds for cost in costs)
        cpu = statistics.median(cost.cpu for cost in costs) / count
        brought = min((cost.brought for cost in costs if cost.brought is not None), default=None)
        note = "reads none" if brought is None else f"{brought} of {count}"
        print(f"{title:22} {rates[title]:10.0f} {1000 * cpu:12.1f}  {note}")
    faster = rates["Herald Spider"] / rates["bare Scrapy spider"]
    print(f"Herald Spider is {faster:.2f} times as fast as the bare one")


if __name__ == "__main__":
    main()
