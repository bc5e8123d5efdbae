"""Crawling a local server in another process: everything on, beside a bare Scrapy spider.

``python -m benchmarks.crawling``: Herald Spider keeps every article of the demo newspaper (ledger,
near-duplicates, segments, monitors, report), which it finds in its site maps, or in its listings, of which it
asks one page for every four articles. As it comes it gets itself a process that reads; with HERALD_READERS=0 it reads
alone. The bare
spider asks for the same articles and reads none, as Scrapy comes and with the settings of this project.
Pages have the 60 KB of the site's, gzipped. The server answers from memory what it has rendered in a first
crawl, which is not counted.
Fundus and news-please (benchmarks/peers.py) fetch and read a sample from the whole list, and keep nothing;
their start is not counted. They run in environments of their own, made in .bench at the first time.
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
    "STATS_DUMP": "0",
}
BARE = "bare Scrapy spider"
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


def packed(answer: Answer) -> Answer:
    """A page as large as the site's, gzipped."""
    if answer.status != 200 or not answer.type.startswith(HTML):
        return answer
    html = furnished(answer.body.decode("latin-1"))  # whatever it is encoded in
    return replace(
        answer,
        body=gzip.compress(html.encode("latin-1")),
        headers={**answer.headers, "Content-Encoding": "gzip"},
    )


def serve(articles: int, as_printed: bool) -> None:
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
    """The address of a server in a process of its own, as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks.crawling", "--serve", "--articles", str(articles)]
    command += ["--as-printed"] * as_printed
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


def measured(*command: str, folder: Path = ROOT, **environment: str) -> Cost:
    """What ``scrapy`` costs, in this project unless another `folder` is given."""
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


def crawl(base: str, folder: Path, spider: str = "herald", readers: str = "auto") -> Cost:
    shutil.rmtree(folder, ignore_errors=True)
    variables = {"HERALD_BASE_URL": base, "HERALD_ARCHIVE": str(folder), "HERALD_READERS": readers}
    cost = measured("crawl", spider, **variables)
    with closing(sqlite3.connect(folder / LEDGER)) as ledger:
        [(cost.brought,)] = ledger.execute("SELECT count(*) FROM articles WHERE state = 'archived'")
    return cost


def bare(given: Path, folder: Path) -> Cost:
    """With the settings of the project in `folder`, or Scrapy's own where there is none."""
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
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    parser.add_argument("--peers", type=int, default=300, help="articles for them (default 300; 0: without)")
    parser.add_argument("--as-printed", action="store_true", help="pages of 13 KB, not gzipped")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.articles, options.as_printed)
        return
    server = serving(options.articles, as_printed=options.as_printed)
    with tempfile.TemporaryDirectory() as folder, server as base:
        found = compare(base, Path(folder), options)
    tell(found)


def compare(base: str, folder: Path, options: argparse.Namespace) -> dict[str, tuple[int, list[Cost]]]:
    """For each crawler, how many articles it is asked for and what its runs cost."""
    urls = addresses(Newspaper(options.articles), base)
    some = sample(urls, min(options.peers, len(urls)))
    given = listed(folder / "urls", urls)
    archive = folder / "archive"
    runs: dict[str, tuple[int, Callable[[], Cost]]] = {
        BARE: (len(urls), partial(bare, given, folder)),
        "the same, our settings": (len(urls), partial(bare, given, ROOT)),
        "site maps": (len(urls), partial(crawl, base, archive, "sitemap")),
        "site maps, no reader": (len(urls), partial(crawl, base, archive, "sitemap", "0")),
        "listings": (len(urls), partial(crawl, base, archive, "herald")),
        "listings, no reader": (len(urls), partial(crawl, base, archive, "herald", "0")),
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


def tell(found: dict[str, tuple[int, list[Cost]]]) -> None:
    count, costs = found[BARE]
    limit = count / statistics.median(cost.seconds for cost in costs)
    print(f"{count} articles, {len(costs)} rounds\n{'':22} articles/s  × bare  CPU ms each  brought")
    for title, (count, costs) in found.items():
        rate = count / statistics.median(cost.seconds for cost in costs)
        cpu = statistics.median(cost.cpu for cost in costs) / count
        brought = min((cost.brought for cost in costs if cost.brought is not None), default=None)
        note = "reads none" if brought is None else f"{brought} of {count}"
        print(f"{title:22} {rate:10.0f} {rate / limit:7.2f} {1000 * cpu:12.1f}  {note}")


if __name__ == "__main__":
    main()
