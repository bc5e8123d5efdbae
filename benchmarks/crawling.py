"""The speed of a crawl from a local server, with everything on, against a bare Scrapy spider and other crawlers.

``python -m benchmarks.crawling``: Herald Spider finds every article of the demo newspaper by its site maps or
by its listings (one listing page for every four articles) and archives it: ledger, near-duplicates, segments,
monitors, report. The bare spider requests the same articles and reads nothing, once with Scrapy's settings and
once with those of this project. Pages have 60 KB, as those of the site, and are gzipped. The server runs in
another process and answers from memory: a first crawl, which is not counted, makes it render the pages.

Fundus and news-please (benchmarks/peers.py) fetch and read a sample of the articles and keep nothing; their
start is not counted. They run in environments of their own, which are made in .bench at the first run.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
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
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from aiohttp import web

from benchmarks.peers import CRAWLERS
from benchmarks.reading import environment, furnished
from demo import Newspaper
from demo.router import HTML, XML, Answer, Router
from herald_spider.archive.paths import LEDGER

ROOT = Path(__file__).parents[1]
FAST = {
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "0",
    "CONCURRENT_REQUESTS": "16",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
}
BARE = "bare Scrapy spider"
_MAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def addresses(newspaper: Newspaper, base: str) -> list[str]:
    """Return the addresses of all articles that can be read."""
    return [story.url.replace("https://www.koreaherald.com", base) for story in newspaper.readable()]


def sample(urls: list[str], count: int) -> list[str]:
    """Return `count` of `urls`, evenly spread."""
    return [urls[each * len(urls) // count] for each in range(count)]


def site_map(urls: list[str]) -> Answer:
    entries = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return Answer(_MAP.format(entries).encode(), XML)


def packed(answer: Answer) -> Answer:
    """Return `answer` gzipped, with its page enlarged to the size of the site's pages."""
    if answer.status != 200 or not answer.type.startswith(HTML):
        return answer
    html = furnished(answer.body.decode("latin-1"))  # for any encoding
    return replace(
        answer,
        body=gzip.compress(html.encode("latin-1")),
        headers={**answer.headers, "Content-Encoding": "gzip"},
    )


def serve(articles: int, as_printed: bool) -> None:
    """Print the port, then serve until standard input is closed."""
    router = Router(Newspaper(articles))
    known: dict[str, Answer] = {}

    def page(request: web.Request) -> Answer:
        base = f"http://{request.host}"
        if request.path == "/sample.xml":
            return site_map(sample(addresses(router.newspaper, base), int(request.query["count"])))
        return router.answer(request.path, parse_qs(request.query_string), base)

    async def answer(request: web.Request) -> web.Response:
        path = request.path_qs
        if path not in known:
            known[path] = page(request) if as_printed else packed(page(request))
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


@contextmanager
def serving(articles: int, *, as_printed: bool = False) -> Iterator[str]:
    """Run a server in another process until the block ends; return its base address."""
    command = [sys.executable, "-m", "benchmarks.crawling", "--serve", "--articles", str(articles)]
    command += ["--as-printed"] * as_printed
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        if server.poll() is not None:
            sys.exit(
                f"The server ended with status {server.returncode} before the crawls did: run the benchmark again"
            )
        server.terminate()


@dataclass
class Cost:
    """The cost of one run: seconds, CPU seconds, archived articles, and peak memory in MB."""

    seconds: float
    cpu: float
    archived: int | None = None
    peak: float | None = None


def measured(*command: str, folder: Path = ROOT, **environment: str) -> Cost:
    """Run ``scrapy`` in `folder` and return its cost; exit with its log if it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "scrapy", *command, *(f"-s{name}={value}" for name, value in FAST.items())],
            cwd=folder, env={**os.environ, **environment}, stderr=log,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        if status:
            log.seek(0)
            sys.exit(log.read()[-3000:])
    return Cost(seconds, used.ru_utime + used.ru_stime, peak=used.ru_maxrss / 1024)


def crawl(base: str, folder: Path, spider: str = "herald") -> Cost:
    """Crawl `base` into a new archive in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    variables = {"HERALD_BASE_URL": base, "HERALD_ARCHIVE": str(folder)}
    cost = measured("crawl", spider, **variables)
    with closing(sqlite3.connect(folder / LEDGER)) as ledger:
        [(cost.archived,)] = ledger.execute("SELECT count(*) FROM articles WHERE state = 'archived'")
    return cost


def bare(given: Path, folder: Path) -> Cost:
    """Run the bare spider with the settings of the project in `folder`, or Scrapy's own if there is none."""
    spider = str(ROOT / "benchmarks" / "bare_spider.py")
    return measured(
        "runspider", spider, f"-afile={given}", "-sLOG_LEVEL=INFO", folder=folder, HERALD_ARCHIVE="none"
    )


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
    parser.add_argument(
        "--rounds", type=int, default=3, help="runs of each crawler; the median counts (default 3)"
    )
    parser.add_argument(
        "--peers",
        type=int,
        default=300,
        help="articles for the other crawlers, 0 to leave them out (default 300)",
    )
    parser.add_argument("--as-printed", action="store_true", help="pages of 13 KB, not gzipped")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.articles, options.as_printed)
        return
    server = serving(options.articles, as_printed=options.as_printed)
    with tempfile.TemporaryDirectory() as folder, server as base:
        found = compare(base, Path(folder), options)
    print_table(found)


def compare(base: str, folder: Path, options: argparse.Namespace) -> dict[str, tuple[int, list[Cost]]]:
    """Return, for each crawler, the number of articles that it is given and the costs of its runs."""
    urls = addresses(Newspaper(options.articles), base)
    some = sample(urls, min(options.peers, len(urls)))
    given = listed(folder / "urls", urls)
    archive = folder / "archive"
    runs: dict[str, tuple[int, Callable[[], Cost]]] = {
        BARE: (len(urls), partial(bare, given, folder)),
        "the same, own settings": (len(urls), partial(bare, given, ROOT)),
        "site maps": (len(urls), partial(crawl, base, archive, "sitemap")),
        "listings": (len(urls), partial(crawl, base, archive, "herald")),
    }
    for title, (name, _) in CRAWLERS.items() if some else ():
        environment(name)
        runs[title] = len(some), partial(peer, title, base, some, folder)
    for spider in ("herald", "sitemap"):
        crawl(base, archive, spider)
    found: dict[str, tuple[int, list[Cost]]] = {title: (count, []) for title, (count, _) in runs.items()}
    for _ in range(options.rounds):
        for title, (_, run) in runs.items():
            found[title][1].append(run())
    return found


def print_table(found: dict[str, tuple[int, list[Cost]]]) -> None:
    count, costs = found[BARE]
    limit = count / statistics.median(cost.seconds for cost in costs)
    print(f"{count} articles, {len(costs)} rounds\n{'':22} articles/s  × bare  CPU ms each  archived")
    for title, (count, costs) in found.items():
        rate = count / statistics.median(cost.seconds for cost in costs)
        cpu = statistics.median(cost.cpu for cost in costs) / count
        archived = min((cost.archived for cost in costs if cost.archived is not None), default=None)
        note = "reads nothing" if archived is None else f"{archived} of {count}"
        print(f"{title:22} {rate:10.0f} {rate / limit:7.2f} {1000 * cpu:12.1f}  {note}")


if __name__ == "__main__":
    main()
