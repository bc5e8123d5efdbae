"""Time and size of reports as an archive grows: ``python -m benchmarks.report``.

Builds an archive of `--small` and one of `--large` articles with the runs that archived them. For the report of the
last run and that of the archive it prints the time of writing, the size of the file, and how fast Chromium opens it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Browser, sync_playwright

from demo import Newspaper
from herald_spider.archive import Archive
from herald_spider.archive.counts import midnight
from herald_spider.archive.ledger import ARCHIVED, FAILED, GONE, REJECTED, now
from herald_spider.archive.paths import SEGMENTS
from herald_spider.archive.runs import find
from herald_spider.archive.schema import articles, lines, runs, segments
from herald_spider.archive.view import View
from herald_spider.items import Article
from herald_spider.loaders.layouts import LAYOUTS
from herald_spider.monitors.coverage import WATCHED
from herald_spider.monitors.dates import DELAY_HOURS
from herald_spider.report import path_of, write
from herald_spider.sections import SECTIONS

SITE = "https://www.koreaherald.com"
PER_DAY, PER_RUN = 150, 100
SLUGS = [each.slug for each in SECTIONS if each.language == "en"]
HEADLINES = [str(story.truth()["headline"]) for story in Newspaper(300, 7).readable()]
REASONS = {
    GONE: ["HTTP 404", "HTTP 410"],
    FAILED: ["TimeoutError: took too long", "HTTP 500"],
    REJECTED: ["headline", "empty"],
}
_SHARES = cycle((1, 0.1, 0.2, 0.99, 0.94, 0.9, 0.2, 0.1, 0.99, 0.9, 0.99, 0.7, 0.6, 0.5, 0.4))
SHARES = {field: next(_SHARES) for field in WATCHED}
RULES = {layout.name: layout.rules for layout in LAYOUTS}
WITH_FILES = 4  # the last segments, of which headlines are read
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def make(folder: Path, count: int, seed: int = 7) -> str:
    """Write an archive of `count` articles up to yesterday, and return the job of its last run."""
    dice = random.Random(seed)
    archive = Archive(str(folder), SITE)
    entries = _entries(dice, count)
    with archive.ledger.transaction() as connection:
        job = ""
        number = 0
        while part := list(islice(entries, PER_RUN)):
            number += 1
            job = _run(connection, dice, folder, number, part, last=(count - 1) // PER_RUN + 1)
        connection.execute(sa.insert(articles), list(_ends(dice, count // 50)))
    archive.close()
    return job


def _entries(dice: random.Random, count: int) -> Iterator[tuple[int, int]]:
    """Yield the number and the time of publication of each article, oldest first; some days have none."""
    day = date.today() - timedelta(days=round(count / PER_DAY * 1.22))
    number = 0
    while number < count:
        busy = 0.35 if day.weekday() > 4 else 1.15
        size = 0 if dice.random() < 0.02 else round(PER_DAY * busy * dice.uniform(0.6, 1.2))
        size = min(max(1, size) if day >= date.today() else size, count - number)
        for each in range(number, number + size):
            yield each, midnight(min(day, date.today() - timedelta(days=1))) + dice.randrange(86_400)
        number += size
        day += timedelta(days=1)


def _run(
    connection: sa.Connection,
    dice: random.Random,
    folder: Path,
    number: int,
    part: list[tuple[int, int]],
    last: int,
) -> str:
    job, name = f"job{number}", f"bulk-{number}.jsonl"
    places = _write(folder / SEGMENTS / name, part) if number > last - WITH_FILES else [(0, 1)] * len(part)
    connection.execute(segments.insert().values(number=number, name=name, length=sum(places[-1]), run=job))
    rows = [
        _row(dice, each, moment, number, place) for (each, moment), place in zip(part, places, strict=True)
    ]
    connection.execute(articles.insert(), rows)
    connection.execute(lines.insert(), [
        {"article": row["id"], "revision": 1 + (each % 40 == 0), "segment": number, "offset": row["offset"],
         "length": row["length"], "content_hash": row["content_hash"]} for each, row in enumerate(rows)
    ])  # fmt: skip
    started = part[-1][1] + 600
    drop = 0.3 if number == last else 0.0
    outcome = "finished" if dice.random() > 0.04 or number == last else "unreachable"
    failed = (
        {"Fields": f"2024: byline is missing in 42% of the articles, before in 6%: {SITE}/article/1"}
        if drop
        else {}
    )
    connection.execute(runs.insert().values(
        job=job, spider="herald", arguments='{"since": "2d"}', started=started, ended=started + dice.randrange(90, 700),
        outcome=outcome, stats=json.dumps(_stats(dice, len(part), drop)), monitors=json.dumps(failed),
    ))  # fmt: skip
    return job


def _write(path: Path, part: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Write a segment with the headlines of its articles, and return their places: offset, length."""
    places, offset = [], 0
    with path.open("wb") as file:
        for each, _ in part:
            item = Article(
                id=str(each), url=f"{SITE}/article/{each}", headline=HEADLINES[each % len(HEADLINES)]
            )
            line = json.dumps(asdict(item), ensure_ascii=False).encode() + b"\n"
            file.write(line)
            places.append((offset, len(line)))
            offset += len(line)
    return places


def _row(
    dice: random.Random, number: int, moment: int, segment: int, place: tuple[int, int]
) -> dict[str, Any]:
    slug = SLUGS[min(int(dice.expovariate(0.12)), len(SLUGS) - 1)]
    repeats = number % 100 and number % 33 == 0
    return {
        "id": str(number), "url": f"{SITE}/article/{number}", "state": ARCHIVED, "attempts": 0, "retry_at": 0,
        "first_seen": moment, "last_seen": moment, "fetched": moment, "etag": f'"{number:032x}"', "section": slug,
        "published": moment, "content_hash": f"{number:064x}", "revision": 1, "segment": segment,
        "duplicate_of": str(number // 100 * 100) if repeats else None, "offset": place[0], "length": place[1],
    }  # fmt: skip


def _ends(dice: random.Random, count: int) -> Iterator[dict[str, Any]]:
    """Yield rows of articles that were not archived."""
    for number in range(count):
        state = dice.choices(list(REASONS), (85, 10, 5))[0]
        yield {
            "id": f"9{number:08}", "url": f"{SITE}/article/9{number:08}", "state": state, "attempts": 1, "retry_at": 0,
            "reason": dice.choice(REASONS[state]), "first_seen": 1, "last_seen": number, "fetched": now() - number * 60,
            "revision": 0,
        }  # fmt: skip


def _stats(dice: random.Random, count: int, drop: float) -> dict[str, Any]:
    """Return the stats of a run with `count` articles, with about as many names as a real one."""
    stats: dict[str, Any] = {
        "downloader/request_count": count + 60, "downloader/response_count": count + 58,
        "downloader/response_status_count/200": count + 40, "downloader/response_status_count/304": 16,
        "downloader/response_status_count/404": 2, "downloader/exception_type_count/twisted.internet.error.TimeoutError": 2,
        "downloader/exception_count": 2, "retry/count": 2, "herald/articles": count, "herald/not_modified": 16,
        "herald/gone": 2, "herald/failed": dice.choice((0, 0, 0, 1)), "herald/near_duplicates": count // 33,
        "herald/slowest": [[round(dice.uniform(1, 9), 3), f"{SITE}/article/{dice.randrange(10**6)}"] for _ in range(10)],
    }  # fmt: skip
    for layout, read in (("2024", count), ("2023", count // 2), ("2021", count // 4)):
        stats[f"herald/read/{layout}"] = read
        for field, share in SHARES.items():
            kept = share - (drop if (layout, field) == ("2024", "byline") else 0)
            found = sum(dice.random() < kept for _ in range(read))
            stats[f"herald/field/{layout}/{field}"] = found
            for rule, pages in zip(
                RULES[layout].get(field, ())[:2], (found, dice.randrange(3)), strict=False
            ):
                stats[f"parser/{layout}/{field}/{rule.source}/{rule.text}"] = pages
    for hours in DELAY_HOURS:
        stats[f"herald/delay/{hours}"] = max(0, round(dice.gauss(count / 5, 4)) - hours)
    return stats


def load(browser: Browser, path: Path) -> float:
    """Return the milliseconds from the start of a navigation to the first frame after its load event."""
    page = browser.new_page()
    page.goto(path.resolve().as_uri())
    loaded: float = page.evaluate(
        "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"
    )
    page.close()
    return loaded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--keep", help="a folder in which the archives stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        load(browser, Path(__file__))
        print("articles     runs  report      write s       KB  opens ms")
        results = [
            measure(browser, Path(options.keep or folder, str(count)), count)
            for count in (options.small, options.large)
        ]
        for kind in results[0]:
            ratios = [large / small for small, large in zip(results[0][kind], results[1][kind], strict=True)]
            print(f"{'ratio':>17}  {kind:10} {ratios[0]:8.2f} {ratios[1]:8.2f} {ratios[2]:9.2f}")
        browser.close()


def measure(browser: Browser, folder: Path, count: int) -> dict[str, tuple[float, float, float]]:
    job = make(folder, count)
    view = View(folder)
    with view.snapshot() as connection:
        run = find(connection, job)
    assert run
    results = {}
    for kind, about in (("run", run), ("archive", None)):
        path, took = path_of(view, about), []
        write(view, about, path)  # loads what later ones have loaded
        for _ in range(3):
            start = time.perf_counter()
            write(view, about, path)
            took.append(time.perf_counter() - start)
        opens = statistics.median(load(browser, path) for _ in range(5))
        results[kind] = (statistics.median(took), path.stat().st_size / 1024, opens)
        write_s, kilobytes, opened = results[kind]
        print(
            f"{count:>8} {(count - 1) // PER_RUN + 1:>8}  {kind:10} {write_s:8.2f} {kilobytes:8.0f} {opened:9.0f}"
        )
    view.close()
    return results


if __name__ == "__main__":
    main()
